//! A source of which only the surroundings of what was found are kept, so that what a run over large files remembers
//! grows with its findings and not with the files.
//!
//! Knows lines and windows in them. Does not know how much of them a report shows: it keeps somewhat more.

use std::collections::BTreeMap;

use crate::finding::{Checked, Finding};
use crate::lines::Columns;
use crate::source::{Layout, Piece, Source, Span};

/// Bytes kept before the start and after the end of a place.
const AROUND: u32 = 120;
/// Bytes kept of a place from its start, and half as many up to its end.
const OF_PLACE: u32 = 240;
/// Lines before and after a place of which the head is kept.
const LINES_AROUND: usize = 2;
/// Bytes of such a head.
const HEAD: u32 = 160;
/// Places of a finding that keep their surroundings; of others only the position stays.
const PLACES_MAX: usize = 9;
/// Lines of a place, from its first, of which the head is kept: as many as a report shows of a place.
const LINES_INSIDE: usize = 12;
/// Empty lines that stand for lines left out: so many that no report takes the two sides for neighbours.
const LINES_BETWEEN: usize = 2;

/// Keeps of the source's text what is near the findings and problems, and moves their spans there.
/// Every place keeps its line and columns. A text that fixes are for stays whole.
pub fn thin(checked: &mut Checked) {
    let source = &checked.source;
    if checked.findings.iter().any(|finding| {
        finding
            .fix
            .as_ref()
            .is_some_and(|fix| !fix.edits.is_empty())
    }) {
        return;
    }
    let mut kept = Kept::of(source);
    for finding in &checked.findings {
        for (at, span) in spans(finding).enumerate() {
            kept.add(span, at < PLACES_MAX);
        }
    }
    for problem in &checked.problems {
        if let Some(span) = problem.span {
            kept.add(span, true);
        }
    }
    let thin = kept.thin();
    for finding in &mut checked.findings {
        for span in spans_mut(finding) {
            *span = thin.moved(source, *span);
        }
    }
    for problem in &mut checked.problems {
        problem.span = problem.span.map(|span| thin.moved(source, span));
    }
    let mut kept = Source::laid_out(source.name.as_str(), thin.text, thin.layout);
    (kept.bom, kept.encoding) = (source.bom, source.encoding);
    checked.source = kept;
}

fn spans(finding: &Finding) -> impl Iterator<Item = Span> + '_ {
    let related = finding.related.iter().map(|related| related.span);
    std::iter::once(finding.span).chain(related)
}

fn spans_mut(finding: &mut Finding) -> impl Iterator<Item = &mut Span> {
    let related = finding.related.iter_mut().map(|related| &mut related.span);
    std::iter::once(&mut finding.span).chain(related)
}

/// What is kept of each line, by its number in the text from 1.
struct Kept<'s> {
    source: &'s Source,
    lines: BTreeMap<usize, Vec<Span>>,
}

/// The thinned text, and where what it holds stood.
struct Thin {
    text: String,
    layout: Layout,
    /// What was kept, in order, and where each begins in the new text.
    kept: Vec<(Span, u32)>,
}

impl Kept<'_> {
    fn of(source: &Source) -> Kept<'_> {
        Kept {
            source,
            lines: BTreeMap::new(),
        }
    }

    fn add(&mut self, span: Span, is_shown: bool) {
        let (start, end) = ends(self.source, span);
        if !is_shown {
            self.keep(start, start, start);
            self.keep(end, end, end);
            return;
        }
        self.keep(
            start.saturating_sub(AROUND),
            start,
            start.saturating_add(OF_PLACE),
        );
        self.keep(
            end.saturating_sub(OF_PLACE / 2),
            end,
            end.saturating_add(AROUND),
        );
        let lines = self.source.lines();
        let (first, last) = (lines.line(start), lines.line(end));
        let n_lines = lines.len();
        let near = |line: usize| {
            line.saturating_sub(LINES_AROUND).max(1)..=(line + LINES_AROUND).min(n_lines)
        };
        let inside = first..=last.min(first + LINES_INSIDE);
        for line in near(first).chain(inside).chain(near(last)) {
            let start = lines.start(&self.source.text, line);
            self.keep(start, start, start.saturating_add(HEAD));
        }
    }

    /// Keeps `from..to`, as far as it is on the line of `at`.
    fn keep(&mut self, from: u32, at: u32, to: u32) {
        let (lines, text) = (self.source.lines(), &self.source.text);
        let line = lines.line(at);
        let whole = lines.span(text, line);
        let start = whole
            .start
            .max(text.ceil_char_boundary(from as usize) as u32)
            .min(at);
        let end = whole
            .end
            .min(text.floor_char_boundary(to as usize) as u32)
            .max(at);
        self.lines
            .entry(line)
            .or_default()
            .push(Span::new(start, end));
    }

    fn thin(self) -> Thin {
        let source = self.source;
        let mut thin = Thin {
            text: String::new(),
            layout: Layout::Whole,
            kept: Vec::new(),
        };
        let mut pieces = Vec::new();
        let mut last: Option<usize> = None;
        for (line, windows) in self.lines {
            if let Some(last) = last {
                let n_breaks = (line - last).min(1 + LINES_BETWEEN);
                thin.text.extend(std::iter::repeat_n('\n', n_breaks));
            }
            last = Some(line);
            let whole = source.lines().span(&source.text, line);
            let mut done = whole.start;
            for window in merged(windows) {
                let mut piece = piece(source, window.start, &thin.text);
                if window.start > done {
                    thin.text.push('…');
                    piece.body = thin.text.len() as u32;
                }
                pieces.push(piece);
                thin.kept.push((window, thin.text.len() as u32));
                thin.text.push_str(source.slice(window));
                done = window.end;
            }
            if done < whole.end {
                thin.text.push('…');
            }
        }
        thin.layout = Layout::Pieces {
            pieces,
            of: Box::new(source.layout.clone()),
            n_bytes: source.text.len() as u64,
        };
        thin
    }
}

