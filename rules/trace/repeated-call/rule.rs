//! The same call with the same result, and nothing in between that could have changed it.

use looplint_model::{Cost, Cx, Severity};
use looplint_trace::{Kind, Node, Traces};

pub const ON: &[Kind] = &[Kind::Run];

/// From this many equal answers on, the run circles.
const CIRCLES_FROM: u32 = 3;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for repeat in run.repeats() {
        if !repeat.same_result || !repeat.is_idle() || repeat.after_failure {
            continue;
        }
        let name = &run.calls[repeat.call].name.text;
        let times = repeat.same_results;
        let mut finding = run.finding_at_call(
            cx,
            repeat.call,
            format!("`{name}` is called with the same arguments for the {times}. time and gives the same result; nothing changed in between"),
        );
        finding.suggestion = format!("keep the first answer of `{name}`, and stop or warn the model when a call equals an earlier one");
        finding.label = "the same call as before".into();
        if times >= CIRCLES_FROM {
            finding.severity = Severity::Error;
        }
        finding.related = vec![run.related_call(repeat.first, "the first time")];
        finding.cost = Some(Cost::Run(run.waste(&[repeat.call])));
        cx.report(finding);
    }
}
