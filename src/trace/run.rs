//! One agent's run, whatever format it came in.
//!
//! Knows turns, calls and results. Does not know any format: importers fill this in and leave out
//! what theirs does not carry.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use looplint_model::{Settings, Span};

use crate::fields::{Field, Fields};
use crate::formats::Format;
use crate::text::Text;

/// An agent's run.
#[derive(Debug)]
pub struct Trace<'d> {
    /// The run's number in the file: its line for one run a line, else its place in the list, from 1.
    pub number: u64,
    /// The run's own id.
    pub id: Option<Cow<'d, str>>,
    /// The format it came in.
    pub format: Format,
    /// What was asked for: stated, or the first thing the user said.
    pub goal: Option<Text<'d>>,
    /// What came out: stated, or the last thing an agent said.
    pub final_result: Option<Text<'d>>,
    /// Whether it succeeded, where somebody says so.
    pub outcome: Option<Outcome<'d>>,
    /// Why it ended, in the harness's words: `max_steps`, `exit_cost`, `content_filter`.
    pub stop: Option<Text<'d>>,
    /// The tools that the agent was offered.
    pub tools: Vec<Tool<'d>>,
    /// System text or policy that stands outside the turns.
    pub policy: Option<Text<'d>>,
    /// The turns, in order.
    pub turns: Vec<Turn<'d>>,
    /// The calls of all turns, in order; a turn's own are [`Turn::calls`].
    pub calls: Vec<Call<'d>>,
    /// Results that answer no call.
    pub orphans: Vec<Orphan<'d>>,
    /// Tokens of the whole run, where the format sums them itself.
    pub tokens: Tokens,
    /// All of the run's text.
    pub span: Span,
    /// The text ends before the run does: the file was cut or is broken.
    pub cut: bool,
    pub(crate) present: Fields,
    pub(crate) settings: &'d Settings,
    pub(crate) facts: crate::facts::Facts,
}

/// Whether a run succeeded, and how that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<'d> {
    /// Whether it succeeded.
    pub passed: bool,
    /// What says so: `is_successful`, `reward 0`, `exit_status submitted`.
    pub known_from: Cow<'d, str>,
    /// Where it says so.
    pub span: Span,
}

/// A tool that an agent was offered.
#[derive(Debug)]
pub struct Tool<'d> {
    /// Its name.
    pub name: Cow<'d, str>,
    /// What it says it does.
    pub description: Option<Cow<'d, str>>,
    /// JSON Schema of its parameters, as JSON.
    pub schema: Option<Json<'d>>,
    /// Where it is declared.
    pub span: Span,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The instructions.
    System,
    /// A person, or who plays one.
    User,
    /// A model.
    Agent,
    /// A tool's answer.
    Tool,
}

/// What a turn is, beside words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TurnKind {
    /// Words, calls, results.
    #[default]
    Message,
    /// Said to nobody: a plan, a ledger, reasoning that stands alone.
    Thought,
    /// Words or a record that give the work to another agent.
    Handoff,
    /// A summary that replaced the turns before it.
    Compaction,
    /// A guardrail's decision.
    Guardrail,
    /// A word of the harness: a limit, an error, the end.
    Notice,
}

/// One message of a run.
#[derive(Clone, Debug)]
pub struct Turn<'d> {
    /// Its number: the format's own, else its place among the messages, from 1.
    pub number: i64,
    /// Who speaks.
    pub role: Role,
    /// What the turn is.
    pub kind: TurnKind,
    /// Name of the agent, user or tool that speaks.
    pub agent: Option<Cow<'d, str>>,
    /// Whom the turn is said to, where it is said to one.
    pub to: Option<Cow<'d, str>>,
    /// 0 for the main conversation; sub-agents' conversations have numbers of their own.
    pub thread: u32,
    /// The words. Empty beside calls is normal.
    pub content: Text<'d>,
    /// Reasoning that the format keeps apart from the words.
    pub thinking: Option<Text<'d>>,
    /// The calls it makes, as places in [`Trace::calls`].
    pub calls: Range<usize>,
    /// The calls whose results it brings, as places in [`Trace::calls`].
    pub results: Vec<usize>,
    /// Tokens that it took.
    pub tokens: Tokens,
    /// How long it took, in milliseconds.
    pub latency_ms: Option<f64>,
    /// When it was said, in milliseconds since 1970.
    pub time_ms: Option<f64>,
    /// Why the model stopped: `stop`, `length`, `tool_calls`, `content_filter`.
    pub finish_reason: Option<Cow<'d, str>>,
    /// All of its text.
    pub span: Span,
}

/// Counted tokens; `None` where the format does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Read by the model, cached ones included.
    pub input: Option<u64>,
    /// Written by the model.
    pub output: Option<u64>,
}

/// One tool call.
#[derive(Debug)]
pub struct Call<'d> {
    /// The turn that wrote it, as a place in [`Trace::turns`]: the turn to blame.
    pub turn: usize,
    /// The format's id of the call.
    pub id: Option<Cow<'d, str>>,
    /// The tool's name.
    pub name: Text<'d>,
    /// What it was called with.
    pub arguments: Option<Json<'d>>,
    /// What came back.
    pub result: Option<CallResult<'d>>,
    /// How long it took, in milliseconds.
    pub latency_ms: Option<f64>,
    /// When it began, in milliseconds since 1970.
    pub started_ms: Option<f64>,
    /// All of its text.
    pub span: Span,
}

