//! `if x not in out: out.append(x)`: the list that grows is the list that is searched.

use looplint_model::{Confidence, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, CmpOp};
use looplint_python::types::{InCost, Proof};
use looplint_python::{Kind, Node, Python, Scan};

pub const ON: &[Kind] = &[Kind::Compare];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprCompare(compare) = node.ast() else { return };
    let ([op @ (CmpOp::In | CmpOp::NotIn)], [right]) = (&*compare.ops, &*compare.comparators) else { return };
    let (needle, list) = (node.at(&*compare.left), node.at(right));
    let Some(scan) = Scan::of(node, list) else { return };
    let typed = list.typed();
    if typed.ty.without_none().scan_cost_of_in() != InCost::Scan {
        return;
    }
    let Some(append) = append_of(&scan, needle) else { return };
    let elements = needle.ty();
    if elements.is_hashable() == Proof::No {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is searched before each append to keep it free of duplicates; keep a set of what was seen beside it"),
    );
    finding.suggestion = format!("keep a `seen` set beside `{name}` and test membership in the set");
    finding.label = format!("compares with all that `{name}` holds so far");
    finding.confidence = match elements.is_hashable() {
        Proof::Yes => typed.confidence,
        _ => typed.confidence.min(Confidence::Likely),
    };
    finding.related = scan.related(&typed);
    finding.related.push(looplint_model::Related { span: append.span(), message: "the list grows here".into() });
    let mut cost = scan.cost();
    let trips = scan.outermost().extent().name;
    cost.before = format!("O({trips}^2)");
    cost.after = format!("O({trips})");
    finding.cost = Some(Cost::Code(cost));
    let fix = if *op == CmpOp::NotIn { fix(&scan, node, needle, append) } else { None };
    cx.report(Finding { fix, ..finding });
}

/// The call in the loop that appends the same value to the same list.
fn append_of<'d>(scan: &Scan<'d>, needle: Node<'d>) -> Option<Node<'d>> {
    let list = scan.object.source();
    scan.innermost().node().subtree().find(|call| {
        call.method().is_some_and(|(receiver, method)| {
            receiver.source() == list
                && method == "append"
                && call.argument(0, "").is_some_and(|value| value.source() == needle.source())
        })
    })
}

/// A `seen` set beside a list that starts empty and that only this test and this append touch in the loop.
fn fix<'d>(scan: &Scan<'d>, test: Node<'d>, needle: Node<'d>, append: Node<'d>) -> Option<Fix> {
    let list = scan.object;
    let symbol = list.symbol()?;
    let own = |part: Node<'d>| part == list || append.contains(part);
    let private = symbol.private_from(list, &own)?;
    let [start] = private.starts.as_slice() else { return None };
    let start = start.owner();
    let value = start.assigned_value()?;
    let is_empty = value.kind() == Kind::List && value.children().next().is_none();
    let is_changed = private.uses.iter().any(|each| each.role().role.may_change());
    let guarded = test.parent() == append.statement().parent() && needle.kind() == Kind::Name;
    if !is_empty || is_changed || !guarded || start.is_in_class_body() || !start.sees_builtin("set") {
        return None;
    }
    let document = list.document();
    let seen = document.fresh_name(&format!("{}_seen", symbol.name()));
    let edits = vec![
        start.line_after(&format!("{seen} = set()"))?,
        list.replace(seen.clone()),
        append.statement().line_before(&format!("{seen}.add({})", needle.source()))?,
    ];
    let added = append.argument(0, "")?;
    let safety = match (needle.ty().is_hashable(), added.ty().is_hashable()) {
        (Proof::Yes, Proof::Yes) => Safety::Safe,
        _ => Safety::Unsafe("the elements may be unhashable".into()),
    };
    Some(Fix { title: "Keep a set of what was seen beside the list".into(), edits, safety })
}
