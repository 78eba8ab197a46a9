//! OpenAI chat messages, bare or inside a wrapper, and plain lists of `{role, content}`.
//!
//! Does not know how other providers write calls.

use crate::builder::{Builder, Message, NewCall, NewResult};
use crate::formats::{Format, Sink, parts};
use crate::json::{Shape, Value};
use crate::run::Role;
use crate::text::Text;

/// Keys under which wrappers keep their messages.
const LISTS: [&str; 7] = [
    "messages",
    "traj",
    "history",
    "conversation",
    "chat_history",
    "trajectory",
    "conversations",
];

/// An object that holds a list of messages.
pub(crate) fn is(value: Value<'_>) -> bool {
    list(value).is_some()
}

/// Values that are messages.
pub(crate) fn is_list(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| is_message(*value))
}

fn list(value: Value<'_>) -> Option<Value<'_>> {
    LISTS.iter().find_map(|key| {
        let list = value.get(key)?;
        let mut items = list.items();
        let first = items.next()?;
        (is_message(first) && items.next().is_none_or(is_message)).then_some(list)
    })
}

/// `{role, content}` or `{role, tool_calls}`, the role one that we know.
pub(crate) fn is_message(value: Value<'_>) -> bool {
    let spoken = || {
        value
            .entries()
            .any(|(key, _)| matches!(key.as_ref(), "content" | "tool_calls" | "function_call"))
    };
    parts::role_of(value).is_some() && spoken()
}

/// Reads a wrapper with its messages.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let Some(list) = list(value) else { return };
    let mut builder = Builder::new(format_of(list.items()), value.span(), sink.settings);
    builder.trace.id = parts::id(
        value,
        &[
            "trace_id",
            "id",
            "task_id",
            "session_id",
            "conversation_id",
            "question_ID",
        ],
    );
    if let (Some(id), Some(trial)) = (
        &builder.trace.id,
        value.get("trial").filter(|_| value.has("task_id")),
    ) {
        builder.trace.id = Some(format!("{id}/{}", trial.raw()).into());
    }
    builder.trace.tools = parts::tools(value.any(&["tools", "functions"]));
    builder.trace.goal = goal(value);
    builder.trace.policy = value
        .any(&["system", "instructions"])
        .and_then(|text| parts::content(Some(text)));
    builder.trace.tokens = parts::usage(value.get("usage"));
    parts::outcome(&mut builder, value);
    for message in list.items().filter(|value| value.shape() == Shape::Object) {
        builder.push(read_message(message));
    }
    read_choice(value, &mut builder);
    sink.traces.push(builder.finish());
}

/// Reads a bare list of messages.
pub(crate) fn read_list<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return;
    };
    let span = first.span().cover(last.span());
    let mut builder = Builder::new(format_of(values.iter().copied()), span, sink.settings);
    for message in values.iter().filter(|value| value.shape() == Shape::Object) {
        builder.push(read_message(*message));
    }
    sink.traces.push(builder.finish());
}

fn format_of<'d>(mut messages: impl Iterator<Item = Value<'d>>) -> Format {
    let calls = |message: Value| {
        ["tool_calls", "function_call", "tool_call_id"]
            .iter()
            .any(|key| message.has(key))
    };
    if messages.any(calls) {
        Format::OpenAiChat
    } else {
        Format::MessageList
    }
}

fn goal(value: Value<'_>) -> Option<Text<'_>> {
    let stated = value.any(&["original_goal", "goal", "question", "task", "instruction"]);
    let goal = stated.or_else(|| value.path(&["info", "task", "instruction"]))?;
    (goal.shape() == Shape::Text).then(|| Text::of(goal))
}

/// A request logged with its response: the response's message is the last turn.
fn read_choice<'d>(value: Value<'d>, builder: &mut Builder<'d>) {
    let response = value.get("response").unwrap_or(value);
    let Some(choice) = response
        .get("choices")
        .and_then(|choices| choices.items().next())
    else {
        return;
    };
    let Some(message) = choice.get("message").filter(|message| is_message(*message)) else {
        return;
    };
    let mut message = read_message(message);
    message.finish_reason = choice.text_at("finish_reason");
    message.tokens = parts::usage(response.get("usage"));
    builder.push(message);
}

/// Reads one message.
pub(crate) fn read_message(value: Value<'_>) -> Message<'_> {
    let role = parts::role_of(value).unwrap_or(Role::Agent);
    let mut message = Message::new(role, value.span());
    message.agent = value
        .any(&["name", "sender", "agent"])
        .and_then(Value::some_text);
    if let Some(content) =
        parts::content(value.get("content")).or_else(|| parts::content(value.get("refusal")))
    {
        message.content = content;
    }
    message.thinking = value
        .any(&["reasoning_content", "reasoning", "thinking"])
        .and_then(|text| parts::content(Some(text)));
    message.finish_reason = value.text_at("finish_reason");
    message.time_ms = parts::time_ms(value.any(&["timestamp", "created_at"]));
    message.tokens = parts::usage(
        value
            .get("usage")
            .filter(|usage| usage.shape() == Shape::Object),
    );
    for call in value.get("tool_calls").into_iter().flat_map(Value::items) {
        message.calls.extend(read_call(call));
    }
    if let Some(call) = value.get("function_call") {
        message.calls.extend(read_call(call));
    }
    if role == Role::Tool {
        let mut result = NewResult::new(message.content.clone(), message.span);
        result.id = value
            .any(&["tool_call_id", "call_id"])
            .and_then(Value::text);
        result.name = message.agent.take().or_else(|| value.text_at("tool_name"));
        message.agent.clone_from(&result.name);
        message.results.push(result);
    }
    message
}

/// Reads `{id, function: {name, arguments}}` and its flat forms.
pub(crate) fn read_call(call: Value<'_>) -> Option<NewCall<'_>> {
    let inside = call
        .any(&["function", "custom"])
        .filter(|inside| inside.shape() == Shape::Object)
        .unwrap_or(call);
    let name = inside.any(&["name", "tool_name", "toolName"])?;
    let mut new = NewCall::new(Text::of(name), call.span());
    new.id = call
        .any(&["id", "call_id", "tool_call_id", "toolCallId"])
        .and_then(Value::text);
    new.arguments = inside
        .any(&["arguments", "args", "input", "parameters"])
        .map(Text::of);
    new.free = call.says("type", "custom");
    Some(new)
}
