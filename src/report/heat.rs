//! What a profile saw at the findings.
//!
//! Does not know how a profile was read.

use std::collections::BTreeMap;

use crate::words::{count, percent};

/// What a profile saw, by finding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heats {
    /// What wrote the profile: `cProfile`, `speedscope`.
    pub kind: &'static str,
    /// Seconds that it saw in all; `None` where it took no time.
    pub seconds: Option<f64>,
    /// By position in [`crate::Report::files`] and in [`looplint_model::Checked::findings`];
    /// a finding that the profile says nothing about has none.
    pub by_finding: BTreeMap<(usize, usize), Heat>,
    /// Most rows of the table that closes a text.
    pub n_top: usize,
}

/// What a profile saw at one finding.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heat {
    /// Seconds spent there; `None` where the profile took no time.
    pub seconds: Option<f64>,
    /// Share of the profile, from 0 to 1.
    pub share: f64,
    /// Calls of the function around it, or contexts in which its line ran.
    pub runs: Option<u64>,
    /// Whether the program spends next to nothing there.
    pub is_cold: bool,
}

impl Heats {
    /// Where a finding stands: what is hot before what nothing is known of, before what is cold; then by seconds.
    pub(crate) fn rank(&self, key: (usize, usize)) -> (u8, f64) {
        match self.by_finding.get(&key) {
            None => (1, 0.0),
            Some(heat) if heat.is_cold => (2, 0.0),
            Some(heat) => (0, heat.seconds.unwrap_or(0.0)),
        }
    }

    /// `1.83 s of 2.40 s (76 %)`, `cold: its function was not called`.
    pub(crate) fn words(&self, heat: &Heat) -> String {
        match (heat.seconds, self.seconds) {
            _ if heat.is_cold && heat.runs == Some(0) => {
                format!("cold, {} never saw it run", self.kind)
            }
            (Some(seconds), Some(all)) => {
                let cold = if heat.is_cold { "cold, " } else { "" };
                format!(
                    "{cold}{seconds:.2} s of {all:.2} s ({}) by {}",
                    percent(heat.share),
                    self.kind
                )
            }
            _ => format!(
                "{} saw it run in {}",
                self.kind,
                count(heat.runs.unwrap_or(0), "context")
            ),
        }
    }
}
