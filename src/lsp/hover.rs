//! What is shown at a place: a finding with its cost, its proof and its rule's page; a rule named in a comment;
//! a turn of a run.
//!
//! Does not know how a cost was measured or a proof was made.

use std::fmt::Write as _;
use std::sync::Arc;

use looplint_model::{
    BlockKind, CodeCost, Cost, Finding, Page, Part, PartKind, Safety, Severity, Source, Span,
};
use tower_lsp_server::ls_types::{
    Hover, HoverContents, MarkupContent, MarkupKind, Position, Range, TextDocumentPositionParams,
    Uri,
};

use crate::report::{Report, Spot};
use crate::session::Session;
use crate::text;

/// Calls of a turn that are named.
const CALLS_MAX: usize = 8;

/// What is shown at a position.
pub(crate) async fn hover(
    session: &Arc<Session>,
    place: TextDocumentPositionParams,
) -> Option<Hover> {
    let (uri, position) = (place.text_document.uri, place.position);
    let (markdown, range) =
        at(session, uri, position, |teller, offset| teller.tell(offset)).await?;
    let (kind, value) = if session.features().markdown {
        (MarkupKind::Markdown, markdown)
    } else {
        (MarkupKind::PlainText, plain(&markdown))
    };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind, value }),
        range: Some(range),
    })
}

/// The explanation of the finding of `rule` at a position.
pub(crate) async fn explanation(
    session: &Arc<Session>,
    uri: &Uri,
    position: Position,
    rule: &str,
) -> Option<String> {
    let rule = rule.to_owned();
    let told = at(session, uri.clone(), position, move |teller, offset| {
        let mut found = teller.spot.touching(Span::at(offset));
        let (_, finding) = found.find(|(_, finding)| finding.rule == rule)?;
        let range = teller.range(finding.span)?;
        Some((teller.finding(finding, true), range))
    });
    told.await.map(|(markdown, _)| markdown)
}

/// Has a worker tell something about a place of a document.
async fn at<R: Send + 'static>(
    session: &Arc<Session>,
    uri: Uri,
    position: Position,
    tell: impl FnOnce(&Teller<'_>, u32) -> Option<R> + Send + 'static,
) -> Option<R> {
    let report = session.latest(uri.as_str()).await?;
    let own = Arc::clone(session);
    let work = move || {
        let piece = report.piece(uri.as_str())?;
        let offset = text::offset(&piece.source, position, own.columns());
        let spot = Spot {
            report: &report,
            piece,
        };
        tell(
            &Teller {
                session: &own,
                spot,
            },
            offset,
        )
    };
    session.on_worker(work).await.flatten()
}

struct Teller<'t> {
    session: &'t Session,
    spot: Spot<'t>,
}

