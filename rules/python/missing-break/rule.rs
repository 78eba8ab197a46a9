//! A loop that sets a flag and goes on, though nothing can change any more.

use looplint_model::{CodeCost, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Expr, Stmt};
use looplint_python::types::Proof;
use looplint_python::{Kind, Node, Python, Type};

pub const ON: &[Kind] = &[Kind::For];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtFor(each) = node.ast() else { return };
    let [Stmt::If(test)] = each.body.as_slice() else { return };
    let [Stmt::Assign(set)] = test.body.as_slice() else { return };
    if each.is_async || !each.orelse.is_empty() || !test.elif_else_clauses.is_empty() {
        return;
    }
    let [Expr::Name(_)] = set.targets.as_slice() else { return };
    if !matches!(&*set.value, Expr::BooleanLiteral(_) | Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::NoneLiteral(_)) {
        return;
    }
    let (condition, target, iterable) = (node.at(&*test.test), node.at(&*each.target), node.at(&*each.iter));
    if !stays_whole(iterable) || !does_nothing(condition) || is_used_elsewhere(target, node) {
        return;
    }
    let Some(around) = node.document().loops().find(|around| around.node() == node) else { return };
    if around.is_small() || node.is_in_test() {
        return;
    }
    let statement = node.at(set);
    let flag = statement.at(&set.targets[0]).text();
    let advice = "leave the loop with `break`";
    let mut finding = cx.finding(
        statement.span(),
        format!("once `{flag}` is set the loop cannot change anything any more, but it goes on; {advice}"),
    );
    finding.suggestion = advice.into();
    finding.label = "everything after this is for nothing".into();
    finding.related = looplint_python::related_loops(&[around]);
    let n = around.extent().name;
    let cost = node.scan_cost(iterable, &[]);
    finding.cost = Some(Cost::Code(CodeCost { before: format!("O({n})"), after: "O(first)".into(), depth: 1, shape: "1", ..cost }));
    let edit = statement.line_after("break");
    let fix = edit.filter(|_| !node.frame().sees_all_names()).map(|edit| Fix { title: "Leave the loop".into(), edits: vec![edit], safety: Safety::Unsafe("a later element could raise an error".into()) });
    cx.report(Finding { fix, ..finding });
}

/// Whether it does not matter to the iterable how far the loop goes: a collection, no generator and no file.
fn stays_whole(iterable: Node<'_>) -> bool {
    matches!(
        iterable.ty().without_none(),
        Type::List(_)
            | Type::Set(_)
            | Type::FrozenSet(_)
            | Type::Dict(..)
            | Type::Tuple(_)
            | Type::TupleOf(_)
            | Type::Deque(_)
            | Type::Range
            | Type::Str
            | Type::Keys(_)
            | Type::Values(_)
            | Type::Items(_)
    )
}

/// Whether the condition does nothing but answer, and cannot raise for a later element what it did not for this one:
/// comparisons, attributes, cells and calls that are known to be pure.
fn does_nothing(condition: Node<'_>) -> bool {
    condition.subtree().all(|part| match part.ast() {
        AnyNodeRef::ExprCall(_) => {
            let is_fact = part.fact().is_some_and(|fact| fact.is_pure());
            is_fact || part.purity().is_some()
        }
        AnyNodeRef::ExprAwait(_) | AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) | AnyNodeRef::ExprNamed(_) => false,
        _ => part.ty().is_mutable() != Proof::Yes || part.kind() != Kind::Lambda,
    })
}

/// Whether the loop's variable is looked at after the loop: then it matters where the loop ends.
fn is_used_elsewhere<'d>(target: Node<'d>, node: Node<'d>) -> bool {
    // `for row.current in rows` leaves it behind as well.
    if target.subtree().any(|each| matches!(each.kind(), Kind::Attribute | Kind::Subscript)) {
        return true;
    }
    target.subtree().filter(|each| each.kind() == Kind::Name).any(|name| {
        let Some(symbol) = name.symbol() else { return true };
        symbol.is_captured() || symbol.uses().any(|each| !node.contains(each))
    })
}
