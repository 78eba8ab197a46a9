//! Langfuse exports: `{trace, observations[]}` or a trace with its observations inside.
//!
//! Input and output are often JSON in a string, sometimes twice. Does not know which framework was traced.

use crate::builder::Builder;
use crate::formats::attributes::plain_text;
use crate::formats::steps::{self, Step, StepKind};
use crate::formats::{Format, Sink, messages, parts};
use crate::json::{Shape, Value};
use crate::text::Text;

/// `observations` whose items have a `type` of Langfuse's.
pub(crate) fn is(value: Value<'_>) -> bool {
    observations(value).is_some_and(|list| list.items().next().is_some_and(is_observation))
}

fn observations(value: Value<'_>) -> Option<Value<'_>> {
    let list = value
        .get("observations")
        .or_else(|| value.path(&["trace", "observations"]));
    list.filter(|list| list.shape() == Shape::Array)
}

fn is_observation(value: Value<'_>) -> bool {
    let kinds = [
        "GENERATION",
        "SPAN",
        "EVENT",
        "TOOL",
        "AGENT",
        "CHAIN",
        "RETRIEVER",
        "EVALUATOR",
        "EMBEDDING",
        "GUARDRAIL",
    ];
    kinds.iter().any(|kind| value.says("type", kind))
        && value.any(&["startTime", "start_time"]).is_some()
}

/// Values that are observations.
pub(crate) fn is_list(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| is_observation(*value))
}

/// Reads a trace with its observations.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let trace = value.get("trace").unwrap_or(value);
    let steps = observations(value)
        .into_iter()
        .flat_map(Value::items)
        .map(step)
        .collect();
    let mut builder = Builder::new(Format::Langfuse, value.span(), sink.settings);
    builder.trace.id = parts::id(trace, &["id", "traceId"]);
    steps::assemble(&mut builder, steps);
    if builder.trace.goal.is_none() {
        let input = trace.get("input");
        let spoken = input.map(plain_text).filter(is_speech);
        builder.trace.goal = spoken.or_else(|| input.and_then(messages::prompt));
    }
    if builder.trace.final_result.is_none() {
        builder.trace.final_result = trace.get("output").map(plain_text).filter(is_speech);
    }
    sink.traces.push(builder.finish());
}

fn is_speech(text: &Text<'_>) -> bool {
    !text.is_blank() && !text.text.trim_start().starts_with(['{', '[', '"'])
}

/// Reads observations of one or several traces.
pub(crate) fn read_list<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    for (id, own) in parts::group_by(values, |value| parts::id(value, &["traceId", "trace_id"])) {
        let Some(span) = own
            .iter()
            .map(|value| value.span())
            .reduce(looplint_model::Span::cover)
        else {
            continue;
        };
        let mut builder = Builder::new(Format::Langfuse, span, sink.settings);
        builder.trace.id = id;
        steps::assemble(&mut builder, own.into_iter().map(step).collect());
        sink.traces.push(builder.finish());
    }
}

