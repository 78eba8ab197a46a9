//! `{role, content | parts, tool_calls}`: chat messages, blocks and parts of every kind.
//!
//! Does not know LangChain's, the Responses API's and Pydantic AI's own shapes.

use crate::builder::{Message, NewResult};
use crate::formats::messages::tools::{call, output_text, result};
use crate::formats::parts;
use crate::json::{Shape, Value};
use crate::run::Role;
use crate::text::Text;

/// `{role, content | parts, tool_calls, ...}`.
pub(crate) fn read_chat(value: Value<'_>) -> Message<'_> {
    let role = parts::role_of(value).unwrap_or(Role::Agent);
    let mut message = Message::new(role, value.span());
    message.agent = value
        .any(&["name", "sender", "agent", "author"])
        .and_then(Value::some_text);
    message.thinking = value
        .any(&["reasoning_content", "reasoning", "thinking"])
        .and_then(|text| parts::content(Some(text)));
    message.finish_reason = value
        .any(&["finish_reason", "stop_reason"])
        .and_then(Value::text);
    message.time_ms = parts::time_ms(value.any(&["timestamp", "created_at", "createdAt"]));
    message.tokens = parts::usage(
        value
            .any(&["usage", "usage_metadata"])
            .filter(|usage| usage.shape() == Shape::Object),
    );
    read_content(value, &mut message);
    let calls = value.any(&["tool_calls", "toolCalls", "toolInvocations"]);
    let nested = value
        .path(&["additional_kwargs", "tool_calls"])
        .filter(|_| calls.is_none());
    for part in calls.or(nested).into_iter().flat_map(Value::items) {
        read_call_with_result(part, &mut message);
    }
    if let Some(part) = value.get("function_call").filter(|part| part.has("name")) {
        message.calls.extend(call(part));
    }
    finish(value, message)
}

/// Makes a tool's message bring its result, and a message of nothing but results a tool's.
pub(super) fn finish<'d>(value: Value<'d>, mut message: Message<'d>) -> Message<'d> {
    let spoken = !message.content.is_blank() || !message.calls.is_empty();
    if message.role == Role::User && !message.results.is_empty() && !spoken {
        message.role = Role::Tool;
    }
    if message.role == Role::Tool && message.results.is_empty() && message.calls.is_empty() {
        let mut result = NewResult::new(message.content.clone(), message.span);
        result.id = value
            .any(&["tool_call_id", "call_id", "tool_use_id", "toolCallId"])
            .and_then(Value::text);
        result.name = message.agent.clone().or_else(|| {
            value
                .any(&["tool_name", "function"])
                .and_then(Value::some_text)
        });
        message.agent.clone_from(&result.name);
        read_error(value, &mut result);
        message.results.push(result);
    }
    message
}

/// What a result's holder says of failure: a flag, a status, an error of its own.
pub(super) fn read_error<'d>(holder: Value<'d>, result: &mut NewResult<'d>) {
    if let Some(failed) = holder.any(&["is_error", "isError"]).and_then(Value::bool) {
        result.failed = Some(failed);
    }
    if let Some(status) = holder.get("status").and_then(Value::text) {
        match status.as_ref() {
            "error" | "failed" => result.failed = Some(true),
            _ => {}
        }
    }
    if let Some(error) = holder
        .any(&["error", "errorText"])
        .filter(|error| !error.is_blank())
    {
        match (error.shape(), error.bool()) {
            (Shape::Bool, Some(failed)) => result.failed = Some(failed),
            _ => {
                result.failed = Some(true);
                result.error = Some(
                    error
                        .get("message")
                        .map_or_else(|| Text::of(error), Text::of),
                );
            }
        }
    }
}

/// Content and parts of every kind.
pub(super) fn read_content<'d>(value: Value<'d>, message: &mut Message<'d>) {
    let content = value.any(&["content", "parts", "contents", "text"]);
    let list = match content {
        Some(content) if content.shape() == Shape::Array => content,
        Some(content) if content.shape() == Shape::Object && content.has("parts") => {
            content.get("parts").unwrap_or(content)
        }
        content => {
            if !calls_in_text(content, message)
                && let Some(text) = parts::content(content.or_else(|| value.get("refusal")))
            {
                message.content = text;
            }
            // UI messages keep the words in `content` and everything in `parts`.
            if let Some(more) = value
                .get("parts")
                .filter(|more| more.shape() == Shape::Array && value.has("content"))
            {
                let words = std::mem::take(&mut message.content);
                read_parts(more, message);
                if message.content.is_blank() {
                    message.content = words;
                }
            }
            return;
        }
    };
    read_parts(list, message);
}

