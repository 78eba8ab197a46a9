//! Which lines of which file a call reads, and which file it writes.
//!
//! Knows how file tools name paths and ranges, and a few shell commands that print files.
//! Does not know what the file holds.

use rustc_hash::FxHashSet;

use crate::facts::effect::{self, Effect};
use crate::facts::pattern::Pattern;
use crate::run::Trace;

/// A part of a file that a call reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// The call, as a place in [`Trace::calls`].
    pub call: usize,
    /// The file, as the call names it.
    pub path: String,
    /// First and last line, from 1; `None` for all of it.
    pub lines: Option<(u64, u64)>,
}

/// A part of a file that was read before, with nothing in between that gives reason to read it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reread {
    /// The later read.
    pub call: usize,
    /// The read that had shown it.
    pub first: usize,
    /// How often the run has now read what `first` had shown: at least 2.
    pub count: u32,
    /// The file.
    pub path: String,
    /// A summary replaced the turns between the two.
    pub compacted: bool,
}

/// Keys under which file tools take the path.
const PATHS: [&str; 10] = [
    "file_path",
    "path",
    "filepath",
    "filename",
    "file_name",
    "file",
    "target_file",
    "absolute_path",
    "relative_path",
    "notebook_path",
];

/// Names of tools that show a file.
const SHOWS: [&str; 7] = ["read", "view", "cat", "open", "show", "get", "fetch"];

/// `cat FILE`, `sed -n '10,20p' FILE`, `head -n 40 FILE`: one command that prints one file.
static PRINTS: Pattern = Pattern::new(concat!(
    r"\A\s*(?:cd\s+[^\s&;|]+\s*&&\s*)?(?:cat(?:\s+-n)?|nl|less|open|sed\s+-n\s+['\x22]?(?P<from>\d+),(?P<to>\d+)p['\x22]?|head\s+-n?\s*(?P<head>\d+))",
    r"\s+['\x22]?(?P<path>[^\s'\x22|;&<>*?]+)['\x22]?\s*\z",
));

/// Share of the later read's lines that the earlier one must have shown.
const SHOWN_MIN: f64 = 0.9;

/// Lines of a result that are compared.
const LINES_MAX: usize = 4000;

/// What `call` reads of which file, where it does nothing else.
pub(crate) fn of(trace: &Trace<'_>, call: usize) -> Option<FileRead> {
    let it = trace.calls.get(call)?;
    let words = effect::words(&it.name.text);
    if let Some(command) = effect::command(it).filter(|command| command.contains(' ')) {
        let found = PRINTS.regex()?.captures(&command)?;
        let number = |name: &str| found.name(name).and_then(|part| part.as_str().parse().ok());
        let lines = match (number("from"), number("to"), number("head")) {
            (Some(from), Some(to), _) => Some((from, to)),
            (_, _, Some(head)) => Some((1, head)),
            _ => None,
        };
        return Some(FileRead {
            call,
            path: found["path"].to_owned(),
            lines,
        });
    }
    let arguments = it.arguments.as_ref()?.ok()?.as_object()?;
    let path = PATHS.iter().find_map(|key| arguments.get(*key)?.as_str())?;
    let shows = words.iter().any(|word| SHOWS.contains(&word.as_str()))
        || arguments
            .get("command")
            .and_then(|command| command.as_str())
            == Some("view");
    if !shows || trace.call_facts()[call].effect != Effect::None || path.is_empty() {
        return None;
    }
    Some(FileRead {
        call,
        path: path.to_owned(),
        lines: range(arguments),
    })
}

