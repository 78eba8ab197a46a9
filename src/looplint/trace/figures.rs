//! Labelled runs in figures: how often the blamed step, the modes and the rules were right, each with its interval.
//!
//! Does not know where labels come from or how figures are written.

use std::collections::BTreeMap;

use looplint_llm::stats::wilson;
use looplint_model::{Finding, Severity};
use serde_json::{Value, json};

use super::calibrate::Case;
use super::labels::{Reading, measured_by};
use super::read::Run;

/// Steps of tolerance that are reported.
const WITHIN: [i64; 4] = [0, 1, 3, 5];
/// Hits and misses of one rule or mode.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) tp: u64,
    pub(super) fp: u64,
    pub(super) fn_: u64,
    pub(super) tn: u64,
}

/// The turn and agent that looplint blames: the verdict's, else the position to look at first.
pub(super) fn blamed(run: &Run) -> Option<(i64, String)> {
    if let Some(turn) = run.suspect {
        return Some((turn, run.suspect_agent.clone()));
    }
    let root = run.root.and_then(|at| run.findings[at].run.as_ref())?;
    let agent = run
        .turns
        .iter()
        .find(|turn| turn.number == root.turn)
        .map_or("", |turn| turn.agent.as_str());
    Some((root.turn, agent.to_owned()))
}

fn same_agent(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String {
        text.to_lowercase()
            .chars()
            .filter(|one| *one != '_' && *one != ' ')
            .take(9)
            .collect()
    };
    plain(a) == plain(b)
}

/// Per set: how often the blamed turn is the labelled root, exactly and within a few steps, and the agent.
pub(super) fn steps(cases: &[Case]) -> Value {
    let mut sets: BTreeMap<&str, (u64, [u64; 4], u64, u64)> = BTreeMap::new();
    for case in cases {
        let Some(label) = case
            .labels
            .iter()
            .find(|label| label.root && label.step.is_some())
        else {
            continue;
        };
        let (n, within, agents, any) = sets.entry(&case.set).or_default();
        *n += 1;
        let Some((turn, agent)) = blamed(&case.run) else {
            continue;
        };
        let distance = (turn - label.step.unwrap_or(turn)).abs();
        for (at, tolerance) in WITHIN.iter().enumerate() {
            within[at] += u64::from(distance <= *tolerance);
        }
        *agents += u64::from(same_agent(&agent, label.agent.as_deref().unwrap_or("")));
        *any += u64::from(case.labels.iter().any(|label| label.step == Some(turn)));
    }
    let rows = sets.into_iter().map(|(set, (n, within, agents, any))| {
        let row = json!({
            "n": n, "exact": share(within[0], n), "within_1": share(within[1], n),
            "within_3": share(within[2], n), "within_5": share(within[3], n),
            "agent": share(agents, n), "any_labelled_failure": share(any, n),
        });
        (set.to_owned(), row)
    });
    Value::Object(rows.collect())
}

/// A share with its 95 % interval (Wilson).
pub(super) fn share(hits: u64, n: u64) -> Value {
    let interval = wilson(hits, n);
    json!({
        "hits": hits, "n": n, "rate": (n > 0).then(|| hits as f64 / n as f64),
        "low": interval.map(|interval| interval.0), "high": interval.map(|interval| interval.1),
    })
}

/// Alarms on runs that passed and on runs that failed, at each level.
pub(super) fn alarms(cases: &[Case]) -> Value {
    let levels = [
        ("hard", Severity::Error),
        ("warn", Severity::Warning),
        ("info", Severity::Info),
    ];
    let rows = levels.into_iter().map(|(name, level)| {
        let fires = |case: &&Case| {
            case.run
                .findings
                .iter()
                .any(|finding| finding.severity >= level)
        };
        let passed: Vec<&Case> = cases
            .iter()
            .filter(|case| case.passed == Some(true))
            .collect();
        // Sets of failed runs only say nothing about precision.
        let sets: Vec<&str> = passed.iter().map(|case| base(&case.set)).collect();
        let failed: Vec<&Case> = cases
            .iter()
            .filter(|case| {
                case.passed == Some(false)
                    && sets.contains(&base(&case.set))
                    && !case.set.ends_with("magentic")
            })
            .collect();
        let on_passed = passed.iter().copied().filter(fires).count() as u64;
        let on_failed = failed.iter().copied().filter(fires).count() as u64;
        let row = json!({
            "on_passing": share(on_passed, passed.len() as u64),
            "on_failing": share(on_failed, failed.len() as u64),
            "precision": share(on_failed, on_failed + on_passed),
        });
        (name.to_owned(), row)
    });
    Value::Object(rows.collect())
}

fn base(set: &str) -> &str {
    set.split('/').next().unwrap_or(set)
}

