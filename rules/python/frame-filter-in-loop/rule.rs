//! Frames and arrays of which a loop keeps the rows of one key per turn, going through all of them each time.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::{AnyNodeRef, CmpOp, Expr};
use looplint_python::{Kind, Loop, Multiplicity, Node, Python, Scan, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Subscript, Kind::Call, Kind::Compare];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() {
        return;
    }
    if node.kind() == Kind::Compare {
        return check_array(node, cx);
    }
    let Some((frame, key)) = filtered(node) else { return };
    let repeats = |each: &Loop<'d>| {
        node.multiplicity(*each) == Multiplicity::Repeated && !each.is_bounded() && key.invariant(*each).is_err()
    };
    let loops: Vec<Loop<'d>> = frame.depth_gap().into_iter().take_while(repeats).collect();
    let Some(innermost) = loops.first() else { return };
    if innermost.is_small() || frame.extent().is_small() || node.is_in_test() || node.is_rare() || node.is_stored() {
        return;
    }
    let name = frame.text();
    let advice = format!("group `{name}` once before the loop, or join with it");
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` compares a column with all rows of `{name}` in every iteration; {advice}", node.text()),
    );
    finding.suggestion = advice;
    finding.label = "goes through all rows for one key each time".into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(&loops);
    finding.cost = Some(Cost::Code(node.scan_cost(frame, &loops)));
    cx.report(finding);
}

/// `labels == label` in a loop over the different values of an array.
fn check_array<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((array, of, turns)) = compared(node) else { return };
    let Some(scan) = Scan::of(node, array) else { return };
    let mut before = turns.whole().subtree().take_while(|other| *other != node);
    let is_told = before.any(|other| compared(other).is_some_and(|(.., others)| others == turns));
    let is_wanted = turns.shows_each() || turns.works_on_whole_arrays() || node.is_kept_mask();
    if !scan.loops.contains(&turns) || is_told || is_wanted || node.is_rare() || array.is_written_in(scan.outermost()) {
        return;
    }
    let name = array.text();
    let advice = if !array.is_of_same_array(of) {
        format!("sort `{name}` once and find each value in it with `np.searchsorted`")
    } else if is_counted(node) {
        format!("count them all at once with `np.unique({name}, return_counts=True)` or `np.bincount`")
    } else {
        format!("sort `{name}` once and part it with `np.split`, or sum by group with `np.bincount` or `np.add.at`")
    };
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` compares all of the array `{name}` with one of many values in every iteration; {advice}", node.text()),
    );
    finding.suggestion = advice;
    finding.label = "goes through the whole array for one value each time".into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(&scan.loops);
    finding.cost = Some(Cost::Code(scan.cost()));
    cx.report(finding);
}

/// The array that is compared whole with a value of each turn, the array that the values are of, and the loop.
fn compared(node: Node<'_>) -> Option<(Node<'_>, Node<'_>, Loop<'_>)> {
    let (array, value) = node.array_compared()?;
    let (of, turns) = value.value_per_turn()?;
    Some((array, of, turns))
}

/// `(labels == label).sum()`, `np.count_nonzero(labels == label)`.
fn is_counted(compare: Node<'_>) -> bool {
    let call = compare.ancestors().find(|above| above.kind() == Kind::Call);
    call.is_some_and(|call| match call.method() {
        Some((receiver, "sum")) if receiver == compare => true,
        _ => call.argument(0, "") == Some(compare) && (call.is_qualified("numpy.sum") || call.is_qualified("numpy.count_nonzero")),
    })
}

/// The frame of which rows are kept, and what decides which: `frame[frame["owner"] == name]`, `frame.loc[..]`,
/// `frame.query(f"owner == {name}")`, `frame.filter(pl.col("owner") == name)`.
fn filtered(node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    if let AnyNodeRef::ExprSubscript(each) = node.ast() {
        let mut frame = node.at(&*each.value);
        if let AnyNodeRef::ExprAttribute(inner) = frame.ast()
            && inner.attr.as_str() == "loc"
        {
            frame = frame.at(&*inner.value);
        }
        let mask = match &*each.slice {
            Expr::Tuple(tuple) => node.at(tuple.elts.first()?),
            other => node.at(other),
        };
        let key = masks(mask).find_map(|part| compared_with(part, frame))?;
        return Some((frame, key));
    }
    let (frame, method) = node.method()?;
    let argument = node.argument(0, "")?;
    let is_frame = frame.typed_or_frame().ty.without_none() == Type::Frame;
    match method {
        "query" if is_frame => Some((frame, argument)),
        "filter" => {
            let asks_column = |part: Node<'_>| matches!(part.qualified_name().as_deref(), Some("polars.col"));
            let key = masks(argument).find_map(|part| {
                let AnyNodeRef::ExprCompare(each) = part.ast() else { return None };
                let [CmpOp::Eq] = *each.ops else { return None };
                asks_column(part.at(&*each.left)).then(|| part.at(&each.comparators[0]))
            })?;
            Some((frame, key))
        }
        _ => None,
    }
}

/// The parts of a mask, and of what the loop gives a name for one: `mask = frame["owner"] == name`.
fn masks<'d>(mask: Node<'d>) -> impl Iterator<Item = Node<'d>> {
    let is_name = mask.kind() == Kind::Name;
    let kept = mask.symbol().filter(|_| is_name).into_iter().flat_map(|symbol| symbol.bindings());
    let made = kept.filter(move |binding| mask.innermost_loop().is_some_and(|around| around.repeats(binding.target())));
    mask.subtree().chain(made.filter_map(|binding| binding.owner().assigned_value()).flat_map(Node::subtree))
}

/// The right side of `frame["owner"] == name` and `frame.owner == name`.
fn compared_with<'d>(part: Node<'d>, frame: Node<'d>) -> Option<Node<'d>> {
    let AnyNodeRef::ExprCompare(each) = part.ast() else { return None };
    let [CmpOp::Eq] = *each.ops else { return None };
    let column = part.at(&*each.left);
    let (of, is_named) = match column.ast() {
        AnyNodeRef::ExprSubscript(each) => (column.at(&*each.value), is_column_name(column.at(&*each.slice))),
        AnyNodeRef::ExprAttribute(each) => (column.at(&*each.value), frame.typed_or_frame().ty.without_none() == Type::Frame),
        _ => return None,
    };
    (is_named && of.source() == frame.source()).then(|| part.at(&each.comparators[0]))
}

/// A text, or a name for one: arrays are asked by numbers.
fn is_column_name(slice: Node<'_>) -> bool {
    match slice.kind() {
        Kind::Literal => slice.constant_str().is_some(),
        Kind::Name | Kind::Attribute => {
            slice.ty() == Type::Str || slice.constant_str().is_some() || is_called_so(slice.source())
        }
        _ => false,
    }
}

/// `time_column`, `self.id_col`.
fn is_called_so(name: &str) -> bool {
    let last = name.rsplit(['.', '_']).next().unwrap_or_default();
    matches!(last, "col" | "column" | "key" | "name")
}
