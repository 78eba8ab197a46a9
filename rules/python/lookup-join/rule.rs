//! Joins by comparing every element with every element: nested loops, clauses and filters with one `==`.

use looplint_model::{Confidence, Cost, Cx, Related};
use looplint_python::ast::{AnyNodeRef, CmpOp, Expr, Operator, Stmt};
use looplint_python::types::Proof;
use looplint_python::{Kind, Loop, LoopKind, Node, Python, Role, Scan, Symbol, Type, tables};

pub const ON: &[Kind] = &[Kind::For, Kind::Clause, Kind::Lambda];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let own = |part: Node<'d>| part.innermost_loop().filter(|each| each.node() == node);
    let Some(inner) = node.subtree().skip(1).find_map(own) else { return };
    if inner.kind() == LoopKind::MappedLambda && inner.whole().builtin() != Some("filter") {
        return;
    }
    let Some(iterable) = inner.iterable() else { return };
    if by_pairs(inner, iterable, cx) {
        return;
    }
    let object = gone_through(iterable);
    let Some(scan) = Scan::of(iterable, object) else { return };
    let growth = || object.grows_by(scan.outermost());
    let unchanged = match object.invariant(scan.outermost()) {
        Ok(confidence) => confidence,
        Err(_) if growth().is_some() => Confidence::Likely,
        Err(_) => return,
    };
    if object != iterable && iterable.builtin().is_none() && iterable.invariant(scan.outermost()).is_err() {
        return;
    }
    let Some(key) = equality(inner, &scan) else { return };
    let is_hashable = |side: Node<'d>| side.ty().is_hashable() != Proof::No;
    if !is_hashable(key.other) || !key.holds && !is_hashable(key.own) {
        return;
    }
    let growth = growth();
    let name = object.text();
    let place = if inner.is_clause() { inner.whole().span() } else { inner.span() };
    let mut finding = cx.finding(
        place,
        match (key.holds, growth.is_some()) {
            (true, _) => format!(
                "`{name}` is searched from end to end for a `{}` that holds `{}` in every iteration; index it once in a dict by what they hold",
                key.own.text(),
                key.other.text(),
            ),
            (_, grows) => format!(
                "`{name}` is searched from end to end for an equal `{}` in every iteration; {}",
                key.own.text(),
                if grows { "keep a dict by that key beside it" } else { "index it once in a dict by that key" }
            ),
        },
    );
    finding.suggestion = match growth {
        _ if key.holds => format!("build a dict from each element of `{}` to the elements of `{name}` before the loop and look them up", key.own.text()),
        Some(_) => format!("keep a dict from `{}` to the elements of `{name}` beside the list, add to both alike and look them up", key.own.text()),
        None => format!("build a dict from `{}` to the elements of `{name}` before the loop and look them up", key.own.text()),
    };
    finding.label = format!("compares with every element of `{name}`");
    finding.confidence = unchanged.min(if scan.loops.iter().all(|each| each.kind() == LoopKind::While) {
        Confidence::Likely
    } else {
        Confidence::Proven
    });
    finding.related = scan.related(&object.typed());
    finding.related.push(Related {
        span: key.test.span(),
        message: "the only thing that is asked of the elements".into(),
    });
    finding.related.extend(growth.map(|call| Related { span: call.span(), message: "the list grows here".into() }));
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
        _ => made_from(iterable).unwrap_or(iterable),
    }
}

/// What a library's function goes through to give its items: `tree` of `ast.walk(tree)`.
fn made_from(call: Node<'_>) -> Option<Node<'_>> {
    let fact = call.fact()?;
    let goes_through = fact.is_pure() && call.ty().is_one_shot();
    match call.method() {
        _ if !goes_through => None,
        Some((receiver, _)) if call.qualified_name().is_none() => Some(receiver),
        _ => call.argument(0, ""),
    }
}

/// `for a, b in product(left, right)` and `combinations(items, 2)`, where only pairs of equals are wanted.
fn by_pairs<'d>(inner: Loop<'d>, iterable: Node<'d>, cx: &mut Cx<'d, Python>) -> bool {
    let (one, other) = match iterable.qualified_name().as_deref() {
        Some("itertools.product") if iterable.argument(2, "").is_none() => (iterable.argument(0, ""), iterable.argument(1, "")),
        Some("itertools.combinations" | "itertools.permutations")
            if iterable.argument(1, "r").and_then(Node::constant_int) == Some(2) =>
        {
            (iterable.argument(0, ""), iterable.argument(0, ""))
        }
        _ => return false,
    };
    let (Some(one), Some(other), Some(target)) = (one, other, inner.target()) else { return true };
    let AnyNodeRef::ExprTuple(names) = target.ast() else { return true };
    let [left, right] = names.elts.as_slice() else { return true };
    let (left, right) = (names_in(target.at(left)), names_in(target.at(right)));
    let Some(test) = selection(inner) else { return true };
    let Some(test) = conditions(test).into_iter().find(|test| pairs_up(*test, &left, &right)) else { return true };
    if one.extent().is_small() || other.extent().is_small() {
        return true;
    }
    let mut finding = cx.finding(
        if inner.is_clause() { inner.whole().span() } else { inner.span() },
        format!("`{}` makes all pairs to find those where `{}`; index one side in a dict by that key", iterable.text(), test.text()),
    );
    finding.suggestion = format!("build a dict from the key to the elements of `{}` and look them up", other.text());
    finding.label = "compares every element with every other".into();
    let (n, m) = (one.size_name(), other.size_name());
    let mut cost = iterable.scan_cost(one, &[]);
    cost.before = format!("O({n} * {m})");
    cost.after = if n == m { format!("O({n})") } else { format!("O({n} + {m})") };
    cost.depth = 2;
    cost.shape = shape(inner);
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
    true
}

