//! `s = part + s` in a loop.

use looplint_model::{Cost, Cx};
use looplint_python::ast::{AnyNodeRef, Operator};
use looplint_python::{Growth, Kind, LoopKind, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Assign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(target) = grown(node) else { return };
    let Some(growth) = Growth::of(target) else { return };
    let typed = growth.typed();
    if typed.ty.without_none() != Type::Str || growth.is_cut() || growth.follows(grown) || growth.loops.iter().any(|each| counts_digits(each.node())) {
        return;
    }
    if !growth.is_of_many() {
        return;
    }
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` grows at its front and is copied in every iteration; collect the parts, reverse them and join once"),
    );
    finding.suggestion = format!("append the parts to a list and build `{name}` once with `\"\".join(reversed(parts))`");
    finding.label = "copies all that was there".into();
    finding.confidence = typed.confidence;
    finding.related = related_loops(&growth.loops);
    let trips = growth.outermost().extent().name;
    let mut cost = target.scan_cost(target, &growth.loops);
    cost.before = format!("O({trips}^2)");
    cost.after = format!("O({trips})");
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// The target of `s = part + s`.
fn grown(node: Node<'_>) -> Option<Node<'_>> {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return None };
    let [target] = each.targets.as_slice() else { return None };
    let (target, value) = (node.at(target), node.at(&*each.value));
    let prepends = match value.ast() {
        // `text = part + text if turned else text + part`
        AnyNodeRef::ExprIf(either) => ends_with(value.at(&*either.body), target) || ends_with(value.at(&*either.orelse), target),
        _ => ends_with(value, target),
    };
    prepends.then_some(target)
}

/// `.. + target`, or an f-string that ends in the target.
fn ends_with<'d>(value: Node<'d>, target: Node<'d>) -> bool {
    match value.ast() {
        AnyNodeRef::ExprBinOp(sum) if sum.op == Operator::Add => {
            value.at(&*sum.right).source() == target.source() && !value.at(&*sum.left).mentions(target)
        }
        AnyNodeRef::ExprFString(_) => {
            let name = target.source();
            let inside = value.source().trim_end_matches(['"', '\'']);
            inside.ends_with(&format!("{{{name}}}")) && inside.matches(&format!("{{{name}")).count() == 1
        }
        _ => false,
    }
}

/// A `while` that divides a number until nothing is left makes few turns.
fn counts_digits(whole: Node<'_>) -> bool {
    let is_while = whole.innermost_loop().is_some_and(|each| each.kind() == LoopKind::While)
        || whole.kind() == Kind::While;
    is_while
        && whole.subtree().any(|node| match node.ast() {
            AnyNodeRef::StmtAugAssign(each) => matches!(each.op, Operator::FloorDiv | Operator::Div | Operator::RShift),
            AnyNodeRef::ExprBinOp(each) => matches!(each.op, Operator::FloorDiv | Operator::RShift),
            AnyNodeRef::ExprCall(_) => node.is_qualified("divmod") || node.is_qualified("os.path.split"),
            _ => false,
        })
}
