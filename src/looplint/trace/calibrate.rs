//! `looplint trace calibrate`: the rules, and where it is asked for the judge, measured on labelled runs.
//!
//! A set is a `labels.jsonl` beside its runs. A label's step is a turn number, its category a mode of looplint's, or
//! one of a published taxonomy.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use looplint_engine::Pool;
use looplint_llm::stats::wilson;
use looplint_model::{Measured, Rate, Severity};
use serde_json::{Value, json};

use super::classify::judge_runs;
use super::fit::{judge_figures, verdicts, write_calibrated};
use super::labels::{Entry, Label, entries_of, labels_below, measured_by, run_file};
use super::read::{Reader, Run, level};
use crate::config;
use crate::llm::judge;
use crate::tell::hinted;

/// Steps of tolerance that are reported.
const WITHIN: [i64; 4] = [0, 1, 3, 5];
/// Run lengths, in turns, for which probabilities are kept apart.
const LENGTHS: [Option<u64>; 4] = [Some(4), Some(12), Some(40), None];
/// Labelled runs that a probability needs; with fewer the page's prior stays.
const FIRED_MIN: u64 = 5;

/// Flags of `looplint trace calibrate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint trace calibrate labelled-runs
  looplint trace calibrate labelled-runs --json > today.json
  looplint trace calibrate labelled-runs --judge --judge-below 1 --llm-budget 1.00,600s")]
pub(crate) struct Arguments {
    /// Folder with runs and `labels.jsonl`, at any depth
    pub(crate) folder: PathBuf,
    /// As one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the measured probabilities into the rules' `measured.toml` below this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) write: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) judging: judge::Arguments,
    #[command(flatten)]
    pub(crate) configuration: config::Arguments,
}

/// A labelled run with what was found.
pub(super) struct Case {
    pub(super) set: String,
    /// Its file, as the label names it.
    pub(super) name: String,
    pub(super) labels: Vec<Label>,
    /// Whether the run passed, where anything says so.
    pub(super) passed: Option<bool>,
    pub(super) run: Run,
}

/// Hits and misses of one rule or mode.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) tp: u64,
    pub(super) fp: u64,
    pub(super) fn_: u64,
    pub(super) tn: u64,
}

