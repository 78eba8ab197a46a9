//! `looplint trace batch`: many runs, the distribution over modes, and gates for CI.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use looplint_engine::Pool;
use looplint_llm::stats;
use looplint_model::{Severity, Source};
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
    /// An earlier run's JSON: exit with 1 only for a new mode, a rate that rose beyond the margin, or one above --max-rate
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
    let reader = Reader::here(&configuration)?
        .without_timelines()
        .with_text(judging);
    for unread in unread {
        eprintln!("looplint: {}: {}", unread.path.display(), unread.why);
    }
    let traces: Vec<PathBuf> = inputs
        .into_iter()
        .map(|input| input.path)
        .filter(|path| !is_python(path))
        .collect();
    let table = if judging {
        let Some(table) = judged(arguments, &reader, &traces)? else {
            return Ok(ExitCode::SUCCESS);
        };
        table
    } else {
        all(arguments, &reader, &traces)?
    };
    let mut failed = shown(arguments, &table);
    if let Some(path) = &arguments.baseline {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let before: Value = serde_json::from_str(&text)
            .with_context(|| format!("{} is no JSON of this command", path.display()))?;
        failed = rose(&before, &table, margin);
    }
    failed.extend(above(&table, &limits));
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

/// Files that are read at a time: what they gave is written before the next ones are read.
const FILES_AT_A_TIME: usize = 256;
/// A file of more bytes has the workers for itself.
const OWN_BYTES: u64 = 32 << 20;

/// Reads all files and writes what is said of each run, in the order of the files; then the sums.
fn all(arguments: &Arguments, reader: &Reader, traces: &[PathBuf]) -> Result<Table> {
    let format = arguments.output_format;
    let pool = Pool::new(0);
    let progress = Progress::new(traces.len(), arguments.quiet);
    let mut writer = Writer::new(format);
    let brief = |file: File| briefs(&file, format);
    writer.begin()?;
    let is_large =
        |path: &PathBuf| std::fs::metadata(path).is_ok_and(|data| data.len() > OWN_BYTES);
    for group in traces.chunk_by(|a, b| !is_large(a) && !is_large(b)) {
        if let [one] = group {
            let read = reader.each(one, &pool, brief, |runs| writer.add(runs));
            progress.step();
            // What was written cannot be taken back: an error of the output ends the command.
            if let Err(error) = read {
                writer.is_open()?;
                eprintln!("looplint: {error:#}");
            }
            continue;
        }
        for some in group.chunks(FILES_AT_A_TIME) {
            let read = pool.map(some, |path| {
                let runs = reader.file(path).map(brief);
                progress.step();
                runs
            });
            for runs in read {
                match runs {
                    Ok(runs) => writer.add(runs)?,
                    Err(error) => eprintln!("looplint: {error:#}"),
                }
            }
        }
    }
    progress.clear();
    writer.end()
}

/// Reads all files and asks the judge about the runs that the rules leave open; `None` where a dry run was wanted and
/// is written. All runs are held until the judge has spoken: its budget is one for all.
fn judged(arguments: &Arguments, reader: &Reader, traces: &[PathBuf]) -> Result<Option<Table>> {
    let progress = Progress::new(traces.len(), arguments.quiet);
    let read = Pool::new(0).map(traces, |path| {
        let file = reader.file(path);
        progress.step();
        file
    });
    progress.clear();
    let mut found: Vec<File> = Vec::new();
    for file in read {
        match file {
            Ok(file) => found.push(file),
            Err(error) => eprintln!("looplint: {error:#}"),
        }
    }
    let runs = found.iter_mut().flat_map(|file| &mut file.runs);
    let runs = runs.map(|(_, run)| run);
    if let Some(text) = judge_runs(&arguments.judging, reader, runs)? {
        io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(None);
    }
    let mut writer = Writer::new(arguments.output_format);
    writer.begin()?;
    for file in &found {
        writer.add(briefs(file, arguments.output_format))?;
    }
    writer.judged = judged_words(&found);
    writer.end().map(Some)
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

/// What a batch says and counts of one run.
struct Brief {
    /// The root's mode, else the verdict.
    mode: String,
    /// The run's line.
    line: String,
    /// The modes of all findings.
    modes: Vec<&'static str>,
    /// The worst finding's level.
    worst: Option<Severity>,
}

fn briefs(file: &File, format: Format) -> Vec<Brief> {
    let brief = |(at, run): &(usize, Run)| Brief {
        mode: mode(run).unwrap_or_else(|| verdict(run)).to_owned(),
        line: line(run, &file.sources[*at], format),
        modes: run
            .findings
            .iter()
            .filter_map(|finding| Some(finding.run.as_ref()?.mode))
            .collect(),
        worst: run.findings.iter().map(|finding| finding.severity).max(),
    };
    file.runs.iter().map(brief).collect()
}

fn line(run: &Run, source: &Source, format: Format) -> String {
    if format != Format::Full {
        return run_json(run, source).to_string();
    }
    let what = mode(run).unwrap_or_else(|| verdict(run));
    let turn = run
        .root
        .and_then(|at| run.findings[at].run.as_ref())
        .map_or(String::new(), |place| {
            format!(", turn {}, confidence {:.2}", place.turn, place.probability)
        });
    let name = looplint_report::one_line(&run.name);
    let mut line = format!("{} run {name}: {what}{turn}", run.file);
    for judged in run.judged.iter().flat_map(Judged::lines) {
        line.push_str("\n  ");
        line.push_str(&judged);
    }
    line
}

fn mode(run: &Run) -> Option<&'static str> {
    run.root
        .and_then(|at| run.findings[at].run.as_ref())
        .map(|place| place.mode)
}

