//! A text checked again after an edit gives what a first check of it gives, whatever was kept.
//!
//! The texts are the examples of all Python rules in one file, and the packages in LOOPLINT_CORPUS where that names a
//! folder of them; the edits are random, and the same in each run.

#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot go on says so by stopping

use std::fs;
use std::path::{Path, PathBuf};

use looplint_engine::{Kept, Table, Wing};
use looplint_model::{Finding, Settings, Source};
use looplint_python::Python;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

fn table() -> Table<Python> {
    Table::new(&looplint_rules::python::RULES, Vec::new())
}

/// Edits `text` again and again; each time, what is kept and a first check must agree. Gives the nodes that were
/// looked at, and those of first checks.
fn check(
    table: &Table<Python>,
    name: &str,
    text: &str,
    n_edits: usize,
    dice: &mut Dice,
) -> (u64, u64) {
    let settings = Settings::default();
    let (mut text, mut good, mut kept) = (text.to_owned(), text.to_owned(), Kept::default());
    let mut nodes = (0, 0);
    for number in 0..=n_edits {
        let source = Source::new(name, text.as_str());
        let first = table.check(&source, &settings);
        let (again, next) = table.check_again(&source, &settings, &kept);
        if again.findings != first.findings {
            let differ = |a: &[Finding], b: &[Finding]| {
                let missing = a.iter().filter(|each| !b.contains(each));
                missing
                    .map(|each| format!("{each:#?} at {}", source.slice(each.span)))
                    .collect::<Vec<_>>()
                    .join("\n")
            };
            panic!(
                "{name}, edit {number}:\nonly first: {}\nonly again: {}",
                differ(&first.findings, &again.findings),
                differ(&again.findings, &first.findings)
            );
        }
        if number > 0 {
            nodes.0 += again.counters.nodes;
            nodes.1 += first.counters.nodes;
        }
        kept = next;
        // Who breaks the syntax mends it next.
        if first.problems.is_empty() {
            good.clone_from(&text);
        } else {
            text.clone_from(&good);
        }
        text = edited(&text, dice);
    }
    nodes
}

/// One edit as somebody makes it: a line goes, comes twice or moves, a word or number becomes another of the file.
fn edited(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = dice.below(lines.len());
    let Some(&line) = lines.get(at) else {
        return "x = 1\n".into();
    };
    let changed;
    match dice.below(8) {
        0 => _ = lines.remove(at),
        1 => lines.insert(at, line),
        2 => lines.insert(dice.below(lines.len()), line),
        3 => lines.insert(at, "import heapq\n"),
        4 => lines.insert(at, "\n"),
        _ => {
            let words: Vec<&str> = text
                .split(|each: char| !each.is_alphanumeric() && each != '_')
                .filter(|word| !word.is_empty())
                .collect();
            let (old, new) = (
                line.split(|each: char| !each.is_alphanumeric() && each != '_')
                    .find(|word| word.len() > 1),
                words.get(dice.below(words.len())),
            );
            if let (Some(old), Some(new)) = (old.filter(|_| dice.below(3) > 0), new) {
                changed = line.replacen(old, new, 1);
            } else {
                changed = line.replace(['1', '2', '3', '0'], "7");
            }
            lines[at] = &changed;
        }
    }
    lines.concat()
}

#[test]
fn the_examples_of_all_rules_after_many_edits() {
    let (mut text, mut number) = (String::new(), 0);
    for rule in &looplint_rules::python::RULES {
        for block in &rule.page().blocks {
            if block.language == "python" {
                // Blocks share the names of what is timed; in a file of many they would all belong together.
                number += 1;
                let block = block.text.replace("run(", &format!("run_{number}("));
                text.push_str(&block.replace("data(", &format!("data_{number}(")));
                text.push_str("\n\n");
            }
        }
    }
    let (again, first) = check(&table(), "examples.py", &text, 20, &mut Dice(7));
    assert!(again < first, "nothing was kept");
}

#[test]
fn functions_that_share_no_name_are_looked_at_once() {
    let mut text = String::from("import os\n\n\n");
    for number in 0..50 {
        text.push_str(&format!(
            "def work_{number}(rows, ids: list):\n    return [row for row in rows if row in ids or os.stat(row)]\n\n\n"
        ));
    }
    let (table, settings) = (table(), Settings::default());
    let source = Source::new("a.py", text.as_str());
    let (first, kept) = table.check_again(&source, &settings, &Kept::default());
    assert_eq!(first.findings.len(), 50);
    let moved = text
        .replacen("import os\n", "import os\n\n# One line more.\n", 1)
        .replacen("row in ids", "row not in ids", 1);
    let (again, _) = table.check_again(&Source::new("a.py", moved.as_str()), &settings, &kept);
    assert_eq!(again.findings.len(), 50);
    // The text before the first function changed, and so did that function.
    assert!(
        again.counters.nodes * 10 < first.counters.nodes,
        "{again:?}"
    );
}

#[test]
fn real_packages_after_many_edits() {
    let Some(corpus) = std::env::var_os("LOOPLINT_CORPUS") else {
        println!("skipped: LOOPLINT_CORPUS names no folder with Python packages");
        return;
    };
    let mut files = Vec::new();
    find(Path::new(&corpus), &mut files);
    files.sort();
    let mut dice = Dice(11);
    let (mut again, mut first) = (0, 0);
    let table = table();
    for file in files.iter().step_by(files.len() / 300 + 1) {
        let Ok(text) = fs::read_to_string(file) else {
            continue;
        };
        if text.len() < 60_000 {
            let nodes = check(&table, &file.to_string_lossy(), &text, 12, &mut dice);
            again += nodes.0;
            first += nodes.1;
        }
    }
    println!("{again} of {first} nodes were looked at again");
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|each| each == "py") {
            files.push(path);
        }
    }
}
