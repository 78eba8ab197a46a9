//! From traced steps to one conversation.
//!
//! Tracers log a run as a tree of steps: model calls, each with the whole history as its input, tool executions, agents.
//! Here they become messages, each once, in the order in which they were said.
//! Knows steps. Does not know which tracer logged them.

mod family;
mod index;
mod talk;

use std::borrow::Cow;

use looplint_model::Span;

use family::Family;
use talk::Talk;

use crate::builder::{Builder, Message, NewCall, NewResult};
use crate::run::{Role, Tokens, Tool};
use crate::text::Text;

/// One step of a traced run.
#[derive(Debug)]
pub(crate) struct Step<'d> {
    pub(crate) id: Option<Cow<'d, str>>,
    pub(crate) parent: Option<Cow<'d, str>>,
    pub(crate) kind: StepKind,
    pub(crate) name: Option<Cow<'d, str>>,
    pub(crate) started_ms: Option<f64>,
    pub(crate) ended_ms: Option<f64>,
    /// What the step was given, and what it gave.
    pub(crate) input: Vec<Message<'d>>,
    pub(crate) output: Vec<Message<'d>>,
    /// The input and output as plain text, where they are no messages.
    pub(crate) input_text: Option<Text<'d>>,
    pub(crate) output_text: Option<Text<'d>>,
    /// The call that a tool's step executes.
    pub(crate) call: Option<NewCall<'d>>,
    /// Whether the tracer says that it failed.
    pub(crate) failed: Option<bool>,
    pub(crate) error: Option<Text<'d>>,
    pub(crate) tokens: Tokens,
    pub(crate) finish_reason: Option<Cow<'d, str>>,
    pub(crate) tools: Vec<Tool<'d>>,
    /// Input and output are plain text put into messages, not messages.
    pub(crate) plain: bool,
    pub(crate) span: Span,
}

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepKind {
    /// A model's answer.
    Model,
    /// A tool's execution.
    Tool,
    /// An agent's or sub-agent's work.
    Agent,
    /// A message of its own: a hand-off, a guardrail.
    Note,
    /// Anything else.
    Other,
}

impl<'d> Step<'d> {
    /// A step of which nothing is known but where it stands.
    pub(crate) fn new(kind: StepKind, span: Span) -> Step<'d> {
        Step {
            id: None,
            parent: None,
            kind,
            name: None,
            started_ms: None,
            ended_ms: None,
            input: Vec::new(),
            output: Vec::new(),
            input_text: None,
            output_text: None,
            call: None,
            failed: None,
            error: None,
            tokens: Tokens::default(),
            finish_reason: None,
            tools: Vec::new(),
            plain: false,
            span,
        }
    }

    /// Makes the step a tool's: `name` called with the input text, answered by the output text.
    pub(crate) fn make_call(&mut self, id: Option<Cow<'d, str>>, name: Text<'d>) {
        let mut call = NewCall::new(name, self.span);
        call.id = id;
        call.arguments = self.input_text.clone();
        if self.output_text.is_some() || self.error.is_some() {
            let content = self.output_text.clone().or_else(|| self.error.clone());
            let content = content.unwrap_or_default();
            let span = content.span;
            let mut result = NewResult::new(content, span);
            result.failed = self.failed;
            result.error = self.error.clone();
            call.result = Some(result);
        }
        self.kind = StepKind::Tool;
        self.call = Some(call);
    }

    /// Gives the call of a tool that failed without an output its error for a result.
    pub(crate) fn settle(&mut self) {
        let Some(call) = &mut self.call else { return };
        if call.result.is_none() && (self.failed == Some(true) || self.error.is_some()) {
            let content = self
                .error
                .clone()
                .unwrap_or_else(|| Text::apart("", self.span));
            call.result = Some(NewResult::new(content, self.span));
        }
        if let Some(result) = &mut call.result {
            result.failed = result.failed.or(self.failed);
            result.error = result.error.take().or_else(|| self.error.clone());
        }
    }

    /// The result of a tool that ran to its end without a word: it gave nothing, or the tracer keeps no contents.
    fn silent_result(&self) -> Option<NewResult<'d>> {
        let ended = self.latency_ms().is_some() && self.failed != Some(true);
        ended.then(|| NewResult::new(Text::apart("", self.span), self.span))
    }

    /// What a model was given and gave as plain text becomes messages.
    pub(crate) fn speak_plainly(&mut self) {
        if self.kind != StepKind::Model {
            return;
        }
        let structured = !self.input.is_empty() || !self.output.is_empty();
        if self.input.is_empty()
            && let Some(text) = spoken(self.input_text.clone())
        {
            self.input.push(Message::saying(Role::User, text));
        }
        if self.output.is_empty()
            && let Some(text) = spoken(self.output_text.clone())
        {
            self.output.push(Message::saying(Role::Agent, text));
        }
        self.plain = !structured;
    }

    /// How long it took; a step that begins and ends at once was not timed.
    fn latency_ms(&self) -> Option<f64> {
        let latency = (self.ended_ms? - self.started_ms?).max(0.0);
        (latency > 0.0).then_some(latency)
    }

    /// How much of a conversation the step shows: calls weigh most.
    fn weight(&self) -> usize {
        if self.plain {
            return 1;
        }
        let messages = || self.input.iter().chain(&self.output);
        let calls: usize = messages()
            .map(|message| message.calls.len() + message.results.len())
            .sum();
        messages().count() + 10 * calls + 5 * self.output.len()
    }
}

/// Times before 1980 only give an order: nobody's clock says that.
fn clock(time_ms: Option<f64>) -> Option<f64> {
    time_ms.filter(|time| *time > 315_532_800_000.0)
}

