//! `x in table.values()` in a loop.

use looplint_model::{Cost, Cx};
use looplint_python::ast::{AnyNodeRef, CmpOp};
use looplint_python::{Kind, Node, Python, Scan, Type};

pub const ON: &[Kind] = &[Kind::Compare];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprCompare(compare) = node.ast() else { return };
    let ([CmpOp::In | CmpOp::NotIn], [right]) = (&*compare.ops, &*compare.comparators) else { return };
    let Some((table, "values")) = node.at(right).method() else { return };
    let Some(scan) = Scan::of(node, table) else { return };
    let typed = table.typed_or_table(node.at(right));
    let ty = typed.ty.without_none();
    if !ty.is_all(|member| matches!(member, Type::Dict(..) | Type::Mapping(_))) {
        return;
    }
    if !scan.is_unchanged() {
        return;
    }
    let name = table.text();
    let mut finding = cx.finding(
        node.span(),
        format!("the values of `{name}` are searched in every iteration; make a set of them once"),
    );
    finding.suggestion = format!("build `set({name}.values())` before the loop and test membership in the set");
    finding.label = "compares with one value after another".into();
    finding.confidence = typed.confidence;
    finding.related = scan.related(&typed);
    finding.cost = Some(Cost::Code(scan.cost()));
    cx.report(finding);
}
