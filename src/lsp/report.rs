//! One check of a document: the same engine as on the command line, and what was found as diagnostics.
//!
//! Does not know when a check is due or who waits for it.

use std::hash::Hasher;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use looplint_engine::{Kept, Wing};
use looplint_model::{
    Claim, Columns, Finding, Layout, Part, Problem, ProblemKind, Settings, Silence, Source, Span,
};
use rustc_hash::FxHasher;
use serde_json::json;
use tower_lsp_server::ls_types::Uri;

use crate::documents::Snapshot;
use crate::host::{Host, Profile};
use crate::wire::{self, Shows, Writer};

/// Bytes of a text that the domains get to see before they claim it.
const HEAD_BYTES: usize = 4096;

/// A document to check.
pub(crate) struct Task {
    pub(crate) generation: u64,
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) language: String,
    pub(crate) notebook: bool,
    pub(crate) texts: Vec<Snapshot>,
    /// Whether anything is checked at all.
    pub(crate) enable: bool,
    pub(crate) show_syntax_errors: bool,
    pub(crate) columns: Columns,
    pub(crate) shows: Shows,
}

/// What a check gave.
pub(crate) struct Report {
    pub(crate) generation: u64,
    pub(crate) profile: Arc<dyn Profile>,
    /// The domain that checked it; `None` where nobody claims it.
    pub(crate) domain: Option<&'static str>,
    /// What was checked: the document's text, or the cells' joined.
    pub(crate) source: Arc<Source>,
    /// The texts of the client that it is made of, in its order.
    pub(crate) pieces: Vec<Piece>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) silences: Vec<Silence>,
    /// The file, or where an unsaved text would lie.
    pub(crate) path: PathBuf,
    /// Whether comments that silence can stand in it.
    pub(crate) has_comments: OnceLock<bool>,
    outline: OnceLock<Vec<Part>>,
    /// What the next check of the document may use again.
    kept: Kept,
}

/// A text of the client with its diagnostics.
pub(crate) struct Piece {
    pub(crate) uri: Uri,
    pub(crate) version: i32,
    pub(crate) source: Arc<Source>,
    /// Where it lies in what was checked.
    pub(crate) span: Span,
    /// Its diagnostics, a JSON list.
    pub(crate) items: Arc<String>,
}

impl Piece {
    fn new(text: Snapshot, span: Span) -> Piece {
        Piece {
            uri: text.uri,
            version: text.version,
            source: text.source,
            span,
            items: Arc::default(),
        }
    }

    /// A number for what the diagnostics say: the same text of them, the same number.
    pub(crate) fn result_id(&self) -> String {
        let mut hasher = FxHasher::default();
        hasher.write(self.items.as_bytes());
        format!("{:016x}-{:x}", hasher.finish(), self.items.len())
    }
}

impl Report {
    /// The domain with its rules, where one claims the document.
    pub(crate) fn wing(&self) -> Option<&dyn Wing> {
        self.profile.engine().wing(self.domain?)
    }

    /// The document's parts, found on first use.
    pub(crate) fn outline(&self) -> &[Part] {
        self.outline.get_or_init(|| {
            let parts = || {
                self.wing()
                    .map(|wing| wing.outline(&self.source, self.profile.settings()))
            };
            // A domain that fails on a text has no parts to show; its check has already said so.
            catch_unwind(AssertUnwindSafe(parts))
                .ok()
                .flatten()
                .unwrap_or_default()
        })
    }

    /// The piece at an address.
    pub(crate) fn piece(&self, uri: &str) -> Option<&Piece> {
        self.pieces.iter().find(|piece| piece.uri.as_str() == uri)
    }
}

