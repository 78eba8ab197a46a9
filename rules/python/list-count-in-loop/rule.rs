//! `xs.count(x)`, where `xs` is a list and a loop asks again and again.

use looplint_model::{Cost, Cx};
use looplint_python::types::Proof;
use looplint_python::{Kind, Node, Python, Scan, Type};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((list, "count")) = node.method() else { return };
    let Some(value) = node.argument(0, "") else { return };
    let Some(scan) = Scan::of(node, list) else { return };
    let typed = list.typed();
    let ty = typed.ty.without_none();
    let is_list = !ty.members().is_empty()
        && ty.members().iter().all(|member| matches!(member, Type::List(_) | Type::TupleOf(_) | Type::Tuple(_)));
    if !is_list || ty.iterated().is_hashable() == Proof::No {
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
