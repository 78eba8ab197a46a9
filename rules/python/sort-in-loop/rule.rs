//! `xs.sort()` and `xs = sorted(xs)` in a loop that adds to `xs`.

use looplint_model::{Cost, Cx, Related};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Growth, Kind, Loop, Monomial, Node, Python, Role, Scan, Type, big_o, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((list, loops)) = sorted_again(node) else { return };
    let typed = list.typed_or_grown();
    if !matches!(typed.ty.without_none(), Type::List(_)) {
        return;
    }
    let Some(addition) = addition(list, loops[0], node) else { return };
    let name = list.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is sorted anew in every iteration, after an element or two was added; sort once after the loop, or use `bisect.insort`"),
    );
    finding.suggestion = format!("sort `{name}` once after the loop, or add with `bisect.insort` or `heapq.heappush`");
    finding.label = "goes through the whole list again".into();
    finding.confidence = typed.confidence;
    finding.related = related_loops(&loops);
    finding.related.push(Related { span: addition.span(), message: "the list grows here".into() });
    let trips = loops[loops.len() - 1].extent().name;
    let mut cost = list.scan_cost(list, &loops);
    cost.before = big_o(&[Monomial::of(&trips).times(&trips)]);
    cost.after = big_o(&[Monomial::of(&trips).log(&trips)]);
    cost.shape = if is_read(list, loops[0], [node, addition]) { "read" } else { "1" };
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// The list and the loops that sort it again.
fn sorted_again(node: Node<'_>) -> Option<(Node<'_>, Vec<Loop<'_>>)> {
    if let Some((list, "sort")) = node.method() {
        return Scan::of(node, list).map(|scan| (list, scan.loops));
    }
    if node.builtin() != Some("sorted") || node.kind() != Kind::Call {
        return None;
    }
    let list = node.argument(0, "")?;
    let statement = node.parent()?;
    if let AnyNodeRef::StmtAssign(assign) = statement.ast()
        && let [target] = assign.targets.as_slice()
        && let target = statement.at(target)
        && target.source() == list.source()
    {
        return Growth::of(target).map(|growth| (target, growth.loops));
    }
    // A sorted copy of what grows, under another name or none.
    let heads_a_loop = node.role().role == Role::Iterates;
    (!heads_a_loop).then(|| Scan::of(node, list).map(|scan| (list, scan.loops)))?
}

/// Whether the loop looks at the list beside sorting it and adding to it: then it has to be in order all the time.
fn is_read<'d>(list: Node<'d>, around: Loop<'d>, but: [Node<'d>; 2]) -> bool {
    let is_other = |each: &Node<'d>| !but.iter().any(|call| call.statement().contains(*each));
    list.symbol().is_none_or(|symbol| symbol.uses().any(|each| around.repeats(each) && is_other(&each)))
}

/// The call in the same loop that adds one element.
fn addition<'d>(list: Node<'d>, around: Loop<'d>, sort: Node<'d>) -> Option<Node<'d>> {
    around.node().subtree().find(|call| {
        *call != sort
            && call.method().is_some_and(|(receiver, method)| {
                receiver.source() == list.source() && matches!(method, "append" | "insert")
            })
            && call.innermost_loop() == Some(around)
    })
}
