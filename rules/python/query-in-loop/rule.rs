//! A database is asked in every iteration.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::summary::What;
use looplint_python::tables::Sink;
use looplint_python::{Kind, Loop, LoopKind, Node, Python, Role, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Call, Kind::For, Kind::Clause, Kind::AugAssign, Kind::Subscript];

/// Statements that are no questions about rows, and cannot be put together.
const ADMINISTRATION: [&str; 19] = [
    "alter", "analyze", "attach", "begin", "comment", "commit", "create", "detach", "drop", "explain", "grant",
    "optimize", "pragma", "release", "rollback", "savepoint", "set", "truncate", "vacuum",
];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let Some(Asked { asked, place, what, way }) = asked(node) else { return };
    let loops = asked.asking_loops();
    let Some(&innermost) = loops.first() else { return };
    // `try: return rows.get(..)`: the first that answers ends the loop.
    let answers = asked.statement().kind() == Kind::Return && innermost.node().contains(asked.statement());
    // A `while` asks for what the answer before told it to, or goes in portions, or waits.
    let goes_on = innermost.kind() == LoopKind::While;
    if is_administration(place) || answers || goes_on || is_another_statement(place, innermost) {
        return;
    }
    if is_fetched_with_rows(asked) || goes_through_tables(innermost, place) || is_own_transaction(asked, place, innermost) {
        return;
    }
    let is_other = if place == asked { another_database(asked, innermost) } else { asked.asks_another(innermost) };
    if is_other {
        return;
    }
    let is_write = what == "row is written";
    let (what, advice) = if matches!(asked.method(), Some((_, "flush"))) {
        ("flush writes what is pending", "flush once after the loop")
    } else if is_write || changes_rows(asked) {
        (what, "write them all at once with `executemany`, `bulk_create`, `bulk_update` or one statement for all keys")
    } else {
        (what, "ask once for all keys before the loop, or join in the database")
    };
    let mut finding = cx.finding(
        asked.span(),
        format!("`{}`: a {what} in every iteration, one round trip each; {advice}", asked.text()),
    );
    finding.suggestion = advice.into();
    finding.label = "one round trip each time".into();
    let is_sure = loops.iter().any(|each| each.kind() != LoopKind::While) && (way.is_empty() || asked.method().is_none());
    let is_known = place.method().is_none_or(|(receiver, _)| !receiver.ty().is_unknown());
    finding.confidence = if is_sure && is_known { Confidence::Proven } else { Confidence::Likely };
    finding.related = related_loops(&loops);
    finding.related.extend(Node::related_way(&way, "which asks the database"));
    let mut cost = asked.cost_in_trips(&loops, "round trips");
    cost.shape = if is_write { "insert" } else { "select" };
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// `for statement in script: execute(statement)`, `for model in models: execute(delete(model))`: each is a statement of
/// its own, or asks another table, and no two can be put together.
fn is_another_statement<'d>(place: Node<'d>, around: Loop<'d>) -> bool {
    let Some(given) = place.argument(0, "") else { return false };
    let is_target = |part: Node<'d>| part.symbol().is_some_and(|symbol| around.gives(symbol));
    // `statement = template % names`
    let reaching = given.reaching();
    let made = match reaching.as_slice() {
        [binding] if given.kind() == Kind::Name => binding.owner().assigned_value().unwrap_or(given),
        _ => given,
    };
    let begins = match made.ast() {
        AnyNodeRef::ExprBinOp(each) => made.at(&*each.left),
        _ => made.method().map_or(made, |(receiver, _)| receiver),
    };
    let is_statement = || place.method().is_some_and(|(_, method)| method == "execute");
    let is_made_of_it = is_target(begins) && (begins != made || is_statement());
    let asks_it = given.subtree().any(|call| {
        let names_table = matches!(call.qualified_name().as_deref(), Some(name) if name.starts_with("sqlalchemy."));
        names_table && call.kind() == Kind::Call && call.argument(0, "").is_some_and(is_target)
    });
    is_made_of_it || asks_it
}

/// `for table in tables`, `for model in models: model.objects.count()`: each asks a table or column of its own, and there
/// is no one statement for all.
fn goes_through_tables<'d>(around: Loop<'d>, place: Node<'d>) -> bool {
    let is_of_model = |part: Node<'d>| {
        let AnyNodeRef::ExprAttribute(each) = part.ast() else { return false };
        let is_manager = matches!(each.attr.as_str(), "objects" | "_default_manager" | "_base_manager" | "query");
        is_manager && part.at(&*each.value).identity_change(around).is_some()
    };
    let is_named = |part: Node<'_>| {
        part.kind() == Kind::Name && part.source().split('_').any(|word| matches!(word, "table" | "tablename" | "schema" | "column" | "col" | "database"))
    };
    place.subtree().any(is_of_model) || around.target().is_some_and(|target| target.subtree().any(is_named))
}

/// Whether each turn runs in a transaction of its own, so that one that fails leaves the others alone.
fn is_own_transaction<'d>(asked: Node<'d>, place: Node<'d>, around: Loop<'d>) -> bool {
    let begins = |above: Node<'d>| {
        let AnyNodeRef::StmtWith(with) = above.ast() else { return false };
        with.items.iter().any(|item| {
            let manager = above.at(&item.context_expr);
            matches!(manager.method(), Some((_, "atomic" | "begin_nested" | "begin")))
        })
    };
    let inside = |above: &Node<'d>| *above != around.node();
    asked.ancestors().take_while(inside).any(begins)
        || place != asked && asked.callee().is_some_and(|callee| callee.subtree().any(begins))
}

