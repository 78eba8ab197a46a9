//! The fixture of costly loops and their look-alikes, through the command line: what is found, what stays silent.
//!
//! Reads the same markers as `fixtures/python/compare.py`, which sets other tools beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A function of a fixture: its lines from `def` to its end, counted from 1.
struct Function {
    name: String,
    first: usize,
    last: usize,
    has_reason: bool,
}

/// A finding's file, line and rule.
type Found = (String, usize, String);

#[test]
fn patterns_are_found_but_for_the_known_misses() {
    let expected: Value = serde_json::from_str(&read("expected.json")).unwrap();
    let known: Vec<&str> = expected["missed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each.as_str().unwrap())
        .collect();
    let found = findings("patterns");
    let mut marks = Vec::new();
    for file in files("patterns") {
        let text = read(&format!("patterns/{file}"));
        let inside = functions(&text);
        for (at, line) in text.lines().enumerate() {
            let Some((_, rule)) = line.split_once("# expect: ") else {
                continue;
            };
            let around = inside
                .iter()
                .rfind(|each| (each.first..=each.last).contains(&(at + 1)));
            let (name, first, last) = match around {
                Some(each) => (each.name.clone(), each.first, each.last),
                None => ("(module)".into(), at + 1, at + 1),
            };
            marks.push((
                file.clone(),
                at + 1,
                rule.trim().to_owned(),
                name,
                first,
                last,
            ));
        }
    }
    assert!(marks.len() > 200, "only {} marks were read", marks.len());
    let mut groups: BTreeMap<char, (usize, usize)> = BTreeMap::new();
    let mut missed = Vec::new();
    for (file, line, rule, name, first, last) in &marks {
        let same = expected["same"][rule].as_array();
        let means = |other: &str| {
            other == rule || same.is_some_and(|all| all.iter().any(|each| each == other))
        };
        let is_found = found.iter().any(|(at, place, other)| {
            let elsewhere = marks.iter().any(|mark| mark.0 == *at && mark.1 == *place);
            at == file
                && (first..=last).contains(&place)
                && means(other)
                && (place == line || !elsewhere)
        });
        let group = groups.entry(file.chars().next().unwrap()).or_default();
        group.1 += 1;
        group.0 += usize::from(is_found);
        if !is_found {
            missed.push(format!("{file} {name} {rule}"));
        }
    }
    let new: Vec<&String> = missed
        .iter()
        .filter(|each| !known.contains(&each.as_str()))
        .collect();
    assert!(new.is_empty(), "no longer found: {new:#?}");
    let gone: Vec<&&str> = known
        .iter()
        .filter(|each| !missed.iter().any(|one| one == *each))
        .collect();
    assert!(
        gone.is_empty(),
        "found now, so no known misses any more: {gone:#?}"
    );
    for (group, (hits, all)) in groups {
        assert!(
            hits * 100 >= all * 95,
            "group {group}: only {hits} of {all} found"
        );
    }
}

#[test]
fn look_alikes_stay_silent() {
    let found = findings("lookalikes");
    let mut n_checked = 0;
    for file in files("lookalikes") {
        let text = read(&format!("lookalikes/{file}"));
        for each in functions(&text)
            .iter()
            .filter(|each| each.has_reason && each.name != "main")
        {
            n_checked += 1;
            let hits: Vec<&Found> = found
                .iter()
                .filter(|(at, line, _)| *at == file && (each.first..=each.last).contains(line))
                .collect();
            assert!(hits.is_empty(), "{file}: `{}` is hit: {hits:?}", each.name);
        }
    }
    assert!(n_checked > 100, "only {n_checked} look-alikes were read");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/python")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn files(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".py"))
        .collect();
    names.sort();
    names
}

/// What looplint finds in a folder, with the rules that the patterns name and that are off by default.
fn findings(folder: &str) -> Vec<Found> {
    let output = Command::new(env!("CARGO_BIN_EXE_looplint"))
        .args(["check", "--json", "--isolated", "--target-version", "3.11"])
        .args([
            "--extend-select",
            "regex-in-loop,sorted-first,growing-tuple",
            folder,
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = report["findings"].as_array().unwrap();
    all.iter()
        .map(|each| {
            let file = Path::new(each["file"].as_str().unwrap())
                .file_name()
                .unwrap();
            let line = each["line"].as_u64().unwrap() as usize;
            let rule = each["pattern"].as_str().unwrap();
            (file.to_str().unwrap().to_owned(), line, rule.to_owned())
        })
        .collect()
}

/// The functions of a file by their indentation, in the order of their first lines.
fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut all = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let head = line.trim_start();
        let Some(rest) = head
            .strip_prefix("async def ")
            .or_else(|| head.strip_prefix("def "))
        else {
            continue;
        };
        let own = indent(line);
        // A closing bracket of a long header stands at the indentation of its `def`.
        let ends = |line: &str| {
            !line.trim().is_empty() && indent(line) <= own && !line.trim_start().starts_with(')')
        };
        let length = lines[at + 1..]
            .iter()
            .position(|line| ends(line))
            .unwrap_or(lines.len() - at - 1);
        let body = lines[at..=at + length.min(lines.len() - at - 1)]
            .iter()
            .skip_while(|line| !line.trim_end().ends_with(':'))
            .nth(1);
        all.push(Function {
            name: rest.split('(').next().unwrap_or(rest).to_owned(),
            first: at + 1,
            last: at + 1 + length,
            has_reason: body.is_some_and(|line| line.trim_start().starts_with("\"\"\"")),
        });
    }
    all
}
