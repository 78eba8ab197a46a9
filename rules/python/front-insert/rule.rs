//! `xs.insert(0, x)` in a loop.

use looplint_model::{Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Kind, Node, Python, Scan, Type};

pub const ON: &[Kind] = &[Kind::Call, Kind::Assign];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(list) = extended_at_front(node) else { return };
    let Some(scan) = Scan::of(node, list) else { return };
    let typed = list.typed_or_grown();
    let ty = typed.ty.without_none();
    if !ty.is_all(|member| matches!(member, Type::List(_))) {
        return;
    }
    if scan.follows(node, extended_at_front) || !scan.loops.iter().any(|each| each.turns_many_times()) {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` moves the whole list one place back in every iteration; append and reverse once, or use a `collections.deque`", if node.kind() == Kind::Call { format!("{name}.insert(0, ..)") } else { node.text() }),
    );
    finding.suggestion = format!("append to `{name}` and call `{name}.reverse()` after the loop, or use `deque.appendleft`");
    finding.label = "moves all elements one place back".into();
    finding.confidence = typed.confidence;
    finding.related = scan.related(&typed);
    let trips = scan.outermost().extent().name;
    let mut cost = scan.cost();
    cost.before = format!("O({trips}^2)");
    cost.after = format!("O({trips})");
    finding.cost = Some(Cost::Code(cost));
    let fix = if node.kind() == Kind::Call { fix(&scan, node) } else { None };
    cx.report(Finding { fix, ..finding });
}

/// The list of `xs.insert(0, x)`, or of `xs[0:0] = [x]` and `xs[:0] = ..`.
fn extended_at_front(node: Node<'_>) -> Option<Node<'_>> {
    let is_zero = |part: Option<Node<'_>>| part.and_then(Node::constant_int) == Some(0);
    if let AnyNodeRef::StmtAssign(assign) = node.ast() {
        let [target] = assign.targets.as_slice() else { return None };
        let AnyNodeRef::ExprSubscript(subscript) = node.at(target).ast() else { return None };
        let AnyNodeRef::ExprSlice(slice) = node.at(&*subscript.slice).ast() else { return None };
        let lower = slice.lower.as_ref().map(|part| node.at(&**part));
        let upper = slice.upper.as_ref().map(|part| node.at(&**part));
        let at_front = (lower.is_none() || is_zero(lower)) && is_zero(upper) && slice.step.is_none();
        return at_front.then(|| node.at(&*subscript.value));
    }
    let (list, "insert") = node.method()? else { return None };
    (is_zero(node.argument(0, "")) && node.argument(1, "").is_some()).then_some(list)
}

/// `append` in the loop and one `reverse` after it, for a list that is made empty before the loop and that nothing
/// between there and the end of the loop looks at.
fn fix<'d>(scan: &Scan<'d>, insert: Node<'d>) -> Option<Fix> {
    let list = scan.object;
    let symbol = list.symbol()?;
    let private = symbol.private_from(list, &|part| part == list)?;
    let [start] = private.starts.as_slice() else { return None };
    let (start, whole) = (start.owner(), scan.outermost().whole());
    let value = start.assigned_value()?;
    let is_empty = value.kind() == Kind::List && value.children().next().is_none();
    let in_between = |each: &Node<'d>| each.id() > start.id() && (each.id() < whole.id() || whole.contains(*each));
    let is_only = symbol.uses().filter(in_between).all(|each| each == list);
    let AnyNodeRef::ExprCall(call) = insert.ast() else { return None };
    let is_plain = call.arguments.args.len() == 2
        && call.arguments.keywords.is_empty()
        && insert.parent().is_some_and(|parent| parent.kind() == Kind::ExprStatement)
        && !insert.holds_comment();
    if !is_empty || !is_only || !is_plain || !whole.follows_in_block(start) || may_be_left(whole) {
        return None;
    }
    let item = insert.argument(1, "").filter(|item| !matches!(item.kind(), Kind::Starred | Kind::Yield))?;
    let edits = vec![
        insert.replace(format!("{}.append({})", list.source(), item.source())),
        whole.line_after(&format!("{}.reverse()", list.source()))?,
    ];
    // Where an error ends the loop, the list stays in the order of the loop.
    let function = whole.function();
    let is_caught = whole
        .ancestors()
        .take_while(|above| Some(*above) != function)
        .any(|above| matches!(above.kind(), Kind::Try | Kind::With));
    let safety = if function.is_some() && !is_caught {
        Safety::Safe
    } else {
        Safety::Unsafe("where an error ends the loop the list is seen in the other order".into())
    };
    Some(Fix { title: "Append, and reverse once after the loop".into(), edits, safety })
}

/// Whether the loop can be left past what comes right after it.
fn may_be_left(whole: Node<'_>) -> bool {
    let has_else = match whole.ast() {
        AnyNodeRef::StmtFor(each) => !each.orelse.is_empty(),
        AnyNodeRef::StmtWhile(each) => !each.orelse.is_empty(),
        _ => true,
    };
    has_else || whole.subtree().any(|node| node.kind() == Kind::Return)
}
