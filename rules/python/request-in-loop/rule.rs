//! Another service is asked for one item after another.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::tables::Sink;
use looplint_python::{Kind, Loop, LoopKind, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() {
        return;
    }
    let Some(fact) = node.fact() else { return };
    if fact.sink != Some(Sink::Request) || fact.lazy || keeps_no_session(node) {
        return;
    }
    let loops = node.asking_loops();
    let Some(&innermost) = loops.first() else { return };
    if !matches!(innermost.kind(), LoopKind::For | LoopKind::Clause) || node.innermost_loop() != Some(innermost) {
        return;
    }
    if innermost.is_left_early() || pauses(innermost) || !asks_for_the_item(node, innermost) {
        return;
    }
    if node.is_in_test() || is_in_coroutine(node) || is_told_before(node, innermost) {
        return;
    }
    // A session, or what holds a connection: a cache, a mail server.
    let has_session = node.method().is_some_and(|(receiver, _)| !matches!(receiver.ty(), Type::Module(_) | Type::Library(_)));
    let advice = if has_session {
        "ask for many items at a time, or run some requests at once with a thread pool"
    } else {
        "keep one session for all requests, and run some at once with a thread pool"
    };
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` asks another service in every iteration and waits for each answer; {advice}", node.text()),
    );
    finding.suggestion = advice.into();
    finding.label = if has_session { "one round trip each time" } else { "a new connection and a round trip each time" }.into();
    finding.confidence = if has_session { Confidence::Likely } else { Confidence::Proven };
    finding.related = related_loops(&loops);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&loops, "round trips")));
    cx.report(finding);
}

/// Whether the request is for the loop's own item, and nothing in it comes from the iteration before.
fn asks_for_the_item<'d>(node: Node<'d>, around: Loop<'d>) -> bool {
    let is_target = |name: Node<'d>| name.symbol().is_some_and(|symbol| around.gives(symbol));
    let AnyNodeRef::ExprCall(call) = node.ast() else { return false };
    call.arguments.iter_source_order().any(|each| {
        node.at(each.value()).subtree().any(|name| {
            name.kind() == Kind::Name
                && (is_target(name)
                    || name.reaching().iter().any(|binding| {
                        binding.owner().assigned_value().is_some_and(|value| {
                            around.whole().contains(value) && value.subtree().any(is_target)
                        })
                    }))
        })
    })
}

/// Whether the loop asks the same function earlier on: what mends the one mends the other.
fn is_told_before<'d>(node: Node<'d>, around: Loop<'d>) -> bool {
    let asked = |call: Node<'d>| call.children().next().map(Node::source);
    around
        .whole()
        .subtree()
        .take_while(|each| *each != node)
        .any(|each| each.kind() == Kind::Call && asked(each) == asked(node) && asks_for_the_item(each, around))
}

/// What looks up an address, or sets the state of a connection: neither sessions nor many at a time are to be had.
fn keeps_no_session(node: Node<'_>) -> bool {
    matches!(
        node.called_name(),
        Some("accept" | "cwd" | "getaddrinfo" | "getfqdn" | "gethostbyaddr" | "gethostbyname" | "login" | "quit")
    )
}

/// Whether the loop waits on purpose between requests.
fn pauses(around: Loop<'_>) -> bool {
    around.whole().subtree().any(|node| {
        node.kind() == Kind::Call && node.fact().and_then(|fact| fact.sink) == Some(Sink::Sleep)
    })
}

/// There the wait stops everything else: blocking-call-in-async-loop.
fn is_in_coroutine(node: Node<'_>) -> bool {
    matches!(node.frame().ast(), AnyNodeRef::StmtFunctionDef(each) if each.is_async)
}
