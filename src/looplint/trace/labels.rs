//! Labels of runs: what people say went wrong, from a `labels.jsonl`.
//!
//! Each line is `{trace_file, split, labels: [{category, step, agent, root}], meta: {reward}}`. Does not know what
//! looplint says of the runs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use looplint_model::Finding;
use serde_json::Value;

/// Which modes a category of a published taxonomy stands for: AgentRx and MAST.
static CATEGORIES: [(&str, &[&str]); 6] = [
    (
        "Guardrails Triggered",
        &["GUARDRAIL_STOP", "BUDGET_EXHAUSTED"],
    ),
    ("FM-1.2", &["ROLE_TAKEOVER"]),
    ("FM-1.3", &["CIRCULAR_REASONING"]),
    ("FM-1.5", &["PREMATURE_TERMINATION"]),
    ("FM-2.1", &["CONTEXT_LOSS"]),
    ("FM-3.2", &["HALLUCINATION"]),
];

/// The rules that stand for a category where its mode is wider than it.
static NARROW: [(&str, &[&str]); 1] = [("FM-3.2", &["claimed-execution"])];

/// The modes, or the rules where a mode is wider, by which a category is measured.
pub(super) fn measured_by(category: &str) -> Option<&'static [&'static str]> {
    let tables = NARROW.iter().chain(&CATEGORIES);
    let mut known = tables.filter(|(name, _)| *name == category);
    known.next().map(|(_, by)| *by)
}

/// The mode of a label that says only that a run failed.
const UNNAMED: &str = "(no category)";

/// A line: a run and what people say of it.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Entry {
    pub(super) trace_file: String,
    #[serde(default)]
    pub(super) split: String,
    #[serde(default)]
    pub(super) labels: Vec<Label>,
    #[serde(default)]
    pub(super) meta: Value,
}

/// One thing that went wrong in a run.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Label {
    #[serde(default)]
    pub(super) category: String,
    pub(super) step: Option<i64>,
    pub(super) agent: Option<String>,
    #[serde(default)]
    pub(super) root: bool,
}

/// A finding that somebody read in its run.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Reading {
    /// The end of the run's path.
    pub(super) trace_file: String,
    pub(super) rule: String,
    pub(super) turn: i64,
    /// Whether what it says is true of the run.
    pub(super) right: bool,
}

impl Reading {
    /// Whether it is of this finding of its run.
    pub(super) fn is_of(&self, finding: &Finding) -> bool {
        let turn = finding.run.as_ref().map(|place| place.turn);
        finding.rule == self.rule && turn == Some(self.turn)
    }
}

/// The readings of a file.
///
/// # Errors
/// It cannot be read, or a line is no reading.
pub(super) fn readings_of(path: &Path) -> Result<Vec<Reading>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("{}:{}: this is no reading", path.display(), at + 1))
        })
        .collect()
}

/// The labels of a file, each with its line.
pub(super) fn entries_of(path: &Path) -> Result<Vec<(usize, Entry)>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let entries = lines.map(|(at, line)| {
        let entry = serde_json::from_str(line)
            .with_context(|| format!("{}:{}: this is no label", path.display(), at + 1))?;
        Ok((at + 1, entry))
    });
    entries.collect()
}

/// The labelled runs of a file of labels, or of all below a folder: the run's file and its modes.
///
/// # Errors
/// A file cannot be read, or a line is no label.
pub(super) fn labels(path: &Path) -> Result<Vec<(String, Vec<String>)>> {
    let files = match path.is_dir() {
        true => labels_below(path)?,
        false => vec![path.to_owned()],
    };
    let mut all = Vec::new();
    for file in files {
        for (_, entry) in entries_of(&file)? {
            let passed = entry.meta["reward"].as_f64().map(|reward| reward >= 1.0);
            all.push((entry.trace_file, labelled_modes(&entry.labels, passed)));
        }
    }
    Ok(all)
}

/// The modes of labels: looplint's own names where they have one. A failed run without a category has failed all the
/// same, and so has one whose category no rule speaks of.
pub(super) fn labelled_modes(labels: &[Label], passed: Option<bool>) -> Vec<String> {
    let mut modes: Vec<String> = Vec::new();
    for label in labels.iter().filter(|label| !label.category.is_empty()) {
        let known = CATEGORIES
            .iter()
            .find(|(category, _)| *category == label.category);
        match known {
            Some((_, own)) => modes.extend(own.iter().map(|&mode| mode.to_owned())),
            None => modes.push(label.category.clone()),
        }
    }
    if modes.is_empty() && (passed == Some(false) || labels.iter().any(|label| label.root)) {
        modes.push(UNNAMED.to_owned());
    }
    modes.sort_unstable();
    modes.dedup();
    modes
}

/// All `labels.jsonl` below a folder, sorted.
pub(super) fn labels_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name == "labels.jsonl") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where a label's run is: named from the folder, from the labels' own folder, or from the one above it.
pub(super) fn run_file(folder: &Path, labels: &Path, name: &str) -> Option<PathBuf> {
    let own = labels.parent()?;
    let above = own.parent().unwrap_or(own);
    [folder, own, above]
        .iter()
        .map(|base| base.join(name))
        .find(|path| path.is_file())
}
