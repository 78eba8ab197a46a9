//! `d = {**d, ..}`, `d = d | x` and `s = s.union(x)` in a loop.

use looplint_model::{Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Operator};
use looplint_python::{Growth, Kind, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Assign];

/// How to do it in place.
struct InPlace {
    code: String,
    shape: &'static str,
}

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return };
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
        _ => return,
    };
    if growth.reads().iter().any(|each| each.role().role.may_change()) {
        return;
    }
    let name = target.text();
    let shown = in_place.code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is copied into a new {kind} in every iteration; change it in place with `{shown}`"),
    );
    finding.suggestion = shown;
    finding.label = format!("copies the whole {kind}");
    finding.confidence = typed.confidence;
    finding.related = related_loops(&growth.loops);
    let trips = growth.outermost().extent().name;
    let mut cost = target.scan_cost(target, &growth.loops);
    cost.before = format!("O({trips}^2)");
    cost.after = format!("O({trips})");
    cost.shape = in_place.shape;
    finding.cost = Some(Cost::Code(cost));
    let fix = fix(&growth, &in_place.code);
    cx.report(Finding { fix, ..finding });
}

fn in_place<'d>(value: Node<'d>, target: Node<'d>) -> Option<InPlace> {
    let name = target.source();
    match value.ast() {
        AnyNodeRef::ExprDict(dict) => {
            let [first, second] = dict.items.as_slice() else { return None };
            let both_spread = first.key.is_none() && second.key.is_none();
            let first_is_old = value.at(&first.value).source() == name;
            let rest = value.at(&second.value);
            (both_spread && first_is_old && !rest.mentions(target))
                .then(|| InPlace { code: format!("{name}.update({})", rest.source()), shape: "stars" })
        }
        AnyNodeRef::ExprBinOp(each) if each.op == Operator::BitOr => {
            let right = value.at(&*each.right);
            (value.at(&*each.left).source() == name && !right.mentions(target))
                .then(|| InPlace { code: format!("{name} |= {}", right.source()), shape: "set" })
        }
        AnyNodeRef::ExprCall(call) => {
            let (receiver, "union") = value.method()? else { return None };
            let [argument] = &*call.arguments.args else { return None };
            let argument = value.at(argument);
            let plain = call.arguments.keywords.is_empty() && argument.kind() != Kind::Starred;
            (plain && receiver.source() == name && !argument.mentions(target))
                .then(|| InPlace { code: format!("{name}.update({})", argument.source()), shape: "union" })
        }
        _ => None,
    }
}

fn fix(growth: &Growth<'_>, code: &str) -> Option<Fix> {
    if growth.is_shared() || growth.statement.holds_comment() {
        return None;
    }
    let edit = growth.statement.replace(code);
    Some(Fix { title: "Change it in place".into(), edits: vec![edit], safety: Safety::Safe })
}
