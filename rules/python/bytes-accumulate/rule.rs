//! `data += chunk` on bytes in a loop.

use looplint_model::{Cost, Cx};
use looplint_python::ast::{AnyNodeRef, Operator};
use looplint_python::{Growth, Kind, Loop, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::AugAssign, Kind::Assign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(target) = grown(node) else { return };
    let Some(growth) = Growth::of(target) else { return };
    let typed = growth.typed();
    if typed.ty.without_none() != Type::Bytes || growth.is_cut() || growth.follows(grown) {
        return;
    }
    if !growth.is_of_many() || growth.goes_on(grown) {
        return;
    }
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is bytes and is copied in every iteration; use a `bytearray`, or collect the chunks and join them once"),
    );
    finding.suggestion = format!("make `{name}` a `bytearray`, or append the chunks to a list and `b\"\".join` them once");
    finding.label = "copies all bytes that were there".into();
    finding.confidence = typed.confidence;
    finding.related = related_loops(&growth.loops);
    let shape = if is_joined(node, growth.loops[0]) { "join" } else { "1" };
    finding.cost = Some(Cost::Code(growth.cost(shape)));
    cx.report(finding);
}

/// Whether the loop does nothing but add its items: then `join` takes them as they are.
fn is_joined<'d>(node: Node<'d>, around: Loop<'d>) -> bool {
    let (AnyNodeRef::StmtFor(each), Some(item)) = (around.node().ast(), around.target()) else { return false };
    let added = match node.ast() {
        AnyNodeRef::StmtAugAssign(one) => node.at(&*one.value),
        _ => return false,
    };
    each.body.len() == 1 && added.kind() == Kind::Name && added.symbol() == item.symbol()
}

/// The target of `b += x`, `b = b + x` or `b = x + b`.
fn grown(node: Node<'_>) -> Option<Node<'_>> {
    match node.ast() {
        AnyNodeRef::StmtAugAssign(each) if each.op == Operator::Add => Some(node.at(&*each.target)),
        AnyNodeRef::StmtAssign(each) => {
            let [target] = each.targets.as_slice() else { return None };
            let target = node.at(target);
            let mut value = node.at(&*each.value);
            while let AnyNodeRef::ExprBinOp(sum) = value.ast() {
                if sum.op != Operator::Add {
                    return None;
                }
                if value.at(&*sum.right).source() == target.source() {
                    return Some(target);
                }
                value = value.at(&*sum.left);
            }
            (value.source() == target.source() && node.at(&*each.value) != value).then_some(target)
        }
        _ => None,
    }
}
