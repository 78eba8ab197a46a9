//! The file of old findings: one a line, sorted, without anything that moves when other lines do,
//! so that git merges it as it merges code.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::known::{Identity, Known, Mark};
use crate::tell::hinted;
use crate::{files, write};

/// Its name.
pub(crate) const NAME: &str = ".looplint-baseline.jsonl";

/// The version of its form.
const VERSION: u32 = 1;

/// Old findings, by file.
#[derive(Debug)]
pub(crate) struct Baseline {
    /// Where it is; absolute.
    pub(crate) path: PathBuf,
    /// The entries.
    pub(crate) entries: BTreeSet<Entry>,
    by_file: HashMap<String, Known>,
}

/// One old finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// The file, from the baseline's folder, with `/`.
    pub(crate) path: String,
    /// What it is.
    pub(crate) identity: Identity,
    /// Which of equal ones it is, from 1.
    pub(crate) nth: usize,
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    #[serde(rename = "looplint-baseline")]
    version: u32,
}

/// A line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'l> {
    path: std::borrow::Cow<'l, str>,
    rule: std::borrow::Cow<'l, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<std::borrow::Cow<'l, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<std::borrow::Cow<'l, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turn: Option<i64>,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    nth: usize,
}

fn one() -> usize {
    1
}

fn is_one(nth: &usize) -> bool {
    *nth == 1
}

/// The baseline that holds in `folder` where none was named: the nearest upwards, not beyond the repository.
pub(crate) fn find(folder: &Path) -> Option<PathBuf> {
    for folder in folder.ancestors() {
        let path = folder.join(NAME);
        if path.is_file() {
            return Some(path);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

impl Baseline {
    /// A baseline without entries, to be written to `path`, which is absolute.
    pub(crate) fn empty(path: &Path) -> Baseline {
        Baseline {
            path: path.to_owned(),
            entries: BTreeSet::new(),
            by_file: HashMap::new(),
        }
    }

    /// Reads the file at `path`, which is absolute.
    ///
    /// # Errors
    /// It cannot be read, or a line is no entry.
    pub(crate) fn read(path: &Path) -> Result<Baseline> {
        let text = fs::read_to_string(path)
            .map_err(|error| io::Error::other(files::plain(&error)))
            .with_context(|| format!("the baseline {} cannot be read", files::short(path)))?;
        Baseline::parse(path, &text)
    }

    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    /// A line is no entry.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Baseline> {
        let mut baseline = Baseline::empty(path);
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            if let Ok(Head { version }) = serde_json::from_str(line) {
                if version > VERSION {
                    let what = format!("{} was written by a newer looplint", files::short(path));
                    return Err(hinted(what, "update looplint"));
                }
                continue;
            }
            let Some(entry) = entry(line) else {
                let what = format!(
                    "{}:{}: this is no entry of a baseline",
                    files::short(path),
                    at + 1
                );
                return Err(hinted(what, "`looplint baseline` writes the file anew"));
            };
            baseline.entries.insert(entry);
        }
        for entry in &baseline.entries {
            let known = baseline.by_file.entry(entry.path.clone()).or_default();
            *known.entry(entry.identity.clone()).or_default() += 1;
        }
        Ok(baseline)
    }

    /// The old findings of the file of this absolute path.
    pub(crate) fn of(&self, path: &Path) -> Known {
        if self.by_file.is_empty() {
            return Known::new();
        }
        self.by_file
            .get(&self.name(path))
            .cloned()
            .unwrap_or_default()
    }

    /// What the baseline calls the file of this absolute path.
    pub(crate) fn name(&self, path: &Path) -> String {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        for (up, folder) in folder.ancestors().enumerate() {
            if let Ok(below) = path.strip_prefix(folder) {
                return "../".repeat(up) + &files::name(below);
            }
        }
        files::name(path)
    }

    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        let mut text = as_json(&Head { version: VERSION });
        for entry in &self.entries {
            let Identity { rule, mark } = &entry.identity;
            let (line, run, turn) = match mark {
                Mark::Text(text) => (Some(text.as_str().into()), None, None),
                Mark::Turn(run, turn) => (None, Some(run.as_str().into()), Some(*turn)),
            };
            text += &as_json(&Line {
                path: entry.path.as_str().into(),
                rule: rule.as_str().into(),
                text: line,
                run,
                turn,
                nth: entry.nth,
            });
        }
        text
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn write(&self) -> Result<()> {
        write::replace(&self.path, self.text().as_bytes())
            .map_err(|error| io::Error::other(files::plain(&error)))
            .with_context(|| {
                format!(
                    "the baseline {} cannot be written",
                    files::short(&self.path)
                )
            })
    }
}

fn as_json(line: &impl Serialize) -> String {
    // Plain text and numbers always have a JSON form.
    serde_json::to_string(line).unwrap_or_default() + "\n"
}

fn entry(line: &str) -> Option<Entry> {
    let line: Line<'_> = serde_json::from_str(line).ok()?;
    let mark = match (line.text, line.run, line.turn) {
        (Some(text), None, None) => Mark::Text(text.into_owned()),
        (None, Some(run), Some(turn)) => Mark::Turn(run.into_owned(), turn),
        _ => return None,
    };
    Some(Entry {
        path: line.path.into_owned(),
        identity: Identity {
            rule: line.rule.into_owned(),
            mark,
        },
        nth: line.nth,
    })
}

/// The entries for the findings of one file.
pub(crate) fn entries(path: &str, known: &Known) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (identity, &n) in known {
        entries.extend((1..=n).map(|nth| Entry {
            path: path.to_owned(),
            identity: identity.clone(),
            nth,
        }));
    }
    entries
}
