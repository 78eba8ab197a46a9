//! How well verdicts on runs fit their labels, and how two sets of verdicts differ.
//!
//! Knows verdicts as plain data: a run's name, the mode that was named, how sure. Does not know who gave
//! them, how they were found, or how the figures are printed.

use std::collections::{BTreeMap, BTreeSet};

use crate::stats::{Confusion, agreement, kappa, mcnemar, pearson, wilson};

/// What was said of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The run's name, the same in every set that is compared.
    pub run: String,
    /// The failure mode named; `None` where the run was called good.
    pub mode: Option<String>,
    /// Further modes named beside it.
    pub also: Vec<String>,
    /// How sure, from 0 to 1.
    pub confidence: f64,
}

/// The truth about one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The run's name.
    pub run: String,
    /// Every mode in which it failed; empty where it did not.
    pub modes: Vec<String>,
}

/// The figures of one mode, or of all together.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// The mode; `any` for "failed in whatever mode".
    pub mode: String,
    /// The counts.
    pub counts: Confusion,
    /// TP / (TP + FP).
    pub precision: Option<f64>,
    /// Wilson's 95 % interval of the precision.
    pub precision_interval: Option<(f64, f64)>,
    /// TP / (TP + FN).
    pub recall: Option<f64>,
    /// Wilson's 95 % interval of the recall.
    pub recall_interval: Option<(f64, f64)>,
    /// Harmonic mean of the two.
    pub f1: Option<f64>,
    /// Cohen's kappa with the labels.
    pub kappa: Option<f64>,
}

impl Figures {
    fn new(mode: &str, counts: Confusion) -> Figures {
        Figures {
            mode: mode.to_owned(),
            counts,
            precision: counts.precision(),
            precision_interval: wilson(counts.tp, counts.tp + counts.fp),
            recall: counts.recall(),
            recall_interval: wilson(counts.tp, counts.tp + counts.fn_),
            f1: counts.f1(),
            kappa: counts.kappa(),
        }
    }
}

/// Verdicts against labels: one row per mode that was named or labelled, by name, then the row `any`.
///
/// Only runs that have both a verdict and a label count. A mode in `also` counts as named.
pub fn calibrate(verdicts: &[Verdict], labels: &[Label]) -> Vec<Figures> {
    let truth: BTreeMap<&str, &Label> = labels
        .iter()
        .map(|label| (label.run.as_str(), label))
        .collect();
    let pairs: Vec<(&Verdict, &Label)> = verdicts
        .iter()
        .filter_map(|verdict| Some((verdict, *truth.get(verdict.run.as_str())?)))
        .collect();
    let mut modes = BTreeSet::new();
    for (verdict, label) in &pairs {
        modes.extend(named(verdict));
        modes.extend(label.modes.iter().map(String::as_str));
    }
    let mut rows: Vec<Figures> = modes
        .into_iter()
        .map(|mode| {
            let mut counts = Confusion::default();
            for (verdict, label) in &pairs {
                counts.add(
                    named(verdict).any(|other| other == mode),
                    label.modes.iter().any(|other| other == mode),
                );
            }
            Figures::new(mode, counts)
        })
        .collect();
    let mut any = Confusion::default();
    for (verdict, label) in &pairs {
        any.add(verdict.mode.is_some(), !label.modes.is_empty());
    }
    rows.push(Figures::new("any", any));
    rows
}

fn named(verdict: &Verdict) -> impl Iterator<Item = &str> {
    verdict.mode.iter().chain(&verdict.also).map(String::as_str)
}

/// How two sets of verdicts on the same runs differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Runs that both sets speak of.
    pub n: usize,
    /// Runs that only the first speaks of, by name.
    pub only_a: Vec<String>,
    /// Runs that only the second speaks of, by name.
    pub only_b: Vec<String>,
    /// Share of runs given the same mode.
    pub agreement: Option<f64>,
    /// Cohen's kappa over the modes.
    pub kappa: Option<f64>,
    /// Pearson's correlation of the two confidences.
    pub pearson: Option<f64>,
    /// McNemar's exact p: on right against wrong where there are labels, else on failed against good.
    pub mcnemar_p: f64,
    /// Runs whose mode changed, by name.
    pub flips: Vec<Flip>,
    /// What got worse from the first to the second, from -1 to 1: the loss of accuracy where there are labels,
    /// else one minus the agreement. `None` where nothing can be compared.
    pub drop: Option<f64>,
    /// Share of labelled runs that the first set got right.
    pub accuracy_a: Option<f64>,
    /// Share of labelled runs that the second set got right.
    pub accuracy_b: Option<f64>,
}

