//! GitLab Code Quality: a JSON array, shown in merge requests.

use std::io::{self, Write};

use looplint_model::{Columns, Position, Severity};
use serde::Serialize;

use crate::Report;
use crate::found::fingerprint;
use crate::words::{cell_words, details, one_line};

#[derive(Serialize)]
struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'a str,
    categories: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content>,
    location: Location,
}

#[derive(Serialize)]
struct Content {
    body: String,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
    positions: Positions,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

#[derive(Serialize)]
struct Positions {
    begin: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
}

/// Writes one array, worst first.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut issues: Vec<Issue<'_>> = Vec::new();
    for found in report.found() {
        let (start, end) = found.file_range(Columns::Utf32);
        let body = details(found.finding).join("\n\n");
        issues.push(Issue {
            kind: "issue",
            description: format!(
                "{}{}",
                cell_words(start.cell, ": "),
                one_line(&found.finding.message)
            ),
            check_name: found.finding.rule,
            fingerprint: found.fingerprint.clone(),
            severity: match found.finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Info => "info",
            },
            categories: &["Performance"],
            content: (!body.is_empty()).then_some(Content { body }),
            location: location(found.path.clone(), start, end),
        });
    }
    for (source, problem) in report.problems() {
        let span = problem.span.unwrap_or_default();
        let (start, end) = source.file_range(span, Columns::Utf32);
        issues.push(Issue {
            kind: "issue",
            description: one_line(&problem.message).into_owned(),
            check_name: problem.kind.as_str(),
            fingerprint: fingerprint(&[
                &report.path(source),
                problem.kind.as_str(),
                &problem.message,
            ]),
            severity: "major",
            categories: &["Bug Risk"],
            content: None,
            location: location(report.path(source), start, end),
        });
    }
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    out.write_all(b"\n")
}

fn location(path: String, start: Position, end: Position) -> Location {
    let place = |at: Position| Place {
        line: at.line,
        column: at.column,
    };
    Location {
        path,
        lines: Lines {
            begin: start.line,
            end: end.line,
        },
        positions: Positions {
            begin: place(start),
            end: place(end),
        },
    }
}
