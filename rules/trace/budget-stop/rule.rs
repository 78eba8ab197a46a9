//! Limits of turns, time, context and money.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, StopKind, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for stop in run.stops().iter().filter(|stop| matches!(stop.kind, StopKind::Budget | StopKind::Length)) {
        let turn = &run.turns[stop.turn];
        let span = if stop.range.is_empty() { turn.span } else { turn.content.place(&cx.source.text, stop.range.clone()) };
        let what = if stop.kind == StopKind::Length { "the model's answer is cut at its length limit" } else { "the run ends at a limit, not with an answer" };
        let mut finding = run.finding(cx, stop.turn, span, what);
        finding.suggestion = "find what used the budget up before raising the limit".into();
        finding.label = "the budget is used up".into();
        cx.report(finding);
    }
}
