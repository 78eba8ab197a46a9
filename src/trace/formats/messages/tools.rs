//! Calls, results and outputs of tools under the many names that these have.
//!
//! Does not know in which message they stand.

use crate::builder::{NewCall, NewResult};
use crate::formats::attributes::{plain_text, with_json};
use crate::formats::messages::chat::read_error;
use crate::formats::parts;
use crate::json::{Shape, Value};
use crate::text::Text;

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
pub(super) fn result(part: Value<'_>) -> Option<NewResult<'_>> {
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

/// Types around an output are taken off this often.
const TYPED_MAX: usize = 4;

/// The words of a tool's output: text, text parts, or JSON as it stands.
pub(crate) fn output_text(mut output: Value<'_>) -> Text<'_> {
    // Vercel AI 5 types its outputs: `{type: "text", value: "..."}`.
    for _ in 0..TYPED_MAX {
        let typed = output.get("type").and_then(Value::text);
        let known = matches!(
            typed.as_deref(),
            Some("text" | "json" | "error-text" | "error-json" | "content")
        );
        match output.get("value").filter(|_| known) {
            Some(value) => output = value,
            None => break,
        }
    }
    if let Some(words) = typed_words(output) {
        return words;
    }
    let wrapped = output.text().is_some_and(|text| {
        let text = text.trim_start();
        text.starts_with("{\"content\"") || text.starts_with("[{\"type\"")
    });
    let unwrapped = wrapped
        .then(|| with_json(output, |inner| typed_words(inner).map(Text::into_owned)))
        .flatten();
    unwrapped.flatten().unwrap_or_else(|| Text::of(output))
}

/// The words of an output that a tracer may have written as JSON: `"\"sunny\""` is `sunny`.
pub(crate) fn logged_text(output: Value<'_>) -> Text<'_> {
    let quoted = output
        .text()
        .is_some_and(|text| text.len() > 1 && text.starts_with('"') && text.ends_with('"'));
    if quoted {
        plain_text(output)
    } else {
        output_text(output)
    }
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
