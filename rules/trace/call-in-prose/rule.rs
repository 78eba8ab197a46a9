//! Tool calls in prose, and turns that end without the call the harness waits for.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Phrase, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    // In a group chat a turn of words is a turn: somebody else may write the code.
    if run.agents().len() > 1 {
        return;
    }
    for (at, turn) in run.turns.iter().enumerate() {
        if turn.role != Role::Agent || !turn.calls.is_empty() {
            continue;
        }
        let next = run.turns.get(at + 1).filter(|next| next.role != Role::Agent);
        let complained = next.is_some_and(|next| next.says(Phrase::NoCall).is_some());
        let in_prose = turn.says(Phrase::CallInProse).filter(|_| run.calls.is_empty() || complained || has_markup(&turn.content.text));
        let (range, message) = match (in_prose, complained) {
            (Some(range), _) => (range, "a tool call is written as text, so nothing runs"),
            (None, true) => (0..turn.content.text.len().min(80), "the turn ends without the call that the harness waits for"),
            (None, false) => continue,
        };
        let span = turn.content.place(&cx.source.text, range);
        let mut finding = run.finding(cx, at, span, message);
        finding.suggestion = "use the model's own tool-call template and parser, and answer with the right form".into();
        finding.label = "text, no call".into();
        cx.report(finding);
    }
}

/// The special tokens of a chat template, which prose never has.
fn has_markup(text: &str) -> bool {
    ["<tool_call>", "<function=", "<|tool_call", "<function_call>", "[TOOL_CALLS]"].iter().any(|mark| text.contains(mark))
}
