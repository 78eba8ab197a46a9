//! `m = min(xs)` and `xs.remove(m)` in one loop, also where a loop compares one after the other.

use looplint_model::{Confidence, Cost, Cx, Related, Span};
use looplint_python::{Kind, Monomial, Node, Python, Scan, Selected, Type, Typed, big_o};

pub const ON: &[Kind] = &[Kind::Call, Kind::For];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.kind() == Kind::For {
        return check_by_hand(node, cx);
    }
    if !matches!(node.builtin(), Some("min" | "max")) {
        return;
    }
    let Some(list) = node.argument(0, "") else { return };
    if node.argument(1, "").is_some() {
        return;
    }
    let Some(scan) = Scan::of(node, list) else { return };
    if asks_anew(node, &scan) {
        return;
    }
    let typed = list.typed();
    let Some(removal) = removal(node, list, &scan) else { return };
    let message = format!("`{}` looks at all of `{}` and one element is removed", node.text(), list.text());
    report(node.span(), message, &scan, typed, removal, cx);
}

/// A loop that keeps the best so far.
fn check_by_hand<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(Selected { collection, search, removal, .. }) = node.selected() else { return };
    let Some(scan) = Scan::of(collection, collection) else { return };
    let mut typed = collection.typed();
    typed.confidence = typed.confidence.min(Confidence::Likely);
    let message = format!("this loop looks at all of `{}` for the best, which is removed", collection.text());
    report(search.span(), message, &scan, typed, removal, cx);
}

fn report<'d>(at: Span, what: String, scan: &Scan<'d>, typed: Typed, removal: Node<'d>, cx: &mut Cx<'d, Python>) {
    if !matches!(typed.ty.without_none(), Type::List(_) | Type::Set(_) | Type::Unknown) {
        return;
    }
    let list = scan.object;
    let name = list.text();
    let mut finding = cx.finding(at, format!("{what}, in every iteration; sort once, or keep a heap"));
    finding.suggestion = format!("sort `{name}` once, or keep it as a heap with `heapq`");
    finding.label = "looks at all that is left".into();
    finding.confidence = typed.confidence.max(Confidence::Likely);
    finding.related = scan.related(&typed);
    finding.related.push(Related { span: removal.span(), message: "one element goes here".into() });
    let n = list.size_name();
    let mut cost = list.square_cost(list, &scan.loops);
    cost.after = big_o(&[Monomial::of(&n).log(&n)]);
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// Whether each iteration measures by something else: then no order serves all of them.
fn asks_anew<'d>(node: Node<'d>, scan: &Scan<'d>) -> bool {
    let Some(key) = node.children().find(|child| child.kind() == Kind::Keyword) else { return false };
    let innermost = scan.innermost();
    key.subtree().any(|part| {
        part.kind() == Kind::Name
            && part.identity_change(innermost).is_some_and(|change| !key.contains(change.at))
    })
}

/// The call in the loop that removes what was found.
fn removal<'d>(found: Node<'d>, list: Node<'d>, scan: &Scan<'d>) -> Option<Node<'d>> {
    let kept = found.parent().and_then(|statement| match statement.ast() {
        looplint_python::ast::AnyNodeRef::StmtAssign(each) => {
            each.targets.first().and_then(|target| statement.at(target).symbol())
        }
        _ => None,
    });
    scan.innermost().node().subtree().find(|call| {
        let Some((receiver, method)) = call.method() else { return false };
        let Some(value) = call.argument(0, "") else { return false };
        let same_list = receiver.source() == list.source();
        let same_value = |value: Node<'d>| {
            value == found || (kept.is_some() && value.symbol() == kept) || value.source() == found.source()
        };
        same_list
            && match method {
                "remove" | "discard" => same_value(value),
                "pop" => value.method().is_some_and(|(_, method)| method == "index")
                    && value.argument(0, "").is_some_and(same_value),
                _ => false,
            }
    })
}
