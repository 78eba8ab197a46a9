//! A run of an agent, as far as a model needs it.
//!
//! A small mirror of the trace: what was said, by whom, in which turn. Does not know the format that the run
//! came from, its calls, or its spans.

use crate::redact::Redactor;

/// A run as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunText {
    /// The run's id.
    pub id: String,
    /// What was asked for.
    pub goal: String,
    /// What came out; `None` where the run ended without.
    pub result: Option<String>,
    /// The turns, in order.
    pub turns: Vec<RunTurn>,
}

/// One turn of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunTurn {
    /// Its number, as the run counts; never changed.
    pub number: i64,
    /// `user`, `assistant`, `tool`, `system`, or the format's own word.
    pub role: String,
    /// The agent's name; empty where the run has one agent.
    pub agent: String,
    /// What was said and called and what came back, as one text.
    pub text: String,
}

impl RunText {
    /// The same run without its secrets.
    #[must_use]
    pub fn redacted(&self, redactor: &Redactor) -> RunText {
        RunText {
            id: redactor.redact(&self.id),
            goal: redactor.redact(&self.goal),
            result: self.result.as_deref().map(|result| redactor.redact(result)),
            turns: self
                .turns
                .iter()
                .map(|turn| RunTurn {
                    number: turn.number,
                    role: turn.role.clone(),
                    agent: redactor.redact(&turn.agent),
                    text: redactor.redact(&turn.text),
                })
                .collect(),
        }
    }

    /// The original of every turn with this number, as [`crate::pack`] heads it; `None` where there is none.
    pub fn expand(&self, number: i64) -> Option<String> {
        let mut out = String::new();
        for turn in self.turns.iter().filter(|turn| turn.number == number) {
            out.push_str(&turn.head());
            out.push_str(&turn.text);
            out.push('\n');
        }
        (!out.is_empty()).then_some(out)
    }
}

impl RunTurn {
    /// The line above a turn: `turn 4 | assistant planner:`.
    pub(crate) fn head(&self) -> String {
        let gap = if self.agent.is_empty() { "" } else { " " };
        format!("turn {} | {}{gap}{}:\n", self.number, self.role, self.agent)
    }
}
