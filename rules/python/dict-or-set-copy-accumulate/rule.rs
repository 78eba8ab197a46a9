//! `d = {**d, ..}`, `d = d | x` and `s = s.union(x)` in a loop.

use looplint_model::{CodeCost, Confidence, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Expr, Keyword, Operator};
use looplint_python::types::Proof;
use looplint_python::{Growth, Kind, Node, Python, Role, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Assign, Kind::Call];

/// How to do it in place.
struct InPlace<'d> {
    code: String,
    shape: &'static str,
    /// What is put in, where it is a whole collection.
    other: Option<Node<'d>>,
}

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return by_reduce(node, cx) };
    let [target] = each.targets.as_slice() else { return };
    let (target, value) = (node.at(target), node.at(&*each.value));
    if !matches!(target.kind(), Kind::Name | Kind::Attribute) || !value.mentions(target) {
        return;
    }
    let Some(in_place) = in_place(value, target) else { return };
    let Some(growth) = Growth::of(target) else { return };
    let typed = growth.typed();
    let ty = typed.ty.without_none();
    let kind = match ty {
        Type::Dict(..) => "dict",
        Type::Set(_) => "set",
        // Cannot be changed in place: collect in a set and freeze that once.
        Type::FrozenSet(_) => "frozenset",
        _ => return,
    };
    if growth.reads().iter().any(|each| each.role().role.may_change()) {
        return;
    }
    if !growth.is_of_many() {
        return;
    }
    let name = target.text();
    let shown = in_place.code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut finding = cx.finding(
        node.span(),
        if kind == "frozenset" {
            format!("`{name}` is copied into a new frozenset in every iteration; collect in a set and freeze it once")
        } else {
            format!("`{name}` is copied into a new {kind} in every iteration; change it in place with `{shown}`")
        },
    );
    finding.suggestion =
        if kind == "frozenset" { "collect in a set and freeze it once".into() } else { shown };
    finding.label = format!("copies the whole {kind}");
    finding.confidence = typed.confidence;
    finding.related = related_loops(&growth.loops);
    finding.cost = Some(Cost::Code(growth.cost(in_place.shape)));
    let fix = if kind == "frozenset" { None } else { fix(&growth, &in_place) };
    cx.report(Finding { fix, ..finding });
}

fn in_place<'d>(value: Node<'d>, target: Node<'d>) -> Option<InPlace<'d>> {
    let name = target.source();
    match value.ast() {
        AnyNodeRef::ExprDict(dict) => {
            let [first, second] = dict.items.as_slice() else { return None };
            let first_is_old = first.key.is_none() && value.at(&first.value).source() == name;
            let rest = value.at(&second.value);
            if !first_is_old || rest.mentions(target) {
                return None;
            }
            Some(match &second.key {
                None => InPlace { code: format!("{name}.update({})", rest.source()), shape: "stars", other: Some(rest) },
                // The value is worked out before the key then.
                Some(key) => {
                    let code = format!("{name}[{}] = {}", value.at(key).source(), rest.source());
                    InPlace { code, shape: "stars", other: None }
                }
            })
        }
        AnyNodeRef::ExprBinOp(each) if each.op == Operator::BitOr => {
            let right = value.at(&*each.right);
            if value.at(&*each.left).source() != name || right.mentions(target) {
                return None;
            }
            Some(InPlace { code: format!("{name} |= {}", right.standing()?), shape: "set", other: Some(right) })
        }
        AnyNodeRef::ExprCall(call) if value.builtin() == Some("dict") => {
            let ([old], [Keyword { arg: None, value: more, .. }]) = (&*call.arguments.args, &*call.arguments.keywords) else {
                return None;
            };
            let more = value.at(more);
            (value.at(old).source() == name && !more.mentions(target))
                .then(|| InPlace { code: format!("{name}.update({})", more.source()), shape: "stars", other: Some(more) })
        }
        AnyNodeRef::ExprCall(call) => {
            let (receiver, "union") = value.method()? else { return None };
            let [argument] = &*call.arguments.args else { return None };
            let argument = value.at(argument);
            let plain = call.arguments.keywords.is_empty() && argument.kind() != Kind::Starred;
            if !plain || receiver.source() != name || argument.mentions(target) {
                return None;
            }
            Some(InPlace { code: format!("{name}.update({})", argument.source()), shape: "union", other: Some(argument) })
        }
        _ => None,
    }
}

