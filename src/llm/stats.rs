//! Agreement and error statistics on plain slices.
//!
//! Knows counts, kappa, correlation, intervals and exact tests. Does not know what was counted.
//! Where a class is empty the answer is `None`, which readers print as "undefined": never a made-up 0 or 1.

/// 97.5th percentile of the normal distribution: two-sided 95 %.
const Z95: f64 = 1.959_963_984_540_054;

/// How often a yes/no prediction was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Said yes, was yes.
    pub tp: u64,
    /// Said yes, was no.
    pub fp: u64,
    /// Said no, was no.
    pub tn: u64,
    /// Said no, was yes.
    pub fn_: u64,
}

impl Confusion {
    /// Counts one case.
    pub fn add(&mut self, predicted: bool, actual: bool) {
        match (predicted, actual) {
            (true, true) => self.tp += 1,
            (true, false) => self.fp += 1,
            (false, false) => self.tn += 1,
            (false, true) => self.fn_ += 1,
        }
    }

    /// Number of cases.
    pub fn n(&self) -> u64 {
        self.tp + self.fp + self.tn + self.fn_
    }

    /// TP / (TP + FP); `None` where yes was never said.
    pub fn precision(&self) -> Option<f64> {
        share(self.tp, self.tp + self.fp)
    }

    /// TP / (TP + FN); `None` where nothing was yes.
    pub fn recall(&self) -> Option<f64> {
        share(self.tp, self.tp + self.fn_)
    }

    /// Harmonic mean of precision and recall, 2TP / (2TP + FP + FN); `None` where yes neither was nor was said.
    pub fn f1(&self) -> Option<f64> {
        share(2 * self.tp, 2 * self.tp + self.fp + self.fn_)
    }

    /// (TP + TN) / n; `None` without cases.
    pub fn accuracy(&self) -> Option<f64> {
        share(self.tp + self.tn, self.n())
    }

    /// Cohen's kappa between prediction and truth.
    pub fn kappa(&self) -> Option<f64> {
        let n = self.n() as f64;
        if n == 0.0 {
            return None;
        }
        let observed = (self.tp + self.tn) as f64 / n;
        let yes = (self.tp + self.fp) as f64 * (self.tp + self.fn_) as f64;
        let no = (self.tn + self.fn_) as f64 * (self.tn + self.fp) as f64;
        kappa_of(observed, (yes + no) / (n * n))
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Chance-corrected agreement; undefined where chance alone already agrees always.
fn kappa_of(observed: f64, expected: f64) -> Option<f64> {
    (1.0 - expected > 1e-12).then(|| (observed - expected) / (1.0 - expected))
}

/// Cohen's kappa of two raters over any labels (Cohen 1960).
///
/// `None` where the lengths differ, nothing was rated, or both always gave one and the same label.
pub fn kappa<T: PartialEq>(a: &[T], b: &[T]) -> Option<f64> {
    if a.is_empty() || a.len() != b.len() {
        return None;
    }
    let n = a.len() as f64;
    let observed = a.iter().zip(b).filter(|(x, y)| x == y).count() as f64 / n;
    let mut expected = 0.0;
    for (at, label) in a.iter().enumerate() {
        if a[..at].contains(label) {
            continue;
        }
        let in_a = a.iter().filter(|x| *x == label).count() as f64;
        let in_b = b.iter().filter(|x| *x == label).count() as f64;
        expected += (in_a / n) * (in_b / n);
    }
    kappa_of(observed, expected)
}

/// Share of places at which two raters gave the same label; `None` for nothing or unequal lengths.
pub fn agreement<T: PartialEq>(a: &[T], b: &[T]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    share(
        a.iter().zip(b).filter(|(x, y)| x == y).count() as u64,
        a.len() as u64,
    )
}

/// Pearson's correlation; `None` for fewer than two pairs, unequal lengths or a constant side.
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() < 2 || a.len() != b.len() {
        return None;
    }
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        both += (x - mean_a) * (y - mean_b);
        of_a += (x - mean_a).powi(2);
        of_b += (y - mean_b).powi(2);
    }
    let scale = (of_a * of_b).sqrt();
    (scale > 0.0 && scale.is_finite()).then(|| both / scale)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Wilson's 95 % score interval for `hits` of `n` (Wilson 1927); `None` for n = 0 or hits above n.
pub fn wilson(hits: u64, n: u64) -> Option<(f64, f64)> {
    if n == 0 || hits > n {
        return None;
    }
    let (n, p) = (n as f64, hits as f64 / n as f64);
    let square = Z95 * Z95;
    let middle = p + square / (2.0 * n);
    let half = Z95 * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let scale = 1.0 + square / n;
    Some((
        ((middle - half) / scale).max(0.0),
        ((middle + half) / scale).min(1.0),
    ))
}

/// McNemar's exact two-sided p for `b` cases that only the first had and `c` that only the second had:
/// twice the smaller binomial tail at 1/2, at most 1. It is 1 where the two never differ.
pub fn mcnemar(b: u64, c: u64) -> f64 {
    let n = b + c;
    if n == 0 {
        return 1.0;
    }
    // Terms are summed as shares of the largest, so that n in the thousands does not underflow.
    let few = b.min(c);
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut logs = Vec::with_capacity(few as usize + 1);
    logs.push(log_term);
    for k in 1..=few {
        log_term += ((n - k + 1) as f64).ln() - (k as f64).ln();
        logs.push(log_term);
    }
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|log| (log - largest).exp()).sum();
    (2.0 * (largest + sum.ln()).exp()).min(1.0)
}

