//! One message in any dialect: OpenAI chat and Responses, Anthropic blocks, LangChain, OpenTelemetry parts,
//! Gemini, Vercel AI, Pydantic AI.
//!
//! Knows how providers and frameworks write what was said and called. Does not know what file it stands in.

mod chat;
mod items;
mod langchain;
mod pydantic;
mod tools;

use rustc_hash::FxHashSet;

use crate::builder::Message;
use crate::formats::parts;
use crate::json::{Shape, Value};
use crate::run::{Role, Tokens, Tool};
use crate::text::Text;

pub(crate) use chat::read_chat;
pub(crate) use items::is_item;
pub(crate) use tools::{call, logged_text, output_text, prompt};

/// Wrappers in wrappers, and JSON in strings, are opened this often; exporters wrap three or four times.
const DEPTH_MAX: usize = 12;

/// Reads what `value` says: a message, a list of them, a wrapper around either, or JSON of these in a string.
/// Empty where it says nothing that is a message.
pub(crate) fn read(value: Value<'_>) -> Vec<Message<'_>> {
    read_wrapped(value, DEPTH_MAX)
}

fn read_wrapped(value: Value<'_>, left: usize) -> Vec<Message<'_>> {
    match value.shape() {
        _ if left == 0 => Vec::new(),
        Shape::Text => unpacked(value, left),
        Shape::Array => read_list(value, left - 1),
        Shape::Object => match list_in(value) {
            Some(list) => {
                let mut messages: Vec<Message<'_>> = instructions(value).into_iter().collect();
                messages.extend(read_wrapped(list, left - 1));
                messages
            }
            None => read_at(value, left - 1),
        },
        _ => Vec::new(),
    }
}

fn read_list(list: Value<'_>, left: usize) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    let mut called: FxHashSet<String> = FxHashSet::default();
    for item in list.items() {
        // LangChain logs batches: a list of conversations, of which there is one.
        if item.shape() == Shape::Array {
            messages.extend(item.items().flat_map(|item| read_at(item, left)));
            continue;
        }
        let read = read_at(item, left);
        let calls = read.iter().flat_map(|message| &message.calls);
        called.extend(calls.map(|call| call.name.text.to_string()));
        // Some tracers give a tool's answer the tool's name for a role.
        let answers = read.is_empty()
            && item.has("content")
            && item
                .text_at("role")
                .is_some_and(|role| called.contains(role.as_ref()));
        if answers {
            let mut message = read_chat(item);
            message.role = Role::Tool;
            message.agent = item.text_at("role");
            messages.push(chat::finish(item, message));
        } else {
            messages.extend(read);
        }
    }
    messages
}

/// The messages of JSON that stands in a string.
fn unpacked(value: Value<'_>, left: usize) -> Vec<Message<'_>> {
    let Some(inner) = value.unpack() else {
        return Vec::new();
    };
    let Some(tape) = inner.tape() else {
        return Vec::new();
    };
    let Some(root) = tape.root() else {
        return Vec::new();
    };
    read_wrapped(root, left - 1)
        .into_iter()
        .map(Message::into_owned)
        .collect()
}

/// Where wrappers keep their messages.
fn list_in(value: Value<'_>) -> Option<Value<'_>> {
    if parts::role_of(value).is_some() || value.has("lc") {
        return None;
    }
    let keys = [
        "messages",
        "contents",
        "new_messages",
        "input_messages",
        "output_messages",
        "chat_history",
    ];
    if let Some(list) = value
        .any(&keys)
        .filter(|list| matches!(list.shape(), Shape::Array | Shape::Text))
    {
        return Some(list);
    }
    // A response of the Responses API keeps its items in `output`; a request in `input`.
    let items = value
        .any(&["output", "input"])
        .filter(|items| items.shape() == Shape::Array)?;
    items
        .items()
        .next()
        .is_some_and(is_message)
        .then_some(items)
}

/// System text that a request keeps beside its messages.
pub(crate) fn instructions(value: Value<'_>) -> Option<Message<'_>> {
    let text = value
        .any(&[
            "system",
            "instructions",
            "system_instruction",
            "systemInstruction",
            "system_prompt",
        ])
        .or_else(|| value.path(&["config", "system_instruction"]))?;
    let content = match text.shape() {
        Shape::Object => parts::content(text.get("parts"))?,
        _ => parts::content(Some(text))?,
    };
    if content.is_blank() {
        return None;
    }
    let mut message = Message::new(Role::System, text.span());
    message.content = content;
    Some(message)
}

/// Whether the value alone is a message in some dialect.
pub(crate) fn is_message(value: Value<'_>) -> bool {
    if value.shape() != Shape::Object {
        return false;
    }
    let keys = [
        "content",
        "parts",
        "tool_calls",
        "function_call",
        "contents",
        "toolInvocations",
        "text",
    ];
    let says = || value.entries().any(|(key, _)| keys.contains(&key.as_ref()));
    (parts::role_of(value).is_some() && says())
        || langchain::langchain_role(value).is_some()
        || is_item(value)
        || (value.get("kind").is_some() && value.get("parts").is_some())
}

/// Reads one value that is a message or wraps one.
pub(crate) fn read_one(value: Value<'_>) -> Vec<Message<'_>> {
    read_at(value, DEPTH_MAX)
}

fn read_at(value: Value<'_>, left: usize) -> Vec<Message<'_>> {
    if left == 0 || value.shape() != Shape::Object || is_declaration(value) {
        return Vec::new();
    }
    if is_item(value) {
        return items::read_item(value).into_iter().collect();
    }
    if let Some(role) = langchain::langchain_role(value) {
        return vec![langchain::read_langchain(value, role)];
    }
    if parts::role_of(value).is_some() {
        return vec![read_chat(value)];
    }
    if let Some(kind) = value.text_at("kind").filter(|_| value.has("parts")) {
        return pydantic::read_pydantic(value, &kind);
    }
    read_inside(value, left - 1)
}

/// A message inside the envelope of a response: a choice, a candidate, a generation.
fn read_inside(value: Value<'_>, left: usize) -> Vec<Message<'_>> {
    if let Some(list) = value
        .any(&["choices", "candidates", "generations", "output"])
        .filter(|list| list.shape() == Shape::Array)
    {
        let mut messages: Vec<Message<'_>> = match list.items().next() {
            // Only the first choice becomes part of the conversation.
            Some(first) if value.has("choices") || value.has("candidates") => read_at(first, left),
            Some(first) if value.has("generations") => read_wrapped(first, left),
            _ => list.items().flat_map(|item| read_at(item, left)).collect(),
        };
        let usage = parts::usage(value.any(&["usage", "usage_metadata", "usageMetadata"]));
        if let Some(last) = messages
            .last_mut()
            .filter(|last| last.tokens == Tokens::default())
        {
            last.tokens = usage;
        }
        return messages;
    }
    let inside = value.any(&["message", "new_message"]).or_else(|| {
        value
            .get("content")
            .filter(|content| content.shape() == Shape::Object)
    });
    let Some(inside) = inside.filter(|inside| inside.shape() == Shape::Object) else {
        return vercel_result(value).into_iter().collect();
    };
    let mut messages = read_at(inside, left);
    let finish = value
        .any(&["finish_reason", "finishReason"])
        .and_then(|reason| match reason.shape() {
            Shape::Text => reason.text(),
            _ => None,
        });
    let usage = parts::usage(value.any(&["usage", "usage_metadata", "usageMetadata"]));
    for message in &mut messages {
        message.finish_reason = message.finish_reason.take().or_else(|| finish.clone());
        message.agent = message.agent.take().or_else(|| value.text_at("author"));
        if message.tokens == Tokens::default() {
            message.tokens = usage;
        }
    }
    messages
}

/// `{toolCallId, toolName, input}` and `{text, toolCalls}`, as the Vercel AI SDK gives results.
fn vercel_result(value: Value<'_>) -> Option<Message<'_>> {
    let mut message = Message::new(Role::Agent, value.span());
    if value.has("toolCallId") && value.has("toolName") {
        message.calls.extend(call(value));
        return Some(message);
    }
    let calls = value.any(&["toolCalls"]).into_iter().flat_map(Value::items);
    message.calls.extend(calls.filter_map(call));
    if let Some(text) = value
        .any(&["text", "response"])
        .filter(|text| text.shape() == Shape::Text)
    {
        message.content = Text::of(text);
    }
    message.finish_reason = value.text_at("finishReason");
    (!message.calls.is_empty() || !message.content.is_blank()).then_some(message)
}

/// Tools that a logged request declares, in a key of its own or as messages that are none.
pub(crate) fn declared(value: Value<'_>) -> Vec<Tool<'_>> {
    let list = value
        .any(&["tools", "functions"])
        .or_else(|| value.path(&["config", "tools"]));
    let mut tools = Vec::new();
    for item in list.into_iter().flat_map(Value::items) {
        match item.any(&["function_declarations", "functionDeclarations"]) {
            Some(inner) => tools.extend(parts::tools(Some(inner))),
            None => tools.extend(parts::tool(item)),
        }
    }
    for item in value.items().filter(|item| is_declaration(*item)) {
        tools.extend(item.get("content").and_then(parts::tool));
    }
    tools
}

/// `{role: "tool", content: {type: "function", function: {...}}}`: a tracer's way to log a declared tool.
pub(crate) fn is_declaration(value: Value<'_>) -> bool {
    value.says("role", "tool") && value.path(&["content", "function", "name"]).is_some()
}
