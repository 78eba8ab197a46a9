//! `sum(lists, [])` and `reduce` with `+` over sequences.

use looplint_model::{CodeCost, Confidence, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Expr, Operator};
use looplint_python::{Kind, Node, Python, Type};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((lists, is_sum)) = added_up(node) else { return };
    if lists.extent().is_small() || node.is_in_test() || adds_to_list(node) && are_no_lists(&lists.ty().iterated()) {
        return;
    }
    if !(lists.is_of_many() || calls_itself(lists)) {
        return;
    }
    let name = lists.size_name();
    let how = if is_sum { "`sum` of lists" } else { "`reduce` with `+`" };
    let mut finding = cx.finding(
        node.span(),
        format!("{how} copies the whole result for each list that is added; join them with `itertools.chain.from_iterable`"),
    );
    finding.suggestion = format!("list(itertools.chain.from_iterable({}))", lists.text());
    finding.label = "copies the sum so far at each list".into();
    finding.cost = Some(Cost::Code(CodeCost {
        before: format!("O({name}^2)"),
        after: format!("O({name})"),
        depth: 1,
        size: lists.size(),
        shape: if is_sum { "1" } else { "reduce" },
        curve: None,
    }));
    let fix = if is_sum { fix(node, lists) } else { None };
    cx.report(Finding { fix, ..finding });
}

/// The lists of `sum(lists, [])` and `reduce(add, lists)`, and whether it is `sum`.
fn added_up(node: Node<'_>) -> Option<(Node<'_>, bool)> {
    if node.builtin() == Some("sum") {
        let start = node.argument(1, "start")?;
        let starts_empty = start.kind() == Kind::List && start.children().next().is_none();
        let is_sequence = starts_empty || matches!(start.ty(), Type::List(_) | Type::Tuple(_) | Type::TupleOf(_));
        return is_sequence.then(|| node.argument(0, "").map(|lists| (lists, true)))?;
    }
    if !node.is_qualified("functools.reduce") {
        return None;
    }
    let (function, lists) = (node.argument(0, "")?, node.argument(1, "")?);
    let start = node.argument(2, "").map_or(Type::Unknown, Node::ty);
    let elements = lists.ty().iterated();
    let is_sequence = |ty: &Type| matches!(ty, Type::List(_) | Type::Tuple(_) | Type::TupleOf(_));
    (adds(function) && (concatenates(function) || is_sequence(&start) || is_sequence(&elements))).then_some((lists, false))
}

/// Whether it is `sum(.., [])`; `sum(.., ())` adds tuples.
fn adds_to_list(node: Node<'_>) -> bool {
    node.builtin() == Some("sum") && node.argument(1, "start").is_some_and(|start| matches!(start.ty(), Type::List(_)))
}

/// Whether these are shown to be what `sum` refuses: it adds neither tuples nor texts to a list.
fn are_no_lists(elements: &Type) -> bool {
    let is_other = |each: &Type| {
        matches!(
            each,
            Type::Tuple(_) | Type::TupleOf(_) | Type::Str | Type::Bytes | Type::Set(_) | Type::FrozenSet(_) | Type::Dict(..)
        )
    };
    !elements.members().is_empty() && elements.members().iter().all(is_other)
}

/// Whether the lists come from the function that adds them up: all of a tree.
fn calls_itself(lists: Node<'_>) -> bool {
    let Some(function) = lists.function() else { return false };
    lists.subtree().any(|part| part.kind() == Kind::Call && part.callee() == Some(function))
        || matches!(function.ast(), AnyNodeRef::StmtFunctionDef(each) if lists.subtree().any(|part| {
            matches!(part.method(), Some((_, name)) if name == each.name.as_str())
        }))
}

/// `operator.add`, `operator.concat` and `lambda a, b: a + b`.
fn adds(function: Node<'_>) -> bool {
    if ["operator.add", "operator.concat"].iter().any(|name| function.is_qualified(name)) {
        return true;
    }
    let AnyNodeRef::ExprLambda(lambda) = function.ast() else { return false };
    let AnyNodeRef::ExprBinOp(sum) = function.at(&*lambda.body).ast() else { return false };
    let is_part = |side: Node<'_>| matches!(side.kind(), Kind::Name | Kind::List);
    sum.op == Operator::Add && function.at(&*sum.left).kind() == Kind::Name && is_part(function.at(&*sum.right))
}

/// `operator.concat` and `lambda all, x: all + [x]`, which add sequences alone.
fn concatenates(function: Node<'_>) -> bool {
    let adds_list = || {
        let AnyNodeRef::ExprLambda(lambda) = function.ast() else { return false };
        matches!(&*lambda.body, Expr::BinOp(sum) if sum.right.is_list_expr())
    };
    function.is_qualified("operator.concat") || adds_list()
}

fn fix<'d>(node: Node<'d>, lists: Node<'d>) -> Option<Fix> {
    let start = node.argument(1, "start")?;
    let starts_empty = start.kind() == Kind::List && start.children().next().is_none();
    if !starts_empty || lists.kind() == Kind::Starred || node.holds_comment() || !node.sees_builtin("list") {
        return None;
    }
    let (chain, import) = node.import_module("itertools", "chain")?;
    // A bare generator loses its parentheses only where it is the single argument.
    let mut edits = vec![node.replace(format!("list({chain}.from_iterable({}))", lists.source()))];
    edits.extend(import);
    edits.sort();
    let typed = lists.typed();
    let elements = typed.ty.iterated();
    let are_lists = !elements.members().is_empty() && elements.members().iter().all(|each| matches!(each, Type::List(_)));
    let safety = if are_lists && typed.confidence == Confidence::Proven {
        Safety::Safe
    } else {
        Safety::Unsafe("`sum` refuses elements that are no lists, `chain` takes any iterable".into())
    };
    Some(Fix { title: "Chain the lists".into(), edits, safety })
}
