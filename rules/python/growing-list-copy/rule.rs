//! `xs = xs + [x]` and `xs = [*xs, x]` in a loop.

use looplint_model::{Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Expr, Operator};
use looplint_python::{Growth, Kind, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Assign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return };
    let [target] = each.targets.as_slice() else { return };
    let (target, value) = (node.at(target), node.at(&*each.value));
    let Some(added) = added(value, target) else { return };
    let Some(growth) = Growth::of(target) else { return };
    let typed = growth.typed();
    if !matches!(typed.ty.without_none(), Type::List(_)) || kept_by_somebody(&growth) {
        return;
    }
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is copied into a new list in every iteration; grow it in place with `+=` or `append`"),
    );
    finding.suggestion = format!("{name} += {added}");
    finding.label = "copies all elements into a new list".into();
    finding.confidence = typed.confidence;
    finding.related = related_loops(&growth.loops);
    let trips = growth.outermost().extent().name;
    let mut cost = target.scan_cost(target, &growth.loops);
    cost.before = format!("O({trips}^2)");
    cost.after = format!("O({trips})");
    finding.cost = Some(Cost::Code(cost));
    let fix = fix(&growth, &added);
    cx.report(Finding { fix, ..finding });
}

/// What is added at the end, as a list to write after `+=`.
fn added<'d>(value: Node<'d>, target: Node<'d>) -> Option<String> {
    match value.ast() {
        AnyNodeRef::ExprBinOp(sum) if sum.op == Operator::Add => {
            let right = value.at(&*sum.right);
            (value.at(&*sum.left).source() == target.source() && !right.mentions(target))
                .then(|| right.source().to_owned())
        }
        AnyNodeRef::ExprList(list) => {
            let [Expr::Starred(first), rest @ ..] = list.elts.as_slice() else { return None };
            if value.at(&*first.value).source() != target.source() || rest.is_empty() {
                return None;
            }
            let rest: Vec<&str> = rest.iter().map(|each| value.at(each).source()).collect();
            Some(format!("[{}]", rest.join(", ")))
        }
        _ => None,
    }
}

/// Whether a version of the list is kept while it grows: then the copies are wanted.
fn kept_by_somebody(growth: &Growth<'_>) -> bool {
    growth.reads().iter().any(|each| each.role().role.may_change())
}

fn fix(growth: &Growth<'_>, added: &str) -> Option<Fix> {
    if growth.is_shared() || growth.statement.holds_comment() {
        return None;
    }
    let edit = growth.statement.replace(format!("{} += {added}", growth.target.source()));
    Some(Fix { title: "Grow the list in place".into(), edits: vec![edit], safety: Safety::Safe })
}
