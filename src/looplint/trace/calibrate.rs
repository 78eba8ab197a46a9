//! `looplint trace calibrate`: the rules, and where it is asked for the judge, measured on labelled runs.
//!
//! A set is a `labels.jsonl` beside its runs. A label's step is a turn number, its category a mode of looplint's, or
//! one of a published taxonomy.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use looplint_engine::Pool;
use serde_json::{Value, json};

use super::classify::judge_runs;
use super::figures::{alarms, blamed, modes, readings, rules, steps};
use super::fit::{judge_figures, verdicts, write_calibrated};
use super::labels::{Entry, Label, entries_of, labels_below, readings_of, run_file};
use super::rates::write_rates;
use super::read::{Reader, Run, level};
use crate::config;
use crate::llm::judge;
use crate::tell::hinted;

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
    /// Findings that were read by hand, one JSON object a line: trace_file, rule, turn, right, why
    #[arg(long, value_name = "FILE")]
    pub(crate) readings: Option<PathBuf>,
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
    if let Some(path) = &arguments.readings {
        report["readings"] = readings(&cases, &readings_of(path)?);
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
    report
        .get("readings")
        .map_or(Ok(()), |readings| write_readings(out, readings))
}

/// What readings by hand say of the rules.
fn write_readings(out: &mut dyn Write, readings: &Value) -> io::Result<()> {
    writeln!(out, "\nfindings read by hand: right of read")?;
    for (rule, row) in entries(readings) {
        let (right, gone, unread) = (counted(&row["right"]), &row["gone"], &row["unread"]);
        writeln!(out, "  {rule:24} {right}  gone {gone}  unread {unread}")?;
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
