//! An inner loop that does the same in every turn of the loop around it.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::{AnyNodeRef, Expr, Stmt, StmtFor};
use looplint_python::{Kind, Loop, LoopKind, Monomial, Node, Python, Type, big_o, related_loops};

pub const ON: &[Kind] = &[Kind::For];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtFor(each) = node.ast() else { return };
    let Some(parent) = node.parent().filter(|parent| parent.kind() == Kind::For) else { return };
    let AnyNodeRef::StmtFor(outer_statement) = parent.ast() else { return };
    if each.is_async || outer_statement.is_async || !each.orelse.is_empty() {
        return;
    }
    let loops = || node.document().loops().filter(|one| one.kind() == LoopKind::For);
    let Some(inner) = loops().find(|one| one.node() == node) else { return };
    let Some(outer) = inner.parent().filter(|outer| outer.node() == parent) else { return };
    let iterable = node.at(&*each.iter);
    if inner.is_bounded() || outer.is_bounded() || outer.retries_or_waits() || iterable.drains() {
        return;
    }
    let (confidence, why) = if each.body.iter().all(|statement| sets_the_same(node, statement, inner, outer)) {
        (Confidence::Likely, "sets the same")
    } else if is_for_nothing(parent, outer_statement) && each.body.iter().all(|one| collects(node, one, inner, outer)) {
        (Confidence::Possible, "collects the same")
    } else {
        return;
    };
    if iterable.invariant(outer).is_err() || node.is_in_test() {
        return;
    }
    let advice = "take the inner loop out of the outer one";
    let mut finding = cx.finding(
        node.header_span(),
        format!("this loop depends on nothing of the loop around it and {why} in each of its turns; {advice}"),
    );
    finding.suggestion = advice.into();
    finding.label = "goes through the same again".into();
    finding.confidence = confidence;
    finding.related = related_loops(&[outer]);
    let all = [inner, outer];
    let mut cost = node.scan_cost(iterable, &[outer]);
    cost.before = big_o(&[Monomial::of_loops(all.iter().copied())]);
    cost.after = big_o(&[Monomial::of_loops([inner]), Monomial::of_loops([outer])]);
    cost.shape = "1";
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// `table[key] = value` and `known.add(value)` with what only the inner loop gives: doing it twice is doing it once.
fn sets_the_same<'d>(node: Node<'d>, statement: &'d Stmt, inner: Loop<'d>, outer: Loop<'d>) -> bool {
    let depends_on_inner = |value: Node<'d>| value.invariant_but_for(inner, outer).is_ok();
    match statement {
        Stmt::Assign(each) => {
            let [Expr::Subscript(cell)] = each.targets.as_slice() else { return false };
            let whole = node.at(&*cell.value);
            let fits = whole.identity_change(outer).is_none() && !is_read_in(whole, outer);
            fits && depends_on_inner(node.at(&*cell.slice)) && depends_on_inner(node.at(&*each.value))
        }
        Stmt::Expr(each) => {
            let call = node.at(&*each.value);
            let Some((set, "add")) = call.method() else { return false };
            let is_set = matches!(set.ty(), Type::Set(_)) && set.identity_change(outer).is_none();
            is_set && !is_read_in(set, outer) && call.argument(0, "").is_some_and(depends_on_inner)
        }
        _ => false,
    }
}

/// Whether the loop looks at the collection, takes from it or hands it on: then when it is filled matters.
fn is_read_in<'d>(whole: Node<'d>, outer: Loop<'d>) -> bool {
    let Some(symbol) = whole.root().symbol() else { return true };
    symbol.uses().filter(|place| outer.repeats(*place)).any(|place| match place.parent().map(Node::ast) {
        Some(AnyNodeRef::ExprSubscript(each)) => each.ctx.is_load(),
        Some(AnyNodeRef::ExprAttribute(each)) => each.attr.as_str() != "add",
        _ => true,
    })
}

/// Whether the outer loop has nothing but the inner one, goes through a collection and looks at no element of it.
fn is_for_nothing<'d>(outer: Node<'d>, each: &'d StmtFor) -> bool {
    let target = outer.at(&*each.target);
    let iterable = outer.at(&*each.iter);
    let is_collection = matches!(iterable.method(), Some((_, "keys" | "values" | "items")))
        || matches!(iterable.ty().without_none(), Type::List(_) | Type::Set(_) | Type::Dict(..) | Type::Keys(_) | Type::Values(_));
    let is_unused = target.subtree().filter(|part| part.kind() == Kind::Name).all(|name| {
        name.symbol().is_some_and(|symbol| !symbol.uses().any(|place| outer.contains(place)))
    });
    each.body.len() == 1 && is_collection && is_unused
}

/// `all.append(x)`, `all.extend(x)` with what only the inner loop gives.
fn collects<'d>(node: Node<'d>, statement: &'d Stmt, inner: Loop<'d>, outer: Loop<'d>) -> bool {
    let Stmt::Expr(each) = statement else { return false };
    let call = node.at(&*each.value);
    let Some((into, "append" | "extend" | "add" | "update")) = call.method() else { return false };
    let given = call.argument(0, "");
    into.identity_change(outer).is_none() && given.is_some_and(|value| value.invariant_but_for(inner, outer).is_ok())
}
