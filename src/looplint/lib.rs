//! The roof: command line, files, configuration, and the introduction of rules to the engine.
//!
//! The only crate that reads and writes files. Does not know what a rule looks for,
//! how Python is parsed or what a trace format looks like.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

mod baseline;
mod bench;
mod check;
mod child;
mod cli;
mod config;
mod degrees;
mod files;
mod fix;
mod git;
mod known;
mod llm;
mod measure;
mod output;
mod pages;
mod past;
mod pointer;
mod profile;
mod progress;
mod quiet;
mod run;
mod select;
mod server;
mod shell;
mod switch_off;
mod tell;
mod trace;
mod write;

/// Runs the command line and gives the exit code: 0 clean, 1 findings, 2 could not run.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match cli::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return tell::usage(&error),
    };
    let done = match cli.command {
        cli::Command::Check(arguments) => check::run(&arguments),
        cli::Command::Rule(arguments) => pages::rule(&arguments),
        cli::Command::Rules(arguments) => pages::rules(&arguments),
        cli::Command::Config(arguments) => config::run(&arguments),
        cli::Command::Baseline(arguments) => baseline::run(&arguments),
        cli::Command::Trace(command) => trace::run(&command),
        cli::Command::Llm(command) => llm::command::run(&command),
        cli::Command::Measure(arguments) => measure::run(&arguments),
        cli::Command::Bench(arguments) => bench::run(&arguments),
        cli::Command::Server(arguments) => server::run(&arguments),
        cli::Command::Completions(arguments) => shell::completions(&arguments),
        cli::Command::Man(arguments) => shell::manual(&arguments),
    };
    match done {
        Ok(code) => code,
        Err(error) => tell::failure(&error),
    }
}
