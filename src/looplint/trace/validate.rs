//! `looplint trace validate`: how a file is understood.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::read::{Reader, Run, short};
use crate::config;
use crate::tell::Plain;

/// Flags of `looplint trace validate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint trace validate run.json
  looplint trace validate session.jsonl --turns 200")]
pub(crate) struct Arguments {
    /// The trace; `-` is standard input
    pub(crate) file: PathBuf,
    /// Turns to preview of each run
    #[arg(long, default_value_t = 30, value_name = "N")]
    pub(crate) turns: usize,
    #[command(flatten)]
    pub(crate) configuration: config::Arguments,
}

/// Prints format, id, goal, outcome, counts, a preview of the turns and what is absent.
///
/// # Errors
/// The file cannot be read or is no trace: the message names the place of the first problem.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let file = Reader::here(&arguments.configuration)?.trace(&arguments.file)?;
    let mut out = Plain(io::BufWriter::new(io::stdout().lock()));
    for (_, run) in &file.runs {
        write_run(&mut out, run, arguments.turns)?;
    }
    for (problem, place) in &file.problems {
        writeln!(
            out,
            "{place}: {}: {}",
            problem.kind.as_str(),
            problem.message
        )?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn write_run(out: &mut dyn Write, run: &Run, n_turns: usize) -> io::Result<()> {
    writeln!(out, "{} run {}", run.file, run.name)?;
    writeln!(out, "  format   {}", run.format)?;
    writeln!(out, "  goal     {}", or_none(&run.goal))?;
    writeln!(out, "  result   {}", or_none(&run.result))?;
    match &run.outcome {
        Some((passed, from)) => writeln!(
            out,
            "  outcome  {} (by {from})",
            if *passed { "passed" } else { "failed" }
        )?,
        None => writeln!(out, "  outcome  not stated")?,
    }
    writeln!(
        out,
        "  counts   {} turns, {} calls",
        run.turns.len(),
        run.n_calls
    )?;
    if run.turns.is_empty() {
        writeln!(
            out,
            "  note     the file keeps no words and no calls of this run, so there is nothing to check"
        )?;
    }
    for turn in run.turns.iter().take(n_turns) {
        writeln!(
            out,
            "  {:>5}  {:24} {}",
            turn.number,
            short(&turn.who, 24),
            turn.preview
        )?;
    }
    if run.turns.len() > n_turns {
        writeln!(
            out,
            "         and {} more turns; --turns shows them",
            run.turns.len() - n_turns
        )?;
    }
    if !run.lacks.is_empty() {
        writeln!(out, "  absent, so rules that need it stay out:")?;
        for (field, why) in &run.lacks {
            writeln!(out, "    {:14} {why}", field.as_str())?;
        }
    }
    writeln!(out)
}

fn or_none(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        "not stated".to_owned()
    } else {
        short(&line, 160)
    }
}
