//! LangChain messages, as dictionaries or as `lc: 1` constructors.
//!
//! Does not know graphs or checkpoints.

use crate::builder::Message;
use crate::formats::messages::chat::{finish, read_content};
use crate::formats::messages::tools::call;
use crate::formats::parts;
use crate::json::{Shape, Value};
use crate::run::Role;

/// The role of a LangChain message, as a dictionary or a `lc: 1` constructor.
pub(super) fn langchain_role(value: Value<'_>) -> Option<Role> {
    if value.has("kwargs") || value.has("lc") {
        let class = value.get("id")?.items().last()?.text()?;
        return langchain_class(&class);
    }
    let kind = value.text_at("type")?;
    let role = match kind.as_ref() {
        "human" => Role::User,
        "ai" | "AIMessageChunk" => Role::Agent,
        "tool" | "function" => Role::Tool,
        "system" => Role::System,
        _ => return None,
    };
    (value.has("content") || value.has("data") || value.entries().any(|(key, _)| key == "content"))
        .then_some(role)
}

fn langchain_class(class: &str) -> Option<Role> {
    let class = class.trim_end_matches("Chunk");
    Some(match class {
        "HumanMessage" => Role::User,
        "AIMessage" => Role::Agent,
        "ToolMessage" | "FunctionMessage" => Role::Tool,
        "SystemMessage" => Role::System,
        "ChatMessage" => Role::Agent,
        _ => return None,
    })
}

pub(super) fn read_langchain(value: Value<'_>, role: Role) -> Message<'_> {
    let inside = value
        .any(&["kwargs", "data"])
        .filter(|inside| inside.shape() == Shape::Object)
        .unwrap_or(value);
    let mut message = Message::new(role, value.span());
    message.agent = inside.get("name").and_then(Value::some_text);
    read_content(inside, &mut message);
    // Blocks of content repeat the calls; the list of calls has them all.
    let calls: Vec<Value<'_>> = inside
        .get("tool_calls")
        .into_iter()
        .flat_map(Value::items)
        .collect();
    let raw = inside
        .path(&["additional_kwargs", "tool_calls"])
        .into_iter()
        .flat_map(Value::items);
    let calls: Vec<Value<'_>> = if calls.is_empty() && message.calls.is_empty() {
        raw.collect()
    } else {
        calls
    };
    if !calls.is_empty() {
        message.calls = calls.into_iter().filter_map(call).collect();
    }
    message.calls.extend(
        inside
            .get("invalid_tool_calls")
            .into_iter()
            .flat_map(Value::items)
            .filter_map(call),
    );
    let metadata = inside.get("response_metadata");
    message.finish_reason = metadata
        .and_then(|metadata| metadata.any(&["finish_reason", "stop_reason"]))
        .and_then(Value::text);
    let usage = inside
        .get("usage_metadata")
        .or_else(|| metadata?.any(&["token_usage", "tokenUsage", "usage"]));
    message.tokens = parts::usage(usage);
    finish(inside, message)
}
