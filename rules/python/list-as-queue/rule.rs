//! `xs.pop(0)` and `del xs[0]` in a loop that empties a list from the front.

use looplint_model::{Cost, Cx, Edit, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, CmpOp};
use looplint_python::{Kind, LoopKind, Node, Python, Role, Scan, Type};

pub const ON: &[Kind] = &[Kind::Call, Kind::Delete];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(list) = taken_from_front(node) else { return };
    let Some(scan) = Scan::of(node, list) else { return };
    // What takes a position for `pop`, and has an `append` or is emptied by it, is a list.
    let typed = list.typed_or_emptied(node);
    // What has no `pop` would raise here.
    let ty = typed.ty.without_none().retain(|member| !matches!(member, Type::Tuple(_) | Type::TupleOf(_)));
    if !ty.is_all(|member| matches!(member, Type::List(_))) {
        return;
    }
    if scan.follows(node, taken_from_front) || is_kept_short(node, list) || !list.is_long_queue(scan.outermost()) {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` moves every element that is left, in every iteration; make `{name}` a `collections.deque` and take from it with `popleft`", node.text()),
    );
    finding.suggestion = format!("make `{name}` a `collections.deque` and call `popleft()`");
    finding.label = "moves all elements that are left one place forward".into();
    finding.confidence = typed.confidence;
    finding.related = scan.related(&typed);
    let mut cost = scan.cost();
    cost.before = format!("O({}^2)", list.size_name());
    cost.after = format!("O({})", list.size_name());
    finding.cost = Some(Cost::Code(cost));
    let fix = fix(&scan, node);
    cx.report(Finding { fix, ..finding });
}

/// `if len(rows) > 2: rows.pop(0)`: a window of a few.
fn is_kept_short<'d>(node: Node<'d>, list: Node<'d>) -> bool {
    node.ancestors().take_while(|above| above.kind() != Kind::For).any(|above| {
        let AnyNodeRef::StmtIf(test) = above.ast() else { return false };
        let AnyNodeRef::ExprCompare(compare) = above.at(&*test.test).ast() else { return false };
        let ([CmpOp::Gt | CmpOp::GtE], [limit]) = (&*compare.ops, &*compare.comparators) else { return false };
        let measured = above.at(&*compare.left);
        measured.builtin() == Some("len")
            && measured.argument(0, "").is_some_and(|of| of.source() == list.source())
            && above.at(limit).constant_int().is_some_and(|n| (2..=64).contains(&n))
    })
}

/// The list of `xs.pop(0)` or `del xs[0]`.
fn taken_from_front(node: Node<'_>) -> Option<Node<'_>> {
    if let AnyNodeRef::StmtDelete(each) = node.ast() {
        let [target] = each.targets.as_slice() else { return None };
        let AnyNodeRef::ExprSubscript(subscript) = node.at(target).ast() else { return None };
        let is_first = node.at(&*subscript.slice).constant_int() == Some(0);
        return is_first.then(|| node.at(&*subscript.value));
    }
    let (list, "pop") = node.method()? else { return None };
    (node.argument(0, "")?.constant_int() == Some(0)).then_some(list)
}

/// A deque instead of the list, where nothing is done with it that a deque does not do alike.
fn fix<'d>(scan: &Scan<'d>, node: Node<'d>) -> Option<Fix> {
    let list = scan.object;
    let symbol = list.symbol()?;
    let start = symbol.single_binding()?.owner();
    let AnyNodeRef::StmtAssign(assign) = start.ast() else { return None };
    let value = start.at(&*assign.value);
    let is_local = assign.targets.len() == 1 && list.function().is_some_and(|function| symbol.owner() == function);
    if !is_local || symbol.is_captured() || list.frame().sees_all_names() || !symbol.uses().all(|each| a_deque_does_it(each)) {
        return None;
    }
    let (deque, import) = list.import_from("collections", "deque")?;
    let fresh = match (value.builtin(), value.ast()) {
        (Some("list"), AnyNodeRef::ExprCall(call)) => {
            let is_plain = call.arguments.keywords.is_empty() && call.arguments.args.len() < 2;
            let inside = value.argument(0, "").filter(|inside| inside.kind() != Kind::Starred);
            if !is_plain || inside.is_none() != call.arguments.args.is_empty() || value.holds_comment() {
                return None;
            }
            value.replace(format!("{deque}({})", inside.map_or("", Node::source)))
        }
        (_, AnyNodeRef::ExprList(all)) if all.elts.is_empty() => value.replace(format!("{deque}()")),
        (_, AnyNodeRef::ExprList(_) | AnyNodeRef::ExprListComp(_)) => value.replace(format!("{deque}({})", value.source())),
        _ => return None,
    };
    let mut edits: Vec<Edit> = symbol
        .uses()
        .filter_map(|each| pop_of(each))
        .map(|call| call.replace(format!("{}.popleft()", list.source())))
        .collect();
    if edits.is_empty() || node.kind() != Kind::Call {
        return None;
    }
    edits.push(fresh);
    edits.extend(import);
    edits.sort();
    let guard = scan.innermost();
    let guarded = guard.kind() == LoopKind::While && guard.node().children().next().is_some_and(|test| test.source() == list.source());
    // Where nothing comes between the test and the pop it never meets an empty list.
    let safety = if guarded && symbol.uses().filter_map(|each| pop_of(each)).count() == 1 {
        Safety::Safe
    } else {
        Safety::Unsafe("taking from an empty deque raises IndexError with other words".into())
    };
    Some(Fix { title: format!("Make `{}` a deque", list.text()), edits, safety })
}

/// The call `xs.pop(0)` that this use of `xs` belongs to.
fn pop_of(list: Node<'_>) -> Option<Node<'_>> {
    let call = list.parent()?.parent()?;
    let AnyNodeRef::ExprCall(each) = call.ast() else { return None };
    let is_plain = each.arguments.args.len() == 1 && each.arguments.keywords.is_empty() && !call.holds_comment();
    (is_plain && taken_from_front(call) == Some(list)).then_some(call)
}

/// Whether a deque does the same at this use: grows, gives its front, is measured, tested or gone through.
fn a_deque_does_it(list: Node<'_>) -> bool {
    if changes_it(list) {
        return true;
    }
    let Some(parent) = list.parent() else { return false };
    match parent.ast() {
        AnyNodeRef::ExprCall(call) => {
            let is_only = call.arguments.args.len() == 1 && parent.at(&call.arguments.args[0]) == list;
            is_only
                && matches!(
                    parent.builtin(),
                    Some("len" | "bool" | "list" | "tuple" | "set" | "sum" | "min" | "max" | "any" | "all" | "sorted")
                )
        }
        // A deque refuses to be gone through while it changes.
        AnyNodeRef::StmtFor(_) => list.role().role == Role::Iterates && !changes_in(list, parent),
        AnyNodeRef::Comprehension(_) => {
            let whole = parent.parent();
            list.role().role == Role::Iterates && whole.is_some_and(|whole| !whole.is_lazy() && !changes_in(list, whole))
        }
        AnyNodeRef::ExprCompare(_) => list.role().role == Role::Contains,
        _ => list.is_tested(),
    }
}

/// Whether this use makes it longer or shorter in a way that a deque knows too.
fn changes_it(list: Node<'_>) -> bool {
    let call = list.parent().and_then(Node::parent);
    pop_of(list).is_some()
        || call.and_then(Node::method).is_some_and(|(receiver, method)| {
            receiver == list && matches!(method, "append" | "extend" | "clear")
        })
}

fn changes_in<'d>(list: Node<'d>, place: Node<'d>) -> bool {
    list.symbol().is_none_or(|symbol| symbol.uses().any(|each| place.contains(each) && changes_it(each)))
}
