//! Identifiers from nowhere.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for at in 0..run.calls.len() {
        let Some(unknown) = run.ungrounded(at).into_iter().next() else { continue };
        // A tool that knew it proves that it was right.
        if run.failure(at).is_none() && !run.call_facts()[at].empty {
            continue;
        }
        let mut finding = run.finding_at_call(cx, at, format!("`{}` stands nowhere in the run before this call", unknown.value));
        finding.suggestion = "let the model look identifiers up, and validate them in front of the tool".into();
        finding.label = "from nowhere in the run".into();
        cx.report(finding);
        return;
    }
}
