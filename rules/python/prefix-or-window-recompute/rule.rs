//! `sum(xs[:i])` and `sum(xs[i:i + k])` in a loop over i.

use looplint_model::{Cost, Cx};
use looplint_python::ast::{AnyNodeRef, ExprSlice};
use looplint_python::{Kind, Monomial, Node, Python, Scan, big_o};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(function @ ("sum" | "min" | "max" | "any" | "all")) = node.builtin() else { return };
    if node.kind() != Kind::Call {
        return;
    }
    let Some(argument) = node.argument(0, "") else { return };
    let AnyNodeRef::ExprSubscript(subscript) = argument.ast() else { return };
    let AnyNodeRef::ExprSlice(slice) = argument.at(&*subscript.slice).ast() else { return };
    let sequence = argument.at(&*subscript.value);
    let Some(scan) = Scan::of(node, sequence) else { return };
    let each = scan.innermost();
    let Some(target) = each.target() else { return };
    let Some(kind) = moving(argument, slice, target) else { return };
    if !scan.is_unchanged() || steps(each.iterable()) {
        return;
    }
    let name = sequence.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` goes through a {kind} of `{name}` again in every iteration; carry the running value along", node.text()),
    );
    finding.suggestion = match kind {
        "prefix" => format!("carry the {function} along, or use `itertools.accumulate({name})`"),
        _ => "add what comes in and take off what goes out, or use a deque".into(),
    };
    finding.label = format!("goes through the {kind} again");
    finding.related = scan.related(&sequence.typed());
    let n = sequence.size_name();
    let mut cost = scan.cost();
    cost.before = big_o(&[Monomial::of(&n).times(&n)]);
    cost.after = big_o(&[Monomial::of(&n)]);
    cost.shape = if function == "sum" { "1" } else { "maximum" };
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// `prefix` for `[:i]`, `suffix` for `[i:]`, `window` for `[i:i + k]` with a k that is not small.
fn moving<'d>(argument: Node<'d>, slice: &'d ExprSlice, target: Node<'d>) -> Option<&'static str> {
    if slice.step.is_some() {
        return None;
    }
    let bound = |part: &'d Option<Box<looplint_python::ast::Expr>>| part.as_ref().map(|part| argument.at(&**part));
    let moves = |part: Node<'d>| {
        part.subtree().any(|name| {
            name.kind() == Kind::Name
                && name.symbol().is_some()
                && target.subtree().any(|one| one.kind() == Kind::Name && one.symbol() == name.symbol())
        })
    };
    match (bound(&slice.lower), bound(&slice.upper)) {
        (None, Some(upper)) => moves(upper).then_some("prefix"),
        (Some(lower), None) => moves(lower).then_some("suffix"),
        (Some(lower), Some(upper)) if lower.constant_int() == Some(0) => moves(upper).then_some("prefix"),
        (Some(lower), Some(upper)) if moves(lower) && moves(upper) => {
            let has_width = upper.subtree().chain(lower.subtree()).any(|part| part.kind() == Kind::Name && !moves(part));
            has_width.then_some("window")
        }
        _ => None,
    }
}

/// `range(0, n, k)`: the slices do not overlap.
fn steps(iterable: Option<Node<'_>>) -> bool {
    iterable.is_some_and(|range| range.builtin() == Some("range") && range.argument(2, "").is_some())
}
