//! `xs.insert(0, x)` in a loop.

use looplint_model::{Cost, Cx, Finding, Fix, Safety};
use looplint_python::{Kind, Node, Python, Scan, Type};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(list) = inserted_into(node) else { return };
    let Some(scan) = Scan::of(node, list) else { return };
    let typed = list.typed();
    let ty = typed.ty.without_none();
    if ty.members().is_empty() || !ty.members().iter().all(|member| matches!(member, Type::List(_))) {
        return;
    }
    if scan.follows(node, inserted_into) {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}.insert(0, ..)` moves the whole list one place back in every iteration; append and reverse once, or use a `collections.deque`"),
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
    let fix = fix(&scan, node);
    cx.report(Finding { fix, ..finding });
}

/// The list of `xs.insert(0, x)`.
fn inserted_into(node: Node<'_>) -> Option<Node<'_>> {
    let (list, "insert") = node.method()? else { return None };
    let at_front = node.argument(0, "").and_then(Node::constant_int) == Some(0);
    (at_front && node.argument(1, "").is_some()).then_some(list)
}

/// `append` in the loop and one `reverse` after it, for a list that starts empty and that nothing else in the loop
/// looks at.
fn fix<'d>(scan: &Scan<'d>, insert: Node<'d>) -> Option<Fix> {
    let list = scan.object;
    let symbol = list.symbol()?;
    let start = symbol.single_binding()?.owner();
    let value = start.assigned_value()?;
    let outer = scan.outermost();
    let whole = outer.whole().statement();
    let is_empty = value.kind() == Kind::List && value.children().next().is_none();
    let untouched = symbol.uses().all(|each| each == list || each.id() > whole.id() && !whole.contains(each));
    // A `return` or `break` out of the loop would skip or precede the reversal.
    let leaves = whole.subtree().any(|node| matches!(node.kind(), Kind::Return | Kind::Yield | Kind::Try));
    if !is_empty || !untouched || leaves || symbol.is_captured() || scan.loops.len() != 1 || start.id() > whole.id() {
        return None;
    }
    let item = insert.argument(1, "")?;
    let edits = vec![
        insert.replace(format!("{}.append({})", list.source(), item.source())),
        whole.line_after(&format!("{}.reverse()", list.source()))?,
    ];
    let same_block = whole.parent() == start.parent();
    let safety = if same_block && insert.parent().is_some_and(|parent| parent.kind() == Kind::ExprStatement) {
        Safety::Safe
    } else {
        Safety::Unsafe("the list may hold something before the loop".into())
    };
    Some(Fix { title: "Append, and reverse once after the loop".into(), edits, safety })
}
