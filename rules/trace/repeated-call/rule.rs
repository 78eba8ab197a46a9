//! The same call with the same result, and nothing in between that could have changed it.

use looplint_model::{Cost, Cx, Severity};
use looplint_trace::{Kind, Node, Repeat, Trace, Traces, TurnKind};

pub const ON: &[Kind] = &[Kind::Run];

/// From this many equal answers on, the run circles.
const CIRCLES_FROM: usize = 3;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let idle: Vec<&Repeat> = run.repeats().iter().filter(|repeat| is_wasted(run, repeat)).collect();
    if idle.is_empty() || is_redacted(run) {
        return;
    }
    // One finding for a series: each later call repeats the one before it.
    for begin in idle.iter().filter(|repeat| !idle.iter().any(|other| other.call == repeat.previous)) {
        let mut again = vec![begin.call];
        while let Some(next) = idle.iter().find(|repeat| again.last() == Some(&repeat.previous)) {
            again.push(next.call);
        }
        let name = &run.calls[begin.call].name.text;
        let times = again.len() + 1;
        let mut finding = run.finding_at_call(
            cx,
            begin.call,
            format!("`{name}` is called {times} times with the same arguments and gives the same result; nothing changed in between"),
        );
        finding.suggestion = format!("keep the first answer of `{name}`, and stop or warn the model when a call equals an earlier one");
        finding.label = "the same call as before".into();
        if times >= CIRCLES_FROM {
            finding.severity = Severity::Error;
        }
        finding.related = vec![run.related_call(begin.previous, "the first time")];
        finding.related.extend(again.iter().skip(1).take(8).map(|&call| run.related_call(call, "again")));
        finding.cost = Some(Cost::Run(run.waste(&again)));
        cx.report(finding);
    }
}

fn is_wasted(run: &Trace<'_>, repeat: &Repeat) -> bool {
    if !repeat.same_result || !repeat.is_idle() || repeat.after_failure {
        return false;
    }
    // A summary took the first answer away, and files that are read again are another rule's.
    let (from, to) = (run.calls[repeat.previous].turn, run.calls[repeat.call].turn);
    let summarised = run.turns[from..to].iter().any(|turn| turn.kind == TurnKind::Compaction);
    let reread = !repeat.consecutive && run.file_read(repeat.call).is_some();
    !summarised && !reread
}

/// Arguments were taken out of the record: a shell or an interpreter was called with nothing to run.
fn is_redacted(run: &Trace<'_>) -> bool {
    run.calls.iter().enumerate().any(|(at, call)| {
        let empty = call.arguments.as_ref().is_some_and(|arguments| arguments.raw.text.trim() == "{}");
        empty && run.is_runner(at)
    })
}
