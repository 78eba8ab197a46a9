//! Writes traced steps: OpenTelemetry spans and LangSmith runs.
//!
//! Each model step is given what was said since the last one, so that a long run is written once and not many times over.

use serde_json::{Value, json};

use super::{as_object, iso, object, text, tools, value};
use crate::run::{Call, Role, Trace, Turn};

/// A step of the run, ready to be written.
struct Step<'r, 'd> {
    kind: Kind<'r, 'd>,
    start_ms: f64,
    end_ms: f64,
}

enum Kind<'r, 'd> {
    /// A model's answer and what it was given since the last.
    Model {
        given: Vec<Said<'r, 'd>>,
        gave: Option<usize>,
    },
    /// A tool's execution.
    Tool(&'r Call<'d>),
}

/// Something that a model is given.
#[derive(Clone, Copy)]
enum Said<'r, 'd> {
    Words(&'r Turn<'d>),
    Result(&'r Call<'d>),
}

/// The run as steps in time. Where the run has no clock, the steps follow each other from 1970 on, which readers take for none.
fn steps<'r, 'd>(run: &'r Trace<'d>) -> Vec<Step<'r, 'd>> {
    let mut steps: Vec<Step<'r, 'd>> = Vec::new();
    let mut given: Vec<Said<'r, 'd>> = Vec::new();
    let mut clock = run
        .turns
        .iter()
        .find_map(|turn| turn.time_ms)
        .unwrap_or(0.0);
    for (at, turn) in run.turns.iter().enumerate() {
        clock = turn.time_ms.unwrap_or(clock).max(clock) + 1.0;
        if turn.role == Role::Agent {
            let latency = turn.latency_ms.unwrap_or(0.0);
            let start_ms =
                (clock - latency).max(steps.last().map_or(f64::MIN, |last| last.start_ms + 1.0));
            let end_ms = start_ms + latency;
            clock = clock.max(end_ms);
            steps.push(Step {
                kind: Kind::Model {
                    given: std::mem::take(&mut given),
                    gave: Some(at),
                },
                start_ms,
                end_ms,
            });
            for call in run.calls_of(at) {
                clock += 1.0;
                let start_ms = call.started_ms.unwrap_or(clock).max(clock);
                let end_ms = start_ms + call.latency_ms.unwrap_or(0.0);
                steps.push(Step {
                    kind: Kind::Tool(call),
                    start_ms,
                    end_ms,
                });
            }
        } else if turn.role != Role::Tool {
            given.push(Said::Words(turn));
        }
        given.extend(
            turn.results
                .iter()
                .filter_map(|&call| run.calls.get(call))
                .map(Said::Result),
        );
    }
    if !given.is_empty() {
        steps.push(Step {
            kind: Kind::Model { given, gave: None },
            start_ms: clock + 1.0,
            end_ms: clock + 1.0,
        });
    }
    steps
}

/// The agent's name for spans above the steps: the first that a turn names.
fn agent(run: &Trace<'_>) -> String {
    run.turns
        .iter()
        .find_map(|turn| turn.agent.as_deref().filter(|_| turn.role == Role::Agent))
        .unwrap_or("agent")
        .to_owned()
}

/// OTLP JSON of one trace.
pub(super) fn otlp(run: &Trace<'_>) -> Value {
    let steps = steps(run);
    let (first, last) = (
        steps.first().map_or(0.0, |step| step.start_ms),
        steps.last().map_or(0.0, |step| step.end_ms),
    );
    let mut spans = vec![span(
        run,
        0,
        first - 1.0,
        last + 1.0,
        "invoke_agent",
        &root_attributes(run),
    )];
    for (at, step) in steps.iter().enumerate() {
        let (name, attributes, failure) = match &step.kind {
            Kind::Model { given, gave } => (
                "chat".to_owned(),
                model_attributes(run, given, *gave, at == 0),
                None,
            ),
            Kind::Tool(call) => (
                format!("execute_tool {}", call.name.text),
                tool_attributes(call),
                failure(call),
            ),
        };
        let mut written = span(run, at + 1, step.start_ms, step.end_ms, &name, &attributes);
        if let Some(message) = failure {
            written["status"] = json!({ "code": 2, "message": message });
        }
        spans.push(written);
    }
    json!({ "resourceSpans": [{ "resource": { "attributes": [] }, "scopeSpans": [{ "scope": { "name": "looplint" }, "spans": spans }] }] })
}

