//! Sessions of coding agents, a record a line: Claude Code, the Claude Agent SDK's stream, Codex rollouts.
//!
//! The lines of a file make up a run, or a few sessions told apart by their id. Does not know other JSONL.

use std::borrow::Cow;

use looplint_model::Span;
use rustc_hash::FxHashMap;

use crate::builder::{Builder, Message};
use crate::formats::{Format, Sink, messages, parts};
use crate::json::{Shape, Value};
use crate::run::{Role, Tokens, Tool, TurnKind};
use crate::text::Text;

/// Lines of a Claude Code session.
pub(crate) fn is_claude_code(values: &[Value<'_>]) -> bool {
    let known = |value: &Value<'_>| value.has("sessionId") && value.has("type");
    let named = |value: &Value<'_>| {
        value.says("type", "summary") && value.has("leafUuid")
            || value.says("type", "file-history-snapshot")
    };
    let proper = |value: &Value<'_>| known(value) && (value.has("uuid") || value.has("message"));
    values.iter().all(|value| known(value) || named(value))
        && values.iter().any(|value| proper(value) || named(value))
}

/// Reads Claude Code sessions: each session id is a run.
pub(crate) fn read_claude_code<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    for (id, lines) in parts::group_by(values, |value| value.text_at("sessionId")) {
        if id.is_some() {
            read_session(id, &lines, sink);
        }
    }
}

fn cover(lines: &[Value<'_>]) -> Span {
    lines
        .iter()
        .map(|line| line.span())
        .reduce(Span::cover)
        .unwrap_or_default()
}

/// What is remembered from line to line.
#[derive(Default)]
struct Session<'d> {
    messages: Vec<Message<'d>>,
    /// The model's id of the last message: its lines belong together.
    last_id: Option<Cow<'d, str>>,
    /// Threads of sub-agents by their id or by the line that they continue.
    threads: FxHashMap<String, u32>,
    /// When each call was written.
    called_ms: FxHashMap<String, f64>,
}

fn read_session<'d>(id: Option<Cow<'d, str>>, lines: &[Value<'d>], sink: &mut Sink<'d>) {
    let mut builder = Builder::new(Format::ClaudeCode, cover(lines), sink.settings);
    builder.trace.id = id;
    let all_aside = lines
        .iter()
        .filter(|line| line.has("message"))
        .all(|line| is_aside(*line));
    let mut session = Session::default();
    for line in lines {
        session.read(*line, !all_aside);
    }
    for message in session.messages {
        builder.push(message);
    }
    if !builder.trace.turns.is_empty() {
        sink.traces.push(builder.finish());
    }
}

fn is_aside(line: Value<'_>) -> bool {
    line.get("isSidechain").and_then(Value::bool) == Some(true)
}

impl<'d> Session<'d> {
    fn read(&mut self, line: Value<'d>, with_threads: bool) {
        let Some(kind) = line.text_at("type") else {
            return;
        };
        let thread = if with_threads && is_aside(line) {
            self.thread(line)
        } else {
            0
        };
        if kind == "system" {
            self.read_system(line, thread);
            return;
        }
        let Some(inner) = line
            .get("message")
            .filter(|_| kind == "user" || kind == "assistant")
        else {
            return;
        };
        let mut message = messages::read_chat(inner);
        message.span = line.span();
        message.thread = thread;
        message.time_ms = parts::time_ms(line.get("timestamp"));
        message.agent = None;
        message.finish_reason = inner.text_at("stop_reason");
        let flag = |key: &str| line.get(key).and_then(Value::bool) == Some(true);
        if flag("isCompactSummary") {
            message.kind = TurnKind::Compaction;
        } else if flag("isMeta") || flag("isApiErrorMessage") {
            message.kind = TurnKind::Notice;
        }
        self.time_calls(line, &mut message);
        self.add(message, inner.text_at("id").filter(|_| kind == "assistant"));
    }

    /// A sub-agent's own id, else the thread of the line that this one continues.
    fn thread(&mut self, line: Value<'d>) -> u32 {
        let key = |name: &str| line.text_at(name).map(|id| id.to_string());
        let next = self.threads.values().copied().max().unwrap_or(0) + 1;
        let parent = key("parentUuid").and_then(|parent| self.threads.get(&parent).copied());
        let thread = match key("agentId").or_else(|| key("parent_tool_use_id")) {
            Some(agent) => *self.threads.entry(agent).or_insert(next),
            None => parent.unwrap_or(next),
        };
        if let Some(own) = key("uuid") {
            self.threads.insert(own, thread);
        }
        thread
    }

