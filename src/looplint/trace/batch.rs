//! `looplint trace batch`: many runs, the distribution over modes, and gates for CI.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use looplint_engine::Pool;
use looplint_llm::stats;
use looplint_model::Severity;
use serde_json::{Value, json};

use super::classify::{judge_runs, run_json, verdict};
use super::read::{File, Reader, Run};
use crate::config::{self, Resolver};
use crate::files;
use crate::llm::judge::{self, Judged};
use crate::progress::Progress;
use crate::tell::{FOUND, hinted};

/// Columns of the longest bar.
const BAR: usize = 40;

/// Flags of `looplint trace batch`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint trace batch runs
  looplint trace batch runs --fail-on hard --max-rate TIMEOUT_CASCADE=5%
  looplint trace batch runs --output-format json > today.json
  looplint trace batch runs --baseline today.json
  looplint trace batch runs --judge --llm-budget 0.50,120s")]
pub(crate) struct Arguments {
    /// Folders and files
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Full)]
    pub(crate) output_format: Format,
    /// Exit with 1 when a run shows one of these modes, or a finding of this level: hard, warn
    #[arg(long, value_delimiter = ',', value_name = "MODE|LEVEL")]
    pub(crate) fail_on: Vec<String>,
    /// Exit with 1 when a mode is found in more than this share of the runs
    #[arg(long, value_delimiter = ',', value_name = "MODE=RATE")]
    pub(crate) max_rate: Vec<String>,
    /// An earlier run's JSON: exit with 1 only for a new mode, or a rate that rose beyond the margin
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// How far a rate may rise above the baseline's, beside chance
    #[arg(long, default_value = "2%", value_name = "RATE")]
    pub(crate) margin: String,
    /// No progress on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) judging: judge::Arguments,
    /// A configuration file instead of those that would be found, or one setting; may be repeated
    #[arg(long, value_name = "FILE|KEY=VALUE")]
    pub(crate) config: Vec<String>,
}

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Table and bars, one line a run
    Full,
    /// One JSON object
    Json,
    /// One JSON object a run
    JsonLines,
}

/// Classifies all runs below the paths.
///
/// # Errors
/// A path does not exist, a gate is misspelt, or standard output is gone.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let limits = arguments
        .max_rate
        .iter()
        .map(|word| limit(word))
        .collect::<Result<Vec<_>>>()?;
    let margin = rate(&arguments.margin)?;
    let configuration = config::Arguments {
        config: arguments.config.clone(),
        ..config::Arguments::default()
    };
    let resolver = Resolver::here(&configuration)?;
    let (inputs, unread) = files::collect(&arguments.paths, &resolver)?;
    let judging = arguments.judging.is_on()?;
    let reader = Reader::here(&configuration)?.with_text(judging);
    let progress = Progress::new(inputs.len(), arguments.quiet);
    let traces: Vec<_> = inputs
        .iter()
        .filter(|input| !is_python(&input.path))
        .collect();
    let read = Pool::new(0).map(&traces, |input| {
        let file = reader.file(&input.path);
        progress.step();
        file
    });
    progress.clear();
    let mut found: Vec<File> = Vec::new();
    for unread in unread {
        eprintln!("looplint: {}: {}", unread.path.display(), unread.why);
    }
    for file in read {
        match file {
            Ok(file) => found.push(file),
            Err(error) => eprintln!("looplint: {error:#}"),
        }
    }
    if judging {
        let runs = found.iter_mut().flat_map(|file| &mut file.runs);
        let runs = runs.map(|(_, run)| run);
        if let Some(text) = judge_runs(&arguments.judging, &reader, runs)? {
            io::stdout().lock().write_all(text.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    let table = Table::of(&found);
    write(arguments.output_format, &found, &table)?;
    let mut failed = gates(arguments, &found, &table, &limits);
    if let Some(path) = &arguments.baseline {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let before: Value = serde_json::from_str(&text)
            .with_context(|| format!("{} is no JSON of this command", path.display()))?;
        failed = rose(&before, &table, margin);
    }
    for line in &failed {
        eprintln!("looplint: {line}");
    }
    Ok(if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    })
}

fn is_python(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| matches!(ending.to_str(), Some("py" | "pyi" | "pyw" | "ipynb")))
}

/// How many runs show which mode as their root.
struct Table {
    n_runs: usize,
    modes: BTreeMap<String, usize>,
}

impl Table {
    fn of(files: &[File]) -> Table {
        let mut table = Table {
            n_runs: 0,
            modes: BTreeMap::new(),
        };
        for (_, run) in files.iter().flat_map(|file| &file.runs) {
            table.n_runs += 1;
            let mode = mode(run).unwrap_or_else(|| verdict(run));
            *table.modes.entry(mode.to_owned()).or_default() += 1;
        }
        table
    }

    fn rate(&self, mode: &str) -> f64 {
        self.modes
            .get(mode)
            .map_or(0.0, |&n| n as f64 / self.n_runs.max(1) as f64)
    }
}

fn mode(run: &Run) -> Option<&'static str> {
    run.root
        .and_then(|at| run.findings[at].run.as_ref())
        .map(|place| place.mode)
}

