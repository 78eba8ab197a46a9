//! Group chats: AutoGen AgentChat events, AG2 chat histories, Magentic-One logs.
//!
//! Several agents take turns; code that one writes another runs. Does not know single agents.

use crate::builder::{Builder, Message, NewCall, NewResult};
use crate::facts;
use crate::formats::{Format, Sink, parts};
use crate::json::{Shape, Value};
use crate::run::{Role, TurnKind};
use crate::text::Text;

/// AgentChat's messages: `type` and `source`.
fn is_event(value: Value<'_>) -> bool {
    let typed = value
        .text_at("type")
        .is_some_and(|kind| kind.ends_with("Message") || kind.ends_with("Event"));
    typed && value.has("source")
}

/// Values that are AgentChat messages.
pub(crate) fn is_events(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| is_event(*value))
}

/// A task's result: `messages` of AgentChat and a `stop_reason`.
pub(crate) fn is_task(value: Value<'_>) -> bool {
    value
        .get("messages")
        .and_then(|list| list.items().next())
        .is_some_and(is_event)
}

/// Reads a task's result.
pub(crate) fn read_task<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let mut builder = Builder::new(Format::AutoGen, value.span(), sink.settings);
    builder.trace.id = parts::id(value, &["id", "run_id", "task_id"]);
    builder.trace.stop = value
        .get("stop_reason")
        .filter(|stop| !stop.is_blank())
        .map(Text::of);
    parts::outcome(&mut builder, value);
    for event in value.get("messages").into_iter().flat_map(Value::items) {
        builder.push(read_event(event));
    }
    sink.traces.push(builder.finish());
}

/// Reads bare AgentChat messages.
pub(crate) fn read_events<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let Some(span) = values
        .iter()
        .map(|value| value.span())
        .reduce(looplint_model::Span::cover)
    else {
        return;
    };
    let mut builder = Builder::new(Format::AutoGen, span, sink.settings);
    for event in values {
        if !event.says("type", "ModelClientStreamingChunkEvent") {
            builder.push(read_event(*event));
        }
    }
    sink.traces.push(builder.finish());
}

