//! Event streams of Anthropic's managed agents: `user.message`, `agent.tool_use`, `agent.tool_result`.
//!
//! Recorders put the name of the client's method before each event; both forms are read.

use looplint_model::Span;
use rustc_hash::FxHashMap;

use crate::builder::{Builder, Message, NewResult};
use crate::formats::{Format, Sink, messages, parts};
use crate::json::{Shape, Value};
use crate::run::{Role, Tokens, TurnKind};
use crate::text::Text;

/// Events, bare or as `[method, event]`.
pub(crate) fn is(values: &[Value<'_>]) -> bool {
    let recorded = |value: &Value<'_>| {
        let mut items = value.items();
        items
            .next()
            .and_then(Value::text)
            .is_some_and(|name| name.contains(".sessions."))
            && items.next().is_some()
    };
    values.iter().all(recorded) || values.iter().all(|value| is_event(*value))
}

fn is_event(value: Value<'_>) -> bool {
    let kinds = ["user.", "agent.", "session.", "span."];
    value.has("processed_at")
        && value
            .text_at("type")
            .is_some_and(|kind| kinds.iter().any(|start| kind.starts_with(start)))
}

/// Reads a stream: one run.
pub(crate) fn read<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let Some(span) = values.iter().map(|value| value.span()).reduce(Span::cover) else {
        return;
    };
    let mut builder = Builder::new(Format::AnthropicSession, span, sink.settings);
    let mut messages: Vec<Message<'d>> = Vec::new();
    let mut agent = None;
    let mut called_ms: FxHashMap<String, f64> = FxHashMap::default();
    for value in values {
        let event = if value.shape() == Shape::Array {
            value.items().nth(1)
        } else {
            Some(*value)
        };
        let Some(event) = event else { continue };
        if event.says("type", "session") {
            builder.trace.id = parts::id(event, &["id"]);
            builder.trace.policy = event.path(&["agent", "system"]).map(Text::of);
            agent = event.path(&["agent", "name"]).and_then(Value::some_text);
            continue;
        }
        read_event(event, &mut messages, &mut builder);
        if let Some(last) = messages.last_mut().filter(|last| last.span == event.span()) {
            time_calls(last, &mut called_ms);
        }
    }
    for mut message in messages {
        if message.role == Role::Agent {
            message.agent.clone_from(&agent);
        }
        builder.push(message);
    }
    if !builder.trace.turns.is_empty() {
        sink.traces.push(builder.finish());
    }
}

fn read_event<'d>(event: Value<'d>, messages: &mut Vec<Message<'d>>, builder: &mut Builder<'d>) {
    let Some(kind) = event.text_at("type") else {
        return;
    };
    let time = parts::time_ms(event.get("processed_at"));
    let role = match kind.as_ref() {
        // What is sent is heard again in the stream.
        "user.message" if time.is_some() => Role::User,
        "agent.message" | "agent.thinking" => Role::Agent,
        kind if kind.starts_with("agent.") && kind.ends_with("tool_use") => Role::Agent,
        kind if kind.ends_with("tool_result") => Role::Tool,
        "span.model_request_end" => return read_usage(event, messages),
        "session.error" => Role::System,
        "session.status_idle" => {
            let why = event
                .path(&["stop_reason", "type"])
                .filter(|why| !why.is_text("end_turn") && !why.is_text("requires_action"));
            builder.trace.stop = why.map(Text::of).or(builder.trace.stop.take());
            return;
        }
        _ => return,
    };
    let mut message = Message::new(role, event.span());
    message.time_ms = time;
    match kind.as_ref() {
        "agent.thinking" => {
            message.kind = TurnKind::Thought;
            message.thinking = parts::content(event.get("content"));
        }
        kind if kind.ends_with("tool_use") => {
            message.calls.extend(messages::call(event).map(|mut call| {
                call.started_ms = time;
                call
            }))
        }
        kind if kind.ends_with("tool_result") => {
            let content = event
                .get("content")
                .map_or_else(|| Text::apart("", event.span()), result_text);
            let mut result = NewResult::new(content, event.span());
            result.id = event
                .any(&["mcp_tool_use_id", "tool_use_id", "custom_tool_use_id"])
                .and_then(Value::text);
            result.failed = event.get("is_error").and_then(Value::bool);
            message.results.push(result);
        }
        "session.error" => {
            message.kind = TurnKind::Notice;
            message.content = event
                .path(&["error", "message"])
                .map(Text::of)
                .unwrap_or_default();
        }
        _ => message.content = parts::content(event.get("content")).unwrap_or_default(),
    }
    messages.push(message);
}

/// The words of a result; documents keep theirs in `source.data`.
fn result_text(content: Value<'_>) -> Text<'_> {
    let document = |part: Value<'_>| part.path(&["source", "data"]).is_some();
    if content.items().any(document) {
        let text =
            |part| parts::part_text(part).or_else(|| part.path(&["source", "data"]).map(Text::of));
        return parts::join(content.items().filter_map(text), content.span());
    }
    messages::output_text(content)
}

/// A call lasts from its event to its result's, permission included.
fn time_calls(message: &mut Message<'_>, called_ms: &mut FxHashMap<String, f64>) {
    let Some(now) = message.time_ms else { return };
    for id in message.calls.iter().filter_map(|call| call.id.as_ref()) {
        called_ms.insert(id.to_string(), now);
    }
    for result in &mut message.results {
        let called = result.id.as_ref().and_then(|id| called_ms.get(id.as_ref()));
        result.latency_ms = called.map(|called| (now - called).max(0.0));
    }
}

fn read_usage<'d>(event: Value<'d>, messages: &mut [Message<'d>]) {
    let last = messages
        .iter_mut()
        .rev()
        .find(|message| message.role == Role::Agent);
    if let Some(last) = last.filter(|last| last.tokens == Tokens::default()) {
        last.tokens = parts::usage(event.get("model_usage"));
    }
}
