//! Exponents fitted to measured times, and whether they contradict what a page claims.

use looplint_model::{Measured, MeasuredPair, Page, degree};

/// Points the exponent is fitted to: the largest sizes, where overhead has faded.
const N_FITTED: usize = 3;
/// How far a fitted exponent may lie from the claimed degree.
/// Caches and allocators bend measured curves by up to a third of a power.
const TOLERANCE: f64 = 0.5;
/// What a logarithm adds to an exponent that is fitted at such sizes.
const LOGARITHM: f64 = 0.1;
/// A rule whose gain stays below this at every size has no business with speed.
const GAIN_MIN: f64 = 1.1;

/// The slope of time over n on logarithmic axes, by least squares over the largest sizes.
pub(crate) fn exponent(n: &[u64], ns: &[f64]) -> f64 {
    let from = n.len().saturating_sub(N_FITTED);
    let points: Vec<(f64, f64)> = n[from..]
        .iter()
        .zip(&ns[from..])
        .map(|(&n, &ns)| ((n as f64).ln(), ns.max(1.0).ln()))
        .collect();
    let count = points.len() as f64;
    if points.len() < 2 {
        return 0.0;
    }
    let (mean_x, mean_y) = points.iter().fold((0.0, 0.0), |(x, y), point| {
        (x + point.0 / count, y + point.1 / count)
    });
    let (mut over, mut under) = (0.0, 0.0);
    for (x, y) in points {
        over += (x - mean_x) * (y - mean_y);
        under += (x - mean_x).powi(2);
    }
    over / under
}

/// What the figures say against the page.
pub(super) fn contradictions(page: &Page, measured: &Measured) -> Vec<String> {
    let mut problems = Vec::new();
    for (_, bad, _) in super::timed_pairs(page) {
        if !measured.pairs.iter().any(|pair| pair.name == bad.name) {
            problems.push(format!("pair {} was never measured", bad.name));
        }
    }
    // Another implementation may know a trick against the cost: that is worth telling, and no contradiction.
    for pair in (measured.pairs.iter()).filter(|pair| pair.interpreter.starts_with("CPython")) {
        contradicted(page, pair, &mut problems);
    }
    problems
}

fn contradicted(page: &Page, pair: &MeasuredPair, problems: &mut Vec<String>) {
    let whose = format!("pair {} on {}", pair.name, pair.interpreter);
    let claims = [
        ("cost_before", &page.cost_before, pair.slow_exponent),
        ("cost_after", &page.cost_after, pair.fast_exponent),
    ];
    for (key, claim, fitted) in claims {
        // Round trips are not measured by a clock, and exponential growth has no degree.
        if !claim.ends_with(')') || claim.contains("2^") {
            continue;
        }
        let Some(degree) = degree(claim) else {
            problems.push(format!("`{key}: {claim}` cannot be read"));
            continue;
        };
        let degree = degree
            + if claim.contains("log") {
                LOGARITHM
            } else {
                0.0
            };
        // A page's faster side may be faster than it claims, never slower; its slower side may bend upwards
        // by as much as a power where the copies outgrow the caches.
        let contradicted = match key {
            "cost_before" => fitted < degree - TOLERANCE || fitted > degree + 2.0 * TOLERANCE,
            _ => fitted > degree + TOLERANCE,
        };
        if contradicted {
            problems.push(format!(
                "{whose}: {key} claims {claim}, the fitted exponent is {fitted}"
            ));
        }
    }
    let best = pair.ratio.iter().copied().fold(0.0, f64::max);
    if best < GAIN_MIN && !page.body.contains("## Why it is reported all the same") {
        problems.push(format!(
            "{whose}: the best ratio is {best}, below {GAIN_MIN} at every size"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_come_out_as_they_went_in() {
        let n = [10, 100, 1000, 10_000];
        let squares: Vec<f64> = n.iter().map(|&n| 7.0 * (n as f64).powi(2)).collect();
        assert!((exponent(&n, &squares) - 2.0).abs() < 1e-9);
        assert!(exponent(&n, &[5.0, 5.0, 5.0, 5.0]).abs() < 1e-9);
    }
}
