//! The messages in a span's attributes, under every convention.
//!
//! Does not know what kind of span it is.

use std::collections::BTreeMap;

use looplint_model::Span;

use super::{Attributes, messages_in, with_json};
use crate::builder::{Message, NewCall, NewResult};
use crate::formats::steps::Step;
use crate::formats::{messages, parts};
use crate::json::Value;
use crate::run::Role;
use crate::text::Text;

/// Messages under every convention; the first that says something counts.
pub(super) fn read_conversation<'d>(attributes: &Attributes<'d>, step: &mut Step<'d>) {
    let read = |keys: &[&str]| attributes.any(keys).map(messages_in).unwrap_or_default();
    let first_of = |readings: [Vec<Message<'d>>; 4]| {
        readings
            .into_iter()
            .find(|messages| !messages.is_empty())
            .unwrap_or_default()
    };
    let mut input = first_of([
        read(&[
            "gen_ai.input.messages",
            "gcp.vertex.agent.llm_request",
            "ai.prompt.messages",
            "mlflow.chat.messages",
        ]),
        indexed_messages(attributes, &["llm.input_messages", "gen_ai.prompt"]),
        read(&[
            "gen_ai.prompt",
            "llm.prompts",
            "ai.prompt",
            "gen_ai.request.messages",
        ]),
        read(&[
            "input.value",
            "mlflow.spanInputs",
            "traceloop.entity.input",
            "langfuse.observation.input",
        ]),
    ]);
    let output = first_of([
        read(&["gen_ai.output.messages", "gcp.vertex.agent.llm_response"]),
        indexed_messages(attributes, &["llm.output_messages", "gen_ai.completion"]),
        read(&["gen_ai.completion", "gen_ai.response.messages"]),
        vercel_answer(attributes),
    ]);
    step.output = if output.is_empty() {
        read(&[
            "output.value",
            "mlflow.spanOutputs",
            "traceloop.entity.output",
            "langfuse.observation.output",
        ])
    } else {
        output
    };
    if let Some(system) = attributes.any(&["gen_ai.system_instructions"]) {
        let mut words = with_json(system, |list| {
            parts::content(Some(list)).map(Text::into_owned)
        })
        .flatten();
        if let Some(text) = words.take().filter(|text| !text.is_blank()) {
            let mut message = Message::new(Role::System, system.span());
            message.content = text;
            input.insert(0, message);
        }
    }
    step.input = input;
    let events = read(&[
        "all_messages_events",
        "pydantic_ai.all_messages",
        "all_messages",
        "events",
    ]);
    if step.input.is_empty() && step.output.is_empty() && !events.is_empty() {
        step.input = events;
    }
    step.speak_plainly();
}

fn vercel_answer<'d>(attributes: &Attributes<'d>) -> Vec<Message<'d>> {
    let text = attributes.any(&["ai.response.text"]);
    let calls = attributes.any(&["ai.response.toolCalls"]);
    let Some(first) = text.or(calls) else {
        return Vec::new();
    };
    let mut message = Message::new(Role::Agent, first.span());
    if let Some(text) = text {
        message.content = Text::of(text);
    }
    if let Some(calls) = calls {
        let read = |list: Value<'_>| {
            let mut holder = Message::new(Role::Agent, list.span());
            holder.calls = list.items().filter_map(messages::call).collect();
            holder.into_owned().calls
        };
        message.calls = with_json(calls, read).unwrap_or_default();
    }
    vec![message]
}

/// Messages written one attribute a field: `prefix.0.message.role`, `prefix.0.content`.
fn indexed_messages<'d>(attributes: &Attributes<'d>, prefixes: &[&str]) -> Vec<Message<'d>> {
    for prefix in prefixes {
        let found = attributes.indexed(prefix);
        if !found.is_empty() {
            return found
                .values()
                .filter_map(|fields| indexed_message(fields))
                .collect();
        }
    }
    Vec::new()
}

fn indexed_message<'d>(fields: &[(&str, Value<'d>)]) -> Option<Message<'d>> {
    let fields: Vec<(&str, Value<'d>)> = fields
        .iter()
        .map(|(rest, value)| (rest.strip_prefix("message.").unwrap_or(rest), *value))
        .collect();
    let field = |name: &str| {
        fields
            .iter()
            .find(|(rest, _)| *rest == name)
            .map(|(_, value)| *value)
    };
    let span = fields
        .iter()
        .map(|(_, value)| value.span())
        .reduce(Span::cover)?;
    let role = field("role")
        .and_then(Value::text)
        .and_then(|role| parts::role(&role))
        .unwrap_or(Role::Agent);
    let mut message = Message::new(role, span);
    let contents = fields
        .iter()
        .filter(|(rest, _)| rest.starts_with("contents.") && rest.ends_with(".text"));
    let mut texts: Vec<Text<'d>> = contents.map(|(_, value)| Text::of(*value)).collect();
    if let Some(content) = field("content") {
        texts.push(content_text(content));
    }
    message.content = parts::join(texts.into_iter(), span);
    message.finish_reason = field("finish_reason").and_then(Value::text);
    let mut calls: BTreeMap<u32, Vec<(&str, Value<'d>)>> = BTreeMap::new();
    for (rest, value) in &fields {
        let Some((number, rest)) = rest
            .strip_prefix("tool_calls.")
            .and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        if let Ok(number) = number.parse() {
            calls.entry(number).or_default().push((rest, *value));
        }
    }
    message.calls = calls
        .values()
        .filter_map(|fields| indexed_call(fields))
        .collect();
    if let Some(name) = field("function_call_name") {
        let mut call = NewCall::new(Text::of(name), span);
        call.arguments = field("function_call_arguments_json").map(Text::of);
        message.calls.push(call);
    }
    if role == Role::Tool {
        let mut result = NewResult::new(message.content.clone(), span);
        result.id = field("tool_call_id").and_then(Value::some_text);
        result.name = field("name").and_then(Value::some_text);
        message.results.push(result);
    }
    Some(message)
}

/// Content parts that were logged as JSON in a string.
fn content_text(content: Value<'_>) -> Text<'_> {
    let listed = content.text().is_some_and(|text| text.starts_with("[{"));
    if listed {
        let read = |list: Value<'_>| {
            parts::join(list.items().filter_map(parts::part_text), list.span()).into_owned()
        };
        if let Some(text) = with_json(content, read).filter(|text| !text.is_blank()) {
            return text;
        }
    }
    Text::of(content)
}

fn indexed_call<'d>(fields: &[(&str, Value<'d>)]) -> Option<NewCall<'d>> {
    let field = |names: [&str; 2]| {
        fields
            .iter()
            .find(|(rest, _)| names.contains(rest))
            .map(|(_, value)| *value)
    };
    let name = field(["tool_call.function.name", "name"])?;
    let span = fields
        .iter()
        .map(|(_, value)| value.span())
        .reduce(Span::cover)?;
    let mut call = NewCall::new(Text::of(name), span);
    call.id = field(["tool_call.id", "id"]).and_then(Value::some_text);
    call.arguments = field(["tool_call.function.arguments", "arguments"]).map(Text::of);
    Some(call)
}
