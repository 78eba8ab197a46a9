//! What can be typed: commands, flags and their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{baseline, config, fix, llm, output, past, shell, trace};

const EXAMPLES: &str = "\
Examples:
  looplint check                      check the Python files and agent traces below this folder
  looplint check src --min-slowdown 900
                                      only what is at least ten times slower than it need be
  looplint check run.json             what went wrong in an agent's run
  looplint rule list-membership-in-loop
                                      the page of a rule
Exit codes: 0 clean, 1 something was found, 2 could not run.";

/// Finds the loops that cost, in Python code and in agent traces.
#[derive(Debug, Parser)]
#[command(name = "looplint", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // there is one of it in a process
pub(crate) enum Command {
    /// Check Python files and agent traces
    Check(Check),
    /// Show the page of a rule
    Rule(Rule),
    /// List all rules
    Rules(Rules),
    /// Park old findings in a file, so that only new ones are reported
    Baseline(baseline::Arguments),
    /// Show the keys of the configuration
    Config(config::Show),
    /// Serve an editor: the language server, on standard input and output
    Server(Server),
    /// Say what went wrong in agents' runs
    #[command(subcommand)]
    Trace(trace::Command),
    /// Language models: who would be asked, what asking took, forgetting answers
    #[command(subcommand)]
    Llm(llm::command::Command),
    /// Time one finding against its fix, on this machine
    Measure(Measure),
    /// Time the examples of the rule pages in CPython
    Bench(Bench),
    /// Print what a shell needs to complete looplint's commands
    Completions(shell::Completions),
    /// Print the manual page
    Man(shell::Manual),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint check src tests
  looplint check --select list-membership-in-loop,lookup-join
  looplint check --json | jq '.findings[0]'
  looplint check src/slow.py --explain --llm-base-url http://localhost:8080/v1
  looplint check --explain --llm-dry-run
                                      exactly what a language model would be sent
  cat module.py | looplint check - --stdin-filename module.py")]
pub(crate) struct Check {
    /// Files and folders; `-` is standard input
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) configuration: config::Arguments,
    #[command(flatten)]
    pub(crate) fixing: fix::Arguments,
    #[command(flatten)]
    pub(crate) past: past::Arguments,
    #[command(flatten)]
    pub(crate) output: output::Arguments,
    #[command(flatten)]
    pub(crate) explaining: llm::explain::Arguments,
    /// Show how many findings there are of each rule, instead of each
    #[arg(long)]
    pub(crate) statistics: bool,
    /// Rank by what a profile saw: of cProfile, py-spy, speedscope, Scalene or `coverage json`
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Rows of the table of the hottest findings, with --profile
    #[arg(long, value_name = "N", default_value_t = 10, requires = "profile")]
    pub(crate) top: usize,
    /// Exit with 0 even when something was found
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Name of what is read from standard input
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// Worker threads; 0 for one per core
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) threads: usize,
    /// List the files that would be checked
    #[arg(long, conflicts_with = "show_settings")]
    pub(crate) show_files: bool,
    /// Show what holds for the first path, and where it was written
    #[arg(long)]
    pub(crate) show_settings: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rule {
    /// The rule's id
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// As JSON, with every field of the pages
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint bench list-membership-in-loop
  looplint bench --python python3.11 --python python3.13
  looplint bench --check              what the pages claim against what was measured; no clock
  looplint bench --validate fixtures/python/kernels
                                      what looplint says of other functions against what they take")]
pub(crate) struct Bench {
    /// Rules to time; all where none is named
    pub(crate) rules: Vec<String>,
    /// Interpreter to time on; may be repeated
    #[arg(long, value_name = "PATH", default_values_os_t = [crate::bench::default_python()])]
    pub(crate) python: Vec<PathBuf>,
    /// Folder of the rules, where the figures are written
    #[arg(long, default_value = "rules", value_name = "DIR")]
    pub(crate) rules_dir: PathBuf,
    /// A pair is tried at larger and larger sizes until one run takes this long
    #[arg(long, default_value_t = 0.1, value_name = "S")]
    pub(crate) seconds: f64,
    /// Only pairs without figures of this interpreter or with more noise than this; what is quieter then is written
    #[arg(long, value_name = "PCT")]
    pub(crate) noisy: Option<f64>,
    /// Only compare the recorded figures with the pages' claims
    #[arg(long)]
    pub(crate) check: bool,
    /// Compare what looplint says of the functions in this folder with what they take, and write a page about it
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    pub(crate) validate: Option<PathBuf>,
    /// Where that page is written; its plot is written beside it
    #[arg(long, default_value = "benches/validation.md", value_name = "FILE")]
    pub(crate) page: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint measure shop/orders.py:120
  looplint measure shop/orders.py:120 --sizes 50,500,5000 --python python3.13")]
pub(crate) struct Measure {
    /// Where the finding is, as FILE:LINE
    #[arg(value_name = "FILE:LINE")]
    pub(crate) place: String,
    /// The rule, where several find something there
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Option<String>,
    /// Interpreter to time on
    #[arg(long, value_name = "PATH", default_value_os_t = crate::bench::default_python())]
    pub(crate) python: PathBuf,
    /// Numbers of items to try
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_values_t = [100, 1000, 10000])]
    pub(crate) sizes: Vec<u64>,
    /// No larger size is tried once a run takes this long
    #[arg(long, default_value_t = 0.3, value_name = "S")]
    pub(crate) seconds: f64,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the code that is timed
    #[arg(long)]
    pub(crate) show: bool,
    #[command(flatten)]
    pub(crate) configuration: config::Arguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint server
  looplint server --explain --llm-base-url http://localhost:8080/v1 --model local
Whom to ask is read from these flags and the environment alone, never from a folder that is opened.")]
pub(crate) struct Server {
    /// Talk over standard input and output; there is no other way
    #[arg(long)]
    pub(crate) stdio: bool,
    /// Have a language model explain a finding when its action \"Explain\" is chosen; the code is sent to it
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) llm: llm::Arguments,
    #[arg(long, hide = true)]
    pub(crate) node_ipc: bool,
    #[arg(long, hide = true)]
    pub(crate) pipe: Option<String>,
    #[arg(long, hide = true)]
    pub(crate) socket: Option<String>,
    /// Some clients name their process beside `initialize` too
    #[arg(long = "clientProcessId", hide = true)]
    pub(crate) client_process_id: Option<u32>,
}
