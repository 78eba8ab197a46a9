//! Writes conversations as providers and coding agents do: chat messages, items, blocks, session lines.

use serde_json::{Value, json};

use super::{as_object, iso, number, object, text, tools, value};
use crate::run::{Call, CallResult, Role, Tokens, Trace, Turn, TurnKind};

/// Each turn with the results that it brings, in order.
fn turns<'r, 'd>(
    run: &'r Trace<'d>,
) -> impl Iterator<Item = (usize, &'r Turn<'d>, Vec<&'r Call<'d>>)> {
    run.turns.iter().enumerate().map(|(at, turn)| {
        let answered = turn
            .results
            .iter()
            .filter_map(|&call| run.calls.get(call))
            .collect();
        (at, turn, answered)
    })
}

/// Whether a turn has words or calls of its own, beside results.
fn speaks(turn: &Turn<'_>) -> bool {
    turn.role != Role::Tool
        && (!turn.content.is_blank() || !turn.calls.is_empty() || turn.results.is_empty())
}

fn role(turn: &Turn<'_>, agent: &'static str) -> &'static str {
    match turn.role {
        Role::System => "system",
        Role::User => "user",
        Role::Agent | Role::Tool => agent,
    }
}

/// Wrapped chat messages.
pub(super) fn openai_chat(run: &Trace<'_>) -> Value {
    let mut messages = Vec::new();
    if let Some(policy) = &run.policy {
        messages.push(json!({ "role": "system", "content": policy.text }));
    }
    for (at, turn, answered) in turns(run) {
        if speaks(turn) {
            let calls: Vec<Value> = run.calls_of(at).iter().map(chat_call).collect();
            messages.push(object([
                ("role", text(Some(role(turn, "assistant")))),
                ("name", text(turn.agent.as_deref())),
                ("content", Some(json!(turn.content.text))),
                (
                    "reasoning_content",
                    turn.thinking.as_ref().map(|thinking| json!(thinking.text)),
                ),
                (
                    "tool_calls",
                    (!calls.is_empty()).then_some(Value::Array(calls)),
                ),
                (
                    "usage",
                    usage(turn.tokens, "prompt_tokens", "completion_tokens"),
                ),
                ("timestamp", number(turn.time_ms)),
            ]));
        }
        for call in answered {
            let content = call
                .result
                .as_ref()
                .map(|result| json!(result.content.text));
            messages.push(object([
                ("role", text(Some("tool"))),
                ("tool_call_id", text(call.id.as_deref())),
                ("name", text(Some(&call.name.text))),
                ("content", content),
            ]));
        }
        for orphan in run.orphans.iter().filter(|orphan| orphan.turn == at) {
            messages.push(object([
                ("role", text(Some("tool"))),
                ("tool_call_id", text(orphan.id.as_deref())),
                ("name", text(orphan.name.as_deref())),
                ("content", Some(json!(turn.content.text))),
            ]));
        }
    }
    let wrap = |tool: Value| json!({ "type": "function", "function": tool });
    object([
        ("id", text(run.id.as_deref())),
        ("goal", run.goal.as_ref().map(|goal| json!(goal.text))),
        (
            "final_result",
            run.final_result.as_ref().map(|result| json!(result.text)),
        ),
        (
            "success",
            run.outcome.as_ref().map(|outcome| json!(outcome.passed)),
        ),
        (
            "stop_reason",
            run.stop.as_ref().map(|stop| json!(stop.text)),
        ),
        ("messages", Some(Value::Array(messages))),
        (
            "tools",
            (!run.tools.is_empty())
                .then(|| tools(run, "parameters").into_iter().map(wrap).collect()),
        ),
    ])
}

fn chat_call(call: &Call<'_>) -> Value {
    let raw = call
        .arguments
        .as_ref()
        .map_or("{}", |arguments| &arguments.raw.text);
    let free = call
        .arguments
        .as_ref()
        .is_some_and(|arguments| arguments.free);
    let mut written = if free {
        json!({ "type": "custom", "custom": { "name": call.name.text, "input": raw } })
    } else {
        json!({ "type": "function", "function": { "name": call.name.text, "arguments": raw } })
    };
    if let Some(id) = &call.id {
        written["id"] = json!(id);
    }
    written
}

