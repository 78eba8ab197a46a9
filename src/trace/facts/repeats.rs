//! Calls that were made before.
//!
//! Knows what lies between two equal calls. Does not say whether a repeat is wrong.

use rustc_hash::FxHashMap;

use crate::facts::effect::Effect;
use crate::facts::{CallFacts, canon};
use crate::run::{CallResult, Role, Trace};

/// A call that equals an earlier one: same tool, same canonical arguments, same conversation thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The call, as a place in [`Trace::calls`].
    pub call: usize,
    /// The latest equal call before it.
    pub previous: usize,
    /// The first equal call.
    pub first: usize,
    /// How many equal calls there are up to and with this one: at least 2.
    pub count: u32,
    /// How many of them in a row, up to and with this one, had this one's result: at least 1. 1 where a result is missing.
    pub same_results: u32,
    /// Both results are there and equal, times and ids in them aside.
    pub same_result: bool,
    /// The previous one failed.
    pub after_failure: bool,
    /// No other call of the thread lies between.
    pub consecutive: bool,
    /// Calls between the two that change something.
    pub changes_between: u32,
    /// Calls between the two that may change something.
    pub maybes_between: u32,
    /// A person spoke between the two.
    pub user_between: bool,
    /// The same agent made both.
    pub same_agent: bool,
    /// The tool is one that is meant to be asked again (setting `polling-tools`, or its name says so).
    pub polling: bool,
}

impl Repeat {
    /// Whether nothing that happened between the two gives reason to ask again.
    pub fn is_idle(&self) -> bool {
        self.changes_between == 0 && self.maybes_between == 0 && !self.user_between && !self.polling
    }
}

/// Names of tools that wait or poll by design.
const POLLS: [&str; 8] = [
    "wait",
    "sleep",
    "poll",
    "status",
    "progress",
    "heartbeat",
    "ping",
    "bashoutput",
];

struct Past {
    first: usize,
    last: usize,
    count: u32,
    same_results: u32,
}

/// Finds every repeat of a run.
pub(crate) fn of(trace: &Trace<'_>, facts: &[CallFacts]) -> Vec<Repeat> {
    let mut past: FxHashMap<(u32, u64), Past> = FxHashMap::default();
    let mut repeats = Vec::new();
    let counts = Counts::of(trace, facts);
    for (at, call) in trace.calls.iter().enumerate() {
        let thread = trace.turns[call.turn].thread;
        let key = (thread, facts[at].key);
        // A tracer that keeps no contents shows neither what was asked nor what came: nothing can be compared.
        let is_mute = |result: &CallResult<'_>| result.content.is_blank();
        if call.arguments.is_none() && call.result.as_ref().is_none_or(is_mute) {
            continue;
        }
        let Some(before) = past.get_mut(&key) else {
            past.insert(
                key,
                Past {
                    first: at,
                    last: at,
                    count: 1,
                    same_results: 1,
                },
            );
            continue;
        };
        let previous = before.last;
        let same_result = facts[at].result.is_some() && facts[at].result == facts[previous].result;
        before.last = at;
        before.count += 1;
        before.same_results = if same_result {
            before.same_results + 1
        } else {
            1
        };
        repeats.push(Repeat {
            call: at,
            previous,
            first: before.first,
            count: before.count,
            same_results: before.same_results,
            same_result,
            after_failure: facts[previous].failure.is_some(),
            consecutive: counts.between(&counts.calls, thread, previous, at) == 0,
            changes_between: counts.between(&counts.changes, thread, previous, at),
            maybes_between: counts.between(&counts.maybes, thread, previous, at),
            user_between: counts.users[at] > counts.users[previous],
            same_agent: trace.turn_of(call).agent == trace.turn_of(&trace.calls[previous]).agent,
            polling: is_polling(trace, &call.name.text),
        });
    }
    repeats
}

/// Calls of each kind up to each call; those of other threads count as changes too, since they share the world.
struct Counts {
    calls: Vec<u32>,
    changes: Vec<u32>,
    maybes: Vec<u32>,
    users: Vec<u32>,
    threads: Vec<u32>,
}

impl Counts {
    fn of(trace: &Trace<'_>, facts: &[CallFacts]) -> Counts {
        let n = trace.calls.len();
        let mut counts = Counts {
            calls: Vec::with_capacity(n),
            changes: Vec::with_capacity(n),
            maybes: Vec::with_capacity(n),
            users: Vec::with_capacity(n),
            threads: Vec::with_capacity(n),
        };
        let (mut changes, mut maybes, mut users, mut turn) = (0, 0, 0, 0);
        for (at, call) in trace.calls.iter().enumerate() {
            while turn <= call.turn {
                let speaks =
                    trace.turns[turn].role == Role::User && !trace.turns[turn].content.is_blank();
                users += u32::from(speaks && turn > 0);
                turn += 1;
            }
            let failed = facts[at].failure.is_some();
            changes += u32::from(facts[at].effect == Effect::Change && !failed);
            maybes += u32::from(facts[at].effect == Effect::Maybe && !failed);
            counts.calls.push(at as u32 + 1);
            counts.changes.push(changes);
            counts.maybes.push(maybes);
            counts.users.push(users);
            counts.threads.push(trace.turns[call.turn].thread);
        }
        counts
    }

    /// How many lie strictly between `from` and `to`.
    fn between(&self, of: &[u32], thread: u32, from: usize, to: usize) -> u32 {
        if std::ptr::eq(of, self.calls.as_slice()) {
            return self.threads[from + 1..to]
                .iter()
                .filter(|other| **other == thread)
                .count() as u32;
        }
        let before_to = of[to - 1];
        before_to - of[from]
    }
}

fn is_polling(trace: &Trace<'_>, name: &str) -> bool {
    let listed = trace
        .settings()
        .polling_tools
        .iter()
        .any(|pattern| fits(pattern, name));
    listed
        || super::effect::words(name)
            .iter()
            .any(|word| POLLS.contains(&word.as_str()))
}

/// Whether `name` fits `pattern`, in which `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// A number for a result in which times, ids and addresses do not count.
pub(crate) fn result_key(text: &str) -> u64 {
    canon::hash(&canon::result(text))
}
