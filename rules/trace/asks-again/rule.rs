//! A question whose answer the user had given before.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Phrase, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for (at, turn) in run.turns.iter().enumerate().filter(|(_, turn)| turn.role == Role::Agent) {
        let Some(range) = turn.says_in_prose(Phrase::AskUser) else { continue };
        let Some(answer) = run.turns.get(at + 1).filter(|next| next.role == Role::User) else { continue };
        let said = answer.content.text.trim();
        // An identifier given twice: letters, digits and marks, no words.
        let is_identifier = said.len() >= 4 && said.len() <= 60 && said.contains(|one: char| one.is_ascii_digit()) && !said.contains(char::is_whitespace);
        if !is_identifier {
            continue;
        }
        let before = run.turns[..at].iter().position(|turn| turn.role == Role::User && turn.content.text.contains(said));
        let Some(before) = before else { continue };
        let span = turn.content.place(&cx.source.text, range);
        let mut finding = run.finding(cx, at, span, format!("the agent asks for `{said}`, which it was given before"));
        finding.suggestion = "keep what the user gave in a scratchpad that survives compaction".into();
        finding.label = "asked again".into();
        finding.related = vec![run.related_turn(before, "it was given here")];
        cx.report(finding);
        return;
    }
}
