//! A pure function that calls itself twice for smaller numbers and remembers nothing.

use looplint_model::{CodeCost, Cost, Cx, Finding, Fix, Related, Safety, Size, SizeOrigin};
use looplint_python::ast::{AnyNodeRef, Expr, Operator};
use looplint_python::{Kind, Node, Python, ScopeKind};

pub const ON: &[Kind] = &[Kind::BinOp];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprBinOp(sum) = node.ast() else { return };
    let (left, right) = (node.at(&*sum.left), node.at(&*sum.right));
    let Some(function) = node.function().filter(|function| node.frame() == *function) else { return };
    let Some((name, first)) = step(left, function) else { return };
    let Some((other, second)) = step(right, function) else { return };
    let AnyNodeRef::StmtFunctionDef(each) = function.ast() else { return };
    if name != other || !each.decorator_list.is_empty() || function.parent_class().is_some() {
        return;
    }
    if !is_pure(function) || function.is_in_test() || is_kept_elsewhere(function) {
        return;
    }
    let own = each.name.as_str();
    let advice = "remember the answers: `@functools.cache`";
    let mut finding = cx.finding(
        node.span(),
        format!("`{own}` calls itself twice for the same smaller numbers, so the calls double with each step; {advice}"),
    );
    finding.suggestion = advice.into();
    finding.label = format!("`{name} - {first}` and `{name} - {second}` come to the same numbers again and again");
    finding.related =
        vec![Related { span: function.header_span(), message: "this function remembers nothing".into() }];
    finding.cost = Some(Cost::Code(CodeCost {
        before: format!("O(2^{name})"),
        after: format!("O({name})"),
        depth: 1,
        size: Size { n: cx.settings.assume_size, origin: SizeOrigin::Assumed },
        shape: "1",
        curve: None,
    }));
    let fix = fix(function);
    cx.report(Finding { fix, ..finding });
}

/// Whether the function only computes with its parameters and names of its own.
fn is_pure(function: Node<'_>) -> bool {
    function.subtree().filter(|each| *each != function).all(|each| match each.ast() {
        AnyNodeRef::ExprCall(_) => each.callee() == Some(function) || each.fact().is_some_and(|fact| fact.is_pure()),
        AnyNodeRef::ExprName(_) => each.symbol().is_some_and(|symbol| {
            symbol.is_unbound() || symbol.owner() == function || each.parent().and_then(Node::callee) == Some(function)
        }),
        AnyNodeRef::ExprAttribute(_)
        | AnyNodeRef::ExprSubscript(_)
        | AnyNodeRef::ExprAwait(_)
        | AnyNodeRef::ExprYield(_)
        | AnyNodeRef::ExprYieldFrom(_)
        | AnyNodeRef::StmtGlobal(_)
        | AnyNodeRef::StmtNonlocal(_)
        | AnyNodeRef::StmtDelete(_) => false,
        _ => true,
    })
}

/// `f(n - 1)`, possibly times something: the parameter and by how much it is made smaller.
fn step<'d>(node: Node<'d>, function: Node<'d>) -> Option<(String, i64)> {
    let AnyNodeRef::ExprCall(call) = node.ast() else { return None };
    if node.callee() != Some(function) || !call.arguments.keywords.is_empty() {
        return None;
    }
    let mut found = None;
    for (at, argument) in call.arguments.args.iter().enumerate() {
        let here = node.at(argument);
        match argument {
            Expr::BinOp(less) if less.op == Operator::Sub && found.is_none() => {
                let by = node.at(&*less.right).constant_int().filter(|by| *by > 0)?;
                let name = node.at(&*less.left);
                (name.kind() == Kind::Name && parameter(function, at)? == name.source()).then_some(())?;
                found = Some((name.source().to_owned(), by));
            }
            // Everything else must be handed on as it is.
            Expr::Name(_) if parameter(function, at)? == here.source() => {}
            _ => return None,
        }
    }
    found
}

fn parameter<'d>(function: Node<'d>, at: usize) -> Option<&'d str> {
    let AnyNodeRef::StmtFunctionDef(each) = function.ast() else { return None };
    each.parameters.args.get(at).map(|parameter| parameter.parameter.name.as_str())
}

/// Whether the name is given another value, such as the function with a cache around it.
fn is_kept_elsewhere(function: Node<'_>) -> bool {
    let AnyNodeRef::StmtFunctionDef(each) = function.ast() else { return true };
    let name = each.name.as_str();
    let is_own = |node: &Node<'_>| matches!(node.ast(), AnyNodeRef::ExprName(one) if one.id.as_str() == name);
    function.document().of_kind(Kind::Name).filter(is_own).any(|node| {
        let single = node.symbol().is_some_and(|symbol| {
            symbol.scope_kind() == ScopeKind::Module && symbol.single_binding().is_some()
        });
        let is_called = node.parent().is_some_and(|call| matches!(call.ast(), AnyNodeRef::ExprCall(one) if call.at(&*one.func) == node));
        !single || !is_called
    })
}

fn fix<'d>(function: Node<'d>) -> Option<Fix> {
    let AnyNodeRef::StmtFunctionDef(each) = function.ast() else { return None };
    // A coroutine can be awaited once; a list that is remembered is shared by all who get it.
    let gives_mutable = |node: Node<'d>| {
        let AnyNodeRef::StmtReturn(each) = node.ast() else { return false };
        each.value.as_ref().is_some_and(|value| node.at(&**value).ty().is_mutable().is_yes())
    };
    if each.is_async || function.subtree().any(gives_mutable) {
        return None;
    }
    let (written, import) = function.import_module("functools", "cache")?;
    let line = function.line_before(&format!("@{written}"))?;
    let mut edits: Vec<_> = import.into_iter().chain([line]).collect();
    edits.sort();
    let safety = Safety::Unsafe("all answers are kept as long as the program runs".into());
    Some(Fix { title: "Remember the answers".into(), edits, safety })
}
