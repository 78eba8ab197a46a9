//! `m = min(xs)` and `xs.remove(m)` in one loop.

use looplint_model::{Cost, Cx, Related};
use looplint_python::{Kind, Monomial, Node, Python, Scan, Type, big_o};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if !matches!(node.builtin(), Some("min" | "max")) || node.kind() != Kind::Call {
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
    if !matches!(typed.ty.without_none(), Type::List(_) | Type::Set(_) | Type::Unknown) {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` looks at all of `{name}` and one element is removed, in every iteration; sort once, or keep a heap", node.text()),
    );
    finding.suggestion = format!("sort `{name}` once, or keep it as a heap with `heapq`");
    finding.label = "looks at all that is left".into();
    finding.confidence = typed.confidence.max(looplint_model::Confidence::Likely);
    finding.related = scan.related(&typed);
    finding.related.push(Related { span: removal.span(), message: "one element goes here".into() });
    let n = list.size_name();
    let mut cost = node.square_cost(list, &scan.loops);
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
