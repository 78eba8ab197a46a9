//! Mock data, placeholders and samples in executed code.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Phrase, Role, Traces, code_blocks};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    // A goal that asks for a simulation or a mock asks for made-up data.
    if run.goal.as_ref().is_some_and(|goal| Phrase::Placeholder.find(&goal.text).is_some()) {
        return;
    }
    // In a group chat the others take the data for real, whether it stands in code or in words.
    let in_group = run.agents().len() > 1;
    let first = run.turns.iter().position(|turn| turn.role == Role::Agent);
    for (at, turn) in run.turns.iter().enumerate() {
        if !turn.is_said() || Some(at) == first {
            continue;
        }
        let Some(range) = turn.says(Phrase::Placeholder) else { continue };
        let executes = !code_blocks(&turn.content.text).is_empty() || !turn.calls.is_empty();
        if !executes && !in_group {
            continue;
        }
        let span = turn.content.place(&cx.source.text, range);
        let mut finding = run.finding(cx, at, span, "the agent goes on with made-up data or a placeholder in place of what it could not get");
        finding.suggestion = "let the model say that the data is missing, and refuse to run code with placeholders".into();
        finding.label = "not the real data".into();
        cx.report(finding);
        return;
    }
}
