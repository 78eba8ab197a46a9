//! `queue[i]` on a deque in a loop.

use looplint_model::{Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Kind, Node, Python, Scan, Type};

pub const ON: &[Kind] = &[Kind::Subscript];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((deque, index)) = walked(node) else { return };
    if !node.document().can_name("deque", "collections") {
        return;
    }
    let Some(scan) = Scan::of(node, deque) else { return };
    let typed = deque.typed();
    if !matches!(typed.ty.without_none(), Type::Deque(_)) || has_length_limit(deque) {
        return;
    }
    if index.invariant(scan.innermost()).is_ok() || scan.follows(node, |other| walked(other).map(|(deque, _)| deque)) {
        return;
    }
    let name = deque.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is a deque, and an index walks to its place from the nearer end in every iteration; iterate, or index a list"),
    );
    finding.suggestion = format!("iterate over `{name}`, or copy it into a list once and index that");
    finding.label = "walks to the place".into();
    finding.confidence = typed.confidence;
    finding.related = scan.related(&typed);
    finding.cost = Some(Cost::Code(node.square_cost(deque, &scan.loops)));
    cx.report(finding);
}

/// The deque and the index of `queue[i]`, unless the place is near an end.
fn walked(node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    let AnyNodeRef::ExprSubscript(subscript) = node.ast() else { return None };
    let index = node.at(&*subscript.slice);
    let near = index.constant_int().is_some() || index.source().starts_with('-') || index.kind() == Kind::Slice;
    (!near).then(|| (node.at(&*subscript.value), index))
}

/// `deque(maxlen=3)` stays short.
fn has_length_limit(deque: Node<'_>) -> bool {
    let Some(symbol) = deque.symbol() else { return false };
    symbol.bindings().any(|binding| {
        binding.owner().assigned_value().is_some_and(|value| {
            value.kind() == Kind::Call && value.argument(1, "maxlen").is_some()
        })
    })
}
