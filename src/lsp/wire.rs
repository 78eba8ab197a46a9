//! Findings in the protocol's words, written as JSON text.
//!
//! A report may hold thousands of them and is made after every change, so it is written in one go
//! instead of being built as a tree of values. Does not know how a finding came about.

use std::collections::HashMap;

use looplint_engine::IGNORE_UNUSED;
use looplint_model::{
    Columns, Confidence, Finding, Page, Problem, ProblemKind, Severity, Source, Span,
};
use serde::Serialize;
use tower_lsp_server::ls_types::Range;

use crate::report::Piece;
use crate::text;

/// What the client can show of a diagnostic.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shows {
    /// Places that explain it.
    pub(crate) related: bool,
    /// A link to the rule's page.
    pub(crate) href: bool,
    /// That a text is unnecessary.
    pub(crate) unnecessary: bool,
    /// Data that comes back with a request for actions.
    pub(crate) data: bool,
}

/// Name of the tool in diagnostics.
pub(crate) const SOURCE: &str = "looplint";

const ERROR: u8 = 1;
const WARNING: u8 = 2;
const INFORMATION: u8 = 3;
const HINT: u8 = 4;
const UNNECESSARY: &[u8] = &[1];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostic<'a> {
    range: Range,
    severity: u8,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_description: Option<Href<'a>>,
    source: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "<[u8]>::is_empty")]
    tags: &'a [u8],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_information: Vec<Related<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<usize>,
}

#[derive(Serialize)]
struct Href<'a> {
    href: &'a str,
}

#[derive(Serialize)]
struct Related<'a> {
    location: Location<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    uri: &'a str,
    range: Range,
}

/// Writes diagnostics into the lists of the pieces that they lie in.
pub(crate) struct Writer<'w> {
    pieces: &'w [Piece],
    lists: Vec<Vec<u8>>,
    columns: Columns,
    shows: Shows,
    page: &'w dyn Fn(&str) -> Option<&'static Page>,
    hrefs: HashMap<&'static str, String>,
}

impl<'w> Writer<'w> {
    pub(crate) fn new(
        pieces: &'w [Piece],
        columns: Columns,
        shows: Shows,
        page: &'w dyn Fn(&str) -> Option<&'static Page>,
    ) -> Writer<'w> {
        Writer {
            lists: pieces.iter().map(|_| vec![b'[']).collect(),
            pieces,
            columns,
            shows,
            page,
            hrefs: HashMap::new(),
        }
    }

    /// Makes room for as many bytes as the lists of an older text had, so that they do not grow by copying.
    pub(crate) fn reserve(&mut self, before: impl Iterator<Item = usize>) {
        for (list, n_bytes) in self.lists.iter_mut().zip(before) {
            list.reserve(n_bytes + n_bytes / 16);
        }
    }

    /// The JSON lists, one for each piece.
    pub(crate) fn finish(self) -> Vec<String> {
        self.lists.into_iter().map(closed).collect()
    }

    /// Writes the finding with this number.
    pub(crate) fn finding(&mut self, number: usize, finding: &Finding) {
        let Some((at, range)) = self.place(finding.span) else {
            return;
        };
        if self.shows.href && !self.hrefs.contains_key(finding.rule) {
            let href = (self.page)(finding.rule).map(Page::href);
            self.hrefs.insert(finding.rule, href.unwrap_or_default());
        }
        let mut list = std::mem::take(&mut self.lists[at]);
        let href = self.hrefs.get(finding.rule).filter(|href| !href.is_empty());
        let unnecessary = self.shows.unnecessary && finding.rule == IGNORE_UNUSED;
        let diagnostic = Diagnostic {
            range,
            severity: severity(finding.severity, finding.confidence),
            code: finding.rule,
            code_description: href.map(|href| Href { href }),
            source: SOURCE,
            message: &finding.message,
            tags: if unnecessary { UNNECESSARY } else { &[] },
            related_information: self.related(finding),
            data: self.shows.data.then_some(number),
        };
        write(&mut list, &diagnostic);
        self.lists[at] = list;
    }

    /// Writes what kept the text from being understood. One without a place stands at the begin.
    pub(crate) fn problem(&mut self, problem: &Problem) {
        let begin = (0, Range::default());
        let place = problem.span.and_then(|span| self.place(span));
        let (at, range) = place.unwrap_or(begin);
        let severity = match problem.kind {
            ProblemKind::Syntax | ProblemKind::Encoding | ProblemKind::Unreadable => ERROR,
            ProblemKind::Limit => WARNING,
            ProblemKind::Unrecognised | ProblemKind::Rule => INFORMATION,
        };
        let diagnostic = Diagnostic {
            range,
            severity,
            code: problem.kind.as_str(),
            code_description: None,
            source: SOURCE,
            message: &problem.message,
            tags: &[],
            related_information: Vec::new(),
            data: None,
        };
        if let Some(list) = self.lists.get_mut(at) {
            write(list, &diagnostic);
        }
    }

    fn related<'f>(&'f self, finding: &'f Finding) -> Vec<Related<'f>> {
        if !self.shows.related {
            return Vec::new();
        }
        let one = |related: &'f looplint_model::Related| {
            let (at, range) = self.place(related.span)?;
            let uri = self.pieces[at].uri.as_str();
            Some(Related {
                location: Location { uri, range },
                message: &related.message,
            })
        };
        finding.related.iter().filter_map(one).collect()
    }

    fn place(&self, span: Span) -> Option<(usize, Range)> {
        let (at, span) = place(self.pieces, span)?;
        Some((at, text::range(&self.pieces[at].source, span, self.columns)))
    }
}

