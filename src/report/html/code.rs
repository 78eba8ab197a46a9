//! The lines around a finding as HTML, with what is marked in them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use looplint_model::{Columns, Finding, Source, Span};

use super::{escape, inline};
use crate::edits::Hunk;
use crate::excerpt::{shown, windows};
use crate::marks::{Mark, marks};

/// Related places that are drawn.
const N_RELATED: usize = 8;
/// A place of more lines is marked on its first one only.
const N_PLACE_LINES: usize = 12;
/// A line of more characters is cut to windows of [`WINDOW`].
const WIDTH: usize = 92;
/// Characters of a cut line.
const WINDOW: usize = 66;
/// Characters that fit without scrolling: a longer line has its labels underneath.
const ROOM: usize = 70;
/// Lines shown before and after the place itself.
const CONTEXT: usize = 2;
/// Lines of a hunk's side.
const N_LINES: usize = 20;

/// A `pre` with the lines of the finding and of its related places.
pub(super) fn html(source: &Source, finding: &Finding) -> String {
    let marks = marks(source, finding, N_RELATED, N_PLACE_LINES);
    let spans: Vec<Span> = marks.iter().map(|mark| mark.span).collect();
    let mut html = String::from("<pre class=\"code\" tabindex=\"0\">");
    let mut last: Option<usize> = None;
    for line in lines_of(source, &spans) {
        if last.is_some_and(|last| line > last + 1) {
            html.push_str("<span class=\"gap\">⋯</span>\n");
        }
        write_line(&mut html, source, line, &marks, &spans);
        last = Some(line);
    }
    html.push_str("</pre>");
    html
}

fn lines_of(source: &Source, spans: &[Span]) -> BTreeSet<usize> {
    let index = source.lines();
    let mut lines = BTreeSet::new();
    for (at, span) in spans.iter().enumerate() {
        let (first, last) = (index.line(span.start), index.line(span.end));
        let context = if at == 0 { CONTEXT } else { 0 };
        let end = (last + context).min(index.len());
        lines.extend(first.saturating_sub(context).max(1)..=end);
    }
    let bridges: Vec<usize> = lines
        .iter()
        .map(|line| line + 1)
        .filter(|line| lines.contains(&(line + 1)))
        .collect();
    lines.extend(bridges);
    // The empty line after the last newline says nothing.
    let end = index.len();
    let is_marked = spans.iter().any(|span| index.line(span.end) == end);
    if end > 1 && !is_marked && index.span(&source.text, end).is_empty() {
        lines.remove(&end);
    }
    lines
}

fn write_line(html: &mut String, source: &Source, line: usize, marks: &[Mark<'_>], spans: &[Span]) {
    let span = source.lines().span(&source.text, line);
    let place = source.position(span.start, Columns::Utf8);
    let primary = marks
        .iter()
        .any(|mark| mark.primary && touches(mark.span, span));
    let class = if primary { "row hot" } else { "row" };
    let cell = if place.cell > 0 {
        format!("[{}] ", place.cell)
    } else {
        String::new()
    };
    let _ = write!(
        html,
        "<span class=\"{class}\"><span class=\"no\">{cell}{}</span>",
        place.line
    );
    let mut done = span.start;
    let long = source.slice(span).chars().nth(WIDTH).is_some();
    let width = if long { WINDOW } else { WIDTH };
    let shown = windows(source, span, spans, width);
    for window in &shown {
        if window.start > done {
            html.push_str("<span class=\"cut\">…</span>");
        }
        write_window(html, source, *window, marks);
        done = window.end;
    }
    if done < span.end {
        html.push_str("<span class=\"cut\">…</span>");
    }
    let ends_here = |mark: &&Mark<'_>| {
        !mark.label.is_empty() && mark.span.end >= span.start && mark.span.end <= span.end
    };
    let mut labels: Vec<&Mark<'_>> = marks.iter().filter(ends_here).collect();
    labels.sort_by_key(|mark| mark.span);
    let n_characters = source.slice(span).chars().take(width).count();
    let n_label: usize = labels
        .iter()
        .map(|mark| mark.label.chars().count() + 4)
        .sum();
    if n_characters + n_label <= ROOM {
        for mark in labels {
            let _ = write!(
                html,
                "<span class=\"label{}\">{}</span>",
                also(mark),
                inline(mark.label)
            );
        }
        html.push_str("</span>\n");
        return;
    }
    html.push_str("</span>\n");
    for mark in labels {
        let column = column(source, span, &shown, mark.span.start);
        let _ = writeln!(
            html,
            "<span class=\"under{}\" style=\"--at:{column}\">{}</span>",
            also(mark),
            inline(mark.label)
        );
    }
}

