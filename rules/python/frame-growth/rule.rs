//! `frame = pd.concat([frame, ..])` and `frame = frame.append(..)` in a loop.

use looplint_model::{Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Growth, Kind, Loop, Monomial, Node, Python, Scan, Type, big_o, related_loops};

pub const ON: &[Kind] = &[Kind::Assign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return };
    let [target] = each.targets.as_slice() else { return };
    let target = node.at(target);
    let value = node.at(&*each.value).arm_with(target);
    if let Some(frame) = lengthened(target) {
        if let Some(scan) = Scan::of(node, frame) {
            report(node, frame, &scan.loops, cx);
        }
        return;
    }
    if !concatenates(value, target) {
        return;
    }
    let Some(growth) = Growth::of(target) else { return };
    // What looks at all that there is so far in each turn cannot wait for the end.
    if !growth.is_looked_at() {
        report(node, target, &growth.loops, cx);
    }
}

fn report<'d>(node: Node<'d>, target: Node<'d>, loops: &[Loop<'d>], cx: &mut Cx<'d, Python>) {
    let Some(outermost) = loops.last() else { return };
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is copied with all its columns in every iteration; collect the pieces in a list and concatenate once"),
    );
    finding.suggestion = "append the pieces to a list and call `pandas.concat` once after the loop".into();
    finding.label = "copies the whole frame".into();
    finding.related = related_loops(loops);
    let trips = outermost.extent().name;
    let mut cost = target.scan_cost(target, loops);
    cost.before = big_o(&[Monomial::of(&trips).times(&trips)]);
    cost.after = big_o(&[Monomial::of(&trips)]);
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// The frame of `frame.loc[len(frame)] = row`.
fn lengthened(target: Node<'_>) -> Option<Node<'_>> {
    let AnyNodeRef::ExprSubscript(subscript) = target.ast() else { return None };
    let AnyNodeRef::ExprAttribute(attribute) = target.at(&*subscript.value).ast() else { return None };
    let frame = target.at(&*attribute.value);
    let index = target.at(&*subscript.slice);
    let is_end = index.builtin() == Some("len") && index.argument(0, "").is_some_and(|of| of.source() == frame.source());
    (attribute.attr.as_str() == "loc" && is_end && frame.typed_or_frame().ty.without_none() == Type::Frame).then_some(frame)
}

/// Whether `value` is the frame `target` with something more.
fn concatenates<'d>(value: Node<'d>, target: Node<'d>) -> bool {
    if value.kind() != Kind::Call {
        return false;
    }
    if value.is_qualified("pandas.concat") {
        let pieces = value.argument(0, "objs");
        return pieces.is_some_and(|pieces| {
            matches!(pieces.kind(), Kind::List | Kind::Tuple)
                && pieces.children().any(|piece| piece.source() == target.source())
        });
    }
    let Some((receiver, "append")) = value.method() else { return false };
    // A list's `append` gives None, so nobody assigns it; a frame's gives the longer frame.
    receiver.source() == target.source() && matches!(receiver.typed_or_frame().ty, Type::Frame | Type::Series)
}