/// Measures the rules on the labelled runs of a folder.
///
/// # Errors
/// There is no `labels.jsonl`, a line of one is no label, or standard output is gone.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let judging = arguments.judging.is_on()?;
    let reader = Reader::here(&arguments.configuration)?
        .with_text(judging)
        .without_timelines();
    let mut cases = cases(&arguments.folder, &reader)?;
    if cases.is_empty() {
        let what = format!(
            "{} holds no labels.jsonl with runs",
            arguments.folder.display()
        );
        return Err(hinted(what, "each line names a trace_file and its labels"));
    }
    if judging {
        let runs = cases.iter_mut().map(|case| &mut case.run);
        if let Some(text) = judge_runs(&arguments.judging, &reader, runs)? {
            io::stdout().lock().write_all(text.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    let mut report = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "n_runs": cases.len(),
        "steps": steps(&cases),
        "alarms": alarms(&cases),
        "modes": modes(&cases),
        "verdicts": verdicts(&cases),
        "rules": rules(&cases),
        "runs": cases.iter().map(row).collect::<Vec<Value>>(),
    });
    if judging {
        report["judge"] = judge_figures(&cases);
    }
    if let Some(folder) = &arguments.write {
        write_rates(&cases, folder)?;
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        write(&mut out, &report)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn cases(folder: &Path, reader: &Reader) -> Result<Vec<Case>> {
    let mut entries = Vec::new();
    for path in labels_below(folder)? {
        for (line, entry) in entries_of(&path)? {
            let Some(file) = run_file(folder, &path, &entry.trace_file) else {
                let name = &entry.trace_file;
                eprintln!("looplint: {}:{line}: {name} is not there", path.display());
                continue;
            };
            entries.push((path.clone(), entry, file));
        }
    }
    let read = Pool::new(0).map_owned(entries, |(labels, entry, file)| {
        case(reader, &labels, entry, &file)
    });
    let cases: Vec<Option<Case>> = read.into_iter().collect::<Result<_>>()?;
    Ok(cases.into_iter().flatten().collect())
}

fn case(reader: &Reader, labels: &Path, entry: Entry, file: &Path) -> Result<Option<Case>> {
    let folder = labels
        .parent()
        .and_then(Path::file_name)
        .map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let Some((_, run)) = reader.file(file)?.runs.into_iter().next() else {
        eprintln!("looplint: {}: no run in it", file.display());
        return Ok(None);
    };
    let reward = entry.meta["reward"].as_f64().map(|reward| reward >= 1.0);
    let stated = run.outcome.as_ref().map(|(passed, _)| *passed);
    let passed = reward
        .or(stated)
        .or(entry.labels.iter().any(|label| label.root).then_some(false));
    Ok(Some(Case {
        set: format!("{folder}/{}", entry.split),
        name: format!("{folder}/{}", entry.trace_file),
        labels: entry.labels,
        passed,
        run,
    }))
}

/// A run's line of the report: what is blamed, what the label blames, and every finding.
fn row(case: &Case) -> Value {
    let label = case
        .labels
        .iter()
        .find(|label| label.root && label.step.is_some());
    let root = case.run.root.map(|at| case.run.findings[at].rule);
    let findings = case.run.findings.iter().filter_map(|finding| {
        let place = finding.run.as_ref()?;
        Some(json!({
            "rule": finding.rule, "mode": place.mode, "severity": level(finding.severity), "turn": place.turn,
        }))
    });
    json!({
        "file": case.run.file, "set": case.set, "passed": case.passed,
        "blamed": blamed(&case.run).map(|(turn, _)| turn),
        "by": case.run.suspect.map_or(root, |_| Some("position")),
        "label": label.and_then(|label| label.step),
        "findings": findings.collect::<Vec<Value>>(),
    })
}

/// The turn and agent that looplint blames: the verdict's, else the position to look at first.
fn blamed(run: &Run) -> Option<(i64, String)> {
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
fn steps(cases: &[Case]) -> Value {
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
fn alarms(cases: &[Case]) -> Value {
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
fn modes(cases: &[Case]) -> Value {
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
fn was_right(case: &Case, rule: &str) -> Option<bool> {
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
fn rules(cases: &[Case]) -> Value {
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

/// Writes each rule's measured probabilities by run length.
fn write_rates(cases: &[Case], folder: &Path) -> Result<()> {
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

fn write(out: &mut dyn Write, report: &Value) -> io::Result<()> {
    writeln!(out, "{} labelled runs\n", report["n_runs"])?;
    writeln!(out, "step of the root: exact, within 1, 3, 5; agent")?;
    for (set, row) in entries(&report["steps"]) {
        let cell = |key: &str| percent(&row[key]);
        writeln!(
            out,
            "  {set:28} n {:>4}  {}  {}  {}  {}  agent {}",
            row["n"],
            cell("exact"),
            cell("within_1"),
            cell("within_3"),
            cell("within_5"),
            cell("agent")
        )?;
    }
    writeln!(out, "\nalarms")?;
    for (level, row) in entries(&report["alarms"]) {
        writeln!(
            out,
            "  {level:5} on passing runs {}  on failing runs {}  precision {}",
            counted(&row["on_passing"]),
            counted(&row["on_failing"]),
            counted(&row["precision"])
        )?;
    }
    writeln!(out, "\nlabelled categories")?;
    for (name, row) in entries(&report["modes"]) {
        for (what, figures) in [("runs", &row["runs"]), ("steps", &row["steps"])] {
            writeln!(
                out,
                "  {name:36} {what:5} precision {}  recall {}",
                counted(&figures["precision"]),
                counted(&figures["recall"])
            )?;
        }
    }
    writeln!(out, "\nverdicts of the rules, by run")?;
    write_calibrated(out, &report["verdicts"])?;
    if let Some(judge) = report.get("judge") {
        writeln!(
            out,
            "\njudge: {} runs left open by the rules, {} judged, {} without a verdict; turn of the root {}",
            judge["open"],
            judge["judged"],
            judge["dropped"],
            counted(&judge["step"])
        )?;
        writeln!(out, "verdicts of the judge")?;
        write_calibrated(out, &judge["verdicts"])?;
        writeln!(out, "verdicts of the rules on the same runs")?;
        write_calibrated(out, &judge["rules_on_the_same_runs"])?;
    }
    writeln!(out, "\nrules: right of fired, on passing runs")?;
    for (rule, row) in entries(&report["rules"]) {
        writeln!(
            out,
            "  {rule:24} {}  {}",
            counted(&row["right"]),
            counted(&row["on_passing"])
        )?;
    }
    Ok(())
}

pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn percent(share: &Value) -> String {
    share["rate"]
        .as_f64()
        .map_or("    -".into(), |rate| format!("{:5.1}", 100.0 * rate))
}

pub(super) fn counted(share: &Value) -> String {
    let Some(rate) = share["rate"].as_f64() else {
        return "undefined (no cases)".into();
    };
    let bound = |key: &str| 100.0 * share[key].as_f64().unwrap_or(0.0);
    format!(
        "{}/{} = {:.1} % ({:.0} to {:.0})",
        share["hits"],
        share["n"],
        100.0 * rate,
        bound("low"),
        bound("high")
    )
}