/// Per labelled category: whether one of its modes was found in the run, and for labels with steps at the exact step.
pub(super) fn modes(cases: &[Case]) -> Value {
    let mut categories: BTreeMap<(&str, &str), (Counts, Counts)> = BTreeMap::new();
    for case in cases {
        let set = base(&case.set);
        for (category, modes) in known_categories(cases, set) {
            let labelled: Vec<i64> = case
                .labels
                .iter()
                .filter(|label| label.category == category)
                .map(|label| label.step.unwrap_or(-1))
                .collect();
            let found: Vec<i64> = case
                .run
                .findings
                .iter()
                .filter_map(|finding| Some((finding.rule, finding.run.as_ref()?)))
                .filter(|(rule, place)| modes.contains(&place.mode) || modes.contains(rule))
                .map(|(_, place)| place.turn)
                .collect();
            let (runs, steps) = categories.entry((set, category)).or_default();
            match (!labelled.is_empty(), !found.is_empty()) {
                (true, true) => runs.tp += 1,
                (true, false) => runs.fn_ += 1,
                (false, true) => runs.fp += 1,
                (false, false) => runs.tn += 1,
            }
            for step in labelled.iter().filter(|step| **step >= 0) {
                if found.contains(step) {
                    steps.tp += 1
                } else {
                    steps.fn_ += 1
                }
            }
            steps.fp += found.iter().filter(|turn| !labelled.contains(turn)).count() as u64;
        }
    }
    let rows = categories
        .into_iter()
        .map(|((set, category), (runs, steps))| {
            (
                format!("{set}: {category}"),
                json!({"runs": figures(runs), "steps": figures(steps)}),
            )
        });
    Value::Object(rows.collect())
}

/// The categories that a set labels at all, with the modes that stand for them.
fn known_categories<'c>(cases: &'c [Case], set: &str) -> Vec<(&'c str, Vec<&'c str>)> {
    let mut names: Vec<&str> = cases
        .iter()
        .filter(|case| base(&case.set) == set)
        .flat_map(|case| case.labels.iter().map(|label| label.category.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    let own: Vec<&str> = looplint_rules::trace::RULES
        .iter()
        .map(|rule| rule.page().mode.as_str())
        .collect();
    names
        .into_iter()
        .filter_map(|name| {
            if own.contains(&name) {
                return Some((name, vec![name]));
            }
            Some((name, measured_by(name)?.to_vec()))
        })
        .collect()
}

/// Precision, recall and F1 with their intervals.
pub(super) fn figures(counts: Counts) -> Value {
    let Counts { tp, fp, fn_, tn } = counts;
    let f1 = (2 * tp + fp + fn_ > 0).then(|| 2.0 * tp as f64 / (2 * tp + fp + fn_) as f64);
    json!({
        "tp": tp, "fp": fp, "fn": fn_, "tn": tn,
        "precision": share(tp, tp + fp), "recall": share(tp, tp + fn_), "f1": f1,
    })
}

/// Whether a finding of a rule in a run was right: at a labelled step where the set has steps, else in a run that failed.
pub(super) fn was_right(case: &Case, rule: &str) -> Option<bool> {
    let turns: Vec<i64> = case
        .run
        .findings
        .iter()
        .filter(|finding| finding.rule == rule)
        .filter_map(|finding| finding.run.as_ref())
        .map(|place| place.turn)
        .collect();
    if turns.is_empty() {
        return None;
    }
    let steps: Vec<i64> = case.labels.iter().filter_map(|label| label.step).collect();
    let told = case.set.contains("tau") || steps.is_empty();
    Some(if told {
        case.passed == Some(false)
    } else {
        turns.iter().any(|turn| steps.contains(turn))
    })
}

/// Per rule: on how many runs it fired, and on how many of these it was right.
pub(super) fn rules(cases: &[Case]) -> Value {
    let rows = looplint_rules::trace::RULES.iter().map(|rule| {
        let outcomes = || cases.iter().filter(|case| case.passed.is_some());
        let told = || outcomes().filter_map(|case| was_right(case, rule.id));
        let fired = told().count() as u64;
        let right = told().filter(|right| *right).count() as u64;
        let on_passed = outcomes()
            .filter(|case| case.passed == Some(true) && was_right(case, rule.id).is_some())
            .count();
        let passed = outcomes().filter(|case| case.passed == Some(true)).count();
        let failed = outcomes().filter(|case| case.passed == Some(false)).count() as u64;
        let row = json!({
            "mode": rule.page().mode, "fired": fired, "right": share(right, fired),
            "recall": share(right, failed), "on_passing": share(on_passed as u64, passed as u64),
        });
        (rule.id.to_owned(), row)
    });
    Value::Object(rows.collect())
}

/// Per rule: how many of its findings were read by hand, and how many of these were right. A reading of what is no
/// longer found counts under `gone`, a finding that nobody read under `unread`.
pub(super) fn readings(cases: &[Case], readings: &[Reading]) -> Value {
    let mut rows: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
    for reading in readings {
        let found = cases.iter().any(|case| {
            let here = |finding: &Finding| reading.is_of(finding);
            case.name.ends_with(&reading.trace_file) && case.run.findings.iter().any(here)
        });
        let [right, read, gone, _] = rows.entry(&reading.rule).or_default();
        match found {
            true => (*read, *right) = (*read + 1, *right + u64::from(reading.right)),
            false => *gone += 1,
        }
    }
    for case in cases {
        for finding in &case.run.findings {
            let was_read = readings
                .iter()
                .any(|reading| case.name.ends_with(&reading.trace_file) && reading.is_of(finding));
            if let Some(row) = rows.get_mut(finding.rule).filter(|_| !was_read) {
                row[3] += 1;
            }
        }
    }
    let rows = rows.into_iter().map(|(rule, [right, read, gone, unread])| {
        let row = json!({"right": share(right, read), "gone": gone, "unread": unread});
        (rule.to_owned(), row)
    });
    Value::Object(rows.collect())
}
