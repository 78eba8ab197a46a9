//! `looplint llm`: who would be asked, what asking took, and forgetting what was answered.
//!
//! Nothing here opens a connection.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use looplint_llm::client::Client;
use looplint_llm::metrics::{self, Figures};
use looplint_llm::route::{Candidate, Need, Ranking, rank};
use serde_json::json;

use super::{Wanted, store};
use crate::config::{self, Errors, Resolver};
use crate::tell::{hinted, say};

/// The commands about language models.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // there is one of it in a process
pub(crate) enum Command {
    /// Show which model would be asked first, and why
    Route(Route),
    /// Show what calls took: hits, times, tokens, money
    Metrics(Metrics),
    /// Forget all answers and figures
    Clear,
}

/// Flags of `looplint llm route`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint llm route --dry-run --json   every candidate with every term of its score
  looplint llm route --llm-priority cost --llm-max-latency 900
Without a key and a base URL, all models of the catalogue are ranked. Nothing is ever sent.")]
pub(crate) struct Route {
    /// Ask nobody; this command never does
    #[arg(long = "dry-run", id = "ask_nobody")]
    _dry_run: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
    /// Tokens of the prompt
    #[arg(long, value_name = "N", default_value_t = 8_000)]
    prompt_tokens: u64,
    /// Tokens of the answer
    #[arg(long, value_name = "N", default_value_t = 400)]
    output_tokens: u64,
    #[command(flatten)]
    llm: super::Arguments,
    /// A configuration file instead of those that would be found, or one setting; may be repeated
    #[arg(long, value_name = "FILE|KEY=VALUE")]
    config: Vec<String>,
}

/// Flags of `looplint llm metrics`.
#[derive(Debug, Args)]
pub(crate) struct Metrics {
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs one of the commands.
///
/// # Errors
/// Flags or configuration make no sense, caps leave no model, or a file cannot be deleted.
pub(crate) fn run(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Route(arguments) => route(arguments)?,
        Command::Metrics(arguments) => show_metrics(arguments)?,
        Command::Clear => clear()?,
    }
    Ok(ExitCode::SUCCESS)
}

fn route(arguments: &Route) -> Result<()> {
    let configuration = config::Arguments {
        config: arguments.config.clone(),
        ..config::Arguments::default()
    };
    let resolver = Resolver::here(&configuration)?;
    let project = resolver
        .project()
        .map_err(|errors| Errors::clone(&errors))?;
    let wanted = Wanted::new(&arguments.llm, &project.config.llm)?;
    let need = Need {
        prompt_o200k: arguments.prompt_tokens,
        prompt_cl100k: arguments.prompt_tokens,
        prompt_bytes: arguments.prompt_tokens,
        output: arguments.output_tokens,
    };
    let options = wanted.options()?;
    let priority = options.priority;
    let is_known = |name: &str| options.catalogue.iter().any(|row| row.provider == name);
    // A server that no row speaks of has one model, and only the server knows its name.
    let has_somebody = options.model.is_some()
        || (options.providers.iter()).any(|provider| is_known(&provider.name));
    let ranking = if options.providers.is_empty() || !has_somebody {
        let candidates: Vec<Candidate> = options
            .catalogue
            .into_iter()
            .map(|model| Candidate {
                model,
                observed_ms: None,
            })
            .collect();
        rank(&candidates, priority, options.caps, need)
    } else {
        Client::new(options)
            .map_err(|why| hinted(why, ""))?
            .route(need)
    };
    let ranking = ranking.map_err(|why| hinted(why, "loosen the cap, or leave it out"))?;
    let mut out = io::stdout().lock();
    if arguments.json {
        let weights = priority.weights();
        let report = json!({
            "priority": priority.as_str(),
            "weights": {"latency": weights.latency, "cost": weights.cost, "quality": weights.quality},
            "prompt_tokens": arguments.prompt_tokens,
            "output_tokens": arguments.output_tokens,
            "candidates": candidates(&ranking),
            "excluded": ranking.excluded.iter().map(|row| json!({
                "model": row.model, "provider": row.provider, "reason": row.reason,
            })).collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(out, "priority {}", priority.as_str())?;
    for row in &ranking.ranked {
        writeln!(
            out,
            "  {:.3}  {:36} {:>6.0} ms{}  ${:.5} per 1k + 1k  quality {:.2}",
            row.score,
            format!("{} at {}", row.model, row.provider),
            row.latency_ms,
            if row.observed { " observed" } else { "" },
            row.price_per_1k,
            row.quality
        )?;
    }
    for row in &ranking.excluded {
        writeln!(
            out,
            "  left out: {} at {}: {}",
            row.model, row.provider, row.reason
        )?;
    }
    Ok(())
}

fn candidates(ranking: &Ranking) -> Vec<serde_json::Value> {
    let rows = ranking.ranked.iter().map(|row| {
        json!({
            "model": row.model,
            "provider": row.provider,
            "score": row.score,
            "latency_ms": row.latency_ms,
            "observed": row.observed,
            "price_per_1k": row.price_per_1k,
            "quality": row.quality,
            "latency_norm": row.latency_norm,
            "cost_norm": row.cost_norm,
            "quality_norm": row.quality_norm,
        })
    });
    rows.collect()
}

fn show_metrics(arguments: &Metrics) -> Result<()> {
    let records = store().map(|store| store.records()).unwrap_or_default();
    let rows = metrics::summary(&records);
    let mut out = io::stdout().lock();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &json!({"models": rows}))?;
        writeln!(out)?;
        return Ok(());
    }
    for row in &rows {
        write_figures(&mut out, row)?;
    }
    Ok(())
}

fn write_figures(out: &mut dyn Write, row: &Figures) -> io::Result<()> {
    let at = match row.provider.as_str() {
        "" => String::new(),
        provider => format!(" at {provider}"),
    };
    writeln!(out, "{}{at}", row.model)?;
    let rate = row.hit_rate.map_or("undefined".to_owned(), |rate| {
        format!("{:.1} %", 100.0 * rate)
    });
    writeln!(
        out,
        "  {} calls, {} answered; {} answers kept from before, hit rate {rate}",
        row.calls, row.ok, row.hits
    )?;
    for (why, n) in &row.failures {
        writeln!(out, "  failed: {n} {why}")?;
    }
    if let (Some(p50), Some(p95), Some(p99)) = (row.p50_ms, row.p95_ms, row.p99_ms) {
        writeln!(out, "  p50 {p50:.0} ms, p95 {p95:.0} ms, p99 {p99:.0} ms")?;
    }
    writeln!(
        out,
        "  {} tokens read, {} of them computed before, {} written; ${:.4}",
        row.prompt_tokens, row.cached_tokens, row.completion_tokens, row.usd
    )
}

fn clear() -> Result<()> {
    let Some(store) = store() else {
        return Err(hinted(
            "there is no folder for answers",
            "set LOOPLINT_CACHE_DIR",
        ));
    };
    let (answers, bytes) = store.clear().context("answers cannot be deleted")?;
    say(format!("looplint: {answers} answers gone, {bytes} bytes"));
    Ok(())
}
