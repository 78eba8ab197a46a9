//! A connection or client to the same place, made in every iteration.

use looplint_model::{Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::tables::Sink;
use looplint_python::{Kind, Loop, LoopKind, Node, Python, Role, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

/// Clients that keep connections, so that making one costs a handshake or the reading of a service's description.
const CLIENTS: [&str; 12] = [
    "requests.Session",
    "requests.session",
    "httpx.Client",
    "httpx.AsyncClient",
    "aiohttp.ClientSession",
    "boto3.client",
    "boto3.resource",
    "sqlalchemy.create_engine",
    "redis.Redis",
    "pymongo.MongoClient",
    "smtplib.SMTP",
    "smtplib.SMTP_SSL",
];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() || !is_client(node) {
        return;
    }
    let loops = node.asking_loops();
    let loops: Vec<Loop<'d>> = loops.into_iter().take_while(|each| is_same(node, *each)).collect();
    let Some(&innermost) = loops.first() else { return };
    if innermost.kind() != LoopKind::For || node.innermost_loop() != Some(innermost) || innermost.is_left_early() {
        return;
    }
    if node.is_conditional_in(innermost) || is_kept(node) || node.is_in_test() {
        return;
    }
    let what = node.text();
    let advice = "make it once before the loop and use it for all items";
    let mut finding =
        cx.finding(node.span(), format!("`{what}` connects to the same place in every iteration; {advice}"));
    finding.suggestion = advice.into();
    finding.label = "a new connection each time".into();
    finding.related = related_loops(&loops);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&loops, "connections")));
    cx.report(finding);
}

fn is_client(node: Node<'_>) -> bool {
    let Some(name) = node.qualified_name() else { return false };
    let connects = || {
        let fact = node.fact();
        name.ends_with(".connect") && fact.is_some_and(|fact| fact.sink == Some(Sink::Connect) && !fact.lazy)
    };
    CLIENTS.contains(&name.as_str()) || connects()
}

/// Whether it is made with the same arguments each time.
fn is_same<'d>(node: Node<'d>, around: Loop<'d>) -> bool {
    let AnyNodeRef::ExprCall(call) = node.ast() else { return false };
    call.arguments.iter_source_order().all(|each| node.at(each.value()).invariant(around).is_ok())
}

/// Whether the client outlives the iteration: a pool is being filled, or a thread gets a client of its own.
fn is_kept(node: Node<'_>) -> bool {
    let role = node.role().role;
    if matches!(role, Role::Stores | Role::Escapes | Role::Returns) {
        return true;
    }
    let statement = node.statement();
    let AnyNodeRef::StmtAssign(assign) = statement.ast() else {
        return statement.kind() != Kind::With && role == Role::Aliases;
    };
    let [target] = assign.targets.as_slice() else { return true };
    let Some(symbol) = statement.at(target).symbol() else { return true };
    let is_bare = |each: Node<'_>| {
        matches!(each.role().role, Role::Aliases | Role::Returns) || each.role().role == Role::Escapes
    };
    symbol.is_captured() || symbol.uses().any(is_bare)
}
