//! Runs that end in "not found".

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Phrase, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let passed = run.outcome.as_ref().is_some_and(|outcome| outcome.passed);
    let asks = run.goal.as_ref().is_some_and(|goal| goal.text.contains('?'));
    if passed || !asks || run.cut {
        return;
    }
    let n_people = run.turns.iter().filter(|turn| turn.role == Role::User).count();
    let Some(last) = run.turns.iter().rposition(|turn| turn.role == Role::Agent && !turn.content.is_blank()) else { return };
    let turn = &run.turns[last];
    let quotes_rule = turn.says(Phrase::PolicyQuoted).is_some();
    if n_people > 1 || !turn.calls.is_empty() || quotes_rule {
        return;
    }
    let Some(range) = turn.says_in_prose(Phrase::GiveUp) else { return };
    let span = turn.content.place(&cx.source.text, range);
    let mut finding = run.finding(cx, last, span, "the run ends without an answer to the question");
    finding.suggestion = "try another source or another way of asking before giving up, and say what was tried".into();
    finding.label = "gives up".into();
    cx.report(finding);
}
