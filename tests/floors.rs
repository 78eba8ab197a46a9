//! The arrows of the house that Cargo does not keep: who may name what.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

use std::fs;
use std::path::{Path, PathBuf};

/// Floors below the roof: no files, no network, no processes.
const BELOW: [&str; 5] = [
    "src/model",
    "src/python",
    "src/trace",
    "src/engine",
    "src/report",
];

#[test]
fn every_floor_says_what_it_does_not_know() {
    for manifest in floors() {
        let lib = manifest.join("lib.rs");
        let text = fs::read_to_string(&lib).unwrap();
        let head: String = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        let says = head.to_lowercase().contains("does not");
        assert!(
            says,
            "{}: the first comment does not say what the floor does not know",
            lib.display()
        );
    }
}

#[test]
fn no_files_and_no_network_below_the_roof() {
    for floor in BELOW {
        for file in rust_files(&root().join(floor)) {
            forbid(
                &file,
                &["std::fs", "std::net", "std::process", "reqwest", "tokio"],
            );
        }
    }
    for file in rust_files(&root().join("rules/python")) {
        forbid(
            &file,
            &[
                "std::fs",
                "std::net",
                "std::process",
                "std::env",
                "std::time",
            ],
        );
    }
}

#[test]
fn rooms_import_no_rooms() {
    for domain in ["python", "trace"] {
        for file in rust_files(&root().join("rules").join(domain)) {
            forbid(
                &file,
                &[
                    "use super",
                    "use crate",
                    "crate::",
                    "super::super",
                    "looplint_engine",
                ],
            );
        }
    }
}

#[test]
fn one_floor_alone_names_each_outside_thing() {
    let alone = [
        ("ruff_python_", "src/python"),
        ("tower_lsp", "src/lsp"),
        ("codespan_reporting", "src/report"),
        ("reqwest::", "src/llm"),
    ];
    for (word, home) in alone {
        for file in rust_files(&root().join("src")) {
            if !file.starts_with(root().join(home)) {
                forbid(&file, &[word]);
            }
        }
    }
}

#[test]
fn the_map_names_what_is_there() {
    let map = fs::read_to_string(root().join("src/README.md")).unwrap();
    for floor in floors() {
        let name = floor.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(map.contains(&name), "src/README.md does not name {name}");
    }
}

fn forbid(file: &Path, words: &[&str]) {
    let text = fs::read_to_string(file).unwrap();
    for (at, line) in text
        .lines()
        .enumerate()
        .take_while(|(_, line)| !line.contains("#[cfg(test)]"))
    {
        let code = line.split("//").next().unwrap_or("");
        for word in words {
            assert!(
                !code.contains(word),
                "{}:{}: names `{word}`",
                file.display(),
                at + 1
            );
        }
    }
}

fn floors() -> Vec<PathBuf> {
    let mut floors: Vec<PathBuf> = fs::read_dir(root().join("src"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("lib.rs").exists())
        .collect();
    floors.sort();
    floors
}

/// The Rust files of a floor, without its tests, examples and benches.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !["tests", "examples", "benches", "python", "target"]
                .contains(&name.to_str().unwrap_or(""))
                || folder.ends_with("rules")
                || folder.ends_with("src")
            {
                files.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs"
        {
            files.push(path);
        }
    }
    files
}

fn root() -> PathBuf {
    let rules = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    rules.parent().map_or(rules.clone(), Path::to_path_buf)
}