fn usage(tokens: Tokens, input: &str, output: &str) -> Option<Value> {
    (tokens != Tokens::default()).then(|| {
        object([
            (input, tokens.input.map(Value::from)),
            (output, tokens.output.map(Value::from)),
        ])
    })
}

/// A response with its input and output.
pub(super) fn openai_responses(run: &Trace<'_>) -> Value {
    let mut items = Vec::new();
    for (at, turn, answered) in turns(run) {
        if let Some(thinking) = &turn.thinking {
            items.push(json!({ "type": "reasoning", "id": format!("rs_{at}"), "summary": [{ "type": "summary_text", "text": thinking.text }] }));
        }
        if speaks(turn) && !turn.content.is_blank() {
            let kind = if turn.role == Role::Agent {
                "output_text"
            } else {
                "input_text"
            };
            items.push(json!({ "type": "message", "role": role(turn, "assistant"), "content": [{ "type": kind, "text": turn.content.text }] }));
        }
        items.extend(run.calls_of(at).iter().map(|call| item_call(run, call)));
        for call in answered {
            let free = call
                .arguments
                .as_ref()
                .is_some_and(|arguments| arguments.free);
            let output = call
                .result
                .as_ref()
                .map(|result| json!(result.content.text));
            items.push(object([
                (
                    "type",
                    text(Some(if free {
                        "custom_tool_call_output"
                    } else {
                        "function_call_output"
                    })),
                ),
                ("call_id", Some(json!(item_id(run, call)))),
                ("output", output),
            ]));
        }
    }
    let last = items.len().saturating_sub(1);
    let output = items.split_off(last);
    let typed = |mut tool: Value| {
        tool["type"] = json!("function");
        tool
    };
    object([
        ("id", text(run.id.as_deref())),
        ("object", text(Some("response"))),
        ("goal", run.goal.as_ref().map(|goal| json!(goal.text))),
        (
            "final_output",
            run.final_result.as_ref().map(|result| json!(result.text)),
        ),
        (
            "instructions",
            run.policy.as_ref().map(|policy| json!(policy.text)),
        ),
        ("input", Some(Value::Array(items))),
        ("output", Some(Value::Array(output))),
        (
            "tools",
            (!run.tools.is_empty())
                .then(|| tools(run, "parameters").into_iter().map(typed).collect()),
        ),
    ])
}

/// Items are tied by ids only: calls without one get their place.
fn item_id(run: &Trace<'_>, call: &Call<'_>) -> String {
    let place = || {
        run.calls
            .iter()
            .position(|other| std::ptr::eq(other, call))
            .unwrap_or_default()
    };
    call.id
        .as_ref()
        .map_or_else(|| format!("call_{}", place()), ToString::to_string)
}

fn item_call(run: &Trace<'_>, call: &Call<'_>) -> Value {
    let raw = call
        .arguments
        .as_ref()
        .map_or("{}", |arguments| &arguments.raw.text);
    let free = call
        .arguments
        .as_ref()
        .is_some_and(|arguments| arguments.free);
    let id = item_id(run, call);
    if free {
        json!({ "type": "custom_tool_call", "call_id": id, "name": call.name.text, "input": raw })
    } else {
        json!({ "type": "function_call", "call_id": id, "name": call.name.text, "arguments": raw })
    }
}

