//! `xs.index(x)`, where `xs` is a list and a loop asks again and again.

use looplint_model::{Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Kind, Loop, Monomial, Node, Python, Scan, Type, big_o};

pub const ON: &[Kind] = &[Kind::Call, Kind::Keyword];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(list) = indexed(node).filter(|_| !node.searches_on()) else { return };
    // Asking a list for what is to be removed from it is list-remove-in-loop.
    if node.parent().and_then(Node::method).is_some_and(|(receiver, method)| {
        method == "pop" && receiver.source() == list.source()
    }) {
        return;
    }
    let Some(scan) = Scan::of(node, list) else {
        return as_key(node, list, cx);
    };
    let typed = list.typed();
    if !is_list(&typed.ty) {
        return;
    }
    let name = list.text();
    let own = scan.loops.iter().copied().find(|each| goes_over(*each, list));
    let (message, suggestion) = match own {
        Some(each) if asks_for_target(node, each) => (
            format!("`{name}.index` searches for the position of an element that the loop over `{name}` has just reached; let `enumerate` count"),
            format!("go over `enumerate({name})` and use its number"),
        ),
        _ => (
            format!("`{name}.index` searches the list from the front in every iteration; make a dict of positions once"),
            format!("build a dict of positions before the loop: `{{value: place for place, value in enumerate({name})}}`"),
        ),
    };
    let mut finding = cx.finding(node.span(), message);
    finding.suggestion = suggestion;
    finding.label = format!("compares with the elements of `{name}` from the front");
    finding.confidence = typed.confidence;
    finding.related = scan.related(&typed);
    finding.cost = Some(Cost::Code(scan.cost()));
    cx.report(finding);
}

/// `sorted(names, key=order.index)`: the function that sorts is the loop.
fn as_key<'d>(keyword: Node<'d>, list: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(call) = keyword.ancestors().find(|above| above.kind() == Kind::Call) else { return };
    let sorted = match call.method() {
        Some((receiver, "sort")) => Some(receiver),
        _ if matches!(call.builtin(), Some("sorted" | "min" | "max")) => call.argument(0, ""),
        _ => None,
    };
    let Some(sorted) = sorted.filter(|_| keyword.kind() == Kind::Keyword) else { return };
    let typed = list.typed();
    let small = list.extent().is_bounded() || sorted.extent().is_bounded();
    if small || !is_list(&typed.ty) {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        keyword.span(),
        format!("`{name}.index` as a key searches the list once per element; make a dict of positions once"),
    );
    finding.suggestion = format!(
        "build a dict of positions first, `{{value: place for place, value in enumerate({name})}}`, and use its `__getitem__` as the key"
    );
    finding.label = format!("compares with the elements of `{name}` from the front");
    finding.confidence = typed.confidence;
    let mut cost = list.scan_cost(list, &[]);
    let trips = Monomial::of(sorted.size_name());
    cost.before = big_o(&[trips.clone().times(list.size_name())]);
    cost.after = big_o(&[trips, Monomial::of(list.size_name())]);
    cost.depth = 1;
    cost.shape = "key";
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// The list of `xs.index(x)`, or of `key=xs.index`.
fn indexed(node: Node<'_>) -> Option<Node<'_>> {
    if let Some((receiver, method)) = node.method() {
        return (method == "index").then_some(receiver);
    }
    let AnyNodeRef::Keyword(keyword) = node.ast() else { return None };
    let AnyNodeRef::ExprAttribute(attribute) = node.at(&keyword.value).ast() else { return None };
    let is_key = keyword.arg.as_ref().is_some_and(|name| name.as_str() == "key");
    (is_key && attribute.attr.as_str() == "index").then(|| node.at(&*attribute.value))
}

fn is_list(ty: &Type) -> bool {
    let ty = ty.without_none();
    !ty.members().is_empty()
        && ty.members().iter().all(|member| matches!(member, Type::List(_) | Type::TupleOf(_) | Type::Tuple(_)))
}

fn goes_over<'d>(each: Loop<'d>, list: Node<'d>) -> bool {
    each.iterable().is_some_and(|iterable| iterable.source() == list.source())
}

fn asks_for_target<'d>(call: Node<'d>, each: Loop<'d>) -> bool {
    let (Some(argument), Some(target)) = (call.argument(0, ""), each.target()) else { return false };
    argument.source() == target.source()
}
