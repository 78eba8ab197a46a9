//! The conversation that steps make up: every message once, in the order in which it was said.
//!
//! Does not know how steps are traced.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::Step;
use super::index::{Index, canonical};
use crate::builder::Message;
use crate::run::{Role, Tokens};

/// The conversation so far.
#[derive(Default)]
pub(super) struct Talk<'d> {
    pub(super) messages: Vec<Message<'d>>,
    /// How often each message was said in each thread.
    pub(super) said: FxHashMap<(u32, u64), usize>,
    /// What was said in each thread, in order.
    pub(super) order: FxHashMap<u32, Vec<u64>>,
    /// Threads in which a model has answered.
    pub(super) answered: FxHashSet<u32>,
}

impl<'d> Talk<'d> {
    /// Adds what a step's input and output say that was not said before.
    pub(super) fn hear(&mut self, step: &mut Step<'d>, agent: Option<Cow<'d, str>>, thread: u32) {
        let input = std::mem::take(&mut step.input);
        let marks: Vec<u64> = input.iter().map(mark).collect();
        // System text is given anew or left out as the framework likes: it says nothing about what is history.
        let talked = input
            .iter()
            .zip(&marks)
            .filter(|(message, _)| message.role != Role::System);
        let heard: Vec<u64> = talked.map(|(_, mark)| *mark).collect();
        let mut known = overlap(self.order.entry(thread).or_default(), &heard);
        // Some tracers log only what is new: then a word that was said before is said again.
        let answered = self.answered.contains(&thread);
        let only_new =
            known == 0 && answered && input.iter().all(|message| message.role != Role::Agent);
        let follows = known > 0;
        let mut here: FxHashMap<u64, usize> = FxHashMap::default();
        for (message, mark) in input.into_iter().zip(marks) {
            let system = message.role == Role::System;
            if !system && known > 0 {
                known -= 1;
                continue;
            }
            let count = here.entry(mark).or_insert(0);
            *count += 1;
            let before = self.said.get(&(thread, mark)).copied().unwrap_or(0);
            let once = system || message.results.iter().any(|result| result.id.is_some());
            let again = !system && follows || only_new && !once;
            if again || *count > before {
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

    pub(super) fn say(
        &mut self,
        mut message: Message<'d>,
        mark: u64,
        time: Option<f64>,
        agent: Option<Cow<'d, str>>,
        thread: u32,
    ) {
        if message.role != Role::System {
            self.order.entry(thread).or_default().push(mark);
        }
        if message.role == Role::Agent {
            self.answered.insert(thread);
        }
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
    pub(super) fn execute(
        &mut self,
        steps: &mut [Step<'d>],
        agents: &[Option<Cow<'d, str>>],
        threads: &[u32],
    ) {
        self.mend_ids();
        let mut index = Index::of(&self.messages);
        let mut apart = Vec::new();
        for (at, step) in steps.iter_mut().enumerate() {
            let Some(mut executed) = step.call.take() else {
                continue;
            };
            let Some((message, which)) = index.take_call(&self.messages, &executed) else {
                executed.latency_ms = step.latency_ms();
                executed.started_ms = step.started_ms;
                executed.result = executed.result.or_else(|| step.silent_result());
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
                None => {
                    let own = call.result.take().or(executed.result);
                    call.result = own.or_else(|| step.silent_result());
                }
            }
        }
        self.insert(apart);
    }

    /// Google ADK numbers the calls of a tool anew in each history, so that `get_weather_0` answers `get_weather_1`:
    /// such a result is of the oldest call of its tool that nothing else answers.
    fn mend_ids(&mut self) {
        let results = || self.messages.iter().flat_map(|message| &message.results);
        let answered: FxHashSet<String> = results()
            .filter_map(|result| Some(result.id.as_ref()?.to_string()))
            .collect();
        let mut known = FxHashSet::default();
        let mut open: Vec<(String, Cow<'d, str>)> = Vec::new();
        for message in &mut self.messages {
            for call in &message.calls {
                let Some(id) = &call.id else { continue };
                known.insert(id.to_string());
                if !answered.contains(id.as_ref()) {
                    open.push((call.name.text.to_string(), id.clone()));
                }
            }
            for result in &mut message.results {
                let Some(id) = result.id.as_deref().filter(|id| !known.contains(*id)) else {
                    continue;
                };
                let tool = id.trim_end_matches(|digit: char| digit.is_ascii_digit());
                let tool = tool.strip_suffix('_').filter(|tool| tool.len() < id.len());
                if let Some(at) = open
                    .iter()
                    .position(|(name, _)| tool == Some(name.as_str()))
                {
                    result.id = Some(open.remove(at).1);
                }
            }
        }
    }

    /// Puts messages where their time is: before the first that was said later.
    pub(super) fn insert(&mut self, apart: Vec<Message<'d>>) {
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

/// How many of the first messages of `heard` repeat what was said: all of them where it begins as the conversation did,
/// else as many as end it.
fn overlap(said: &[u64], heard: &[u64]) -> usize {
    if said.starts_with(heard) {
        return heard.len();
    }
    // The longest beginning of `heard` that is an end of `said`, by the prefix function over both.
    let tail = &said[said.len().saturating_sub(heard.len())..];
    let both: Vec<Option<u64>> = heard
        .iter()
        .copied()
        .map(Some)
        .chain([None])
        .chain(tail.iter().copied().map(Some))
        .collect();
    let mut fits = vec![0; both.len()];
    for at in 1..both.len() {
        let mut length: usize = fits[at - 1];
        while length > 0 && both[at] != both[length] {
            length = fits[length - 1];
        }
        fits[at] = if both[at] == both[length] {
            length + 1
        } else {
            length
        };
    }
    if tail.is_empty() {
        0
    } else {
        fits.last().copied().unwrap_or(0)
    }
}

/// A number for a message: its calls or results with their ids where it has them, else who says what.
fn mark(message: &Message<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    let mut marked = false;
    for call in &message.calls {
        // Histories write the arguments of a call anew, an empty text as `{}`; its id stays.
        match &call.id {
            Some(id) => ("call", id, &call.name.text).hash(&mut hasher),
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
            None => ("result", words(&result.content.text)).hash(&mut hasher),
        }
        marked = true;
    }
    if !marked {
        (message.role, words(&message.content.text)).hash(&mut hasher);
    }
    hasher.finish()
}

/// A text's letters and digits: what stays the same when frameworks reformat.
pub(super) fn words(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    text.chars()
        .filter(|character| character.is_alphanumeric())
        .for_each(|character| character.hash(&mut hasher));
    hasher.finish()
}
