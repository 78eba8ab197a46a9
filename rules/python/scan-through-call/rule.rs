//! A call in a loop of a function of the module that goes through something that the loop does not change.

use looplint_model::{Confidence, Cost, Cx, Size, SizeOrigin};
use looplint_python::ast::{AnyNodeRef, CmpOp, Stmt};
use looplint_python::summary::{Deed, Purity, Subject, What};
use looplint_python::tables::Work;
use looplint_python::types::{InCost, Proof};
use looplint_python::{Kind, Loop, Multiplicity, Node, Python, Role, Scan, Symbol, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() || node.is_decorated() {
        return;
    }
    let Some(callee) = node.callee() else { return };
    if callee.contains(node) || node.is_in_test() {
        return; // a recursion
    }
    // What draws by chance does something else each time.
    if node.draws("") {
        return;
    }
    // What a generator does is done as far as it is asked.
    if node.summary().is_none_or(|summary| summary.generator) {
        return;
    }
    if let Some(loops) = same_file(node) {
        return report_file(node, callee, &loops, cx);
    }
    let Some((deed, object, way, loops)) = node.deeds().into_iter().find_map(|(deed, object)| repeated(node, deed, object))
    else {
        return;
    };
    let what = match (&deed.subject, object) {
        (_, Some(object)) => object.text(),
        (Subject::Attribute(name), _) => match node.method() {
            Some((receiver, _)) => format!("{}.{name}", receiver.text()),
            None => return,
        },
        _ => return,
    };
    let function = callee_name(callee);
    let (label, advice) = match deed.what {
        What::Scan => ("searches", format!("build a set or an index of `{what}` once and let `{function}` ask that")),
        _ if is_same_answer(node, &loops) => ("gives the same answer", format!("call `{function}` once before the loop")),
        _ => ("searches", format!("build an index of `{what}` once and let `{function}` ask that")),
    };
    let mut finding = cx.finding(
        node.span(),
        format!("`{function}` goes through all of `{what}` each time it is called, and the loop does not change `{what}`; {advice}"),
    );
    finding.suggestion = advice;
    finding.label = format!("{label} each time, going through `{what}`");
    finding.confidence = if node.method().is_some() { Confidence::Likely } else { Confidence::Proven };
    finding.related = related_loops(&loops);
    finding.related.extend(Node::related_way(&way, &format!("goes through all of `{what}`")));
    let cost = match object {
        Some(object) => node.scan_cost(object, &loops),
        None => {
            let name = what.rsplit('.').next().unwrap_or("n").trim_start_matches('_').to_owned();
            let size = Size { n: cx.settings.assume_size, origin: SizeOrigin::Assumed };
            node.scan_cost_named(&name, size, &loops)
        }
    };
    finding.cost = Some(Cost::Code(looplint_model::CodeCost { shape: "1", ..cost }));
    cx.report(finding);
}

type Found<'d> = (Deed, Option<Node<'d>>, Vec<Node<'d>>, Vec<Loop<'d>>);

/// The deed with the way to it and the loops that repeat it needlessly.
fn repeated<'d>(node: Node<'d>, deed: Deed, object: Option<Node<'d>>) -> Option<Found<'d>> {
    if !deed.what.is_linear() {
        return None;
    }
    let loops: Vec<Loop<'d>> = match object {
        Some(object) => {
            let ty = object.ty().without_none();
            if matches!(ty, Type::Str | Type::Bytes | Type::Path | Type::File(_) | Type::Iterator(_)) {
                return None;
            }
            // An object of the module goes through itself by its own means.
            if matches!(ty, Type::Instance(_)) || object.source() == "self" {
                return None;
            }
            let scan = Scan::of(node, object)?;
            if object.role().role == Role::Mutates {
                return None;
            }
            let stays = |each: &Loop<'d>| object.invariant(*each).is_ok() && !changes_elements(*each, object);
            scan.loops.into_iter().take_while(stays).collect()
        }
        None => {
            let Subject::Attribute(name) = &deed.subject else { return None };
            let (receiver, _) = node.method()?;
            let stays = |each: &Loop<'d>| receiver.identity_change(*each).is_none() && !writes(*each, receiver, name);
            let repeats = |each: &Loop<'d>| !each.is_bounded() && !each.sleeps() && node.multiplicity(*each) == Multiplicity::Repeated;
            node.loops().into_iter().take_while(stays).filter(repeats).collect()
        }
    };
    if loops.is_empty() {
        return None;
    }
    let way = node.way_of(&deed)?;
    let (place, calls) = way.split_last()?;
    if calls.iter().any(|each| each.is_decorated()) || node.is_rare() {
        return None;
    }
    // Through several functions, and only under conditions: who knows how often.
    if !calls.iter().all(|each| each.is_always_reached()) {
        return None;
    }
    let is_same = is_same_answer(node, &loops);
    if !is_collection(deed.what, object, *place, is_same) {
        return None;
    }
    let wasted = match deed.what {
        What::Scan => object.is_none_or(|object| is_searched(object)),
        _ => false,
    };
    let wasted = wasted
        || is_same
        || is_lookup(*place)
        || way.len() == 1 && makes_the_same(node, *place, &loops);
    wasted.then_some((deed, object, way, loops))
}

