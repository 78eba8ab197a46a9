//! Answers that do not depend on one another, awaited one after the other.

use looplint_model::{Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::tables::Sink;
use looplint_python::{Kind, LoopKind, Node, Python, related_loops};

pub const ON: &[Kind] = &[Kind::Await];

/// Requests that change nothing at the other end.
const READING: [&str; 3] = ["get", "head", "options"];

/// Functions of the module inside one another that are looked into.
const CALLS_MAX: u32 = 3;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprAwait(each) = node.ast() else { return };
    let call = node.at(&*each.value);
    if call.kind() != Kind::Call || call.all_loops().next().is_none() {
        return;
    }
    let loops = node.asking_loops();
    let Some(&innermost) = loops.first() else { return };
    if !matches!(innermost.kind(), LoopKind::For | LoopKind::Clause) || node.innermost_loop() != Some(innermost) {
        return;
    }
    if !node.is_awaited_alone(innermost) || !call.depends_on_item_alone(innermost) || !only_reads(call, 0) || node.is_in_test() {
        return;
    }
    let advice = "start all with `asyncio.gather` or a `TaskGroup`, with a semaphore where they are many";
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` waits for each answer before it asks for the next, and none needs another; {advice}", node.text()),
    );
    finding.suggestion = advice.into();
    finding.label = "the waits add up".into();
    finding.related = related_loops(&loops);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&loops, "waits")));
    cx.report(finding);
}

/// Whether the awaited call is shown to change nothing: a reading request, or a coroutine of the module that does
/// nothing but compute, sleep and make such requests.
fn only_reads(call: Node<'_>, depth: u32) -> bool {
    if let Some(fact) = call.fact() {
        let is_reading = call.method().is_some_and(|(_, name)| READING.contains(&name));
        return fact.lazy && fact.sink == Some(Sink::Request) && is_reading;
    }
    let (Some(callee), Some(summary)) = (call.callee(), call.summary()) else { return false };
    if depth > CALLS_MAX || callee.is_decorated() || call.method().is_some() || !summary.asynchronous {
        return false;
    }
    if !summary.writes.is_empty() || !summary.mutates.is_empty() || summary.generator {
        return false;
    }
    let mut waits = false;
    let fits = callee.subtree().filter(|each| *each != callee).all(|each| match each.ast() {
        AnyNodeRef::ExprAwait(_) => {
            waits = true;
            true
        }
        AnyNodeRef::ExprCall(_) => harmless(each) || only_reads(each, depth + 1),
        AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) | AnyNodeRef::StmtDelete(_) => false,
        AnyNodeRef::ExprAttribute(attribute) => attribute.ctx.is_load(),
        AnyNodeRef::ExprSubscript(item) => item.ctx.is_load(),
        AnyNodeRef::StmtWith(_) => false,
        _ => true,
    });
    fits && waits
}

/// A call of a known function without effects, or a pause.
fn harmless(call: Node<'_>) -> bool {
    call.fact().is_some_and(|fact| fact.is_pure() || fact.lazy && fact.sink == Some(Sink::Sleep))
}
