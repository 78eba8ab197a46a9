//! `any([..])`: all answers are computed before the first is looked at.

use looplint_model::{CodeCost, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Kind, Node, Python};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(name @ ("any" | "all")) = node.builtin() else { return };
    let AnyNodeRef::ExprCall(call) = node.ast() else { return };
    let ([argument], []) = (&*call.arguments.args, &*call.arguments.keywords) else { return };
    let list = node.at(argument);
    let AnyNodeRef::ExprListComp(each) = list.ast() else { return };
    let element = list.at(&*each.elt);
    // Where the answers cost nothing the list is the faster way through all of them.
    let is_work = element.subtree().any(|part| part.kind() == Kind::Call);
    if !is_work || !does_nothing(list) || each.generators.iter().any(|clause| clause.is_async) {
        return;
    }
    if list.source().contains("await") || node.is_in_test() {
        return;
    }
    let inside = &list.source()[1..list.source().len() - 1];
    let better = format!("{name}({inside})");
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` gets a list of all answers; with a generator it stops at the first that decides"),
    );
    finding.suggestion = better.split_whitespace().collect::<Vec<_>>().join(" ");
    finding.label = "computes every answer first".into();
    let Some(around) = element.innermost_loop() else { return };
    if around.is_small() {
        return;
    }
    let n = around.extent().name;
    let cost = node.cost_in_trips(&[around], "");
    finding.cost = Some(Cost::Code(CodeCost { before: format!("O({n})"), after: "O(first)".into(), ..cost }));
    let safety = Safety::Unsafe("a later element could raise an error".into());
    // A generator stands without parentheses where nothing follows, not even a comma.
    let rest = &node.source()[(list.span().end - node.span().start) as usize..];
    let edit = list.replace(if rest.contains(',') { format!("({inside})") } else { inside.to_owned() });
    let fix = Fix { title: "Use a generator".into(), edits: vec![edit], safety };
    let fix = (!node.holds_comment()).then_some(fix);
    cx.report(Finding { fix, ..finding });
}

/// Whether all calls in it are known to do nothing but answer.
fn does_nothing(list: Node<'_>) -> bool {
    list.subtree().all(|part| match part.kind() {
        Kind::Call => part.fact().is_some_and(|fact| fact.is_pure()) || part.purity().is_some(),
        Kind::Await | Kind::Yield | Kind::Named => false,
        _ => true,
    })
}