/// Fills `builder` with the conversation that `steps` show.
pub(crate) fn assemble<'d>(builder: &mut Builder<'d>, mut steps: Vec<Step<'d>>) {
    steps.sort_by(|left, right| {
        let time = |step: &Step<'_>| step.started_ms.unwrap_or(f64::INFINITY);
        time(left).total_cmp(&time(right))
    });
    steps.iter_mut().for_each(lead_with_system);
    steps.iter_mut().for_each(blank_elided);
    let family = Family::of(&steps);
    name_tools(&mut steps);
    read_frame(builder, &steps, &family);
    family::choose(&mut steps, &family);
    let mut talk = Talk::default();
    let agents: Vec<Option<Cow<'d, str>>> = (0..steps.len())
        .map(|at| family.agent(&steps, at))
        .collect();
    let threads: Vec<u32> = family.threads(&steps);
    let speaking = speakers(&steps);
    // Steps that fell silent may declare the same tools in another dialect: those that speak come first.
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|&at| !speaking[at]);
    for at in order {
        for tool in std::mem::take(&mut steps[at].tools) {
            if builder.trace.tool(&tool.name).is_none() {
                builder.trace.tools.push(tool);
            }
        }
    }
    for at in 0..steps.len() {
        if speaking[at] {
            talk.hear(&mut steps[at], agents[at].clone(), threads[at]);
        }
    }
    talk.execute(&mut steps, &agents, &threads);
    for mut message in talk.messages {
        message.time_ms = clock(message.time_ms);
        for call in &mut message.calls {
            call.started_ms = clock(call.started_ms);
        }
        builder.push(message);
    }
}

/// Instructions that a response repeats were given before anything was said.
fn lead_with_system(step: &mut Step<'_>) {
    let (system, output) = std::mem::take(&mut step.output)
        .into_iter()
        .partition(|message| message.role == Role::System);
    step.output = output;
    step.input.splice(0..0, system);
}

/// What instrumentations write where they were told to keep no contents is not what was said.
fn blank_elided(step: &mut Step<'_>) {
    let is_elided = |text: &Text<'_>| text.text.trim() == "<elided>";
    let messages = step.input.iter_mut().chain(&mut step.output);
    for content in messages.map(|message| &mut message.content) {
        if is_elided(content) {
            *content = Text::apart("", content.span);
        }
    }
    for text in [&mut step.input_text, &mut step.output_text] {
        *text = text.take().filter(|text| !is_elided(text));
    }
}

/// A step that is named like a tool that some model calls is that tool's execution.
fn name_tools(steps: &mut [Step<'_>]) {
    let said = steps
        .iter()
        .flat_map(|step| step.input.iter().chain(&step.output))
        .flat_map(|message| &message.calls);
    let called: Vec<String> = said.map(|call| call.name.text.to_string()).collect();
    for step in steps
        .iter_mut()
        .filter(|step| step.kind == StepKind::Other && step.output_text.is_some())
    {
        if let Some(name) = step
            .name
            .clone()
            .filter(|name| called.iter().any(|tool| **tool == **name))
        {
            step.make_call(None, Text::apart(name, step.span));
        }
    }
}

/// Which steps' words make up the conversation: the models'; where these say nothing the agents', else anybody's.
fn speakers(steps: &[Step<'_>]) -> Vec<bool> {
    let says = |step: &Step<'_>| !step.input.is_empty() || !step.output.is_empty();
    let by = |kind: StepKind| {
        steps
            .iter()
            .map(|step| step.kind == kind && says(step))
            .collect::<Vec<bool>>()
    };
    for kind in [StepKind::Model, StepKind::Agent, StepKind::Other] {
        let mut speaking = by(kind);
        if speaking.contains(&true) {
            for (speaks, step) in speaking.iter_mut().zip(steps) {
                *speaks |= step.kind == StepKind::Note;
            }
            return speaking;
        }
    }
    by(StepKind::Note)
}

/// Goal and result of the run, from its outermost step.
fn read_frame<'d>(builder: &mut Builder<'d>, steps: &[Step<'d>], family: &Family) {
    let Some(root) = steps.iter().enumerate().find(|(at, step)| {
        family.parent[*at].is_none()
            && (step.input_text.is_some() || !step.input.is_empty() || step.output_text.is_some())
    }) else {
        return;
    };
    let root = root.1;
    // A model's answer is one of many; what the run was asked and gave is told by what is around it.
    if root.kind == StepKind::Model {
        return;
    }
    if builder.trace.goal.is_none() && root.kind != StepKind::Tool {
        let asked = root
            .input
            .iter()
            .rev()
            .find(|message| message.role == Role::User && !message.content.is_blank());
        builder.trace.goal = asked
            .map(|message| message.content.clone())
            .or_else(|| spoken(root.input_text.clone()));
    }
    if builder.trace.final_result.is_none() && root.kind != StepKind::Tool {
        let answered = root
            .output
            .iter()
            .rev()
            .find(|message| message.role == Role::Agent && !message.content.is_blank());
        builder.trace.final_result = answered
            .map(|message| message.content.clone())
            .or_else(|| spoken(root.output_text.clone()));
    }
}

/// A text for people, not JSON.
fn spoken(text: Option<Text<'_>>) -> Option<Text<'_>> {
    let speech = |text: &Text<'_>| {
        let words = text.text.trim();
        !words.is_empty() && !words.starts_with(['{', '[']) && !matches!(words, "None" | "null")
    };
    text.filter(speech)
}