pub(super) fn read_parts<'d>(list: Value<'d>, message: &mut Message<'d>) {
    let mut words = Vec::new();
    let mut thoughts = Vec::new();
    for part in list.items() {
        match part_kind(part) {
            Part::Words => words.extend(parts::part_text(part)),
            Part::Thought => {
                let text = part.any(&["thinking", "reasoning", "text", "content", "summary"]);
                thoughts.extend(parts::content(text));
            }
            Part::Call => read_call_with_result(part, message),
            Part::Result => message.results.extend(result(part)),
            Part::Other => {}
        }
    }
    message.content = parts::join(words.into_iter(), list.span());
    if !thoughts.is_empty() {
        message.thinking = Some(parts::join(thoughts.into_iter(), list.span()));
    }
}

enum Part {
    Words,
    Thought,
    Call,
    Result,
    Other,
}

fn part_kind(part: Value<'_>) -> Part {
    if part.shape() == Shape::Text {
        return Part::Words;
    }
    if part
        .any(&["function_call", "functionCall"])
        .is_some_and(|call| call.shape() == Shape::Object)
    {
        return Part::Call;
    }
    if part
        .any(&["function_response", "functionResponse"])
        .is_some()
    {
        return Part::Result;
    }
    let kind = part
        .any(&["type", "part_kind", "kind"])
        .and_then(Value::text)
        .unwrap_or_default();
    match kind.as_ref() {
        "text" | "input_text" | "output_text" | "refusal" | "" | "TEXT" | "user-prompt"
        | "system-prompt" => Part::Words,
        "thinking" | "reasoning" | "redacted_thinking" | "thought" => Part::Thought,
        "tool_use" | "tool_call" | "tool-call" | "function_call" | "server_tool_use"
        | "mcp_tool_use" | "toolCall" | "tool-invocation" | "dynamic-tool"
        | "builtin-tool-call" => Part::Call,
        "tool_result"
        | "tool_call_response"
        | "tool-result"
        | "tool_response"
        | "function_result"
        | "mcp_tool_result"
        | "tool-return"
        | "retry-prompt"
        | "function_call_output"
        | "toolResult"
        | "builtin-tool-return" => Part::Result,
        // `web_search_tool_result` and its kin; `tool-getWeather` of UI messages.
        kind if kind.ends_with("_tool_result") => Part::Result,
        kind if kind.starts_with("tool-") && part.has("toolCallId") => Part::Call,
        _ => Part::Other,
    }
}

/// A call that may bring its result in the same part.
pub(super) fn read_call_with_result<'d>(part: Value<'d>, message: &mut Message<'d>) {
    let inside = part.get("toolInvocation").unwrap_or(part);
    let Some(mut new) = call(inside) else { return };
    let output = inside
        .any(&["output", "result", "errorText"])
        .filter(|_| inside.has("toolCallId") || inside.has("tool_type"));
    if let Some(output) = output {
        let mut answer = NewResult::new(output_text(output), output.span());
        answer.id = new.id.clone();
        read_error(inside, &mut answer);
        new.result = Some(answer);
    }
    message.calls.push(new);
}

/// Some frameworks log an assistant's calls as JSON text: `[{"id", "type": "function", "function": {...}}]`.
fn calls_in_text<'d>(content: Option<Value<'d>>, message: &mut Message<'d>) -> bool {
    let Some(content) = content.filter(|content| content.shape() == Shape::Text) else {
        return false;
    };
    if !matches!(message.role, Role::Agent | Role::Tool) || !content.raw().starts_with("\"[{") {
        return false;
    }
    let Some(inner) = content.unpack() else {
        return false;
    };
    let Some(tape) = inner.tape() else {
        return false;
    };
    let Some(root) = tape.root() else {
        return false;
    };
    let is_call = |item: Value<'_>| {
        item.says("type", "function") && item.path(&["function", "name"]).is_some()
    };
    if !root.items().next().is_some_and(is_call) {
        return false;
    }
    let mut read = Message::new(Role::Agent, message.span);
    read.calls.extend(root.items().filter_map(call));
    message.calls = read.into_owned().calls;
    message.role = Role::Agent;
    true
}