impl Thin {
    /// Where the ends of a span that was kept have come to lie.
    fn moved(&self, source: &Source, span: Span) -> Span {
        let (start, end) = ends(source, span);
        let moved = |at: u32| {
            let after = self.kept.partition_point(|(kept, _)| kept.start <= at);
            let (kept, start) = self.kept[..after].last().copied().unwrap_or_default();
            start + at.min(kept.end).saturating_sub(kept.start)
        };
        Span::new(moved(start), moved(end))
    }
}

/// The ends of a span, on character borders and not in a line's ending.
fn ends(source: &Source, span: Span) -> (u32, u32) {
    let end_on_line = |at: u32| {
        let at = source.text.floor_char_boundary(at as usize) as u32;
        let lines = source.lines();
        at.min(lines.span(&source.text, lines.line(at)).end)
    };
    let start = end_on_line(span.start);
    (start, end_on_line(span.end).max(start))
}

/// What begins at the end of `text` and stood at `at`.
fn piece(source: &Source, at: u32, text: &str) -> Piece {
    let place = source.position(at, Columns::Utf8);
    let column = |columns| source.position(at, columns).column;
    Piece {
        start: text.len() as u32,
        body: text.len() as u32,
        line: place.line,
        columns: [place.column, column(Columns::Utf16), column(Columns::Utf32)],
    }
}

fn merged(mut windows: Vec<Span>) -> Vec<Span> {
    windows.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(windows.len());
    for window in windows {
        match merged.last_mut() {
            Some(last) if window.start <= last.end => *last = last.cover(window),
            _ => merged.push(window),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Related, Severity};

    fn finding(span: Span, related: &[Span]) -> Finding {
        let related = related.iter().map(|&span| Related {
            span,
            message: "there".into(),
        });
        Finding {
            rule: "r",
            domain: "trace",
            span,
            message: String::new(),
            suggestion: String::new(),
            label: String::new(),
            severity: Severity::Info,
            confidence: Confidence::Possible,
            related: related.collect(),
            cost: None,
            fix: None,
            run: None,
        }
    }

    fn places(checked: &Checked) -> Vec<[crate::Position; 2]> {
        let place = |span: Span| {
            [Columns::Utf8, Columns::Utf16, Columns::Utf32].map(|columns| {
                let at = |offset| checked.source.position(offset, columns);
                [at(span.start), at(span.end)]
            })
        };
        checked
            .findings
            .iter()
            .flat_map(spans)
            .flat_map(place)
            .collect()
    }

    #[test]
    fn every_place_keeps_its_line_and_columns() {
        let line = "ab\u{e9}\u{65e5}\u{1f600}cd".repeat(400);
        let text: String = (0..40).map(|at| format!("{at}{line}\r\n")).collect();
        let starts: Vec<u32> = (0..text.len() as u32)
            .step_by(4_001)
            .map(|at| text.floor_char_boundary(at as usize) as u32)
            .collect();
        let layout = Layout::Part {
            lines_before: 7_000,
            bytes_before: 9_000_000,
        };
        for length in [0, 5, 300, 5_000, 60_000] {
            for few in starts.chunks(5) {
                let span = |at: u32| {
                    let source = Source::new("", text.as_str());
                    let (start, end) = ends(&source, Span::new(at, at + length));
                    Span::new(start, end)
                };
                let related: Vec<Span> = few.iter().map(|&at| span(at)).collect();
                let mut checked = Checked {
                    source: Source::laid_out("t", text.as_str(), layout.clone()),
                    findings: vec![finding(related[0], &related[1..])],
                    problems: Vec::new(),
                };
                let (before, words) = (
                    places(&checked),
                    checked.source.slice(related[0]).to_owned(),
                );
                thin(&mut checked);
                assert_eq!(places(&checked), before, "{few:?} {length}");
                assert!(
                    checked.source.text.len() < 12_000,
                    "{}",
                    checked.source.text.len()
                );
                if length <= 300 {
                    let kept = checked.source.slice(checked.findings[0].span);
                    assert_eq!(kept, words.replace('\r', ""), "{few:?}");
                }
            }
        }
    }
}