    fn read_system(&mut self, line: Value<'d>, thread: u32) {
        let kind = match line.text_at("subtype").as_deref() {
            Some("compact_boundary" | "microcompact_boundary") => TurnKind::Compaction,
            Some("api_error" | "error") => TurnKind::Notice,
            _ => return,
        };
        let mut message = Message::new(Role::System, line.span());
        message.kind = kind;
        message.thread = thread;
        message.time_ms = parts::time_ms(line.get("timestamp"));
        if let Some(content) = parts::content(line.get("content")) {
            message.content = content;
        }
        self.add(message, None);
    }

    /// A call lasts from the line that makes it to the line that brings its result, where no tool says it better.
    fn time_calls(&mut self, line: Value<'d>, message: &mut Message<'d>) {
        let Some(now) = message.time_ms else { return };
        for call in &mut message.calls {
            call.started_ms = Some(now);
            if let Some(id) = &call.id {
                self.called_ms.insert(id.to_string(), now);
            }
        }
        let stated = line
            .path(&["toolUseResult", "durationMs"])
            .or_else(|| line.path(&["toolUseResult", "totalDurationMs"]));
        let stated = stated
            .and_then(Value::number)
            .filter(|_| message.results.len() == 1);
        for result in &mut message.results {
            let called = result
                .id
                .as_ref()
                .and_then(|id| self.called_ms.get(id.as_ref()));
            result.latency_ms = stated.or_else(|| called.map(|called| (now - called).max(0.0)));
        }
    }

    /// Lines of one model message become one turn; only the first counts its tokens.
    fn add(&mut self, message: Message<'d>, id: Option<Cow<'d, str>>) {
        let continues = id.is_some() && id == self.last_id;
        self.last_id = id;
        let Some(last) = self
            .messages
            .last_mut()
            .filter(|last| continues && last.thread == message.thread)
        else {
            self.messages.push(message);
            return;
        };
        last.span = last.span.cover(message.span);
        last.calls.extend(message.calls);
        last.finish_reason = message.finish_reason.or(last.finish_reason.take());
        last.tokens = message.tokens;
        if !message.content.is_blank() {
            let words = [std::mem::take(&mut last.content), message.content];
            last.content = parts::join(words.into_iter(), last.span);
        }
        last.thinking = last.thinking.take().or(message.thinking);
    }
}

/// Lines of the Claude Agent SDK's stream.
pub(crate) fn is_claude_stream(values: &[Value<'_>]) -> bool {
    let Some(first) = values.first() else {
        return false;
    };
    let begins = first.says("type", "system") && first.says("subtype", "init");
    let speaks =
        |value: &Value<'_>| value.has("session_id") && value.has("type") && value.has("message");
    begins && first.has("session_id")
        || (values
            .iter()
            .all(|value| value.has("session_id") && value.has("type"))
            && values.iter().any(speaks))
}

/// Reads the stream: each session id is a run.
pub(crate) fn read_claude_stream<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    for (id, lines) in parts::group_by(values, |value| value.text_at("session_id")) {
        let mut builder = Builder::new(Format::ClaudeStream, cover(&lines), sink.settings);
        builder.trace.id = id;
        let mut session = Session::default();
        for line in &lines {
            match line.text_at("type").as_deref() {
                Some("system") if line.says("subtype", "init") => read_init(*line, &mut builder),
                Some("result") => read_result(*line, &mut builder),
                Some("user" | "assistant") => {
                    let aside = line.has("parent_tool_use_id");
                    let before = session.messages.len();
                    session.read(*line, true);
                    if aside {
                        let thread = session.thread(*line);
                        session.messages[before..]
                            .iter_mut()
                            .for_each(|message| message.thread = thread);
                    }
                }
                _ => {}
            }
        }
        for message in session.messages {
            builder.push(message);
        }
        if !builder.trace.turns.is_empty() {
            sink.traces.push(builder.finish());
        }
    }
}

fn read_init<'d>(line: Value<'d>, builder: &mut Builder<'d>) {
    let tools = line.get("tools").into_iter().flat_map(Value::items);
    let named = |value: Value<'d>| {
        Some(Tool {
            name: value.text()?,
            description: None,
            schema: None,
            span: value.span(),
        })
    };
    builder.trace.tools = tools.filter_map(named).collect();
}

/// The last line: why it ended, what came out, what it took.
fn read_result<'d>(line: Value<'d>, builder: &mut Builder<'d>) {
    builder.trace.stop = line.get("subtype").map(Text::of);
    builder.trace.final_result = line
        .get("result")
        .filter(|text| !text.is_blank())
        .map(Text::of);
    builder.trace.tokens = parts::usage(line.get("usage"));
    if let Some(flag) = line
        .get("is_error")
        .filter(|flag| flag.bool() == Some(true))
    {
        builder.outcome(false, "is_error", flag.span());
    }
}

