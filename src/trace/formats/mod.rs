//! The formats: how each is recognised and who reads it.
//!
//! Knows the order of the tests. Does not know how a run is judged.

mod a2a;
mod agents_sdk;
mod attributes;
mod checkpoints;
mod coding;
mod conversation;
mod group_chat;
mod inspect;
mod langfuse;
mod langsmith;
mod managed;
mod messages;
mod mlflow;
mod native;
mod otel;
mod otel_events;
mod parts;
mod react;
mod steps;
mod swe_agent;
mod tau2;
mod vercel;

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
    /// Spans of the OpenAI Agents SDK: `object: "trace.span"`.
    OpenAiAgentsSpans,
    /// A run's state of the OpenAI Agents SDK: `generated_items`.
    OpenAiAgentsState,
    /// Events of Anthropic's managed agents: `agent.tool_use`.
    AnthropicSession,
    /// A Claude Code session, a record a line.
    ClaudeCode,
    /// The Claude Agent SDK's stream, a record a line.
    ClaudeStream,
    /// A Codex rollout, a record a line.
    Codex,
    /// LangSmith runs: `run_type`.
    LangSmith,
    /// LangGraph checkpoints: `channel_values`.
    LangGraphCheckpoint,
    /// MLflow traces: `info` and `data.spans`.
    MlFlow,
    /// Inspect evaluation logs: `samples`.
    Inspect,
    /// SWE-agent trajectories: `trajectory[].action`.
    SweAgent,
    /// AutoGen AgentChat: `source` and `ToolCallRequestEvent`.
    AutoGen,
    /// AG2 group chats: the speaker's `name` beside `role: "user"`.
    Ag2,
    /// Magentic-One logs: `Orchestrator (thought)`.
    Magentic,
    /// Simulations of tau2-bench: `termination_reason`.
    Tau2,
    /// Messages whose calls are text: `Action:`, `Action Input:`.
    ReAct,
    /// A2A tasks: `contextId`, `history`.
    A2a,
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

/// Single values, in the order of the tests: what has keys of its own before what looks like any list of messages.
pub(crate) static WHOLE: &[Whole] = &[
    Whole(native::is, native::read),
    Whole(agents_sdk::is_state, agents_sdk::read_state),
    Whole(agents_sdk::is_batch, agents_sdk::read_batch),
    Whole(langsmith::is, langsmith::read),
    Whole(checkpoints::is, checkpoints::read),
    Whole(langfuse::is, langfuse::read),
    Whole(mlflow::is, mlflow::read),
    Whole(otel::is_otlp, otel::read_otlp),
    Whole(otel::is_jaeger, otel::read_jaeger),
    Whole(otel::is_span_holder, otel::read_span_holder),
    Whole(inspect::is, inspect::read),
    Whole(swe_agent::is, swe_agent::read),
    Whole(group_chat::is_task, group_chat::read_task),
    Whole(tau2::is, tau2::read),
    Whole(a2a::is, a2a::read),
    Whole(vercel::is, vercel::read),
    Whole(group_chat::is_wrapped, group_chat::read_wrapped),
    Whole(conversation::is, conversation::read),
];

/// Series of values, in the order of the tests.
pub(crate) static SERIES: &[Series] = &[
    Series(coding::is_codex, coding::read_codex),
    Series(coding::is_claude_code, coding::read_claude_code),
    Series(coding::is_claude_stream, coding::read_claude_stream),
    Series(managed::is, managed::read),
    Series(agents_sdk::is_spans, agents_sdk::read_spans),
    Series(langsmith::is_list, langsmith::read_list),
    Series(checkpoints::is_list, checkpoints::read_list),
    Series(otel::is_otlp_lines, otel::read_otlp_lines),
    Series(otel::is_span_list, otel::read_span_list),
    Series(langfuse::is_list, langfuse::read_list),
    Series(group_chat::is_events, group_chat::read_events),
    Series(group_chat::is_magentic, group_chat::read_magentic),
    Series(group_chat::is_ag2, group_chat::read_ag2),
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
            Format::OpenAiAgentsSpans => "OpenAI Agents SDK spans",
            Format::OpenAiAgentsState => "OpenAI Agents SDK run state",
            Format::AnthropicSession => "Anthropic managed session",
            Format::ClaudeCode => "Claude Code session",
            Format::ClaudeStream => "Claude Agent SDK stream",
            Format::Codex => "Codex rollout",
            Format::LangSmith => "LangSmith",
            Format::LangGraphCheckpoint => "LangGraph checkpoint",
            Format::MlFlow => "MLflow",
            Format::Inspect => "Inspect",
            Format::SweAgent => "SWE-agent",
            Format::AutoGen => "AutoGen",
            Format::Ag2 => "AG2 chat",
            Format::Magentic => "Magentic-One",
            Format::Tau2 => "tau2",
            Format::ReAct => "ReAct text",
            Format::A2a => "A2A task",
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
            Format::ReAct => TALK.and(&[Calls, Arguments, Results]),
            Format::Ag2 => TALK.and(&[Calls, Arguments, Results]),
            Format::Magentic => TALK.and(&[Calls, Arguments, Results]),
            Format::OpenAiResponses | Format::OpenAiAgentsState => {
                CALLS.and(&[StopReason, Timestamps])
            }
            Format::Anthropic
            | Format::LangGraph
            | Format::VercelAi
            | Format::GenAiMessages
            | Format::LangGraphCheckpoint
            | Format::PydanticAi
            | Format::A2a => CALLS.and(&[ErrorFlags, StopReason, Timestamps]),
            Format::AutoGen | Format::Tau2 => CALLS.and(&[ErrorFlags, StopReason, Timestamps]),
            Format::SweAgent => TALK.and(&[Calls, Arguments, Results, Latency, Tokens, StopReason]),
            Format::Langfuse
            | Format::Otlp
            | Format::OpenLlmetry
            | Format::Jaeger
            | Format::OpenInference
            | Format::OpenAiAgentsSpans
            | Format::LangSmith
            | Format::MlFlow
            | Format::AnthropicSession
            | Format::ClaudeCode
            | Format::ClaudeStream
            | Format::Codex
            | Format::Inspect => CALLS.and(&[ErrorFlags, Latency, Timestamps, StopReason]),
        }
    }
}
