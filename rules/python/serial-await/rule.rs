//! Answers of coroutines that are not known, awaited one after the other, where their names say that they read.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::tables::{self, Guess};
use looplint_python::{Kind, LoopKind, Node, Python, related_loops};

pub const ON: &[Kind] = &[Kind::Await];

/// First words of what fetches something from elsewhere.
const FETCHES: [&str; 12] = [
    "fetch", "download", "retrieve", "query", "search", "lookup", "resolve", "describe", "list", "load", "scrape", "read",
];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprAwait(each) = node.ast() else { return };
    let call = node.at(&*each.value);
    if call.kind() != Kind::Call || call.all_loops().next().is_none() || call.fact().is_some() || !reads(call) {
        return;
    }
    // What is awaited for what it does may have an order.
    if node.parent().is_none_or(|parent| parent.kind() == Kind::ExprStatement) {
        return;
    }
    let loops = node.asking_loops();
    let Some(&innermost) = loops.first() else { return };
    if !matches!(innermost.kind(), LoopKind::For | LoopKind::Clause) || node.innermost_loop() != Some(innermost) {
        return;
    }
    if !node.is_awaited_alone(innermost) || !call.depends_on_item_alone(innermost) || call.asks_one_at_a_time() || node.is_in_test() {
        return;
    }
    let advice = "where they do not need one another, start all with `asyncio.gather` or a `TaskGroup`";
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` waits for each answer before it asks for the next; {advice}", node.text()),
    );
    finding.suggestion = advice.into();
    finding.label = "the waits add up".into();
    finding.confidence = Confidence::Possible;
    finding.related = related_loops(&loops);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&loops, "waits")));
    cx.report(finding);
}

/// Whether the name says that it reads, and what is seen of the callee does not change anything.
fn reads(call: Node<'_>) -> bool {
    let Some(name) = call.called_name() else { return false };
    let bare = name.trim_start_matches('_').trim_start_matches("async_");
    let first = bare.split('_').next().unwrap_or(bare);
    let says_so = FETCHES.contains(&first) || first.strip_prefix('a').is_some_and(|rest| FETCHES.contains(&rest) || rest == "get");
    let is_quiet = call.summary().is_none_or(|known| known.writes.is_empty() && known.mutates.is_empty() && !known.generator);
    (says_so || tables::guess(bare) == Guess::Reads) && is_quiet
}
