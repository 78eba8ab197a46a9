//! Calls without a result and results without a call.

use looplint_model::Cx;
use looplint_trace::{Field, Kind, Node, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    if run.cut || !run.has(Field::CallIds) {
        return;
    }
    let answered = run.calls.iter().any(|call| call.result.is_some());
    for (at, call) in run.calls.iter().enumerate() {
        let spoke_on = run.turns.iter().skip(call.turn + 1).any(|turn| {
            turn.thread == run.turns[call.turn].thread && turn.role == Role::Agent
        });
        let hands_over = run.handoffs().iter().any(|handoff| handoff.call == Some(at));
        if hands_over || call.result.is_some() || call.id.is_none() || !spoke_on || !(answered || run.has(Field::Results)) {
            continue;
        }
        let name = &call.name.text;
        let mut finding = run.finding_at_call(cx, at, format!("the call of `{name}` never gets a result, and the run goes on"));
        finding.suggestion = "append a result for every call, also when the tool failed".into();
        finding.label = "never answered".into();
        cx.report(finding);
    }
    for orphan in &run.orphans {
        let id = orphan.id.as_deref().unwrap_or("without an id");
        let what = if orphan.second { "answers a call that was answered before" } else { "answers no call of this run" };
        let mut finding = run.finding(cx, orphan.turn, orphan.span, format!("the result `{id}` {what}"));
        finding.suggestion = "keep each result with its call, also when the history is shortened".into();
        finding.label = "belongs to no call".into();
        cx.report(finding);
    }
}
