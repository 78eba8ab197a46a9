//! `set(xs)`, `sorted(xs)`, comprehensions and their like, built in each iteration out of what stays the same.

use looplint_model::{Confidence, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Expr, ExprList, ExprSet, Operator};
use looplint_python::types::Proof;
use looplint_python::{Kind, Loop, LoopKind, Monomial, Multiplicity, Node, Python, Role, Type, big_o, related_loops};

pub const ON: &[Kind] = &[Kind::Call, Kind::Comprehension, Kind::Dict, Kind::List, Kind::Set, Kind::BinOp];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() {
        return;
    }
    let Some(source) = built_from(node).filter(|_| !node.drains()) else { return };
    // What a loop goes through: a plain copy costs no more than the loop itself, and invariant-call speaks for `sorted`.
    let heads_a_loop = node.role().role == Role::Iterates;
    if heads_a_loop && (node.kind() != Kind::Comprehension && node.builtin().is_none_or(|name| matches!(name, "list" | "tuple" | "sorted"))) {
        return;
    }
    let mut confidence = Confidence::Proven;
    let loops = repeats(node, &mut confidence);
    let Some(&outermost) = loops.last() else { return };
    // A few built a few times: nothing, whatever the input.
    let is_small = source.extent().is_small() && loops.iter().all(|each| each.is_small());
    if is_small || source.extent().is_bounded() || node.extent().is_bounded() || node.is_kept_in(outermost) || node.is_rare() {
        return;
    }
    let what = node.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{what}` is built anew in every iteration out of things that do not change; build it once before the loop"),
    );
    finding.suggestion = format!("build `{what}` once before the loop");
    finding.label = "built anew each time".into();
    finding.confidence = confidence;
    finding.related = related_loops(&loops);
    let name = source.size_name();
    let trips = Monomial::of_loops(loops.iter().copied());
    let mut cost = node.scan_cost(source, &loops);
    cost.before = big_o(&[trips.clone().times(name.clone())]);
    cost.after = big_o(&[trips, Monomial::of(name)]);
    cost.shape = if outermost.is_clause() { "1" } else { "loop" };
    finding.cost = Some(Cost::Code(cost));
    let fix = fix(node, outermost);
    cx.report(Finding { fix, ..finding });
}

/// What the collection is made of; none where the node builds none.
fn built_from(node: Node<'_>) -> Option<Node<'_>> {
    match node.ast() {
        AnyNodeRef::ExprListComp(_) | AnyNodeRef::ExprSetComp(_) | AnyNodeRef::ExprDictComp(_) => {
            let clause = node.children().find(|child| child.kind() == Kind::Clause)?;
            let AnyNodeRef::Comprehension(clause_ast) = clause.ast() else { return None };
            Some(clause.at(&clause_ast.iter))
        }
        AnyNodeRef::ExprDict(dict) => {
            dict.items.iter().find(|item| item.key.is_none()).map(|spread| node.at(&spread.value))
        }
        AnyNodeRef::ExprList(ExprList { elts, .. }) | AnyNodeRef::ExprSet(ExprSet { elts, .. }) => {
            elts.iter().find_map(Expr::as_starred_expr).map(|spread| node.at(&*spread.value))
        }
        // `x in a + b`
        AnyNodeRef::ExprBinOp(sum)
            if matches!(sum.op, Operator::Add | Operator::BitOr) && node.role().role == Role::Contains =>
        {
            let is_collection = matches!(
                node.ty().without_none(),
                Type::List(_) | Type::Set(_) | Type::FrozenSet(_) | Type::Dict(..) | Type::TupleOf(_)
            );
            is_collection.then(|| node.at(&*sum.left))
        }
        // `x in text.split(",")`
        AnyNodeRef::ExprCall(_) if node.builtin().is_none() => {
            let (receiver, "split" | "rsplit" | "splitlines") = node.method()? else { return None };
            let is_asked = node.role().role == Role::Contains && receiver.kind() != Kind::Literal;
            (is_asked && matches!(node.ty(), Type::List(_))).then_some(receiver)
        }
        AnyNodeRef::ExprCall(_) => {
            let name = node.builtin()?;
            let makes = matches!(name, "set" | "frozenset" | "list" | "dict" | "tuple" | "sorted");
            let source = node.argument(0, "").filter(|_| makes)?;
            // `list(xs) + ys` copies `xs` anyway; a tuple made of who knows what is mostly a pair or a shape.
            let joined = node.parent().is_some_and(|parent| parent.kind() == Kind::BinOp);
            let is_small = name == "tuple" && source.ty().is_unknown();
            let copied_anyway = joined && matches!(name, "list" | "tuple");
            (!is_small && !copied_anyway).then_some(source)
        }
        _ => None,
    }
}

/// The loops that build it again out of the same things, innermost first.
fn repeats<'d>(node: Node<'d>, confidence: &mut Confidence) -> Vec<Loop<'d>> {
    let mut loops = Vec::new();
    for each in node.loops() {
        let Ok(sure) = node.invariant(each) else { break };
        if node.multiplicity(each) != Multiplicity::Repeated || each.sleeps() || asks_again(node, each) {
            break;
        }
        if !each.is_bounded() {
            *confidence = sure.min(*confidence);
            loops.push(each);
        }
    }
    loops
}

/// `while True: left = [each for each in queues if each]`: what a `while` looks for anew each time has changed meanwhile,
/// though by other names.
fn asks_again<'d>(node: Node<'d>, around: Loop<'d>) -> bool {
    around.kind() == LoopKind::While
        && node.children().any(|clause| matches!(clause.ast(), AnyNodeRef::Comprehension(each) if !each.ifs.is_empty()))
}

/// A line before the loop.
fn fix<'d>(node: Node<'d>, around: Loop<'d>) -> Option<Fix> {
    let document = node.document();
    let whole = around.whole().statement();
    let statement = node.statement();
    if !node.can_go_before(around) {
        return None;
    }
    let may_change = node.subtree().any(|part| part.kind() == Kind::Name && !part.is_left_alone_in(around));
    let may_run_out = built_from(node).is_none_or(|source| source.ty().is_sized() != Proof::Yes);
    let mut unproven = vec!["building it may raise where the loop would not run, or another name may change what it is built of"];
    if may_run_out {
        unproven.push("what it is built of may be an iterator, which gives its items once");
    }
    if may_change {
        unproven.push("something else in the loop may change what it is built of");
    }
    let safety = match node.hinges_on(around, &[node]) {
        Some(_) => Safety::Guidance,
        None => Safety::Unsafe(unproven.join("; ")),
    };
    let title = "Build it once before the loop".to_owned();
    if let AnyNodeRef::StmtAssign(assign) = statement.ast()
        && statement.at(&*assign.value) == node
        && let Some(edit) = statement.without_line()
    {
        let before = whole.line_before(statement.source())?;
        let symbol = statement.at(assign.targets.first()?).symbol()?;
        // Where the loop does not get to the statement the name must not be asked for either.
        let is_first = symbol.uses().all(|each| around.repeats(each) && each.id() > statement.id())
            && statement.parent() == Some(around.node());
        return (symbol.single_binding().is_some() && is_first && !statement.source().contains('\n'))
            .then_some(Fix { title, edits: vec![before, edit], safety });
    }
    if node.source().contains('\n') {
        return None;
    }
    let source = built_from(node)?;
    let base = source.source().rsplit('.').next().filter(|word| is_word(word)).unwrap_or("items");
    let kind = node.builtin().filter(|_| node.kind() == Kind::Call).unwrap_or("items");
    let name = document.fresh_name(&format!("{base}_{kind}"));
    let before = whole.line_before(&format!("{name} = {}", node.source()))?;
    Some(Fix { title, edits: vec![before, node.replace(name)], safety })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