/// `session.execute(update(..))`, `cursor.execute("DELETE ..")`.
fn changes_rows(asked: Node<'_>) -> bool {
    let Some(statement) = asked.argument(0, "") else { return false };
    let text = statement.source().trim_start_matches(|each: char| !each.is_ascii_alphabetic());
    let text = text.strip_prefix("f\"").or_else(|| text.strip_prefix("f'")).unwrap_or(text);
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    matches!(word.to_lowercase().as_str(), "update" | "delete" | "insert")
}

/// What asks a database.
struct Asked<'d> {
    /// The expression in the loop.
    asked: Node<'d>,
    /// The expression that reaches the database: the same, or in a function that is called.
    place: Node<'d>,
    what: &'static str,
    /// The way from the one to the other, where it leads through calls.
    way: Vec<Node<'d>>,
}

/// The expression that reaches the database, and what it does there.
fn asked(node: Node<'_>) -> Option<Asked<'_>> {
    node.all_loops().next()?;
    // A query set asks when it is gone through.
    if let Some(rows) = gone_through(node) {
        rows.all_loops().next()?;
        let is_loop = matches!(node.kind(), Kind::For | Kind::Clause);
        let is_made = rows.kind() == Kind::Call || is_loop && is_made_in_loop(rows);
        let is_fresh = is_made && match rows.ty() {
            Type::QuerySet(_) => true,
            Type::Manager(_) => is_loop,
            _ => false,
        };
        if is_fresh {
            return Some(Asked { asked: rows, place: rows, what: "query runs", way: Vec::new() });
        }
    }
    if node.kind() != Kind::Call {
        return None;
    }
    let Some(fact) = node.fact() else { return asked_through(node) };
    Some(Asked { asked: node, place: node, what: words(fact.sink?)?, way: Vec::new() })
}

/// What a loop, `list(rows)`, `kept += rows`, `kept.extend(rows)` or `rows[0]` goes through.
fn gone_through(node: Node<'_>) -> Option<Node<'_>> {
    match node.ast() {
        AnyNodeRef::StmtFor(each) => Some(node.at(&*each.iter)),
        AnyNodeRef::Comprehension(each) => Some(node.at(&each.iter)),
        AnyNodeRef::StmtAugAssign(each) => Some(node.at(&*each.value)),
        AnyNodeRef::ExprSubscript(each) if !each.slice.is_slice_expr() => Some(node.at(&*each.value)),
        AnyNodeRef::ExprCall(_) => {
            const TAKERS: [&str; 8] = ["bool", "dict", "frozenset", "len", "list", "set", "sorted", "tuple"];
            let takes = match node.method() {
                Some((_, name)) => matches!(name, "extend" | "update"),
                None => node.builtin().is_some_and(|name| TAKERS.contains(&name)),
            };
            takes.then(|| node.argument(0, ""))?
        }
        _ => None,
    }
}

/// A name for a query set that each iteration makes anew: it asks where it is first gone through.
fn is_made_in_loop(name: Node<'_>) -> bool {
    let Some(around) = name.innermost_loop() else { return false };
    let reaching = name.reaching();
    let [binding] = reaching.as_slice() else { return false };
    let is_call = binding.owner().assigned_value().is_some_and(|value| value.kind() == Kind::Call);
    let first = binding.symbol().uses().find(|each| each.role().role == Role::Iterates);
    name.kind() == Kind::Name && is_call && around.repeats(binding.target()) && first == Some(name)
}

/// `author.books.all()` of rows that may have come with their books: `prefetch_related`.
fn is_fetched_with_rows(asked: Node<'_>) -> bool {
    let related = asked.subtree().find(|part| {
        matches!(part.ast(), AnyNodeRef::ExprAttribute(each) if !matches!(each.attr.as_str(), "objects" | "_default_manager" | "_base_manager"))
            && matches!(part.ty(), Type::Manager(_))
    });
    let Some(related) = related else { return false };
    // What was fetched is all of them; a choice among them, or another order, is asked for anew.
    let chosen = related.parent().and_then(Node::parent).and_then(Node::method);
    if matches!(chosen, Some((of, "filter" | "exclude" | "get" | "order_by" | "values" | "values_list")) if of == related) {
        return false;
    }
    let row = related.root();
    let around = row.all_loops().find(|each| each.target().is_some_and(|target| target.symbol() == row.symbol()));
    !around.and_then(|each| each.iterable()).is_some_and(|rows| rows.is_plain_query() || rows.gives_related_rows())
}

fn words(sink: Sink) -> Option<&'static str> {
    match sink {
        Sink::Query => Some("query runs"),
        Sink::RowWrite => Some("row is written"),
        _ => None,
    }
}

/// A call of a function of the module that always asks.
fn asked_through(node: Node<'_>) -> Option<Asked<'_>> {
    if node.callee()? == node.function()? {
        return None;
    }
    node.deeds().into_iter().find_map(|(deed, _)| {
        if !matches!(deed.what, What::Query | What::Write) {
            return None;
        }
        let way = node.way_of(&deed)?;
        let place = *way.last()?;
        let what = words(place.fact()?.sink?)?;
        let calls = way.iter().take(way.len() - 1).copied();
        let is_sure = way.iter().all(|each| each.is_always_reached())
            && std::iter::once(node).chain(calls).all(|each| !each.is_decorated());
        is_sure.then_some(Asked { asked: node, place, what, way })
    })
}

/// Each turn asks another connection, cursor or session.
fn another_database<'d>(asked: Node<'d>, around: Loop<'d>) -> bool {
    let Some((receiver, _)) = asked.method() else { return false };
    let ty = receiver.ty().without_none();
    // What saves itself is a row.
    let is_spoken_to = ty.is_unknown() && asked.argument(0, "").is_some();
    let is_channel = is_spoken_to || matches!(ty, Type::Connection | Type::Cursor | Type::Session | Type::Engine);
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
