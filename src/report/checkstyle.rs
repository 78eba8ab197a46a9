//! Checkstyle XML: a `file` element for each file, an `error` for each finding.

use std::io::{self, Write};

use looplint_model::{Columns, Position};

use crate::Report;
use crate::found::by_file;
use crate::words::{cell_words, one_line};
use crate::xml::escape;

/// Writes one `checkstyle` element.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<checkstyle version=\"4.3\">")?;
    let found = report.found();
    for file in by_file(report, &found) {
        if file.findings.is_empty() && file.problems.is_empty() {
            continue;
        }
        writeln!(out, "  <file name=\"{}\">", escape(&file.path))?;
        for found in &file.findings {
            let finding = found.finding;
            write_error(
                out,
                found.file_range(Columns::Utf32).0,
                finding.severity.as_str(),
                &finding.message,
                finding.rule,
            )?;
        }
        for (source, problem) in &file.problems {
            let at = source.position(problem.span.map_or(0, |span| span.start), Columns::Utf32);
            write_error(out, at, "error", &problem.message, problem.kind.as_str())?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}

fn write_error(
    out: &mut dyn Write,
    at: Position,
    severity: &str,
    message: &str,
    source: &str,
) -> io::Result<()> {
    writeln!(
        out,
        "    <error line=\"{}\" column=\"{}\" severity=\"{severity}\" message=\"{}{}\" source=\"looplint.{}\"/>",
        at.line,
        at.column,
        cell_words(at.cell, ": "),
        escape(&one_line(message)),
        escape(source),
    )
}