/// A run whose verdict changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The run's name.
    pub run: String,
    /// The mode in the first set.
    pub a: Option<String>,
    /// The mode in the second.
    pub b: Option<String>,
    /// Whether the change was for the better; `None` without a label, or where both were right or wrong.
    pub better: Option<bool>,
}

impl Comparison {
    /// Whether the drop is beyond `margin`: the caller's exit code 1.
    pub fn regressed(&self, margin: f64) -> bool {
        self.drop.is_some_and(|drop| drop > margin + 1e-12)
    }
}

/// Compares two sets of verdicts, with or without labels.
///
/// A verdict is right when the mode named is one of the label's, or when both say the run is good.
pub fn compare(a: &[Verdict], b: &[Verdict], labels: &[Label]) -> Comparison {
    let of_a = by_run(a);
    let of_b = by_run(b);
    let truth: BTreeMap<&str, &Label> = labels
        .iter()
        .map(|label| (label.run.as_str(), label))
        .collect();
    let both: Vec<(&Verdict, &Verdict)> = of_a
        .iter()
        .filter_map(|(run, verdict)| Some((*verdict, *of_b.get(run)?)))
        .collect();
    let modes_a: Vec<&Option<String>> = both.iter().map(|(a, _)| &a.mode).collect();
    let modes_b: Vec<&Option<String>> = both.iter().map(|(_, b)| &b.mode).collect();
    let sure_a: Vec<f64> = both.iter().map(|(a, _)| a.confidence).collect();
    let sure_b: Vec<f64> = both.iter().map(|(_, b)| b.confidence).collect();

    let judged: Vec<(bool, bool)> = both
        .iter()
        .filter_map(|(a, b)| {
            let label = truth.get(a.run.as_str())?;
            Some((right(a, label), right(b, label)))
        })
        .collect();
    let accuracy = |hits: usize| (!judged.is_empty()).then(|| hits as f64 / judged.len() as f64);
    let accuracy_a = accuracy(judged.iter().filter(|(a, _)| *a).count());
    let accuracy_b = accuracy(judged.iter().filter(|(_, b)| *b).count());
    let sides: Vec<(bool, bool)> = if judged.is_empty() {
        both.iter()
            .map(|(a, b)| (a.mode.is_some(), b.mode.is_some()))
            .collect()
    } else {
        judged
    };
    let only_first = sides.iter().filter(|(a, b)| *a && !*b).count() as u64;
    let only_second = sides.iter().filter(|(a, b)| !*a && *b).count() as u64;

    let agreed = agreement(&modes_a, &modes_b);
    let drop = match (accuracy_a, accuracy_b) {
        (Some(a), Some(b)) => Some(a - b),
        _ => agreed.map(|agreed| 1.0 - agreed),
    };
    Comparison {
        n: both.len(),
        only_a: missing(&of_a, &of_b),
        only_b: missing(&of_b, &of_a),
        agreement: agreed,
        kappa: kappa(&modes_a, &modes_b),
        pearson: pearson(&sure_a, &sure_b),
        mcnemar_p: mcnemar(only_first, only_second),
        flips: flips(&both, &truth),
        drop,
        accuracy_a,
        accuracy_b,
    }
}

fn by_run(verdicts: &[Verdict]) -> BTreeMap<&str, &Verdict> {
    verdicts
        .iter()
        .map(|verdict| (verdict.run.as_str(), verdict))
        .collect()
}

fn missing(from: &BTreeMap<&str, &Verdict>, other: &BTreeMap<&str, &Verdict>) -> Vec<String> {
    from.keys()
        .filter(|run| !other.contains_key(*run))
        .map(|run| (*run).to_owned())
        .collect()
}

fn right(verdict: &Verdict, label: &Label) -> bool {
    match &verdict.mode {
        Some(mode) => label.modes.contains(mode),
        None => label.modes.is_empty(),
    }
}

