//! The OpenAI Agents SDK: exported spans and the state of a run.
//!
//! Items of the Responses API are read elsewhere.

use looplint_model::{Problem, ProblemKind, Span};

use crate::builder::{Builder, Message};
use crate::formats::steps::{self, Step, StepKind};
use crate::formats::{Format, Sink, messages, parts};
use crate::json::{Shape, Value};
use crate::run::{Role, TurnKind};
use crate::text::Text;

fn is_record(value: Value<'_>) -> bool {
    (value.says("object", "trace.span") && value.has("span_data"))
        || (value.says("object", "trace") && value.has("workflow_name"))
}

/// Records of traces and spans.
pub(crate) fn is_spans(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| is_record(*value))
}

/// `{data: [records]}`, as the SDK sends it.
pub(crate) fn is_batch(value: Value<'_>) -> bool {
    is_record(value)
        || value
            .get("data")
            .and_then(|data| data.items().next())
            .is_some_and(is_record)
}

/// Reads a batch.
pub(crate) fn read_batch<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let mut records: Vec<Value<'d>> = value
        .get("data")
        .into_iter()
        .flat_map(Value::items)
        .collect();
    if records.is_empty() {
        records.push(value);
    }
    read_spans(&records, sink);
}

/// Reads records: each trace is a run.
pub(crate) fn read_spans<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let trace = |value: Value<'d>| {
        parts::id(
            value,
            if value.says("object", "trace") {
                &["id"]
            } else {
                &["trace_id"]
            },
        )
    };
    for (id, own) in parts::group_by(values, trace) {
        let Some(span) = own.iter().map(|value| value.span()).reduce(Span::cover) else {
            continue;
        };
        let mut builder = Builder::new(Format::OpenAiAgentsSpans, span, sink.settings);
        builder.trace.id = id;
        let steps = own
            .iter()
            .filter(|value| value.has("span_data"))
            .map(|value| step(*value))
            .collect();
        steps::assemble(&mut builder, steps);
        if !builder.trace.turns.is_empty() {
            sink.traces.push(builder.finish());
        }
    }
}

fn step(value: Value<'_>) -> Step<'_> {
    let mut step = Step::new(StepKind::Other, value.span());
    step.id = value.text_at("id");
    step.parent = value.text_at("parent_id");
    step.started_ms = parts::time_ms(value.get("started_at"));
    step.ended_ms = parts::time_ms(value.get("ended_at"));
    if let Some(error) = value.get("error").filter(|error| !error.is_blank()) {
        step.failed = Some(true);
        step.error = Some(
            error
                .get("message")
                .map_or_else(|| Text::of(error), Text::of),
        );
    }
    let Some(data) = value.get("span_data") else {
        return step;
    };
    step.name = data.get("name").and_then(Value::some_text);
    step.input_text = data.get("input").map(Text::of);
    step.output_text = data.get("output").map(messages::output_text);
    match data.text_at("type").as_deref() {
        Some("agent") => {
            step.kind = StepKind::Agent;
            step.tools = parts::tools(data.get("tools"));
        }
        Some("generation" | "response") => {
            step.kind = StepKind::Model;
            let response = data.get("response").unwrap_or(data);
            step.input = data.get("input").map(messages::read).unwrap_or_default();
            step.output = response
                .get("output")
                .map(messages::read)
                .unwrap_or_default();
            step.tokens = parts::usage(data.get("usage").or_else(|| response.get("usage")));
            step.tools = messages::declared(response);
            step.speak_plainly();
        }
        Some("function") => {
            let name = data
                .get("name")
                .map_or_else(|| Text::apart("function", value.span()), Text::of);
            step.make_call(None, name);
        }
        Some("handoff") => note(data, TurnKind::Handoff, &mut step),
        Some("guardrail") if data.get("triggered").and_then(Value::bool) == Some(true) => {
            note(data, TurnKind::Guardrail, &mut step);
        }
        _ => {}
    }
    step
}

/// A hand-off or a guardrail that fired is a turn of its own.
fn note<'d>(data: Value<'d>, kind: TurnKind, step: &mut Step<'d>) {
    let mut message = Message::new(
        if kind == TurnKind::Handoff {
            Role::Agent
        } else {
            Role::System
        },
        data.span(),
    );
    message.kind = kind;
    message.agent = data.any(&["from_agent", "name"]).and_then(Value::text);
    message.to = data.text_at("to_agent");
    step.kind = StepKind::Note;
    step.input_text = None;
    step.output_text = None;
    step.output = vec![message];
}

/// A run's state: `generated_items` beside `original_input`.
pub(crate) fn is_state(value: Value<'_>) -> bool {
    value.has("$schemaVersion")
        && value
            .any(&["generated_items", "original_input", "current_agent"])
            .is_some()
}

/// Reads a run's state.
pub(crate) fn read_state<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let Some(items) = value
        .get("generated_items")
        .filter(|items| items.shape() == Shape::Array)
    else {
        let message =
            "a run state of the OpenAI Agents SDK without its `generated_items`".to_string();
        sink.problems.push(Problem {
            kind: ProblemKind::Unrecognised,
            span: Some(value.span()),
            message,
        });
        return;
    };
    let mut builder = Builder::new(Format::OpenAiAgentsState, value.span(), sink.settings);
    builder.trace.id = value
        .path(&["trace", "id"])
        .and_then(Value::text)
        .or_else(|| parts::id(value, &["conversation_id"]));
    builder.trace.tokens = parts::usage(value.path(&["context", "usage"]));
    if let Some(input) = value.get("original_input") {
        let said = messages::read(input);
        if said.is_empty() && input.shape() == Shape::Text {
            builder.push(Message::saying(Role::User, Text::of(input)));
        }
        said.into_iter().for_each(|message| builder.push(message));
    }
    for item in items.items() {
        let agent = item.path(&["agent", "name"]).and_then(Value::some_text);
        for mut message in item
            .get("raw_item")
            .map(messages::read_one)
            .unwrap_or_default()
        {
            message.span = item.span();
            if message.role == Role::Agent {
                message.agent.clone_from(&agent);
            }
            if item.says("type", "handoff_output_item") {
                message.kind = TurnKind::Handoff;
                message.to = item.path(&["target_agent", "name"]).and_then(Value::text);
            }
            builder.push(message);
        }
    }
    read_limit(value, &mut builder);
    sink.traces.push(builder.finish());
}

/// A run that used all its turns stopped because of it.
fn read_limit<'d>(value: Value<'d>, builder: &mut Builder<'d>) {
    let count = |key: &str| value.get(key).and_then(Value::count);
    if let (Some(turns), Some(max), Some(at)) = (
        count("current_turn"),
        count("max_turns"),
        value.get("max_turns"),
    ) && turns >= max
        && max > 0
    {
        builder.trace.stop = Some(Text::apart("max_turns", at.span()));
    }
}
