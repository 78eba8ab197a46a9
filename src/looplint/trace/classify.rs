//! `looplint trace classify`: the verdict on each run of a file.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use looplint_llm::run::RunText;
use looplint_model::{Columns, Finding, Source};
use serde_json::{Value, json};

use super::read::{File, Reader, Run, level, short};
use crate::config;
use crate::llm::judge::{self, Judged};
use crate::tell::{FOUND, Plain};

/// Characters of a quoted piece of evidence.
const QUOTE: usize = 120;

/// Flags of `looplint trace classify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint trace classify run.json
  looplint trace classify session.jsonl --output-format json | jq '.runs[0].mode'
  looplint trace classify run.json --judge --llm-dry-run
                                      what a judge would be sent about a run that the rules leave open")]
pub(crate) struct Arguments {
    /// The trace; `-` is standard input
    pub(crate) file: PathBuf,
    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Full)]
    pub(crate) output_format: Format,
    /// Short for --output-format json
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) judging: judge::Arguments,
    #[command(flatten)]
    pub(crate) configuration: config::Arguments,
}

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Words, evidence and advice
    Full,
    /// One JSON object
    Json,
}

/// Classifies the runs of a file.
///
/// # Errors
/// The file cannot be read or is no trace, or standard output is gone.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let judging = arguments.judging.is_on()?;
    let reader = Reader::here(&arguments.configuration)?.with_text(judging);
    let mut file = reader.trace(&arguments.file)?;
    if judging {
        let runs = file.runs.iter_mut().map(|(_, run)| run);
        if let Some(text) = judge_runs(&arguments.judging, &reader, runs)? {
            io::stdout().lock().write_all(text.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    if arguments.json || arguments.output_format == Format::Json {
        serde_json::to_writer_pretty(&mut out, &as_json(&file))?;
        writeln!(out)?;
    } else {
        let mut out = Plain(&mut out);
        for (at, run) in &file.runs {
            write_run(&mut out, run, &file.sources[*at])?;
        }
        for (problem, place) in &file.problems {
            writeln!(
                out,
                "{place}: {}: {}",
                problem.kind.as_str(),
                problem.message
            )?;
        }
    }
    out.flush()?;
    let failed = file
        .runs
        .iter()
        .any(|(_, run)| run.root.is_some() || failed(run));
    Ok(if failed {
        ExitCode::from(FOUND)
    } else {
        ExitCode::SUCCESS
    })
}

/// Asks the judge about the runs that the rules leave open; a dry run's text where only that was wanted.
///
/// # Errors
/// Flags or configuration make no sense.
pub(crate) fn judge_runs<'r>(
    arguments: &judge::Arguments,
    reader: &Reader,
    runs: impl Iterator<Item = &'r mut Run>,
) -> Result<Option<String>> {
    let runs: Vec<&mut Run> = runs.collect();
    let nothing = RunText::default();
    let cases: Vec<judge::Case<'_>> = runs
        .iter()
        .map(|run| judge::Case {
            text: run.text.as_ref().unwrap_or(&nothing),
            findings: run.findings.iter().collect(),
            passed: run.outcome.as_ref().map(|(passed, _)| *passed),
        })
        .collect();
    match judge::run(arguments, reader.config(), &cases)? {
        judge::Done::DryRun(text) => Ok(Some(text)),
        judge::Done::Judged(judged) => {
            drop(cases);
            for (run, judged) in runs.into_iter().zip(judged) {
                run.judged = Some(judged);
            }
            Ok(None)
        }
    }
}

/// Whether the run itself says that it failed.
fn failed(run: &Run) -> bool {
    run.outcome.as_ref().is_some_and(|(passed, _)| !passed)
}

/// The verdict in a few words: `failed`, `no failure found`, `failed, cause not structural`.
pub(crate) fn verdict(run: &Run) -> &'static str {
    match (run.root.is_some(), failed(run)) {
        (true, _) => "failed",
        (false, true) => "failed, cause not structural",
        (false, false) => "no failure found",
    }
}

fn write_run(out: &mut dyn Write, run: &Run, source: &Source) -> io::Result<()> {
    let outcome = match &run.outcome {
        Some((passed, from)) => {
            format!(", {} by {from}", if *passed { "passed" } else { "failed" })
        }
        None => String::new(),
    };
    let (turns, calls) = (run.turns.len(), run.n_calls);
    writeln!(
        out,
        "{} run {} ({}, {turns} turns, {calls} calls{outcome})",
        run.file, run.name, run.format
    )?;
    let Some(root) = run.root.map(|at| &run.findings[at]) else {
        writeln!(out, "  {}", verdict(run))?;
        if let Some(turn) = run.suspect {
            writeln!(
                out,
                "  look first at turn {turn}: most failed runs of this shape went wrong there (a position, no evidence)"
            )?;
        }
        write_notes(out, run)?;
        write_judged(out, run)?;
        return writeln!(out);
    };
    let Some(place) = &root.run else {
        return writeln!(out);
    };
    writeln!(
        out,
        "  {}, confidence {:.2}, first failing turn {} ({}, {})",
        place.mode,
        place.probability,
        place.turn,
        root.rule,
        level(root.severity)
    )?;
    writeln!(out, "  root cause: {}", root.message)?;
    writeln!(out, "  evidence:")?;
    for (turn, line, quote, what) in evidence(run, root, source) {
        // The line begins with the turn.
        let what = what
            .strip_suffix(&format!(", turn {turn}"))
            .unwrap_or(&what);
        writeln!(out, "    turn {turn}, {}:{line}: {what}", run.file)?;
        writeln!(out, "      {quote}")?;
    }
    if let Some(turn) = run.suspect {
        writeln!(
            out,
            "  look first at turn {turn}: the run ended at a limit, and most of its kind went wrong there (a position, no evidence)"
        )?;
    }
    writeln!(out, "  what to do: {}", root.suggestion)?;
    write_notes(out, run)?;
    if run.waste.calls > 0 {
        writeln!(out, "  wasted: {}", waste_words(run))?;
    }
    write_judged(out, run)?;
    writeln!(out)
}

