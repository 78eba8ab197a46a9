//! Verdicts against labels: those of the rules, and those of the judge on the runs that the rules left open.
//!
//! Does not know how a verdict was found.

use std::io::{self, Write};

use looplint_llm::compare::{self, Verdict};
use looplint_llm::stats::Confusion;
use serde_json::{Value, json};

use super::calibrate::{Case, counted, entries};
use super::figures::{Counts, figures, share};
use super::labels::{Label, labelled_modes};
use crate::llm::judge::Judged;

/// The verdicts of the rules against the labels, as if each run had one verdict and nothing else.
pub(super) fn verdicts(cases: &[Case]) -> Value {
    let given: Vec<Verdict> = cases.iter().map(rules_verdict).collect();
    calibrated(&given, cases)
}

fn rules_verdict(case: &Case) -> Verdict {
    let place = |at: usize| case.run.findings[at].run.as_ref();
    let root = case.run.root.and_then(place);
    let also = case.run.also.iter().filter_map(|&at| place(at));
    Verdict {
        run: case.name.clone(),
        mode: root.map(|place| place.mode.to_owned()),
        also: also.map(|place| place.mode.to_owned()).collect(),
        confidence: root.map_or(0.0, |place| place.probability),
    }
}

/// What the judge was asked and how its verdicts fit the labels; beside it the rules on the same runs.
pub(super) fn judge_figures(cases: &[Case]) -> Value {
    let judged = |case: &Case| case.run.judged.as_ref()?.verdict(&case.name);
    let given: Vec<Verdict> = cases.iter().filter_map(judged).collect();
    let same: Vec<Verdict> = cases
        .iter()
        .filter(|case| judged(case).is_some())
        .map(rules_verdict)
        .collect();
    let n_dropped = cases
        .iter()
        .filter(|case| matches!(case.run.judged, Some(Judged::Dropped(..))))
        .count();
    let hits = cases.iter().filter(|case| {
        let Some(Judged::Ruled(_, ruling, _)) = &case.run.judged else {
            return false;
        };
        let root = case.labels.iter().find(|label| label.root);
        ruling.mode.is_some() && root.and_then(|label| label.step) == Some(ruling.turn)
    });
    let with_step = cases.iter().filter(|case| {
        let has_step = |label: &Label| label.root && label.step.is_some();
        judged(case).is_some() && case.labels.iter().any(has_step)
    });
    json!({
        "open": given.len() + n_dropped,
        "judged": given.len(),
        "dropped": n_dropped,
        "step": share(hits.count() as u64, with_step.count() as u64),
        "verdicts": calibrated(&given, cases),
        "rules_on_the_same_runs": calibrated(&same, cases),
    })
}

/// Per mode, and for failure as such (`any`): counts, precision, recall, F1, kappa.
fn calibrated(given: &[Verdict], cases: &[Case]) -> Value {
    let truth: Vec<compare::Label> = cases
        .iter()
        .map(|case| compare::Label {
            run: case.name.clone(),
            modes: labelled_modes(&case.labels, case.passed),
        })
        .collect();
    let rows = compare::calibrate(given, &truth).into_iter().map(|row| {
        let Confusion { tp, fp, fn_, tn } = row.counts;
        let counts = Counts { tp, fp, fn_, tn };
        let mut value = figures(counts);
        value["kappa"] = json!(row.kappa);
        (row.mode, value)
    });
    Value::Object(rows.collect())
}

pub(super) fn write_calibrated(out: &mut dyn Write, rows: &Value) -> io::Result<()> {
    let number = |value: &Value| {
        value
            .as_f64()
            .map_or("undefined".to_owned(), |value| format!("{value:.3}"))
    };
    for (mode, row) in entries(rows) {
        writeln!(
            out,
            "  {mode:36} TP {} FP {} FN {} TN {}  precision {}  recall {}  F1 {}  kappa {}",
            row["tp"],
            row["fp"],
            row["fn"],
            row["tn"],
            counted(&row["precision"]),
            counted(&row["recall"]),
            number(&row["f1"]),
            number(&row["kappa"])
        )?;
    }
    Ok(())
}
