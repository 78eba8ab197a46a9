//! From traced steps to one conversation.
//!
//! Tracers log a run as a tree of steps: model calls, each with the whole history as its input, tool executions, agents.
//! Here they become messages, each once, in the order in which they were said.
//! Knows steps. Does not know which tracer logged them.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use looplint_model::Span;
use rustc_hash::{FxHashMap, FxHasher};

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

/// Ancestors beyond this are not looked at: a broken tracer may write a circle.
const DEPTH_MAX: usize = 256;

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

    fn latency_ms(&self) -> Option<f64> {
        Some((self.ended_ms? - self.started_ms?).max(0.0))
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

/// Fills `builder` with the conversation that `steps` show.
pub(crate) fn assemble<'d>(builder: &mut Builder<'d>, mut steps: Vec<Step<'d>>) {
    steps.sort_by(|left, right| {
        let time = |step: &Step<'_>| step.started_ms.unwrap_or(f64::INFINITY);
        time(left).total_cmp(&time(right))
    });
    steps.iter_mut().for_each(lead_with_system);
    let family = Family::of(&steps);
    name_tools(&mut steps);
    read_frame(builder, &steps, &family);
    choose(&mut steps, &family);
    let mut talk = Talk {
        messages: Vec::new(),
        said: FxHashMap::default(),
    };
    let agents: Vec<Option<Cow<'d, str>>> = (0..steps.len())
        .map(|at| family.agent(&steps, at))
        .collect();
    let threads: Vec<u32> = family.threads(&steps);
    let speaking = speakers(&steps);
    for at in 0..steps.len() {
        for tool in std::mem::take(&mut steps[at].tools) {
            if builder.trace.tool(&tool.name).is_none() {
                builder.trace.tools.push(tool);
            }
        }
        if speaking[at] {
            talk.hear(&mut steps[at], agents[at].clone(), threads[at]);
        }
    }
    talk.execute(&mut steps, &agents, &threads);
    for message in talk.messages {
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

/// A model step inside a model step logs the same answer twice: the side that shows less falls silent.
fn choose(steps: &mut [Step<'_>], family: &Family) {
    let is_model = |at: usize| steps[at].kind == StepKind::Model;
    let mut inside: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for at in (0..steps.len()).filter(|&at| is_model(at)) {
        if let Some(outer) = family.ancestors(at).find(|&outer| is_model(outer)) {
            inside.entry(outer).or_default().push(at);
        }
    }
    let mut outer: Vec<usize> = inside.keys().copied().collect();
    outer.sort_unstable();
    for at in outer {
        let inner = &inside[&at];
        let within: usize = inner.iter().map(|&inner| steps[inner].weight()).sum();
        let silent = if steps[at].weight() > within {
            inner.clone()
        } else {
            vec![at]
        };
        for at in silent {
            steps[at].input.clear();
            steps[at].output.clear();
            steps[at].kind = StepKind::Other;
        }
    }
}

/// Who is inside whom.
struct Family {
    parent: Vec<Option<usize>>,
}

impl Family {
    fn of(steps: &[Step<'_>]) -> Family {
        let mut by_id: FxHashMap<&str, usize> = FxHashMap::default();
        for (at, step) in steps.iter().enumerate() {
            if let Some(id) = &step.id {
                by_id.insert(id, at);
            }
        }
        let parent = |step: &Step<'_>| by_id.get(step.parent.as_deref()?).copied();
        Family {
            parent: steps.iter().map(parent).collect(),
        }
    }

    fn ancestors(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.parent[of], |&at| self.parent[at]).take(DEPTH_MAX)
    }

    /// The name of the nearest agent around a step.
    fn agent<'d>(&self, steps: &[Step<'d>], of: usize) -> Option<Cow<'d, str>> {
        self.ancestors(of)
            .find(|&at| steps[at].kind == StepKind::Agent)
            .and_then(|at| steps[at].name.clone())
    }

    /// A model that works inside a tool's execution is a sub-agent: each such execution is a thread.
    fn threads(&self, steps: &[Step<'_>]) -> Vec<u32> {
        let mut numbers: FxHashMap<usize, u32> = FxHashMap::default();
        let mut thread = |at: usize| {
            let tool = self
                .ancestors(at)
                .find(|&outer| steps[outer].kind == StepKind::Tool);
            let next = numbers.len() as u32 + 1;
            tool.map_or(0, |tool| *numbers.entry(tool).or_insert(next))
        };
        (0..steps.len()).map(&mut thread).collect()
    }
}

/// The conversation so far.
struct Talk<'d> {
    messages: Vec<Message<'d>>,
    /// How often each message was said in each thread.
    said: FxHashMap<(u32, u64), usize>,
}

