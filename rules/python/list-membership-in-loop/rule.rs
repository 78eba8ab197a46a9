//! `x in xs`, where `xs` is a list and a loop asks again and again.

use looplint_model::{Confidence, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, CmpOp};
use looplint_python::types::{InCost, Proof};
use looplint_python::{Kind, Node, Python, Role, Scan, Type, Typed};

pub const ON: &[Kind] = &[Kind::Compare];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprCompare(compare) = node.ast() else { return };
    let Some(list) = searched(node) else { return };
    let needle = node.at(&*compare.left);
    let Some(scan) = Scan::of(node, list) else { return };
    let typed = list.typed_or_column();
    let ceiling = match typed.ty.without_none().scan_cost_of_in() {
        InCost::Scan => Confidence::Proven,
        InCost::MostlyScan => Confidence::Likely,
        _ => return,
    };
    let elements = typed.ty.without_none().iterated();
    let is_unhashable = || needle.ty().is_hashable() == Proof::No || needle.is_used_as_container();
    if elements.is_hashable() == Proof::No || is_unhashable() || scan.follows(node, searched) {
        return;
    }
    let change = list.invariant(scan.outermost());
    if change.is_err() && grows_by_needle(&scan, needle) {
        return; // dedup-by-scan
    }
    let name = list.text();
    let known = list.kept_before("set", scan.outermost().whole().statement());
    let fix = if change == Ok(Confidence::Proven) { fix(&scan, &typed, known) } else { None };
    let advice = match change {
        Ok(_) => "make a set of it once and ask that",
        Err(_) => "keep a set of the same elements and ask that",
    };
    let kind = kind_of(&typed.ty.without_none());
    let mut finding =
        cx.finding(node.span(), format!("`{name}` is {kind} and is searched in every iteration; {advice}"));
    finding.suggestion = match (change, known) {
        (Ok(_), Some(known)) => format!("test membership in `{known}`, which holds the same elements"),
        (Ok(_), None) => format!("build `set({name})` before the loop and test membership in the set"),
        (Err(_), _) => format!("keep a set beside `{name}`, change both alike and test membership in the set"),
    };
    finding.label = format!("compares with one element of `{name}` after another");
    finding.confidence = typed.confidence.min(ceiling);
    finding.related = scan.related(&typed);
    finding.cost = Some(Cost::Code(scan.cost()));
    cx.report(Finding { fix, ..finding });
}

/// What `x in xs` goes through.
fn searched(test: Node<'_>) -> Option<Node<'_>> {
    let AnyNodeRef::ExprCompare(compare) = test.ast() else { return None };
    match (&*compare.ops, &*compare.comparators) {
        ([CmpOp::In | CmpOp::NotIn], [right]) => Some(test.at(right)),
        _ => None,
    }
}

/// What to call a type that is searched from end to end.
fn kind_of(ty: &Type) -> &'static str {
    match ty.members() {
        [Type::Tuple(_) | Type::TupleOf(_)] => "a tuple",
        [Type::Array] => "an array",
        [Type::Deque(_)] => "a deque",
        [Type::Sequence(_)] => "a sequence",
        _ => "a list",
    }
}

/// Whether the loop appends to the list that it searches: another rule's finding.
fn grows_by_needle<'d>(scan: &Scan<'d>, needle: Node<'d>) -> bool {
    let whole = scan.outermost().node();
    let object = scan.object.source();
    whole.subtree().any(|node| {
        node.method().is_some_and(|(receiver, method)| {
            receiver.source() == object
                && matches!(method, "append" | "insert" | "add")
                && node.argument(usize::from(method == "insert"), "").is_some_and(|value| value.source() == needle.source())
        })
    })
}