/// Checks `task` with `profile`; `before` is the report of an older text of the document.
pub(crate) fn check(
    task: Task,
    profile: Arc<dyn Profile>,
    host: &dyn Host,
    before: Option<&Report>,
) -> Report {
    let joined = join(&task, profile.as_ref());
    let mut report = Report {
        generation: task.generation,
        domain: joined.domain,
        source: joined.source,
        pieces: joined.pieces,
        findings: Vec::new(),
        silences: Vec::new(),
        path: task.path.clone(),
        has_comments: OnceLock::new(),
        outline: OnceLock::new(),
        kept: Kept::default(),
        profile,
    };
    let mut problems = joined.problems;
    if let Some(wing) = report.wing() {
        let profile = &report.profile;
        let same = |before: &&Report| {
            Arc::ptr_eq(&before.profile, profile) && before.domain == report.domain
        };
        let none = Kept::default();
        let kept = before.filter(same).map_or(&none, |before| &before.kept);
        let (mut outcome, kept) = run_again(wing, &report.source, profile.settings(), kept);
        profile.judge(&report.path, &report.source, &mut outcome.findings);
        let unknown = |problem: &Problem| problem.kind == ProblemKind::Unrecognised;
        if outcome.problems.iter().any(unknown) {
            // A file that only looked like a trace is none of our business.
            report.domain = None;
        }
        problems.extend(outcome.problems);
        report.findings = outcome.findings;
        report.silences = outcome.silences;
        report.kept = kept;
    }
    let page = |rule: &str| host.page(rule);
    let mut writer = Writer::new(&report.pieces, task.columns, task.shows, &page);
    if let Some(before) = before {
        writer.reserve(before.pieces.iter().map(|piece| piece.items.len()));
    }
    for (number, finding) in report.findings.iter().enumerate() {
        writer.finding(number, finding);
    }
    for problem in &problems {
        if is_shown(problem, task.show_syntax_errors) {
            writer.problem(problem);
        }
    }
    let lists = writer.finish();
    for (piece, items) in report.pieces.iter_mut().zip(lists) {
        piece.items = Arc::new(items);
    }
    report
}

/// Whether the user sees a problem.
fn is_shown(problem: &Problem, show_syntax_errors: bool) -> bool {
    match problem.kind {
        ProblemKind::Unrecognised => false,
        ProblemKind::Syntax => show_syntax_errors,
        _ => true,
    }
}

/// Checks a text; a domain that fails on it is a problem.
pub(crate) fn run(
    wing: &dyn Wing,
    source: &Source,
    settings: &Settings,
) -> looplint_engine::Outcome {
    run_again(wing, source, settings, &Kept::default()).0
}

/// The same, with what was kept of an older text.
fn run_again(
    wing: &dyn Wing,
    source: &Source,
    settings: &Settings,
    kept: &Kept,
) -> (looplint_engine::Outcome, Kept) {
    let work = AssertUnwindSafe(|| wing.check_again(source, settings, kept));
    catch_unwind(work).unwrap_or_else(|_| {
        let outcome = looplint_engine::Outcome {
            problems: vec![Problem {
                kind: ProblemKind::Rule,
                span: None,
                message: format!(
                    "the {} reader failed on this file; it was not checked",
                    wing.name()
                ),
            }],
            ..looplint_engine::Outcome::default()
        };
        (outcome, Kept::default())
    })
}

struct Joined {
    domain: Option<&'static str>,
    source: Arc<Source>,
    pieces: Vec<Piece>,
    problems: Vec<Problem>,
}

/// The text to check, and how the client's texts lie in it.
fn join(task: &Task, profile: &dyn Profile) -> Joined {
    if task.notebook {
        return join_cells(task, profile);
    }
    let Some(text) = task.texts.first() else {
        return Joined {
            domain: None,
            source: Arc::new(Source::new(task.name.as_str(), "")),
            pieces: Vec::new(),
            problems: Vec::new(),
        };
    };
    let length = text.source.text.len() as u32;
    Joined {
        domain: domain(task, profile, &text.source.text),
        source: Arc::clone(&text.source),
        pieces: vec![Piece::new(text.clone(), Span::new(0, length))],
        problems: Vec::new(),
    }
}

/// Who checks a text: whose language it is, else who claims it.
/// A notebook that is opened as the JSON that it is stored in has no places to show anything at.
fn domain(task: &Task, profile: &dyn Profile, text: &str) -> Option<&'static str> {
    if !task.enable {
        return None;
    }
    let wing = match profile.engine().wing(&task.language) {
        Some(wing) => wing,
        None if task.name.ends_with(".ipynb") => return None,
        None => claimant(profile, &task.name, text.as_bytes())?,
    };
    profile.takes(&task.path, wing.name()).then(|| wing.name())
}