fn failure(call: &Call<'_>) -> Option<String> {
    let result = call.result.as_ref()?;
    (result.failed == Some(true) || result.error.is_some()).then(|| {
        result
            .error
            .as_ref()
            .map_or(String::new(), |error| error.text.to_string())
    })
}

fn nanoseconds(milliseconds: f64) -> String {
    format!("{}", (milliseconds.max(0.0) * 1e6).round() as u64)
}

fn span(
    run: &Trace<'_>,
    at: usize,
    start_ms: f64,
    end_ms: f64,
    name: &str,
    attributes: &[(&str, Value)],
) -> Value {
    let written = |(key, value): &(&str, Value)| {
        let value = match value {
            Value::String(text) => json!({ "stringValue": text }),
            Value::Number(number) => json!({ "intValue": number.to_string() }),
            other => json!({ "stringValue": other.to_string() }),
        };
        json!({ "key": key, "value": value })
    };
    json!({
        "traceId": run.name(),
        "spanId": format!("{:016x}", at + 1),
        "parentSpanId": if at == 0 { String::new() } else { format!("{:016x}", 1) },
        "name": name,
        "kind": 1,
        "startTimeUnixNano": nanoseconds(start_ms),
        "endTimeUnixNano": nanoseconds(end_ms),
        "attributes": attributes.iter().map(written).collect::<Vec<Value>>(),
        "status": {},
    })
}

fn root_attributes(run: &Trace<'_>) -> Vec<(&'static str, Value)> {
    let mut attributes = vec![
        ("gen_ai.operation.name", json!("invoke_agent")),
        ("gen_ai.agent.name", json!(agent(run))),
    ];
    for (key, kind, text) in [
        ("input.value", "input.mime_type", &run.goal),
        ("output.value", "output.mime_type", &run.final_result),
    ] {
        if let Some(text) = text {
            attributes.push((key, json!(text.text)));
            attributes.push((kind, json!("text/plain")));
        }
    }
    attributes
}

fn model_attributes(
    run: &Trace<'_>,
    given: &[Said<'_, '_>],
    gave: Option<usize>,
    first: bool,
) -> Vec<(&'static str, Value)> {
    let mut attributes = vec![("gen_ai.operation.name", json!("chat"))];
    let input: Vec<Value> = given.iter().map(|said| otel_said(*said)).collect();
    attributes.push(("gen_ai.input.messages", Value::Array(input)));
    if let Some(policy) = run.policy.as_ref().filter(|_| first) {
        attributes.push((
            "gen_ai.system_instructions",
            json!([{ "type": "text", "content": policy.text }]),
        ));
    }
    if first && !run.tools.is_empty() {
        let typed = |mut tool: Value| {
            tool["type"] = json!("function");
            tool
        };
        attributes.push((
            "gen_ai.tool.definitions",
            tools(run, "parameters").into_iter().map(typed).collect(),
        ));
    }
    let Some(at) = gave else { return attributes };
    let turn = &run.turns[at];
    attributes.push((
        "gen_ai.output.messages",
        Value::Array(vec![otel_answer(run, at, turn)]),
    ));
    attributes.extend(
        turn.tokens
            .input
            .map(|count| ("gen_ai.usage.input_tokens", json!(count))),
    );
    attributes.extend(
        turn.tokens
            .output
            .map(|count| ("gen_ai.usage.output_tokens", json!(count))),
    );
    attributes
}

