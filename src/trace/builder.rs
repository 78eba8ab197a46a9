//! Builds a run out of messages: numbers turns, ties results to calls, notes what is absent.
//!
//! Knows what every format has in common. Does not know any one of them.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

use looplint_model::{Settings, Span};
use rustc_hash::FxHashMap;

use crate::fields::{Field, Fields};
use crate::formats::Format;
use crate::run::{Call, CallResult, Json, Orphan, Outcome, Role, Tokens, Trace, Turn, TurnKind};
use crate::text::Text;

/// One message, as an importer reads it.
#[derive(Clone, Debug)]
pub(crate) struct Message<'d> {
    pub(crate) number: Option<i64>,
    pub(crate) role: Role,
    pub(crate) kind: TurnKind,
    pub(crate) agent: Option<Cow<'d, str>>,
    pub(crate) to: Option<Cow<'d, str>>,
    pub(crate) thread: u32,
    pub(crate) content: Text<'d>,
    pub(crate) thinking: Option<Text<'d>>,
    pub(crate) calls: Vec<NewCall<'d>>,
    pub(crate) results: Vec<NewResult<'d>>,
    pub(crate) tokens: Tokens,
    pub(crate) latency_ms: Option<f64>,
    pub(crate) time_ms: Option<f64>,
    pub(crate) finish_reason: Option<Cow<'d, str>>,
    pub(crate) span: Span,
}

/// A call, as an importer reads it.
#[derive(Clone, Debug)]
pub(crate) struct NewCall<'d> {
    pub(crate) id: Option<Cow<'d, str>>,
    pub(crate) name: Text<'d>,
    pub(crate) arguments: Option<Text<'d>>,
    /// The arguments are free text by design.
    pub(crate) free: bool,
    pub(crate) latency_ms: Option<f64>,
    pub(crate) started_ms: Option<f64>,
    /// A result that stands in the call itself.
    pub(crate) result: Option<NewResult<'d>>,
    pub(crate) span: Span,
}

/// A result, as an importer reads it.
#[derive(Clone, Debug)]
pub(crate) struct NewResult<'d> {
    pub(crate) id: Option<Cow<'d, str>>,
    pub(crate) name: Option<Cow<'d, str>>,
    pub(crate) content: Text<'d>,
    pub(crate) failed: Option<bool>,
    pub(crate) error: Option<Text<'d>>,
    pub(crate) latency_ms: Option<f64>,
    pub(crate) span: Span,
}

/// No more than this many waiting calls of one tool are compared with a result that names none.
const PENDING_MAX: usize = 64;

/// A run in the making.
pub(crate) struct Builder<'d> {
    /// The run so far; importers set what belongs to the run as a whole.
    pub(crate) trace: Trace<'d>,
    by_id: FxHashMap<String, usize>,
    unanswered: BTreeSet<usize>,
    /// Calls by their tool's name, answered or not, the oldest first.
    by_name: FxHashMap<String, VecDeque<usize>>,
}

impl<'d> Message<'d> {
    /// An empty message of `role` at `span`.
    pub(crate) fn new(role: Role, span: Span) -> Message<'d> {
        Message {
            number: None,
            role,
            kind: TurnKind::Message,
            agent: None,
            to: None,
            thread: 0,
            content: Text::apart("", Span::at(span.start)),
            thinking: None,
            calls: Vec::new(),
            results: Vec::new(),
            tokens: Tokens::default(),
            latency_ms: None,
            time_ms: None,
            finish_reason: None,
            span,
        }
    }

    /// A message of `role` that says `text` and nothing else.
    pub(crate) fn saying(role: Role, text: Text<'d>) -> Message<'d> {
        let mut message = Message::new(role, text.span);
        message.content = text;
        message
    }

    /// The same message, borrowing nothing.
    pub(crate) fn into_owned(self) -> Message<'static> {
        Message {
            number: self.number,
            role: self.role,
            kind: self.kind,
            agent: self.agent.map(owned),
            to: self.to.map(owned),
            thread: self.thread,
            content: self.content.into_owned(),
            thinking: self.thinking.map(Text::into_owned),
            calls: self.calls.into_iter().map(NewCall::into_owned).collect(),
            results: self
                .results
                .into_iter()
                .map(NewResult::into_owned)
                .collect(),
            tokens: self.tokens,
            latency_ms: self.latency_ms,
            time_ms: self.time_ms,
            finish_reason: self.finish_reason.map(owned),
            span: self.span,
        }
    }
}

/// The same text, borrowing nothing.
pub(crate) fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