impl Teller<'_> {
    /// What is at a byte of the piece, with the range that it is said of.
    fn tell(&self, offset: u32) -> Option<(String, Range)> {
        let mut found: Vec<&Finding> = self
            .spot
            .touching(Span::at(offset))
            .map(|(_, finding)| finding)
            .collect();
        found.sort_by_key(|finding| (finding.span.len(), std::cmp::Reverse(finding.severity)));
        if let Some(narrowest) = found.first() {
            let with_page = found.len() == 1;
            let told: Vec<String> = found
                .iter()
                .map(|finding| self.finding(finding, with_page))
                .collect();
            return Some((told.join("\n\n---\n\n"), self.range(narrowest.span)?));
        }
        self.named_rule(offset).or_else(|| self.turn(offset))
    }

    fn range(&self, span: Span) -> Option<Range> {
        let local = self.spot.local(span)?;
        Some(text::range(
            &self.spot.piece.source,
            local,
            self.session.columns(),
        ))
    }

    /// A finding: what, its cost, why it is true, what instead, and the page.
    fn finding(&self, finding: &Finding, with_page: bool) -> String {
        let report = self.spot.report;
        let mut out = format!(
            "**{}** ({}, {})\n\n{}\n",
            finding.rule,
            finding.severity.as_str(),
            finding.confidence.as_str(),
            finding.message
        );
        if let Some(cost) = &finding.cost {
            let _ = write!(out, "\n**Cost**: {}\n", self.session.host.cost_line(cost));
            if let Cost::Code(cost) = cost {
                out += &curve(cost);
            }
        }
        out += &run_place(report, finding);
        out += &self.proof(finding);
        out += &instead(finding);
        if with_page && let Some(page) = self.session.host.page(finding.rule) {
            let _ = write!(out, "\n---\n\n{}", page_text(page));
        }
        out
    }

    /// The places that make it true.
    fn proof(&self, finding: &Finding) -> String {
        if finding.related.is_empty() {
            return String::new();
        }
        let mut out = String::from("\n**Seen**\n");
        for related in &finding.related {
            let line = line(&self.spot.report.source, related.span.start);
            let _ = write!(out, "\n- line {line}: {}", related.message);
            let seen = excerpt(&self.spot.report.source, related.span);
            if !seen.is_empty() {
                let _ = write!(out, " {}", code(&seen));
            }
        }
        out + "\n"
    }

    /// The page of a rule that a silencing comment names.
    fn named_rule(&self, offset: u32) -> Option<(String, Range)> {
        let at = self.spot.global(Span::at(offset)).start;
        let names = self.spot.report.silences.iter().flat_map(|it| &it.rules);
        let (rule, span) = names
            .into_iter()
            .find(|(_, span)| span.start <= at && at <= span.end)?;
        let page = self.session.host.page(rule)?;
        Some((page_text(page), self.range(*span)?))
    }

    /// The turn of a run around a byte of the piece.
    fn turn(&self, offset: u32) -> Option<(String, Range)> {
        let at = self.spot.global(Span::at(offset)).start;
        let part = turn_at(self.spot.report.outline(), at)?;
        let mut out = format!("**{}**: {}\n", part.name, part.detail);
        for inner in part.parts.iter().take(CALLS_MAX) {
            let _ = write!(out, "\n- {} {}", code(&inner.name), inner.detail);
        }
        if part.parts.len() > CALLS_MAX {
            let _ = write!(out, "\n- and {} more", part.parts.len() - CALLS_MAX);
        }
        Some((out, self.range(part.head)?))
    }
}

/// The turn in short, and whether it is the first of its run that went wrong.
fn run_place(report: &Report, finding: &Finding) -> String {
    let Some(place) = &finding.run else {
        return String::new();
    };
    let mut out = format!("\n**Run {}, turn {}**", place.run, place.turn);
    if let Some(part) = turn_at(report.outline(), finding.span.start)
        && !part.detail.is_empty()
    {
        let _ = write!(out, ": {}", part.detail);
    }
    out += "\n";
    if !place.mode.is_empty() {
        let _ = write!(
            out,
            "\n{} (probability {:.2})\n",
            place.mode, place.probability
        );
    }
    let same_run = |other: &&Finding| {
        other.severity >= Severity::Warning
            && other.run.as_ref().is_some_and(|it| it.run == place.run)
    };
    let turn = |other: &Finding| other.run.as_ref().map_or(i64::MAX, |it| it.turn);
    let first = report
        .findings
        .iter()
        .filter(same_run)
        .min_by_key(|other| (turn(other), other.span));
    if let Some(first) = first {
        out += &if turn(first) >= place.turn {
            "\nThe first failing turn: nothing before it in this run was found to go wrong.\n"
                .to_owned()
        } else {
            format!(
                "\nThe run first failed at turn {}: {}\n",
                turn(first),
                first.rule
            )
        };
    }
    out
}

/// The measured slowdown as a small table.
fn curve(cost: &CodeCost) -> String {
    let Some(curve) = cost.curve.as_ref().filter(|curve| !curve.points.is_empty()) else {
        return String::new();
    };
    let row = |head: &str, cells: Vec<String>| format!("| {head} | {} |\n", cells.join(" | "));
    let points = &curve.points;
    let mut out = String::from("\n");
    out += &row(
        "n",
        points.iter().map(|point| point.n.to_string()).collect(),
    );
    out += &row("---", points.iter().map(|_| "---".to_owned()).collect());
    let ratio = |ratio: f64| {
        if ratio < 10.0 {
            format!("{ratio:.1}x")
        } else {
            format!("{ratio:.0}x")
        }
    };
    out += &row(
        "slower",
        points.iter().map(|point| ratio(point.ratio)).collect(),
    );
    out
}

