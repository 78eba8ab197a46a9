//! `xs = xs[1:]` in a loop.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::{AnyNodeRef, Expr};
use looplint_python::{Growth, Kind, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Assign];

/// A cut of more elements than this divides the cost so far that it is no trouble.
const STEP_MAX: i64 = 8;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return };
    let [target] = each.targets.as_slice() else { return };
    let targets: Vec<Node<'d>> = match target {
        Expr::Tuple(tuple) => tuple.elts.iter().map(|each| node.at(each)).collect(),
        single => vec![node.at(single)],
    };
    for target in targets {
        advance(node, target, cx);
    }
}

fn advance<'d>(node: Node<'d>, target: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((target, cut)) = cut_of(node, target) else { return };
    let Some(growth) = Growth::of(target) else { return };
    if is_put_back(target, &growth) {
        return;
    }
    if growth.follows(cut_in) || cut == Cut::Varying && !goes_on_while(target, &growth) {
        return;
    }
    let typed = growth.typed();
    let kind = match typed.ty.without_none() {
        Type::List(_) => "list",
        Type::Str => "string",
        Type::Bytes => "bytes",
        Type::TupleOf(_) => "tuple",
        Type::Sequence(_) => "sequence",
        _ => return,
    };
    if !growth.is_of_many() || growth.starts_short() {
        return;
    }
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("cutting the head off the {kind} `{name}` copies the rest in every iteration; move an index, or iterate"),
    );
    finding.suggestion = format!("keep `{name}` whole and move an index through it, or iterate over it");
    finding.label = "copies all that is left".into();
    finding.confidence = match cut {
        Cut::Small => typed.confidence,
        Cut::Varying => typed.confidence.min(Confidence::Likely),
    };
    finding.related = related_loops(&growth.loops);
    let n = target.size_name();
    let mut cost = target.scan_cost(target, &growth.loops);
    cost.before = format!("O({n}^2)");
    cost.after = format!("O({n})");
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// Whether the loop also puts something in front again: `xs = [x] + xs` .. `xs = xs[1:]`.
fn is_put_back<'d>(target: Node<'d>, growth: &Growth<'d>) -> bool {
    growth.outermost().whole().subtree().any(|part| match part.ast() {
        AnyNodeRef::StmtAssign(_) => part.value_for(target.source()).is_some_and(|value| match value.ast() {
            AnyNodeRef::ExprBinOp(sum) => value.at(&*sum.right).source() == target.source(),
            _ => false,
        }),
        _ => false,
    })
}

/// The target that an assignment cuts.
fn cut_in<'d>(node: Node<'d>) -> Option<Node<'d>> {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return None };
    let [target] = each.targets.as_slice() else { return None };
    let cut = |target: &'d Expr| cut_of(node, node.at(target)).map(|(target, _)| target);
    match target {
        Expr::Tuple(tuple) => tuple.elts.iter().find_map(cut),
        single => cut(single),
    }
}

/// How much is cut off each time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// A few elements.
    Small,
    /// As many as the data says.
    Varying,
}

/// `target[k:]` given to the target, or `head, *target = target`; with the target itself.
fn cut_of<'d>(statement: Node<'d>, target: Node<'d>) -> Option<(Node<'d>, Cut)> {
    if let AnyNodeRef::ExprStarred(starred) = target.ast() {
        let target = statement.at(&*starred.value);
        let value = statement.value_for(target.source())?;
        return (value.source() == target.source()).then_some((target, Cut::Small));
    }
    let value = statement.value_for(target.source())?;
    let AnyNodeRef::ExprSubscript(subscript) = value.ast() else { return None };
    let AnyNodeRef::ExprSlice(slice) = value.at(&*subscript.slice).ast() else { return None };
    let lower = value.at(&**slice.lower.as_ref()?);
    let is_rest = slice.upper.is_none() && slice.step.is_none();
    if value.at(&*subscript.value).source() != target.source() || !is_rest || target.kind() == Kind::Subscript {
        return None;
    }
    match lower.constant_int() {
        Some(step) => (1..=STEP_MAX).contains(&step).then_some((target, Cut::Small)),
        None => is_of_data(lower, target).then_some((target, Cut::Varying)),
    }
}

/// Whether the data say how much is cut off: a length or position read from it. What a call took, such as the number of
/// bytes sent, is mostly a large part, and so may be what a number of four bytes measures.
fn is_of_data<'d>(lower: Node<'d>, target: Node<'d>) -> bool {
    lower.subtree().filter(|part| part.kind() == Kind::Name).any(|name| {
        let reaching = name.reaching();
        let [binding] = reaching.as_slice() else { return false };
        let value = binding.owner().assigned_value();
        value.is_some_and(|value| {
            let of_target = value.mentions(target);
            if let Some(read) = value.subtree().find(|part| part.bytes_read().is_some()) {
                return of_target && !read.reads_wide_number();
            }
            let is_call = value.kind() == Kind::Call && !matches!(value.method(), Some((_, "find" | "index" | "end")));
            of_target && !(is_call && value.builtin().is_none())
        })
    })
}

/// `while data: ..`: the loop goes on until nothing is left.
fn goes_on_while<'d>(target: Node<'d>, growth: &Growth<'d>) -> bool {
    growth.loops.iter().any(|each| match each.node().ast() {
        AnyNodeRef::StmtWhile(whole) => each.node().at(&*whole.test).mentions(target),
        _ => false,
    })
}
