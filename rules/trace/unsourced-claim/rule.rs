//! New numbers and names in an answer, and no call in the whole run.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Phrase, Role, Traces, Turn, code_blocks};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let in_group = run.agents().len() > 1;
    let asked = |turn: &Turn<'d>| turn.role == Role::Tool || !turn.calls.is_empty();
    // One agent may look up later; in a group, what one states the others build on at once.
    if run.goal.is_none() || (!in_group && run.turns.iter().any(asked)) {
        return;
    }
    let first = run.turns.iter().position(|turn| turn.role == Role::Agent);
    for (at, turn) in run.turns.iter().enumerate() {
        if asked(turn) {
            return;
        }
        let speaks = turn.is_said() && !turn.content.is_blank() && (!in_group || Some(at) != first);
        let asks = turn.says_in_prose(Phrase::AskUser).is_some();
        if !speaks || asks || !code_blocks(&turn.content.text).is_empty() {
            continue;
        }
        let news = run.news(at);
        let Some(range) = news.numbers.first().cloned() else { continue };
        if !in_group && news.numbers.len() + news.names.len() < 2 {
            continue;
        }
        let span = turn.content.place(&cx.source.text, range);
        let mut finding = run.finding(cx, at, span, "facts that stand nowhere in the run are stated, and no tool was asked for them");
        finding.suggestion = "require a look-up for questions of fact, and an answer that cites it".into();
        finding.label = "from nowhere in the run".into();
        cx.report(finding);
        return;
    }
}
