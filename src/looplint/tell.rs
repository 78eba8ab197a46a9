//! Words for the person at the terminal: errors with their cause and a hint, and the exit codes.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};

/// Exit code when something was found.
pub(crate) const FOUND: u8 = 1;
/// Exit code when looplint could not run.
pub(crate) const COULD_NOT_RUN: u8 = 2;

/// An error with advice.
#[derive(Debug)]
pub(crate) struct Hinted {
    what: String,
    hint: String,
}

impl fmt::Display for Hinted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)
    }
}

impl Error for Hinted {}

/// An error that says `what` happened and gives a `hint`.
pub(crate) fn hinted(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Hinted {
        what: what.into(),
        hint: hint.into(),
    }
    .into()
}

/// Says something on standard error; when that is gone too, nothing is left to be done.
pub(crate) fn say(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints an error's chain and hint to stderr; a closed pipe is no error.
pub(crate) fn failure(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let mut text = format!("looplint: {error}");
    for cause in error.chain().skip(1) {
        text += &format!("\n  because {cause}");
    }
    if let Some(hinted) = error
        .downcast_ref::<Hinted>()
        .filter(|hinted| !hinted.hint.is_empty())
    {
        text += &format!("\n\nhint: {}", hinted.hint);
    }
    say(text);
    ExitCode::from(COULD_NOT_RUN)
}

/// Prints what clap has to say: help and version go to stdout with 0, mistakes to stderr with 2.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if let Some(path) = misplaced(error) {
        say(format!("\nhint: looplint check {path}"));
    }
    if error.use_stderr() {
        ExitCode::from(COULD_NOT_RUN)
    } else {
        ExitCode::SUCCESS
    }
}

/// A path that stands where a command belongs.
fn misplaced(error: &clap::Error) -> Option<String> {
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if Path::new(word).exists() => Some(word.clone()),
        _ => None,
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    })
}
