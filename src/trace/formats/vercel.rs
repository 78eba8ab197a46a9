//! Results of the Vercel AI SDK: `steps[]` with text, tool calls and tool results.
//!
//! Its messages are read with all others.

use crate::builder::{Builder, Message, NewResult};
use crate::formats::{Format, Sink, messages, parts};
use crate::json::{Shape, Value};
use crate::run::Role;
use crate::text::Text;

/// An object with steps that have a `finishReason` and calls or text.
pub(crate) fn is(value: Value<'_>) -> bool {
    let first = value.get("steps").and_then(|steps| steps.items().next());
    first.is_some_and(|step| {
        step.has("finishReason")
            && step
                .any(&["toolCalls", "text", "content", "toolResults"])
                .is_some()
    })
}

/// Reads one result.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let mut builder = Builder::new(Format::VercelAi, value.span(), sink.settings);
    builder.trace.id = parts::id(value, &["id", "runId", "traceId"]);
    builder.trace.tokens = parts::usage(value.any(&["totalUsage", "usage"]));
    builder.trace.final_result = value
        .get("text")
        .filter(|text| !text.is_blank())
        .map(Text::of);
    if let Some(prompt) = value
        .get("prompt")
        .filter(|prompt| prompt.shape() == Shape::Text)
    {
        builder.push(Message::saying(Role::User, Text::of(prompt)));
    }
    for message in value
        .get("messages")
        .map(messages::read)
        .unwrap_or_default()
    {
        builder.push(message);
    }
    for step in value.get("steps").into_iter().flat_map(Value::items) {
        read_step(step, &mut builder);
    }
    sink.traces.push(builder.finish());
}

fn read_step<'d>(step: Value<'d>, builder: &mut Builder<'d>) {
    let mut message = Message::new(Role::Agent, step.span());
    message.content = step
        .get("text")
        .filter(|text| text.shape() == Shape::Text)
        .map(Text::of)
        .unwrap_or_default();
    message.thinking = step
        .any(&["reasoningText", "reasoning"])
        .and_then(|text| parts::content(Some(text)));
    message.calls = step
        .get("toolCalls")
        .into_iter()
        .flat_map(Value::items)
        .filter_map(messages::call)
        .collect();
    message.finish_reason = step.text_at("finishReason");
    message.tokens = parts::usage(step.get("usage"));
    message.time_ms = parts::time_ms(step.path(&["response", "timestamp"]));
    builder.push(message);
    for result in step.get("toolResults").into_iter().flat_map(Value::items) {
        let output = result.any(&["output", "result"]);
        let content = output.map_or_else(|| Text::apart("", result.span()), messages::output_text);
        let mut answer = NewResult::new(content, result.span());
        answer.id = result.text_at("toolCallId");
        answer.name = result.text_at("toolName");
        let mut message = Message::new(Role::Tool, result.span());
        message.results.push(answer);
        builder.push(message);
    }
}
