//! `if x not in out: out.append(x)`: the list that grows is the list that is searched.

use looplint_model::{CodeCost, Confidence, Cost, Cx, Finding, Fix, Related, Safety};
use looplint_python::ast::{AnyNodeRef, CmpOp};
use looplint_python::types::{InCost, Proof};
use looplint_python::summary::Subject;
use looplint_python::{BindingKind, Kind, Loop, Multiplicity, Node, Python, Scan, Typed};

pub const ON: &[Kind] = &[Kind::Compare];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprCompare(compare) = node.ast() else { return };
    let ([op @ (CmpOp::In | CmpOp::NotIn)], [right]) = (&*compare.ops, &*compare.comparators) else { return };
    let (needle, list) = (node.at(&*compare.left), node.at(right));
    if let Some(all) = keys_of(list) {
        return by_key(node, list, all, cx);
    }
    let Some(scan) = scan(node, list) else { return in_recursion(node, needle, list, cx) };
    let Some(typed) = list_of(list) else { return };
    let Some(append) = append_of(scan.innermost().node(), list, needle) else { return };
    let elements = needle.ty();
    // Where no turn follows the append, nothing grows.
    let is_unhashable = elements.is_hashable() == Proof::No || needle.is_used_as_container();
    if is_unhashable || scan.is_unchanged() || scan.innermost().goes_over_what_sets_refuse() {
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
    finding.related.push(Related { span: append.span(), message: "the list grows here".into() });
    let mut cost = scan.cost();
    let trips = scan.outermost().extent().name;
    cost.before = format!("O({trips}^2)");
    cost.after = format!("O({trips})");
    finding.cost = Some(Cost::Code(cost));
    let fix = if *op == CmpOp::NotIn && list.kind() == Kind::Name { fix(&scan, node, needle, append) } else { None };
    cx.report(Finding { fix, ..finding });
}

/// The list of whose elements a comprehension collects something: `rows` of `[row["id"] for row in rows]`.
fn keys_of(collected: Node<'_>) -> Option<Node<'_>> {
    let clauses = match collected.ast() {
        AnyNodeRef::ExprListComp(each) => &each.generators,
        AnyNodeRef::ExprSetComp(each) => &each.generators,
        AnyNodeRef::ExprGenerator(each) => &each.generators,
        _ => return None,
    };
    let [only] = clauses.as_slice() else { return None };
    Some(collected.at(&only.iter))
}

/// `if row["id"] not in [one["id"] for one in rows]: rows.append(row)`
fn by_key<'d>(node: Node<'d>, keys: Node<'d>, list: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(scan) = Scan::of(node, list) else { return };
    let Some(append) = list.grows_by(scan.outermost()) else { return };
    let (name, keys) = (list.text(), keys.text());
    let mut finding = cx.finding(
        node.span(),
        format!("`{keys}` is collected anew in every iteration while `{name}` grows; keep a set of these keys beside the list"),
    );
    finding.suggestion = format!("keep a set of the keys beside `{name}`, add to both alike and test membership in the set");
    finding.label = format!("goes through all that `{name}` holds so far");
    finding.confidence = Confidence::Likely;
    finding.related = scan.related(&list.typed());
    finding.related.push(Related { span: append.span(), message: "the list grows here".into() });
    finding.cost = Some(Cost::Code(node.square_cost(list, &scan.loops)));
    cx.report(finding);
}

/// The loops that search the list. A list under a key that comes back is searched again although the key varies.
fn scan<'d>(node: Node<'d>, list: Node<'d>) -> Option<Scan<'d>> {
    if let Some(scan) = Scan::of(node, list) {
        return Some(scan);
    }
    let AnyNodeRef::ExprSubscript(_) = list.ast() else { return None };
    let grows = |each: &Loop<'d>| {
        !each.is_small() && node.multiplicity(*each) == Multiplicity::Repeated && list.comes_back(*each)
    };
    let loops: Vec<Loop<'d>> = node.loops().into_iter().take_while(grows).collect();
    (!loops.is_empty()).then_some(Scan { object: list, loops })
}

/// The type of a list; also of what nothing shows, as only a list is searched with `in` and appended to.
fn list_of(list: Node<'_>) -> Option<Typed> {
    let typed = list.typed_or_grown();
    (typed.ty.without_none().scan_cost_of_in() == InCost::Scan).then_some(typed)
}

/// A function that calls itself searches the list that all its calls share.
fn in_recursion<'d>(node: Node<'d>, needle: Node<'d>, list: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(function) = node.function() else { return };
    if node.is_rare() || node.is_in_test() || !is_shared(list, function) {
        return;
    }
    let (Some(typed), Some(append)) = (list_of(list), append_of(function, list, needle)) else { return };
    let recursive = function.summary().is_some_and(|summary| summary.recursive);
    if !recursive || needle.ty().is_hashable() == Proof::No {
        return;
    }
    let name = list.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is searched in every call of a function that calls itself; keep a set of what was seen beside it"),
    );
    finding.suggestion = format!("keep a `seen` set beside `{name}` and test membership in the set");
    finding.label = format!("compares with all that `{name}` holds so far");
    finding.confidence = typed.confidence.min(Confidence::Likely);
    finding.related.push(Related { span: function.header_span(), message: "calls itself".into() });
    finding.related.push(Related { span: append.span(), message: "the list grows here".into() });
    finding.cost = Some(Cost::Code(CodeCost {
        before: "O(n^2)".into(),
        after: "O(n)".into(),
        depth: 1,
        size: list.size(),
        shape: "1",
        curve: None,
    }));
    cx.report(finding);
}

/// Whether all calls of the function see the same list: a name of an outer function, an attribute of `self`, or a
/// parameter that the function hands on to itself.
fn is_shared<'d>(list: Node<'d>, function: Node<'d>) -> bool {
    let root = list.root();
    let Some(symbol) = root.symbol() else { return false };
    if symbol.owner() != function {
        return !symbol.is_unbound();
    }
    if list.kind() == Kind::Attribute {
        return function.parent_class().is_some() && root.subject() == Subject::Parameter(0);
    }
    let is_parameter = matches!(list.subject(), Subject::Parameter(_));
    is_parameter
        && list.kind() == Kind::Name
        && symbol.single_binding().is_some()
        && function.subtree().any(|call| {
            let AnyNodeRef::ExprCall(each) = call.ast() else { return false };
            let hands_on = each.arguments.iter_source_order().any(|one| call.at(one.value()).source() == list.source());
            hands_on && call.callee() == Some(function)
        })
}

/// The call in `place` that appends the same value to the same list.
fn append_of<'d>(place: Node<'d>, list: Node<'d>, needle: Node<'d>) -> Option<Node<'d>> {
    place.subtree().find(|call| {
        call.method().is_some_and(|(receiver, method)| {
            receiver.source() == list.source()
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
    let is_deleted = symbol.bindings().any(|binding| binding.kind() == BindingKind::Deleted);
    let is_changed = is_deleted || private.uses.iter().any(|each| each.role().role.may_change());
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
