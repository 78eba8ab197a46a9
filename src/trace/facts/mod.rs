//! Facts about a run that several detectors need, each computed once, the costly ones when somebody asks.
//!
//! Knows texts, calls and what lies between them. Does not know which rules there are, and judges nothing.

mod answers;
mod canon;
mod cost;
mod counts;
mod effect;
mod errors;
mod pages;
mod pattern;
mod phrases;
mod reads;
mod repeats;
mod seen;
mod words;

use std::sync::OnceLock;

pub use answers::{has_key, json_in};
pub use counts::Counted;
pub use effect::Effect;
pub use errors::{ErrorClass, Failure, Known};
pub use pages::{Handoff, Ledger, Page, Stop, StopKind, ledger, page};
pub(crate) use pattern::Pattern;
pub use phrases::{Phrase, code_blocks, prose};
pub use reads::{FileRead, Reread};
pub use repeats::Repeat;
pub use seen::{Identifier, News, Seen, numbers};
pub use words::{WordSet, content_words, shingles};

use crate::run::Trace;

/// Words in a shingle.
const SHINGLE_WORDS: usize = 5;

/// What is known of a call beside its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFacts {
    /// Equal for calls of the same tool with the same arguments, their order, temporary paths and machine-made times aside.
    pub key: u64,
    /// Equal for equal results, times, ids and addresses in them aside; `None` where there is no result.
    pub result: Option<u64>,
    /// The result brings nothing: blank, `null`, `[]`, `no results found`.
    pub empty: bool,
    /// What went wrong, where something did.
    pub failure: Option<Failure>,
    /// What the call does to the world.
    pub effect: Effect,
}

/// What is known of a run; reached through the methods of [`Trace`].
#[derive(Debug, Default)]
pub(crate) struct Facts {
    calls: OnceLock<Vec<CallFacts>>,
    repeats: OnceLock<Vec<Repeat>>,
    seen: OnceLock<Seen>,
    handoffs: OnceLock<Vec<Handoff>>,
    stops: OnceLock<Vec<Stop>>,
    words: OnceLock<Vec<WordSet>>,
    shingles: OnceLock<Vec<WordSet>>,
    rereads: OnceLock<Vec<Reread>>,
}

impl Trace<'_> {
    /// What is known of each call, in the order of [`Trace::calls`].
    pub fn call_facts(&self) -> &[CallFacts] {
        self.facts
            .calls
            .get_or_init(|| self.calls.iter().map(of_call).collect())
    }

    /// What went wrong with a call.
    pub fn failure(&self, call: usize) -> Option<&Failure> {
        self.call_facts().get(call)?.failure.as_ref()
    }

    /// Whether a call only writes down what the model thinks: its result says nothing, and none is no failure.
    pub fn is_note(&self, call: usize) -> bool {
        self.calls
            .get(call)
            .is_some_and(|call| effect::is_note(&call.name.text))
    }

    /// Whether a call is of a tool that runs code or commands, going by its name.
    pub fn is_runner(&self, call: usize) -> bool {
        self.calls
            .get(call)
            .is_some_and(|call| effect::is_runner(&call.name.text))
    }

    /// Whether a call runs code or a command that stands in its arguments.
    pub fn runs_code(&self, call: usize) -> bool {
        self.calls.get(call).is_some_and(effect::runs_code)
    }

    /// Every call that equals an earlier one.
    pub fn repeats(&self) -> &[Repeat] {
        self.facts
            .repeats
            .get_or_init(|| repeats::of(self, self.call_facts()))
    }

    /// What a call reads of which file, where it does nothing else.
    pub fn file_read(&self, call: usize) -> Option<FileRead> {
        reads::of(self, call)
    }

    /// Every read of lines of a file that were read before, the file unchanged since.
    pub fn rereads(&self) -> &[Reread] {
        self.facts.rereads.get_or_init(|| reads::rereads(self))
    }

    /// When each word, number and identifier first appears.
    pub fn seen(&self) -> &Seen {
        self.facts.seen.get_or_init(|| Seen::of(self))
    }

    /// Numbers and names in the prose of a turn that no earlier text had.
    pub fn news(&self, turn: usize) -> News {
        let text = self.turns.get(turn).map_or("", |turn| &turn.content.text);
        self.seen().news(&prose(text), turn)
    }

    /// Every stated hand-off.
    pub fn handoffs(&self) -> &[Handoff] {
        self.facts.handoffs.get_or_init(|| pages::handoffs(self))
    }

    /// Everything that stopped an agent: content filters, bot walls, limits.
    pub fn stops(&self) -> &[Stop] {
        self.facts.stops.get_or_init(|| pages::stops(self))
    }

    /// The content words of each turn.
    pub fn words(&self, turn: usize) -> &WordSet {
        let all = || {
            self.turns
                .iter()
                .map(|turn| content_words(&turn.content.text))
                .collect()
        };
        static NONE: WordSet = WordSet::NONE;
        self.facts.words.get_or_init(all).get(turn).unwrap_or(&NONE)
    }

    /// The shingles of five words of each turn.
    pub fn shingles(&self, turn: usize) -> &WordSet {
        let all = || {
            self.turns
                .iter()
                .map(|turn| shingles(&turn.content.text, SHINGLE_WORDS))
                .collect()
        };
        static NONE: WordSet = WordSet::NONE;
        self.facts
            .shingles
            .get_or_init(all)
            .get(turn)
            .unwrap_or(&NONE)
    }

    /// The content words of the goal; empty where there is none.
    pub fn goal_words(&self) -> WordSet {
        self.goal
            .as_ref()
            .map_or_else(WordSet::default, |goal| content_words(&goal.text))
    }

    /// The canonical form of a call, for people: `search({"q":"loops",})`.
    pub fn canonical(&self, call: usize) -> String {
        self.calls.get(call).map(canon::call).unwrap_or_default()
    }

    /// The last call that brought something new: no repeat with the same result, no failure, not empty.
    pub fn last_news(&self) -> Option<usize> {
        let stale: Vec<usize> = self
            .repeats()
            .iter()
            .filter(|repeat| repeat.same_result)
            .map(|repeat| repeat.call)
            .collect();
        let facts = self.call_facts();
        (0..facts.len()).rev().find(|at| {
            facts[*at].failure.is_none()
                && !facts[*at].empty
                && facts[*at].result.is_some()
                && stale.binary_search(at).is_err()
        })
    }
}

fn of_call(call: &crate::run::Call<'_>) -> CallFacts {
    let result = call.result.as_ref();
    CallFacts {
        key: canon::hash(&canon::call(call)),
        result: result.map(|result| repeats::result_key(&result.content.text)),
        empty: result.is_some_and(|result| errors::is_empty(&result.content.text)),
        failure: result.and_then(errors::of),
        effect: effect::of(call),
    }
}