fn claimant<'p>(profile: &'p dyn Profile, name: &str, bytes: &[u8]) -> Option<&'p dyn Wing> {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let (claim, wing) = profile.engine().claims(name, head);
    wing.filter(|_| claim > Claim::No)
}

/// The cells as the domain joins them when it reads the notebook from a file, so that what is not
/// Python in a cell is treated alike.
fn join_cells(task: &Task, profile: &dyn Profile) -> Joined {
    let cells: Vec<_> = task
        .texts
        .iter()
        .map(|text| {
            let kind = if text.code { "code" } else { "raw" };
            json!({"cell_type": kind, "source": text.source.text, "metadata": {}, "outputs": []})
        })
        .collect();
    let language = json!({"language_info": {"name": "python"}});
    let notebook =
        json!({"cells": cells, "metadata": language, "nbformat": 4, "nbformat_minor": 5});
    let mut joined = Joined {
        domain: None,
        source: Arc::new(Source::new(task.name.as_str(), "")),
        pieces: Vec::new(),
        problems: Vec::new(),
    };
    let wing = profile.engine().wing("python");
    let is_taken = |wing: &&dyn Wing| task.enable && profile.takes(&task.path, wing.name());
    let Some(wing) = wing.filter(is_taken) else {
        return joined;
    };
    let name = if task.name.ends_with(".ipynb") {
        task.name.clone()
    } else {
        format!("{}.ipynb", task.name)
    };
    let decoded = wing.decode(&name, notebook.to_string().into_bytes());
    joined.problems = decoded.problems;
    if let Some(source) = decoded.sources.into_iter().next() {
        if let Layout::Cells(cells) = &source.layout {
            for cell in cells {
                if let Some(text) = task.texts.get(cell.number - 1) {
                    joined.pieces.push(Piece::new(text.clone(), cell.span));
                }
            }
        }
        joined.domain = Some(wing.name());
        joined.source = Arc::new(source);
    }
    joined
}

/// Checks the bytes of a file that is not open; its one text is shown as `uri`.
/// `None` where nobody claims it or it holds more than one text.
pub(crate) fn check_file(
    mut task: Task,
    bytes: Vec<u8>,
    profile: Arc<dyn Profile>,
    host: &dyn Host,
) -> Option<Report> {
    let wing = claimant(profile.as_ref(), &task.name, &bytes)
        .filter(|wing| profile.takes(&task.path, wing.name()))?;
    let decode = AssertUnwindSafe(|| wing.decode(&task.name, bytes));
    let mut sources = catch_unwind(decode).ok()?.sources;
    let source = sources
        .pop()
        .filter(|source| sources.is_empty() && source.layout == Layout::Whole)?;
    task.language = wing.name().to_owned();
    for text in &mut task.texts {
        text.source = Arc::new(Source::new(source.name.as_str(), source.text.as_str()));
    }
    Some(check(task, profile, host, None))
}

/// What is asked for about a document, with the piece that it is asked for in.
pub(crate) struct Spot<'r> {
    pub(crate) report: &'r Report,
    pub(crate) piece: &'r Piece,
}

impl Spot<'_> {
    /// A place of the piece as a place of what was checked.
    pub(crate) fn global(&self, local: Span) -> Span {
        let start = self.piece.span.start;
        Span::new(start + local.start, start + local.end)
    }

    /// A place of what was checked as a place of the piece, where it begins in it.
    pub(crate) fn local(&self, global: Span) -> Option<Span> {
        let (at, span) = wire::place(&self.report.pieces, global)?;
        std::ptr::eq(&self.report.pieces[at], self.piece).then_some(span)
    }

    /// The findings that touch a place of the piece, with their numbers.
    pub(crate) fn touching(&self, local: Span) -> impl Iterator<Item = (usize, &Finding)> {
        let wanted = self.global(local);
        self.report
            .findings
            .iter()
            .enumerate()
            .filter(move |(_, finding)| {
                finding.span.start <= wanted.end && wanted.start <= finding.span.end
            })
    }
}