impl<'d> NewCall<'d> {
    /// A call of `name` at `span` with nothing else known.
    pub(crate) fn new(name: Text<'d>, span: Span) -> NewCall<'d> {
        NewCall {
            id: None,
            name,
            arguments: None,
            free: false,
            latency_ms: None,
            started_ms: None,
            result: None,
            span,
        }
    }

    fn into_owned(self) -> NewCall<'static> {
        NewCall {
            id: self.id.map(owned),
            name: self.name.into_owned(),
            arguments: self.arguments.map(Text::into_owned),
            free: self.free,
            latency_ms: self.latency_ms,
            started_ms: self.started_ms,
            result: self.result.map(NewResult::into_owned),
            span: self.span,
        }
    }
}

impl<'d> NewResult<'d> {
    /// A result that says `content` at `span`.
    pub(crate) fn new(content: Text<'d>, span: Span) -> NewResult<'d> {
        NewResult {
            id: None,
            name: None,
            content,
            failed: None,
            error: None,
            latency_ms: None,
            span,
        }
    }

    fn into_owned(self) -> NewResult<'static> {
        NewResult {
            id: self.id.map(owned),
            name: self.name.map(owned),
            content: self.content.into_owned(),
            failed: self.failed,
            error: self.error.map(Text::into_owned),
            latency_ms: self.latency_ms,
            span: self.span,
        }
    }
}

impl<'d> Builder<'d> {
    /// A run of `format` without anything in it.
    pub(crate) fn new(format: Format, span: Span, settings: &'d Settings) -> Builder<'d> {
        let trace = Trace {
            number: 1,
            id: None,
            format,
            goal: None,
            final_result: None,
            outcome: None,
            stop: None,
            tools: Vec::new(),
            policy: None,
            turns: Vec::new(),
            calls: Vec::new(),
            orphans: Vec::new(),
            tokens: Tokens::default(),
            span,
            cut: false,
            present: Fields::default(),
            settings,
            facts: crate::facts::Facts::default(),
        };
        Builder {
            trace,
            by_id: FxHashMap::default(),
            unanswered: BTreeSet::new(),
            by_name: FxHashMap::default(),
        }
    }

    /// Appends a message as a turn, with its calls and the results that it brings.
    pub(crate) fn push(&mut self, mut message: Message<'d>) {
        if let (Role::Tool, true, [only]) = (
            message.role,
            message.content.is_blank(),
            &message.results[..],
        ) {
            message.content = only.content.clone();
        }
        let at = self.trace.turns.len();
        let first_call = self.trace.calls.len();
        let number = message.number.unwrap_or(at as i64 + 1);
        self.trace.turns.push(Turn {
            number,
            role: message.role,
            kind: message.kind,
            agent: message.agent,
            to: message.to,
            thread: message.thread,
            content: message.content,
            thinking: message.thinking,
            calls: first_call..first_call + message.calls.len(),
            results: Vec::new(),
            tokens: message.tokens,
            latency_ms: message.latency_ms,
            time_ms: message.time_ms,
            finish_reason: message.finish_reason,
            span: message.span,
        });
        for call in message.calls {
            self.call(call, at);
        }
        for result in message.results {
            self.result(result, at);
        }
    }

    fn call(&mut self, call: NewCall<'d>, turn: usize) {
        let at = self.trace.calls.len();
        if let Some(id) = &call.id {
            self.by_id.insert(id.to_string(), at);
        }
        let json = |raw| {
            if call.free {
                Json::free(raw)
            } else {
                Json::new(raw)
            }
        };
        self.trace.calls.push(Call {
            turn,
            id: call.id,
            name: call.name,
            arguments: call.arguments.map(json),
            result: None,
            latency_ms: call.latency_ms,
            started_ms: call.started_ms,
            span: call.span,
        });
        match call.result {
            Some(result) => self.answer(at, result, turn),
            None => {
                let name = self.trace.calls[at].name.text.to_string();
                self.by_name.entry(name).or_default().push_back(at);
                self.unanswered.insert(at);
            }
        }
    }

    fn result(&mut self, result: NewResult<'d>, turn: usize) {
        let call = match &result.id {
            Some(id) => self.by_id.get(id.as_ref()).copied(),
            None => self.oldest_unanswered(result.name.as_deref()),
        };
        match call {
            Some(call) if self.trace.calls[call].result.is_none() => {
                self.answer(call, result, turn)
            }
            _ => self.trace.orphans.push(Orphan {
                turn,
                id: result.id,
                name: result.name,
                second: call.is_some(),
                span: result.span,
            }),
        }
    }

    /// The oldest call without a result, of this name where one is given.
    fn oldest_unanswered(&mut self, name: Option<&str>) -> Option<usize> {
        let Some(name) = name else {
            return self.unanswered.first().copied();
        };
        let named = self.by_name.get_mut(name)?;
        while let Some(&at) = named.front() {
            if self.unanswered.contains(&at) {
                return Some(at);
            }
            named.pop_front();
        }
        None
    }

    fn answer(&mut self, call: usize, mut result: NewResult<'d>, turn: usize) {
        // Who only says that it failed said it in the error.
        if let Some(error) = result.error.as_ref().filter(|_| result.content.is_blank()) {
            result.content = error.clone();
        }

        self.unanswered.remove(&call);
        self.trace.turns[turn].results.push(call);
        let call = &mut self.trace.calls[call];
        call.latency_ms = call.latency_ms.or(result.latency_ms);
        call.result = Some(CallResult {
            turn,
            content: result.content,
            failed: result.failed,
            error: result.error,
            span: result.span,
        });
    }

    /// The latest calls of `name` that still wait for their result.
    pub(crate) fn pending(&self, name: &str) -> impl Iterator<Item = &Call<'d>> {
        let named = self
            .by_name
            .get(name)
            .into_iter()
            .flatten()
            .rev()
            .take(PENDING_MAX);
        named
            .filter(|at| self.unanswered.contains(at))
            .map(|&at| &self.trace.calls[at])
    }