fn read_event(event: Value<'_>) -> Message<'_> {
    let source = event.text_at("source").unwrap_or_default();
    let role = if matches!(source.as_ref(), "user" | "human") {
        Role::User
    } else {
        Role::Agent
    };
    let mut message = Message::new(role, event.span());
    message.agent = Some(source);
    message.tokens = parts::usage(event.get("models_usage"));
    message.time_ms = parts::time_ms(event.get("created_at"));
    let content = event.get("content");
    let items = content.into_iter().flat_map(Value::items);
    match event.text_at("type").as_deref().unwrap_or_default() {
        "ToolCallRequestEvent" => {
            message.calls = items.filter_map(crate::formats::messages::call).collect()
        }
        "ToolCallExecutionEvent" => {
            message.role = Role::Tool;
            message.results = items.map(execution).collect();
        }
        // It repeats what the execution gave.
        "ToolCallSummaryMessage" => {
            message.kind = TurnKind::Notice;
            message.content = parts::content(content).unwrap_or_default();
        }
        kind => {
            message.content = parts::content(content).unwrap_or_default();
            message.kind = match kind {
                "ThoughtEvent" => TurnKind::Thought,
                "HandoffMessage" => TurnKind::Handoff,
                "StopMessage" | "SelectSpeakerEvent" | "UserInputRequestedEvent" => {
                    TurnKind::Notice
                }
                _ => TurnKind::Message,
            };
            message.to = event.text_at("target");
        }
    }
    message
}

fn execution(item: Value<'_>) -> NewResult<'_> {
    let content = item
        .get("content")
        .map_or_else(|| Text::apart("", item.span()), Text::of);
    let mut result = NewResult::new(content, item.span());
    result.id = item.text_at("call_id");
    result.name = item.text_at("name");
    result.failed = item.get("is_error").and_then(Value::bool);
    result
}

/// Magentic-One's records: `Orchestrator (thought)`, `Orchestrator (-> WebSurfer)`, `WebSurfer`.
fn is_magentic_record(value: Value<'_>) -> bool {
    value.has("content") && value.text_at("role").is_some()
}

/// Values that are Magentic-One's records, at least one by the orchestrator.
pub(crate) fn is_magentic(values: &[Value<'_>]) -> bool {
    let ordered = |value: &Value<'_>| {
        value
            .text_at("role")
            .is_some_and(|role| role.starts_with("Orchestrator ("))
    };
    values.iter().all(|value| is_magentic_record(*value)) && values.iter().any(ordered)
}

/// A wrapper around Magentic-One's records, or around an AG2 chat.
pub(crate) fn is_wrapped(value: Value<'_>) -> bool {
    let head: Vec<Value<'_>> = history(value).take(8).collect();
    !head.is_empty() && (is_magentic(&head) || is_ag2(&head))
}

fn history(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    value
        .any(&["history", "chat_history", "messages"])
        .into_iter()
        .flat_map(Value::items)
}

/// AG2 calls every speaker but one `user`; who speaks stands in `name`. One named user alone may be a person.
pub(crate) fn is_ag2(values: &[Value<'_>]) -> bool {
    let plain = |value: &Value<'_>| {
        let calls = value.has("tool_calls") || value.has("tool_call_id");
        parts::role_of(*value).is_some() && value.has("content") && !calls
    };
    let mut names = Vec::new();
    for value in values {
        let text = value
            .get("content")
            .is_some_and(|content| content.shape() == Shape::Text);
        let name = value.text_at("name").filter(|name| !is_person(name));
        names.extend(name.filter(|_| text && value.says("role", "user")));
    }
    names.sort();
    names.dedup();
    let runs = || values.iter().any(|value| is_execution(*value));
    values.iter().all(plain) && (names.len() > 1 || (names.len() == 1 && runs()))
}

fn is_person(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "user" | "human" | "user_proxy" | "userproxy" | "customer"
    )
}

/// Reads a wrapped chat.
pub(crate) fn read_wrapped<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let records: Vec<Value<'d>> = history(value).collect();
    let magentic = is_magentic(&records[..records.len().min(8)]);
    let mut builder = Builder::new(
        if magentic {
            Format::Magentic
        } else {
            Format::Ag2
        },
        value.span(),
        sink.settings,
    );
    builder.trace.id = parts::id(value, &["trace_id", "question_ID", "id", "task_id"]);
    builder.trace.goal = value
        .any(&["question", "original_goal", "task"])
        .filter(|goal| goal.shape() == Shape::Text)
        .map(Text::of);
    parts::outcome(&mut builder, value);
    // A log that marks its decisive step counts from 0.
    let first = value.has("mistake_step").then_some(0);
    read_records(&records, magentic, first, &mut builder);
    sink.traces.push(builder.finish());
}

/// Reads bare Magentic-One records.
pub(crate) fn read_magentic<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    read_bare(values, Format::Magentic, sink);
}

/// Reads a bare AG2 chat.
pub(crate) fn read_ag2<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    read_bare(values, Format::Ag2, sink);
}

fn read_bare<'d>(values: &[Value<'d>], format: Format, sink: &mut Sink<'d>) {
    let Some(span) = values
        .iter()
        .map(|value| value.span())
        .reduce(looplint_model::Span::cover)
    else {
        return;
    };
    let mut builder = Builder::new(format, span, sink.settings);
    read_records(values, format == Format::Magentic, None, &mut builder);
    sink.traces.push(builder.finish());
}

fn read_records<'d>(
    records: &[Value<'d>],
    magentic: bool,
    first: Option<i64>,
    builder: &mut Builder<'d>,
) {
    for (at, record) in records.iter().enumerate() {
        let mut message = if magentic {
            magentic_message(*record)
        } else {
            ag2_message(*record)
        };
        message.number = first.map(|first| first + at as i64);
        let runs_next = records.get(at + 1).is_some_and(|next| is_execution(*next));
        if message.role == Role::Agent && message.calls.is_empty() && runs_next {
            message.calls.extend(code_call(&message));
        }
        if magentic && message.kind == TurnKind::Notice {
            read_end(&message, builder);
        }
        builder.push(message);
    }
}

