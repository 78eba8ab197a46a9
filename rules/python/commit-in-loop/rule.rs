//! A transaction that is ended in every iteration.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::tables::Sink;
use looplint_python::{Kind, Loop, LoopKind, Node, Python, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let is_commit = matches!(node.method(), Some((_, "commit")));
    if !is_commit || node.all_loops().next().is_none() || node.fact().and_then(|fact| fact.sink) != Some(Sink::Commit) {
        return;
    }
    let loops = node.asking_loops();
    let Some(&innermost) = loops.first() else { return };
    if innermost.kind() != LoopKind::For || node.innermost_loop() != Some(innermost) || node.asks_another(innermost) {
        return;
    }
    if node.is_conditional_in(innermost) || keeps_progress(innermost) || node.is_in_test() {
        return;
    }
    let what = node.text();
    let advice = "commit once after the loop, or once per some thousand rows";
    let mut finding = cx.finding(
        node.span(),
        format!("`{what}` ends a transaction in every iteration, each time waiting for the disk; {advice}"),
    );
    finding.suggestion = advice.into();
    finding.label = "waits until everything is on the disk".into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(&loops);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&loops, "commits")));
    cx.report(finding);
}

/// Whether an iteration does slow work whose result is worth keeping at once, or goes on after an item's failure:
/// each item is a transaction of its own by intent.
fn keeps_progress(around: Loop<'_>) -> bool {
    around.whole().subtree().any(|node| match node.ast() {
        AnyNodeRef::StmtTry(_) | AnyNodeRef::ExprAwait(_) | AnyNodeRef::ExprYield(_) => true,
        AnyNodeRef::ExprCall(_) => {
            let sink = node.fact().and_then(|fact| fact.sink);
            matches!(sink, Some(Sink::Request | Sink::Process | Sink::Sleep | Sink::Open | Sink::FileRead | Sink::FileSystem))
        }
        _ => false,
    })
}
