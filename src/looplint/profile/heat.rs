//! The time that a profile saw at each finding.
//!
//! Knows how a profiler's paths and lines meet the checked files: by the end of the path, since programs are often
//! profiled elsewhere; by line where the profiler saw lines, else by function. Does not know any format.

use looplint_model::{Checked, Columns, Finding, Part, PartKind, Settings, Source, Span};
use looplint_report::{Heat, Heats};

use super::{Profile, Seen};
use crate::select::Selection;

/// Code with less than this share of the time is cold.
const COLD: f64 = 0.001;

/// What the profile saw at each finding of the files it knows; `folder` is where relative names start.
pub(crate) fn heat(profile: &Profile, files: &[Checked], folder: &str) -> Heats {
    let mut heats = Heats {
        kind: profile.kind,
        seconds: profile.total,
        ..Heats::default()
    };
    let engine = Selection::default().engine();
    let Some(wing) = engine.wing("python") else {
        return heats;
    };
    for (at, checked) in files.iter().enumerate() {
        let is_code = |finding: &Finding| finding.domain == wing.name();
        if !checked.findings.iter().any(is_code) {
            continue;
        }
        let Some(seen) = profile.seen(&absolute(folder, &checked.source.name)) else {
            // A sampler names only what it met; of other files nothing can be said.
            continue;
        };
        let parts = flat(wing.outline(&checked.source, &Settings::default()));
        for (index, finding) in checked.findings.iter().enumerate() {
            if is_code(finding)
                && let Some(heat) = seen.at(&checked.source, finding.span, &parts, profile.total)
            {
                heats.by_finding.insert((at, index), heat);
            }
        }
    }
    heats
}

fn absolute(folder: &str, name: &str) -> String {
    let name = name.replace('\\', "/");
    let rooted = name.starts_with('/') || name.get(1..2) == Some(":");
    match rooted || folder.is_empty() {
        true => name,
        false => format!("{folder}/{name}"),
    }
}

/// All parts, those inside others among them.
fn flat(parts: Vec<Part>) -> Vec<Part> {
    let mut all = Vec::new();
    let mut left = parts;
    while let Some(mut part) = left.pop() {
        left.append(&mut part.parts);
        all.push(part);
    }
    all
}

impl Profile {
    /// What was seen of the file at `path`: the profiler's path is the same, ends with it or is its end; of several
    /// files the one that shares the longest end, and none where two share as much.
    fn seen(&self, path: &str) -> Option<&Seen> {
        let mut best: Option<(usize, &Seen)> = None;
        let mut tied = false;
        for (name, seen) in &self.files {
            let Some(shared) = shared_end(name, path) else {
                continue;
            };
            match best {
                Some((most, _)) if most > shared => {}
                Some((most, _)) if most == shared => tied = true,
                _ => {
                    best = Some((shared, seen));
                    tied = false;
                }
            }
        }
        best.filter(|_| !tied).map(|(_, seen)| seen)
    }
}

/// The number of folders and names that both paths end with, where that is enough to be the same file: all of one of
/// them, or two.
fn shared_end(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (reversed(a), reversed(b));
    let shared = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    (shared >= 1 && (shared == a.len() || shared == b.len() || shared >= 2)).then_some(shared)
}

/// The names of a path, the last first.
fn reversed(path: &str) -> Vec<&str> {
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .rev()
        .collect()
}

impl Seen {
    /// The time at the finding: none where the profile cannot tell.
    fn at(&self, source: &Source, span: Span, parts: &[Part], total: Option<f64>) -> Option<Heat> {
        let lines = Lines::new(source, span, parts)?;
        let heat = |seconds: f64, runs: Option<u64>| {
            let share = total
                .filter(|&total| total > 0.0)
                .map_or(0.0, |total| seconds / total);
            Heat {
                seconds: total.map(|_| seconds),
                share,
                runs,
                is_cold: match total {
                    Some(_) => share < COLD,
                    None => runs == Some(0),
                },
            }
        };
        if !self.ran.is_empty() {
            let runs = (lines.first..=lines.last)
                .filter_map(|line| self.ran.get(&line))
                .max();
            return runs.map(|&runs| heat(0.0, Some(runs)));
        }
        if !self.functions.is_empty() {
            let (runs, seconds) = self.in_function(&lines);
            return Some(heat(seconds, Some(runs)));
        }
        Some(heat(self.on_lines(&lines), None))
    }

    /// Seconds in which one of the lines was on the stack, and those that were given to the head of the function.
    fn on_lines(&self, lines: &Lines) -> f64 {
        let at = |line: u32| lines.first <= line && line <= lines.last;
        let in_body = |line: u32| lines.head < line && line <= lines.end;
        let counts = |stack: &[u32]| {
            let on_head = stack.iter().any(|line| lines.is_head(*line));
            stack.iter().any(|line| at(*line))
                || on_head && !stack.iter().any(|line| in_body(*line))
        };
        self.stacks
            .iter()
            .filter(|(stack, _)| counts(stack))
            .map(|(_, seconds)| seconds)
            .sum()
    }

    /// Calls of the function around the finding, and the seconds in it and in the comprehensions inside of it.
    fn in_function(&self, lines: &Lines) -> (u64, f64) {
        let mut all = (0, 0.0);
        for ((line, name), (calls, seconds)) in &self.functions {
            let own = lines.is_head(*line) && *name == lines.name;
            let inside = name.starts_with('<')
                && name != "<module>"
                && lines.head <= *line
                && *line <= lines.end;
            let module = lines.name.is_empty() && name == "<module>";
            if own || module {
                all.0 += calls;
            }
            if own || inside || module {
                all.1 += seconds;
            }
        }
        all
    }
}

/// The lines of a finding and of the function around it.
struct Lines {
    first: u32,
    last: u32,
    /// First line of the function, with its decorators; 0 for a module.
    start: u32,
    /// The line of its `def`.
    head: u32,
    end: u32,
    name: String,
}

impl Lines {
    fn new(source: &Source, span: Span, parts: &[Part]) -> Option<Lines> {
        let line = |at: u32| {
            let position = source.position(at, Columns::Utf32);
            (position.cell == 0).then_some(position.line as u32)
        };
        // A loop that is found to be a scan is all of its lines.
        let scan = parts
            .iter()
            .filter(|part| part.kind == PartKind::Loop && part.head.overlaps(span))
            .find(|part| part.span.start == span.start || part.head == span);
        let whole = scan.map_or(span, |part| part.span.cover(span));
        let function = parts
            .iter()
            .filter(|part| part.kind == PartKind::Function && part.span.overlaps(span))
            .max_by_key(|part| part.span.start);
        let (first, last) = (line(whole.start)?, line(whole.end)?);
        Some(match function {
            Some(part) => Lines {
                first,
                last,
                start: line(part.span.start)?,
                head: line(part.head.start)?,
                end: line(part.span.end)?,
                name: part.name.clone(),
            },
            None => Lines {
                first,
                last,
                start: 0,
                head: 0,
                end: u32::MAX,
                name: String::new(),
            },
        })
    }

    /// Whether a function that begins here is the one around the finding: at its `def` or its first decorator.
    fn is_head(&self, line: u32) -> bool {
        line > 0 && (line == self.start || line == self.head)
    }
}