/// The last record says why it ended and what the answer is: `Max rounds (30) reached.`, `FINAL ANSWER: 17`.
fn read_end<'d>(message: &Message<'d>, builder: &mut Builder<'d>) {
    let text = &message.content;
    let first = text
        .text
        .lines()
        .next()
        .unwrap_or_default()
        .trim()
        .to_string();
    builder.trace.stop = Some(Text::apart(first, text.span));
    let answer = text
        .text
        .split("FINAL ANSWER:")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    if let Some(answer) = answer.map(str::trim).filter(|answer| !answer.is_empty()) {
        builder.trace.final_result = Some(Text::apart(answer.to_string(), text.span));
    }
}

/// An executor's report: `exitcode: 1 (execution failed)`.
fn is_execution(record: Value<'_>) -> bool {
    let text = record.text_at("content").unwrap_or_default();
    text.starts_with("exitcode: ") || text.contains("exited with Unix exit code")
}

/// The code that an executor will run: the message's last fenced block.
fn code_call<'d>(message: &Message<'d>) -> Option<NewCall<'d>> {
    let (language, range) = facts::code_blocks(&message.content.text).pop()?;
    let name = if matches!(language, "sh" | "bash" | "shell" | "console") {
        "shell"
    } else {
        "python"
    };
    let mut call = NewCall::new(Text::apart(name, message.span), message.span);
    call.arguments = Some(Text::apart(
        message.content.text[range].to_string(),
        message.content.span,
    ));
    call.free = true;
    Some(call)
}

fn ag2_message(record: Value<'_>) -> Message<'_> {
    let name = record
        .text_at("name")
        .filter(|name| !name.trim().is_empty());
    let person = name.as_deref().is_none_or(is_person);
    let role = match parts::role_of(record) {
        Some(Role::User) if !person => Role::Agent,
        Some(role) => role,
        None => Role::Agent,
    };
    let mut message = Message::new(role, record.span());
    message.content = parts::content(record.get("content")).unwrap_or_default();
    message.agent = name;
    if is_execution(record) {
        bring_result(&mut message);
    }
    message
}

fn bring_result(message: &mut Message<'_>) {
    message.role = Role::Tool;
    let mut result = NewResult::new(message.content.clone(), message.span);
    result.name = None;
    message.results.push(result);
}

fn magentic_message(record: Value<'_>) -> Message<'_> {
    let role = record.text_at("role").unwrap_or_default();
    let (name, aside) = match role.split_once(" (") {
        Some((name, aside)) => (name.to_string(), aside.trim_end_matches(')').to_string()),
        None => (role.to_string(), String::new()),
    };
    let mut message = Message::new(
        if is_person(&name) {
            Role::User
        } else {
            Role::Agent
        },
        record.span(),
    );
    message.content = parts::content(record.get("content")).unwrap_or_default();
    if let Some(to) = aside.strip_prefix("->") {
        message.kind = TurnKind::Handoff;
        message.to = Some(to.trim().to_string().into());
    } else if aside.starts_with("thought") {
        message.kind = TurnKind::Thought;
    } else if aside.starts_with("termination") {
        message.kind = TurnKind::Notice;
    }
    let acts = aside.is_empty() && message.role == Role::Agent;
    if is_execution(record) {
        bring_result(&mut message);
    } else if acts && name.ends_with("Surfer") {
        message.calls.push(surf(&message, &name));
    }
    message.agent = Some(name.into());
    message
}

/// A surfer says what it did, then what it sees: action and result in one message.
fn surf<'d>(message: &Message<'d>, name: &str) -> NewCall<'d> {
    let text = &message.content.text;
    let acts = text.trim_start().starts_with("I ");
    let seen = if acts {
        text.find("\n\n").unwrap_or(text.len())
    } else {
        0
    };
    let mut call = NewCall::new(Text::apart(name.to_string(), message.span), message.span);
    if acts {
        call.arguments = Some(Text::apart(
            text[..seen].trim().to_string(),
            message.content.span,
        ));
        call.free = true;
    }
    let result = Text::apart(text[seen..].to_string(), message.content.span);
    call.result = Some(NewResult::new(result, message.content.span));
    call
}
