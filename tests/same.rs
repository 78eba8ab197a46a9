//! What a run is called and how it is written does not change what is found in it.
//!
//! The runs are our own with failures planted by hand and, where `../shared/traces` is there, the labelled ones.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

use std::path::PathBuf;

use looplint_engine::Table;
use looplint_model::{Finding, Settings, Source};
use looplint_trace::{Field, Trace, Traces, Writer};
use serde_json::{Value, json};

/// Every n-th labelled run is enough, and fewer in a build without optimisation.
const STEP: usize = if cfg!(debug_assertions) { 16 } else { 4 };

type Found = Vec<(&'static str, i64)>;

fn table() -> Table<Traces> {
    let rules: Vec<_> = looplint_rules::trace::RULES.iter().collect();
    let ids = rules.iter().map(|rule| rule.id).collect();
    Table::new(rules, ids)
}

/// Rules and places of turns, from 0, of what is found in the first run of a text.
fn found(text: &str) -> Found {
    let source = Source::new("run.json", text);
    let (_, found) = table().check_with(&source, &Settings::default(), |document, findings| {
        document
            .runs
            .first()
            .map_or(Vec::new(), |run| places(run, findings))
    });
    found
}

fn places(run: &Trace<'_>, findings: &[Finding]) -> Found {
    let place = |number: i64| {
        run.turns
            .iter()
            .position(|turn| turn.number == number)
            .map_or(-1, |at| at as i64)
    };
    let mut found: Found = findings
        .iter()
        .filter_map(|finding| Some((finding.rule, place(finding.run.as_ref()?.turn))))
        .collect();
    found.sort_unstable();
    found
}

fn runs() -> Vec<(String, Value)> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces/planted");
    let shared = std::env::var_os("LOOPLINT_SHARED").map_or(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let mut paths = Vec::new();
    let labelled = [
        "taubench/gpt-4o-airline",
        "agentrx/tau_retail",
        "agentrx/magentic",
        "whowhen/alg",
        "mast/ag2_dogfood",
    ];
    for folder in labelled.map(|folder| shared.join("traces").join(folder)) {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        if files.is_empty() {
            println!("skipped: {} is not there", folder.display());
        }
        paths.extend(files.into_iter().step_by(STEP));
    }
    paths.extend(
        std::fs::read_dir(own)
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    let read = |path: PathBuf| {
        (
            path.file_name().unwrap().to_string_lossy().into_owned(),
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(),
        )
    };
    let mut runs: Vec<(String, Value)> = paths.into_iter().map(read).collect();
    let spoilt: Vec<(String, Value)> = runs
        .iter()
        .rev()
        .take(8)
        .filter_map(|(name, run)| Some((format!("{name}, a call twice"), twice(run)?)))
        .collect();
    runs.extend(spoilt);
    runs
}

/// The run with its first single call and result a second time.
fn twice(run: &Value) -> Option<Value> {
    let mut run = run.clone();
    let turns = run["turns"].as_array_mut()?;
    let at = (0..turns.len()).find(|&at| {
        turns[at]["tool_calls"]
            .as_array()
            .is_some_and(|calls| calls.len() == 1)
    })?;
    let mut again = turns[at..at + 2].to_vec();
    again[0]["tool_calls"][0]["id"] = json!("again");
    again[1]["tool_call_id"] = json!("again");
    turns.splice(at + 2..at + 2, again);
    for (at, turn) in turns.iter_mut().enumerate() {
        turn["turn_number"] = json!(at);
    }
    Some(run)
}

/// The run, whose agent has a name where nobody in it has one.
fn with_agents(run: &Value) -> Option<Value> {
    let mut run = run.clone();
    let turns = run["turns"].as_array_mut()?;
    if turns.iter().all(|turn| turn["agent_name"].is_null()) {
        for turn in turns.iter_mut().filter(|turn| turn["role"] == "agent") {
            turn["agent_name"] = json!("Zoltan");
        }
    }
    Some(run)
}

fn compare(what: &str, change: impl Fn(&Value) -> Option<(Found, Found)>) {
    let (mut n, mut n_found, mut wrong) = (0, 0, Vec::new());
    for (name, run) in runs() {
        let Some((before, after)) = change(&run) else {
            continue;
        };
        n += 1;
        n_found += before.len();
        if before != after {
            wrong.push(format!("{name}\n  before {before:?}\n  after  {after:?}"));
        }
    }
    println!(
        "{what}: {n} runs, {n_found} findings, {} differ",
        wrong.len()
    );
    assert!(
        n_found > 0 && wrong.is_empty(),
        "{what}: {} of {n} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn other_names_of_agents_change_nothing() {
    compare("agents renamed", |run| {
        let run = &with_agents(run)?;
        let mut renamed = run.clone();
        let mut n = 0;
        let mut names: Vec<String> = Vec::new();
        for turn in renamed["turns"].as_array_mut()? {
            let Some(name) = turn["agent_name"].as_str().filter(|name| !name.is_empty()) else {
                continue;
            };
            let at = names
                .iter()
                .position(|known| known == name)
                .unwrap_or_else(|| {
                    names.push(name.to_owned());
                    names.len() - 1
                });
            turn["agent_name"] =
                json!(format!("Participant{}", char::from(b'A' + (at % 26) as u8)));
            n += 1;
        }
        // Names that the texts or the hand-offs use mean something there.
        let text = run["turns"].to_string();
        let used = names.iter().any(|name| {
            text.matches(name.as_str()).count()
                > text.matches(&format!("\"agent_name\":\"{name}\"")).count()
        });
        (n > 0 && !used).then(|| (found(&run.to_string()), found(&renamed.to_string())))
    });
}

#[test]
fn other_names_of_tools_change_nothing() {
    compare("tools renamed", |run| {
        let mut renamed = run.clone();
        for turn in renamed["turns"].as_array_mut()? {
            rename(&mut turn["tool_name"]);
            for call in turn["tool_calls"].as_array_mut().into_iter().flatten() {
                rename(&mut call["name"]);
            }
        }
        for tool in renamed["tools"].as_array_mut().into_iter().flatten() {
            rename(&mut tool["name"]);
        }
        Some((found(&run.to_string()), found(&renamed.to_string())))
    });
}

/// Another name with the same verb in it: what a tool does is known by its verb.
fn rename(name: &mut Value) {
    if let Some(text) = name.as_str() {
        *name = json!(format!("{text}_of_ours"));
    }
}

#[test]
fn spaces_and_the_order_of_keys_change_nothing() {
    compare("written with other spaces", |run| {
        Some((
            found(&run.to_string()),
            found(&serde_json::to_string_pretty(run).unwrap()),
        ))
    });
}

#[test]
fn a_neutral_turn_at_the_end_changes_nothing() {
    compare("a neutral turn added", |run| {
        let mut longer = run.clone();
        let turns = longer["turns"].as_array_mut()?;
        let number = turns.last()?["turn_number"].as_i64()? + 1;
        turns.push(
            json!({"turn_number": number, "role": "system", "content": "The log ends here."}),
        );
        Some((found(&run.to_string()), found(&longer.to_string())))
    });
}

#[test]
fn another_format_changes_nothing_that_it_can_carry() {
    for writer in Writer::ALL {
        // What rules need beside words, calls and results.
        let carried = [
            Field::Agents,
            Field::Outcome,
            Field::ErrorFlags,
            Field::StopReason,
            Field::Goal,
            Field::FinalResult,
            Field::Policy,
            Field::Tools,
        ];
        compare(writer.name(), |run| {
            let source = Source::new("run.json", run.to_string());
            let (_, pair) =
                table().check_with(&source, &Settings::default(), |document, findings| {
                    let run = document.runs.first()?;
                    // Thoughts, hand-offs and notices are words of the native format, and turns of it alone may bring both a call and its result.
                    let plain = run.turns.iter().all(|turn| {
                        turn.kind == looplint_trace::TurnKind::Message && turn.thread == 0
                    });
                    let keeps = carried.iter().all(|field| {
                        !run.has(*field)
                            || writer.keeps().has(*field)
                            || matches!(field, Field::Outcome | Field::Policy | Field::Tools)
                    });
                    // Messages tell calls apart by ids and carry arguments in JSON; other calls cannot be carried as they are.
                    let calls = run.calls.iter().all(|call| {
                        call.id.is_some()
                            && call
                                .arguments
                                .as_ref()
                                .is_none_or(|arguments| !arguments.free)
                    });
                    if !plain || !keeps || !(calls || writer == Writer::Native) {
                        return None;
                    }
                    let rules = |found: Found| -> Vec<&'static str> {
                        found.into_iter().map(|(rule, _)| rule).collect()
                    };
                    let before = rules(places(run, findings));
                    let after = rules(found(&writer.write(run)));
                    Some((before, after))
                });
            let (before, after) = pair?;
            let numbered = |rules: Vec<&'static str>| {
                rules.into_iter().map(|rule| (rule, 0)).collect::<Found>()
            };
            Some((numbered(before), numbered(after)))
        });
    }
}
