//! The rows of a frame, each made into a series of its own.

use looplint_model::{Cost, Cx};
use looplint_python::tables::Sink;
use looplint_python::{Kind, Loop, Node, Python, Role, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((frame, "iterrows")) = node.method() else { return };
    let typed = frame.typed_or_frame();
    if typed.ty.without_none() != Type::Frame || is_short(frame) || node.is_in_test() {
        return;
    }
    let Some(around) = loop_over(node) else { return };
    if around.is_bounded() || reaches_outside(around) {
        return;
    }
    let name = frame.text();
    let advice = format!("compute on whole columns, or go through `{name}.itertuples()`");
    let mut finding =
        cx.finding(node.span(), format!("`iterrows` makes a series of each row of `{name}`; {advice}"));
    finding.suggestion = advice;
    finding.label = "one series each time, with its index and one type for all columns".into();
    finding.confidence = typed.confidence;
    finding.related = related_loops(&[around]);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&[around], "series")));
    cx.report(finding);
}

/// The loop that goes through the rows, possibly with numbers.
fn loop_over<'d>(node: Node<'d>) -> Option<Loop<'d>> {
    let iterable = match node.parent() {
        Some(call) if call.builtin() == Some("enumerate") => call,
        _ => node,
    };
    if iterable.role().role != Role::Iterates {
        return None;
    }
    node.document().loops().find(|each| each.iterable() == Some(iterable))
}

/// Whether only a few rows are left: `frame.head(3)`.
fn is_short(frame: Node<'_>) -> bool {
    frame.extent().is_bounded() || frame.method().is_some_and(|(_, name)| matches!(name, "head" | "tail" | "sample"))
}

/// Beside a query or a request per row, or a file or a picture, the series is nothing.
fn reaches_outside(around: Loop<'_>) -> bool {
    around.whole().subtree().any(|node| {
        matches!(node.kind(), Kind::Await | Kind::Yield)
            || node.kind() == Kind::Call
                && node.fact().and_then(|fact| fact.sink).is_some_and(|sink| sink != Sink::Print)
    })
}
