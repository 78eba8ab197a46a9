//! Attributes of traced spans under the conventions in use: OpenTelemetry GenAI old and new, OpenLLMetry,
//! OpenInference, Vercel AI, Google ADK, Pydantic AI, MLflow.
//!
//! Knows attribute names. Does not know how an exporter lays spans out in a file.

mod merged;
mod said;
mod step;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::builder::Message;
use crate::formats::messages;
use crate::json::{Embedded, Shape, Value};
use crate::text::Text;

pub(crate) use merged::unmerge;
pub(crate) use step::step;

/// A span's attributes, flat: `llm.input_messages.0.message.role`.
#[derive(Debug, Default)]
pub(crate) struct Attributes<'d> {
    entries: Vec<(Cow<'d, str>, Value<'d>)>,
}

/// Nested attributes beyond this depth are left as they are.
const DEPTH_MAX: usize = 12;

impl<'d> Attributes<'d> {
    /// Of an object, flat or nested.
    pub(crate) fn of_object(value: Value<'d>) -> Attributes<'d> {
        let mut attributes = Attributes::default();
        for (key, value) in value.entries() {
            attributes.flatten(key, value, 0);
        }
        attributes
    }

    fn flatten(&mut self, key: Cow<'d, str>, value: Value<'d>, depth: usize) {
        let listed = ["messages", "tools", "documents", "contents", "tool_calls"]
            .iter()
            .any(|list| key.ends_with(list));
        match value.shape() {
            Shape::Object if depth < DEPTH_MAX => {
                for (inner, value) in value.entries() {
                    self.flatten(format!("{key}.{inner}").into(), value, depth + 1);
                }
            }
            Shape::Array
                if listed
                    && depth < DEPTH_MAX
                    && value.items().all(|item| item.shape() == Shape::Object) =>
            {
                for (at, item) in value.items().enumerate() {
                    self.flatten(format!("{key}.{at}").into(), item, depth + 1);
                }
            }
            _ => self.entries.push((key, value)),
        }
    }

    /// Of a list of `{key, value}`, the value bare or typed as OTLP types it.
    pub(crate) fn of_list(list: Value<'d>) -> Attributes<'d> {
        let mut attributes = Attributes::default();
        attributes.add_list(Some(list));
        attributes
    }

    /// Adds a list of `{key, value}`.
    pub(crate) fn add_list(&mut self, list: Option<Value<'d>>) {
        for item in list.into_iter().flat_map(Value::items) {
            if let (Some(key), Some(value)) = (item.text_at("key"), item.get("value")) {
                self.entries.push((key, bare(value)));
            }
        }
    }

    /// Adds the fields of a log record's body, a typed map or a plain one; any other body as `body`.
    pub(crate) fn add_body(&mut self, body: Value<'d>) {
        let body = bare(body);
        match body.get("values") {
            Some(fields) if fields.items().next().is_some_and(|item| item.has("key")) => {
                self.add_list(Some(fields));
            }
            None if body.shape() == Shape::Object => self.entries.extend(body.entries()),
            _ => self.entries.push((Cow::Borrowed("body"), body)),
        }
    }

    /// Adds all of `more`; what is there already is asked first.
    pub(crate) fn add(&mut self, more: Attributes<'d>) {
        self.entries.extend(more.entries);
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The first of `keys` that is there and says something.
    pub(crate) fn any(&self, keys: &[&str]) -> Option<Value<'d>> {
        keys.iter().find_map(|key| {
            let found = self
                .entries
                .iter()
                .find(|(name, value)| name == key && !value.is_null())?;
            (!found.1.is_blank() || found.1.shape() == Shape::Object).then_some(found.1)
        })
    }

    /// The text of the first of `keys` that is there.
    pub(crate) fn text(&self, keys: &[&str]) -> Option<Cow<'d, str>> {
        self.any(keys).and_then(Value::text)
    }

    /// Whether some attribute's name begins so.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        self.entries.iter().any(|(key, _)| key.starts_with(prefix))
    }

    /// Attributes `prefix.N.rest` by N.
    fn indexed(&self, prefix: &str) -> BTreeMap<u32, Vec<(&str, Value<'d>)>> {
        let mut found: BTreeMap<u32, Vec<(&str, Value<'d>)>> = BTreeMap::new();
        for (key, value) in &self.entries {
            let Some(rest) = key
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix('.'))
            else {
                continue;
            };
            let (number, rest) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                found.entry(number).or_default().push((rest, *value));
            }
        }
        found
    }
}

/// The value inside OTLP's typed one: `{"stringValue": "x"}`.
fn bare(value: Value<'_>) -> Value<'_> {
    let keys = [
        "stringValue",
        "intValue",
        "doubleValue",
        "boolValue",
        "arrayValue",
        "kvlistValue",
        "bytesValue",
    ];
    value.any(&keys).unwrap_or(value)
}

/// OTLP's typed lists and maps as plain JSON text.
fn plain(value: Value<'_>, out: &mut String, depth: usize) {
    let value = bare(value);
    let values = value.get("values").filter(|_| depth < DEPTH_MAX);
    let Some(values) = values else {
        out.push_str(value.raw());
        return;
    };
    let map = values.items().next().is_some_and(|item| item.has("key"));
    out.push(if map { '{' } else { '[' });
    for (at, item) in values.items().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if let Some(key) = item.get("key").filter(|_| map) {
            out.push_str(key.raw());
            out.push(':');
        }
        match item.get("value").filter(|_| map) {
            Some(inner) => plain(inner, out, depth + 1),
            None => plain(item, out, depth + 1),
        }
    }
    out.push(if map { '}' } else { ']' });
}

/// The messages in an attribute: JSON in a string, JSON, or OTLP's typed lists.
pub(crate) fn messages_in(value: Value<'_>) -> Vec<Message<'_>> {
    if value.get("values").is_none() {
        return messages::read(value);
    }
    with_plain(value, |root| {
        messages::read(root)
            .into_iter()
            .map(Message::into_owned)
            .collect()
    })
    .unwrap_or_default()
}

fn with_plain<R>(value: Value<'_>, read: impl FnOnce(Value<'_>) -> R) -> Option<R> {
    let mut text = String::new();
    plain(value, &mut text, 0);
    let made = Embedded::made(text, value.span());
    let tape = made.tape()?;
    tape.root().map(read)
}

/// Reads JSON in a string, or the value itself.
pub(crate) fn with_json<R>(value: Value<'_>, read: impl Fn(Value<'_>) -> R) -> Option<R> {
    if value.get("values").is_some() {
        return with_plain(value, read);
    }
    match value.unpack() {
        Some(inner) => {
            let tape = inner.tape()?;
            let root = tape.root()?;
            match root.shape() {
                Shape::Text => with_json(root, read),
                _ => Some(read(root)),
            }
        }
        None => Some(read(value)),
    }
}

/// A text that may be written as a JSON string inside the string: `"\"sunny\""`.
pub(crate) fn plain_text(value: Value<'_>) -> Text<'_> {
    if value.get("values").is_some() {
        let mut text = String::new();
        plain(value, &mut text, 0);
        return Text::apart(text, value.span());
    }
    let quoted = value
        .text()
        .is_some_and(|text| text.starts_with('"') && text.ends_with('"') && text.len() > 1);
    if quoted
        && let Some(inner) = value.unpack()
        && let Some(tape) = inner.tape()
        && let Some(root) = tape.root().filter(|root| root.shape() == Shape::Text)
    {
        return Text::of(root).into_owned();
    }
    Text::of(value)
}
