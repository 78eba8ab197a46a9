//! A generator that hands on what the same generator gives for each part of a tree.

use looplint_model::{CodeCost, Confidence, Cost, Cx, Related, Size, SizeOrigin};
use looplint_python::ast::{AnyNodeRef, Expr, Stmt};
use looplint_python::{Kind, Node, Python};

pub const ON: &[Kind] = &[Kind::Yield, Kind::For];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(call) = handed_on(node) else { return };
    let Some(function) = node.function().filter(|function| node.frame() == *function) else { return };
    let AnyNodeRef::StmtFunctionDef(each) = function.ast() else { return };
    if each.is_async || call.called_name() != Some(each.name.as_str()) || !calls_itself(call, function) {
        return;
    }
    // Only below a loop over parts is it a tree.
    let Some(around) = node.all_loops().find(|around| around.node() != node) else { return };
    if node.is_in_test() {
        return;
    }
    let advice = "go through the tree with a list of what is still to do, and yield once";
    let mut finding = cx.finding(
        call.span(),
        format!("each item is handed on by every `{}` above it, once per level of the tree; {advice}", each.name),
    );
    finding.suggestion = advice.into();
    finding.label = "as many steps for an item as it lies deep".into();
    finding.confidence = Confidence::Possible;
    finding.related = vec![
        Related { span: around.span(), message: "for each part".into() },
        Related { span: function.header_span(), message: "this generator".into() },
    ];
    finding.cost = Some(Cost::Code(CodeCost {
        before: "O(n*depth)".into(),
        after: "O(n)".into(),
        depth: 1,
        size: Size { n: cx.settings.assume_size, origin: SizeOrigin::Assumed },
        shape: "1",
        curve: None,
    }));
    cx.report(finding);
}

/// The call of `yield from call(..)` or `for x in call(..): yield x`.
fn handed_on(node: Node<'_>) -> Option<Node<'_>> {
    let from = match node.ast() {
        AnyNodeRef::ExprYieldFrom(each) => node.at(&*each.value),
        AnyNodeRef::StmtFor(each) => {
            let [Stmt::Expr(only)] = each.body.as_slice() else { return None };
            let Expr::Yield(given) = &*only.value else { return None };
            let value = node.at(&**given.value.as_ref()?);
            (value.source() == node.at(&*each.target).source()).then(|| node.at(&*each.iter))?
        }
        _ => return None,
    };
    (from.kind() == Kind::Call).then_some(from)
}

/// A call of the function itself, or of the method of the same name of another object.
fn calls_itself<'d>(call: Node<'d>, function: Node<'d>) -> bool {
    match call.method() {
        None => call.callee() == Some(function),
        Some((receiver, _)) => {
            let is_super = receiver.builtin() == Some("super");
            let is_of_item = receiver.symbol().is_some_and(|item| receiver.all_loops().any(|around| around.gives(item)));
            !is_super && function.parent_class().is_some() && (is_of_item || call.callee() == Some(function))
        }
    }
}