fn step(value: Value<'_>) -> Step<'_> {
    let name = value.get("name").and_then(Value::some_text);
    let mut step = Step::new(
        kind(value, name.as_deref().unwrap_or_default()),
        value.span(),
    );
    step.id = value.text_at("id");
    step.parent = value
        .any(&["parentObservationId", "parent_observation_id"])
        .and_then(Value::text);
    step.started_ms = parts::time_ms(value.any(&["startTime", "start_time"]));
    step.ended_ms = parts::time_ms(value.any(&["endTime", "end_time"]));
    step.name = name
        .as_deref()
        .map(|name| bare_agent(name).to_string().into());
    read_level(value, &mut step);
    let (input, output) = (value.get("input"), value.get("output"));
    step.input_text = input.map(plain_text);
    step.output_text = output.map(if step.kind == StepKind::Tool {
        messages::logged_text
    } else {
        plain_text
    });
    step.tokens = parts::usage(value.any(&["usageDetails", "usage_details", "usage"]));
    if step.kind == StepKind::Tool {
        read_tool(value, &mut step);
        return step;
    }
    step.input = input.map(messages::read).unwrap_or_default();
    step.output = output.map(messages::read).unwrap_or_default();
    if step.kind == StepKind::Model {
        if step.input.is_empty()
            && let Some(asked) = input.and_then(messages::prompt)
        {
            step.input_text = Some(asked);
        }
        step.speak_plainly();
        step.tools = declared(value);
    }
    step
}

/// `agent_run [greeter]` and `invoke_agent greeter` name the agent `greeter`.
fn bare_agent(name: &str) -> &str {
    let inner = name
        .strip_prefix("agent_run [")
        .and_then(|rest| rest.strip_suffix(']'));
    inner
        .or_else(|| name.strip_prefix("invoke_agent "))
        .unwrap_or(name)
}

fn kind(value: Value<'_>, name: &str) -> StepKind {
    match value.text_at("type").as_deref() {
        // BeeAI logs a tool's beginning, end and success apart; only the last has the result.
        _ if phase(name).is_some() => match phase(name) {
            Some((_, "success" | "error")) => StepKind::Tool,
            _ => StepKind::Other,
        },
        Some("GENERATION") => StepKind::Model,
        Some("TOOL" | "RETRIEVER") => StepKind::Tool,
        Some("AGENT") => StepKind::Agent,
        // Before there was a type for them, tools were spans; those named so are taken for tools.
        Some("SPAN")
            if name.starts_with("tool.")
                || name.starts_with("execute_tool ")
                || name.starts_with("running tool: ") =>
        {
            StepKind::Tool
        }
        _ => StepKind::Other,
    }
}

/// `tool.search.wikipedia.success-12` is the tool `search.wikipedia` in its phase `success`.
fn phase(name: &str) -> Option<(&str, &str)> {
    let (head, number) = name.strip_prefix("tool.")?.rsplit_once('-')?;
    let (tool, phase) = head.rsplit_once('.')?;
    let known = matches!(
        phase,
        "start" | "finish" | "success" | "error" | "retry" | "update"
    );
    (known && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((tool, phase))
}

fn read_level<'d>(value: Value<'d>, step: &mut Step<'d>) {
    // Any other level only says that the tracer saw no exception: the output may be an error all the same.
    if value.says("level", "ERROR") {
        step.failed = Some(true);
        step.error = value
            .get("statusMessage")
            .filter(|text| !text.is_blank())
            .map(Text::of);
    }
}

fn read_tool<'d>(value: Value<'d>, step: &mut Step<'d>) {
    let Some(name) = value.get("name") else {
        return;
    };
    let bare = name.text().map(|name| {
        if let Some((tool, _)) = phase(&name) {
            return tool.to_string();
        }
        let stripped = ["execute_tool ", "running tool: ", "tool."]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix));
        stripped.map_or(name.to_string(), str::to_string)
    });
    let named = match bare {
        Some(bare) if name.text().is_some_and(|name| name != bare) => {
            Text::apart(bare, name.span())
        }
        _ => Text::of(name),
    };
    // Agent SDKs wrap the arguments: `{"input": {...}}`.
    if let Some(inner) = value.get("input").and_then(|input| inner_input(input)) {
        step.input_text = Some(inner);
    }
    step.make_call(None, named);
}

fn inner_input(input: Value<'_>) -> Option<Text<'_>> {
    let read = |value: Value<'_>| {
        let inner = value
            .get("input")
            .filter(|inner| inner.shape() == Shape::Object && value.len() == 1)?;
        Some(Text::of(inner).into_owned())
    };
    crate::formats::attributes::with_json(input, read).flatten()
}

/// Tools that the request declared, in its input or its metadata.
fn declared(value: Value<'_>) -> Vec<crate::run::Tool<'_>> {
    let own = |value: Value<'_>| {
        messages::declared(value)
            .into_iter()
            .map(crate::run::Tool::into_owned)
            .collect::<Vec<_>>()
    };
    let read = |value: Option<Value<'_>>| {
        value
            .and_then(|value| crate::formats::attributes::with_json(value, own))
            .unwrap_or_default()
    };
    let mut tools = read(value.get("input"));
    if tools.is_empty() {
        tools = read(value.get("output"));
    }
    if tools.is_empty() {
        tools = read(
            value
                .get("metadata")
                .filter(|metadata| metadata.shape() == Shape::Object),
        );
    }
    if tools.is_empty() {
        let listed = |value: Value<'_>| {
            let attributes = value.get("attributes")?;
            let list = attributes.any(&[
                "gen_ai.tool.definitions",
                "ai.prompt.tools",
                "gen_ai.request.tools",
            ])?;
            let tool = |item: Value<'_>| match item.shape() {
                Shape::Text => crate::formats::attributes::with_json(item, |inner| {
                    parts::tool(inner).map(crate::run::Tool::into_owned)
                })
                .flatten(),
                _ => parts::tool(item).map(crate::run::Tool::into_owned),
            };
            crate::formats::attributes::with_json(list, |list| {
                list.items().filter_map(tool).collect::<Vec<_>>()
            })
        };
        tools = value
            .get("metadata")
            .and_then(|metadata| crate::formats::attributes::with_json(metadata, listed))
            .flatten()
            .unwrap_or_default();
    }
    tools
}
