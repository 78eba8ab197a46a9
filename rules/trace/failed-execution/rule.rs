//! Code blocks whose execution failed.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Role, Traces, code_blocks};

pub const ON: &[Kind] = &[Kind::Run];

/// What the end of a failed execution looks like.
const FAILED: [&str; 4] = ["exitcode: 1", "execution failed", "Traceback (most recent call last)", "exitcode: 124"];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for (at, turn) in run.turns.iter().enumerate() {
        if turn.role != Role::Agent || code_blocks(&turn.content.text).is_empty() {
            continue;
        }
        let Some(answer) = run.turns.get(at + 1).filter(|next| next.role == Role::Tool) else { continue };
        let text = &answer.content.text;
        let Some((start, mark)) = FAILED.iter().find_map(|mark| text.find(mark).map(|start| (start, mark))) else { continue };
        let mut finding = run.finding(cx, at, turn.span, "the code of this turn fails when it is run");
        finding.suggestion = "show the agent the whole error, and let it mend the code before anyone builds on it".into();
        finding.label = "wrote the code that failed".into();
        finding.related = vec![looplint_model::Related {
            span: answer.content.place(&cx.source.text, start..start + mark.len()),
            message: format!("the failure, turn {}", answer.number),
        }];
        cx.report(finding);
        return;
    }
}
