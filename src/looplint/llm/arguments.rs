//! The flags that say whom to ask; they win over the configuration.

use std::path::PathBuf;

use clap::Args;

use crate::config::{DIALECTS, PRIORITIES};

/// Flags of every command that can ask a model.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Language model (asked only where a flag says so)")]
#[group(skip)]
pub(crate) struct Arguments {
    /// The server to ask, such as http://localhost:8080/v1; else the service whose key is in the environment
    #[arg(
        long = "llm-base-url",
        value_name = "URL",
        env = "LOOPLINT_LLM_BASE_URL"
    )]
    pub(crate) base_url: Option<String>,
    /// How that server is spoken to
    #[arg(long = "llm-dialect", value_name = "NAME", value_parser = DIALECTS)]
    pub(crate) dialect: Option<String>,
    /// The one model to ask
    #[arg(long, value_name = "NAME", env = "LOOPLINT_LLM_MODEL")]
    pub(crate) model: Option<String>,
    /// What matters most where a model is chosen
    #[arg(long = "llm-priority", value_name = "WORD", value_parser = PRIORITIES)]
    pub(crate) priority: Option<String>,
    /// Ask no model whose answers take longer on average
    #[arg(long = "llm-max-latency", value_name = "MS")]
    pub(crate) latency_ms_max: Option<f64>,
    /// Ask no model that costs more US dollars for 1,000 tokens of prompt and 1,000 of answer
    #[arg(long = "llm-max-price", value_name = "USD")]
    pub(crate) price_max: Option<f64>,
    /// What all calls may take together, in US dollars, seconds or both: 0.50,90s
    #[arg(long = "llm-budget", value_name = "BUDGET")]
    pub(crate) budget: Option<String>,
    /// The most seconds for one call
    #[arg(long = "llm-timeout", value_name = "S")]
    pub(crate) timeout: Option<f64>,
    /// The most calls at once
    #[arg(long = "llm-concurrency", value_name = "N")]
    pub(crate) concurrency: Option<usize>,
    /// A file of models with price, context, quality and latency, over those that come with looplint
    #[arg(long = "llm-catalogue", value_name = "FILE")]
    pub(crate) catalogue: Option<PathBuf>,
    /// Read keys from this file of NAME=value lines too; the environment wins
    #[arg(long = "llm-env-file", value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Have a llama.cpp server save and restore what it computed of a file or run
    #[arg(long = "llm-slots")]
    pub(crate) slots: bool,
    /// Keep no answers, and use none that were kept
    #[arg(long = "llm-no-cache")]
    pub(crate) no_cache: bool,
    /// Print exactly what would be sent, and send nothing
    #[arg(long = "llm-dry-run")]
    pub(crate) dry_run: bool,
}
