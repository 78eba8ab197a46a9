//! What OpenTelemetry logs beside a span: events on it, and log records that name it.
//!
//! Knows which events carry messages. What attributes mean is read elsewhere.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::builder::{Message, NewResult};
use crate::formats::attributes::{self, Attributes};
use crate::formats::messages;
use crate::formats::parts;
use crate::formats::steps::Step;
use crate::json::{Shape, Value};
use crate::run::Role;
use crate::text::Text;

/// Where a log record says when it was.
pub(super) const TIMES: [&str; 2] = ["timeUnixNano", "observedTimeUnixNano"];
/// The event that carries all messages of a model's call.
const DETAILS: &str = "gen_ai.client.inference.operation.details";

/// A trace's id and a span's.
type Place<'d> = (Option<Cow<'d, str>>, Option<Cow<'d, str>>);

/// The log records of an export by the span that they were logged under.
pub(super) struct Logs<'d> {
    records: Vec<(Place<'d>, Vec<Value<'d>>)>,
    by_place: FxHashMap<Place<'d>, usize>,
}

impl<'d> Logs<'d> {
    /// Those that carry messages.
    pub(super) fn of(values: &[Value<'d>]) -> Logs<'d> {
        let mut logs = Logs {
            records: Vec::new(),
            by_place: FxHashMap::default(),
        };
        for record in values.iter().copied().flat_map(records) {
            if !name_of(record, &attributes_of(record)).starts_with("gen_ai.") {
                continue;
            }
            let place = place(record);
            let next = logs.records.len();
            let at = *logs.by_place.entry(place.clone()).or_insert(next);
            if at == next {
                logs.records.push((place, Vec::new()));
            }
            logs.records[at].1.push(record);
        }
        logs
    }

    /// Takes those that were logged under `span`.
    pub(super) fn of_span(&mut self, span: Value<'d>) -> Vec<Value<'d>> {
        match self.by_place.get(&place(span)) {
            Some(&at) => std::mem::take(&mut self.records[at].1),
            None => Vec::new(),
        }
    }

    /// Those of which no span was there or which name none: each model's call, up to its answer, with its trace.
    pub(super) fn left(self) -> Vec<(Option<Cow<'d, str>>, Vec<Value<'d>>)> {
        let mut calls = Vec::new();
        for ((trace, _), records) in self.records {
            let answers = |record: &Value<'d>| {
                matches!(
                    name_of(*record, &attributes_of(*record)).as_ref(),
                    "gen_ai.choice" | DETAILS
                )
            };
            for call in records.split_inclusive(answers) {
                calls.push((trace.clone(), call.to_vec()));
            }
        }
        calls
    }
}

/// OTLP's logs, where they carry messages: `resourceLogs[]`.
pub(super) fn is_logs(value: Value<'_>) -> bool {
    records(value).any(|record| name_of(record, &attributes_of(record)).starts_with("gen_ai."))
}

fn records(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    listed(value, &["resourceLogs", "resource_logs"])
        .flat_map(|resource| listed(resource, &["scopeLogs", "scope_logs"]))
        .flat_map(|scope| listed(scope, &["logRecords", "log_records"]))
}

fn listed<'d>(value: Value<'d>, keys: &[&str]) -> impl Iterator<Item = Value<'d>> + use<'d> {
    value.any(keys).into_iter().flat_map(Value::items)
}

fn place(value: Value<'_>) -> Place<'_> {
    let id = |keys: &[&str]| value.any(keys).and_then(Value::some_text);
    (id(&["traceId", "trace_id"]), id(&["spanId", "span_id"]))
}

/// A record's attributes and the fields of its body.
fn attributes_of(record: Value<'_>) -> Attributes<'_> {
    let mut attributes = Attributes::default();
    attributes.add_list(record.get("attributes"));
    if let Some(body) = record.get("body") {
        attributes.add_body(body);
    }
    attributes
}

fn name_of<'d>(record: Value<'d>, attributes: &Attributes<'d>) -> Cow<'d, str> {
    let name = record.any(&["eventName", "event_name", "name"]);
    name.and_then(Value::text)
        .or_else(|| attributes.text(&["event.name", "otel.event.name", "event"]))
        .unwrap_or_default()
}

/// Adds what records tell of a span as if its own attributes told it.
pub(super) fn add_details<'d>(logged: &[Value<'d>], attributes: &mut Attributes<'d>) {
    for record in logged {
        let own = attributes_of(*record);
        if name_of(*record, &own) == DETAILS {
            attributes.add(own);
        }
    }
}

/// Reads the messages of log records.
pub(super) fn read_records<'d>(logged: &[Value<'d>], step: &mut Step<'d>) {
    for record in logged {
        let attributes = attributes_of(*record);
        read_event(&name_of(*record, &attributes), &attributes, *record, step);
    }
}

