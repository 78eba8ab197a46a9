//! Findings at a turn of a run.
//!
//! Knows how a finding names its place in a run and where its probability comes from.
//! Does not know what was found.

use looplint_model::{Cx, Finding, Related, RunPlace, Span};

use crate::Traces;
use crate::run::Trace;

impl<'d> Trace<'d> {
    /// A finding of the running rule at `span`, blamed on the turn number `turn` of this run (from 0).
    pub fn finding(
        &self,
        cx: &Cx<'d, Traces>,
        turn: usize,
        span: Span,
        message: impl Into<String>,
    ) -> Finding {
        let page = cx.rule.page();
        let mut finding = cx.finding(span, message);
        finding.run = Some(RunPlace {
            run: self.name(),
            turn: self.turns.get(turn).map_or(0, |turn| turn.number),
            mode: &page.mode,
            probability: page.probability(self.turns.len()),
        });
        finding
    }

    /// A finding blamed on the turn that wrote the call number `call`, at the call.
    pub fn finding_at_call(
        &self,
        cx: &Cx<'d, Traces>,
        call: usize,
        message: impl Into<String>,
    ) -> Finding {
        let place = &self.calls[call];
        self.finding(cx, place.turn, place.span, message)
    }

    /// A call as a place to point at: `the first time, turn 3`.
    pub fn related_call(&self, call: usize, what: &str) -> Related {
        let place = &self.calls[call];
        let message = format!("{what}, turn {}", self.turn_of(place).number);
        Related {
            span: place.span,
            message,
        }
    }

    /// A turn as a place to point at.
    pub fn related_turn(&self, turn: usize, what: &str) -> Related {
        let place = &self.turns[turn];
        Related {
            span: place.span,
            message: format!("{what}, turn {}", place.number),
        }
    }
}