fn otel_said(said: Said<'_, '_>) -> Value {
    match said {
        Said::Words(turn) => {
            let role = if turn.role == Role::System {
                "system"
            } else {
                "user"
            };
            object([
                ("role", text(Some(role))),
                ("name", text(turn.agent.as_deref())),
                (
                    "parts",
                    Some(json!([{ "type": "text", "content": turn.content.text }])),
                ),
            ])
        }
        Said::Result(call) => {
            let response = call
                .result
                .as_ref()
                .map_or("", |result| &result.content.text);
            let part = object([
                ("type", text(Some("tool_call_response"))),
                ("id", text(call.id.as_deref())),
                ("name", text(Some(&call.name.text))),
                ("response", text(Some(response))),
            ]);
            json!({ "role": "tool", "parts": [part] })
        }
    }
}

fn otel_answer(run: &Trace<'_>, at: usize, turn: &Turn<'_>) -> Value {
    let mut parts = Vec::new();
    if let Some(thinking) = &turn.thinking {
        parts.push(json!({ "type": "reasoning", "content": thinking.text }));
    }
    if !turn.content.is_blank() {
        parts.push(json!({ "type": "text", "content": turn.content.text }));
    }
    for call in run.calls_of(at) {
        parts.push(object([
            ("type", text(Some("tool_call"))),
            ("id", text(call.id.as_deref())),
            ("name", text(Some(&call.name.text))),
            ("arguments", Some(as_object(call))),
        ]));
    }
    object([
        ("role", text(Some("assistant"))),
        ("name", text(turn.agent.as_deref())),
        ("parts", Some(Value::Array(parts))),
        ("finish_reason", text(turn.finish_reason.as_deref())),
    ])
}

fn tool_attributes(call: &Call<'_>) -> Vec<(&'static str, Value)> {
    let mut attributes = vec![
        ("gen_ai.operation.name", json!("execute_tool")),
        ("gen_ai.tool.name", json!(call.name.text)),
        (
            "gen_ai.tool.call.arguments",
            Value::String(argument_text(call)),
        ),
    ];
    attributes.extend(
        call.id
            .as_ref()
            .map(|id| ("gen_ai.tool.call.id", json!(id))),
    );
    attributes.extend(
        call.result
            .as_ref()
            .map(|result| ("gen_ai.tool.call.result", json!(result.content.text))),
    );
    attributes
}

