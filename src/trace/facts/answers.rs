//! JSON in what an agent answers.
//!
//! Knows fences and braces. Does not know what was asked for.

use serde_json::Value;

use crate::facts::code_blocks;

/// The JSON value that an answer is, or that stands in its first fenced block or between its outer braces.
pub fn json_in(text: &str) -> Option<Value> {
    let parse = |text: &str| {
        serde_json::from_str::<Value>(text.trim())
            .ok()
            .filter(|value| value.is_object() || value.is_array())
    };
    let fenced = || {
        code_blocks(text)
            .into_iter()
            .find_map(|(_, range)| parse(&text[range]))
    };
    let braced = |open: char, close: char| {
        let (start, end) = (text.find(open)?, text.rfind(close)?);
        parse(text.get(start..=end)?)
    };
    parse(text)
        .or_else(fenced)
        .or_else(|| braced('{', '}'))
        .or_else(|| braced('[', ']'))
}

/// Whether some record in `value` has `key`; lists that are empty may have held it.
pub fn has_key(value: &Value, key: &str) -> bool {
    match value {
        Value::Object(map) => {
            map.contains_key(key) || map.values().any(|inner| has_key(inner, key))
        }
        Value::Array(items) => items.is_empty() || items.iter().any(|item| has_key(item, key)),
        _ => false,
    }
}