/// The loops in which the function reads the same file, and its answer is only looked at.
fn same_file<'d>(node: Node<'d>) -> Option<Vec<Loop<'d>>> {
    let reads = |each: &Loop<'d>| node.multiplicity(*each) == Multiplicity::Repeated && node.rereads(*each);
    let loops: Vec<Loop<'d>> =
        node.loops().into_iter().take_while(reads).filter(|each| !each.is_bounded()).collect();
    let innermost = *loops.first()?;
    is_looked_at(node, innermost).then_some(loops)
}

fn report_file<'d>(node: Node<'d>, callee: Node<'d>, loops: &[Loop<'d>], cx: &mut Cx<'d, Python>) {
    let function = callee_name(callee);
    let advice = format!("call `{function}` once before the loop");
    let mut finding =
        cx.finding(node.span(), format!("`{function}` reads the same file in every iteration; {advice}"));
    finding.suggestion = advice;
    finding.label = "reads the same file each time".into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(loops);
    finding.cost = Some(Cost::Code(node.cost_in_trips(loops, "read files")));
    cx.report(finding);
}

/// Whether the function makes the same collection or answer at `place` each time, whatever else it does: what it makes it
/// of are arguments that the loops do not change.
fn makes_the_same<'d>(node: Node<'d>, place: Node<'d>, loops: &[Loop<'d>]) -> bool {
    let Some(&innermost) = loops.first() else { return false };
    let made = match place.kind() {
        Kind::Clause => place.parent().filter(|whole| whole.kind() == Kind::Comprehension),
        Kind::Call => Some(place),
        _ => None,
    };
    let Some(made) = made else { return false };
    let is_one = made.argument(1, "").is_none() && made.argument(0, "").is_some_and(|all| matches!(all.kind(), Kind::Name | Kind::Attribute | Kind::Call));
    let makes = match made.ast() {
        AnyNodeRef::ExprGenerator(_) => false,
        AnyNodeRef::ExprCall(_) => matches!(made.builtin(), Some("set" | "frozenset" | "dict")) && is_asked(made) || matches!(made.builtin(), Some("sum" | "min" | "max")) && is_one,
        _ => is_asked(made) || works_on_elements(made),
    };
    let (Some(callee), Some(function)) = (node.callee(), made.function()) else { return false };
    if !makes || callee != function || !made.is_always_reached() {
        return false;
    }
    made.subtree().all(|part| match part.kind() {
        Kind::Call => part.purity().is_some(),
        Kind::Name => match part.symbol() {
            Some(symbol) if symbol.bindings().next().is_some() && made.contains(symbol.owner()) => true,
            Some(symbol) if symbol.is_unbound() => true,
            Some(_) => match part.subject() {
                Subject::Parameter(at) => node.passed(at).is_some_and(|passed| passed.invariant(innermost).is_ok()),
                Subject::Global(_) => part.symbol().is_some_and(|symbol| symbol.single_binding().is_some() && !symbol.is_mutated_or_escapes()),
                _ => false,
            },
            None => true,
        },
        Kind::Await | Kind::Yield | Kind::Named => false,
        _ => true,
    })
}