fn write_judged(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    for line in run.judged.iter().flat_map(Judged::lines) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

fn write_notes(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    for finding in run.also.iter().map(|&at| &run.findings[at]) {
        if let Some(place) = &finding.run {
            writeln!(
                out,
                "  also: {} at turn {}: {} ({})",
                place.mode, place.turn, finding.message, finding.rule
            )?;
        }
    }
    Ok(())
}

fn waste_words(run: &Run) -> String {
    let mut parts = vec![match run.waste.calls {
        1 => "1 call".to_owned(),
        n => format!("{n} calls"),
    }];
    if run.waste.tokens > 0 {
        parts.push(format!("{} tokens", run.waste.tokens));
    }
    if run.waste.milliseconds > 0 {
        parts.push(format!("{} ms", run.waste.milliseconds));
    }
    parts.join(", ")
}

/// The root's place and what belongs to it: turn, line in the file, the quoted text, what it shows.
fn evidence(run: &Run, root: &Finding, source: &Source) -> Vec<(i64, usize, String, String)> {
    let spans = std::iter::once((root.span, root.label.clone())).chain(
        root.related
            .iter()
            .map(|related| (related.span, related.message.clone())),
    );
    spans
        .map(|(span, what)| {
            let line = source.position(span.start, Columns::Utf32).line;
            let turn = run
                .turns
                .iter()
                .find(|turn| turn.span.contains(span))
                .map_or(0, |turn| turn.number);
            let quote = source
                .slice(span)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            (turn, line, short(&quote, QUOTE), what)
        })
        .collect()
}

/// The verdicts as one JSON object: `{version, runs: [..], problems: [..]}`.
pub(crate) fn as_json(file: &File) -> Value {
    let runs: Vec<Value> = file
        .runs
        .iter()
        .map(|(at, run)| run_json(run, &file.sources[*at]))
        .collect();
    let problems: Vec<Value> = file
        .problems
        .iter()
        .map(|(problem, place)| json!({"place": place, "kind": problem.kind.as_str(), "message": problem.message}))
        .collect();
    json!({"version": env!("CARGO_PKG_VERSION"), "runs": runs, "problems": problems})
}

/// The verdict on one run.
pub(crate) fn run_json(run: &Run, source: &Source) -> Value {
    let root = run.root.map(|at| &run.findings[at]);
    let place = root.and_then(|root| root.run.as_ref());
    let evidence: Vec<Value> = root
        .map(|root| evidence(run, root, source))
        .unwrap_or_default()
        .into_iter()
        .map(|(turn, line, quote, what)| json!({"turn": turn, "line": line, "quote": quote, "message": what}))
        .collect();
    let also: Vec<Value> = run.also.iter().map(|&at| note(&run.findings[at])).collect();
    let all: Vec<Value> = run.findings.iter().map(note).collect();
    let mut row = json!({
        "file": run.file,
        "run": run.name,
        "format": run.format,
        "turns": run.turns.len(),
        "calls": run.n_calls,
        "passed": run.outcome.as_ref().map(|(passed, _)| passed),
        "verdict": verdict(run),
        "mode": place.map(|place| place.mode),
        "confidence": place.map(|place| place.probability),
        "first_failing_turn": place.map(|place| place.turn),
        "rule": root.map(|root| root.rule),
        "severity": root.map(|root| level(root.severity)),
        "root_cause": root.map(|root| &root.message),
        "evidence": evidence,
        "fixes": root.map(|root| vec![root.suggestion.clone()]).unwrap_or_default(),
        "also": also,
        "findings": all,
        "suspect_turn": run.suspect,
        "wasted": {"calls": run.waste.calls, "tokens": run.waste.tokens, "milliseconds": run.waste.milliseconds},
    });
    if let Some(judged) = &run.judged {
        row["judge"] = judged.json();
    }
    row
}

fn note(finding: &Finding) -> Value {
    let place = finding.run.as_ref();
    json!({
        "mode": place.map(|place| place.mode),
        "rule": finding.rule,
        "severity": level(finding.severity),
        "turn": place.map(|place| place.turn),
        "confidence": place.map(|place| place.probability),
        "message": finding.message,
        "fix": finding.suggestion,
    })
}
