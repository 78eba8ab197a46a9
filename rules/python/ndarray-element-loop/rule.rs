//! The elements of an array, taken one by one by position.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::{AnyNodeRef, Expr, Stmt};
use looplint_python::{Kind, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::For];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtFor(each) = node.ast() else { return };
    let (target, iterable) = (node.at(&*each.target), node.at(&*each.iter));
    if target.kind() != Kind::Name || iterable.builtin() != Some("range") || iterable.argument(2, "").is_some() {
        return;
    }
    if !each.orelse.is_empty() || !each.body.iter().all(|statement| is_arithmetic(node.at(statement), statement)) {
        return;
    }
    let Some(around) = node.document().loops().find(|each| each.node() == node) else { return };
    // What a decorator compiles is no loop of the interpreter.
    if around.is_bounded() || node.is_in_test() || node.function().is_some_and(Node::is_decorated) {
        return;
    }
    let mut first = None;
    for part in each.body.iter().flat_map(|statement| node.at(statement).subtree()) {
        let AnyNodeRef::ExprSubscript(item) = part.ast() else { continue };
        if part.at(&*item.value).ty().without_none() != Type::Array {
            return;
        }
        let index = part.at(&*item.slice);
        // A neighbour's element makes each step depend on the one before.
        if index.kind() != Kind::Name || index.symbol() != target.symbol() {
            return;
        }
        first = first.or(Some(part));
    }
    let Some(first) = first else { return };
    // A position that is used as a number, too, still fits `numpy.arange`; a name of the loop may carry a value on.
    let carries = each.body.iter().any(|statement| matches!(statement, Stmt::Assign(one) if one.targets.iter().any(|target| !target.is_subscript_expr())));
    if carries {
        return;
    }
    let advice = "write it with whole arrays";
    let mut finding = cx.finding(
        first.span(),
        format!("`{}` makes an object of one element in every iteration; {advice}", first.text()),
    );
    finding.suggestion = advice.into();
    finding.label = "one number object each time, and arithmetic in the interpreter".into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(&[around]);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&[around], "steps of the interpreter")));
    cx.report(finding);
}

/// Whether a statement of the body only computes: an assignment to an element, or a sum that grows.
fn is_arithmetic<'d>(node: Node<'d>, statement: &Stmt) -> bool {
    let known_shape = match statement {
        Stmt::Assign(each) => each.targets.len() == 1,
        Stmt::AugAssign(each) => matches!(&*each.target, Expr::Name(_) | Expr::Subscript(_)),
        _ => false,
    };
    known_shape
        && node.subtree().skip(1).all(|part| match part.ast() {
            AnyNodeRef::ExprName(_)
            | AnyNodeRef::ExprSubscript(_)
            | AnyNodeRef::ExprBinOp(_)
            | AnyNodeRef::ExprUnaryOp(_)
            | AnyNodeRef::ExprCompare(_)
            | AnyNodeRef::ExprIf(_)
            | AnyNodeRef::ExprNumberLiteral(_)
            | AnyNodeRef::Arguments(_) => true,
            AnyNodeRef::ExprAttribute(_) => part.qualified_name().is_some_and(|name| name.starts_with("math.")),
            AnyNodeRef::ExprCall(_) => {
                part.builtin().is_some_and(|name| matches!(name, "abs" | "float" | "int" | "min" | "max"))
                    || part.qualified_name().is_some_and(|name| name.starts_with("math."))
            }
            _ => false,
        })
}
