//! `sum(xs[:i])` and `sum(xs[i:i + k])` in a loop over i.

use looplint_model::{Cost, Cx};
use looplint_python::ast::{AnyNodeRef, CmpOp, ExprSlice};
use looplint_python::{Kind, Monomial, Node, Python, Scan, Type, big_o};

pub const ON: &[Kind] = &[Kind::Call, Kind::Compare];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((function, argument)) = gone_through(node) else { return };
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
        "prefix" if function == "in" => format!("keep a set of what was seen of `{name}` and ask that"),
        "prefix" if function == "count" => format!("carry counts along, in a `collections.Counter` of what was seen of `{name}`"),
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

/// What goes through a slice, and the slice: `sum(xs[:i])`, `sum(len(x) for x in xs[:i])`, `xs[:i].count(x)`,
/// `x in xs[:i]`.
fn gone_through(node: Node<'_>) -> Option<(&'static str, Node<'_>)> {
    if let AnyNodeRef::ExprCompare(compare) = node.ast() {
        let ([CmpOp::In | CmpOp::NotIn], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
        let slice = node.at(right);
        // A part of a text is searched by the machine's own means.
        let of = match slice.ast() {
            AnyNodeRef::ExprSubscript(each) => slice.at(&*each.value).ty().without_none(),
            _ => return None,
        };
        return (!matches!(of, Type::Str | Type::Bytes)).then_some(("in", slice));
    }
    if let Some((receiver, "count")) = node.method() {
        let of = receiver.ty().without_none();
        return (!matches!(of, Type::Str | Type::Bytes)).then_some(("count", receiver));
    }
    let function = match node.builtin().filter(|_| node.kind() == Kind::Call)? {
        "sum" => "sum",
        "min" => "min",
        "max" => "max",
        "any" => "any",
        "all" => "all",
        _ => return None,
    };
    let argument = node.argument(0, "")?;
    match argument.ast() {
        AnyNodeRef::ExprGenerator(generator) if function != "any" && function != "all" => {
            let [clause] = generator.generators.as_slice() else { return None };
            Some((function, argument.at(&clause.iter)))
        }
        _ => Some((function, argument)),
    }
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
