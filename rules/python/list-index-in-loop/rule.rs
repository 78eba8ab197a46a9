//! `xs.index(x)`, where `xs` is a list and a loop asks again and again.

use looplint_model::{Cost, Cx};
use looplint_python::types::Proof;
use looplint_python::{Kind, Loop, Monomial, Node, Python, Scan, Type, big_o};

pub const ON: &[Kind] = &[Kind::Call, Kind::Keyword];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.kind() == Kind::Keyword {
        return as_key(node, cx);
    }
    let Some((list, "index")) = node.method() else { return };
    if node.searches_on() {
        return;
    }
    // Asking a list for what is to be removed from it is list-remove-in-loop.
    if node.parent().and_then(Node::method).is_some_and(|(receiver, method)| {
        method == "pop" && receiver.source() == list.source()
    }) {
        return;
    }
    let Some(scan) = Scan::of(node, list) else { return };
    let typed = list.typed_or_asked(node);
    if !is_list(&typed.ty) {
        return;
    }
    let same = |other: Node<'d>| {
        let (receiver, method) = other.method()?;
        (method == "index").then_some(receiver)
    };
    if scan.follows(node, same) {
        return;
    }
    // Where elements go or move, positions that were kept would be others.
    if scan.moves_elements() {
        return;
    }
    let name = list.text();
    let own = scan.loops.iter().copied().find(|each| goes_over(*each, list));
    let (message, suggestion) = match own {
        Some(each) if asks_for_target(node, each) => (
            format!("`{name}.index` searches for the position of an element that the loop over `{name}` has just reached; let `enumerate` count"),
            format!("go over `enumerate({name})` and use its number"),
        ),
        // A dict refuses lists as keys.
        _ if node.argument(0, "").is_some_and(|sought| sought.ty().is_hashable() == Proof::No) => (
            format!("`{name}.index` searches the list from the front in every iteration; make a dict of positions once, with tuples for keys"),
            format!("build a dict of positions before the loop: `{{tuple(value): place for place, value in enumerate({name})}}`"),
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
fn as_key<'d>(keyword: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((list, sorted)) = keyword.bound_key("index") else { return };
    let typed = list.typed_or_own(sorted);
    let small = list.extent().is_small() || sorted.extent().is_small();
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

fn is_list(ty: &Type) -> bool {
    let ty = ty.without_none();
    ty.is_all(|member| matches!(member, Type::List(_) | Type::TupleOf(_) | Type::Tuple(_)))
}

fn goes_over<'d>(each: Loop<'d>, list: Node<'d>) -> bool {
    each.iterable().is_some_and(|iterable| iterable.source() == list.source())
}

fn asks_for_target<'d>(call: Node<'d>, each: Loop<'d>) -> bool {
    let (Some(argument), Some(target)) = (call.argument(0, ""), each.target()) else { return false };
    argument.source() == target.source()
}
