//! A call that makes the whole event loop wait, in a loop of a coroutine.

use looplint_model::{Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::tables::Sink;
use looplint_python::{Kind, Multiplicity, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

/// Calls that wait for another process.
const PROCESSES: [&str; 5] =
    ["subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "os.system"];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() {
        return;
    }
    let frame = node.frame();
    if !matches!(frame.ast(), AnyNodeRef::StmtFunctionDef(each) if each.is_async) {
        return;
    }
    let Some((what, advice)) = blocks(node) else { return };
    if node.parent().is_some_and(|parent| parent.kind() == Kind::Await) || node.is_in_test() {
        return;
    }
    let loops: Vec<_> = node
        .loops()
        .into_iter()
        .filter(|each| !each.is_bounded() && node.multiplicity(*each) == Multiplicity::Repeated)
        .collect();
    if loops.is_empty() {
        return;
    }
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` {what} in every iteration, and all other tasks wait with it; {advice}", node.text()),
    );
    finding.suggestion = advice.into();
    finding.label = "stops the event loop each time".into();
    finding.related = related_loops(&loops);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&loops, "stops of all tasks")));
    cx.report(finding);
}

/// What the call waits for, and what to call instead.
fn blocks(node: Node<'_>) -> Option<(&'static str, &'static str)> {
    let fact = node.fact()?;
    if fact.lazy {
        return None;
    }
    if node.is_qualified("time.sleep") {
        if node.argument(0, "").and_then(Node::constant_int) == Some(0) {
            return None;
        }
        // Nothing is waited for, only said.
        return Some(("sleeps", "`await asyncio.sleep(..)` lets the others run"));
    }
    // Reading the answer of a request is the same wait.
    let by_session = node.method().is_some_and(|(receiver, _)| receiver.ty().without_none() == Type::HttpSession);
    if fact.sink == Some(Sink::Request) && (by_session || node.qualified_name().is_some()) {
        return Some(("waits for an answer", "await an asynchronous client, or `asyncio.to_thread(..)`"));
    }
    let name = node.qualified_name()?;
    PROCESSES
        .contains(&name.as_str())
        .then_some(("waits for a process", "await `asyncio.create_subprocess_exec(..)`, or `asyncio.to_thread(..)`"))
}
