//! reviewdog's diagnostic JSON, with fixes as suggestions.
//!
//! reviewdog counts columns in bytes.

use std::io::{self, Write};

use looplint_model::{Columns, Finding, Layout, Position, Severity, Source, Span};
use serde::Serialize;

use crate::edits::one_edit;
use crate::found::Found;
use crate::words::{cell_words, details, is_unsafe, one_line};
use crate::{INFORMATION_URI, Report};

/// A fix over more lines is no suggestion that a reviewer could read.
const N_LINES: usize = 30;

#[derive(Serialize)]
struct Diagnostics<'a> {
    source: Tool<'a>,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostic<'a> {
    message: String,
    location: Location,
    severity: &'a str,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related>,
}

#[derive(Serialize)]
struct Location {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct Related {
    message: String,
    location: Location,
}

/// Writes one object, worst first.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut diagnostics: Vec<Diagnostic<'_>> = report
        .found()
        .iter()
        .map(|found| diagnostic(report, found))
        .collect();
    for (source, problem) in report.problems() {
        let path = report.path(source);
        diagnostics.push(Diagnostic {
            message: one_line(&problem.message).into_owned(),
            location: Location {
                path,
                range: problem.span.map(|span| range(source, span)),
            },
            severity: "ERROR",
            code: Code {
                value: problem.kind.as_str(),
                url: None,
            },
            suggestions: Vec::new(),
            related_locations: Vec::new(),
        });
    }
    let source = Tool {
        name: "looplint",
        url: INFORMATION_URI,
    };
    let text = serde_json::to_string_pretty(&Diagnostics {
        source,
        diagnostics,
    })?;
    out.write_all(without_tricks(&text).as_bytes())?;
    out.write_all(b"\n")
}

/// JSON in which characters that reorder or hide text are written as escapes: the same value, safe to look at.
fn without_tricks(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if !character.is_ascii() && is_unsafe(character) {
            out.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    out
}

fn diagnostic<'a>(report: &Report<'_>, found: &Found<'a>) -> Diagnostic<'a> {
    let (source, finding) = (found.source, found.finding);
    let cell = cell_words(found.start().cell, ": ");
    let mut lines = vec![format!("{cell}{}", one_line(&finding.message))];
    lines.extend(details(finding));
    let location = |span| Location {
        path: found.path.clone(),
        range: Some(range(source, span)),
    };
    let related = finding.related.iter().map(|related| Related {
        message: one_line(&related.message).into_owned(),
        location: location(related.span),
    });
    Diagnostic {
        message: lines.join("\n"),
        location: location(finding.span),
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        code: Code {
            value: finding.rule,
            url: (report.pages)(finding.rule).map(|page| page.href()),
        },
        suggestions: suggestion(source, finding).into_iter().collect(),
        related_locations: related.collect(),
    }
}

fn range(source: &Source, span: Span) -> Range {
    let (start, end) = source.file_range(span, Columns::Utf8);
    let place = |at: Position| Place {
        line: at.line,
        column: at.column,
    };
    Range {
        start: place(start),
        end: place(end),
    }
}

/// A fix as one replacement: suggestions are applied one by one, so half of a fix must never be offered.
fn suggestion(source: &Source, finding: &Finding) -> Option<Suggestion> {
    if matches!(source.layout, Layout::Cells(_)) {
        return None;
    }
    let edit = one_edit(&source.text, &finding.fix.as_ref()?.edits)?;
    let range = range(source, edit.span);
    (range.end.line.checked_sub(range.start.line)? < N_LINES).then_some(Suggestion {
        range,
        text: edit.text,
    })
}