/// What to write instead, and whether the fix may be applied unasked.
fn instead(finding: &Finding) -> String {
    let mut out = String::new();
    if !finding.suggestion.is_empty() && finding.suggestion != finding.message {
        let _ = write!(out, "\n**Instead**: {}\n", finding.suggestion);
    }
    if let Some(fix) = &finding.fix {
        let safety = match &fix.safety {
            Safety::Safe => "safe".to_owned(),
            Safety::Unsafe(why) if why.is_empty() => "unsafe".to_owned(),
            Safety::Unsafe(why) => format!("unsafe: {why}"),
            Safety::Guidance => "to be written by hand".to_owned(),
        };
        let _ = write!(out, "\n**Fix**: {} ({safety})\n", fix.title);
        if fix.safety == Safety::Guidance {
            for edit in &fix.edits {
                let _ = write!(
                    out,
                    "\n```{}\n{}\n```\n",
                    finding.domain,
                    edit.text.trim_end()
                );
            }
        }
    }
    out
}

/// A rule's page for reading: its examples without the words that tests read.
pub(crate) fn page_text(page: &Page) -> String {
    let mut out = String::new();
    let mut blocks = page.blocks.iter();
    let mut is_left_out = false;
    let mut fence: Option<usize> = None;
    for line in page.body.lines() {
        let ticks = line.bytes().take_while(|&byte| byte == b'`').count();
        let closes = fence.is_some_and(|width| ticks >= width && line.len() == ticks);
        let opens = fence.is_none() && ticks >= 3;
        if opens {
            fence = Some(ticks);
            let mut words = line[ticks..].split_whitespace();
            let language = words.next().unwrap_or_default();
            let kind = words.next().unwrap_or_default();
            let is_example = matches!(kind, "setup" | "bad" | "good" | "ok");
            let block = if is_example { blocks.next() } else { None };
            is_left_out = block.is_some_and(|block| block.kind == BlockKind::Setup);
            if !is_left_out {
                if let Some(label) = block.map(|block| label(block.kind, &block.why)) {
                    let _ = write!(out, "{label}\n\n");
                }
                let _ = writeln!(out, "{}{language}", &line[..ticks]);
            }
            continue;
        }
        if !is_left_out {
            let _ = writeln!(out, "{line}");
        }
        if closes {
            fence = None;
            is_left_out = false;
        }
    }
    out
}

fn label(kind: BlockKind, why: &str) -> String {
    match kind {
        BlockKind::Bad => "Found:".to_owned(),
        BlockKind::Good => "Instead:".to_owned(),
        _ if why.is_empty() => "Not found:".to_owned(),
        _ => format!("Not found ({why}):"),
    }
}

/// Markdown without what only a renderer reads.
fn plain(markdown: &str) -> String {
    let is_rule = |line: &&str| !line.starts_with("| ---") && !line.starts_with("```");
    let lines: Vec<String> = markdown
        .lines()
        .filter(is_rule)
        .map(|line| line.replace("**", ""))
        .collect();
    lines.join("\n")
}

/// The turn of a run around a byte.
fn turn_at(parts: &[Part], at: u32) -> Option<&Part> {
    let part = parts
        .iter()
        .find(|part| part.span.start <= at && at <= part.span.end)?;
    if part.kind == PartKind::Turn {
        return Some(part);
    }
    turn_at(&part.parts, at)
}

/// The line in the file or the cell, from 1.
fn line(source: &Source, offset: u32) -> usize {
    source.position(offset, looplint_model::Columns::Utf8).line
}

/// The begin of a text, on one line.
fn excerpt(source: &Source, span: Span) -> String {
    const LENGTH_MAX: usize = 60;
    let first = source.slice(span).lines().next().unwrap_or_default().trim();
    match first.char_indices().nth(LENGTH_MAX) {
        Some((at, _)) => format!("{}...", &first[..at]),
        None => first.to_owned(),
    }
}

/// A text as code, with more ticks around it than it has inside.
fn code(text: &str) -> String {
    let inside = text.split(|character| character != '`').map(str::len);
    let ticks = "`".repeat(1 + inside.max().unwrap_or(0));
    if ticks.len() > 1 {
        format!("{ticks} {text} {ticks}")
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_shown_without_its_setup() {
        let readme = "---\nsummary: s\n---\n# Title\n\n```python setup\ndef data(n): pass\n```\n\n```python bad at=1\nbad\n```\n\n```python good\ngood\n```\n\n```python ok it is small\nok\n```\n\n```sh\nls\n```\n";
        let page = Page::of_rule("r", "python", readme, "");
        assert_eq!(
            page_text(&page),
            "# Title\n\n\nFound:\n\n```python\nbad\n```\n\nInstead:\n\n```python\ngood\n```\n\nNot found (it is small):\n\n```python\nok\n```\n\n```sh\nls\n```\n"
        );
    }

    #[test]
    fn ticks_in_code_stay_inside() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
    }
}