/// Lines of a Codex rollout.
pub(crate) fn is_codex(values: &[Value<'_>]) -> bool {
    let kinds = [
        "session_meta",
        "response_item",
        "event_msg",
        "turn_context",
        "compacted",
    ];
    let line = |value: &Value<'_>| {
        value.has("payload") && kinds.iter().any(|kind| value.says("type", kind))
    };
    let old_head =
        |value: &Value<'_>| value.has("id") && value.has("timestamp") && value.has("instructions");
    let item = |value: &Value<'_>| messages::is_item(*value) || value.has("record_type");
    values.iter().all(line)
        || (values.len() > 1
            && values.first().is_some_and(old_head)
            && values[1..].iter().all(item))
}

/// Reads a Codex rollout: a file is a run.
pub(crate) fn read_codex<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let mut builder = Builder::new(Format::Codex, cover(values), sink.settings);
    let mut messages: Vec<Message<'d>> = Vec::new();
    let mut called_ms: FxHashMap<String, f64> = FxHashMap::default();
    for line in values {
        let payload = line.get("payload").unwrap_or(*line);
        let time = parts::time_ms(line.get("timestamp"));
        match line.text_at("type").as_deref() {
            Some("session_meta") => read_meta(payload, &mut builder),
            Some("event_msg") => read_event(payload, &mut messages),
            Some("compacted") => {
                let mut message = Message::new(Role::System, line.span());
                message.kind = TurnKind::Compaction;
                message.content = payload.get("message").map(Text::of).unwrap_or_default();
                message.time_ms = time;
                messages.push(message);
            }
            Some("turn_context") => {}
            _ if messages::is_item(payload) => {
                for mut message in messages::read_one(payload) {
                    message.span = line.span();
                    message.time_ms = time;
                    time_calls(&mut message, &mut called_ms);
                    messages.push(message);
                }
            }
            _ => read_meta(payload, &mut builder),
        }
    }
    for message in messages {
        builder.push(message);
    }
    if !builder.trace.turns.is_empty() {
        sink.traces.push(builder.finish());
    }
}

fn read_meta<'d>(payload: Value<'d>, builder: &mut Builder<'d>) {
    builder.trace.id = builder
        .trace
        .id
        .take()
        .or_else(|| parts::id(payload, &["id", "session_id"]));
    let text = payload.any(&["instructions", "base_instructions"]);
    let text = text
        .map(|text| text.get("text").unwrap_or(text))
        .filter(|text| text.shape() == Shape::Text);
    builder.trace.policy = builder.trace.policy.take().or_else(|| text.map(Text::of));
}

/// Token counts belong to the model's last message; other events repeat what items say.
fn read_event<'d>(payload: Value<'d>, messages: &mut [Message<'d>]) {
    if !payload.says("type", "token_count") {
        return;
    }
    let usage = parts::usage(payload.path(&["info", "last_token_usage"]));
    let last = messages
        .iter_mut()
        .rev()
        .find(|message| message.role == Role::Agent);
    if let Some(last) = last.filter(|last| last.tokens == Tokens::default()) {
        last.tokens = usage;
    }
}

/// The tool's own figures where its output has them, else the time between the lines.
fn time_calls(message: &mut Message<'_>, called_ms: &mut FxHashMap<String, f64>) {
    let now = message.time_ms;
    for call in &mut message.calls {
        call.started_ms = now;
        if let (Some(id), Some(now)) = (&call.id, now) {
            called_ms.insert(id.to_string(), now);
        }
    }
    for result in &mut message.results {
        let called = result.id.as_ref().and_then(|id| called_ms.get(id.as_ref()));
        result.latency_ms = now.and_then(|now| called.map(|called| (now - called).max(0.0)));
        let head = result.content.text.trim_start();
        let figures = head
            .starts_with('{')
            .then(|| serde_json::from_str::<serde_json::Value>(head).ok())
            .flatten();
        let Some(mut figures) = figures.filter(|value| value.get("metadata").is_some()) else {
            continue;
        };
        if let Some(serde_json::Value::String(output)) =
            figures.get_mut("output").map(serde_json::Value::take)
        {
            result.content = Text::apart(output, result.content.span);
        }
        let metadata = &figures["metadata"];
        if let Some(seconds) = metadata
            .get("duration_seconds")
            .and_then(serde_json::Value::as_f64)
        {
            result.latency_ms = Some(seconds * 1e3);
        }
        if metadata
            .get("exit_code")
            .and_then(serde_json::Value::as_i64)
            .is_some_and(|code| code != 0)
        {
            result.failed = Some(true);
        }
    }
}