/// A set beside the list, made right before the outermost loop, for every test of the list in that loop.
fn fix<'d>(scan: &Scan<'d>, typed: &Typed, known: Option<&'d str>) -> Option<Fix> {
    let list = scan.object;
    let outer = scan.outermost();
    let document = list.document();
    let statement = outer.whole().statement();
    if !list.can_go_before(outer) || !statement.sees_builtin("set") {
        return None;
    }
    let last = list.source().rsplit('.').next().filter(|last| last.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))?;
    let tests: Vec<Node<'d>> = tests_of(scan).collect();
    let mut edits = Vec::new();
    let set = match known {
        Some(known) => known.to_owned(),
        None => {
            let set = document.fresh_name(&format!("{}_set", last.to_lowercase()));
            edits.push(statement.line_before(&format!("{set} = set({})", list.source()))?);
            set
        }
    };
    edits.extend(tests.iter().map(|test| test.replace(set.clone())));
    edits.sort();
    edits.dedup();
    let hashable = |proof: Proof| proof == Proof::Yes;
    let hinges = |test: &Node<'d>| {
        let about: Vec<Node<'d>> = needle_of(*test).into_iter().chain([*test]).collect();
        test.parent().is_some_and(|asked| asked.hinges_on(outer, &about).is_some())
    };
    let safety = if tests.iter().all(hinges) {
        Safety::Guidance
    } else if typed.confidence < Confidence::Proven {
        Safety::Unsafe("the type of the list is not proven".into())
    } else if may_be_none(list, statement) {
        Safety::Unsafe("there may be no list before the loop".into())
    } else if !hashable(typed.ty.without_none().iterated().is_hashable()) {
        Safety::Unsafe("the list's elements may be unhashable".into())
    } else if !tests.iter().all(|test| needle_of(*test).is_some_and(|needle| hashable(needle.ty().is_hashable()))) {
        Safety::Unsafe("the value looked for may be unhashable".into())
    } else if !list.is_left_alone_in(outer) {
        Safety::Unsafe("something else in the loop may change the list".into())
    } else {
        Safety::Safe
    };
    let title = match known {
        Some(known) => format!("Ask `{known}`"),
        None => format!("Make a set of `{}` before the loop", list.text()),
    };
    Some(Fix { title, edits, safety })
}

/// What is looked for where the list stands on the right of `in`.
fn needle_of(list: Node<'_>) -> Option<Node<'_>> {
    let test = list.parent()?;
    let AnyNodeRef::ExprCompare(compare) = test.ast() else { return None };
    (compare.comparators.len() == 1).then(|| test.at(&*compare.left))
}

/// Whether what shows that there is a list stands in the statement itself: before it there may be something else.
fn may_be_none<'d>(list: Node<'d>, statement: Node<'d>) -> bool {
    let Some(symbol) = list.symbol() else { return true };
    let is_asked = |each: Node<'d>| {
        let asks_class = each.parent().is_some_and(|parent| match parent.ast() {
            AnyNodeRef::ExprCompare(compare) => compare.comparators.iter().any(|right| right.is_none_literal_expr()),
            _ => parent.builtin() == Some("isinstance"),
        });
        statement.contains(each) && (each.is_tested() || asks_class || in_bool_op(each))
    };
    list.typed().ty.members().contains(&Type::None) || symbol.uses().any(is_asked)
}

fn in_bool_op(each: Node<'_>) -> bool {
    each.parent().is_some_and(|parent| parent.kind() == Kind::BoolOp)
}

/// All places in the loop where membership in the list is asked.
fn tests_of<'d>(scan: &Scan<'d>) -> impl Iterator<Item = Node<'d>> {
    let (whole, list) = (scan.outermost().whole(), scan.object);
    whole.subtree().filter(move |node| {
        node.kind() == list.kind()
            && node.source() == list.source()
            && node.symbol() == list.symbol()
            && node.role().role == Role::Contains
            && scan_repeats(*node, whole)
    })
}

/// Whether the place is in the loop proper: an iterable is looked at once.
fn scan_repeats<'d>(node: Node<'d>, whole: Node<'d>) -> bool {
    node.all_loops().any(|each| each.whole() == whole)
}
