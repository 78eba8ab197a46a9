//! Arithmetic on columns, done row by row in a function.

use looplint_model::{Cost, Cx, SizeOrigin};
use looplint_python::ast::{AnyNodeRef, Expr};
use looplint_python::{Kind, Node, Python, Type};

pub const ON: &[Kind] = &[Kind::Call];

/// Functions with a counterpart on whole columns.
const WITH_COUNTERPART: [&str; 7] = ["abs", "round", "float", "int", "str", "min", "max"];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((frame, "apply")) = node.method() else { return };
    let typed = frame.typed_or_frame();
    if typed.ty.without_none() != Type::Frame || !is_by_row(node) || node.is_in_test() {
        return;
    }
    let is_short = frame.method().is_some_and(|(_, name)| matches!(name, "head" | "tail" | "sample"));
    let Some(function) = node.argument(0, "func") else { return };
    let AnyNodeRef::ExprLambda(lambda) = function.ast() else { return };
    let body = function.at(&*lambda.body);
    if is_short || !is_plain(body) || !body.subtree().any(|each| each.kind() == Kind::Subscript || each.kind() == Kind::Attribute) {
        return;
    }
    let advice = "write the same with whole columns, `numpy.where` for the choice";
    let mut finding = cx.finding(
        node.span(),
        format!("`apply` with `axis=1` makes a series of each row of `{}` and calls a function with it; {advice}", frame.text()),
    );
    finding.suggestion = advice.into();
    finding.label = "one series and one call for each row".into();
    finding.confidence = typed.confidence;
    let mut cost = node.cost_in_trips(&[], "calls");
    cost.size = frame.size();
    if cost.size.origin == SizeOrigin::Assumed {
        cost.size.n = cx.settings.assume_size;
    }
    cost.depth = 1;
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

fn is_by_row(node: Node<'_>) -> bool {
    let Some(axis) = node.argument(1, "axis") else { return false };
    axis.constant_int() == Some(1) || axis.constant_str() == Some("columns")
}

/// Whether it is made of cells, constants and operators alone: then columns can do it.
fn is_plain(body: Node<'_>) -> bool {
    body.subtree().all(|each| match each.ast() {
        AnyNodeRef::ExprCall(call) => {
            matches!(&*call.func, Expr::Name(_)) && each.builtin().is_some_and(|name| WITH_COUNTERPART.contains(&name))
        }
        AnyNodeRef::ExprAttribute(_)
        | AnyNodeRef::ExprSubscript(_)
        | AnyNodeRef::ExprName(_)
        | AnyNodeRef::ExprBinOp(_)
        | AnyNodeRef::ExprUnaryOp(_)
        | AnyNodeRef::ExprBoolOp(_)
        | AnyNodeRef::ExprCompare(_)
        | AnyNodeRef::ExprIf(_)
        | AnyNodeRef::ExprNumberLiteral(_)
        | AnyNodeRef::ExprStringLiteral(_)
        | AnyNodeRef::StringLiteral(_)
        | AnyNodeRef::Arguments(_)
        | AnyNodeRef::ExprBooleanLiteral(_)
        | AnyNodeRef::ExprNoneLiteral(_) => true,
        _ => false,
    })
}
