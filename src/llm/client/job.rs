//! What is asked, and how it ends.
//!
//! Plain data. Does not know who is asked.

use crate::budget::Spent;
use crate::judge::Question;
use crate::prompt::Prompt;
use crate::wire::Usage;

/// One thing to ask.
#[derive(Clone, Debug)]
pub enum Job {
    /// An explanation, as prose.
    Explain(Prompt),
    /// A verdict, as an object of the question's schema.
    Judge(Question),
}

impl Job {
    /// Its prompt.
    pub fn prompt(&self) -> &Prompt {
        match self {
            Job::Explain(prompt) => prompt,
            Job::Judge(question) => &question.prompt,
        }
    }

    /// Tokens that the answer may take.
    pub(crate) const fn output(&self) -> u64 {
        match self {
            Job::Explain(_) => crate::explain::OUTPUT_TOKENS,
            Job::Judge(_) => crate::judge::OUTPUT_TOKENS,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Job::Explain(_) => "explain",
            Job::Judge(_) => "judge",
        }
    }
}

/// What a caller may show while jobs run. `job` is the position among the jobs given.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// More of an explanation, fit to be printed.
    Delta {
        /// The job.
        job: usize,
        /// The new words.
        text: String,
    },
    /// What was shown of an explanation does not hold: the answer broke off and is asked for again.
    Restart {
        /// The job.
        job: usize,
    },
    /// A job ended with an answer; all of an explanation was shown.
    Done {
        /// The job.
        job: usize,
        /// The model that answered.
        model: String,
    },
    /// A job ended without one.
    Failed {
        /// The job.
        job: usize,
        /// Why.
        why: Stop,
    },
    /// Something the user should know.
    Warning(String),
}

/// An answer. Generated text, and to be marked as such.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The words: an explanation fit to be printed, or a verdict's object.
    pub text: String,
    /// The model that wrote them.
    pub model: String,
    /// Whether it was kept from an earlier run.
    pub from_cache: bool,
    /// What the call used when it was made.
    pub usage: Usage,
}

/// Why a job has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// No model satisfies the caps; the cap is named. Exit code 2.
    NoModel(String),
    /// The budget does not allow it.
    Budget(Spent),
    /// The user stopped it.
    Cancelled,
    /// Every candidate failed: which, and why.
    Failed(Vec<(String, String)>),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::NoModel(why) => f.write_str(why),
            Stop::Budget(spent) => spent.fmt(f),
            Stop::Cancelled => f.write_str("cancelled"),
            Stop::Failed(tried) => {
                let lines: Vec<String> = tried
                    .iter()
                    .map(|(model, why)| format!("{model}: {why}"))
                    .collect();
                f.write_str(&lines.join("; "))
            }
        }
    }
}

impl std::error::Error for Stop {}

/// A job's end.
pub type Outcome = Result<Answer, Stop>;
