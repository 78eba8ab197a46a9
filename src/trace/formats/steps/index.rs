//! Which call and which result an execution belongs to.
//!
//! Does not change them.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::talk::words;
use crate::builder::{Message, NewCall};

/// Calls and results of a conversation that no execution was found for yet.
pub(super) struct Index {
    pub(super) calls_by_id: FxHashMap<String, VecDeque<(usize, usize)>>,
    pub(super) calls_by_name: FxHashMap<String, Vec<(usize, usize)>>,
    pub(super) results_by_id: FxHashMap<String, VecDeque<(usize, usize)>>,
    pub(super) results_by_name: FxHashMap<String, Vec<(usize, usize)>>,
    pub(super) results_by_words: FxHashMap<u64, (usize, usize)>,
}

impl Index {
    pub(super) fn of(messages: &[Message<'_>]) -> Index {
        let mut index = Index {
            calls_by_id: FxHashMap::default(),
            calls_by_name: FxHashMap::default(),
            results_by_id: FxHashMap::default(),
            results_by_name: FxHashMap::default(),
            results_by_words: FxHashMap::default(),
        };
        for (at, message) in messages.iter().enumerate() {
            for (which, call) in message.calls.iter().enumerate() {
                if let Some(id) = &call.id {
                    index
                        .calls_by_id
                        .entry(id.to_string())
                        .or_default()
                        .push_back((at, which));
                }
                index
                    .calls_by_name
                    .entry(call.name.text.to_string())
                    .or_default()
                    .push((at, which));
            }
            for (which, result) in message.results.iter().enumerate() {
                match (&result.id, &result.name) {
                    (Some(id), _) => index
                        .results_by_id
                        .entry(id.to_string())
                        .or_default()
                        .push_back((at, which)),
                    (None, Some(name)) => index
                        .results_by_name
                        .entry(name.to_string())
                        .or_default()
                        .push((at, which)),
                    (None, None) => {
                        index
                            .results_by_words
                            .insert(words(&result.content.text), (at, which));
                    }
                }
            }
        }
        index
    }

    /// The call that was executed: by id, else the first of its name and arguments, else the first of its name.
    pub(super) fn take_call(
        &mut self,
        messages: &[Message<'_>],
        executed: &NewCall<'_>,
    ) -> Option<(usize, usize)> {
        if let Some(named) = executed
            .id
            .as_ref()
            .and_then(|id| self.calls_by_id.get_mut(id.as_ref()))
        {
            // Some models use an id again for another call.
            return named.pop_front();
        }
        let name: &str = &executed.name.text;
        let known = self.calls_by_name.contains_key(name);
        let fits = |other: &&String| {
            (known && other.as_str() == name) || (!known && same_tool(other, name))
        };
        let key = self.calls_by_name.keys().filter(fits).min()?.clone();
        let waiting = self.calls_by_name.get_mut(&key)?;
        let arguments =
            |call: &NewCall<'_>| call.arguments.as_ref().map(|text| canonical(&text.text));
        let own = arguments(executed);
        let exact = waiting
            .iter()
            .position(|&(at, which)| arguments(&messages[at].calls[which]) == own);
        (!waiting.is_empty()).then(|| waiting.remove(exact.unwrap_or(0)))
    }

    /// The message's result that answers `call`; `gave` is what its execution gave.
    pub(super) fn take_result(
        &mut self,
        call: &NewCall<'_>,
        gave: Option<u64>,
    ) -> Option<(usize, usize)> {
        if let Some(named) = call
            .id
            .as_ref()
            .and_then(|id| self.results_by_id.get_mut(id.as_ref()))
        {
            return named.pop_front();
        }
        if let Some(named) = self
            .results_by_name
            .get_mut(call.name.text.as_ref())
            .filter(|named| !named.is_empty())
        {
            return Some(named.remove(0));
        }
        self.results_by_words.remove(&gave?)
    }
}

/// Tool servers put their name before the tool's: `mcp__weather__get_weather`, `running tool: search`.
fn same_tool(left: &str, right: &str) -> bool {
    let ends = |long: &str, short: &str| {
        long.ends_with(short)
            && short.len() >= 3
            && !long[..long.len() - short.len()].ends_with(char::is_alphanumeric)
    };
    left == right || ends(left, right) || ends(right, left)
}

/// Arguments without the blanks and order that exporters add.
pub(super) fn canonical(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(map)) => {
            let sorted: std::collections::BTreeMap<String, String> = map
                .into_iter()
                .map(|(key, value)| (key, value.to_string()))
                .collect();
            format!("{sorted:?}")
        }
        Ok(value) => value.to_string(),
        Err(_) => text.trim().to_string(),
    }
}
