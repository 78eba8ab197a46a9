//! `looplint trace`: what went wrong in agents' runs.
//!
//! Knows files, the trace wing and its rules; each command has a file of its own.

mod batch;
mod calibrate;
mod classify;
mod compare;
mod convert;
mod drawn;
mod figures;
mod fit;
mod labels;
mod pack;
mod rates;
mod read;
mod show;
mod validate;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

pub(crate) use drawn::timelines;

/// The commands about runs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say for each run of a file: did it fail, how, where first, why, and what to change
    Classify(classify::Arguments),
    /// Say how a file is understood: format, runs, turns, and what is absent
    Validate(validate::Arguments),
    /// Classify many files and sum up
    Batch(batch::Arguments),
    /// Measure the rules on labelled runs, and the judge where that is asked for
    Calibrate(calibrate::Arguments),
    /// Compare two sets of verdicts on the same runs
    Compare(compare::Arguments),
    /// Make a long run fit a budget of tokens, the same way every time
    Pack(pack::Arguments),
    /// Print a run as a timeline with its findings
    Show(show::Arguments),
    /// Write runs in another format
    Convert(convert::Arguments),
}

/// Runs one of the commands.
///
/// # Errors
/// A file cannot be read or is no trace, or standard output is gone.
pub(crate) fn run(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Classify(arguments) => classify::run(arguments),
        Command::Validate(arguments) => validate::run(arguments),
        Command::Batch(arguments) => batch::run(arguments),
        Command::Calibrate(arguments) => calibrate::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Pack(arguments) => pack::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Convert(arguments) => convert::run(arguments),
    }
}
