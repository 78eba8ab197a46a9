//! `looplint trace pack`: a run in a budget of tokens, and any of its turns in full.
//!
//! Knows which turns findings cite. Does not send anything; `looplint trace classify --judge` sends what this prints,
//! without its secrets.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use looplint_llm::pack::pack;
use looplint_llm::redact::Redactor;
use looplint_llm::run::RunText;
use looplint_llm::tokens::Tokenizer;
use serde_json::json;

use super::read::{Reader, Run};
use crate::config;
use crate::llm::runs;
use crate::tell::{hinted, say};

/// Flags of `looplint trace pack`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint trace pack run.json --budget 2000
  looplint trace pack run.json --expand 14   turn 14 as it was
  looplint trace pack session.jsonl --run 3 --budget 8000 --json")]
pub(crate) struct Arguments {
    /// The trace; `-` is standard input
    pub(crate) file: PathBuf,
    /// The most tokens; goal, result and the turns that findings cite must fit
    #[arg(long, value_name = "N", default_value_t = 12_000)]
    pub(crate) budget: usize,
    /// What counts tokens
    #[arg(long, value_name = "NAME", default_value = Tokenizer::O200k.name(), value_parser = tokenizers())]
    pub(crate) tokenizer: String,
    /// The run, by id or number; the first where none is named
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Print this turn in full instead; may be repeated
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub(crate) expand: Vec<i64>,
    /// Take out secrets, e-mail addresses and card numbers
    #[arg(long)]
    pub(crate) redact: bool,
    /// As one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) configuration: config::Arguments,
}

fn tokenizers() -> Vec<&'static str> {
    Tokenizer::ALL.map(Tokenizer::name).to_vec()
}

/// Packs a run, or prints turns of it.
///
/// # Errors
/// The file cannot be read or is no trace, there is no such run or turn, or the budget is too small.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let reader = Reader::here(&arguments.configuration)?.with_text(true);
    let mut file = reader.trace(&arguments.file)?;
    let at = wanted(&file.runs, arguments.run.as_deref())?;
    let (_, run) = file.runs.swap_remove(at);
    let text = run.text.clone().unwrap_or_default();
    let text = match arguments.redact {
        true => text.redacted(&Redactor::new()),
        false => text,
    };
    if !arguments.expand.is_empty() {
        return expand(arguments, &text);
    }
    let tokenizer = Tokenizer::parse(&arguments.tokenizer).context("there is no such tokenizer")?;
    let cited = runs::cited(&run.findings);
    let packed = pack(&text, &cited, arguments.budget, tokenizer).map_err(|small| {
        let least = format!("--budget {} is the least that will do", small.needed);
        hinted(small.to_string(), least)
    })?;
    let mut out = io::stdout().lock();
    if arguments.json {
        let shown = packed.shown.iter();
        let shown: Vec<_> = shown
            .map(|turn| json!({"turn": turn.number, "whole": turn.whole}))
            .collect();
        let report = json!({
            "run": run.name, "budget": arguments.budget, "tokens": packed.tokens,
            "tokenizer": packed.tokenizer.name(), "turns": text.turns.len(), "cited": cited,
            "shown": shown, "repeated": packed.repeated, "left_out": packed.left_out, "text": packed.text,
        });
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    out.write_all(packed.text.as_bytes())?;
    if !packed.text.ends_with('\n') {
        writeln!(out)?;
    }
    out.flush()?;
    let whole = packed.shown.iter().filter(|turn| turn.whole).count();
    say(format!(
        "looplint: {} of {} tokens by {}; of {} turns {whole} whole, {} cut, {} told as repeats, {} left out",
        packed.tokens,
        arguments.budget,
        packed.tokenizer.name(),
        text.turns.len(),
        packed.shown.len() - whole,
        packed.repeated,
        packed.left_out
    ));
    Ok(ExitCode::SUCCESS)
}

fn wanted(runs: &[(usize, Run)], name: Option<&str>) -> Result<usize> {
    let Some(name) = name else { return Ok(0) };
    if let Some(at) = runs.iter().position(|(_, run)| run.name == name) {
        return Ok(at);
    }
    let names: Vec<&str> = runs
        .iter()
        .take(10)
        .map(|(_, run)| run.name.as_str())
        .collect();
    Err(hinted(
        "there is no such run in the file",
        format!("its runs are {}", names.join(", ")),
    ))
}

fn expand(arguments: &Arguments, text: &RunText) -> Result<ExitCode> {
    let mut all = String::new();
    for &number in &arguments.expand {
        let Some(turn) = text.expand(number) else {
            let numbers = || text.turns.iter().map(|turn| turn.number);
            let hint = match (numbers().min(), numbers().max()) {
                (Some(first), Some(last)) => format!("turns run from {first} to {last}"),
                _ => "the run has no turns".to_owned(),
            };
            return Err(hinted(format!("the run has no turn {number}"), hint));
        };
        all += &turn;
    }
    io::stdout().lock().write_all(all.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