impl<'d> Talk<'d> {
    /// Adds what a step's input and output say that was not said before.
    fn hear(&mut self, step: &mut Step<'d>, agent: Option<Cow<'d, str>>, thread: u32) {
        let mut here: FxHashMap<u64, usize> = FxHashMap::default();
        for message in std::mem::take(&mut step.input) {
            let mark = mark(&message);
            let count = here.entry(mark).or_insert(0);
            *count += 1;
            if *count > self.said.get(&(thread, mark)).copied().unwrap_or(0) {
                self.say(message, mark, step.started_ms, agent.clone(), thread);
            }
        }
        let n_output = step.output.len();
        for (at, mut message) in std::mem::take(&mut step.output).into_iter().enumerate() {
            let mark = mark(&message);
            let last = at + 1 == n_output;
            if last && message.tokens == Tokens::default() {
                message.tokens = step.tokens;
            }
            if last {
                message.finish_reason = message
                    .finish_reason
                    .take()
                    .or_else(|| step.finish_reason.take());
                message.latency_ms = message.latency_ms.or(step.latency_ms());
            }
            self.say(
                message,
                mark,
                step.ended_ms.or(step.started_ms),
                agent.clone(),
                thread,
            );
        }
    }

    fn say(
        &mut self,
        mut message: Message<'d>,
        mark: u64,
        time: Option<f64>,
        agent: Option<Cow<'d, str>>,
        thread: u32,
    ) {
        *self.said.entry((thread, mark)).or_insert(0) += 1;
        message.thread = thread;
        message.time_ms = message.time_ms.or(time);
        if message.role == Role::Agent && message.agent.is_none() {
            message.agent = agent;
        }
        self.messages.push(message);
    }

