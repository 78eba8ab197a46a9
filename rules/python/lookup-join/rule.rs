//! Joins by comparing every element with every element: nested loops, clauses and filters with one `==`.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::{AnyNodeRef, CmpOp, Expr, Operator, Stmt};
use looplint_python::types::Proof;
use looplint_python::{Kind, Loop, LoopKind, Node, Python, Scan};

pub const ON: &[Kind] = &[Kind::For, Kind::Clause];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let own = |part: Node<'d>| part.innermost_loop().filter(|each| each.node() == node);
    let Some(inner) = node.subtree().skip(1).find_map(own) else { return };
    let Some(iterable) = inner.iterable() else { return };
    let object = gone_through(iterable);
    let Some(scan) = Scan::of(iterable, object) else { return };
    let Ok(unchanged) = object.invariant(scan.outermost()) else { return };
    let Some(key) = equality(inner, &scan) else { return };
    let ty = key.own.ty();
    if ty.is_hashable() == Proof::No || key.other.ty().is_hashable() == Proof::No {
        return;
    }
    let name = object.text();
    let place = if inner.is_clause() { inner.whole().span() } else { inner.span() };
    let mut finding = cx.finding(
        place,
        format!(
            "`{name}` is searched from end to end for an equal `{}` in every iteration; index it once in a dict by that key",
            key.own.text()
        ),
    );
    finding.suggestion = format!("build a dict from `{}` to the elements of `{name}` before the loop and look them up", key.own.text());
    finding.label = format!("compares with every element of `{name}`");
    finding.confidence = unchanged.min(if scan.loops.iter().all(|each| each.kind() == LoopKind::While) {
        Confidence::Likely
    } else {
        Confidence::Proven
    });
    finding.related = scan.related(&object.typed());
    finding.related.push(looplint_model::Related {
        span: key.test.span(),
        message: "the only thing that is asked of the elements".into(),
    });
    let mut cost = object.scan_cost(object, &scan.loops);
    cost.shape = shape(inner);
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// What a loop really goes through: `xs` of `enumerate(xs)`, `d.items()` and `range(len(xs))`.
fn gone_through(iterable: Node<'_>) -> Node<'_> {
    if let Some((receiver, "items" | "values" | "keys")) = iterable.method() {
        return receiver;
    }
    match iterable.builtin() {
        Some("enumerate" | "reversed" | "list" | "tuple" | "iter") if iterable.kind() == Kind::Call => {
            iterable.argument(0, "").map_or(iterable, gone_through)
        }
        Some("range") => {
            let len = iterable.subtree().find(|part| part.kind() == Kind::Call && part.builtin() == Some("len"));
            len.and_then(|len| len.argument(0, "")).unwrap_or(iterable)
        }
        _ => iterable,
    }
}

/// The pair that measured this shape.
fn shape(inner: Loop<'_>) -> &'static str {
    if !inner.is_clause() {
        return "1";
    }
    let whole = inner.whole();
    let consumer = whole.parent().and_then(Node::builtin);
    match consumer {
        Some("next") => "next",
        Some("any" | "all") => "any",
        _ if whole.children().filter(|child| child.kind() == Kind::Clause).count() > 1 => "comprehension",
        _ => "filter",
    }
}

/// The two sides of the equality that selects.
struct Key<'d> {
    /// The key of the inner element.
    own: Node<'d>,
    /// What it is compared with, free of the inner element.
    other: Node<'d>,
    test: Node<'d>,
}

/// The one equality between a key of the inner element and something that the outer loop varies, where all work of
/// the inner loop depends on it.
fn equality<'d>(inner: Loop<'d>, scan: &Scan<'d>) -> Option<Key<'d>> {
    let target = inner.target()?;
    let test = match inner.node().ast() {
        AnyNodeRef::StmtFor(each) if each.orelse.is_empty() || leaves_on_hit(inner) => selecting_test(inner, &each.body)?,
        AnyNodeRef::Comprehension(each) => {
            let node = inner.node();
            if let Some(found) = each.ifs.iter().find_map(|test| key_of(node.at(test), target, scan)) {
                return Some(found);
            }
            // `any(a == b for ..)` asks in its element.
            let whole = inner.whole();
            let asks = matches!(whole.parent().and_then(Node::builtin), Some("any"))
                || matches!(whole.parent().and_then(Node::builtin), Some("sum"));
            let AnyNodeRef::ExprGenerator(generator) = whole.ast() else { return None };
            if !asks {
                return None;
            }
            whole.at(&*generator.elt)
        }
        _ => return None,
    };
    key_of(test, target, scan)
}

/// The test of the `if` that holds all that the body does.
fn selecting_test<'d>(inner: Loop<'d>, body: &'d [Stmt]) -> Option<Node<'d>> {
    let node = inner.node();
    match body {
        [Stmt::If(only)] => {
            let skips = matches!(only.body.as_slice(), [Stmt::Continue(_) | Stmt::Pass(_)]);
            (only.elif_else_clauses.is_empty() && !skips).then(|| node.at(&*only.test))
        }
        [Stmt::If(guard), _, ..] if guard.elif_else_clauses.is_empty() => {
            // `if a != b: continue` and the work after it.
            let skips = matches!(guard.body.as_slice(), [Stmt::Continue(_)]);
            let differs = matches!(&*guard.test, Expr::Compare(test) if matches!(*test.ops, [CmpOp::NotEq]));
            (skips && differs).then(|| node.at(&*guard.test))
        }
        _ => None,
    }
}

/// Whether the loop is left at the first hit, so that its `else` means "not found".
fn leaves_on_hit(inner: Loop<'_>) -> bool {
    inner.node().subtree().any(|node| matches!(node.ast(), AnyNodeRef::StmtBreak(_)))
}

/// An equality in `test`, possibly one of several conditions, with the element on one side only.
fn key_of<'d>(test: Node<'d>, target: Node<'d>, scan: &Scan<'d>) -> Option<Key<'d>> {
    if let AnyNodeRef::ExprBoolOp(all) = test.ast() {
        let is_and = matches!(all.op, looplint_python::ast::BoolOp::And);
        return is_and.then(|| all.values.iter().find_map(|one| key_of(test.at(one), target, scan)))?;
    }
    let AnyNodeRef::ExprCompare(compare) = test.ast() else { return None };
    let ([op @ (CmpOp::Eq | CmpOp::NotEq)], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
    if *op == CmpOp::NotEq && !skips(test) {
        return None; // nearly all elements differ, so nearly all are wanted
    }
    let (left, right) = (test.at(&*compare.left), test.at(right));
    let (own, other) = match (mentions_target(left, target), mentions_target(right, target)) {
        (true, false) => (left, right),
        (false, true) => (right, left),
        _ => return None,
    };
    let varies = scan.loops.iter().all(|each| other.invariant(*each).is_err());
    let own_alone = own.subtree().filter(|part| part.kind() == Kind::Name).all(|name| {
        is_of_target(name, target) || scan.loops.iter().all(|each| name.identity_change(*each).is_none())
    });
    // A remainder has few values: a dict by it would hold long lists.
    let is_remainder = matches!(own.ast(), AnyNodeRef::ExprBinOp(each) if each.op == Operator::Mod);
    (varies && own_alone && !is_remainder && other.kind() != Kind::Literal).then_some(Key { own, other, test })
}

/// Whether the test is that of `if ..: continue`.
fn skips(test: Node<'_>) -> bool {
    test.parent().is_some_and(|above| {
        matches!(above.ast(), AnyNodeRef::StmtIf(each) if matches!(each.body.as_slice(), [Stmt::Continue(_)]))
    })
}

fn mentions_target<'d>(side: Node<'d>, target: Node<'d>) -> bool {
    side.subtree().any(|part| part.kind() == Kind::Name && is_of_target(part, target))
}

fn is_of_target<'d>(name: Node<'d>, target: Node<'d>) -> bool {
    let symbol = name.symbol();
    symbol.is_some() && target.subtree().any(|part| part.kind() == Kind::Name && part.symbol() == symbol)
}
