//! Arguments that are no JSON, or that the tool's own schema refuses.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Traces, schema_faults};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let (run, Some(call)) = (node.run(), node.call()) else { return };
    let Some(arguments) = &call.arguments else { return };
    let name = &call.name.text;
    match arguments.value() {
        Some(Err(fault)) => {
            if !looks_like_json(&arguments.raw.text) || (fault.truncated && run.cut) {
                return;
            }
            let end = (fault.at + 1).min(arguments.raw.text.len());
            let span = arguments.raw.place(&cx.source.text, fault.at.min(end)..end);
            let mut finding = run.finding(
                cx,
                call.turn,
                span,
                format!("the arguments of `{name}` are not JSON: {}", fault.message),
            );
            finding.suggestion = "use strict tool schemas or constrained decoding, and send the parse error back to the model".into();
            finding.label = "JSON breaks here".into();
            cx.report(finding);
        }
        Some(Ok(value)) => {
            let Some(schema) = run.tool(name).and_then(|tool| tool.schema.as_ref()).and_then(|schema| schema.ok()) else {
                return;
            };
            let Some(fault) = schema_faults(schema, value).into_iter().next() else { return };
            let mut finding = run.finding(
                cx,
                call.turn,
                call.span,
                format!("the arguments of `{name}` do not fit its schema: {fault}"),
            );
            finding.suggestion = "use strict tool schemas, and validate in front of the tool so that the model sees what is wrong".into();
            finding.label = "refused by the declared schema".into();
            cx.report(finding);
        }
        None => {}
    }
}

/// Free text in the place of arguments is another format, not broken JSON.
fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}
