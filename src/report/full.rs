//! Findings for people: the code, what is marked in it, what it costs and what to write instead.
//!
//! The drawing is codespan's. Does not know whether it writes to a terminal; [`crate::Options`] says what may be used.

use std::collections::BTreeSet;
use std::io::{self, Write};

use codespan_reporting::diagnostic::{Diagnostic, Label, LabelStyle, Severity as Shown};
use codespan_reporting::files;
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use codespan_reporting::term::{Config, Styles, StylesWriter, emit_to_write_style};
use looplint_model::{Confidence, Problem, Severity, Source, Span};

use crate::excerpt::Excerpt;
use crate::found::Found;
use crate::marks::{Mark, distinct, first_line, marks};
use crate::tables::write_hot;
use crate::words::{cost_line, count, one_line, run_line, safety_words};
use crate::{Options, Report};

/// Related places drawn for one finding; the rest is counted.
const N_RELATED: usize = 6;
/// A marked text of more lines is marked on its first line only.
const N_LINES: usize = 6;

/// Writes findings worst first, each with its explanation where there is one, then problems.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut seen = BTreeSet::new();
    for found in report.found() {
        write_finding(report, &found, out)?;
        if let Some(explanation) = report.options.explanations.get(&found.key) {
            let explanation = explanation.once(found.finding.rule, &mut seen);
            explanation.write(report.options.width, out)?;
        }
    }
    write_problems(report, out)
}

/// Writes one finding, without an explanation.
///
/// # Errors
/// Those of `out`.
pub fn write_finding(
    report: &Report<'_>,
    found: &Found<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let marks = marks(found.source, found.finding, N_RELATED, N_LINES);
    let spans: Vec<Span> = marks.iter().map(|mark| mark.span).collect();
    let excerpt = Excerpt::new(found.source, &spans, room(&report.options));
    let diagnostic = diagnostic(report, found, &excerpt, &marks);
    emit(report, &excerpt, &diagnostic, out)
}

/// Writes what could not be read or understood, and the table of the hottest findings where there is a profile.
///
/// # Errors
/// Those of `out`.
pub fn write_problems(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (source, problem) in report.problems() {
        let marks: Vec<Span> = problem
            .span
            .map(|span| first_line(source, span))
            .into_iter()
            .collect();
        let excerpt = Excerpt::new(source, &marks, room(&report.options));
        let diagnostic = problem_diagnostic(source, problem, &excerpt, &marks);
        emit(report, &excerpt, &diagnostic, out)?;
    }
    let n_top = report.options.heats.as_ref().map_or(0, |heats| heats.n_top);
    write_hot(report, n_top, out)
}

fn emit(
    report: &Report<'_>,
    excerpt: &Excerpt<'_>,
    diagnostic: &Diagnostic<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if report.options.colour {
        emit_to(Ansi::new(out), excerpt, diagnostic)
    } else {
        emit_to(NoColor::new(out), excerpt, diagnostic)
    }
}

fn emit_to<W: WriteColor>(
    out: W,
    excerpt: &Excerpt<'_>,
    diagnostic: &Diagnostic<usize>,
) -> io::Result<()> {
    let styles = Styles::default();
    let mut out = StylesWriter::new(out, &styles);
    let config = Config {
        start_context_lines: N_LINES,
        ..Config::default()
    };
    emit_to_write_style(&mut out, &config, excerpt, diagnostic).map_err(io_error)
}

/// Characters of a line of code that fit beside the gutter.
fn room(options: &Options) -> usize {
    options.width.clamp(50, 400) - 10
}

fn diagnostic(
    report: &Report<'_>,
    found: &Found<'_>,
    excerpt: &Excerpt<'_>,
    marks: &[Mark<'_>],
) -> Diagnostic<usize> {
    let finding = found.finding;
    let labels = marks.iter().enumerate().map(|(at, mark)| {
        let (cell, range) = excerpt.mark(at);
        let style = if mark.primary {
            LabelStyle::Primary
        } else {
            LabelStyle::Secondary
        };
        Label::new(style, cell, range).with_message(one_line(mark.label))
    });
    Diagnostic::new(severity(finding.severity))
        .with_code(finding.rule)
        .with_message(one_line(&finding.message))
        .with_labels(labels.collect())
        .with_notes(notes(report, found))
}

fn notes(report: &Report<'_>, found: &Found<'_>) -> Vec<String> {
    let finding = found.finding;
    let mut notes = Vec::new();
    let mut note = |name: &str, text: &str| {
        if !text.is_empty() {
            notes.push(format!("{name}: {}", one_line(text)));
        }
    };
    if let Some(more) = distinct(&finding.related)
        .len()
        .checked_sub(N_RELATED)
        .filter(|more| *more > 0)
    {
        note("also", &format!("{} more", count(more as u64, "place")));
    }
    if let Some(place) = &finding.run {
        note("run", &run_line(place));
    }
    if let Some(cost) = &finding.cost {
        note("cost", &cost_line(cost));
    }
    if let Some(heats) = &report.options.heats
        && let Some(heat) = heats.by_finding.get(&found.key)
    {
        note("profile", &heats.words(heat));
    }
    if finding.confidence < Confidence::Proven && finding.run.is_none() {
        note("confidence", finding.confidence.as_str());
    }
    match &finding.fix {
        Some(fix) if fix.title == finding.suggestion || finding.suggestion.is_empty() => {
            note(
                "help",
                &format!("{} ({})", fix.title, safety_words(&fix.safety)),
            );
        }
        Some(fix) if !fix.edits.is_empty() => {
            note("help", &finding.suggestion);
            note(
                "fix",
                &format!("{} ({})", fix.title, safety_words(&fix.safety)),
            );
        }
        _ => note("help", &finding.suggestion),
    }
    notes
}

fn problem_diagnostic(
    source: &Source,
    problem: &Problem,
    excerpt: &Excerpt<'_>,
    marks: &[Span],
) -> Diagnostic<usize> {
    let message = one_line(&problem.message);
    let diagnostic = Diagnostic::error().with_code(problem.kind.as_str());
    match marks.first() {
        Some(_) => {
            let (cell, range) = excerpt.mark(0);
            diagnostic
                .with_message(message)
                .with_label(Label::primary(cell, range))
        }
        None => diagnostic.with_message(format!("{}: {message}", one_line(&source.name))),
    }
}

/// codespan has no `info`; a note is the same.
fn severity(severity: Severity) -> Shown {
    match severity {
        Severity::Error => Shown::Error,
        Severity::Warning => Shown::Warning,
        Severity::Info => Shown::Note,
    }
}

fn io_error(error: files::Error) -> io::Error {
    match error {
        files::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
