//! One line for each finding: `path:line:col: severity rule: message`.
//!
//! Knows no colour and no code excerpt; made for `grep`, `sort` and editors' error lists.

use std::io::{self, Write};

use looplint_model::{Columns, Position, Problem, Source};

use crate::Report;
use crate::words::one_line;

/// Writes findings worst first, then problems.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for found in report.found() {
        writeln!(
            out,
            "{}: {} {}: {}",
            place(found.source, found.start()),
            found.finding.severity.as_str(),
            found.finding.rule,
            one_line(&found.finding.message),
        )?;
    }
    for (source, problem) in report.problems() {
        writeln!(out, "{}", problem_line(source, problem))?;
    }
    Ok(())
}

/// `path:line:col`, with the cell between path and line in a notebook.
pub(crate) fn place(source: &Source, at: Position) -> String {
    let name = one_line(&source.name);
    match at.cell {
        0 => format!("{name}:{}:{}", at.line, at.column),
        cell => format!("{name}:cell {cell}:{}:{}", at.line, at.column),
    }
}

/// `path:line:col: error kind: message`, or `path: ...` where the place is not known.
pub(crate) fn problem_line(source: &Source, problem: &Problem) -> String {
    let place = match problem.span {
        Some(span) => place(source, source.position(span.start, Columns::Utf32)),
        None => one_line(&source.name).into_owned(),
    };
    format!(
        "{place}: error {}: {}",
        problem.kind.as_str(),
        one_line(&problem.message)
    )
}
