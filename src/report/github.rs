//! GitHub Actions: commands that annotate the changed lines, and the summary of a step.
//!
//! A step shows ten annotations of a level, so the worst come first and the rest goes into the summary.

use std::io::{self, Write};

use looplint_model::{Columns, Severity, Source, Span};

use crate::Report;
use crate::markdown;
use crate::words::{cell_words, count, details, one_line};

/// Annotations of one level that a step shows.
const N_ANNOTATIONS: usize = 10;
/// A step's summary may have 1 MiB; what other tools write must fit beside it.
const SUMMARY_BYTES: usize = 500_000;

/// Writes the annotations that will be shown.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut shown = Shown::default();
    for found in report.found() {
        let finding = found.finding;
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        if !shown.admits(finding.severity) {
            continue;
        }
        let cell = cell_words(found.start().cell, ": ");
        let mut lines = vec![format!("{cell}{}", one_line(&finding.message))];
        lines.extend(details(finding));
        let place = place(found.source, finding.span);
        write_command(
            out,
            level,
            finding.rule,
            &found.path,
            &place,
            &lines.join("\n"),
        )?;
    }
    for (source, problem) in report.problems() {
        if shown.admits(Severity::Error) {
            let place = problem
                .span
                .map_or_else(String::new, |span| place(source, span));
            let path = report.path(source);
            write_command(
                out,
                "error",
                problem.kind.as_str(),
                &path,
                &place,
                &one_line(&problem.message),
            )?;
        }
    }
    Ok(())
}

/// How many were not annotated, in one sentence.
pub(crate) fn left_out(report: &Report<'_>) -> Option<String> {
    let mut shown = Shown::default();
    let severities = report
        .found()
        .into_iter()
        .map(|found| found.finding.severity);
    let problems = report.problems().into_iter().map(|_| Severity::Error);
    let n = severities
        .chain(problems)
        .filter(|severity| !shown.admits(*severity))
        .count();
    (n > 0).then(|| {
        format!(
            "annotations: {} left out, a step shows {N_ANNOTATIONS} of each level; the worst are shown",
            count(n as u64, "finding"),
        )
    })
}

/// The report as Markdown, for the file that `GITHUB_STEP_SUMMARY` names.
pub fn step_summary(report: &Report<'_>) -> String {
    markdown::text(report, SUMMARY_BYTES)
}

/// Counts annotations by level.
#[derive(Default)]
struct Shown {
    counts: [usize; 3],
}

impl Shown {
    fn admits(&mut self, severity: Severity) -> bool {
        let count = &mut self.counts[severity as usize];
        *count += 1;
        *count <= N_ANNOTATIONS
    }
}

/// The lines, and the columns where both ends are on one line: GitHub refuses them elsewhere.
fn place(source: &Source, span: Span) -> String {
    let (start, end) = source.file_range(span, Columns::Utf16);
    let lines = format!(",line={},endLine={}", start.line, end.line);
    if start.line == end.line {
        format!("{lines},col={},endColumn={}", start.column, end.column)
    } else {
        lines
    }
}

fn write_command(
    out: &mut dyn Write,
    level: &str,
    title: &str,
    path: &str,
    place: &str,
    message: &str,
) -> io::Result<()> {
    let (title, path) = (escape_property(title), escape_property(path));
    writeln!(
        out,
        "::{level} title=looplint {title},file={path}{place}::{}",
        escape(message)
    )
}

fn escape(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
