//! What turns and calls cost.
//!
//! Knows tokens where the format counts them, and an estimate where it does not. Does not know prices.

use looplint_model::RunCost;

use crate::run::Trace;

/// Characters of a text that make about one token; OpenAI's rule of thumb for English.
const CHARACTERS_PER_TOKEN: u64 = 4;

impl Trace<'_> {
    /// Tokens that a turn took: counted by the format, else estimated from its text.
    /// The second value says whether they were counted.
    pub fn tokens_of(&self, turn: usize) -> (u64, bool) {
        let Some(it) = self.turns.get(turn) else {
            return (0, false);
        };
        if it.tokens.input.is_some() || it.tokens.output.is_some() {
            return (
                it.tokens.input.unwrap_or(0) + it.tokens.output.unwrap_or(0),
                true,
            );
        }
        let calls = it
            .calls
            .clone()
            .filter_map(|call| self.calls.get(call)?.arguments.as_ref());
        let arguments: usize = calls.map(|arguments| arguments.raw.text.len()).sum();
        let results = it
            .results
            .iter()
            .filter_map(|&call| self.calls.get(call)?.result.as_ref());
        let results: usize = results
            .filter(|result| result.content.text != it.content.text)
            .map(|result| result.content.text.len())
            .sum();
        (
            (it.content.text.len() + arguments + results) as u64 / CHARACTERS_PER_TOKEN,
            false,
        )
    }

    /// What `calls` cost: their number, the tokens of turns that made nothing but them where the format counts tokens,
    /// their latencies where it has any, and the share of the run's turns.
    pub fn waste(&self, calls: &[usize]) -> RunCost {
        let mut turns: Vec<usize> = calls
            .iter()
            .filter_map(|&call| self.calls.get(call))
            .map(|call| call.turn)
            .collect();
        turns.sort_unstable();
        turns.dedup();
        let only_these = |turn: &&usize| {
            let own = self
                .turns
                .get(**turn)
                .map_or(0..0, |turn| turn.calls.clone());
            own.clone().count() > 0 && own.clone().all(|call| calls.contains(&call))
        };
        let wasted: Vec<usize> = turns.iter().filter(only_these).copied().collect();
        let counted = wasted
            .iter()
            .map(|&turn| self.tokens_of(turn))
            .filter(|(_, counted)| *counted);
        let latency: f64 = calls
            .iter()
            .filter_map(|&call| self.calls.get(call)?.latency_ms)
            .sum();
        let answers = wasted.len()
            + self
                .turns
                .iter()
                .filter(|turn| brings_only(turn.results.as_slice(), calls))
                .count();
        RunCost {
            calls: calls.len() as u64,
            tokens: counted.map(|(tokens, _)| tokens).sum(),
            milliseconds: latency.max(0.0) as u64,
            share: answers as f64 / self.turns.len().max(1) as f64,
        }
    }
}

fn brings_only(results: &[usize], calls: &[usize]) -> bool {
    !results.is_empty() && results.iter().all(|result| calls.contains(result))
}
