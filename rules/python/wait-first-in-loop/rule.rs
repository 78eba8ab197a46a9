//! Waiting for the first of many tasks, once for each that is done.

use looplint_model::{Confidence, CodeCost, Cost, Cx};
use looplint_python::ast::{AnyNodeRef, Expr};
use looplint_python::{BindingKind, Kind, LoopKind, Node, Python, Symbol, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

/// What puts one more among those that are waited for.
const ADDS: [&str; 4] = ["add", "append", "update", "extend"];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let module = match node.qualified_name().as_deref() {
        Some("asyncio.wait") => "asyncio",
        Some("concurrent.futures.wait") => "concurrent.futures",
        _ => return,
    };
    let Some(until) = node.argument(2, "return_when") else { return };
    if !until.source().ends_with("FIRST_COMPLETED") || node.argument(1, "timeout").is_some() || node.is_in_test() {
        return;
    }
    let Some(waiting) = node.argument(0, "fs").filter(|fs| fs.kind() == Kind::Name) else { return };
    let (Some(symbol), Some(around)) = (waiting.symbol(), node.innermost_loop()) else { return };
    let AnyNodeRef::StmtWhile(each) = around.node().ast() else { return };
    // A loop that ends for another reason as well does not wait for all.
    if around.kind() != LoopKind::While || node.at(&*each.test).symbol() != Some(symbol) || around.is_left_early() {
        return;
    }
    // Another function may put more among them.
    if symbol.is_captured() || grows(around.node(), symbol, node) || symbol.bindings().any(|binding| is_written_out(binding.owner())) {
        return;
    }
    let name = waiting.text();
    let advice = format!("go through `{module}.as_completed({name})`");
    let mut finding = cx.finding(
        node.span(),
        format!("all of `{name}` are told to call back, again for each that is done; {advice}"),
    );
    finding.suggestion = advice;
    finding.label = "asks all that are left, for the first of them".into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(&[around]);
    finding.cost = Some(Cost::Code(CodeCost { shape: "1", ..node.square_cost(waiting, &[around]) }));
    cx.report(finding);
}

/// Whether the loop puts more tasks among those that are waited for, by a method, or by another value than the rest.
fn grows<'d>(whole: Node<'d>, symbol: Symbol<'d>, call: Node<'d>) -> bool {
    let adds = whole.subtree().filter_map(Node::method).any(|(of, name)| of.symbol() == Some(symbol) && ADDS.contains(&name));
    let is_rest = |place: Node<'d>| place.statement().contains(call);
    let bindings = symbol.bindings().filter(|binding| whole.contains(binding.target()));
    adds || bindings.into_iter().any(|binding| binding.kind() == BindingKind::Augmented || !is_rest(binding.target()))
}

/// Whether tasks are named one by one: `{reading, stopping}`.
fn is_written_out(owner: Node<'_>) -> bool {
    owner.assigned_value().is_some_and(|value| match value.ast() {
        AnyNodeRef::ExprSet(each) => !each.elts.iter().any(Expr::is_starred_expr),
        AnyNodeRef::ExprList(each) => !each.elts.is_empty() && !each.elts.iter().any(Expr::is_starred_expr),
        AnyNodeRef::ExprTuple(each) => !each.elts.iter().any(Expr::is_starred_expr),
        _ => false,
    })
}
