//! A stated number of things that no counting of the results gives.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for (at, turn) in run.turns.iter().enumerate() {
        if !turn.is_said() || !turn.calls.is_empty() {
            continue;
        }
        let Some(counted) = run.miscount(at) else { continue };
        let n = counted.n;
        let span = turn.content.place(&cx.source.text, counted.range);
        let mut finding = run.finding(cx, at, span, format!("{n} are stated, and no list in the results before has {n}, nor {n} elements alike"));
        finding.suggestion = "let a tool or code count, and let the model quote the number".into();
        finding.label = "counted by the model".into();
        let last = run.calls.iter().rposition(|call| call.result.as_ref().is_some_and(|result| result.turn <= at));
        finding.related = last.map(|call| run.related_call(call, "the result that was counted")).into_iter().collect();
        cx.report(finding);
        return;
    }
}
