//! `sorted(xs)[0]`: everything put in order for the sake of one element.

use looplint_model::{CodeCost, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Expr};
use looplint_python::{Kind, Monomial, Node, Python, big_o};

pub const ON: &[Kind] = &[Kind::Subscript];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprSubscript(each) = node.ast() else { return };
    let Expr::Call(call) = &*each.value else { return };
    let sorted = node.at(call);
    if sorted.builtin() != Some("sorted") || !each.ctx.is_load() || call.arguments.find_keyword("reverse").is_some() {
        return;
    }
    let better = match node.at(&*each.slice).constant_int() {
        Some(0) => "min",
        Some(-1) => "max",
        _ => return,
    };
    let Some(all) = sorted.argument(0, "") else { return };
    // An error message or a test may take its time.
    if node.is_rare() || node.is_in_test() {
        return;
    }
    if all.extent().is_small() || all.kind() == Kind::Starred || catches_index_error(node) || !node.sees_builtin(better) {
        return;
    }
    let arguments = &sorted.source()[sorted.at(&*call.func).source().len()..];
    let written = format!("{better}{arguments}");
    let name = all.size_name();
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` puts everything in order to take one element; `{better}` looks at each once", node.text()),
    );
    finding.suggestion = written.split_whitespace().collect::<Vec<_>>().join(" ");
    finding.label = "sorts all for one".into();
    let cost = node.scan_cost(all, &[]);
    finding.cost = Some(Cost::Code(CodeCost {
        before: big_o(&[Monomial::of(name.clone()).log(name.clone())]),
        after: big_o(&[Monomial::of(name)]),
        shape: if better == "min" { "1" } else { "last" },
        ..cost
    }));
    let safety = Safety::Unsafe("nothing at all raises another error, and of elements that no order tells apart another may be taken".into());
    let fix = Fix { title: format!("Use `{better}`"), edits: vec![node.replace(written)], safety };
    let fix = (!node.holds_comment()).then_some(fix);
    cx.report(Finding { fix, ..finding });
}

/// Whether the error of an empty list is caught: `min` raises another.
fn catches_index_error(node: Node<'_>) -> bool {
    let frame = node.frame();
    node.ancestors().take_while(|each| *each != frame).any(|each| matches!(each.kind(), Kind::Try | Kind::With))
}