/// What a tool gave back.
#[derive(Clone, Debug)]
pub struct CallResult<'d> {
    /// The turn it came in, as a place in [`Trace::turns`].
    pub turn: usize,
    /// What it says.
    pub content: Text<'d>,
    /// Whether the format itself says that the call failed; `None` where it says nothing either way.
    pub failed: Option<bool>,
    /// The format's own error text, where it stands apart from the content.
    pub error: Option<Text<'d>>,
    /// All of its text.
    pub span: Span,
}

/// A result that answers no call.
#[derive(Clone, Debug)]
pub struct Orphan<'d> {
    /// The turn it came in, as a place in [`Trace::turns`].
    pub turn: usize,
    /// The call id that it names.
    pub id: Option<Cow<'d, str>>,
    /// The tool that it names.
    pub name: Option<Cow<'d, str>>,
    /// Whether a call of this id was already answered.
    pub second: bool,
    /// All of its text.
    pub span: Span,
}

/// A piece of JSON that is parsed when somebody asks: arguments, a schema.
#[derive(Debug)]
pub struct Json<'d> {
    /// As it stands: JSON, or in `free` form any text.
    pub raw: Text<'d>,
    /// Free text by the format's own design: code, a shell line, a search phrase.
    pub free: bool,
    pub(crate) parsed: OnceLock<Result<serde_json::Value, JsonFault>>,
}

/// Why a piece of JSON cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonFault {
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// The byte of the piece where it is wrong.
    pub at: usize,
    /// Whether it is only that the text ends too early.
    pub truncated: bool,
}

impl Tool<'_> {
    /// The same tool, borrowing nothing.
    pub(crate) fn into_owned(self) -> Tool<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Tool {
            name: owned(self.name),
            description: self.description.map(owned),
            schema: self.schema.map(|schema| Json {
                raw: schema.raw.into_owned(),
                free: schema.free,
                parsed: schema.parsed,
            }),
            span: self.span,
        }
    }
}

impl<'d> Json<'d> {
    /// JSON that stands in `raw`.
    pub fn new(raw: Text<'d>) -> Json<'d> {
        Json {
            raw,
            free: false,
            parsed: OnceLock::new(),
        }
    }

    /// Free text.
    pub fn free(raw: Text<'d>) -> Json<'d> {
        Json {
            raw,
            free: true,
            parsed: OnceLock::new(),
        }
    }

    /// The parsed value; why not, where it is not JSON; `None` for free text and for nothing at all.
    pub fn value(&self) -> Option<Result<&serde_json::Value, &JsonFault>> {
        if self.free || self.raw.is_blank() {
            return None;
        }
        Some(self.parsed.get_or_init(|| parse(&self.raw.text)).as_ref())
    }

    /// The value where it is JSON.
    pub fn ok(&self) -> Option<&serde_json::Value> {
        self.value().and_then(Result::ok)
    }
}

fn parse(text: &str) -> Result<serde_json::Value, JsonFault> {
    serde_json::from_str(text).map_err(|error| {
        let line_start = match error.line() {
            0 | 1 => 0,
            line => memchr::memchr_iter(b'\n', text.as_bytes())
                .nth(line - 2)
                .map_or(0, |at| at + 1),
        };
        let message = error.to_string();
        let message = message
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_string();
        let at = (line_start + error.column().saturating_sub(1)).min(text.len());
        JsonFault {
            message,
            at,
            truncated: error.is_eof(),
        }
    })
}

impl Turn<'_> {
    /// Whether an agent says it to others: no plan, ledger or order to another agent.
    pub fn is_said(&self) -> bool {
        self.role == Role::Agent && self.kind == TurnKind::Message
    }
}

impl<'d> Trace<'d> {
    /// Whether this run has `field`. A rule that needs an absent one stays out.
    pub fn has(&self, field: Field) -> bool {
        self.present.has(field)
    }

    /// Why `field` is absent, in one clause; `None` where it is there.
    pub fn lacks(&self, field: Field) -> Option<String> {
        if self.has(field) {
            return None;
        }
        Some(if self.format.carries().has(field) {
            format!("this run has no {}", field.as_str())
        } else {
            format!("{} carries no {}", self.format.name(), field.as_str())
        })
    }

    /// The run's id, or its number in the file where it has none.
    pub fn name(&self) -> String {
        match &self.id {
            Some(id) => id.to_string(),
            None => self.number.to_string(),
        }
    }

    /// The calls that `turn` makes.
    pub fn calls_of(&self, turn: usize) -> &[Call<'d>] {
        let calls = self.turns.get(turn).map_or(0..0, |turn| turn.calls.clone());
        self.calls.get(calls).unwrap_or(&[])
    }

    /// The turn that wrote `call`.
    pub fn turn_of(&self, call: &Call<'d>) -> &Turn<'d> {
        &self.turns[call.turn]
    }

    /// The names of all agents that speak, sorted, each once.
    pub fn agents(&self) -> Vec<&str> {
        let speaking = self.turns.iter().filter(|turn| turn.role == Role::Agent);
        let mut names: Vec<&str> = speaking.filter_map(|turn| turn.agent.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The declared tool of this name.
    pub fn tool(&self, name: &str) -> Option<&Tool<'d>> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// The user's choices.
    pub fn settings(&self) -> &'d Settings {
        self.settings
    }
}

impl Role {
    /// `system`, `user`, `agent` or `tool`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Agent => "agent",
            Role::Tool => "tool",
        }
    }
}
