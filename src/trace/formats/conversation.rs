//! Conversations: lists of messages in any dialect, bare, one a line, or inside a wrapper with what was asked and how it went.
//!
//! Knows wrappers. Messages are read elsewhere.

use crate::builder::{Builder, Message};
use crate::formats::{Format, Sink, messages, parts, react};
use crate::json::{Shape, Value};
use crate::text::Text;

/// Keys under which wrappers keep their messages.
const LISTS: [&str; 12] = [
    "messages",
    "traj",
    "history",
    "conversation",
    "chat_history",
    "trajectory",
    "conversations",
    "contents",
    "items",
    "input",
    "output",
    "all_messages",
];

/// An object that holds a list of messages, or is a request logged with its response.
pub(crate) fn is(value: Value<'_>) -> bool {
    lists(value).next().is_some()
}

/// Values that are messages.
pub(crate) fn is_list(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| messages::is_message(*value))
}

/// The lists of messages in a wrapper, in the order in which they were said.
fn lists(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let holders = [
        Some(value),
        value.any(&["request", "state", "values", "kwargs", "body"]),
        value.get("response"),
    ];
    holders
        .into_iter()
        .flatten()
        .flat_map(|holder| LISTS.iter().filter_map(move |key| list_at(holder, key)))
}

fn list_at<'d>(holder: Value<'d>, key: &str) -> Option<Value<'d>> {
    let list = holder
        .get(key)
        .filter(|list| list.shape() == Shape::Array)?;
    let mut items = list.items();
    let first = items.next()?;
    (messages::is_message(first) && items.next().is_none_or(messages::is_message)).then_some(list)
}

/// Reads a wrapper with its messages.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let found: Vec<Value<'d>> = lists(value).collect();
    let format = format_of(value, found.iter().flat_map(|list| list.items()));
    let mut builder = Builder::new(format, value.span(), sink.settings);
    let ids = [
        "trace_id",
        "id",
        "task_id",
        "session_id",
        "conversation_id",
        "thread_id",
        "run_id",
        "question_ID",
    ];
    builder.trace.id = parts::id(value, &ids);
    if let (Some(id), Some(trial)) = (
        &builder.trace.id,
        value.get("trial").filter(|_| value.has("task_id")),
    ) {
        builder.trace.id = Some(format!("{id}/{}", trial.raw()).into());
    }
    let request = value.any(&["request", "kwargs", "body"]).unwrap_or(value);
    builder.trace.tools = messages::declared(request);
    builder.trace.goal = goal(value);
    builder.trace.final_result = result(value);
    builder.trace.policy = messages::instructions(request).map(|message| message.content);
    builder.trace.tokens = parts::usage(
        value
            .get("usage")
            .filter(|usage| usage.shape() == Shape::Object),
    );
    let ended = value.any(&["termination_reason", "exit_status", "stop_reason"]);
    let ended = ended.or_else(|| value.path(&["info", "exit_status"]));
    builder.trace.stop = ended
        .filter(|ended| ended.shape() == Shape::Text)
        .map(Text::of);
    parts::outcome(&mut builder, value);
    let mut said: Vec<Message<'d>> = found
        .iter()
        .flat_map(|list| list.items())
        .flat_map(messages::read_one)
        .collect();
    said.extend(answer(value));
    push(said, &mut builder);
    sink.traces.push(builder.finish());
}

/// Reads a bare list of messages.
pub(crate) fn read_list<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return;
    };
    let span = first.span().cover(last.span());
    let mut builder = Builder::new(
        format_of(*first, values.iter().copied()),
        span,
        sink.settings,
    );
    builder.trace.tools = values
        .iter()
        .flat_map(|value| declared_as_message(*value))
        .collect();
    push(
        values
            .iter()
            .copied()
            .flat_map(messages::read_one)
            .collect(),
        &mut builder,
    );
    sink.traces.push(builder.finish());
}

fn declared_as_message(value: Value<'_>) -> Option<crate::run::Tool<'_>> {
    if !messages::is_declaration(value) {
        return None;
    }
    value.get("content").and_then(parts::tool)
}

/// Appends messages; calls that are written as text become calls.
fn push<'d>(mut said: Vec<Message<'d>>, builder: &mut Builder<'d>) {
    if react::is(&said) {
        react::read(&mut said);
        builder.trace.format = Format::ReAct;
    }
    for message in said {
        builder.push(message);
    }
}

/// A request logged with its response: the response's message is the last turn.
fn answer(value: Value<'_>) -> Vec<Message<'_>> {
    let response = value.get("response").unwrap_or(value);
    let choices = response.any(&["choices", "candidates"]).is_some();
    let blocks = !choices && value.has("response") && parts::role_of(response).is_some();
    if choices || blocks {
        messages::read_one(response)
    } else {
        Vec::new()
    }
}

fn goal(value: Value<'_>) -> Option<Text<'_>> {
    let stated = value.any(&[
        "original_goal",
        "goal",
        "question",
        "task",
        "instruction",
        "problem",
    ]);
    let goal = stated.or_else(|| value.path(&["info", "task", "instruction"]))?;
    (goal.shape() == Shape::Text).then(|| Text::of(goal))
}

fn result(value: Value<'_>) -> Option<Text<'_>> {
    let stated = value.any(&["final_result", "final_answer", "final_output"])?;
    (stated.shape() == Shape::Text).then(|| Text::of(stated))
}

/// The dialect of messages, told by the first that shows one.
pub(crate) fn format_of<'d>(first: Value<'d>, messages: impl Iterator<Item = Value<'d>>) -> Format {
    let found = messages.take(64).find_map(dialect);
    found.unwrap_or(if first.has("object") && first.says("object", "response") {
        Format::OpenAiResponses
    } else {
        Format::MessageList
    })
}

fn dialect(message: Value<'_>) -> Option<Format> {
    if messages::is_item(message) && !message.says("type", "message") {
        return Some(Format::OpenAiResponses);
    }
    if message.has("lc")
        || message
            .get("type")
            .and_then(Value::text)
            .is_some_and(|kind| matches!(kind.as_ref(), "human" | "ai"))
    {
        return Some(Format::LangGraph);
    }
    if message.has("kind") && message.has("parts") {
        return Some(Format::PydanticAi);
    }
    if message.has("toolInvocations") {
        return Some(Format::VercelAi);
    }
    let parts = message
        .any(&["content", "parts"])
        .into_iter()
        .flat_map(Value::items);
    let of_part = parts.take(16).find_map(|part| {
        if part.any(&["toolCallId", "toolInvocation"]).is_some() {
            return Some(Format::VercelAi);
        }
        if part
            .any(&[
                "functionCall",
                "function_call",
                "functionResponse",
                "function_response",
            ])
            .is_some()
        {
            return Some(Format::Gemini);
        }
        match part.text_at("type")?.as_ref() {
            "tool_use" | "tool_result" | "thinking" => Some(Format::Anthropic),
            "tool_call" | "tool_call_response" => Some(Format::GenAiMessages),
            "input_text" | "output_text" => Some(Format::OpenAiResponses),
            _ => None,
        }
    });
    let called = ["tool_calls", "function_call", "tool_call_id"]
        .iter()
        .any(|key| message.has(key));
    of_part.or_else(|| called.then_some(Format::OpenAiChat))
}