fn write(format: Format, files: &[File], table: &Table) -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let runs = || {
        files.iter().flat_map(|file| {
            file.runs
                .iter()
                .map(move |(at, run)| (run, &file.sources[*at]))
        })
    };
    match format {
        Format::Full => {
            for (run, _) in runs() {
                let what = mode(run).unwrap_or_else(|| verdict(run));
                let turn = run
                    .root
                    .and_then(|at| run.findings[at].run.as_ref())
                    .map_or(String::new(), |place| {
                        format!(", turn {}, confidence {:.2}", place.turn, place.probability)
                    });
                writeln!(out, "{} run {}: {what}{turn}", run.file, run.name)?;
                for line in run.judged.iter().flat_map(Judged::lines) {
                    writeln!(out, "  {line}")?;
                }
            }
            writeln!(out, "\n{} runs", table.n_runs)?;
            if let Some(judged) = judged_words(files) {
                writeln!(out, "{judged}")?;
            }
            let width = table.modes.keys().map(String::len).max().unwrap_or(0);
            let most = table.modes.values().copied().max().unwrap_or(1);
            for (mode, &n) in &table.modes {
                let bar = "#".repeat((n * BAR).div_ceil(most));
                writeln!(
                    out,
                    "  {mode:width$} {n:5} {:5.1} %  {bar}",
                    100.0 * table.rate(mode)
                )?;
            }
        }
        Format::Json => {
            let all: Vec<Value> = runs().map(|(run, source)| run_json(run, source)).collect();
            let modes: serde_json::Map<String, Value> = table
                .modes
                .iter()
                .map(|(mode, n)| (mode.clone(), json!({"runs": n, "rate": table.rate(mode)})))
                .collect();
            let report = json!({"version": env!("CARGO_PKG_VERSION"), "n_runs": table.n_runs, "modes": modes, "runs": all});
            serde_json::to_writer_pretty(&mut out, &report)?;
            writeln!(out)?;
        }
        Format::JsonLines => {
            for (run, source) in runs() {
                serde_json::to_writer(&mut out, &run_json(run, source))?;
                writeln!(out)?;
            }
        }
    }
    Ok(out.flush()?)
}

/// How many runs were open, and what the judge said of them; gates know the rules' verdicts alone.
fn judged_words(files: &[File]) -> Option<String> {
    let runs = || files.iter().flat_map(|file| &file.runs);
    let all = || runs().filter_map(|(_, run)| run.judged.as_ref());
    let count = |wanted: fn(&Judged) -> bool| all().filter(|judged| wanted(judged)).count();
    all().next()?;
    let (ruled, dropped) = (
        count(|judged| matches!(judged, Judged::Ruled(..))),
        count(|judged| matches!(judged, Judged::Dropped(..))),
    );
    Some(format!(
        "{} left open by the rules: {ruled} judged, {dropped} without a verdict; the table is the rules' alone",
        ruled + dropped
    ))
}

/// `5%` or `0.05`, from 0 to 1.
pub(super) fn rate(text: &str) -> Result<f64> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.trim().parse::<f64>(),
    };
    match number {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(rate),
        _ => Err(hinted(
            format!("`{text}` is no rate"),
            "write it as 5% or 0.05",
        )),
    }
}

fn limit(word: &str) -> Result<(String, f64)> {
    let Some((mode, text)) = word.split_once('=') else {
        return Err(hinted(
            format!("`{word}` is no MODE=RATE"),
            "write it as TIMEOUT_CASCADE=5%",
        ));
    };
    Ok((mode.to_owned(), rate(text)?))
}

/// Why the gates of the command line do not let these runs through.
fn gates(
    arguments: &Arguments,
    files: &[File],
    table: &Table,
    limits: &[(String, f64)],
) -> Vec<String> {
    let mut failed = Vec::new();
    for word in &arguments.fail_on {
        let hits = |run: &Run| match Severity::parse(word) {
            Some(level) => run.findings.iter().any(|finding| finding.severity >= level),
            None => run
                .findings
                .iter()
                .any(|finding| finding.run.as_ref().is_some_and(|place| place.mode == word)),
        };
        let n = files
            .iter()
            .flat_map(|file| &file.runs)
            .filter(|(_, run)| hits(run))
            .count();
        if n > 0 {
            failed.push(format!("{n} of {} runs show {word}", table.n_runs));
        }
    }
    for (mode, limit) in limits {
        let rate = table.rate(mode);
        if rate > *limit {
            failed.push(format!(
                "{mode} in {:.1} % of the runs, above {:.1} %",
                100.0 * rate,
                100.0 * limit
            ));
        }
    }
    failed
}

/// What is worse than in an earlier batch: a mode that is new, or a rate that rose beyond the margin and whose
/// 95 % interval does not reach down to the earlier rate.
fn rose(before: &Value, table: &Table, margin: f64) -> Vec<String> {
    let mut failed = Vec::new();
    for (mode, &n) in table
        .modes
        .iter()
        .filter(|(mode, _)| *mode != "no failure found")
    {
        let was = before["modes"][mode]["rate"].as_f64();
        let now = table.rate(mode);
        let (low, high) = stats::wilson(n as u64, table.n_runs as u64).unwrap_or((0.0, 1.0));
        let interval = format!("95 % interval {:.1} to {:.1} %", 100.0 * low, 100.0 * high);
        match was {
            None => failed.push(format!(
                "{mode} is new: {n} of {} runs ({interval})",
                table.n_runs
            )),
            Some(was) if now > was + margin && low > was => {
                failed.push(format!(
                    "{mode} rose from {:.1} to {:.1} % ({interval})",
                    100.0 * was,
                    100.0 * now
                ));
            }
            Some(_) => {}
        }
    }
    failed
}
