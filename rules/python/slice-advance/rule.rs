//! `xs = xs[1:]` in a loop.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Growth, Kind, Loop, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Assign];

/// A cut of more elements than this divides the cost so far that it is no trouble.
const STEP_MAX: i64 = 8;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(target) = cut(node) else { return };
    let Some(growth) = Growth::of(target) else { return };
    if growth.follows(cut) {
        return;
    }
    let typed = growth.typed();
    let kind = match typed.ty.without_none() {
        Type::List(_) => "list",
        Type::Str => "string",
        Type::Bytes => "bytes",
        Type::TupleOf(_) => "tuple",
        _ => return,
    };
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("cutting the head off the {kind} `{name}` copies the rest in every iteration; move an index, or iterate"),
    );
    finding.suggestion = format!("keep `{name}` whole and move an index through it, or iterate over it");
    finding.label = "copies all that is left".into();
    let short = strips(growth.loops[0], node, target);
    finding.confidence = if short { Confidence::Possible } else { typed.confidence };
    finding.related = related_loops(&growth.loops);
    let n = target.size_name();
    let mut cost = target.scan_cost(target, &growth.loops);
    cost.before = format!("O({n}^2)");
    cost.after = format!("O({n})");
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// The target of `xs = xs[k:]`.
fn cut(node: Node<'_>) -> Option<Node<'_>> {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return None };
    let [target] = each.targets.as_slice() else { return None };
    let target = node.at(target);
    cuts_head(node.at(&*each.value), target).then_some(target)
}

/// `while path[0] == "/": path = path[1:]`: what is taken off the front is short.
fn strips<'d>(around: Loop<'d>, node: Node<'d>, target: Node<'d>) -> bool {
    let AnyNodeRef::StmtWhile(each) = around.node().ast() else { return false };
    let asks_front = around.node().at(&*each.test).subtree().any(|part| match part.ast() {
        AnyNodeRef::ExprSubscript(first) => part.at(&*first.value).source() == target.source(),
        AnyNodeRef::ExprCall(_) => {
            part.method().is_some_and(|(receiver, method)| method == "startswith" && receiver.source() == target.source())
        }
        _ => false,
    });
    asks_front && each.body.len() == 1 && node.parent() == Some(around.node())
}

/// `target[k:]` with a small constant k.
fn cuts_head<'d>(value: Node<'d>, target: Node<'d>) -> bool {
    let AnyNodeRef::ExprSubscript(subscript) = value.ast() else { return false };
    let AnyNodeRef::ExprSlice(slice) = value.at(&*subscript.slice).ast() else { return false };
    let lower = slice.lower.as_ref().and_then(|lower| value.at(&**lower).constant_int());
    value.at(&*subscript.value).source() == target.source()
        && slice.upper.is_none()
        && slice.step.is_none()
        && lower.is_some_and(|lower| (1..=STEP_MAX).contains(&lower))
        && target.kind() != Kind::Subscript
}
