//! A2A tasks: `contextId`, `status.state`, `history[]` of parts, `artifacts`.

use std::borrow::Cow;

use crate::builder::{Builder, Message, NewCall, NewResult};
use crate::formats::{Format, Sink, parts};
use crate::json::{Shape, Value};
use crate::run::Role;
use crate::text::Text;

/// A task, bare or as an answer's `result`.
pub(crate) fn is(value: Value<'_>) -> bool {
    task(value).is_some()
}

fn task(value: Value<'_>) -> Option<Value<'_>> {
    let inner = value
        .get("result")
        .and_then(|result| result.get("task").or(Some(result)));
    [Some(value), inner, value.get("task")]
        .into_iter()
        .flatten()
        .find(|task| {
            let state = task.path(&["status", "state"]).is_some();
            state
                && (task.any(&["contextId", "context_id"]).is_some() || task.says("kind", "task"))
                && task.any(&["history", "artifacts"]).is_some()
        })
}

/// Reads one task.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let Some(task) = task(value) else { return };
    let mut builder = Builder::new(Format::A2a, value.span(), sink.settings);
    builder.trace.id = parts::id(task, &["id", "contextId", "context_id"]);
    for item in task.get("history").into_iter().flat_map(Value::items) {
        builder.push(message(item));
    }
    let last = task.path(&["status", "message"]);
    if let Some(last) = last.filter(|last| last.has("parts") && !repeats(&builder, *last)) {
        builder.push(message(last));
    }
    let artifacts = task.get("artifacts").into_iter().flat_map(Value::items);
    let texts: Vec<Text<'d>> = artifacts
        .flat_map(|artifact| artifact.get("parts"))
        .flat_map(Value::items)
        .filter_map(part_text)
        .collect();
    if let Some(span) = task
        .get("artifacts")
        .map(Value::span)
        .filter(|_| !texts.is_empty())
    {
        builder.trace.final_result = Some(parts::join(texts.into_iter(), span));
    }
    read_state(task, &mut builder);
    sink.traces.push(builder.finish());
}

/// The status often repeats the last message of the history.
fn repeats(builder: &Builder<'_>, last: Value<'_>) -> bool {
    let said = message(last);
    builder
        .trace
        .turns
        .last()
        .is_some_and(|turn| turn.content.text == said.content.text)
}

/// `completed`, `TASK_STATE_FAILED`, `input-required`.
fn read_state<'d>(task: Value<'d>, builder: &mut Builder<'d>) {
    let Some(state) = task.path(&["status", "state"]) else {
        return;
    };
    let Some(word) = state.text() else { return };
    let word = word
        .trim_start_matches("TASK_STATE_")
        .to_ascii_lowercase()
        .replace('_', "-");
    match word.as_str() {
        "failed" | "rejected" => builder.outcome(false, format!("state {word}"), state.span()),
        "completed" | "working" | "submitted" => return,
        _ => {}
    }
    builder.trace.stop = Some(Text::apart(word, state.span()));
}

fn message(item: Value<'_>) -> Message<'_> {
    let role = parts::role_of(item).unwrap_or(Role::Agent);
    let mut message = Message::new(role, item.span());
    let mut texts = Vec::new();
    let list = item.any(&["parts", "content"]);
    for part in list.into_iter().flat_map(Value::items) {
        match part.get("data") {
            Some(data) => read_data(part, data, &mut message, &mut texts),
            None => texts.extend(part_text(part)),
        }
    }
    message.content = parts::join(texts.into_iter(), list.map_or(item.span(), Value::span));
    message.time_ms = parts::time_ms(
        item.any(&["timestamp"])
            .or_else(|| item.path(&["metadata", "timestamp"])),
    );
    if role == Role::Agent {
        message.agent = item.path(&["metadata", "agent"]).and_then(Value::some_text);
    }
    if message.content.is_blank() && message.calls.is_empty() && !message.results.is_empty() {
        message.role = Role::Tool;
    }
    message
}

fn part_text(part: Value<'_>) -> Option<Text<'_>> {
    let text = part.get("text").or_else(|| part.path(&["root", "text"]))?;
    (text.shape() == Shape::Text).then(|| Text::of(text))
}

/// Frameworks put calls into data parts: `{id, name, args}`, `{id, name, response}`; other data is text.
fn read_data<'d>(
    part: Value<'d>,
    data: Value<'d>,
    message: &mut Message<'d>,
    texts: &mut Vec<Text<'d>>,
) {
    let id: Option<Cow<'d, str>> = data.get("id").and_then(Value::some_text);
    let name = data.get("name").filter(|name| name.shape() == Shape::Text);
    match (
        name,
        data.any(&["args", "arguments"]),
        data.any(&["response", "result"]),
    ) {
        (Some(name), arguments, None) if arguments.is_some() || is_call(part) => {
            let mut call = NewCall::new(Text::of(name), part.span());
            call.id = id;
            call.arguments = arguments.map(Text::of);
            message.calls.push(call);
        }
        (Some(name), _, Some(response)) => {
            let mut result =
                NewResult::new(crate::formats::messages::output_text(response), part.span());
            (result.id, result.name) = (id, name.text());
            result.failed = response.any(&["isError", "is_error"]).and_then(Value::bool);
            message.results.push(result);
        }
        _ => texts.push(Text::of(data)),
    }
}

/// ADK and kagent say in a part's metadata what it is.
fn is_call(part: Value<'_>) -> bool {
    let metadata = part.get("metadata").into_iter().flat_map(Value::entries);
    metadata
        .filter(|(key, _)| key.ends_with("type"))
        .any(|(_, value)| value.is_text("function_call"))
}