/// The column at which `offset` is shown, from 1.
fn column(source: &Source, line: Span, shown: &[Span], offset: u32) -> usize {
    let mut column = 1;
    let mut done = line.start;
    for window in shown.iter().filter(|window| window.start <= offset) {
        column += usize::from(window.start > done);
        let end = window.end.min(offset.max(window.start));
        column += source.slice(Span::new(window.start, end)).chars().count();
        done = window.end;
    }
    column
}

fn also(mark: &Mark<'_>) -> &'static str {
    if mark.primary { "" } else { " also" }
}

fn touches(mark: Span, line: Span) -> bool {
    mark.start <= line.end && mark.end >= line.start
}

/// The text of a window, cut where a mark begins or ends.
fn write_window(html: &mut String, source: &Source, window: Span, marks: &[Mark<'_>]) {
    let mut borders: BTreeSet<u32> = BTreeSet::from([window.start, window.end]);
    for mark in marks {
        borders.extend(
            [mark.span.start, mark.span.end]
                .iter()
                .filter(|at| window.start < **at && **at < window.end),
        );
    }
    let borders: Vec<u32> = borders.into_iter().collect();
    for pair in borders.windows(2) {
        let span = Span::new(pair[0], pair[1]);
        let text: String = source.slice(span).chars().map(shown).collect();
        let class = match marks
            .iter()
            .filter(|mark| mark.span.contains(span))
            .map(|mark| mark.primary)
            .max()
        {
            Some(true) => "mark",
            Some(false) => "mark also",
            None => "",
        };
        if class.is_empty() {
            html.push_str(&escape(&text));
        } else {
            let _ = write!(html, "<mark class=\"{class}\">{}</mark>", escape(&text));
        }
    }
    let is_empty_mark =
        |mark: &&Mark<'_>| mark.primary && mark.span.is_empty() && window.end == mark.span.start;
    if marks.iter().any(|mark| is_empty_mark(&mark)) {
        html.push_str("<mark class=\"mark\"> </mark>");
    }
}

/// A `pre` with the lines that a fix takes out and puts in.
pub(super) fn diff(source: &Source, hunks: &[Hunk]) -> String {
    let mut html = String::from("<pre class=\"code diff\" tabindex=\"0\">");
    for (at, hunk) in hunks.iter().enumerate() {
        if at > 0 {
            html.push_str("<span class=\"gap\">⋯</span>\n");
        }
        let line = source.position(hunk.at, Columns::Utf8).line;
        for (class, sign, lines) in [("gone", "−", &hunk.before), ("come", "+", &hunk.after)] {
            for (nth, text) in lines.iter().take(N_LINES).enumerate() {
                let text: String = text.chars().take(WIDTH * 2).map(shown).collect();
                let _ = writeln!(
                    html,
                    "<span class=\"row {class}\"><span class=\"no\">{} {sign}</span>{}</span>",
                    line + nth,
                    escape(&text)
                );
            }
            if lines.len() > N_LINES {
                html.push_str("<span class=\"gap\">⋯</span>\n");
            }
        }
    }
    html.push_str("</pre>");
    html
}
