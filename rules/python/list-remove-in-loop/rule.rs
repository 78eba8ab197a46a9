//! `xs.remove(x)` and `xs.pop(xs.index(x))`, where `xs` is a list and a loop removes again and again.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::{AnyNodeRef, CmpOp, Expr};
use looplint_python::{Growth, Kind, Node, Python, Scan, Type, Typed, related_loops};

pub const ON: &[Kind] = &[Kind::Call, Kind::Assign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.kind() == Kind::Assign {
        return filtered(node, cx);
    }
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
    let typed = taken_from_copy(list, &scan).unwrap_or_else(|| list.typed_or_asked(node));
    let ty = typed.ty.without_none();
    if !ty.is_all(|member| matches!(member, Type::List(_))) {
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

/// `for x in xs[:]` around the removal: what is cut like that and has a `remove` is a list. `list(xs)` and `xs.copy()` may
/// be of a set, unless something is appended to `xs` elsewhere.
fn taken_from_copy<'d>(list: Node<'d>, scan: &Scan<'d>) -> Option<Typed> {
    if !list.ty().is_unknown() {
        return None;
    }
    let (copy, is_cut) = scan.loops.iter().filter_map(|each| each.iterable()).find_map(|iterable| {
        let is_list = |node: Node<'d>| node.source() == list.source();
        match iterable.ast() {
            AnyNodeRef::ExprSubscript(subscript) => {
                (subscript.slice.is_slice_expr() && is_list(iterable.at(&*subscript.value))).then_some((iterable, true))
            }
            AnyNodeRef::ExprCall(_) => {
                let of = match iterable.method() {
                    Some((receiver, "copy")) => Some(receiver),
                    _ if matches!(iterable.builtin(), Some("list" | "tuple" | "reversed")) => iterable.argument(0, ""),
                    _ => None,
                };
                of.is_some_and(is_list).then_some((iterable, false))
            }
            _ => None,
        }
    })?;
    let shown = Typed::shown(Type::list(Type::Unknown), Confidence::Likely, copy.span());
    if is_cut { Some(shown) } else { Some(list.typed_or_grown()).filter(|typed| !typed.ty.is_unknown()) }
}

/// `xs = [x for x in xs if x != gone]`: the list is made anew to lose one element.
fn filtered<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return };
    let [target] = each.targets.as_slice() else { return };
    let (target, value) = (node.at(target), node.at(&*each.value));
    let Some(gone) = lost_element(value, target) else { return };
    let Some(growth) = Growth::of(target) else { return };
    if gone.invariant(growth.loops[0]).is_ok() {
        return;
    }
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is made anew in every iteration to lose `{}`; collect what has to go in a set and filter once", gone.text()),
    );
    finding.suggestion = format!("collect what has to go in a set and filter `{name}` once after the loop");
    finding.label = "goes through the whole list to leave out one element".into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(&growth.loops);
    finding.cost = Some(Cost::Code(target.scan_cost(target, &growth.loops)));
    cx.report(finding);
}

/// What is left out of `target` by `[x for x in target if x != gone]`.
fn lost_element<'d>(value: Node<'d>, target: Node<'d>) -> Option<Node<'d>> {
    let AnyNodeRef::ExprListComp(made) = value.ast() else { return None };
    let [clause] = made.generators.as_slice() else { return None };
    let [Expr::Compare(test)] = clause.ifs.as_slice() else { return None };
    let ([CmpOp::NotEq | CmpOp::IsNot], [right]) = (&*test.ops, &*test.comparators) else { return None };
    let (element, left, right) = (value.at(&clause.target), value.at(&*test.left), value.at(right));
    let of_element = |side: Node<'d>| side.root().symbol().is_some_and(|symbol| Some(symbol) == element.symbol());
    let is_plain = value.at(&*made.elt).source() == element.source()
        && element.kind() == Kind::Name
        && value.at(&clause.iter).source() == target.source();
    match (of_element(left), of_element(right)) {
        (true, false) if is_plain => Some(right),
        (false, true) if is_plain => Some(left),
        _ => None,
    }
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
