//! `xs.count(x)`, where `xs` is a list and a loop asks again and again.

use looplint_model::{Cost, Cx};
use looplint_python::types::Proof;
use looplint_python::{Kind, Monomial, Node, Python, Scan, Type, big_o};

pub const ON: &[Kind] = &[Kind::Call, Kind::Keyword];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.kind() == Kind::Keyword {
        return as_key(node, cx);
    }
    let Some((list, "count")) = node.method() else { return };
    let Some(value) = node.argument(0, "") else { return };
    let Some(scan) = Scan::of(node, list) else { return };
    let typed = list.typed_or_asked(node);
    let ty = typed.ty.without_none();
    if !is_list(&ty) || ty.iterated().is_hashable() == Proof::No {
        return;
    }
    // The same value each time is one count to be made once: invariant-call.
    if value.invariant(scan.outermost()).is_ok() {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}.count` goes through the whole list in every iteration; count everything once with `collections.Counter`"),
    );
    finding.suggestion = format!("build `collections.Counter({name})` before the loop and look the counts up");
    finding.label = format!("compares with all elements of `{name}`");
    finding.confidence = typed.confidence;
    finding.related = scan.related(&typed);
    finding.cost = Some(Cost::Code(scan.cost()));
    cx.report(finding);
}

/// `max(set(votes), key=votes.count)`: the function that compares is the loop.
fn as_key<'d>(keyword: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((list, compared)) = keyword.bound_key("count") else { return };
    let typed = list.typed_or_own(compared);
    let ty = typed.ty.without_none();
    let small = list.extent().is_small() || compared.extent().is_small();
    if small || !is_list(&ty) || ty.iterated().is_hashable() == Proof::No {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        keyword.span(),
        format!("`{name}.count` as a key goes through the whole list once per element; count everything once with `collections.Counter`"),
    );
    finding.suggestion = format!("build `collections.Counter({name})` first and use its `get` as the key, or its `most_common`");
    finding.label = format!("compares with all elements of `{name}`");
    finding.confidence = typed.confidence;
    let trips = Monomial::of(compared.size_name());
    let mut cost = list.scan_cost(list, &[]);
    cost.before = big_o(&[trips.clone().times(list.size_name())]);
    cost.after = big_o(&[trips, Monomial::of(list.size_name())]);
    cost.depth = 1;
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

fn is_list(ty: &Type) -> bool {
    ty.is_all(|member| matches!(member, Type::List(_) | Type::TupleOf(_) | Type::Tuple(_)))
}