/// The piece that a span begins in, and the span in that piece's own text.
pub(crate) fn place(pieces: &[Piece], span: Span) -> Option<(usize, Span)> {
    let after = pieces.partition_point(|piece| piece.span.start <= span.start);
    let at = after.checked_sub(1)?;
    let piece = &pieces[at];
    let end = piece.source.text.len() as u32;
    let local = |offset: u32| offset.saturating_sub(piece.span.start).min(end);
    Some((at, Span::new(local(span.start), local(span.end))))
}

/// A diagnostic in a text that is no document: a configuration file.
pub(crate) fn lone(source: &Source, span: Span, columns: Columns, message: &str) -> String {
    let diagnostic = Diagnostic {
        range: text::range(source, span, columns),
        severity: ERROR,
        code: "configuration",
        code_description: None,
        source: SOURCE,
        message,
        tags: &[],
        related_information: Vec::new(),
        data: None,
    };
    serde_json::to_string(&diagnostic).unwrap_or_default()
}

/// How loud a finding is: its rule's severity when it is proven, less when it is not.
pub(crate) fn severity(severity: Severity, confidence: Confidence) -> u8 {
    match (severity, confidence) {
        (Severity::Error, Confidence::Proven) => ERROR,
        (Severity::Error, _) => WARNING,
        (Severity::Warning, Confidence::Possible) => INFORMATION,
        (Severity::Warning, _) => WARNING,
        (Severity::Info, Confidence::Possible) => HINT,
        (Severity::Info, _) => INFORMATION,
    }
}

/// Appends to a JSON list that begins with `[` and is not closed yet.
fn write(list: &mut Vec<u8>, diagnostic: &Diagnostic<'_>) {
    let before = list.len();
    if before > 1 {
        list.push(b',');
    }
    if serde_json::to_writer(&mut *list, diagnostic).is_err() {
        list.truncate(before);
    }
}

fn closed(mut list: Vec<u8>) -> String {
    list.push(b']');
    // `serde_json` writes UTF-8.
    String::from_utf8(list).unwrap_or_else(|_| "[]".to_owned())
}
