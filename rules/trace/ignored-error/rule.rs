//! A failed last call and a cheerful end.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    if run.outcome.as_ref().is_some_and(|outcome| outcome.passed) {
        return;
    }
    let Some(last) = run.calls.len().checked_sub(1) else { return };
    if run.failure(last).is_none() {
        return;
    }
    let call = &run.calls[last];
    let Some(answer) = run.turns.iter().rposition(|turn| turn.role == Role::Agent && !turn.content.is_blank()) else { return };
    let text = run.turns[answer].content.text.to_lowercase();
    let admits = ["error", "fail", "not ", "n't", "unable", "unfortunately", "sorry", "problem", "issue", "refus", "no "].iter().any(|word| text.contains(word));
    if answer <= call.turn || admits {
        return;
    }
    let mut finding = run.finding_at_call(cx, last, format!("the last call, of `{}`, failed, and the final words do not say so", call.name.text));
    finding.suggestion = "handle the error, or put it into the answer".into();
    finding.label = "failed, and nobody speaks of it".into();
    finding.related = vec![run.related_turn(answer, "the final words")];
    cx.report(finding);
}