    /// Says how the run went.
    pub(crate) fn outcome(
        &mut self,
        passed: bool,
        known_from: impl Into<Cow<'d, str>>,
        span: Span,
    ) {
        self.trace.outcome = Some(Outcome {
            passed,
            known_from: known_from.into(),
            span,
        });
    }

    /// The finished run: goal and result are taken from the turns where nobody states them.
    pub(crate) fn finish(mut self) -> Trace<'d> {
        let trace = &mut self.trace;
        if trace.goal.is_none() {
            trace.goal = trace
                .turns
                .iter()
                .find(|turn| {
                    turn.role == Role::User && turn.thread == 0 && !turn.content.is_blank()
                })
                .map(|turn| turn.content.clone());
        }
        if trace.final_result.is_none() {
            // Notices of the harness and words to colleagues answer nobody.
            trace.final_result = trace
                .turns
                .iter()
                .rev()
                .find(|turn| {
                    turn.role == Role::Agent
                        && turn.kind == TurnKind::Message
                        && turn.thread == 0
                        && !turn.content.is_blank()
                })
                .map(|turn| turn.content.clone());
        }
        trace.present = present(trace);
        self.trace
    }
}

fn present(trace: &Trace) -> Fields {
    let mut fields = Fields::default();
    let turns = &trace.turns;
    let calls = &trace.calls;
    let results = || calls.iter().filter_map(|call| call.result.as_ref());
    let agents = || turns.iter().filter_map(|turn| turn.agent.as_deref());
    let counted = |tokens: &Tokens| tokens.input.is_some() || tokens.output.is_some();
    fields.add_if(Field::Id, trace.id.is_some());
    fields.add_if(Field::Goal, trace.goal.is_some());
    fields.add_if(Field::FinalResult, trace.final_result.is_some());
    fields.add_if(Field::Outcome, trace.outcome.is_some());
    fields.add_if(Field::StopReason, trace.stop.is_some());
    fields.add_if(Field::Tools, !trace.tools.is_empty());
    fields.add_if(
        Field::ToolSchemas,
        trace.tools.iter().any(|tool| tool.schema.is_some()),
    );
    fields.add_if(Field::Agents, agents().next().is_some());
    fields.add_if(
        Field::Policy,
        trace.policy.is_some() || turns.iter().any(|turn| turn.role == Role::System),
    );
    fields.add_if(Field::Calls, !calls.is_empty());
    fields.add_if(Field::CallIds, calls.iter().any(|call| call.id.is_some()));
    fields.add_if(
        Field::Arguments,
        calls.iter().any(|call| call.arguments.is_some()),
    );
    fields.add_if(Field::Results, results().next().is_some());
    fields.add_if(
        Field::ErrorFlags,
        results().any(|result| result.failed.is_some() || result.error.is_some()),
    );
    let latency = calls.iter().any(|call| call.latency_ms.is_some())
        || turns.iter().any(|turn| turn.latency_ms.is_some());
    fields.add_if(Field::Latency, latency);
    fields.add_if(
        Field::Tokens,
        counted(&trace.tokens) || turns.iter().any(|turn| counted(&turn.tokens)),
    );
    fields.add_if(
        Field::Timestamps,
        turns.iter().any(|turn| turn.time_ms.is_some()),
    );
    fields.add_if(
        Field::FinishReason,
        turns.iter().any(|turn| turn.finish_reason.is_some()),
    );
    fields
}
