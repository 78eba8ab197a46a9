//! Strings that grow in a loop in one of the forms that CPython cannot do in place.

use looplint_model::{Confidence, Cost, Cx, Edit, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Expr, Operator};
use looplint_python::{Growth, Kind, Node, Python, ScopeKind, Type, related_loops};

pub const ON: &[Kind] = &[Kind::AugAssign, Kind::Assign];

/// A way to grow a string that copies it.
enum Form {
    /// `self.s += x`, `d[k] += x`: the place holds a second reference.
    Place,
    /// A global, a cell, a module's own name: the name is looked up in a dict or cell.
    Shared(&'static str),
    /// `s = s + a + b`: a temporary of everything comes first.
    TwoPluses,
    /// Another name holds the string before it grows.
    Kept,
    /// `s = f"{s}{x}"`, `"%s%s" % (s, x)`, `"".join([s, x])`.
    Rebuilt,
}

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((target, form)) = form_of(node, cx) else { return };
    let Some(growth) = Growth::of(target) else { return };
    let typed = growth.typed();
    if typed.ty.without_none() != Type::Str || growth.is_cut() || growth.is_handed_out() {
        return;
    }
    if growth.follows(|other| form_of(other, cx).map(|(target, _)| target)) {
        return;
    }
    if !growth.is_of_many() {
        return;
    }
    let name = target.text();
    let (why, shape) = match form {
        Form::Place => (format!("`{name}` is no local name, so `+=` copies the whole string"), "attribute"),
        Form::Shared(kind) => (format!("`{name}` is {kind}, so `+=` copies the string"), "attribute"),
        Form::Kept => (format!("another name still holds `{name}`, so `+=` copies the string"), "attribute"),
        Form::TwoPluses => (format!("`{name} + ..` copies the whole string before the next `+`"), "two-pluses"),
        Form::Rebuilt => (format!("`{name}` is written anew as a whole"), "f-string"),
    };
    let mut finding = cx.finding(
        node.span(),
        format!("{why} in every iteration; collect the parts in a list and join them once"),
    );
    finding.suggestion = format!("append the parts to a list and build `{name}` once with `\"\".join(parts)`");
    finding.label = "copies all that was there".into();
    finding.confidence = typed.confidence;
    finding.related = related_loops(&growth.loops);
    finding.cost = Some(Cost::Code(growth.cost(shape)));
    let fix = if matches!(form, Form::TwoPluses) { fix(node) } else { None };
    if matches!(target.kind(), Kind::Subscript) {
        finding.confidence = finding.confidence.min(Confidence::Likely);
    }
    cx.report(Finding { fix, ..finding });
}

fn form_of<'d>(node: Node<'d>, cx: &Cx<'d, Python>) -> Option<(Node<'d>, Form)> {
    match node.ast() {
        AnyNodeRef::StmtAugAssign(each) if each.op == Operator::Add => {
            let target = node.at(&*each.target);
            match target.kind() {
                Kind::Attribute | Kind::Subscript => Some((target, Form::Place)),
                Kind::Name if is_held(target) => Some((target, Form::Kept)),
                Kind::Name => Some((target, Form::Shared(sharing(target, cx)?))),
                _ => None,
            }
        }
        AnyNodeRef::StmtAssign(each) => {
            let [target] = each.targets.as_slice() else { return None };
            let (target, value) = (node.at(target), node.at(&*each.value));
            if !matches!(target.kind(), Kind::Name | Kind::Attribute) || !value.mentions(target) {
                return None;
            }
            match value.ast() {
                AnyNodeRef::ExprBinOp(sum) if sum.op == Operator::Add => {
                    let (first, n_pluses) = leftmost(value);
                    if first.source() != target.source() {
                        return None; // string-prepend
                    }
                    match target.kind() {
                        Kind::Attribute => Some((target, Form::Place)),
                        _ if n_pluses > 1 => Some((target, Form::TwoPluses)),
                        _ => Some((target, Form::Shared(sharing(target, cx)?))),
                    }
                }
                // string-prepend where the string comes last.
                AnyNodeRef::ExprFString(_) => {
                    let ends = value.source().trim_end_matches(['"', '\'']).ends_with(&format!("{{{}}}", target.source()));
                    (!ends).then_some((target, Form::Rebuilt))
                }
                AnyNodeRef::ExprBinOp(format) if format.op == Operator::Mod => {
                    matches!(&*format.left, Expr::StringLiteral(_)).then_some((target, Form::Rebuilt))
                }
                AnyNodeRef::ExprCall(_) => {
                    let (receiver, method) = value.method()?;
                    let on_text = receiver.kind() == Kind::Literal && matches!(method, "format" | "join");
                    on_text.then_some((target, Form::Rebuilt))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether each iteration gives the string another name before it grows: `previous = text`.
fn is_held(target: Node<'_>) -> bool {
    let Some(around) = target.innermost_loop() else { return false };
    let Some(symbol) = target.symbol() else { return false };
    symbol.uses().any(|each| {
        let Some(statement) = each.parent() else { return false };
        let AnyNodeRef::StmtAssign(assign) = statement.ast() else { return false };
        let [name] = assign.targets.as_slice() else { return false };
        each.innermost_loop() == Some(around)
            && statement.at(&*assign.value) == each
            && statement.at(name).symbol().is_some_and(|other| other != symbol)
            && statement.parent() == target.statement().parent()
            && statement.id() < target.id()
    })
}

/// The first operand of a chain of `+`, and the number of pluses.
fn leftmost(mut sum: Node<'_>) -> (Node<'_>, usize) {
    let mut n_pluses = 0;
    while let AnyNodeRef::ExprBinOp(each) = sum.ast() {
        if each.op != Operator::Add {
            break;
        }
        n_pluses += 1;
        sum = sum.at(&*each.left);
    }
    (sum, n_pluses)
}

/// Why a name is no plain local one; None where CPython appends in place.
fn sharing<'d>(target: Node<'d>, cx: &Cx<'d, Python>) -> Option<&'static str> {
    let symbol = target.symbol()?;
    let in_function = target.function().is_some();
    match symbol.scope_kind() {
        ScopeKind::Module if in_function => Some("a global"),
        // Names of modules and cells were fast until 3.10.
        ScopeKind::Module if cx.settings.target_version >= (3, 11) => Some("a name of the module"),
        ScopeKind::Function | ScopeKind::Lambda
            if symbol.is_captured() && cx.settings.target_version >= (3, 11) =>
        {
            Some("shared with an inner function")
        }
        _ => None,
    }
}

/// `s = s + a + b` as `s += a + b`.
fn fix(statement: Node<'_>) -> Option<Fix> {
    let AnyNodeRef::StmtAssign(each) = statement.ast() else { return None };
    let target = statement.at(&each.targets[0]);
    let value = statement.at(&*each.value);
    let (first, _) = leftmost(value);
    if value.source().starts_with('(') || value.source().contains(['\n', '\r']) || value.holds_comment() || target.function().is_none() {
        return None;
    }
    let rest = value.source().get(first.source().len()..)?.trim_start().strip_prefix('+')?.trim_start();
    let edits = vec![Edit { span: statement.span(), text: format!("{} += {rest}", target.source()) }];
    let safety = Safety::Unsafe("operands of a type of their own may add in another order".into());
    Some(Fix { title: "Append in place".into(), edits, safety })
}
