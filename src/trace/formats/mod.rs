//! The formats: how each is recognised and who reads it.
//!
//! Knows the order of the tests. Does not know how a run is judged.

mod chat;
mod native;
mod parts;

use looplint_model::{Problem, Settings};

use crate::fields::{Field, Fields};
use crate::json::Value;
use crate::run::Trace;

/// A format that runs come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `turns[]` with `turn_number`, `role`, `content` and one tool a turn.
    Native,
    /// `turns[]` with `role`, `text`, `tool`, `args`, `ok`, `err`.
    NativeShort,
    /// A bare list of `{role, content}`.
    MessageList,
    /// Chat messages with `tool_calls` and `tool_call_id`.
    OpenAiChat,
}

/// Where importers put what they read.
pub(crate) struct Sink<'d> {
    pub(crate) traces: Vec<Trace<'d>>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) settings: &'d Settings,
}

/// Reads a format in which one JSON value is one run (or a few).
pub(crate) struct Whole {
    /// Whether the value is of this format.
    pub(crate) is: fn(Value) -> bool,
    /// Reads it.
    pub(crate) read: for<'d> fn(Value<'d>, &mut Sink<'d>),
}

/// Reads a format in which the values of a file or list make up a run together.
pub(crate) struct Series {
    /// Whether values that begin like these are of this format.
    pub(crate) is: fn(&[Value]) -> bool,
    /// Reads them.
    pub(crate) read: for<'d> fn(&[Value<'d>], &mut Sink<'d>),
}

/// Single values, in the order of the tests.
pub(crate) static WHOLE: &[Whole] = &[
    Whole {
        is: native::is,
        read: native::read,
    },
    Whole {
        is: chat::is,
        read: chat::read,
    },
];

/// Series of values, in the order of the tests.
pub(crate) static SERIES: &[Series] = &[Series {
    is: chat::is_list,
    read: chat::read_list,
}];

/// A series is recognised by at most this many values.
pub(crate) const SERIES_HEAD_LEN: usize = 8;

/// Who reads the single value `value`.
pub(crate) fn whole(value: Value) -> Option<&'static Whole> {
    WHOLE.iter().find(|format| (format.is)(value))
}

/// Who reads values that begin like `head`.
pub(crate) fn series(head: &[Value]) -> Option<&'static Series> {
    let head = &head[..head.len().min(SERIES_HEAD_LEN)];
    SERIES
        .iter()
        .find(|format| !head.is_empty() && (format.is)(head))
}

impl Format {
    /// The format's name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Native => "native",
            Format::NativeShort => "native (short)",
            Format::MessageList => "message list",
            Format::OpenAiChat => "OpenAI chat",
        }
    }

    /// What the format can carry.
    pub const fn carries(self) -> Fields {
        use Field::*;
        match self {
            Format::Native | Format::NativeShort => Fields::of(&[
                Id,
                Goal,
                FinalResult,
                Outcome,
                StopReason,
                Tools,
                ToolSchemas,
                Agents,
                Policy,
                Calls,
                CallIds,
                Arguments,
                Results,
                ErrorFlags,
                Latency,
                Tokens,
                Timestamps,
                FinishReason,
            ]),
            Format::MessageList => Fields::of(&[Goal, FinalResult, Agents, Policy]),
            Format::OpenAiChat => Fields::of(&[
                Id,
                Goal,
                FinalResult,
                Outcome,
                Tools,
                ToolSchemas,
                Agents,
                Policy,
                Calls,
                CallIds,
                Arguments,
                Results,
                Tokens,
                FinishReason,
            ]),
        }
    }
}
