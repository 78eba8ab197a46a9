//! Mock data, placeholders and samples in executed code.

use looplint_model::{Cx, Span};
use looplint_trace::{Kind, Node, Phrase, Role, Trace, Traces, code_blocks, page};

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
        // What an agent reports of a page are the page's words.
        if !turn.is_said() || page(&turn.content.text).is_some() {
            continue;
        }
        if let Some(span) = in_call(run, at, cx) {
            report(run, at, span, cx);
            return;
        }
        if Some(at) == first {
            continue;
        }
        let Some(range) = turn.says(Phrase::Placeholder) else { continue };
        let executes = !code_blocks(&turn.content.text).is_empty() || !turn.calls.is_empty();
        if !executes && !in_group {
            continue;
        }
        let span = turn.content.place(&cx.source.text, range);
        report(run, at, span, cx);
        return;
    }
}

/// Where the code that a call of the turn runs says that its data is made up.
fn in_call<'d>(run: &Trace<'d>, turn: usize, cx: &Cx<'d, Traces>) -> Option<Span> {
    run.turns[turn].calls.clone().filter(|&call| run.runs_code(call)).find_map(|call| {
        // Free text of a group chat stands in the words, too.
        let arguments = run.calls[call].arguments.as_ref().filter(|arguments| !arguments.free)?;
        let code = &arguments.raw;
        Some(code.place(&cx.source.text, Phrase::MadeUp.find(&code.text)?))
    })
}

fn report<'d>(run: &Trace<'d>, turn: usize, span: Span, cx: &mut Cx<'d, Traces>) {
    let mut finding = run.finding(cx, turn, span, "the agent goes on with made-up data or a placeholder in place of what it could not get");
    finding.suggestion = "let the model say that the data is missing, and refuse to run code with placeholders".into();
    finding.label = "not the real data".into();
    cx.report(finding);
}
