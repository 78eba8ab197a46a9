//! Refusals with tools at hand, none of them tried, and no rule quoted.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Phrase, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    if !run.calls.is_empty() || run.tools.is_empty() || !run.handoffs().is_empty() {
        return;
    }
    let quotes_rule = run.turns.iter().any(|turn| turn.role == Role::Agent && turn.says(Phrase::PolicyQuoted).is_some());
    if quotes_rule {
        return;
    }
    for (at, turn) in run.turns.iter().enumerate().filter(|(_, turn)| turn.role == Role::Agent) {
        let Some(range) = turn.says_in_prose(Phrase::Refusal) else { continue };
        let span = turn.content.place(&cx.source.text, range);
        let mut finding = run.finding(cx, at, span, "the agent declines without having tried one of its tools, and names no rule");
        finding.suggestion = "tell the model what it may do, and to try before it declines".into();
        finding.label = "declined untried".into();
        cx.report(finding);
        return;
    }
}
