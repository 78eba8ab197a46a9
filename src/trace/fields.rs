//! Which facts about a run a format can carry, and which a run has.
//!
//! A field that is absent is neither empty nor false: a rule that needs it does not run,
//! and `validate` prints why.

/// Something a rule may need to know of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The run's own id.
    Id,
    /// What was asked for.
    Goal,
    /// What came out.
    FinalResult,
    /// Whether the run succeeded.
    Outcome,
    /// Why the run ended, in the harness's words.
    StopReason,
    /// The tools that the agent was offered.
    Tools,
    /// Parameter schemas of those tools.
    ToolSchemas,
    /// Who speaks, where there are several agents.
    Agents,
    /// The system text or policy.
    Policy,
    /// Tool calls apart from prose.
    Calls,
    /// Ids that tie results to calls.
    CallIds,
    /// Arguments of calls.
    Arguments,
    /// Results of calls.
    Results,
    /// A flag or error text of the format's own that says a call failed.
    ErrorFlags,
    /// How long calls took.
    Latency,
    /// Tokens, of turns or of the run.
    Tokens,
    /// When turns happened.
    Timestamps,
    /// Why the model stopped writing a turn.
    FinishReason,
}

impl Field {
    /// Every field, in the order of display.
    pub const ALL: [Field; 18] = [
        Field::Id,
        Field::Goal,
        Field::FinalResult,
        Field::Outcome,
        Field::StopReason,
        Field::Tools,
        Field::ToolSchemas,
        Field::Agents,
        Field::Policy,
        Field::Calls,
        Field::CallIds,
        Field::Arguments,
        Field::Results,
        Field::ErrorFlags,
        Field::Latency,
        Field::Tokens,
        Field::Timestamps,
        Field::FinishReason,
    ];

    /// The field's name for people: `call latencies`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::Id => "id",
            Field::Goal => "goal",
            Field::FinalResult => "final result",
            Field::Outcome => "outcome",
            Field::StopReason => "stop reason",
            Field::Tools => "declared tools",
            Field::ToolSchemas => "tool schemas",
            Field::Agents => "agent names",
            Field::Policy => "system text",
            Field::Calls => "tool calls",
            Field::CallIds => "call ids",
            Field::Arguments => "call arguments",
            Field::Results => "call results",
            Field::ErrorFlags => "error flags",
            Field::Latency => "latencies",
            Field::Tokens => "token counts",
            Field::Timestamps => "timestamps",
            Field::FinishReason => "finish reasons",
        }
    }
}

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields(u32);

impl Fields {
    /// The set of `fields`.
    pub const fn of(fields: &[Field]) -> Fields {
        let mut bits = 0;
        let mut at = 0;
        while at < fields.len() {
            bits |= 1 << fields[at] as u32;
            at += 1;
        }
        Fields(bits)
    }

    /// The set with `fields` added.
    pub const fn and(self, fields: &[Field]) -> Fields {
        Fields(self.0 | Fields::of(fields).0)
    }

    /// Adds `field`.
    pub fn add(&mut self, field: Field) {
        self.0 |= 1 << field as u32;
    }

    /// Adds `field` where `present`.
    pub fn add_if(&mut self, field: Field, present: bool) {
        if present {
            self.add(field);
        }
    }

    /// Whether `field` is in the set.
    pub const fn has(self, field: Field) -> bool {
        self.0 & (1 << field as u32) != 0
    }
}
