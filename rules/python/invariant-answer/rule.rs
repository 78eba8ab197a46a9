//! Calls of code that is not known, whose names say that they answer, asked the same in every turn of a loop.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::tables;
use looplint_python::{Kind, Loop, LoopKind, Multiplicity, Node, Python, Role, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() || !answers(node) || node.is_in_test() {
        return;
    }
    let loops = repeats(node);
    let Some(&innermost) = loops.first() else { return };
    if !is_asked(node, innermost) {
        return;
    }
    let what = node.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{what}` is asked the same in every iteration; call it once before the loop"),
    );
    finding.suggestion = if node.role().role == Role::Iterates {
        format!("make a list of `{what}` before the loop; a generator gives its items only once")
    } else {
        format!("keep the answer of `{what}` in a name before the loop")
    };
    finding.label = "the same call with the same arguments each time".into();
    finding.confidence = Confidence::Possible;
    finding.related = related_loops(&loops);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&loops, "calls")));
    cx.report(finding);
}

/// Whether the loop wants the answer in each turn, and only looks at it.
fn is_asked<'d>(node: Node<'d>, innermost: Loop<'d>) -> bool {
    let Some(parent) = node.parent() else { return false };
    match node.role().role {
        Role::Contains => true,
        Role::Iterates => innermost.is_clause() || matches!(parent.kind(), Kind::For | Kind::Comprehension),
        Role::Reads | Role::Method => {
            let is_used = !matches!(parent.kind(), Kind::ExprStatement | Kind::AugAssign);
            is_used && (innermost.is_clause() || !node.is_conditional_in(innermost))
        }
        Role::Escapes => {
            let is_argument = matches!(parent.kind(), Kind::Call | Kind::Keyword);
            innermost.is_clause() || (is_argument && says_so(node) && !node.is_conditional_in(innermost))
        }
        _ => false,
    }
}

/// Whether the call is of code that is not known and most likely gives the same for the same arguments.
fn answers(node: Node<'_>) -> bool {
    let AnyNodeRef::ExprCall(call) = node.ast() else { return false };
    let Some(name) = called_name(node) else { return false };
    let is_cheap = CHEAP.contains(&name) || name.starts_with("is_") || name.starts_with("has_");
    if is_cheap || !tables::answers(name) {
        return false;
    }
    if node.fact().is_some() || node.builtin().is_some() || node.is_known_to_act() {
        return false;
    }
    let is_literal = |each: Node<'_>| each.kind() == Kind::Literal;
    let all_literal = call.arguments.iter_source_order().all(|each| is_literal(node.at(each.value())));
    let is_free = node.method().is_none_or(|(receiver, _)| matches!(receiver.ty(), Type::Module(_) | Type::Library(_)));
    // What a class says of itself, asked for nothing, is a constant.
    let is_of_class = node.method().is_some_and(|(receiver, _)| {
        let last = receiver.source().rsplit('.').next().unwrap_or_default();
        last.starts_with(char::is_uppercase) && call.arguments.is_empty()
    });
    let is_constant = is_of_class || (is_free && all_literal);
    !is_constant
}

fn called_name(node: Node<'_>) -> Option<&str> {
    let AnyNodeRef::ExprCall(call) = node.ast() else { return None };
    match node.method() {
        Some((_, name)) => Some(name),
        None => call.func.is_name_expr().then(|| node.at(&*call.func).source()),
    }
}

/// Whether a method's name says that it reads; functions are named for what they give.
fn says_so(node: Node<'_>) -> bool {
    let reads = |name| tables::guess(name) == tables::Guess::Reads;
    node.method().is_none_or(|(_, name)| reads(name))
}

/// Methods that are quick whatever they are asked: views, and words.
const CHEAP: [&str; 28] = [
    "reshape", "ravel", "view", "transpose", "value", "getChild", "child", "in_", "isnot", "precedence",
    "keys", "get", "values", "items", "edges", "nodes", "upper", "lower", "strip", "encode", "decode", "format", "size", "title",
    "as_posix", "name", "tolist", "cpu",
];

/// The loops in which neither what is asked nor the arguments change, innermost first.
fn repeats(node: Node<'_>) -> Vec<Loop<'_>> {
    let mut loops = Vec::new();
    for each in node.loops() {
        // A `while` waits for something to change.
        let is_while = each.kind() == LoopKind::While;
        if is_while || each.retries_or_waits() || each.sleeps() || node.multiplicity(each) != Multiplicity::Repeated || !is_same(node, each) {
            break;
        }
        if !each.is_bounded() {
            loops.push(each);
        }
    }
    loops
}

fn is_same<'d>(node: Node<'d>, around: Loop<'d>) -> bool {
    let AnyNodeRef::ExprCall(call) = node.ast() else { return false };
    let asked = match node.method() {
        Some((receiver, _)) => receiver,
        None => node.at(&*call.func),
    };
    asked.invariant(around).is_ok()
        && call.arguments.iter_source_order().all(|each| node.at(each.value()).invariant(around).is_ok())
}
