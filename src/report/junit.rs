//! JUnit XML: a suite for each file, a failed case for each finding.
//!
//! A file without findings is a case that passed, so that the numbers of cases mean something.

use std::io::{self, Write};

use looplint_model::{Columns, Problem, Source};

use crate::Report;
use crate::found::{Found, by_file};
use crate::words::{cell_words, details, one_line};
use crate::xml::escape;

/// Writes one `testsuites` element.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let found = report.found();
    let files = by_file(report, &found);
    let n_errors: usize = files.iter().map(|file| file.problems.len()).sum();
    let n_clean = files
        .iter()
        .filter(|file| file.findings.is_empty() && file.problems.is_empty())
        .count();
    let n_cases = (found.len() + n_errors + n_clean).max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"looplint\" tests=\"{n_cases}\" failures=\"{}\" errors=\"{n_errors}\">",
        found.len()
    )?;
    for file in &files {
        let (n_findings, n_problems) = (file.findings.len(), file.problems.len());
        let path = escape(&file.path);
        writeln!(
            out,
            "  <testsuite name=\"{path}\" tests=\"{}\" failures=\"{n_findings}\" errors=\"{n_problems}\" package=\"looplint\">",
            (n_findings + n_problems).max(1),
        )?;
        for found in &file.findings {
            failure(out, &path, found)?;
        }
        for (source, problem) in &file.problems {
            error(out, &path, source, problem)?;
        }
        if n_findings + n_problems == 0 {
            writeln!(
                out,
                "    <testcase name=\"no findings\" classname=\"{path}\"/>"
            )?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    if files.is_empty() {
        writeln!(
            out,
            "  <testsuite name=\"looplint\" tests=\"1\" failures=\"0\" errors=\"0\" package=\"looplint\">"
        )?;
        writeln!(
            out,
            "    <testcase name=\"no findings\" classname=\"looplint\"/>"
        )?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn failure(out: &mut dyn Write, path: &str, found: &Found<'_>) -> io::Result<()> {
    let at = found.start();
    let message = one_line(&found.finding.message);
    let text = format!(
        "{}line {}, column {}: {message}\n{}",
        cell_words(at.cell, ", "),
        at.line,
        at.column,
        details(found.finding).join("\n")
    );
    write!(
        out,
        "    <testcase name=\"{}\" classname=\"{path}\" file=\"{path}\" line=\"{}\">",
        escape(found.finding.rule),
        found.file_range(Columns::Utf32).0.line
    )?;
    writeln!(
        out,
        "<failure type=\"{}\" message=\"{}\">{}</failure></testcase>",
        found.finding.severity.as_str(),
        escape(&message),
        escape(text.trim_end())
    )
}

fn error(out: &mut dyn Write, path: &str, source: &Source, problem: &Problem) -> io::Result<()> {
    let line = problem
        .span
        .map(|span| source.position(span.start, Columns::Utf32).line);
    let line = line.map_or_else(String::new, |line| format!(" line=\"{line}\""));
    writeln!(
        out,
        "    <testcase name=\"{kind}\" classname=\"{path}\" file=\"{path}\"{line}><error type=\"{kind}\" message=\"{}\"/></testcase>",
        escape(&one_line(&problem.message)),
        kind = problem.kind.as_str(),
    )
}
