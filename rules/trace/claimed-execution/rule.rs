//! Claims of execution in runs in which nothing was executed.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Phrase, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let executed = run.calls.iter().any(|call| call.result.is_some()) || run.turns.iter().any(|turn| turn.role == Role::Tool);
    if executed || !run.calls.is_empty() {
        return;
    }
    for (at, turn) in run.turns.iter().enumerate().filter(|(_, turn)| turn.role == Role::Agent) {
        let Some(range) = turn.says(Phrase::Executed) else { continue };
        let span = turn.content.place(&cx.source.text, range);
        let mut finding = run.finding(cx, at, span, "this is said to have run, and no tool of the run ever executed anything");
        finding.suggestion = "give the agent a tool that runs code, and show results from tool output only".into();
        finding.label = "nothing ran".into();
        cx.report(finding);
        return;
    }
}
