//! The cells of a frame, set one by one.

use looplint_model::{Cost, Cx};
use looplint_python::ast::{AnyNodeRef, Expr};
use looplint_python::tables::Sink;
use looplint_python::{Kind, Loop, Multiplicity, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Assign, Kind::AugAssign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let target = match node.ast() {
        AnyNodeRef::StmtAssign(each) => match each.targets.as_slice() {
            [target] => target,
            _ => return,
        },
        AnyNodeRef::StmtAugAssign(each) => &*each.target,
        _ => return,
    };
    let Expr::Subscript(cell) = target else { return };
    let Expr::Attribute(by) = &*cell.value else { return };
    if !matches!(by.attr.as_str(), "loc" | "iloc" | "at" | "iat") {
        return;
    }
    let frame = node.at(&*by.value);
    let typed = frame.typed_or_frame();
    if !matches!(typed.ty.without_none(), Type::Frame | Type::Series) || node.is_in_test() {
        return;
    }
    let row = match &*cell.slice {
        Expr::Tuple(places) => match places.elts.first() {
            Some(row) => node.at(row),
            None => return,
        },
        row => node.at(row),
    };
    let Some(around) = loop_over_rows(node, row, frame) else { return };
    if around.is_bounded() || node.multiplicity(around) != Multiplicity::Repeated || reaches_outside(around) {
        return;
    }
    if frame.identity_change(around).is_some() {
        return;
    }
    let (name, what) = (frame.text(), node.at(target).text());
    let advice = "compute the whole column, with a mask for the rows that it is for";
    let mut finding =
        cx.finding(node.span(), format!("`{what}` sets one cell of `{name}` in every iteration; {advice}"));
    finding.suggestion = advice.into();
    finding.label = "looks up row and column, checks types and sets one cell".into();
    finding.confidence = typed.confidence;
    finding.related = related_loops(&[around]);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&[around], "assignments")));
    cx.report(finding);
}

/// The loop whose target is the row, where it goes over the rows of this frame: its index, its length, its rows.
fn loop_over_rows<'d>(node: Node<'d>, row: Node<'d>, frame: Node<'d>) -> Option<Loop<'d>> {
    let symbol = row.symbol().filter(|_| row.kind() == Kind::Name)?;
    node.all_loops().find(|each| {
        let over_frame = each.iterable().is_some_and(|iterable| {
            iterable.subtree().any(|part| part.source() == frame.source() && part.symbol() == frame.symbol())
        });
        each.gives(symbol) && over_frame
    })
}

/// Beside a query or a request per row, the assignment is nothing.
fn reaches_outside(around: Loop<'_>) -> bool {
    around.whole().subtree().any(|node| {
        node.kind() == Kind::Await
            || node.kind() == Kind::Call
                && node.fact().and_then(|fact| fact.sink).is_some_and(|sink| sink != Sink::Print)
    })
}