/// The lines that the arguments ask for.
fn range(arguments: &serde_json::Map<String, serde_json::Value>) -> Option<(u64, u64)> {
    let number = |keys: &[&str]| {
        keys.iter().find_map(|key| {
            let value = arguments.get(*key)?;
            value
                .as_u64()
                .or_else(|| value.as_str()?.trim().parse().ok())
        })
    };
    if let Some([from, to]) = arguments
        .get("view_range")
        .and_then(|range| range.as_array())
        .map(Vec::as_slice)
    {
        return Some((from.as_u64()?, to.as_u64().unwrap_or(u64::MAX)));
    }
    let from = number(&[
        "offset",
        "start_line",
        "line_start",
        "start",
        "from_line",
        "start_line_one_indexed",
    ]);
    let to = number(&[
        "end_line",
        "line_end",
        "end",
        "to_line",
        "end_line_one_indexed_inclusive",
    ]);
    let limit = number(&["limit", "n_lines", "num_lines", "max_lines"]);
    match (from, to, limit) {
        (None, None, None) => None,
        (from, Some(to), _) => Some((from.unwrap_or(1), to)),
        (from, None, Some(limit)) => {
            Some((from.unwrap_or(1), from.unwrap_or(1).saturating_add(limit)))
        }
        (from, None, None) => Some((from.unwrap_or(1), u64::MAX)),
    }
}

/// Every read of lines that an earlier read of the same conversation had shown, the file unchanged since.
pub(crate) fn rereads(trace: &Trace<'_>) -> Vec<Reread> {
    let mut open: Vec<(FileRead, u32, u32)> = Vec::new();
    let mut found = Vec::new();
    let mut turn = 0;
    let mut compactions = 0u32;
    for (at, call) in trace.calls.iter().enumerate() {
        while turn < call.turn {
            turn += 1;
            compactions += u32::from(trace.turns[turn].kind == crate::run::TurnKind::Compaction);
        }
        let facts = &trace.call_facts()[at];
        let Some(read) = of(trace, at) else {
            if facts.effect != Effect::None && facts.failure.is_none() {
                let written = written(trace, at);
                open.retain(|(read, ..)| {
                    written
                        .as_ref()
                        .is_some_and(|path| !same_file(path, &read.path))
                });
            }
            continue;
        };
        if facts.failure.is_some() || facts.empty || facts.result.is_none() {
            continue;
        }
        let thread = trace.turn_of(call).thread;
        let before = open.iter_mut().find(|(earlier, _, _)| {
            earlier.path == read.path
                && holds(earlier.lines, read.lines)
                && trace.turns[trace.calls[earlier.call].turn].thread == thread
                && was_shown(trace, earlier.call, at)
        });
        match before {
            Some((first, count, seen)) => {
                *count += 1;
                found.push(Reread {
                    call: at,
                    first: first.call,
                    count: *count,
                    path: read.path,
                    compacted: *seen != compactions,
                });
            }
            None => open.push((read, 1, compactions)),
        }
    }
    found
}

/// The one file that a call writes; `None` where it may be any.
fn written(trace: &Trace<'_>, call: usize) -> Option<String> {
    let arguments = trace.calls[call].arguments.as_ref()?.ok()?.as_object()?;
    let path = PATHS.iter().find_map(|key| arguments.get(*key)?.as_str())?;
    Some(path.to_owned())
}

/// Whether two names may mean one file: one is the end of the other.
fn same_file(a: &str, b: &str) -> bool {
    let bare = |path: &str| path.trim_start_matches("./").to_owned();
    let (a, b) = (bare(a), bare(b));
    a.ends_with(&b) || b.ends_with(&a)
}

fn holds(outer: Option<(u64, u64)>, inner: Option<(u64, u64)>) -> bool {
    match (outer, inner) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => outer.0 <= inner.0 && inner.1 <= outer.1,
    }
}

/// Whether nearly every line that `later` gives stood in what `earlier` gave.
fn was_shown(trace: &Trace<'_>, earlier: usize, later: usize) -> bool {
    let text = |call: usize| {
        trace.calls[call]
            .result
            .as_ref()
            .map_or("", |result| &result.content.text)
    };
    let lines = |call: usize| {
        text(call)
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .take(LINES_MAX)
    };
    let shown: FxHashSet<&str> = lines(earlier).collect();
    let (mut n, mut n_shown) = (0usize, 0usize);
    for line in lines(later) {
        n += 1;
        n_shown += usize::from(shown.contains(line));
    }
    n > 0 && n_shown as f64 >= SHOWN_MIN * n as f64
}
