//! Floor 2, right wing: agent traces. Every format becomes one [`Trace`] with byte spans and facts.
//!
//! Knows trace formats, and is the only crate that does.
//! Does not know any rule, any Python, any file, any protocol, any clock.

mod builder;
mod claims;
mod decode;
mod document;
mod facts;
mod fields;
mod findings;
mod formats;
pub mod json;
mod outline;
mod run;
mod schema;
mod text;
mod verdict;
mod write;
mod zip;

use looplint_model::{Claim, Decoded, Domain, Part, Problem, Settings, Silence, Source};

pub use document::Document;
pub use facts::{
    CallFacts, Counted, Effect, ErrorClass, Failure, FileRead, Handoff, Identifier, Known, Ledger,
    News, Page, Phrase, Repeat, Reread, Seen, Stop, StopKind, WordSet, code_blocks, content_words,
    has_key, json_in, ledger, numbers, page, prose, shingles,
};
pub use fields::{Field, Fields};
pub use formats::Format;
pub use run::{
    Call, CallResult, Json, JsonFault, Orphan, Outcome, Role, Tokens, Tool, Trace, Turn, TurnKind,
};
pub use schema::schema_faults;
pub use text::{Coding, Text};
pub use verdict::Verdict;
pub use write::Writer;

/// The domain of agent traces.
#[derive(Clone, Copy, Debug)]
pub struct Traces;

/// What trace rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A whole run.
    Run,
    /// One turn of it.
    Turn,
    /// One call.
    Call,
}

/// A place in a document that a rule may look at.
#[derive(Clone, Copy, Debug)]
pub enum Node<'d> {
    /// A whole run.
    Run(&'d Trace<'d>),
    /// A turn, as a place in the run's turns.
    Turn(&'d Trace<'d>, usize),
    /// A call, as a place in the run's calls.
    Call(&'d Trace<'d>, usize),
}

/// What other documents may want to know of a document of runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// One entry a run.
    pub runs: Vec<RunSummary>,
}

/// What other documents may want to know of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Its id or number.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// Whether it succeeded, where known.
    pub passed: Option<bool>,
    /// Number of turns.
    pub n_turns: usize,
    /// Number of calls.
    pub n_calls: usize,
}

impl Domain for Traces {
    const NAME: &'static str = "trace";
    const KINDS: usize = 3;
    type Kind = Kind;
    type Document<'d> = Document<'d>;
    type Node<'d> = Node<'d>;
    type Summary = Summary;

    fn claims(name: &str, head: &[u8]) -> Claim {
        claims::claims(name, head)
    }

    fn cuttable(_name: &str, head: &[u8]) -> bool {
        claims::cuttable(head)
    }

    fn decode(name: &str, bytes: Vec<u8>) -> Decoded {
        decode::decode(name, bytes)
    }

    fn open<R>(
        source: &Source,
        settings: &Settings,
        run: impl for<'d> FnOnce(&'d Self::Document<'d>, &'d Source, &'d Settings) -> R,
    ) -> R {
        document::open(source, settings, run)
    }

    fn problems<'d>(document: &'d Document<'d>) -> &'d [Problem] {
        &document.problems
    }

    fn index(kind: Kind) -> usize {
        kind as usize
    }

    fn walk<'d>(document: &'d Document<'d>, visit: &mut dyn FnMut(Kind, Node<'d>)) {
        for run in &document.runs {
            visit(Kind::Run, Node::Run(run));
            for (at, turn) in run.turns.iter().enumerate() {
                visit(Kind::Turn, Node::Turn(run, at));
                for call in turn.calls.clone() {
                    visit(Kind::Call, Node::Call(run, call));
                }
            }
        }
    }

    fn summarise<'d>(document: &'d Document<'d>) -> Summary {
        let summary = |run: &Trace| RunSummary {
            name: run.name(),
            format: run.format,
            passed: run.outcome.as_ref().map(|outcome| outcome.passed),
            n_turns: run.turns.len(),
            n_calls: run.calls.len(),
        };
        Summary {
            runs: document.runs.iter().map(summary).collect(),
        }
    }

    fn silence<'d>(_document: &'d Document<'d>) -> Vec<Silence> {
        Vec::new()
    }

    fn outline<'d>(document: &'d Document<'d>) -> Vec<Part> {
        outline::parts(document)
    }
}

impl<'d> Node<'d> {
    /// The run that the node belongs to.
    pub fn run(self) -> &'d Trace<'d> {
        match self {
            Node::Run(run) | Node::Turn(run, _) | Node::Call(run, _) => run,
        }
    }

    /// The call, where the node is one.
    pub fn call(self) -> Option<&'d Call<'d>> {
        match self {
            Node::Call(run, at) => run.calls.get(at),
            Node::Run(_) | Node::Turn(..) => None,
        }
    }

    /// The turn that the node is or belongs to.
    pub fn turn(self) -> Option<&'d Turn<'d>> {
        match self {
            Node::Run(_) => None,
            Node::Turn(run, at) => run.turns.get(at),
            Node::Call(run, at) => run.calls.get(at).and_then(|call| run.turns.get(call.turn)),
        }
    }
}
