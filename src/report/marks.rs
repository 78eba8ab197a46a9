//! What is marked in the code of a finding: its place and the places that explain it.
//!
//! Does not know how a mark is drawn.

use looplint_model::{Finding, Related, Source, Span};

/// A marked text.
pub(crate) struct Mark<'a> {
    /// The text; always inside the source, on character borders.
    pub(crate) span: Span,
    /// A few words; may be empty.
    pub(crate) label: &'a str,
    /// Whether it is the finding's own place.
    pub(crate) primary: bool,
}

/// The finding's place, then up to `n_related` of its related places.
/// A place of more than `n_lines` lines is marked on its first one, a related place always.
pub(crate) fn marks<'a>(
    source: &Source,
    finding: &'a Finding,
    n_related: usize,
    n_lines: usize,
) -> Vec<Mark<'a>> {
    let span = inside(&source.text, finding.span);
    let lines = source.lines();
    let is_long = lines.line(span.end) - lines.line(span.start) >= n_lines;
    let place = Mark {
        span: if is_long {
            first_line(source, span)
        } else {
            span
        },
        label: &finding.label,
        primary: true,
    };
    let related = distinct(&finding.related)
        .into_iter()
        .take(n_related)
        .map(|related| Mark {
            span: first_line(source, related.span),
            label: &related.message,
            primary: false,
        });
    std::iter::once(place).chain(related).collect()
}

/// The related places, without those that say the same of the same text again.
pub(crate) fn distinct(all: &[Related]) -> Vec<&Related> {
    let mut distinct: Vec<&Related> = Vec::new();
    for related in all {
        let is_said = |before: &&&Related| {
            before.message == related.message
                && (before.span == related.span || before.span.overlaps(related.span))
        };
        // A run may name thousands of calls; what repeats itself stands side by side.
        if distinct.iter().rev().take(8).find(is_said).is_none() {
            distinct.push(related);
        }
    }
    distinct
}

/// The part of `span` on its first line.
pub(crate) fn first_line(source: &Source, span: Span) -> Span {
    let span = inside(&source.text, span);
    let lines = source.lines();
    let line = lines.span(&source.text, lines.line(span.start));
    Span::new(span.start, span.end.min(line.end).max(span.start))
}

/// The span, moved to where it can be drawn: a rule's mistake must not take the report down.
fn inside(text: &str, span: Span) -> Span {
    let floor = |at: u32| {
        let at = (at as usize).min(text.len());
        (0..=at)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0) as u32
    };
    let start = floor(span.start);
    Span::new(start, floor(span.end).max(start))
}
