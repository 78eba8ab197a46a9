//! Findings in the order of a report, each with its place and its fingerprint.
//!
//! Does not know any format.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use looplint_model::{Checked, Columns, Cost, Finding, Layout, Position, Problem, Source, Span};

use crate::Report;
use crate::paths;

/// A finding with all that reports say of its place.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// Position in [`Report::files`] and in [`Checked::findings`].
    pub key: (usize, usize),
    /// The source it is in.
    pub source: &'a Source,
    /// The finding.
    pub finding: &'a Finding,
    /// Path relative to the root, see [`crate::Options::root`].
    pub path: String,
    /// Stays the same while the finding's line and its rule do; 16 hexadecimal digits.
    pub fingerprint: String,
}

impl<'a> Found<'a> {
    /// Where it starts, columns in characters.
    pub fn start(&self) -> Position {
        self.source
            .position(self.finding.span.start, Columns::Utf32)
    }

    /// Where it is in its file, for formats that know no notebooks.
    pub fn file_range(&self, columns: Columns) -> (Position, Position) {
        self.source.file_range(self.finding.span, columns)
    }

    /// Where it ends, columns in characters.
    pub fn end(&self) -> Position {
        self.source.position(self.finding.span.end, Columns::Utf32)
    }
}

/// `(slow / fast - 1) * 100`: of time, at the finding's own n, for code; of turns for a run.
/// `None` where nothing was measured.
pub fn slowdown_pct(finding: &Finding) -> Option<f64> {
    match finding.cost.as_ref()? {
        Cost::Code(cost) => cost.slowdown_pct(),
        Cost::Run(cost) => {
            (cost.share > 0.0 && cost.share < 1.0).then(|| cost.share / (1.0 - cost.share) * 100.0)
        }
    }
}

impl<'a> Report<'a> {
    /// The findings, worst first: by the seconds that a profile saw there, where there is one, then by slowdown,
    /// depth of loops, severity, file and place. The same at any thread count.
    pub fn found(&self) -> Vec<Found<'a>> {
        let fingerprints = self.fingerprints();
        let mut found = Vec::with_capacity(fingerprints.len());
        for (at, checked) in self.files.iter().enumerate() {
            let path = self.path(&checked.source);
            for (index, finding) in checked.findings.iter().enumerate() {
                found.push(Found {
                    key: (at, index),
                    source: &checked.source,
                    finding,
                    path: path.clone(),
                    fingerprint: fingerprints.get(&(at, index)).cloned().unwrap_or_default(),
                });
            }
        }
        found.sort_by(worst_first);
        if let Some(heats) = &self.options.heats {
            found.sort_by(|a, b| {
                let ((a, hot), (b, hotter)) = (heats.rank(a.key), heats.rank(b.key));
                a.cmp(&b).then(hotter.total_cmp(&hot))
            });
        }
        found
    }

    /// The problems by file and place, each with its source.
    pub fn problems(&self) -> Vec<(&'a Source, &'a Problem)> {
        let mut problems: Vec<(&Source, &Problem)> = self
            .files
            .iter()
            .flat_map(|checked| {
                checked
                    .problems
                    .iter()
                    .map(|problem| (&checked.source, problem))
            })
            .collect();
        problems.sort_by(|(a, left), (b, right)| {
            let key = |source: &'a Source, problem: &'a Problem| {
                (
                    &source.name,
                    bytes_before(source),
                    problem.span,
                    problem.kind,
                    &problem.message,
                )
            };
            key(a, left).cmp(&key(b, right))
        });
        problems
    }

    /// The path that CI formats name a source by.
    pub fn path(&self, source: &Source) -> String {
        paths::relative(&source.name, &self.options.folder, &self.options.root)
    }

    fn fingerprints(&self) -> HashMap<(usize, usize), String> {
        let mut files: Vec<(usize, &Checked)> = self.files.iter().enumerate().collect();
        files.sort_by_key(|(_, checked)| (&checked.source.name, bytes_before(&checked.source)));
        let mut seen: HashMap<u64, u64> = HashMap::new();
        let mut fingerprints = HashMap::new();
        for (at, checked) in files {
            let path = self.path(&checked.source);
            let mut order: Vec<(usize, &Finding)> = checked.findings.iter().enumerate().collect();
            order.sort_by_key(|(_, finding)| (finding.span, finding.rule));
            for (index, finding) in order {
                let identity = identity(&path, &checked.source, finding);
                let nth = seen.entry(identity).or_insert(0);
                let print = hash(identity, &nth.to_le_bytes());
                *nth += 1;
                fingerprints.insert((at, index), format!("{print:016x}"));
            }
        }
        fingerprints
    }
}