fn argument_text(call: &Call<'_>) -> String {
    match as_object(call) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// LangSmith's runs of one trace.
pub(super) fn langsmith(run: &Trace<'_>) -> Vec<Value> {
    let steps = steps(run);
    let trace = run.name();
    let (first, last) = (
        steps.first().map_or(0.0, |step| step.start_ms),
        steps.last().map_or(0.0, |step| step.end_ms),
    );
    let record = |at: usize, kind: &str, name: &str, start_ms: f64, end_ms: f64| {
        json!({
            "id": if at == 0 { trace.clone() } else { format!("{trace}-{at}") },
            "trace_id": trace,
            "parent_run_id": if at == 0 { Value::Null } else { json!(trace) },
            "dotted_order": format!("{at:06}"),
            "run_type": kind,
            "name": name,
            "start_time": iso(start_ms),
            "end_time": iso(end_ms),
        })
    };
    let mut root = record(0, "chain", &agent(run), first - 1.0, last + 1.0);
    root["extra"] = json!({ "metadata": { "lc_agent_name": agent(run) } });
    root["inputs"] = object([("input", run.goal.as_ref().map(|goal| json!(goal.text)))]);
    root["outputs"] = object([(
        "output",
        run.final_result.as_ref().map(|result| json!(result.text)),
    )]);
    let mut lines = vec![root];
    for (at, step) in steps.iter().enumerate() {
        let mut line = match &step.kind {
            Kind::Model { .. } => record(at + 1, "llm", "ChatModel", step.start_ms, step.end_ms),
            Kind::Tool(call) => record(at + 1, "tool", &call.name.text, step.start_ms, step.end_ms),
        };
        match &step.kind {
            Kind::Model { given, gave } => langsmith_model(run, given, *gave, at == 0, &mut line),
            Kind::Tool(call) => {
                line["inputs"] = match as_object(call) {
                    Value::Object(map) => Value::Object(map),
                    other => json!({ "input": other }),
                };
                if let Some(message) = failure(call) {
                    line["error"] = json!(if message.is_empty() {
                        "failed".to_owned()
                    } else {
                        message
                    });
                }
                let answer = call
                    .result
                    .as_ref()
                    .map(|result| chain_result(call, &result.content.text));
                line["outputs"] = object([("output", answer)]);
            }
        }
        lines.push(line);
    }
    lines
}

fn langsmith_model(
    run: &Trace<'_>,
    given: &[Said<'_, '_>],
    gave: Option<usize>,
    first: bool,
    line: &mut Value,
) {
    let mut messages: Vec<Value> = Vec::new();
    if let Some(policy) = run.policy.as_ref().filter(|_| first) {
        messages.push(json!({ "type": "system", "content": policy.text }));
    }
    messages.extend(given.iter().map(|said| {
        match said {
            Said::Words(turn) => {
                let kind = if turn.role == Role::System {
                    "system"
                } else {
                    "human"
                };
                object([
                    ("type", text(Some(kind))),
                    ("name", text(turn.agent.as_deref())),
                    ("content", Some(json!(turn.content.text))),
                ])
            }
            Said::Result(call) => chain_result(
                call,
                call.result
                    .as_ref()
                    .map_or("", |result| &result.content.text),
            ),
        }
    }));
    line["inputs"] = json!({ "messages": messages });
    if first && !run.tools.is_empty() {
        let wrap = |tool: Value| json!({ "type": "function", "function": tool });
        line["extra"] = json!({ "invocation_params": { "tools": tools(run, "parameters").into_iter().map(wrap).collect::<Vec<_>>() } });
    }
    let Some(at) = gave else { return };
    let turn = &run.turns[at];
    let calls: Vec<Value> = run
        .calls_of(at)
        .iter()
        .map(|call| {
            let arguments = call.arguments.as_ref().map_or_else(
                || json!({}),
                |arguments| {
                    if arguments.free {
                        as_object(call)
                    } else {
                        value(arguments)
                    }
                },
            );
            object([
                ("id", text(call.id.as_deref())),
                ("name", text(Some(&call.name.text))),
                ("args", Some(arguments)),
                ("type", text(Some("tool_call"))),
            ])
        })
        .collect();
    let answer = object([
        ("type", text(Some("ai"))),
        ("name", text(turn.agent.as_deref())),
        ("content", Some(json!(turn.content.text))),
        ("tool_calls", Some(Value::Array(calls))),
        (
            "response_metadata",
            turn.finish_reason
                .as_ref()
                .map(|reason| json!({ "finish_reason": reason })),
        ),
    ]);
    line["outputs"] =
        json!({ "generations": [[{ "text": turn.content.text, "message": answer }]] });
    if let Some(count) = turn.tokens.input {
        line["prompt_tokens"] = json!(count);
    }
    if let Some(count) = turn.tokens.output {
        line["completion_tokens"] = json!(count);
    }
}

fn chain_result(call: &Call<'_>, content: &str) -> Value {
    let failed = call
        .result
        .as_ref()
        .is_some_and(|result| result.failed == Some(true));
    object([
        ("type", text(Some("tool"))),
        ("name", text(Some(&call.name.text))),
        ("tool_call_id", text(call.id.as_deref())),
        ("content", text(Some(content))),
        ("status", text(failed.then_some("error"))),
    ])
}