/// The blocks of a turn's words and calls, and of the results that it brings.
fn blocks(
    run: &Trace<'_>,
    at: usize,
    turn: &Turn<'_>,
    answered: &[&Call<'_>],
) -> (Vec<Value>, Vec<Value>) {
    let mut own = Vec::new();
    if let Some(thinking) = &turn.thinking {
        own.push(json!({ "type": "thinking", "thinking": thinking.text, "signature": "" }));
    }
    if speaks(turn) && !turn.content.is_blank() {
        own.push(json!({ "type": "text", "text": turn.content.text }));
    }
    let call = |call: &Call<'_>| json!({ "type": "tool_use", "id": item_id(run, call), "name": call.name.text, "input": as_object(call) });
    own.extend(run.calls_of(at).iter().map(call));
    let result = |call: &&Call<'_>| {
        let result = call.result.as_ref();
        object([
            ("type", text(Some("tool_result"))),
            ("tool_use_id", Some(json!(item_id(run, call)))),
            ("content", result.map(|result| json!(result.content.text))),
            ("is_error", result.and_then(failed)),
        ])
    };
    let mut brought: Vec<Value> = answered.iter().map(result).collect();
    for orphan in run.orphans.iter().filter(|orphan| orphan.turn == at) {
        brought.push(json!({ "type": "tool_result", "tool_use_id": orphan.id.as_deref().unwrap_or("unknown"), "content": turn.content.text }));
    }
    (own, brought)
}

fn failed(result: &CallResult<'_>) -> Option<Value> {
    result
        .failed
        .or(result.error.is_some().then_some(true))
        .map(Value::from)
}

/// A request with its messages.
pub(super) fn anthropic(run: &Trace<'_>) -> Value {
    let mut messages = Vec::new();
    let mut system: Vec<String> = run
        .policy
        .iter()
        .map(|policy| policy.text.to_string())
        .collect();
    for (at, turn, answered) in turns(run) {
        if turn.role == Role::System {
            system.push(turn.content.text.to_string());
            continue;
        }
        let (own, brought) = blocks(run, at, turn, &answered);
        if !own.is_empty() {
            messages.push(object([
                ("role", text(Some(role(turn, "assistant")))),
                ("content", Some(Value::Array(own))),
                ("stop_reason", text(turn.finish_reason.as_deref())),
                ("usage", usage(turn.tokens, "input_tokens", "output_tokens")),
            ]));
        }
        if !brought.is_empty() {
            messages.push(json!({ "role": "user", "content": brought }));
        }
    }
    object([
        ("id", text(run.id.as_deref())),
        ("goal", run.goal.as_ref().map(|goal| json!(goal.text))),
        (
            "final_result",
            run.final_result.as_ref().map(|result| json!(result.text)),
        ),
        (
            "system",
            (!system.is_empty()).then(|| json!(system.join("\n\n"))),
        ),
        (
            "tools",
            (!run.tools.is_empty()).then(|| Value::Array(tools(run, "input_schema"))),
        ),
        ("messages", Some(Value::Array(messages))),
    ])
}

/// The lines of a session.
pub(super) fn claude_code(run: &Trace<'_>) -> Vec<Value> {
    let session = run.name();
    let mut lines: Vec<Value> = Vec::new();
    for (at, turn, answered) in turns(run) {
        if turn.role == Role::System {
            if turn.kind == TurnKind::Compaction {
                lines.push(object([
                    ("type", text(Some("system"))),
                    ("subtype", text(Some("compact_boundary"))),
                    ("content", Some(json!(turn.content.text))),
                    ("uuid", Some(json!(format!("line-{}", lines.len())))),
                    ("isSidechain", Some(json!(turn.thread != 0))),
                    ("sessionId", Some(json!(session))),
                    ("timestamp", turn.time_ms.map(|time| json!(iso(time)))),
                ]));
            }
            continue;
        }
        let (own, brought) = blocks(run, at, turn, &answered);
        let sides = [(own, role(turn, "assistant")), (brought, "user")];
        for (content, kind) in sides.into_iter().filter(|(content, _)| !content.is_empty()) {
            let n = lines.len();
            let message = object([
                (
                    "id",
                    (kind == "assistant").then(|| json!(format!("msg_{n}"))),
                ),
                (
                    "role",
                    text(Some(if kind == "system" { "user" } else { kind })),
                ),
                ("content", Some(Value::Array(content))),
                (
                    "stop_reason",
                    text(
                        turn.finish_reason
                            .as_deref()
                            .filter(|_| kind == "assistant"),
                    ),
                ),
                (
                    "usage",
                    usage(turn.tokens, "input_tokens", "output_tokens")
                        .filter(|_| kind == "assistant"),
                ),
            ]);
            let aside = turn.thread != 0;
            lines.push(object([
                (
                    "type",
                    text(Some(if kind == "assistant" {
                        "assistant"
                    } else {
                        "user"
                    })),
                ),
                ("uuid", Some(json!(format!("line-{n}")))),
                (
                    "parentUuid",
                    Some(if n == 0 {
                        Value::Null
                    } else {
                        json!(format!("line-{}", n - 1))
                    }),
                ),
                ("isSidechain", Some(json!(aside))),
                (
                    "agentId",
                    aside.then(|| json!(format!("agent-{}", turn.thread))),
                ),
                (
                    "isCompactSummary",
                    (turn.kind == TurnKind::Compaction).then(|| json!(true)),
                ),
                ("sessionId", Some(json!(session))),
                ("timestamp", turn.time_ms.map(|time| json!(iso(time)))),
                ("message", Some(message)),
            ]));
        }
    }
    lines
}