/// What a report has of one file.
pub(crate) struct File<'r, 'a> {
    /// Path relative to the root.
    pub(crate) path: String,
    /// Its findings, worst first.
    pub(crate) findings: Vec<&'r Found<'a>>,
    /// Its problems, by place.
    pub(crate) problems: Vec<(&'a Source, &'a Problem)>,
}

/// The files by path, also those without findings.
pub(crate) fn by_file<'r, 'a>(report: &Report<'a>, found: &'r [Found<'a>]) -> Vec<File<'r, 'a>> {
    let mut files: BTreeMap<String, File<'r, 'a>> = BTreeMap::new();
    for checked in report.files {
        let path = report.path(&checked.source);
        let empty = || File {
            path: path.clone(),
            findings: Vec::new(),
            problems: Vec::new(),
        };
        files.entry(path.clone()).or_insert_with(empty);
    }
    for found in found {
        if let Some(file) = files.get_mut(&found.path) {
            file.findings.push(found);
        }
    }
    for (source, problem) in report.problems() {
        if let Some(file) = files.get_mut(&report.path(source)) {
            file.problems.push((source, problem));
        }
    }
    files.into_values().collect()
}

/// Bytes of the file before a source's text.
pub(crate) fn bytes_before(source: &Source) -> u64 {
    fn of(layout: &Layout) -> u64 {
        match layout {
            Layout::Part { bytes_before, .. } => *bytes_before,
            Layout::Pieces { of: longer, .. } => of(longer),
            Layout::Whole | Layout::Cells(_) => 0,
        }
    }
    of(&source.layout)
}

fn worst_first(a: &Found<'_>, b: &Found<'_>) -> Ordering {
    let slowdown = |found: &Found<'_>| slowdown_pct(found.finding).unwrap_or(f64::NEG_INFINITY);
    let depth = |found: &Found<'_>| match &found.finding.cost {
        Some(Cost::Code(cost)) => cost.depth,
        _ => 0,
    };
    slowdown(b)
        .total_cmp(&slowdown(a))
        .then_with(|| depth(b).cmp(&depth(a)))
        .then_with(|| b.finding.severity.cmp(&a.finding.severity))
        .then_with(|| a.source.name.cmp(&b.source.name))
        .then_with(|| bytes_before(a.source).cmp(&bytes_before(b.source)))
        .then_with(|| a.finding.span.cmp(&b.finding.span))
        .then_with(|| a.finding.rule.cmp(b.finding.rule))
        .then_with(|| a.finding.message.cmp(&b.finding.message))
}

/// The fingerprint of something that has these fields.
pub(crate) fn fingerprint(fields: &[&str]) -> String {
    let print = fields
        .iter()
        .fold(OFFSET, |state, field| hash(state, field.as_bytes()));
    format!("{print:016x}")
}

/// What makes a finding the same one in the next run: for a run its id and turn, for code the text of the line.
fn identity(path: &str, source: &Source, finding: &Finding) -> u64 {
    let start = hash(hash(OFFSET, path.as_bytes()), finding.rule.as_bytes());
    match &finding.run {
        Some(place) => hash(hash(start, place.run.as_bytes()), &place.turn.to_le_bytes()),
        None => {
            let lines = source.lines();
            let line = lines.span(&source.text, lines.line(finding.span.start));
            // A line of a data file may be megabytes; the found text stands for it.
            let text = if line.len() > 4096 {
                clip(source, finding.span)
            } else {
                source.slice(line)
            };
            hash(start, text.trim().as_bytes())
        }
    }
}

fn clip(source: &Source, span: Span) -> &str {
    let text = source.slice(span);
    let end = (0..=text.len().min(4096))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over a length-marked field, continued from `state`.
fn hash(state: u64, field: &[u8]) -> u64 {
    let length = (field.len() as u64).to_le_bytes();
    length.iter().chain(field).fold(state, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
