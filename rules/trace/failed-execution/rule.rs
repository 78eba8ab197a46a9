//! Code whose execution failed or gave nothing.

use looplint_model::{Cx, Related, Span};
use looplint_trace::{Kind, Node, Role, Trace, Traces, code_blocks};

pub const ON: &[Kind] = &[Kind::Run];

/// What a failed execution prints.
const FAILED: [&str; 5] = [
    "exitcode: 1",
    "exitcode: 2",
    "exitcode: 124",
    "execution failed",
    "Traceback (most recent call last)",
];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let executed: Vec<usize> = (0..run.turns.len()).filter(|&at| is_executed(run, at)).collect();
    let failed = executed.iter().find_map(|&at| Some((at, failure(run, at, cx)?)));
    let empty = || executed.iter().find_map(|&at| Some((at, nothing(run, at)?)));
    let (at, place, message, what) = match failed {
        Some((at, place)) => (at, place, "the code of this turn fails when it is run", "the failure"),
        None => {
            let Some((at, place)) = empty() else { return };
            (at, place, "the code of this turn prints nothing when it is run", "nothing came out")
        }
    };
    let turn = &run.turns[at];
    let answer = &run.turns[at + 1];
    let mut finding = run.finding(cx, at, turn.span, message);
    finding.suggestion = "show the agent what came out, and let it mend the code before anyone builds on it".into();
    finding.label = "wrote the code".into();
    finding.related = vec![Related { span: place, message: format!("{what}, turn {}", answer.number) }];
    cx.report(finding);
}

/// Whether the turn writes code that the next turn, a tool's, ran.
fn is_executed(run: &Trace<'_>, at: usize) -> bool {
    let turn = &run.turns[at];
    let ran = run.turns.get(at + 1).is_some_and(|next| next.role == Role::Tool);
    let writes = !code_blocks(&turn.content.text).is_empty()
        || run.calls_of(at).iter().any(|call| call.arguments.as_ref().is_some_and(|arguments| arguments.free));
    turn.role == Role::Agent && ran && writes
}

fn failure<'d>(run: &Trace<'d>, at: usize, cx: &Cx<'d, Traces>) -> Option<Span> {
    let answer = &run.turns[at + 1].content;
    if let Some((start, mark)) = FAILED.iter().find_map(|mark| Some((answer.text.find(mark)?, mark))) {
        return Some(answer.place(&cx.source.text, start..start + mark.len()));
    }
    let failed = run.turns[at].calls.clone().any(|call| run.failure(call).is_some());
    failed.then_some(run.turns[at + 1].span)
}

/// The executor says that it ran, and nothing else.
fn nothing(run: &Trace<'_>, at: usize) -> Option<Span> {
    let answer = &run.turns[at + 1];
    let output = answer.content.text.split("Code output:").last().unwrap_or("").trim();
    let is_nothing = matches!(output, "" | "None" | "null" | "[]" | "{}" | "nan" | "False" | "''" | "\"\"");
    is_nothing.then_some(answer.span)
}