/// Whether a function makes something only to look one thing up in it: what it asks is far less than what it makes.
fn is_asked(made: Node<'_>) -> bool {
    let asks = |each: Node<'_>| match each.role().role {
        Role::Contains => true,
        Role::Method => each.parent().and_then(Node::parent).and_then(Node::method).is_some_and(|(_, name)| {
            matches!(name, "get" | "index" | "count" | "isdisjoint")
        }),
        Role::Reads => each.parent().is_some_and(|above| above.kind() == Kind::Subscript),
        _ => false,
    };
    if made.role().role != Role::Aliases {
        return asks(made);
    }
    name_for(made).is_some_and(|symbol| symbol.uses().all(asks) && symbol.uses().next().is_some())
}

/// Whether a comprehension calls something for each element that takes its time, and keeps none of it.
fn works_on_elements(made: Node<'_>) -> bool {
    let works = made.subtree().filter(|part| part.kind() == Kind::Call).any(|call| {
        let on_text = call.method().is_some_and(|(receiver, _)| matches!(receiver.ty(), Type::Str | Type::Bytes | Type::Unknown));
        call.fact().is_some_and(|fact| matches!(fact.work, Work::Linear(_) | Work::NLogN(_))) && !(on_text && call.qualified_name().is_none())
    });
    works && name_for(made).is_some_and(|symbol| !symbol.uses().any(|each| each.role().role.may_change()))
}

/// The one name that a function gives to what it makes.
fn name_for(made: Node<'_>) -> Option<Symbol<'_>> {
    made.given_name().filter(|symbol| !symbol.is_captured() && symbol.single_binding().is_some())
}

/// Whether something shows that what is gone through is a collection, and no text, pair or number: its type, or that the
/// function goes through it by a loop. An attribute that is searched in another function has to be called after data:
/// mostly it is a list of a few that somebody chose.
fn is_collection<'d>(what: What, object: Option<Node<'d>>, place: Node<'d>, is_same: bool) -> bool {
    let ty = object.map_or(Type::Unknown, |object| object.ty().without_none());
    let own = || place.subtree().find(|part| part.kind() == Kind::Attribute && part.root().source() == "self");
    match what {
        What::Scan => match object {
            Some(_) => !ty.is_unknown(),
            None => own().is_some_and(|own| own.is_called_many()),
        },
        _ if object.is_some() && ty.is_unknown() => {
            let gone_through = match place.ast() {
                AnyNodeRef::StmtFor(each) => place.at(&*each.iter),
                AnyNodeRef::Comprehension(each) => place.at(&each.iter),
                _ => place,
            };
            // Of an object one of its parts is gone through, and that may be another one each time.
            let is_known = gone_through.kind() == Kind::Name || is_same && gone_through != place;
            is_known || matches!(place.builtin(), Some("set" | "frozenset" | "list" | "dict" | "sorted"))
        }
        _ => true,
    }
}

/// Whether `in` on the caller's object compares one element after another, and a set could answer instead.
fn is_searched(object: Node<'_>) -> bool {
    let ty = object.ty().without_none();
    matches!(ty.scan_cost_of_in(), InCost::Scan | InCost::MostlyScan) && ty.iterated().is_hashable() != Proof::No
        || ty.is_unknown()
}

/// Whether each iteration gets the same answer and only looks at it.
fn is_same_answer<'d>(node: Node<'d>, loops: &[Loop<'d>]) -> bool {
    let Some(&innermost) = loops.first() else { return false };
    let fed = is_fed_by(innermost, node) || is_worked_on(innermost, node);
    node.invariant(innermost).is_ok() && !fed && is_looked_at(node, innermost)
}

/// Whether what the call gives is only looked at in the loop.
fn is_looked_at<'d>(node: Node<'d>, innermost: Loop<'d>) -> bool {
    node.ty().is_mutable() == Proof::No || !node.is_kept_in(innermost)
}

/// Whether the loop goes through a generator or the like that got the same things, and may change them at each step.
fn is_fed_by<'d>(around: Loop<'d>, node: Node<'d>) -> bool {
    let Some(iterable) = around.iterable().filter(|iterable| iterable.kind() == Kind::Call) else { return false };
    let gets = |symbol| iterable.children().skip(1).any(|given| given.symbol() == Some(symbol));
    iterable.builtin().is_none() && node.children().skip(1).filter_map(Node::symbol).any(gets)
}

