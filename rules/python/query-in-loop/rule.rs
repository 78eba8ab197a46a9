//! A database is asked in every iteration.

use looplint_model::{CodeCost, Confidence, Cost, Cx, SizeOrigin};
use looplint_python::ast::AnyNodeRef;
use looplint_python::tables::Sink;
use looplint_python::{Kind, Loop, LoopKind, Multiplicity, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Call, Kind::For, Kind::Clause];

/// Statements that are no questions about rows, and cannot be put together.
const ADMINISTRATION: [&str; 19] = [
    "alter", "analyze", "attach", "begin", "comment", "commit", "create", "detach", "drop", "explain", "grant",
    "optimize", "pragma", "release", "rollback", "savepoint", "set", "truncate", "vacuum",
];

/// Words in the names of what hands out many rows at a time.
const IN_PORTIONS: [&str; 8] = ["batch", "chunk", "page", "paginat", "slice", "group", "window", "partition"];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some((asked, what)) = asked(node) else { return };
    let mut loops = Vec::new();
    for each in asked.loops() {
        if asked.multiplicity(each) != Multiplicity::Repeated || retries_or_waits(each) || in_portions(each) {
            break;
        }
        if !each.is_bounded() {
            loops.push(each);
        }
    }
    let Some(&innermost) = loops.first() else { return };
    if another_database(asked, innermost) || is_administration(asked) {
        return;
    }
    let is_write = what == "row is written";
    let advice = if is_write {
        "write them all at once with `executemany`, `bulk_create` or `bulk_update`"
    } else {
        "ask once for all keys before the loop, or join in the database"
    };
    let mut finding = cx.finding(
        asked.span(),
        format!("`{}`: a {what} in every iteration, one round trip each; {advice}", asked.text()),
    );
    finding.suggestion = advice.into();
    finding.label = "one round trip each time".into();
    finding.confidence = if loops.iter().all(|each| each.kind() == LoopKind::While) {
        Confidence::Likely
    } else {
        Confidence::Proven
    };
    finding.related = related_loops(&loops);
    let n = innermost.extent().name;
    let mut size = innermost.size();
    if size.origin == SizeOrigin::Assumed {
        size.n = cx.settings.assume_size;
    }
    finding.cost = Some(Cost::Code(CodeCost {
        before: format!("O({n}) round trips"),
        after: "O(1) round trips".into(),
        depth: loops.len() as u32,
        size,
        shape: if is_write { "insert" } else { "select" },
        curve: None,
    }));
    cx.report(finding);
}

/// The expression that reaches the database, and what it does there.
fn asked(node: Node<'_>) -> Option<(Node<'_>, &'static str)> {
    if node.kind() == Kind::Call {
        node.all_loops().next()?;
        let fact = node.fact()?;
        return match fact.sink? {
            Sink::Query => Some((node, "query runs")),
            Sink::RowWrite => Some((node, "row is written")),
            _ => None,
        };
    }
    // A query set asks when it is gone through.
    let iterable = match node.ast() {
        AnyNodeRef::StmtFor(each) => node.at(&*each.iter),
        AnyNodeRef::Comprehension(each) => node.at(&each.iter),
        _ => return None,
    };
    iterable.all_loops().next()?;
    let is_fresh = iterable.kind() == Kind::Call && matches!(iterable.ty(), Type::QuerySet(_) | Type::Manager(_));
    is_fresh.then_some((iterable, "query runs"))
}

/// `while True` waits for something, or tries again.
fn retries_or_waits(each: Loop<'_>) -> bool {
    match each.node().ast() {
        AnyNodeRef::StmtWhile(whole) => {
            let test = each.node().at(&*whole.test);
            test.kind() == Kind::Literal
        }
        AnyNodeRef::StmtFor(whole) => {
            // `for attempt in range(retries)`, left at the first success.
            each.node().at(&*whole.target).source().starts_with("attempt")
        }
        _ => false,
    }
}

/// Loops over portions of many rows do what is advised.
fn in_portions(each: Loop<'_>) -> bool {
    let Some(iterable) = each.iterable() else { return false };
    if iterable.builtin() == Some("range") && iterable.argument(2, "").is_some() {
        return true;
    }
    let words = iterable.source().to_lowercase();
    let target = each.target().map_or(String::new(), |target| target.source().to_lowercase());
    IN_PORTIONS.iter().any(|word| words.contains(word) || target.contains(word))
}

/// Each turn asks another connection, cursor or session.
fn another_database<'d>(asked: Node<'d>, around: Loop<'d>) -> bool {
    let Some((receiver, _)) = asked.method() else { return false };
    let is_channel = matches!(receiver.ty().without_none(), Type::Connection | Type::Cursor | Type::Session | Type::Engine);
    is_channel && receiver.identity_change(around).is_some_and(|change| {
        // A cursor opened anew on the same connection is the same database.
        change.at.statement().assigned_value().is_none_or(|value| {
            value.method().is_none_or(|(connection, _)| connection.identity_change(around).is_some())
        })
    })
}

fn is_administration(asked: Node<'_>) -> bool {
    let Some(statement) = asked.argument(0, "") else { return false };
    let text = statement.source().trim_start_matches(['f', 'r', 'F', 'R', '"', '\'', '\n', ' ', '\\']);
    let first = statement.constant_str().unwrap_or(text).trim_start();
    let word: String = first.chars().take_while(char::is_ascii_alphabetic).collect();
    ADMINISTRATION.contains(&word.to_lowercase().as_str())
}
