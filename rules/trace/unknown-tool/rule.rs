//! A call of a tool that the run does not offer.

use looplint_model::Cx;
use looplint_trace::{ErrorClass, Kind, Node, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    if run.tools.is_empty() {
        return;
    }
    for (at, call) in run.calls.iter().enumerate() {
        let name = &call.name.text;
        let refused = run.failure(at).is_some_and(|failure| failure.class == ErrorClass::UnknownTool) || call.result.is_none();
        if run.tool(name).is_some() || !refused || run.cut {
            continue;
        }
        let there: Vec<&str> = run.tools.iter().take(6).map(|tool| tool.name.as_ref()).collect();
        let mut finding = run.finding_at_call(cx, at, format!("there is no tool `{name}`; the run offers {}", there.join(", ")));
        finding.suggestion = "answer the call with the list of tools there are, or force the choice of tools".into();
        finding.label = "never offered".into();
        cx.report(finding);
    }
}
