//! `looplint trace compare`: two sets of verdicts on the same runs.
//!
//! Reads what `looplint trace classify` and `looplint trace batch` write as JSON. The verdict on a run is the judge's
//! where it gave one, else the rules'. Does not know how a verdict was found.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use looplint_llm::compare::{Comparison, Label, Verdict, compare};
use serde_json::{Value, json};

use super::batch::rate;
use super::labels;
use crate::tell::FOUND;

/// Flags of `looplint trace compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint trace compare yesterday.json today.json
  looplint trace compare rules.json judged.json --labels runs/labels.jsonl --margin 5%
Both files are written by `looplint trace batch DIR --output-format json`.
Exit codes: 0 no worse, 1 worse by more than the margin, 2 could not run.")]
pub(crate) struct Arguments {
    /// Verdicts: JSON of `trace classify` or `trace batch`
    #[arg(value_name = "A")]
    pub(crate) first: PathBuf,
    /// The verdicts to compare with them
    #[arg(value_name = "B")]
    pub(crate) second: PathBuf,
    /// The truth: a `labels.jsonl`, or a folder with some; what got worse is then accuracy, else agreement
    #[arg(long, value_name = "PATH")]
    pub(crate) labels: Option<PathBuf>,
    /// How much worse the second may be
    #[arg(long, default_value = "2%", value_name = "RATE")]
    pub(crate) margin: String,
    /// As one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Compares two sets of verdicts.
///
/// # Errors
/// A file cannot be read or holds no verdicts, or standard output is gone.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let margin = rate(&arguments.margin)?;
    let (a, b) = (verdicts(&arguments.first)?, verdicts(&arguments.second)?);
    let labels = match &arguments.labels {
        Some(path) => labels_of(path, a.iter().chain(&b))?,
        None => Vec::new(),
    };
    let comparison = compare(&a, &b, &labels);
    if comparison.n == 0 {
        bail!("the two files speak of no common run");
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &as_json(&comparison, margin))?;
        writeln!(out)?;
    } else {
        write(&mut out, &comparison)?;
    }
    out.flush()?;
    if comparison.regressed(margin) {
        let drop = comparison.drop.unwrap_or(0.0);
        eprintln!(
            "looplint: worse by {:.1} %, above the margin of {:.1} %",
            100.0 * drop,
            100.0 * margin
        );
        return Ok(ExitCode::from(FOUND));
    }
    Ok(ExitCode::SUCCESS)
}

/// The verdicts of a report: one object with `runs`, or one run a line.
fn verdicts(path: &Path) -> Result<Vec<Verdict>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let rows: Vec<Value> = match serde_json::from_str::<Value>(&text) {
        Ok(mut report) if report["runs"].is_array() => match report["runs"].take() {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        },
        Ok(row) if row["run"].is_string() => vec![row],
        _ => text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| {
                serde_json::from_str(line)
                    .ok()
                    .filter(|row: &Value| row["run"].is_string())
                    .with_context(|| {
                        format!(
                            "{}:{}: no JSON of `looplint trace classify` or `looplint trace batch`",
                            path.display(),
                            at + 1
                        )
                    })
            })
            .collect::<Result<_>>()?,
    };
    Ok(rows.iter().map(verdict).collect())
}

fn verdict(row: &Value) -> Verdict {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let run = format!(
        "{} run {}",
        row["file"].as_str().unwrap_or(""),
        row["run"].as_str().unwrap_or("")
    );
    let judge = &row["judge"];
    if judge["quote"].is_string() {
        return Verdict {
            run,
            mode: text(&judge["mode"]),
            also: Vec::new(),
            confidence: judge["confidence"].as_f64().unwrap_or(0.0),
        };
    }
    let also = row["also"].as_array().into_iter().flatten();
    Verdict {
        run,
        mode: text(&row["mode"]),
        also: also.filter_map(|other| text(&other["mode"])).collect(),
        confidence: row["confidence"].as_f64().unwrap_or(0.0),
    }
}

/// The labels of the runs that verdicts speak of: a label names a file by the end of its path.
fn labels_of<'v>(path: &Path, verdicts: impl Iterator<Item = &'v Verdict>) -> Result<Vec<Label>> {
    let known = labels::labels(path)?;
    let mut found: BTreeMap<&str, Label> = BTreeMap::new();
    for verdict in verdicts {
        let file = verdict
            .run
            .rsplit_once(" run ")
            .map_or("", |(file, _)| file);
        let label = known
            .iter()
            .find(|(name, _)| Path::new(file).ends_with(name) || Path::new(name).ends_with(file));
        if let Some((_, modes)) = label {
            let label = Label {
                run: verdict.run.clone(),
                modes: modes.clone(),
            };
            found.insert(&verdict.run, label);
        }
    }
    Ok(found.into_values().collect())
}

fn as_json(comparison: &Comparison, margin: f64) -> Value {
    let flips: Vec<Value> = comparison
        .flips
        .iter()
        .map(|flip| json!({"run": flip.run, "a": flip.a, "b": flip.b, "better": flip.better}))
        .collect();
    json!({
        "n": comparison.n,
        "only_a": comparison.only_a,
        "only_b": comparison.only_b,
        "agreement": comparison.agreement,
        "kappa": comparison.kappa,
        "pearson": comparison.pearson,
        "mcnemar_p": comparison.mcnemar_p,
        "accuracy_a": comparison.accuracy_a,
        "accuracy_b": comparison.accuracy_b,
        "drop": comparison.drop,
        "margin": margin,
        "worse": comparison.regressed(margin),
        "flips": flips,
    })
}

fn write(out: &mut dyn Write, comparison: &Comparison) -> io::Result<()> {
    let number =
        |value: Option<f64>| value.map_or("undefined".to_owned(), |value| format!("{value:.3}"));
    writeln!(out, "{} runs in both", comparison.n)?;
    for (which, missing) in [
        ("first", &comparison.only_a),
        ("second", &comparison.only_b),
    ] {
        if !missing.is_empty() {
            writeln!(out, "  only in the {which}: {}", missing.join(", "))?;
        }
    }
    writeln!(out, "  agreement  {}", number(comparison.agreement))?;
    writeln!(out, "  kappa      {}", number(comparison.kappa))?;
    writeln!(out, "  pearson    {}", number(comparison.pearson))?;
    writeln!(out, "  McNemar p  {:.4}", comparison.mcnemar_p)?;
    if comparison.accuracy_a.is_some() {
        writeln!(
            out,
            "  accuracy   {} then {}",
            number(comparison.accuracy_a),
            number(comparison.accuracy_b)
        )?;
    }
    let mode = |mode: &Option<String>| mode.clone().unwrap_or_else(|| "no failure".to_owned());
    for flip in &comparison.flips {
        let better = match flip.better {
            Some(true) => ", now right",
            Some(false) => ", now wrong",
            None => "",
        };
        writeln!(
            out,
            "  {}: {} -> {}{better}",
            flip.run,
            mode(&flip.a),
            mode(&flip.b)
        )?;
    }
    Ok(())
}
