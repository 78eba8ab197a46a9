//! `xs = xs + [x]` and `xs = [*xs, x]` in a loop.

use looplint_model::{Confidence, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Expr, Operator};
use looplint_python::{Growth, Kind, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Assign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return };
    let [target] = each.targets.as_slice() else { return };
    let (target, value) = (node.at(target), node.at(&*each.value));
    let front = put_in_front(value, target);
    let grown = |other: Node<'d>| {
        let AnyNodeRef::StmtAssign(each) = other.ast() else { return None };
        let [target] = each.targets.as_slice() else { return None };
        let (target, value) = (other.at(target), other.at(&*each.value));
        (put_in_front(value, target).is_some() || added(value, target).is_some()).then_some(target)
    };
    let Some(added) = added(value, target).or_else(|| front.map(|front| front.source().to_owned())) else { return };
    let Some(growth) = Growth::of(target) else { return };
    let typed = growth.typed();
    if !matches!(typed.ty.without_none(), Type::List(_)) || kept_by_somebody(&growth) {
        return;
    }
    if !growth.is_of_many() || growth.is_cut() || growth.follows(grown) {
        return;
    }
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        match front {
            None => format!("`{name}` is copied into a new list in every iteration; grow it in place with `+=` or `append`"),
            Some(_) => format!("`{name}` is copied into a new list in every iteration; append and reverse once, or use a `collections.deque`"),
        },
    );
    finding.suggestion = match front {
        None => in_place(node, target, &added),
        Some(_) => format!("append to `{name}` and reverse it once after the loop, or use `deque.appendleft`"),
    };
    finding.label = "copies all elements into a new list".into();
    finding.confidence = typed.confidence;
    finding.related = related_loops(&growth.loops);
    finding.cost = Some(Cost::Code(growth.cost("")));
    let fix = if front.is_none() { fix(&growth, &added) } else { None };
    cx.report(Finding { fix, ..finding });
}

/// What is added at the end, as a list to write after `+=`.
fn added<'d>(value: Node<'d>, target: Node<'d>) -> Option<String> {
    match value.ast() {
        AnyNodeRef::ExprBinOp(sum) if sum.op == Operator::Add => {
            let right = value.at(&*sum.right);
            (value.at(&*sum.left).source() == target.source() && !right.mentions(target))
                .then(|| right.standing())?
        }
        AnyNodeRef::ExprList(list) => {
            let [Expr::Starred(first), rest @ ..] = list.elts.as_slice() else { return None };
            if value.at(&*first.value).source() != target.source() || rest.is_empty() {
                return None;
            }
            if rest.iter().any(|each| matches!(each, Expr::Yield(_) | Expr::YieldFrom(_))) {
                return None;
            }
            let rest: Vec<&str> = rest.iter().map(|each| value.at(each).source()).collect();
            Some(format!("[{}]", rest.join(", ")))
        }
        _ => None,
    }
}

/// The statement that grows the list where it is: `append` takes one item without a list around it.
fn in_place<'d>(statement: Node<'d>, target: Node<'d>, added: &str) -> String {
    match only_item(statement, target) {
        Some(item) => format!("{}.append({})", target.source(), item.source()),
        None => format!("{} += {added}", target.source()),
    }
}

/// The one item that a display adds.
fn only_item<'d>(statement: Node<'d>, target: Node<'d>) -> Option<Node<'d>> {
    let value = statement.value_for(target.source())?;
    let item = match value.ast() {
        AnyNodeRef::ExprBinOp(sum) => match &*sum.right {
            Expr::List(list) => match list.elts.as_slice() {
                [item] => item,
                _ => return None,
            },
            _ => return None,
        },
        AnyNodeRef::ExprList(list) => match list.elts.as_slice() {
            [Expr::Starred(_), item] => item,
            _ => return None,
        },
        _ => return None,
    };
    let is_plain = !matches!(item, Expr::Starred(_) | Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Named(_));
    is_plain.then(|| value.at(item))
}

/// What is put in front: `[x] + xs`.
fn put_in_front<'d>(value: Node<'d>, target: Node<'d>) -> Option<Node<'d>> {
    let AnyNodeRef::ExprBinOp(sum) = value.ast() else { return None };
    let left = value.at(&*sum.left);
    let at_end = sum.op == Operator::Add && value.at(&*sum.right).source() == target.source();
    (at_end && !left.mentions(target)).then_some(left)
}

/// Whether a version of the list is kept while it grows: then the copies are wanted.
fn kept_by_somebody(growth: &Growth<'_>) -> bool {
    growth.reads().iter().any(|each| each.role().role.may_change())
}

fn fix<'d>(growth: &Growth<'d>, added: &str) -> Option<Fix> {
    let symbol = growth.target.symbol()?;
    // Other statements that grow the list in the same way keep it to themselves too.
    let own = |part: Node<'d>| {
        let statement = part.statement();
        statement == growth.statement || grows_by_a_list(statement).is_some_and(|target| target.symbol() == Some(symbol))
    };
    let private = symbol.private_from(growth.target, &own)?;
    let makes_list = |value: Node<'d>| matches!(value.ty(), Type::List(_));
    let all_lists = private.starts.iter().all(|start| start.owner().assigned_value().is_some_and(makes_list));
    if !all_lists || growth.statement.holds_comment() {
        return None;
    }
    let edit = growth.statement.replace(in_place(growth.statement, growth.target, added));
    let safety = if grows_by_a_list(growth.statement).is_some() {
        Safety::Safe
    } else {
        Safety::Unsafe("`+` takes lists alone, `+=` whatever can be gone through".into())
    };
    Some(Fix { title: "Grow the list in place".into(), edits: vec![edit], safety })
}

/// The target of a statement that adds what is shown to be a list.
fn grows_by_a_list(statement: Node<'_>) -> Option<Node<'_>> {
    let AnyNodeRef::StmtAssign(each) = statement.ast() else { return None };
    let [target] = each.targets.as_slice() else { return None };
    let (target, value) = (statement.at(target), statement.at(&*each.value));
    added(value, target)?;
    let is_list = match value.ast() {
        AnyNodeRef::ExprBinOp(sum) => {
            let right = value.at(&*sum.right).typed();
            matches!(right.ty, Type::List(_)) && right.confidence == Confidence::Proven
        }
        _ => true,
    };
    is_list.then_some(target)
}
