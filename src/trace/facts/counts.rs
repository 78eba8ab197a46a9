//! What an agent says it counted, and what there was to count.
//!
//! Knows the lists and records in results that are JSON. Does not know what the things are.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::facts::canon;
use crate::facts::pattern::Pattern;
use crate::run::Trace;

/// A number of things that an agent states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The number.
    pub n: u64,
    /// Where it is said in the turn's content.
    pub range: Range<usize>,
}

/// `there are 11 available options`, `we have 7 items`.
static CLAIM: Pattern = Pattern::new(concat!(
    r"(?i)\b(?:there (?:are|were)|(?:we|you|they) (?:currently |now )?have|I (?:found|see|count(?:ed)?)|a total of)(?: (?:currently|now|a total of|only|exactly|in total))*",
    r" (?P<n>\d{1,4}) (?:[a-z-]+ ){0,3}?(?:available|options?|variants?|items?|products?|types?|kinds?|results?|records?|entries|orders?|rows?|matches|files?|users?|flights?|reservations?|models?|choices)\b",
));

/// Nesting beyond this is not counted.
const DEPTH_MAX: usize = 24;

/// Values of more fields than this are not grouped.
const FIELDS_MAX: usize = 200_000;

/// The first count that the turn states in prose.
pub(crate) fn claimed(text: &str) -> Option<Counted> {
    let found = CLAIM.regex()?.captures(text)?;
    let number = found.name("n")?;
    Some(Counted {
        n: number.as_str().parse().ok()?,
        range: number.range(),
    })
}

/// Every number that counting a result could give: the length of each list and record in it, and of each group of
/// elements that share a value of a field.
pub(crate) fn sizes(text: &str) -> FxHashSet<u64> {
    let mut sizes = FxHashSet::default();
    if let Ok(value) = serde_json::from_str::<Value>(text.trim()) {
        count(&value, 0, &mut sizes);
    }
    sizes
}

fn count(value: &Value, depth: usize, sizes: &mut FxHashSet<u64>) {
    let inside: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => return,
    };
    sizes.insert(inside.len() as u64);
    if depth >= DEPTH_MAX {
        return;
    }
    if inside.len() > 1 && inside.iter().all(|one| one.is_object()) {
        let mut groups: FxHashMap<u64, u64> = FxHashMap::default();
        for one in &inside {
            group(one, &mut String::new(), 0, &mut groups);
        }
        sizes.extend(groups.into_values());
    }
    for one in inside {
        count(one, depth + 1, sizes);
    }
}

fn group(value: &Value, path: &mut String, depth: usize, groups: &mut FxHashMap<u64, u64>) {
    if groups.len() > FIELDS_MAX || depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Object(map) => {
            let length = path.len();
            for (key, value) in map {
                path.push('.');
                path.push_str(key);
                group(value, path, depth + 1, groups);
                path.truncate(length);
            }
        }
        Value::Array(_) => {}
        plain => {
            *groups
                .entry(canon::hash(&format!("{path}={plain}")))
                .or_default() += 1
        }
    }
}

impl Trace<'_> {
    /// A count that the turn states, that no text before it has, and that counting no result before it gives.
    /// `None` too where there was nothing to count: the last result before the turn is no JSON with a list of records.
    pub fn miscount(&self, turn: usize) -> Option<Counted> {
        let it = self.turns.get(turn)?;
        let counted = claimed(&crate::facts::prose(&it.content.text))?;
        let text = &it.content.text[counted.range.clone()];
        let known = self.seen().first(text).is_some_and(|first| first < turn);
        let before = |result: &&crate::run::CallResult<'_>| result.turn <= turn;
        let results = || {
            self.calls
                .iter()
                .filter(|call| call.turn < turn)
                .filter_map(|call| call.result.as_ref())
                .filter(before)
        };
        let last = sizes(&results().last()?.content.text);
        let nothing = last.iter().all(|n| *n < 2);
        let gives = results().any(|result| sizes(&result.content.text).contains(&counted.n));
        (!known && !nothing && !gives).then_some(counted)
    }
}