/// Whether the loop also gives the same things to a function with effects, which may change what they hold.
fn is_worked_on<'d>(around: Loop<'d>, node: Node<'d>) -> bool {
    let own: Vec<_> = node.children().skip(1).filter_map(Node::symbol).collect();
    around.node().subtree().any(|call| {
        let acts = || call.summary().is_some_and(|summary| summary.purity == Purity::Effects);
        call.kind() == Kind::Call
            && call != node
            && call.children().skip(1).filter_map(Node::symbol).any(|symbol| own.contains(&symbol))
            && acts()
    })
}

/// A loop or generator that looks for the item whose key equals something.
fn is_lookup(place: Node<'_>) -> bool {
    match place.ast() {
        AnyNodeRef::StmtFor(each) => {
            let [Stmt::If(test)] = each.body.as_slice() else { return false };
            let leaves = matches!(test.body.last(), Some(Stmt::Return(_) | Stmt::Break(_)));
            leaves && test.elif_else_clauses.is_empty() && has_key_test(place.at(&*test.test), place.at(&*each.target))
        }
        AnyNodeRef::Comprehension(each) => {
            let Some(whole) = place.parent() else { return false };
            // `key in [item.key for item in items]`
            if whole.kind() == Kind::Comprehension && whole.role().role == Role::Contains {
                return true;
            }
            let Some(call) = whole.parent().filter(|call| call.kind() == Kind::Call) else { return false };
            let target = place.at(&each.target);
            match call.builtin() {
                Some("next") => each.ifs.iter().any(|test| has_key_test(place.at(test), target)),
                Some("any") => whole.children().next().is_some_and(|element| has_key_test(element, target)),
                _ => false,
            }
        }
        _ => false,
    }
}

/// `item.key == key` in a test, possibly one of several conditions.
fn has_key_test<'d>(test: Node<'d>, target: Node<'d>) -> bool {
    match test.ast() {
        AnyNodeRef::ExprBoolOp(both) if both.op.is_and() => {
            both.values.iter().any(|each| has_key_test(test.at(each), target))
        }
        AnyNodeRef::ExprCompare(compare) => {
            let ([CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators) else { return false };
            let about = |side: Node<'d>| side.subtree().any(|each| each.symbol().is_some() && each.symbol() == target.symbol());
            about(test.at(&*compare.left)) != about(test.at(right))
        }
        _ => false,
    }
}

/// Whether the loop, or one in it, goes through the object's elements and may change them.
fn changes_elements<'d>(around: Loop<'d>, object: Node<'d>) -> bool {
    let whole = around.whole();
    object.document().loops().any(|each| {
        let goes_through = each
            .iterable()
            .is_some_and(|iterable| iterable.subtree().any(|part| part.source() == object.source()));
        whole.contains(each.node())
            && goes_through
            && each.target().is_some_and(|target| {
                target
                    .subtree()
                    .filter_map(Node::symbol)
                    .any(|symbol| symbol.changes_in(each.whole()).any(|(place, _)| !target.contains(place)))
            })
    })
}

/// Whether the loop changes the attribute, or may: an assignment, a change of its object, a method that writes it.
fn writes<'d>(around: Loop<'d>, receiver: Node<'d>, name: &str) -> bool {
    around.whole().subtree().any(|node| match node.ast() {
        AnyNodeRef::ExprAttribute(each) if each.attr.as_str() == name => {
            !each.ctx.is_load() || node.role().role.may_change()
        }
        AnyNodeRef::ExprCall(_) => match node.method() {
            Some((other, _)) if other.source() == receiver.source() => {
                node.summary().is_none_or(|summary| summary.writes.iter().any(|each| each == name))
            }
            _ => false,
        },
        AnyNodeRef::ExprName(_) => {
            node.symbol().is_some() && node.symbol() == receiver.symbol() && node.role().role.may_change()
        }
        _ => false,
    })
}

fn callee_name(callee: Node<'_>) -> String {
    match callee.ast() {
        AnyNodeRef::StmtFunctionDef(each) => each.name.to_string(),
        _ => callee.text(),
    }
}
