//! "Successfully", after a failure.

use looplint_model::Cx;
use looplint_trace::{Effect, Kind, Node, Phrase, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for (at, call) in run.calls.iter().enumerate() {
        let Some(result) = &call.result else { continue };
        let failed = run.failure(at).is_some();
        // What changes something or takes a note may answer with nothing.
        let empty = run.call_facts()[at].empty && run.call_facts()[at].effect != Effect::Change && !run.is_note(at);
        if !failed && !empty {
            continue;
        }
        let next = (result.turn.max(call.turn + 1)..run.turns.len()).find(|&turn| run.turns[turn].role == Role::Agent);
        let Some(next) = next else { continue };
        let turn = &run.turns[next];
        if !turn.calls.is_empty() || run.calls.get(at + 1).is_some_and(|later| later.turn <= next) {
            continue;
        }
        let admits = [Phrase::GiveUp, Phrase::NoAccess, Phrase::Refusal].iter().any(|phrase| turn.says_in_prose(*phrase).is_some())
            || mentions_trouble(&turn.content.text);
        let claim = turn.says_in_prose(Phrase::Success).or_else(|| turn.says_in_prose(Phrase::ClaimedChange).filter(|_| failed));
        let (Some(range), false) = (claim, admits) else { continue };
        let span = turn.content.place(&cx.source.text, range);
        let what = if failed { "failed" } else { "came back empty" };
        let mut finding = run.finding(cx, next, span, format!("success is claimed, but the call of `{}` right before {what}", call.name.text));
        finding.suggestion = "make the model quote the result that it relies on, and check the claim against it".into();
        finding.label = "claimed all the same".into();
        finding.related = vec![run.related_call(at, what)];
        cx.report(finding);
        return;
    }
}

fn mentions_trouble(text: &str) -> bool {
    let text = text.to_lowercase();
    ["error", "fail", "issue", "problem", "not ", "n't", "however", "unfortunately", "empty", " no "].iter().any(|word| text.contains(word))
}
