//! Runs written out again in other formats, for tools that read only theirs.
//!
//! Knows what each format can say, and leaves out the rest. Does not know where the text goes.

mod messages;
mod native;
mod spans;

use serde_json::{Map, Value, json};

use crate::fields::{Field, Fields};
use crate::run::{Call, Json, Trace};

/// A format that runs can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Writer {
    /// `turns[]` with `turn_number`: keeps everything that looplint knows.
    Native,
    /// Chat messages with `tool_calls`.
    OpenAiChat,
    /// Items of the Responses API.
    OpenAiResponses,
    /// Messages with blocks of `tool_use` and `tool_result`.
    Anthropic,
    /// A Claude Code session, a record a line.
    ClaudeCode,
    /// LangChain messages, as a LangGraph state holds them.
    LangGraph,
    /// LangSmith runs, one a line.
    LangSmith,
    /// OpenTelemetry spans with the GenAI conventions, in OTLP JSON.
    Otlp,
}

impl Writer {
    /// Every writer.
    pub const ALL: [Writer; 8] = [
        Writer::Native,
        Writer::OpenAiChat,
        Writer::OpenAiResponses,
        Writer::Anthropic,
        Writer::ClaudeCode,
        Writer::LangGraph,
        Writer::LangSmith,
        Writer::Otlp,
    ];

    /// The name on the command line: `openai-chat`.
    pub const fn name(self) -> &'static str {
        match self {
            Writer::Native => "native",
            Writer::OpenAiChat => "openai-chat",
            Writer::OpenAiResponses => "openai-responses",
            Writer::Anthropic => "anthropic",
            Writer::ClaudeCode => "claude-code",
            Writer::LangGraph => "langgraph",
            Writer::LangSmith => "langsmith",
            Writer::Otlp => "otlp",
        }
    }

    /// The writer of that name.
    pub fn parse(name: &str) -> Option<Writer> {
        Writer::ALL.into_iter().find(|writer| writer.name() == name)
    }

    /// Whether a run takes one line, so that runs may follow each other in a file; else it takes the lines of its own.
    pub const fn is_one_line(self) -> bool {
        !matches!(self, Writer::ClaudeCode | Writer::LangSmith)
    }

    /// Whether results are tied to calls by ids and by nothing else, so that calls without one are given one.
    pub const fn needs_ids(self) -> bool {
        use Writer::*;
        matches!(self, OpenAiResponses | Anthropic | ClaudeCode | LangGraph)
    }

    /// What survives being written and read again, besides turns, calls and results.
    pub const fn keeps(self) -> Fields {
        use Field::*;
        const ALL: Fields =
            Fields::of(&[Id, Goal, FinalResult, Calls, CallIds, Arguments, Results]);
        match self {
            Writer::Native => ALL.and(&[
                Outcome,
                StopReason,
                Tools,
                ToolSchemas,
                Agents,
                Policy,
                ErrorFlags,
                Latency,
                Tokens,
                Timestamps,
                FinishReason,
            ]),
            Writer::OpenAiChat => ALL.and(&[
                Outcome,
                StopReason,
                Tools,
                ToolSchemas,
                Agents,
                Policy,
                Tokens,
                Timestamps,
            ]),
            Writer::OpenAiResponses => ALL.and(&[Tools, ToolSchemas, Policy]),
            Writer::Anthropic => {
                ALL.and(&[Tools, ToolSchemas, Policy, ErrorFlags, Tokens, FinishReason])
            }
            Writer::ClaudeCode => ALL.and(&[ErrorFlags, Tokens, Timestamps, FinishReason]),
            Writer::LangGraph => ALL.and(&[Agents, Policy, ErrorFlags, Tokens, FinishReason]),
            Writer::LangSmith | Writer::Otlp => ALL.and(&[
                Tools,
                ToolSchemas,
                Agents,
                Policy,
                ErrorFlags,
                Latency,
                Tokens,
                Timestamps,
                FinishReason,
            ]),
        }
    }

    /// Writes a run: one line of JSON, or several where the format is lines; with a line end.
    pub fn write(self, run: &Trace<'_>) -> String {
        match self {
            Writer::Native => line(&native::run(run)),
            Writer::OpenAiChat => line(&messages::openai_chat(run)),
            Writer::OpenAiResponses => line(&messages::openai_responses(run)),
            Writer::Anthropic => line(&messages::anthropic(run)),
            Writer::ClaudeCode => messages::claude_code(run).iter().map(line).collect(),
            Writer::LangGraph => line(&messages::langgraph(run)),
            Writer::LangSmith => spans::langsmith(run).iter().map(line).collect(),
            Writer::Otlp => line(&spans::otlp(run)),
        }
    }
}

fn line(value: &Value) -> String {
    let mut text = value.to_string();
    text.push('\n');
    text
}

/// An object of the entries that are there.
fn object<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let there = entries
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(there.collect::<Map<String, Value>>())
}

/// A text where there is one.
fn text(text: Option<&str>) -> Option<Value> {
    text.map(Value::from)
}

/// A number where there is one; whole ones without a fraction.
fn number(number: Option<f64>) -> Option<Value> {
    number.map(|number| {
        if number.fract() == 0.0 {
            json!(number as i64)
        } else {
            json!(number)
        }
    })
}

/// Arguments as a JSON value; free text and what is no JSON as the text that it is.
fn value(arguments: &Json<'_>) -> Value {
    arguments
        .ok()
        .cloned()
        .unwrap_or_else(|| Value::from(arguments.raw.text.as_ref()))
}

/// Arguments as an object: free text under `input`, for formats whose arguments are objects.
fn as_object(call: &Call<'_>) -> Value {
    match &call.arguments {
        Some(arguments) if arguments.free => json!({ "input": arguments.raw.text }),
        Some(arguments) => value(arguments),
        None => json!({}),
    }
}

/// Declared tools, their schema under `key`.
fn tools(run: &Trace<'_>, key: &str) -> Vec<Value> {
    let one = |tool: &crate::run::Tool<'_>| {
        let mut tool_json = object([
            ("name", text(Some(&tool.name))),
            ("description", text(tool.description.as_deref())),
        ]);
        tool_json[key] = tool.schema.as_ref().map_or_else(|| json!({}), value);
        tool_json
    };
    run.tools.iter().map(one).collect()
}

/// Milliseconds since 1970 as `2026-01-02T10:00:00.123Z`.
fn iso(milliseconds: f64) -> String {
    let all = milliseconds.max(0.0) as i64;
    let (days, in_day) = (all.div_euclid(86_400_000), all.rem_euclid(86_400_000));
    // Civil date of a day count, in years that begin in March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 {
        month_shifted + 3
    } else {
        month_shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hours, minutes) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (seconds, millis) = (in_day / 1_000 % 60, in_day % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
}
