//! Inspect evaluation logs: each sample is a run. A log as one JSON, or one sample of an archive.
//!
//! Messages are OpenAI's with the tool's name in `function`; events add times and tokens.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::builder::{Builder, Message};
use crate::formats::{Format, Sink, messages, parts};
use crate::json::{Shape, Value};
use crate::run::{Role, Tokens};
use crate::text::Text;

fn is_sample(value: Value<'_>) -> bool {
    value.has("epoch")
        && value.has("messages")
        && value
            .any(&["input", "target", "scores", "events", "store"])
            .is_some()
}

/// A log, or a sample of one.
pub(crate) fn is(value: Value<'_>) -> bool {
    (value.has("eval")
        && value.has("status")
        && value.any(&["samples", "plan", "version"]).is_some())
        || is_sample(value)
}

/// Reads a log's samples, or one sample.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    if is_sample(value) {
        return read_sample(value, None, sink);
    }
    let task = value.path(&["eval", "task"]).and_then(Value::text);
    for sample in value.get("samples").into_iter().flat_map(Value::items) {
        read_sample(sample, task.as_deref(), sink);
    }
}

fn read_sample<'d>(sample: Value<'d>, task: Option<&str>, sink: &mut Sink<'d>) {
    let mut builder = Builder::new(Format::Inspect, sample.span(), sink.settings);
    let id = parts::id(sample, &["id"]).unwrap_or_default();
    let epoch = sample.get("epoch").map_or("1", Value::raw);
    builder.trace.id = Some(match task {
        Some(task) => format!("{task}/{id}/{epoch}").into(),
        None => format!("{id}/{epoch}").into(),
    });
    let attachments = attachments(sample);
    builder.trace.goal = sample
        .get("input")
        .filter(|input| input.shape() == Shape::Text)
        .map(Text::of);
    if let Some(goal) = &mut builder.trace.goal {
        attach(goal, &attachments);
    }
    let events = Events::of(sample);
    builder.trace.tools = events
        .tools
        .map_or_else(Vec::new, |tools| parts::tools(Some(tools)));
    for item in sample.get("messages").into_iter().flat_map(Value::items) {
        for mut message in messages::read_one(item) {
            attach(&mut message.content, &attachments);
            for result in &mut message.results {
                attach(&mut result.content, &attachments);
            }
            events.add(item, &mut message);
            builder.push(message);
        }
    }
    read_end(sample, &mut builder);
    sink.traces.push(builder.finish());
}

/// Long texts stand once, at the sample's end, by their hash.
fn attachments<'d>(sample: Value<'d>) -> FxHashMap<Cow<'d, str>, Value<'d>> {
    sample
        .get("attachments")
        .into_iter()
        .flat_map(Value::entries)
        .collect()
}

fn attach<'d>(text: &mut Text<'d>, attachments: &FxHashMap<Cow<'d, str>, Value<'d>>) {
    let found = text
        .text
        .strip_prefix("attachment://")
        .and_then(|hash| attachments.get(hash));
    if let Some(found) = found {
        *text = Text::of(*found);
    }
}

/// What events say of calls and model answers.
struct Events<'d> {
    tools: Option<Value<'d>>,
    calls: FxHashMap<Cow<'d, str>, Value<'d>>,
    answers: FxHashMap<Cow<'d, str>, Value<'d>>,
}

impl<'d> Events<'d> {
    fn of(sample: Value<'d>) -> Events<'d> {
        let mut events = Events {
            tools: None,
            calls: FxHashMap::default(),
            answers: FxHashMap::default(),
        };
        for event in sample.get("events").into_iter().flat_map(Value::items) {
            match event.text_at("event").as_deref() {
                Some("tool") => {
                    if let Some(id) = event.text_at("id") {
                        events.calls.insert(id, event);
                    }
                }
                Some("model") => {
                    events.tools = events
                        .tools
                        .or_else(|| event.get("tools").filter(|tools| !tools.is_blank()));
                    let choice = event
                        .path(&["output", "choices"])
                        .and_then(|choices| choices.items().next());
                    if let Some(id) = choice
                        .and_then(|choice| choice.path(&["message", "id"]))
                        .and_then(Value::text)
                    {
                        events.answers.insert(id, event);
                    }
                }
                _ => {}
            }
        }
        events
    }

    fn add(&self, item: Value<'d>, message: &mut Message<'d>) {
        for call in &mut message.calls {
            let Some(event) = call.id.as_ref().and_then(|id| self.calls.get(id)) else {
                continue;
            };
            call.started_ms = parts::time_ms(event.get("timestamp"));
            call.latency_ms = event
                .get("working_time")
                .and_then(Value::number)
                .map(|seconds| seconds * 1e3);
        }
        let answer = item
            .text_at("id")
            .and_then(|id| self.answers.get(&id).copied());
        if let Some(event) = answer.filter(|_| message.role == Role::Agent) {
            message.time_ms = parts::time_ms(event.get("timestamp"));
            message.latency_ms = event
                .get("working_time")
                .and_then(Value::number)
                .map(|seconds| seconds * 1e3);
            if message.tokens == Tokens::default() {
                message.tokens = parts::usage(event.path(&["output", "usage"]));
            }
            let choice = event
                .path(&["output", "choices"])
                .and_then(|choices| choices.items().next());
            message.finish_reason = choice.and_then(|choice| choice.text_at("stop_reason"));
        }
    }
}

/// Scores, limits and errors.
fn read_end<'d>(sample: Value<'d>, builder: &mut Builder<'d>) {
    if let Some(limit) = sample.get("limit") {
        builder.trace.stop = limit.get("type").map(|kind| {
            Text::apart(
                format!("{} limit", kind.text().unwrap_or_default()),
                kind.span(),
            )
        });
    }
    if let Some(error) = sample.get("error").filter(|error| !error.is_blank()) {
        builder.trace.stop = Some(
            error
                .get("message")
                .map_or_else(|| Text::of(error), Text::of),
        );
        return builder.outcome(false, "error", error.span());
    }
    let Some((name, score)) = sample
        .get("scores")
        .and_then(|scores| scores.entries().next())
    else {
        return;
    };
    let Some(value) = score.get("value") else {
        return;
    };
    let passed = match (value.shape(), value.text().as_deref()) {
        (_, Some("C" | "correct" | "CORRECT" | "true" | "pass")) => true,
        (_, Some("I" | "N" | "P" | "incorrect" | "INCORRECT" | "false" | "fail")) => false,
        (Shape::Bool, _) => value.bool() == Some(true),
        (Shape::Number, _) => value.number().is_some_and(|number| number >= 1.0),
        _ => return,
    };
    let shown: String = value.raw().chars().take(20).collect();
    builder.outcome(passed, format!("score {name} {shown}"), value.span());
}
