//! `xs.remove(x)` and `xs.pop(xs.index(x))`, where `xs` is a list and a loop removes again and again.

use looplint_model::{Cost, Cx};
use looplint_python::{Kind, Node, Python, Scan, Type};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((list, method)) = node.method() else { return };
    let removes = match method {
        "remove" => node.argument(0, "").is_some(),
        "pop" => node.argument(0, "").is_some_and(|place| finds_place(place, list)),
        _ => false,
    };
    if !removes {
        return;
    }
    let Some(scan) = Scan::of(node, list) else { return };
    let typed = list.typed();
    let ty = typed.ty.without_none();
    if ty.members().is_empty() || !ty.members().iter().all(|member| matches!(member, Type::List(_))) {
        return;
    }
    // What was just searched for with min or max is selection-by-min.
    if node.argument(0, "").is_some_and(|value| is_extreme(value, list)) {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}.{method}` searches the list and moves what follows, in every iteration; keep what stays in one pass, or hold the elements in a set or dict"),
    );
    finding.suggestion = format!("collect what has to go in a set and rebuild `{name}` once with a comprehension");
    finding.label = "searches from the front, then moves the rest".into();
    finding.confidence = typed.confidence;
    finding.related = scan.related(&typed);
    finding.cost = Some(Cost::Code(scan.cost()));
    cx.report(finding);
}

/// `xs.index(..)` as the place to pop from.
fn finds_place<'d>(place: Node<'d>, list: Node<'d>) -> bool {
    place.method().is_some_and(|(receiver, method)| method == "index" && receiver.source() == list.source())
}

/// `min(xs)`, or a name that the same loop gives `min(xs)`.
fn is_extreme<'d>(value: Node<'d>, list: Node<'d>) -> bool {
    let of_list = |call: Node<'d>| {
        matches!(call.builtin(), Some("min" | "max"))
            && call.kind() == Kind::Call
            && call.argument(0, "").is_some_and(|first| first.source() == list.source())
    };
    of_list(value)
        || value.symbol().is_some_and(|symbol| {
            symbol.bindings().any(|binding| binding.owner().assigned_value().is_some_and(of_list))
        })
}