    /// Gives calls what their executions tell: how long they took, whether they failed, and the result where nobody
    /// said it. Executions of calls that nobody's words show become turns of their own.
    fn execute(
        &mut self,
        steps: &mut [Step<'d>],
        agents: &[Option<Cow<'d, str>>],
        threads: &[u32],
    ) {
        let mut index = Index::of(&self.messages);
        let mut apart = Vec::new();
        for (at, step) in steps.iter_mut().enumerate() {
            let Some(mut executed) = step.call.take() else {
                continue;
            };
            let Some((message, which)) = index.take_call(&self.messages, &executed) else {
                executed.latency_ms = step.latency_ms();
                executed.started_ms = step.started_ms;
                let mut message = Message::new(Role::Agent, step.span);
                message.agent = agents[at].clone();
                message.thread = threads[at];
                message.time_ms = step.started_ms;
                message.calls.push(executed);
                apart.push(message);
                continue;
            };
            let call = &mut self.messages[message].calls[which];
            call.latency_ms = step.latency_ms();
            call.started_ms = step.started_ms;
            let gave = executed
                .result
                .as_ref()
                .map(|result| words(&result.content.text));
            match index.take_result(call, gave) {
                Some((message, which)) => {
                    let said = &mut self.messages[message].results[which];
                    said.failed = said.failed.or(step.failed);
                    said.error = said.error.take().or_else(|| step.error.clone());
                }
                None => call.result = call.result.take().or(executed.result),
            }
        }
        self.insert(apart);
    }

    /// Puts messages where their time is: before the first that was said later.
    fn insert(&mut self, apart: Vec<Message<'d>>) {
        let mut latest = f64::NEG_INFINITY;
        let latest_up_to: Vec<f64> = self
            .messages
            .iter()
            .map(|message| {
                latest = latest.max(message.time_ms.unwrap_or(latest));
                latest
            })
            .collect();
        let place = |message: &Message<'_>| match message.time_ms {
            Some(time) => latest_up_to.partition_point(|latest| *latest <= time),
            None => latest_up_to.len(),
        };
        let mut placed: Vec<(usize, Message<'d>)> = apart
            .into_iter()
            .map(|message| (place(&message), message))
            .collect();
        placed.sort_by_key(|(place, _)| *place);
        let mut merged = Vec::with_capacity(self.messages.len() + placed.len());
        let mut placed = placed.into_iter().peekable();
        for (at, message) in std::mem::take(&mut self.messages).into_iter().enumerate() {
            while let Some((_, first)) = placed.next_if(|(place, _)| *place <= at) {
                merged.push(first);
            }
            merged.push(message);
        }
        merged.extend(placed.map(|(_, message)| message));
        self.messages = merged;
    }
}

/// Calls and results of a conversation that no execution was found for yet.
struct Index {
    calls_by_id: FxHashMap<String, (usize, usize)>,
    calls_by_name: FxHashMap<String, Vec<(usize, usize)>>,
    results_by_id: FxHashMap<String, (usize, usize)>,
    results_by_name: FxHashMap<String, Vec<(usize, usize)>>,
    results_by_words: FxHashMap<u64, (usize, usize)>,
}

impl Index {
    fn of(messages: &[Message<'_>]) -> Index {
        let mut index = Index {
            calls_by_id: FxHashMap::default(),
            calls_by_name: FxHashMap::default(),
            results_by_id: FxHashMap::default(),
            results_by_name: FxHashMap::default(),
            results_by_words: FxHashMap::default(),
        };
        for (at, message) in messages.iter().enumerate() {
            for (which, call) in message.calls.iter().enumerate() {
                if let Some(id) = &call.id {
                    index.calls_by_id.insert(id.to_string(), (at, which));
                }
                index
                    .calls_by_name
                    .entry(call.name.text.to_string())
                    .or_default()
                    .push((at, which));
            }
            for (which, result) in message.results.iter().enumerate() {
                match (&result.id, &result.name) {
                    (Some(id), _) => {
                        index.results_by_id.insert(id.to_string(), (at, which));
                    }
                    (None, Some(name)) => index
                        .results_by_name
                        .entry(name.to_string())
                        .or_default()
                        .push((at, which)),
                    (None, None) => {
                        index
                            .results_by_words
                            .insert(words(&result.content.text), (at, which));
                    }
                }
            }
        }
        index
    }

    /// The call that was executed: by id, else the first of its name and arguments, else the first of its name.
    fn take_call(
        &mut self,
        messages: &[Message<'_>],
        executed: &NewCall<'_>,
    ) -> Option<(usize, usize)> {
        if let Some(found) = executed
            .id
            .as_ref()
            .and_then(|id| self.calls_by_id.get(id.as_ref()))
        {
            return Some(*found);
        }
        let name: &str = &executed.name.text;
        let known = self.calls_by_name.contains_key(name);
        let fits = |other: &&String| {
            (known && other.as_str() == name) || (!known && same_tool(other, name))
        };
        let key = self.calls_by_name.keys().filter(fits).min()?.clone();
        let waiting = self.calls_by_name.get_mut(&key)?;
        let arguments =
            |call: &NewCall<'_>| call.arguments.as_ref().map(|text| canonical(&text.text));
        let own = arguments(executed);
        let exact = waiting
            .iter()
            .position(|&(at, which)| arguments(&messages[at].calls[which]) == own);
        (!waiting.is_empty()).then(|| waiting.remove(exact.unwrap_or(0)))
    }

    /// The message's result that answers `call`; `gave` is what its execution gave.
    fn take_result(&mut self, call: &NewCall<'_>, gave: Option<u64>) -> Option<(usize, usize)> {
        if let Some(found) = call
            .id
            .as_ref()
            .and_then(|id| self.results_by_id.get(id.as_ref()))
        {
            return Some(*found);
        }
        if let Some(named) = self
            .results_by_name
            .get_mut(call.name.text.as_ref())
            .filter(|named| !named.is_empty())
        {
            return Some(named.remove(0));
        }
        self.results_by_words.remove(&gave?)
    }
}

/// Tool servers put their name before the tool's: `mcp__weather__get_weather`, `running tool: search`.
fn same_tool(left: &str, right: &str) -> bool {
    let ends = |long: &str, short: &str| {
        long.ends_with(short)
            && short.len() >= 3
            && !long[..long.len() - short.len()].ends_with(char::is_alphanumeric)
    };
    left == right || ends(left, right) || ends(right, left)
}

/// Arguments without the blanks and order that exporters add.
fn canonical(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(map)) => {
            let sorted: std::collections::BTreeMap<String, String> = map
                .into_iter()
                .map(|(key, value)| (key, value.to_string()))
                .collect();
            format!("{sorted:?}")
        }
        Ok(value) => value.to_string(),
        Err(_) => text.trim().to_string(),
    }
}

/// A number for a message: its call ids or its results' ids where it has them, else who says what.
fn mark(message: &Message<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    let mut marked = false;
    for call in &message.calls {
        match &call.id {
            Some(id) => ("call", id).hash(&mut hasher),
            None => (
                "call",
                &call.name.text,
                call.arguments.as_ref().map(|text| canonical(&text.text)),
            )
                .hash(&mut hasher),
        }
        marked = true;
    }
    for result in &message.results {
        match &result.id {
            Some(id) => ("result", id).hash(&mut hasher),
            None => ("result", &result.name, words(&result.content.text)).hash(&mut hasher),
        }
        marked = true;
    }
    if !marked {
        (message.role, words(&message.content.text)).hash(&mut hasher);
    }
    hasher.finish()
}

/// A text's letters and digits: what stays the same when frameworks reformat.
fn words(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    text.chars()
        .filter(|character| character.is_alphanumeric())
        .for_each(|character| character.hash(&mut hasher));
    hasher.finish()
}