fn flips(both: &[(&Verdict, &Verdict)], truth: &BTreeMap<&str, &Label>) -> Vec<Flip> {
    both.iter()
        .filter(|(a, b)| a.mode != b.mode)
        .map(|(a, b)| {
            let better = truth.get(a.run.as_str()).and_then(|label| {
                let (before, after) = (right(a, label), right(b, label));
                (before != after).then_some(after)
            });
            Flip {
                run: a.run.clone(),
                a: a.mode.clone(),
                b: b.mode.clone(),
                better,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(run: &str, mode: &str, confidence: f64) -> Verdict {
        let mode = (mode != "good").then(|| mode.to_owned());
        Verdict {
            run: run.into(),
            mode,
            also: Vec::new(),
            confidence,
        }
    }

    fn label(run: &str, modes: &[&str]) -> Label {
        Label {
            run: run.into(),
            modes: modes.iter().map(|mode| (*mode).into()).collect(),
        }
    }

    #[test]
    fn a_row_per_mode_and_undefined_where_empty() {
        let verdicts = [
            verdict("1", "LOOP", 0.9),
            verdict("2", "good", 0.8),
            verdict("3", "LOOP", 0.7),
            verdict("4", "DRIFT", 0.2),
        ];
        let labels = [
            label("1", &["LOOP"]),
            label("2", &["SCHEMA"]),
            label("3", &[]),
            label("9", &["LOOP"]),
        ];
        let rows = calibrate(&verdicts, &labels);
        let names: Vec<&str> = rows.iter().map(|row| row.mode.as_str()).collect();
        // Run 4 has no label, so its mode is not a row; run 9 has no verdict, so it is not counted.
        assert_eq!(names, ["LOOP", "SCHEMA", "any"]);
        assert_eq!(
            rows[0].counts,
            Confusion {
                tp: 1,
                fp: 1,
                tn: 1,
                fn_: 0
            }
        );
        assert_eq!((rows[1].precision, rows[1].recall), (None, Some(0.0)));
        assert_eq!(rows[1].precision_interval, None);
        assert_eq!(
            rows[2].counts,
            Confusion {
                tp: 1,
                fp: 1,
                tn: 0,
                fn_: 1
            }
        );
    }

    #[test]
    fn a_loss_of_accuracy_is_a_drop() {
        let labels = [
            label("1", &["LOOP"]),
            label("2", &["DRIFT"]),
            label("3", &[]),
            label("4", &["LOOP"]),
        ];
        let a = [
            verdict("1", "LOOP", 0.9),
            verdict("2", "DRIFT", 0.8),
            verdict("3", "good", 0.7),
            verdict("4", "good", 0.1),
        ];
        let b = [
            verdict("1", "LOOP", 0.8),
            verdict("2", "LOOP", 0.7),
            verdict("3", "LOOP", 0.9),
            verdict("5", "good", 0.1),
        ];
        let compared = compare(&a, &b, &labels);
        assert_eq!(
            (compared.n, compared.only_a.clone(), compared.only_b.clone()),
            (3, vec!["4".into()], vec!["5".into()])
        );
        assert_eq!(
            (compared.accuracy_a, compared.accuracy_b),
            (Some(1.0), Some(1.0 / 3.0))
        );
        assert_eq!(compared.flips.len(), 2);
        assert_eq!(compared.flips[0].better, Some(false));
        assert!((compared.mcnemar_p - 0.5).abs() < 1e-12);
        assert!(compared.regressed(0.5) && !compared.regressed(0.7));
        assert!(!compare(&b, &a, &labels).regressed(0.0));
    }

    #[test]
    fn without_labels_the_drop_is_disagreement() {
        let a = [verdict("1", "LOOP", 0.9), verdict("2", "good", 0.2)];
        assert_eq!(compare(&a, &a, &[]).drop, Some(0.0));
        let b = [verdict("1", "LOOP", 0.9), verdict("2", "LOOP", 0.6)];
        let compared = compare(&a, &b, &[]);
        assert_eq!((compared.drop, compared.flips[0].better), (Some(0.5), None));
        assert_eq!(compare(&a, &[], &[]).drop, None);
    }
}
