//! `frame = pd.concat([frame, ..])` and `frame = frame.append(..)` in a loop.

use looplint_model::{Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Growth, Kind, Monomial, Node, Python, Type, big_o, related_loops};

pub const ON: &[Kind] = &[Kind::Assign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return };
    let [target] = each.targets.as_slice() else { return };
    let (target, value) = (node.at(target), node.at(&*each.value));
    if !concatenates(value, target) {
        return;
    }
    let Some(growth) = Growth::of(target) else { return };
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is copied with all its columns in every iteration; collect the pieces in a list and concatenate once"),
    );
    finding.suggestion = "append the pieces to a list and call `pandas.concat` once after the loop".into();
    finding.label = "copies the whole frame".into();
    finding.related = related_loops(&growth.loops);
    let trips = growth.outermost().extent().name;
    let mut cost = target.scan_cost(target, &growth.loops);
    cost.before = big_o(&[Monomial::of(&trips).times(&trips)]);
    cost.after = big_o(&[Monomial::of(&trips)]);
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
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
    receiver.source() == target.source() && matches!(receiver.ty(), Type::Frame | Type::Series)
}
