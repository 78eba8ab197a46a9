//! "TASK COMPLETE", followed by work.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Phrase, Role, Traces, Turn, page};

pub const ON: &[Kind] = &[Kind::Run];

/// Turns of work after the announced end that make it premature.
const TURNS_AFTER_MIN: usize = 2;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let spoken: Vec<usize> = (0..run.turns.len()).filter(|&at| is_own_words(&run.turns[at])).collect();
    let Some(place) = spoken.iter().position(|&at| run.turns[at].says_in_prose(Phrase::Terminate).is_some()) else { return };
    let at = spoken[place];
    let person_after = run.turns[at..].iter().any(|turn| turn.role == Role::User);
    if spoken.len() - place - 1 < TURNS_AFTER_MIN || person_after {
        return;
    }
    let Some(range) = run.turns[at].says_in_prose(Phrase::Terminate) else { return };
    let span = run.turns[at].content.place(&cx.source.text, range);
    let after = spoken.len() - place - 1;
    let mut finding = run.finding(cx, at, span, format!("the end is announced, and {after} more turns of work follow"));
    finding.suggestion = "let the harness check the end condition, not the model's word for it".into();
    finding.label = "not yet".into();
    cx.report(finding);
}

/// Words of an agent's own: no ledger or plan, and no page that it reports.
fn is_own_words(turn: &Turn<'_>) -> bool {
    turn.is_said() && !turn.content.is_blank() && page(&turn.content.text).is_none()
}
