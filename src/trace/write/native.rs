//! Writes the native format, which keeps all that is known of a run.

use serde_json::{Value, json};

use super::{number, object, text, tools, value};
use crate::run::{Call, CallResult, Role, Tokens, Trace, Turn, TurnKind};

/// A run.
pub(super) fn run(run: &Trace<'_>) -> Value {
    let mut turns = Vec::new();
    for (at, turn) in run.turns.iter().enumerate() {
        // A turn that only brings results is written by its results.
        if turn.role != Role::Tool
            || (turn.results.is_empty() && run.orphans.iter().all(|orphan| orphan.turn != at))
        {
            turns.push(own_turn(run, turn));
        }
        for &call in &turn.results {
            if let Some(result) = &run.calls[call].result {
                turns.push(result_turn(run, turn, &run.calls[call], result));
            }
        }
        for orphan in run.orphans.iter().filter(|orphan| orphan.turn == at) {
            turns.push(object([
                ("turn_number", Some(json!(turn.number))),
                ("role", text(Some("tool"))),
                ("content", text(Some(&turn.content.text))),
                ("tool_call_id", text(orphan.id.as_deref())),
                ("tool_name", text(orphan.name.as_deref())),
                ("tool_output", text(Some(&turn.content.text))),
            ]));
        }
    }
    object([
        ("trace_id", text(run.id.as_deref())),
        (
            "original_goal",
            run.goal.as_ref().map(|goal| json!(goal.text)),
        ),
        (
            "final_result",
            run.final_result.as_ref().map(|result| json!(result.text)),
        ),
        (
            "is_successful",
            run.outcome.as_ref().map(|outcome| json!(outcome.passed)),
        ),
        (
            "stop_reason",
            run.stop.as_ref().map(|stop| json!(stop.text)),
        ),
        (
            "policy",
            run.policy.as_ref().map(|policy| json!(policy.text)),
        ),
        ("usage", usage(run.tokens)),
        (
            "tools",
            (!run.tools.is_empty()).then(|| Value::Array(tools(run, "parameters"))),
        ),
        ("turns", Some(Value::Array(turns))),
    ])
}

fn usage(tokens: Tokens) -> Option<Value> {
    (tokens != Tokens::default()).then(|| {
        object([
            ("input_tokens", tokens.input.map(Value::from)),
            ("output_tokens", tokens.output.map(Value::from)),
        ])
    })
}

fn own_turn(run: &Trace<'_>, turn: &Turn<'_>) -> Value {
    let calls: Vec<Value> = run.calls[turn.calls.clone()]
        .iter()
        .map(call_json)
        .collect();
    object([
        ("turn_number", Some(json!(turn.number))),
        ("role", text(Some(turn.role.as_str()))),
        ("agent_name", text(turn.agent.as_deref())),
        ("kind", kind(turn)),
        (
            "to",
            text(
                turn.to
                    .as_deref()
                    .filter(|_| turn.kind != TurnKind::Handoff),
            ),
        ),
        ("thread", (turn.thread != 0).then(|| json!(turn.thread))),
        ("content", Some(json!(turn.content.text))),
        (
            "thinking",
            turn.thinking.as_ref().map(|thinking| json!(thinking.text)),
        ),
        (
            "tool_calls",
            (!calls.is_empty()).then_some(Value::Array(calls)),
        ),
        ("usage", usage(turn.tokens)),
        ("latency_ms", number(turn.latency_ms)),
        ("timestamp", number(turn.time_ms)),
        ("finish_reason", text(turn.finish_reason.as_deref())),
    ])
}

fn kind(turn: &Turn<'_>) -> Option<Value> {
    let word = match turn.kind {
        TurnKind::Message => return None,
        TurnKind::Thought => "thought".to_owned(),
        TurnKind::Handoff => turn
            .to
            .as_ref()
            .map_or("handoff".to_owned(), |to| format!("-> {to}")),
        TurnKind::Compaction => "compaction".to_owned(),
        TurnKind::Guardrail => "guardrail".to_owned(),
        TurnKind::Notice => "notice".to_owned(),
    };
    Some(Value::from(word))
}

/// Free text stands under `input`, JSON under `arguments`.
fn call_json(call: &Call<'_>) -> Value {
    let arguments = call.arguments.as_ref();
    object([
        ("id", text(call.id.as_deref())),
        ("name", text(Some(&call.name.text))),
        (
            "arguments",
            arguments.filter(|arguments| !arguments.free).map(value),
        ),
        (
            "input",
            arguments.filter(|arguments| arguments.free).map(value),
        ),
        ("latency_ms", number(call.latency_ms)),
        ("timestamp", number(call.started_ms)),
    ])
}

fn result_turn(
    run: &Trace<'_>,
    turn: &Turn<'_>,
    call: &Call<'_>,
    result: &CallResult<'_>,
) -> Value {
    // Numbers follow the run's; a result that stands in its call's turn shares that turn's.
    let first = run.turns[call.turn].number == turn.number;
    object([
        ("turn_number", Some(json!(turn.number))),
        ("role", text(Some("tool"))),
        ("agent_name", text(turn.agent.as_deref().filter(|_| !first))),
        ("thread", (turn.thread != 0).then(|| json!(turn.thread))),
        ("content", Some(json!(result.content.text))),
        ("tool_call_id", text(call.id.as_deref())),
        ("tool_name", text(Some(&call.name.text))),
        ("tool_output", Some(json!(result.content.text))),
        ("is_error", result.failed.map(Value::from)),
        (
            "error",
            result.error.as_ref().map(|error| json!(error.text)),
        ),
        ("timestamp", number(turn.time_ms.filter(|_| !first))),
    ])
}