/// The value below which `percent` of the values lie, by nearest rank; `None` for no values.
pub fn percentile(values: &[f64], percent: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1).min(sorted.len().saturating_sub(1)))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: Option<f64>, wanted: f64, slack: f64) {
        let value = value.expect("defined");
        assert!((value - wanted).abs() < slack, "{value} is not {wanted}");
    }

    #[test]
    fn published_vectors() {
        near(kappa(&[1, 0, 1, 0], &[1, 1, 1, 0]), 0.5, 1e-12);
        near(
            pearson(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 5.0]),
            0.8315,
            5e-5,
        );
        let (low, high) = wilson(6, 8).unwrap();
        near(Some(low), 0.409, 5e-4);
        near(Some(high), 0.929, 5e-4);
    }

    #[test]
    fn the_table_and_the_raters_give_one_kappa() {
        let table = Confusion {
            tp: 2,
            fp: 0,
            tn: 1,
            fn_: 1,
        };
        near(
            table.kappa(),
            kappa(&[1, 0, 1, 0], &[1, 1, 1, 0]).unwrap(),
            1e-12,
        );
        near(table.f1(), 0.8, 1e-12);
        near(table.accuracy(), 0.75, 1e-12);
    }

    #[test]
    fn an_empty_class_is_undefined() {
        let silent = Confusion {
            tp: 0,
            fp: 0,
            tn: 5,
            fn_: 0,
        };
        assert_eq!(
            (
                silent.precision(),
                silent.recall(),
                silent.f1(),
                silent.kappa()
            ),
            (None, None, None, None)
        );
        assert_eq!(silent.accuracy(), Some(1.0));
        assert_eq!(Confusion::default().accuracy(), None);
        assert_eq!(kappa(&[1, 1], &[1, 1]), None);
        assert_eq!(kappa::<u8>(&[], &[]), None);
        assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[1.0], &[1.0]), None);
        assert_eq!(wilson(0, 0), None);
        assert_eq!(percentile(&[], 50.0), None);
    }

    #[test]
    fn intervals_stay_inside_and_hold_their_share() {
        for n in 1..60 {
            for hits in 0..=n {
                let (low, high) = wilson(hits, n).unwrap();
                let p = hits as f64 / n as f64;
                assert!(
                    (0.0..=1.0).contains(&low)
                        && low <= p + 1e-12
                        && p <= high + 1e-12
                        && high <= 1.0
                );
            }
        }
    }

    #[test]
    fn exact_test_by_hand() {
        // 1 of 6 differing cases: 2 * (1 + 6) / 64.
        near(Some(mcnemar(1, 5)), 0.21875, 1e-12);
        near(Some(mcnemar(5, 1)), 0.21875, 1e-12);
        near(Some(mcnemar(0, 10)), 2.0 / 1024.0, 1e-12);
        assert_eq!(mcnemar(0, 0), 1.0);
        assert_eq!(mcnemar(7, 7), 1.0);
        let tiny = mcnemar(1000, 3000);
        assert!(tiny > 0.0 && tiny < 1e-200, "{tiny}");
    }

    #[test]
    fn percentiles_by_nearest_rank() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 50.0), Some(50.0));
        assert_eq!(percentile(&values, 95.0), Some(95.0));
        assert_eq!(percentile(&values, 99.0), Some(99.0));
        assert_eq!(percentile(&[7.0], 99.0), Some(7.0));
        assert_eq!(percentile(&[7.0, 8.0], 0.0), Some(7.0));
    }
}
