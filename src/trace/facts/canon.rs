//! The same call, the same result: texts with what changes from run to run taken out.
//!
//! Arguments are normalised with care, because a different id is a different question; results freely,
//! because a clock or an address in them is no news. Does not know which calls follow which.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use regex::Captures;
use rustc_hash::FxHasher;
use serde_json::Value;

use crate::facts::pattern::Pattern;
use crate::run::{Call, Json};

/// Keys whose values only tell one request from another.
const NONCES: [&str; 14] = [
    "request_id",
    "requestid",
    "idempotency_key",
    "nonce",
    "tool_call_id",
    "toolcallid",
    "call_id",
    "trace_id",
    "span_id",
    "correlation_id",
    "timestamp",
    "client_timestamp",
    "requested_at",
    "cache_buster",
];

/// Nesting beyond this is compared as text.
const DEPTH_MAX: usize = 64;

/// Random parts of temporary paths, machine-made times and memory addresses: what two equal calls differ in.
static IN_ARGUMENTS: Pattern = Pattern::new(concat!(
    r"(?P<tmp>(?:/private)?(?:/var/folders/[\w./+-]+?|/tmp|/var/tmp|/dev/shm)/(?:[\w-]*?)(?:tmp|temp|[0-9a-f]{6,}|[\w-]{0,40}\d{4,}|[a-z0-9_]{8})[\w.-]*)",
    r"|(?P<win>[A-Za-z]:\\Users\\[^\\]+\\AppData\\Local\\Temp\\[\w.-]+)",
    r"|(?P<time>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:(?:\d\d\.\d+|[0-5][1-9]|[1-5]0)(?:Z|[+-]\d\d:?\d\d)?)",
    r"|(?P<addr>\b0x[0-9a-fA-F]{6,16}\b)",
));

/// What two equal results may differ in besides: any time, any hash or id in hexadecimal, how long it took.
static IN_RESULTS: Pattern = Pattern::new(concat!(
    r"(?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)",
    r"|(?P<time>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)",
    r"|(?P<clock>\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b)",
    r"|(?P<tmp>(?:/private)?(?:/var/folders|/tmp|/var/tmp|/dev/shm)/[\w./+-]+)",
    r"|(?P<addr>\b0x[0-9a-fA-F]{6,16}\b)",
    r"|(?P<hex>\b[0-9a-f]{16,64}\b)",
    r"|(?P<took>\b(?:in|took|elapsed:?|time:?) \d+(?:\.\d+)? ?(?:ms|s|sec|seconds|milliseconds)\b)",
));

/// A call's name and arguments in a form in which equal calls are equal texts.
pub(crate) fn call(call: &Call<'_>) -> String {
    let mut out = String::with_capacity(64);
    out.push_str(&call.name.text);
    out.push('(');
    if let Some(arguments) = &call.arguments {
        out.push_str(&arguments_text(arguments));
    }
    out.push(')');
    out
}

fn arguments_text(arguments: &Json<'_>) -> String {
    match arguments.ok() {
        Some(value) => {
            let mut out = String::new();
            write(&mut out, value, 0);
            out
        }
        None => spaces(&normalise(&IN_ARGUMENTS, arguments.raw.text.trim())),
    }
}

/// Sorted keys, `1.0` as `1`, texts normalised, nonces as `_`.
fn write(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if depth < DEPTH_MAX => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for key in keys {
                out.push_str(key);
                out.push(':');
                if NONCES.contains(&key.to_ascii_lowercase().as_str()) {
                    out.push('_');
                } else {
                    write(out, &map[key], depth + 1);
                }
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) if depth < DEPTH_MAX => {
            out.push('[');
            for item in items {
                write(out, item, depth + 1);
                out.push(',');
            }
            out.push(']');
        }
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => {
                out.push_str(&format!("{float:.0}"))
            }
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => {
            out.push('"');
            out.push_str(&spaces(&normalise(&IN_ARGUMENTS, text.trim())));
            out.push('"');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// A result in a form in which equal results are equal texts.
pub(crate) fn result(text: &str) -> String {
    spaces(&normalise(&IN_RESULTS, text.trim()))
}

fn normalise<'t>(pattern: &Pattern, text: &'t str) -> Cow<'t, str> {
    let Some(pattern) = pattern.regex() else {
        return Cow::Borrowed(text);
    };
    if !text
        .bytes()
        .any(|byte| byte.is_ascii_digit() || byte == b'/')
    {
        return Cow::Borrowed(text);
    }
    pattern.replace_all(text, |found: &Captures<'_>| {
        let kind = ["tmp", "win", "time", "addr", "uuid", "clock", "hex", "took"];
        let kind = kind
            .iter()
            .find(|kind| found.name(kind).is_some())
            .unwrap_or(&"");
        // A word of letters alone, or a number alone, is no hash.
        let whole = &found[0];
        if *kind == "hex"
            && (whole.bytes().all(|byte| byte.is_ascii_digit())
                || !whole.bytes().any(|byte| byte.is_ascii_digit()))
        {
            return whole.to_string();
        }
        format!("<{kind}>")
    })
}

/// Runs of blanks as one.
fn spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// A number for a text, the same in every run of the program.
pub(crate) fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}