/// An equality with one of the pair on each side.
fn pairs_up<'d>(test: Node<'d>, left: &[Symbol<'d>], right: &[Symbol<'d>]) -> bool {
    let AnyNodeRef::ExprCompare(compare) = test.ast() else { return false };
    let ([CmpOp::Eq], [second]) = (&*compare.ops, &*compare.comparators) else { return false };
    let (first, second) = (test.at(&*compare.left), test.at(second));
    let is_of = |side: Node<'d>, own: &[Symbol<'d>], not: &[Symbol<'d>]| mentions(side, own) && !mentions(side, not);
    is_of(first, left, right) && is_of(second, right, left) || is_of(first, right, left) && is_of(second, left, right)
}

/// A test, or the parts of it that must all hold.
fn conditions(test: Node<'_>) -> Vec<Node<'_>> {
    match test.ast() {
        AnyNodeRef::ExprBoolOp(all) if all.op.is_and() => all.values.iter().map(|one| test.at(one)).collect(),
        _ => vec![test],
    }
}

/// The test that selects, whatever it is.
fn selection(inner: Loop<'_>) -> Option<Node<'_>> {
    match inner.node().ast() {
        AnyNodeRef::StmtFor(each) => selecting_test(inner, &each.body, &mut Vec::new()),
        AnyNodeRef::Comprehension(each) => match each.ifs.first() {
            Some(test) => Some(inner.node().at(test)),
            None => asked_element(inner),
        },
        _ => None,
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
    /// Whether it is a collection that holds the other side, rather than equal to it.
    holds: bool,
}

/// The one equality between a key of the inner element and something that the outer loop varies, where all work of
/// the inner loop depends on it.
fn equality<'d>(inner: Loop<'d>, scan: &Scan<'d>) -> Option<Key<'d>> {
    let mut own = own_names(inner);
    let test = match inner.node().ast() {
        AnyNodeRef::StmtFor(each) if each.orelse.is_empty() || leaves_on_hit(inner) => selecting_test(inner, &each.body, &mut own)?,
        AnyNodeRef::ExprLambda(each) => inner.node().at(&*each.body),
        AnyNodeRef::Comprehension(each) => {
            let node = inner.node();
            if let Some(found) = each.ifs.iter().find_map(|test| key_of(node.at(test), &own, scan)) {
                return Some(found);
            }
            asked_element(inner)?
        }
        _ => return None,
    };
    key_of(test, &own, scan)
}

/// `any(a == b for ..)` asks in its element.
fn asked_element(inner: Loop<'_>) -> Option<Node<'_>> {
    let whole = inner.whole();
    let asks = matches!(whole.parent().and_then(Node::builtin), Some("any" | "sum"));
    let AnyNodeRef::ExprGenerator(generator) = whole.ast() else { return None };
    asks.then(|| whole.at(&*generator.elt))
}

/// The names that stand for an element: the target's, or a lambda's parameters.
fn own_names(inner: Loop<'_>) -> Vec<Symbol<'_>> {
    match inner.target() {
        Some(target) => names_in(target),
        None => inner.node().children().filter(|part| part.kind() == Kind::Parameter).filter_map(Node::symbol).collect(),
    }
}

fn names_in(target: Node<'_>) -> Vec<Symbol<'_>> {
    target.subtree().filter(|part| part.kind() == Kind::Name).filter_map(Node::symbol).collect()
}

/// The test of the `if` that holds all that the body does, after names for parts of the element.
fn selecting_test<'d>(inner: Loop<'d>, body: &'d [Stmt], own: &mut Vec<Symbol<'d>>) -> Option<Node<'d>> {
    let node = inner.node();
    match body {
        [Stmt::Assign(part), rest @ ..] if !rest.is_empty() => {
            let [name] = part.targets.as_slice() else { return None };
            let value = node.at(&*part.value);
            let does_nothing = value.subtree().filter(|part| part.kind() == Kind::Call).all(|call| {
                call.purity().is_some() || call.method().is_some_and(|(_, name)| tables::guess(name) == tables::Guess::Reads)
            });
            let name = node.at(name).symbol().filter(|_| does_nothing && mentions(value, own))?;
            own.push(name);
            selecting_test(inner, rest, own)
        }
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
fn key_of<'d>(test: Node<'d>, element: &[Symbol<'d>], scan: &Scan<'d>) -> Option<Key<'d>> {
    if let AnyNodeRef::ExprBoolOp(all) = test.ast() {
        let is_and = matches!(all.op, looplint_python::ast::BoolOp::And);
        return is_and.then(|| all.values.iter().find_map(|one| key_of(test.at(one), element, scan)))?;
    }
    let AnyNodeRef::ExprCompare(compare) = test.ast() else { return None };
    if let ([CmpOp::In], [right]) = (&*compare.ops, &*compare.comparators) {
        return held(test, test.at(&*compare.left), test.at(right), element, scan);
    }
    let ([op @ (CmpOp::Eq | CmpOp::NotEq)], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
    if *op == CmpOp::NotEq && !skips(test) {
        return None; // nearly all elements differ, so nearly all are wanted
    }
    let (left, right) = (test.at(&*compare.left), test.at(right));
    let (own, other) = match (mentions(left, element), mentions(right, element)) {
        (true, false) => (left, right),
        (false, true) => (right, left),
        _ => return None,
    };
    let varies = |other: Node<'d>| scan.loops.iter().all(|each| other.invariant(*each).is_err());
    // `first + second == total`: what is looked up is the rest.
    let (own, other) = match solved(own, element) {
        Some((part, rest)) if !varies(other) && varies(rest) => (part, rest),
        _ if varies(other) => (own, other),
        _ => return None,
    };
    let own_alone = own.subtree().filter(|part| part.kind() == Kind::Name).all(|name| {
        name.symbol().is_some_and(|symbol| element.contains(&symbol))
            || scan.loops.iter().all(|each| name.identity_change(*each).is_none())
    });
    // A remainder has few values: a dict by it would hold long lists.
    let is_remainder = matches!(own.ast(), AnyNodeRef::ExprBinOp(each) if each.op == Operator::Mod);
    (own_alone && !is_remainder && other.kind() != Kind::Literal).then_some(Key { own, other, test, holds: false })
}

/// `word in line.words`, with a list or set of the element's own on the right: which elements hold the word is asked.
fn held<'d>(test: Node<'d>, left: Node<'d>, right: Node<'d>, element: &[Symbol<'d>], scan: &Scan<'d>) -> Option<Key<'d>> {
    let is_place = matches!(right.kind(), Kind::Name | Kind::Attribute) && right.root().symbol().is_some_and(|root| element.contains(&root));
    let is_collection = right.ty().without_none().is_all(|member| {
        matches!(member, Type::List(_) | Type::Set(_) | Type::FrozenSet(_) | Type::AbstractSet(_) | Type::Dict(..) | Type::TupleOf(_))
    });
    let varies = scan.loops.iter().all(|each| left.invariant(*each).is_err());
    // What the loop adds to or takes from what is held would have to be told to an index, too.
    let stays = !may_change(element, scan.outermost());
    (is_place && is_collection && varies && stays && !mentions(left, element) && left.kind() != Kind::Literal).then_some(Key {
        own: right,
        other: left,
        test,
        holds: true,
    })
}

/// Whether the loop changes an element, or may: it is handed on, or asked for something that is not known only to look.
fn may_change<'d>(element: &[Symbol<'d>], around: Loop<'d>) -> bool {
    let mut asked = around.whole().subtree().filter_map(Node::method);
    asked.any(|(receiver, name)| {
        let is_own = receiver.root().symbol().is_some_and(|root| element.contains(&root));
        is_own && tables::guess(name) != tables::Guess::Reads
    }) || element.iter().any(|symbol| symbol.changes_in(around.whole()).any(|(_, change)| !matches!(change.role, Role::Aliases | Role::Returns)))
}

/// The part of a sum or difference that is of the element, and the other part.
fn solved<'d>(side: Node<'d>, element: &[Symbol<'d>]) -> Option<(Node<'d>, Node<'d>)> {
    let AnyNodeRef::ExprBinOp(sum) = side.ast() else { return None };
    let (left, right) = (side.at(&*sum.left), side.at(&*sum.right));
    match (mentions(left, element), mentions(right, element)) {
        _ if !matches!(sum.op, Operator::Add | Operator::Sub) => None,
        (true, false) => Some((left, right)),
        (false, true) => Some((right, left)),
        _ => None,
    }
}

/// Whether the test is that of `if ..: continue`.
fn skips(test: Node<'_>) -> bool {
    test.parent().is_some_and(|above| {
        matches!(above.ast(), AnyNodeRef::StmtIf(each) if matches!(each.body.as_slice(), [Stmt::Continue(_)]))
    })
}

fn mentions<'d>(side: Node<'d>, names: &[Symbol<'d>]) -> bool {
    side.subtree().any(|part| part.kind() == Kind::Name && part.symbol().is_some_and(|symbol| names.contains(&symbol)))
}
