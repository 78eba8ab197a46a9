//! One message in any dialect: OpenAI chat and Responses, Anthropic blocks, LangChain, OpenTelemetry parts,
//! Gemini, Vercel AI, Pydantic AI.
//!
//! Knows how providers and frameworks write what was said and called. Does not know what file it stands in.

use std::borrow::Cow;

use crate::builder::{Message, NewCall, NewResult};
use crate::formats::attributes::with_json;
use crate::formats::parts;
use crate::json::{Shape, Value};
use crate::run::{Role, Tokens, TurnKind};
use crate::text::Text;

/// JSON in strings is unpacked this many times; exporters wrap twice.
const WRAPS_MAX: usize = 3;

/// Reads what `value` says: a message, a list of them, a wrapper around either, or JSON of these in a string.
/// Empty where it says nothing that is a message.
pub(crate) fn read(value: Value<'_>) -> Vec<Message<'_>> {
    read_wrapped(value, WRAPS_MAX)
}

fn read_wrapped(value: Value<'_>, wraps_left: usize) -> Vec<Message<'_>> {
    match value.shape() {
        Shape::Text if wraps_left > 0 => unpacked(value, wraps_left),
        Shape::Array => read_list(value),
        Shape::Object => match list_in(value) {
            Some(list) => {
                let mut messages: Vec<Message<'_>> = instructions(value).into_iter().collect();
                messages.extend(read_wrapped(list, wraps_left));
                messages
            }
            None => read_one(value),
        },
        _ => Vec::new(),
    }
}

fn read_list(list: Value<'_>) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for item in list.items() {
        // LangChain logs batches: a list of conversations, of which there is one.
        if item.shape() == Shape::Array {
            messages.extend(item.items().flat_map(read_one));
            continue;
        }
        let read = read_one(item);
        let called = |role: &str| {
            messages
                .iter()
                .flat_map(|message| &message.calls)
                .any(|call| call.name.text == role)
        };
        // Some tracers give a tool's answer the tool's name for a role.
        let answers = read.is_empty()
            && item.has("content")
            && item.text_at("role").is_some_and(|role| called(&role));
        if answers {
            let mut message = read_chat(item);
            message.role = Role::Tool;
            message.agent = item.text_at("role");
            messages.push(finish(item, message));
        } else {
            messages.extend(read);
        }
    }
    messages
}

/// The messages of JSON that stands in a string.
fn unpacked(value: Value<'_>, wraps_left: usize) -> Vec<Message<'_>> {
    let Some(inner) = value.unpack() else {
        return Vec::new();
    };
    let Some(tape) = inner.tape() else {
        return Vec::new();
    };
    let Some(root) = tape.root() else {
        return Vec::new();
    };
    read_wrapped(root, wraps_left - 1)
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
        || langchain_role(value).is_some()
        || is_item(value)
        || (value.get("kind").is_some() && value.get("parts").is_some())
}

/// Reads one value that is a message or wraps one.
pub(crate) fn read_one(value: Value<'_>) -> Vec<Message<'_>> {
    if value.shape() != Shape::Object || is_declaration(value) {
        return Vec::new();
    }
    if is_item(value) {
        return read_item(value).into_iter().collect();
    }
    if let Some(role) = langchain_role(value) {
        return vec![read_langchain(value, role)];
    }
    if parts::role_of(value).is_some() {
        return vec![read_chat(value)];
    }
    if let Some(kind) = value.text_at("kind").filter(|_| value.has("parts")) {
        return read_pydantic(value, &kind);
    }
    read_inside(value)
}

/// A message inside the envelope of a response: a choice, a candidate, a generation.
fn read_inside(value: Value<'_>) -> Vec<Message<'_>> {
    if let Some(list) = value
        .any(&["choices", "candidates", "generations", "output"])
        .filter(|list| list.shape() == Shape::Array)
    {
        let mut messages: Vec<Message<'_>> = match list.items().next() {
            // Only the first choice becomes part of the conversation.
            Some(first) if value.has("choices") || value.has("candidates") => read_one(first),
            Some(first) if value.has("generations") => read_wrapped(first, 0),
            _ => list.items().flat_map(read_one).collect(),
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
    let inside = value.get("message").or_else(|| {
        value
            .get("content")
            .filter(|content| content.shape() == Shape::Object)
    });
    let Some(inside) = inside.filter(|inside| inside.shape() == Shape::Object) else {
        return vercel_result(value).into_iter().collect();
    };
    let mut messages = read_one(inside);
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
fn finish<'d>(value: Value<'d>, mut message: Message<'d>) -> Message<'d> {
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
fn read_error<'d>(holder: Value<'d>, result: &mut NewResult<'d>) {
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
fn read_content<'d>(value: Value<'d>, message: &mut Message<'d>) {
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

fn read_parts<'d>(list: Value<'d>, message: &mut Message<'d>) {
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
fn read_call_with_result<'d>(part: Value<'d>, message: &mut Message<'d>) {
    let inside = part.get("toolInvocation").unwrap_or(part);
    let Some(mut new) = call(inside) else { return };
    let output = inside
        .any(&["output", "result", "errorText"])
        .filter(|_| inside.has("toolCallId"));
    if let Some(output) = output {
        let mut answer = NewResult::new(output_text(output), output.span());
        answer.id = new.id.clone();
        read_error(inside, &mut answer);
        new.result = Some(answer);
    }
    message.calls.push(new);
}

/// `{id, name, arguments}` under the many names that these have.
pub(crate) fn call(part: Value<'_>) -> Option<NewCall<'_>> {
    let inside = part
        .any(&[
            "function",
            "custom",
            "function_call",
            "functionCall",
            "tool_call",
        ])
        .filter(|inside| inside.shape() == Shape::Object)
        .unwrap_or(part);
    let kind = part.text_at("type").unwrap_or_default();
    let named = inside
        .any(&["name", "tool_name", "toolName"])
        .filter(|name| name.shape() == Shape::Text);
    let name = match named {
        Some(name) => Text::of(name),
        // Inspect writes the tool's name where others put an object.
        None if part
            .get("function")
            .is_some_and(|name| name.shape() == Shape::Text) =>
        {
            part.get("function").map(Text::of)?
        }
        None => Text::apart(
            kind.strip_prefix("tool-")?.to_string(),
            part.get("type")?.span(),
        ),
    };
    let mut new = NewCall::new(name, part.span());
    let ids = ["id", "call_id", "tool_call_id", "toolCallId"];
    let ids_last = ["call_id", "tool_call_id", "toolCallId", "id"];
    let id = if part.has("call_id") {
        part.any(&ids_last)
    } else {
        part.any(&ids)
    };
    new.id = id.or_else(|| inside.any(&ids)).and_then(Value::some_text);
    new.arguments = inside
        .any(&["arguments", "args", "input", "parameters", "rawInput"])
        .map(Text::of);
    new.free = matches!(kind.as_ref(), "custom" | "custom_tool_call");
    Some(new)
}

/// A result part under the many names that these have.
fn result(part: Value<'_>) -> Option<NewResult<'_>> {
    let inside = part
        .any(&["function_response", "functionResponse"])
        .unwrap_or(part);
    let output = inside.any(&[
        "response",
        "result",
        "output",
        "content",
        "tool_output",
        "return_value",
    ]);
    let content = output.map_or_else(|| Text::apart("", part.span()), output_text);
    let mut new = NewResult::new(content, part.span());
    new.id = inside
        .any(&["tool_use_id", "tool_call_id", "toolCallId", "call_id", "id"])
        .and_then(Value::some_text);
    new.name = inside
        .any(&["tool_name", "toolName", "name"])
        .and_then(Value::some_text);
    read_error(part, &mut new);
    if part.says("part_kind", "retry-prompt") {
        new.failed = Some(true);
    }
    // Vercel AI 5 types its outputs: `{type: "error-text", value: "..."}`.
    if output.is_some_and(|output| {
        output
            .get("type")
            .and_then(Value::text)
            .is_some_and(|kind| kind.starts_with("error"))
    }) {
        new.failed = Some(true);
    }
    Some(new)
}

/// The words of a tool's output: text, text parts, or JSON as it stands.
pub(crate) fn output_text(output: Value<'_>) -> Text<'_> {
    let typed = output.get("type").and_then(Value::text);
    if let (Some(value), Some("text" | "json" | "error-text" | "error-json" | "content")) =
        (output.get("value"), typed.as_deref())
    {
        return output_text(value);
    }
    if let Some(words) = typed_words(output) {
        return words;
    }
    let wrapped = output.text().is_some_and(|text| {
        let text = text.trim_start();
        text.starts_with("{\"content\"") || text.starts_with("[{\"type\"") || text.starts_with('"')
    });
    if wrapped {
        let read = |inner: Value<'_>| match inner.shape() {
            Shape::Text => Some(Text::of(inner).into_owned()),
            _ => typed_words(inner).map(Text::into_owned),
        };
        if let Some(words) = with_json(output, read).flatten() {
            return words;
        }
    }
    Text::of(output)
}

/// The words of a list of typed parts, or of an object whose content is one.
fn typed_words(output: Value<'_>) -> Option<Text<'_>> {
    let list = match output.shape() {
        Shape::Object => output.get("content")?,
        _ => output,
    };
    if list.shape() != Shape::Array || !list.items().next()?.has("type") {
        return None;
    }
    Some(parts::join(
        list.items().filter_map(parts::part_text),
        list.span(),
    ))
    .filter(|words| !words.is_blank())
}

/// What a request asks in a field of its own rather than in messages: `{prompt}`, `{contents: "..."}`, `{args: ["..."]}`.
pub(crate) fn prompt(value: Value<'_>) -> Option<Text<'_>> {
    let read = |value: Value<'_>| {
        let keys = [
            "prompt",
            "question",
            "query",
            "contents",
            "user_prompt",
            "message",
            "input",
            "text",
        ];
        let asked = value
            .any(&keys)
            .or_else(|| value.get("args")?.items().next())?;
        (asked.shape() == Shape::Text).then(|| Text::of(asked).into_owned())
    };
    with_json(value, read).flatten()
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

/// The role of a LangChain message, as a dictionary or a `lc: 1` constructor.
fn langchain_role(value: Value<'_>) -> Option<Role> {
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

fn read_langchain(value: Value<'_>, role: Role) -> Message<'_> {
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

fn read_item(value: Value<'_>) -> Option<Message<'_>> {
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

/// Pydantic AI's own messages: a request's parts are several people's words.
fn read_pydantic<'d>(value: Value<'d>, kind: &str) -> Vec<Message<'d>> {
    let parts_list = value.get("parts").into_iter().flat_map(Value::items);
    if kind == "response" {
        let mut message = Message::new(Role::Agent, value.span());
        if let Some(list) = value.get("parts") {
            read_parts(list, &mut message);
        }
        message.tokens = parts::usage(value.get("usage"));
        message.time_ms = parts::time_ms(value.get("timestamp"));
        return vec![message];
    }
    let one = |part: Value<'d>| {
        let role = match part.text_at("part_kind").as_deref() {
            Some("system-prompt") => Role::System,
            Some("tool-return" | "retry-prompt") => Role::Tool,
            _ => Role::User,
        };
        let mut message = Message::new(role, part.span());
        message.content =
            parts::content(part.get("content")).unwrap_or_else(|| Text::apart("", part.span()));
        message.time_ms = parts::time_ms(part.get("timestamp"));
        if role == Role::Tool {
            message.results.extend(result(part));
        }
        message
    };
    parts_list.map(one).collect()
}

/// Tools that a logged request declares, in a key of its own or as messages that are none.
pub(crate) fn declared(value: Value<'_>) -> Vec<crate::run::Tool<'_>> {
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
