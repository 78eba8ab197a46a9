//! The probabilities of the rules by run length, measured on labelled runs, as the rules' pages keep them.

use std::path::Path;

use anyhow::{Context, Result};
use looplint_model::{Measured, Rate};

use super::calibrate::Case;
use super::figures::was_right;

/// Run lengths, in turns, for which probabilities are kept apart.
const LENGTHS: [Option<u64>; 4] = [Some(4), Some(12), Some(40), None];
/// Labelled runs that a probability needs; with fewer the page's prior stays.
const FIRED_MIN: u64 = 5;

/// Writes each rule's measured probabilities by run length.
pub(super) fn write_rates(cases: &[Case], folder: &Path) -> Result<()> {
    for rule in &looplint_rules::trace::RULES {
        let mut rates = Vec::new();
        let mut below = 0;
        for turns_max in LENGTHS {
            let fits = |case: &&Case| {
                let n = case.run.turns.len() as u64;
                n > below && turns_max.is_none_or(|most| n <= most)
            };
            let told: Vec<bool> = cases
                .iter()
                .filter(fits)
                .filter_map(|case| was_right(case, rule.id))
                .collect();
            below = turns_max.unwrap_or(u64::MAX);
            let (fired, right) = (
                told.len() as u64,
                told.iter().filter(|right| **right).count() as u64,
            );
            let enough = fired >= FIRED_MIN;
            // The rule of succession: a probability of one is never measured.
            let probability = if enough {
                ((right + 1) as f64 / (fired + 2) as f64 * 100.0).round() / 100.0
            } else {
                rule.page().prior
            };
            rates.push(Rate {
                turns_max,
                fired: if enough { fired } else { 0 },
                right: if enough { right } else { 0 },
                probability,
            });
        }
        if rates.iter().all(|rate| rate.fired == 0) {
            continue;
        }
        let measured = Measured {
            pairs: Vec::new(),
            rates,
        };
        let head = "# Written by `looplint trace calibrate --write`, never by hand.\n\n";
        let path = folder.join("trace").join(rule.id).join("measured.toml");
        std::fs::write(&path, head.to_owned() + &toml::to_string(&measured)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}
