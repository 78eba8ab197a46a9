//! The native format, `turns[]` with `turn_number`, and its short variant, `turns[]` with `text`, `tool`, `ok`.
//!
//! Does not know other formats.

use looplint_model::Span;

use crate::builder::{Builder, Message, NewCall, NewResult};
use crate::formats::{Format, Sink, parts};
use crate::json::{Shape, Value};
use crate::run::{Role, TurnKind};
use crate::text::Text;

/// `{turns: [{role, ...}]}`, empty lists of turns only beside a key of the format's own.
pub(crate) fn is(value: Value<'_>) -> bool {
    let Some(turns) = value
        .get("turns")
        .filter(|turns| turns.shape() == Shape::Array)
    else {
        return false;
    };
    match turns.items().next() {
        Some(turn) => {
            turn.has("turn_number") || (turn.has("role") && (turn.has("content") || is_short(turn)))
        }
        None => ["trace_id", "original_goal", "final_result", "run_id"]
            .iter()
            .any(|key| value.has(key)),
    }
}

fn is_short(turn: Value<'_>) -> bool {
    ["text", "tool", "args", "ok", "err"]
        .iter()
        .any(|key| turn.entries().any(|(found, _)| found == *key))
}

/// Reads one run.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let turns = value.get("turns");
    let first = turns.and_then(|turns| turns.items().next());
    let short = first
        .is_some_and(|turn| !turn.has("turn_number") && !turn.has("content") && is_short(turn));
    let format = if short {
        Format::NativeShort
    } else {
        Format::Native
    };
    let mut builder = Builder::new(format, value.span(), sink.settings);
    builder.trace.id = parts::id(value, &["trace_id", "run_id", "id"]);
    builder.trace.goal = value
        .any(&["original_goal", "goal", "task"])
        .and_then(|goal| parts::content(Some(goal)));
    builder.trace.final_result = value
        .any(&["final_result", "result", "final_answer"])
        .and_then(|result| parts::content(Some(result)));
    builder.trace.stop = value
        .any(&["stop_reason", "termination_reason", "exit_status"])
        .map(Text::of);
    builder.trace.policy = value
        .any(&["policy", "system", "system_prompt"])
        .and_then(|text| parts::content(Some(text)));
    builder.trace.tools =
        parts::tools(value.any(&["tools", "available_tools", "tool_definitions"]));
    builder.trace.tokens = parts::usage(value.get("usage"));
    parts::outcome(&mut builder, value);
    for turn in turns
        .into_iter()
        .flat_map(Value::items)
        .filter(|turn| turn.shape() == Shape::Object)
    {
        builder.push(message(turn, &builder));
    }
    sink.traces.push(builder.finish());
}

fn message<'d>(turn: Value<'d>, builder: &Builder<'d>) -> Message<'d> {
    let role = parts::role_of(turn).unwrap_or(Role::Agent);
    let mut message = Message::new(role, turn.span());
    message.number = turn
        .any(&["turn_number", "turn", "step"])
        .and_then(Value::number)
        .map(|number| number as i64);
    message.thread = turn.get("thread").and_then(Value::count).unwrap_or(0) as u32;
    message.agent = turn
        .any(&["agent_name", "agent", "name"])
        .and_then(Value::some_text);
    if let Some(content) = parts::content(turn.any(&["content", "text"])) {
        message.content = content;
    }
    message.thinking = turn
        .any(&["thinking", "reasoning"])
        .and_then(|text| parts::content(Some(text)));
    message.tokens = tokens(turn);
    message.latency_ms = turn
        .any(&["latency_ms", "duration_ms"])
        .and_then(Value::number);
    message.time_ms = parts::time_ms(turn.any(&["timestamp", "time"]));
    message.finish_reason = turn.text_at("finish_reason");
    read_kind(turn, &mut message);
    for call in turn.get("tool_calls").into_iter().flat_map(Value::items) {
        message.calls.extend(listed_call(call));
    }
    read_tool(turn, &mut message, builder);
    message
}

fn tokens(turn: Value<'_>) -> crate::run::Tokens {
    match turn
        .any(&["usage", "tokens"])
        .filter(|usage| usage.shape() == Shape::Object)
    {
        Some(usage) => parts::usage(Some(usage)),
        None => {
            let count = |keys: &[&str]| turn.any(keys).and_then(Value::count);
            crate::run::Tokens {
                input: count(&["tokens_in", "input_tokens", "prompt_tokens"]),
                output: count(&["tokens_out", "output_tokens", "completion_tokens", "tokens"]),
            }
        }
    }
}