/// Events of a span: exceptions, and messages as older conventions log them.
pub(super) fn read_events<'d>(span: Value<'d>, step: &mut Step<'d>) {
    let list = span
        .any(&["events", "logs"])
        .into_iter()
        .flat_map(Value::items);
    for event in list {
        let fields = event.any(&["attributes", "fields"]);
        let attributes = match fields {
            Some(fields) if fields.shape() == Shape::Array => Attributes::of_list(fields),
            Some(fields) => Attributes::of_object(fields),
            None => continue,
        };
        let name = event
            .any(&["name"])
            .and_then(Value::text)
            .or_else(|| attributes.text(&["event", "event.name", "name"]));
        read_event(
            name.as_deref().unwrap_or_default(),
            &attributes,
            event,
            step,
        );
    }
}

fn read_event<'d>(name: &str, attributes: &Attributes<'d>, event: Value<'d>, step: &mut Step<'d>) {
    let read = |key: &str| {
        attributes
            .any(&[key])
            .map(attributes::messages_in)
            .unwrap_or_default()
    };
    match name {
        "exception" => {
            step.error = step.error.take().or_else(|| {
                attributes
                    .any(&["exception.message", "exception.type"])
                    .map(Text::of)
            });
            step.failed = step.failed.or(Some(true));
        }
        "gen_ai.content.prompt" if step.input.is_empty() => step.input = read("gen_ai.prompt"),
        "gen_ai.content.completion" if step.output.is_empty() => {
            step.output = read("gen_ai.completion");
        }
        DETAILS => {
            if step.input.is_empty() {
                step.input = read("gen_ai.input.messages");
            }
            if step.output.is_empty() {
                step.output = read("gen_ai.output.messages");
            }
        }
        "gen_ai.choice" => step
            .output
            .extend(event_message(Role::Agent, attributes, event)),
        _ => {
            // `gen_ai.user.message` and its like: what the model was given.
            let speaker = name
                .strip_prefix("gen_ai.")
                .and_then(|name| name.strip_suffix(".message"));
            if let Some(role) = speaker.and_then(parts::role) {
                step.input.extend(event_message(role, attributes, event));
            }
        }
    }
}

/// A message logged as an event: its body is JSON in `message`, or its fields are attributes.
fn event_message<'d>(
    role: Role,
    attributes: &Attributes<'d>,
    event: Value<'d>,
) -> Vec<Message<'d>> {
    let mut inner = Attributes::default();
    if let Some(body) = attributes.any(&["message", "body", "event_body"]) {
        let read = messages::read(body);
        if !read.is_empty() {
            return read;
        }
        inner.add_body(body);
    }
    let finish_reason = attributes.text(&["finish_reason"]);
    let attributes = if inner.is_empty() { attributes } else { &inner };
    let mut message = Message::new(role, event.span());
    if let Some(content) = attributes.any(&["content", "gen_ai.event.content"]) {
        message.content = attributes::plain_text(content);
    }
    if let Some(calls) = attributes.any(&["tool_calls"]) {
        let read = |list: Value<'_>| {
            let mut holder = Message::new(role, list.span());
            holder.calls = list.items().filter_map(messages::call).collect();
            holder.into_owned().calls
        };
        message.calls = attributes::with_json(calls, read).unwrap_or_default();
    }
    if role == Role::Tool {
        let mut result = NewResult::new(message.content.clone(), message.span);
        result.id = attributes.text(&["id", "tool_call_id"]);
        message.results.push(result);
    }
    message.finish_reason = finish_reason.or_else(|| attributes.text(&["finish_reason"]));
    vec![message]
}
