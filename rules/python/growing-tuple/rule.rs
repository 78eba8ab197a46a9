//! `t += (x,)` in a loop.

use looplint_model::{Cost, Cx};
use looplint_python::ast::{AnyNodeRef, Expr, Operator};
use looplint_python::{Growth, Kind, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::AugAssign, Kind::Assign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(target) = grown(node) else { return };
    let Some(growth) = Growth::of(target) else { return };
    let typed = growth.typed();
    let ty = typed.ty.without_none();
    let is_tuple = ty.is_all(|member| matches!(member, Type::Tuple(_) | Type::TupleOf(_)));
    if !is_tuple || growth.follows(grown) || growth.reads().iter().any(|each| each.role().role.may_change()) {
        return;
    }
    if !growth.is_of_many() {
        return;
    }
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is a tuple and is copied in every iteration; append to a list and make one tuple of it after the loop"),
    );
    finding.suggestion = format!("append to a list in the loop and build `{name}` once with `tuple(..)` after it");
    finding.label = "copies all elements into a new tuple".into();
    finding.confidence = typed.confidence;
    finding.related = related_loops(&growth.loops);
    finding.cost = Some(Cost::Code(growth.cost("")));
    cx.report(finding);
}

/// The target of `t += x`, `t = t + x` or `t = (*t, x)`.
fn grown(node: Node<'_>) -> Option<Node<'_>> {
    match node.ast() {
        AnyNodeRef::StmtAugAssign(each) if each.op == Operator::Add => Some(node.at(&*each.target)),
        AnyNodeRef::StmtAssign(each) => {
            let [target] = each.targets.as_slice() else { return None };
            let (target, value) = (node.at(target), node.at(&*each.value));
            let first = match value.ast() {
                AnyNodeRef::ExprBinOp(sum) if sum.op == Operator::Add => value.at(&*sum.left),
                AnyNodeRef::ExprTuple(tuple) => match tuple.elts.as_slice() {
                    [Expr::Starred(first), ..] => value.at(&*first.value),
                    _ => return None,
                },
                _ => return None,
            };
            (first.source() == target.source()).then_some(target)
        }
        _ => None,
    }
}
