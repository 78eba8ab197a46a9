//! Items of the Responses API: messages, calls, outputs, reasoning, hosted tools.
//!
//! Does not know who logs them.

use std::borrow::Cow;

use crate::builder::{Message, NewCall, NewResult};
use crate::formats::messages::chat::{read_chat, read_error};
use crate::formats::messages::tools::{call, output_text, result};
use crate::formats::parts;
use crate::json::Value;
use crate::run::{Role, TurnKind};
use crate::text::Text;

/// Whether the value is an item of the Responses API.
pub(crate) fn is_item(value: Value<'_>) -> bool {
    let Some(kind) = value.text_at("type") else {
        return false;
    };
    match kind.as_ref() {
        "message" => parts::role_of(value).is_some(),
        "function_call" | "custom_tool_call" => value.has("name"),
        "program" => value.has("call_id") && value.has("code"),
        "program_output" => value.has("call_id"),
        "function_call_output" | "custom_tool_call_output" => value.has("call_id"),
        "reasoning" => value.has("summary") || value.has("id") || value.has("encrypted_content"),
        kind => kind.ends_with("_call") && (value.has("id") || value.has("call_id")),
    }
}

pub(super) fn read_item(value: Value<'_>) -> Option<Message<'_>> {
    let kind = value.text_at("type")?;
    if kind == "message" {
        return Some(read_chat(value));
    }
    let mut message = Message::new(Role::Agent, value.span());
    message.time_ms = parts::time_ms(value.get("created_at"));
    if kind == "reasoning" {
        let text = parts::content(
            value
                .any(&["summary", "content"])
                .filter(|text| !text.is_blank()),
        );
        message.thinking = text;
        message.kind = TurnKind::Thought;
        return Some(message);
    }
    if kind.ends_with("_output") {
        message.role = Role::Tool;
        message.results.extend(result(value));
        if let Some(first) = message.results.first() {
            message.content = first.content.clone();
        }
        return Some(message);
    }
    message.calls.extend(item_call(value, &kind));
    if value.says("status", "incomplete") {
        message.finish_reason = Some(Cow::Borrowed("length"));
    }
    Some(message)
}

/// A function call, or a call of a hosted tool, which brings its result along.
fn item_call<'d>(value: Value<'d>, kind: &str) -> Option<NewCall<'d>> {
    if let Some(new) = call(value) {
        return Some(new);
    }
    let name = kind.strip_suffix("_call").unwrap_or(kind).to_string();
    let mut new = NewCall::new(Text::apart(name, value.get("type")?.span()), value.span());
    new.id = value.any(&["call_id", "id"]).and_then(Value::some_text);
    new.arguments = value
        .any(&["arguments", "action", "queries", "code", "input"])
        .map(Text::of);
    new.free = value.has("code") && !value.has("arguments");
    if let Some(output) = value
        .any(&["results", "outputs", "output", "result"])
        .filter(|output| !output.is_blank())
    {
        let mut answer = NewResult::new(output_text(output), output.span());
        read_error(value, &mut answer);
        new.result = Some(answer);
    }
    Some(new)
}
