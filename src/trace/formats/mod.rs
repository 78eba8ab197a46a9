//! The formats: how each is recognised and who reads it.
//!
//! Knows the order of the tests. Does not know how a run is judged.

mod attributes;
mod conversation;
mod langfuse;
mod messages;
mod native;
mod otel;
mod parts;
mod steps;

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
    /// Items of the Responses API: `function_call`, `function_call_output`, `message`.
    OpenAiResponses,
    /// Messages whose content is blocks: `tool_use`, `tool_result`.
    Anthropic,
    /// Messages of LangChain: `human`, `ai`, `tool`; the state of a LangGraph graph.
    LangGraph,
    /// Messages of OpenTelemetry's GenAI conventions: `parts` of `tool_call`.
    GenAiMessages,
    /// Contents of Gemini: `parts` of `functionCall`.
    Gemini,
    /// Messages of the Vercel AI SDK: `toolCallId`.
    VercelAi,
    /// Messages of Pydantic AI: `kind`, `parts` of `part_kind`.
    PydanticAi,
    /// Langfuse exports: `observations`.
    Langfuse,
    /// OpenTelemetry spans in OTLP JSON.
    Otlp,
    /// The same, written by OpenLLMetry.
    OpenLlmetry,
    /// Spans as Jaeger exports them.
    Jaeger,
    /// Spans as Phoenix and other OpenInference stores list them.
    OpenInference,
}

/// Where importers put what they read.
pub(crate) struct Sink<'d> {
    pub(crate) traces: Vec<Trace<'d>>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) settings: &'d Settings,
}

/// A format in which one JSON value is one run (or a few): whether a value is of it, and who reads it.
pub(crate) struct Whole(
    pub(crate) fn(Value<'_>) -> bool,
    pub(crate) for<'d> fn(Value<'d>, &mut Sink<'d>),
);

/// A format in which the values of a file or list make up runs together: whether values that begin like these are of it,
/// and who reads all of them.
pub(crate) struct Series(
    pub(crate) fn(&[Value<'_>]) -> bool,
    pub(crate) for<'d> fn(&[Value<'d>], &mut Sink<'d>),
);

/// Single values, in the order of the tests.
pub(crate) static WHOLE: &[Whole] = &[
    Whole(native::is, native::read),
    Whole(langfuse::is, langfuse::read),
    Whole(otel::is_otlp, otel::read_otlp),
    Whole(otel::is_jaeger, otel::read_jaeger),
    Whole(otel::is_span_holder, otel::read_span_holder),
    Whole(conversation::is, conversation::read),
];

/// Series of values, in the order of the tests.
pub(crate) static SERIES: &[Series] = &[
    Series(otel::is_otlp_lines, otel::read_otlp_lines),
    Series(otel::is_span_list, otel::read_span_list),
    Series(langfuse::is_list, langfuse::read_list),
    Series(conversation::is_list, conversation::read_list),
];

/// A series is recognised by at most this many values.
pub(crate) const SERIES_HEAD_LEN: usize = 8;

/// Who reads the single value `value`.
pub(crate) fn whole(value: Value) -> Option<&'static Whole> {
    WHOLE.iter().find(|format| (format.0)(value))
}

/// Who reads values that begin like `head`.
pub(crate) fn series(head: &[Value]) -> Option<&'static Series> {
    let head = &head[..head.len().min(SERIES_HEAD_LEN)];
    SERIES
        .iter()
        .find(|format| !head.is_empty() && (format.0)(head))
}

impl Format {
    /// The format's name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Native => "native",
            Format::NativeShort => "native (short)",
            Format::MessageList => "message list",
            Format::OpenAiChat => "OpenAI chat",
            Format::OpenAiResponses => "OpenAI Responses",
            Format::Anthropic => "Anthropic messages",
            Format::LangGraph => "LangChain messages",
            Format::GenAiMessages => "OpenTelemetry messages",
            Format::Gemini => "Gemini contents",
            Format::VercelAi => "Vercel AI messages",
            Format::PydanticAi => "Pydantic AI messages",
            Format::Langfuse => "Langfuse",
            Format::Otlp => "OTLP",
            Format::OpenLlmetry => "OpenLLMetry",
            Format::Jaeger => "Jaeger",
            Format::OpenInference => "OpenInference",
        }
    }

    /// What the format can carry.
    pub const fn carries(self) -> Fields {
        use Field::*;
        const TALK: Fields = Fields::of(&[Id, Goal, FinalResult, Outcome, Agents, Policy]);
        const CALLS: Fields = TALK.and(&[
            Tools,
            ToolSchemas,
            Calls,
            CallIds,
            Arguments,
            Results,
            Tokens,
            FinishReason,
        ]);
        match self {
            Format::Native | Format::NativeShort => {
                CALLS.and(&[StopReason, ErrorFlags, Latency, Timestamps])
            }
            Format::MessageList => TALK,
            Format::OpenAiChat | Format::Gemini => CALLS,
            Format::OpenAiResponses => CALLS.and(&[StopReason]),
            Format::Anthropic | Format::LangGraph | Format::VercelAi | Format::GenAiMessages => {
                CALLS.and(&[ErrorFlags])
            }
            Format::PydanticAi => CALLS.and(&[ErrorFlags, Timestamps]),
            Format::Langfuse
            | Format::Otlp
            | Format::OpenLlmetry
            | Format::Jaeger
            | Format::OpenInference => CALLS.and(&[ErrorFlags, Latency, Timestamps]),
        }
    }
}