/// `kind` says whom the words are for: `thought`, `-> WebSurfer`, `termination condition`.
fn read_kind<'d>(turn: Value<'d>, message: &mut Message<'d>) {
    let Some(kind) = turn.text_at("kind") else {
        return;
    };
    if let Some(to) = kind.trim().strip_prefix("->") {
        message.to = Some(to.trim().to_string().into());
        message.kind = TurnKind::Handoff;
        return;
    }
    message.kind = match kind.trim().to_ascii_lowercase().as_str() {
        "thought" | "reasoning" | "plan" => TurnKind::Thought,
        "handoff" => TurnKind::Handoff,
        "compaction" | "summary" => TurnKind::Compaction,
        "guardrail" => TurnKind::Guardrail,
        kind if kind.starts_with("termination") || kind == "notice" => TurnKind::Notice,
        _ => TurnKind::Message,
    };
    message.to = turn.text_at("to");
}

fn listed_call(call: Value<'_>) -> Option<NewCall<'_>> {
    let inside = call.get("function").unwrap_or(call);
    let name = inside.any(&["name", "tool_name"])?;
    let mut new = NewCall::new(Text::of(name), call.span());
    new.id = call
        .any(&["id", "call_id", "tool_call_id"])
        .and_then(Value::text);
    let input = inside.any(&["arguments", "args"]);
    let free = inside.get("input").filter(|_| input.is_none());
    new.arguments = input.or(free).map(Text::of);
    new.free = free.is_some_and(|text| text.shape() == Shape::Text && !looks_like_json(&text));
    new.latency_ms = call.get("latency_ms").and_then(Value::number);
    new.started_ms = parts::time_ms(call.get("timestamp"));
    new.result = call
        .any(&["result", "output"])
        .map(|result| result_of(call, result));
    Some(new)
}

/// The turn's own tool fields: the call that it makes, or the result that it brings to an earlier one.
fn read_tool<'d>(turn: Value<'d>, message: &mut Message<'d>, builder: &Builder<'d>) {
    let name = turn.any(&["tool_name", "tool"]);
    let input = turn.any(&["tool_input", "args", "arguments"]);
    let output = turn.any(&["tool_output", "result", "observation"]);
    let id = turn.any(&["tool_call_id", "call_id"]).and_then(Value::text);
    let brings = message.role == Role::Tool
        && (id.is_some() || input.is_none() || is_pending(builder, name, input) || name.is_none());
    if brings {
        let content = output.map(|output| (Text::of(output), output.span()));
        let (content, span) = content.unwrap_or((message.content.clone(), message.span));
        let mut result = result_of(turn, turn);
        (result.content, result.span, result.id) = (content, span, id);
        result.name = name.and_then(Value::text);
        result.latency_ms = message.latency_ms;
        message.results.push(result);
        return;
    }
    let Some(name) = name.filter(|_| message.calls.is_empty()) else {
        return;
    };
    let mut call = NewCall::new(Text::of(name), turn.span());
    call.id = id;
    call.arguments = input.map(Text::of);
    call.free = input.is_some_and(|input| input.shape() == Shape::Text && !looks_like_json(&input));
    call.latency_ms = message.latency_ms;
    let said = output.is_some() || turn.any(&["ok", "err", "error", "is_error"]).is_some();
    if said {
        let mut result = result_of(turn, output.unwrap_or(turn));
        if output.is_none() {
            result.content = result
                .error
                .clone()
                .unwrap_or(Text::apart("", Span::at(turn.span().end)));
        }
        call.result = Some(result);
    } else if message.role == Role::Tool {
        call.result = Some(NewResult::new(message.content.clone(), message.span));
    }
    message.calls.push(call);
}

/// Whether text in place of arguments means to be JSON, whole or not.
fn looks_like_json(value: &Value<'_>) -> bool {
    let Some(text) = value.text() else {
        return false;
    };
    let text = text.trim();
    text.starts_with(['{', '[']) || (text.ends_with('}') && text.contains("\":"))
}

/// Whether an earlier turn made this very call and still waits for its result.
fn is_pending(builder: &Builder<'_>, name: Option<Value>, input: Option<Value>) -> bool {
    let (Some(name), Some(input)) = (name.and_then(Value::text), input.map(Text::of)) else {
        return false;
    };
    let same = |arguments: &crate::run::Json<'_>| arguments.raw.text == input.text;
    builder
        .pending(&name)
        .any(|call| call.arguments.as_ref().is_none_or(same))
}

fn result_of<'d>(holder: Value<'d>, result: Value<'d>) -> NewResult<'d> {
    let mut new = NewResult::new(Text::of(result), result.span());
    new.failed = match (
        holder.get("is_error").and_then(Value::bool),
        holder.get("ok").and_then(Value::bool),
    ) {
        (Some(failed), _) => Some(failed),
        (None, Some(ok)) => Some(!ok),
        (None, None) => None,
    };
    if let Some(error) = holder.any(&["error", "err"]) {
        match error.bool() {
            Some(failed) => new.failed = Some(failed),
            None if !error.is_blank() => {
                new.failed = Some(true);
                new.error = Some(Text::of(error));
            }
            None => {}
        }
    }
    new
}