/// A graph's state.
pub(super) fn langgraph(run: &Trace<'_>) -> Value {
    let mut messages = Vec::new();
    if let Some(policy) = &run.policy {
        messages.push(json!({ "type": "system", "content": policy.text }));
    }
    for (at, turn, answered) in turns(run) {
        if speaks(turn) {
            let calls = run.calls_of(at);
            let kind = match turn.role {
                Role::System => "system",
                Role::User => "human",
                Role::Agent | Role::Tool => "ai",
            };
            messages.push(object([
                ("type", text(Some(kind))),
                ("name", text(turn.agent.as_deref())),
                ("content", Some(json!(turn.content.text))),
                (
                    "tool_calls",
                    (!calls.is_empty()).then(|| {
                        calls
                            .iter()
                            .filter(|call| reads(call))
                            .map(|call| graph_call(run, call))
                            .collect()
                    }),
                ),
                (
                    "invalid_tool_calls",
                    Some(
                        calls
                            .iter()
                            .filter(|call| !reads(call))
                            .map(|call| graph_call(run, call))
                            .collect(),
                    ),
                ),
                (
                    "usage_metadata",
                    usage(turn.tokens, "input_tokens", "output_tokens"),
                ),
                (
                    "response_metadata",
                    turn.finish_reason
                        .as_ref()
                        .map(|reason| json!({ "finish_reason": reason })),
                ),
            ]));
        }
        for call in answered {
            let result = call.result.as_ref();
            let status = result
                .and_then(failed)
                .map(|failed| if failed == true { "error" } else { "success" });
            messages.push(object([
                ("type", text(Some("tool"))),
                ("name", text(Some(&call.name.text))),
                ("tool_call_id", Some(json!(item_id(run, call)))),
                ("content", result.map(|result| json!(result.content.text))),
                ("status", text(status)),
            ]));
        }
    }
    object([
        ("id", text(run.id.as_deref())),
        ("goal", run.goal.as_ref().map(|goal| json!(goal.text))),
        (
            "final_result",
            run.final_result.as_ref().map(|result| json!(result.text)),
        ),
        ("values", Some(json!({ "messages": messages }))),
    ])
}

/// Whether the arguments can be an object; others go to `invalid_tool_calls`.
fn reads(call: &Call<'_>) -> bool {
    call.arguments
        .as_ref()
        .is_none_or(|arguments| arguments.free || arguments.ok().is_some())
}

fn graph_call(run: &Trace<'_>, call: &Call<'_>) -> Value {
    let arguments = if reads(call) {
        as_object(call)
    } else {
        call.arguments.as_ref().map_or(Value::Null, value)
    };
    json!({ "id": item_id(run, call), "name": call.name.text, "args": arguments, "type": "tool_call" })
}
