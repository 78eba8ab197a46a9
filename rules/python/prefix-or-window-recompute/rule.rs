//! `sum(xs[:i])` and `sum(xs[i:i + k])` in a loop over i.

use looplint_model::{Confidence, CodeCost, Cost, Cx};
use looplint_python::ast::{AnyNodeRef, CmpOp, ExprSlice, Operator};
use looplint_python::{Kind, Loop, Node, Python, Scan, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Call, Kind::Compare];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if let Some(parts) = joined_whole(node) {
        return shorter_each_time(node, parts, cx);
    }
    let Some((function, argument, sequence, slice)) = sliced(node) else { return };
    let Some(scan) = Scan::of(node, sequence) else { return };
    let each = scan.innermost();
    let counters = each.target().map_or_else(|| counters(each), |target| vec![target]);
    let Some(kind) = counters.into_iter().find_map(|target| moving(argument, slice, target)) else { return };
    if !scan.is_unchanged() || depends_on_turn(node, argument, each) || steps(each.iterable()) || scan.follows(node, |other| sliced(other).map(|(_, _, of, _)| of)) {
        return;
    }
    let name = sequence.text();
    let advice = match function {
        "in" => "keep a set of what was seen",
        "count" => "carry counts along in a `collections.Counter`",
        _ => "carry the running value along",
    };
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` goes through a {kind} of `{name}` again in every iteration; {advice}", node.text()),
    );
    finding.suggestion = match kind {
        "prefix" if function == "in" => format!("keep a set of what was seen of `{name}` and ask that"),
        "prefix" if function == "count" => format!("carry counts along, in a `collections.Counter` of what was seen of `{name}`"),
        "prefix" => format!("carry the {function} along, or use `itertools.accumulate({name})`"),
        _ => "add what comes in and take off what goes out, or use a deque".into(),
    };
    finding.label = format!("goes through the {kind} again");
    finding.related = scan.related(&sequence.typed());
    let mut cost = node.square_cost(sequence, &scan.loops);
    cost.shape = if function == "sum" { "1" } else { "maximum" };
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// What goes through a slice, the slice, what it is of, and its bounds.
fn sliced(node: Node<'_>) -> Option<(&'static str, Node<'_>, Node<'_>, &ExprSlice)> {
    let (function, argument) = gone_through(node)?;
    let AnyNodeRef::ExprSubscript(subscript) = argument.ast() else { return None };
    let AnyNodeRef::ExprSlice(slice) = argument.at(&*subscript.slice).ast() else { return None };
    Some((function, argument, argument.at(&*subscript.value), slice))
}

/// `min(point.distance(other) for other in points[i:])`: what is worked out of each element is another thing in each turn.
fn depends_on_turn<'d>(node: Node<'d>, argument: Node<'d>, around: Loop<'d>) -> bool {
    let Some(all) = node.argument(0, "").filter(|all| all.kind() == Kind::Comprehension) else { return false };
    let is_of_turn = |part: Node<'d>| part.symbol().is_some_and(|symbol| around.gives(symbol));
    all.subtree().any(|part| !argument.contains(part) && is_of_turn(part))
}

/// The list of `"".join(parts)` or `"".join(parts + rest)`.
fn joined_whole(node: Node<'_>) -> Option<Node<'_>> {
    let (separator, "join") = node.method()? else { return None };
    let parts = node.argument(0, "").filter(|_| separator.constant_str().is_some())?;
    match parts.ast() {
        AnyNodeRef::ExprBinOp(sum) => Some(parts.at(&*sum.left)),
        AnyNodeRef::ExprName(_) => Some(parts),
        _ => None,
    }
}

/// `while parts: try("".join(parts)); parts.pop()`: the whole is put together again, one part shorter each time.
fn shorter_each_time<'d>(node: Node<'d>, parts: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(around) = node.innermost_loop() else { return };
    let AnyNodeRef::StmtWhile(each) = around.node().ast() else { return };
    let goes_on = around.node().at(&*each.test);
    let Some(symbol) = parts.symbol() else { return };
    if goes_on.symbol() != Some(symbol) || !matches!(parts.typed_or_grown().ty.without_none(), Type::List(_)) {
        return;
    }
    let mut changes = symbol.changes_in(around.whole()).filter(|(place, _)| !node.contains(*place));
    let pops = |place: Node<'d>| {
        let call = place.parent().and_then(Node::parent);
        call.is_some_and(|call| call.method().is_some_and(|(of, name)| of == place && name == "pop") && call.argument(0, "").is_none())
    };
    let (Some((first, _)), None) = (changes.next(), changes.next()) else { return };
    // Where no turn finds what it looks for, each of the shorter ones is needed.
    if !pops(first) || around.is_bounded() || !around.is_left_early() || node.is_in_test() {
        return;
    }
    let name = parts.text();
    let advice = "find out how much of it to keep before putting it together";
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` puts all of `{name}` together again for each part that is taken off; {advice}", node.text()),
    );
    finding.suggestion = advice.into();
    finding.label = "one part shorter than the last time".into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(&[around]);
    finding.cost = Some(Cost::Code(CodeCost { shape: "1", ..node.square_cost(parts, &[around]) }));
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
    if node.kind() != Kind::Call {
        return None;
    }
    let function = match node.builtin().unwrap_or_default() {
        "sum" => "sum",
        "min" => "min",
        "max" => "max",
        "any" => "any",
        "all" => "all",
        _ => match node.called_name()? {
            "mean" if node.is_qualified("numpy.mean") || node.is_qualified("statistics.mean") => "mean",
            "sum" if node.is_qualified("numpy.sum") => "sum",
            _ => return None,
        },
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

/// What a `while` counts up by one: `i += 1`.
fn counters(around: Loop<'_>) -> Vec<Node<'_>> {
    let counts = |part: Node<'_>| matches!(part.ast(), AnyNodeRef::StmtAugAssign(each) if each.op == Operator::Add);
    let steps = around.whole().subtree().filter(|part| counts(*part) && part.innermost_loop() == Some(around));
    steps.filter(|part| part.assigned_value().and_then(Node::constant_int) == Some(1)).filter_map(|part| match part.ast() {
        AnyNodeRef::StmtAugAssign(each) if each.target.is_name_expr() => Some(part.at(&*each.target)),
        _ => None,
    }).collect()
}

/// `prefix` for `[:i]`, `suffix` for `[i:]`, `window` for `[i:i + k]` with a k that is not small.
fn moving<'d>(argument: Node<'d>, slice: &'d ExprSlice, target: Node<'d>) -> Option<&'static str> {
    if slice.step.is_some() {
        return None;
    }
    let bound = |part: &'d Option<Box<looplint_python::ast::Expr>>| part.as_ref().map(|part| argument.at(&**part));
    let moves = |part: Node<'d>| {
        part.subtree().any(|name| {
            name.symbol().is_some() && target.subtree().any(|one| one.symbol() == name.symbol())
        })
    };
    match (bound(&slice.lower), bound(&slice.upper)) {
        (None, Some(upper)) => moves(upper).then_some("prefix"),
        (Some(lower), None) => moves(lower).then_some("suffix"),
        (Some(lower), Some(upper)) if lower.constant_int() == Some(0) => moves(upper).then_some("prefix"),
        // `[i * k:(i + 1) * k]`: the slices do not overlap.
        (Some(lower), Some(_)) if is_product(lower) => None,
        (Some(lower), Some(upper)) if moves(lower) && moves(upper) => {
            let is_wide = |part: Node<'d>| part.kind() == Kind::Name && !moves(part) && !part.is_few_by_default();
            upper.subtree().chain(lower.subtree()).any(is_wide).then_some("window")
        }
        _ => None,
    }
}

fn is_product(bound: Node<'_>) -> bool {
    matches!(bound.ast(), AnyNodeRef::ExprBinOp(each) if each.op == Operator::Mult)
}

/// `range(0, n, k)`: the slices do not overlap.
fn steps(iterable: Option<Node<'_>>) -> bool {
    iterable.is_some_and(|range| range.builtin() == Some("range") && range.argument(2, "").is_some())
}