/// `reduce(lambda a, b: {**a, **b}, dicts)`.
fn by_reduce<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if !node.is_qualified("functools.reduce") {
        return;
    }
    let (Some(function), Some(all)) = (node.argument(0, ""), node.argument(1, "")) else { return };
    if !merges(function) || all.extent().is_small() {
        return;
    }
    let name = all.size_name();
    let mut finding = cx.finding(
        node.span(),
        "`reduce` copies all that was merged so far at each step; change one in place with `update`".to_owned(),
    );
    finding.suggestion = format!("start with an empty one and `update` it with each of `{}`", all.text());
    finding.label = "copies what was merged so far at each step".into();
    finding.cost = Some(Cost::Code(CodeCost {
        before: format!("O({name}^2)"),
        after: format!("O({name})"),
        depth: 1,
        size: all.size(),
        shape: "stars",
        curve: None,
    }));
    cx.report(finding);
}

/// `lambda a, b: {**a, **b}`: everything of both in a new dict.
fn merges(function: Node<'_>) -> bool {
    let AnyNodeRef::ExprLambda(lambda) = function.ast() else { return false };
    let AnyNodeRef::ExprDict(dict) = function.at(&*lambda.body).ast() else { return false };
    let spreads = dict.items.iter().filter(|item| item.key.is_none()).count();
    spreads >= 2 && matches!(&dict.items[0].value, Expr::Name(_)) && dict.items[0].key.is_none()
}

fn fix<'d>(growth: &Growth<'d>, in_place: &InPlace<'d>) -> Option<Fix> {
    let (symbol, other) = (growth.target.symbol()?, in_place.other?);
    let private = symbol.private_from(growth.target, &|part| growth.statement.contains(part))?;
    let is_set = is_set(&growth.typed().ty)?;
    let fits = |value: Node<'d>| self::is_set(&value.ty()) == Some(is_set);
    let all_fit = private.starts.iter().all(|start| start.owner().assigned_value().is_some_and(fits));
    if !all_fit || growth.statement.holds_comment() {
        return None;
    }
    let edit = growth.statement.replace(in_place.code.clone());
    let shows_order = is_set && !symbol.uses().all(|each| growth.statement.contains(each) || is_blind_to_order(each));
    let safety = match unproven(other, in_place.shape, is_set) {
        Some(why) => Safety::Unsafe(why.into()),
        None if shows_order => Safety::Unsafe("a set that grew in place may be gone through in another order".into()),
        None => Safety::Safe,
    };
    Some(Fix { title: "Change it in place".into(), edits: vec![edit], safety })
}

/// Whether it is a set, and not a dictionary; none for anything else.
fn is_set(ty: &Type) -> Option<bool> {
    match ty {
        Type::Set(_) => Some(true),
        Type::Dict(..) => Some(false),
        _ => None,
    }
}

/// Whether this use of a set gives the same whatever order it is gone through in.
fn is_blind_to_order(set: Node<'_>) -> bool {
    let Some(parent) = set.parent() else { return false };
    match parent.ast() {
        AnyNodeRef::ExprCall(call) => {
            let sorts = parent.builtin() == Some("sorted")
                && call.arguments.keywords.is_empty()
                && !matches!(set.ty().iterated(), Type::Float | Type::Number);
            sorts || matches!(parent.builtin(), Some("len" | "bool"))
        }
        AnyNodeRef::ExprAttribute(each) => matches!(each.attr.as_str(), "add" | "discard" | "remove" | "clear" | "update"),
        AnyNodeRef::ExprCompare(_) => set.role().role == Role::Contains,
        _ => set.is_tested(),
    }
}

/// What is not shown of the other operand; none where it is.
fn unproven(other: Node<'_>, shape: &str, is_set: bool) -> Option<&'static str> {
    let typed = other.typed();
    let is_sure = typed.confidence == Confidence::Proven;
    let ty = typed.ty;
    match shape {
        "stars" if is_sure && matches!(ty, Type::Dict(..)) => None,
        "stars" => Some("`**` takes mappings alone, `update` pairs too"),
        "set" if is_set && is_sure && matches!(ty, Type::Set(_) | Type::FrozenSet(_)) => None,
        "set" if is_set => Some("the other operand may be no set and answer `|` in its own way"),
        "set" if other.is_made_here() && matches!(ty, Type::Dict(..)) => None,
        "set" => Some("the other operand may be of a subclass of `dict` that answers `|` in its own way"),
        _ => {
            let is_whole = matches!(
                ty,
                Type::List(_) | Type::Set(_) | Type::FrozenSet(_) | Type::Tuple(_) | Type::TupleOf(_) | Type::Str | Type::Range
            );
            let is_safe = is_sure && is_whole && ty.iterated().is_hashable() == Proof::Yes;
            (!is_safe).then_some("an element that is not hashable leaves the set half changed")
        }
    }
}