/// How many runs show which mode as their root, and which modes and levels at all.
#[derive(Default)]
struct Table {
    n_runs: usize,
    modes: BTreeMap<String, usize>,
    shown: BTreeMap<&'static str, usize>,
    levels: BTreeMap<Severity, usize>,
}

impl Table {
    fn add(&mut self, run: &Brief) {
        self.n_runs += 1;
        *self.modes.entry(run.mode.clone()).or_default() += 1;
        let mut modes = run.modes.clone();
        modes.sort_unstable();
        modes.dedup();
        for mode in modes {
            *self.shown.entry(mode).or_default() += 1;
        }
        for level in [Severity::Info, Severity::Warning, Severity::Error] {
            *self.levels.entry(level).or_default() += usize::from(run.worst >= Some(level));
        }
    }

    fn rate(&self, mode: &str) -> f64 {
        self.modes
            .get(mode)
            .map_or(0.0, |&n| n as f64 / self.n_runs.max(1) as f64)
    }
}

/// Writes runs as they come.
struct Writer {
    format: Format,
    out: io::BufWriter<io::StdoutLock<'static>>,
    table: Table,
    /// A word on the judge, above the table.
    judged: Option<String>,
}

impl Writer {
    fn new(format: Format) -> Writer {
        Writer {
            format,
            out: io::BufWriter::new(io::stdout().lock()),
            table: Table::default(),
            judged: None,
        }
    }

    fn begin(&mut self) -> Result<()> {
        if self.format == Format::Json {
            let version = env!("CARGO_PKG_VERSION");
            write!(self.out, "{{\"version\":\"{version}\",\"runs\":[")?;
        }
        Ok(())
    }

    fn add(&mut self, runs: Vec<Brief>) -> Result<()> {
        for run in runs {
            let before = match self.format {
                Format::Json if self.table.n_runs > 0 => ",\n",
                Format::Json => "\n",
                _ => "",
            };
            let after = if self.format == Format::Json {
                ""
            } else {
                "\n"
            };
            write!(self.out, "{before}{}{after}", run.line)?;
            self.table.add(&run);
        }
        Ok(())
    }

    /// # Errors
    /// Standard output is gone.
    fn is_open(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    /// Writes the sums.
    fn end(mut self) -> Result<Table> {
        let table = &self.table;
        let out = &mut self.out;
        match self.format {
            Format::Full => {
                writeln!(out, "\n{} runs", table.n_runs)?;
                if let Some(judged) = &self.judged {
                    writeln!(out, "{judged}")?;
                }
                let width = table.modes.keys().map(String::len).max().unwrap_or(0);
                let most = table.modes.values().copied().max().unwrap_or(1);
                for (mode, &n) in &table.modes {
                    let bar = "#".repeat((n * BAR).div_ceil(most));
                    let percent = 100.0 * table.rate(mode);
                    writeln!(out, "  {mode:width$} {n:5} {percent:5.1} %  {bar}")?;
                }
            }
            Format::Json => {
                let modes: serde_json::Map<String, Value> = table
                    .modes
                    .iter()
                    .map(|(mode, n)| (mode.clone(), json!({"runs": n, "rate": table.rate(mode)})))
                    .collect();
                let (n, modes) = (table.n_runs, Value::Object(modes));
                writeln!(out, "\n],\"n_runs\":{n},\"modes\":{modes}}}")?;
            }
            Format::JsonLines => {}
        }
        out.flush()?;
        Ok(self.table)
    }
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

/// The modes and levels of --fail-on that these runs show.
fn shown(arguments: &Arguments, table: &Table) -> Vec<String> {
    let count = |word: &String| match Severity::parse(word) {
        Some(level) => table.levels.get(&level).copied().unwrap_or(0),
        None => table.shown.get(word.as_str()).copied().unwrap_or(0),
    };
    let words = arguments.fail_on.iter().map(|word| (word, count(word)));
    words
        .filter(|(_, n)| *n > 0)
        .map(|(word, n)| format!("{n} of {} runs show {word}", table.n_runs))
        .collect()
}

/// The modes found in more than their share of the runs; a limit holds with an earlier batch as well as without.
fn above(table: &Table, limits: &[(String, f64)]) -> Vec<String> {
    let rates = limits
        .iter()
        .map(|(mode, limit)| (mode, table.rate(mode), limit));
    rates
        .filter(|(_, rate, limit)| rate > *limit)
        .map(|(mode, rate, limit)| {
            format!(
                "{mode} in {:.1} % of the runs, above {:.1} %",
                100.0 * rate,
                100.0 * limit
            )
        })
        .collect()
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
