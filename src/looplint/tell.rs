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

/// Text for a terminal: what a file says in it cannot move the cursor or turn text around.
pub(crate) struct Plain<W>(pub(crate) W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Each piece of a format comes whole.
        for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
            let words = line.trim_end_matches('\n');
            self.0
                .write_all(looplint_report::one_line(words).as_bytes())?;
            self.0.write_all(&line.as_bytes()[words.len()..])?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    })
}
