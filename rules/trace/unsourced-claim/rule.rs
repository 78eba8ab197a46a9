//! New numbers and names in an answer, and no call in the whole run.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Phrase, Role, Traces, code_blocks};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let asked_a_tool = !run.calls.is_empty() || run.turns.iter().any(|turn| turn.role == Role::Tool);
    if asked_a_tool || run.goal.is_none() {
        return;
    }
    for (at, turn) in run.turns.iter().enumerate().filter(|(_, turn)| turn.role == Role::Agent) {
        let asks = turn.says_in_prose(Phrase::AskUser).is_some();
        if asks || turn.content.is_blank() || !code_blocks(&turn.content.text).is_empty() {
            continue;
        }
        let news = run.news(at);
        let Some(range) = news.numbers.first().cloned() else { continue };
        if news.numbers.len() + news.names.len() < 2 {
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
