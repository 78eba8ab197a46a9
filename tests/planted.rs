//! Failures planted into runs that passed, each at a turn that is known: the planted one is found there, and the run
//! as it was is silent.
//!
//! The runs are our own (`fixtures/traces/planted`) and, where `../shared/traces` is there, the passing runs of the
//! labelled sets. `cargo test -p looplint-rules --test planted -- --nocapture` prints the recall of each mutation.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use looplint_engine::{Table, Wing as _};
use looplint_model::{Domain, Finding, Settings, Severity};
use looplint_trace::Traces;
use serde_json::{Value, json};

/// What a planted failure must reach in each mutation.
const RECALL_MIN: f64 = 0.95;
/// Places of a run at which each mutation is made.
const PLACES_MAX: usize = 3;
/// Milliseconds of a call in a run that counts none.
const USUAL_MS: u64 = 300;

type Found = Vec<(&'static str, &'static str, i64, Severity)>;

/// A run with a failure in it.
struct Planted {
    run: Value,
    /// Where the failure is, as a place in the turns.
    at: usize,
}

/// A way to spoil a run.
struct Mutation {
    name: &'static str,
    /// The mode by which it must be found.
    mode: &'static str,
    plant: fn(&Value) -> Vec<Planted>,
}

const MUTATIONS: [Mutation; 9] = [
    Mutation {
        name: "bracket dropped in arguments",
        mode: "SCHEMA_ERROR",
        plant: bracket_dropped,
    },
    Mutation {
        name: "call duplicated",
        mode: "CIRCULAR_REASONING",
        plant: call_duplicated,
    },
    Mutation {
        name: "id of a result swapped",
        mode: "SCHEMA_ERROR",
        plant: id_swapped,
    },
    Mutation {
        name: "identifier swapped",
        mode: "HALLUCINATION",
        plant: identifier_swapped,
    },
    Mutation {
        name: "call slowed and answer cut",
        mode: "TIMEOUT_CASCADE",
        plant: slowed_and_cut,
    },
    Mutation {
        name: "429 loop",
        mode: "TIMEOUT_CASCADE",
        plant: too_many_requests,
    },
    Mutation {
        name: "result dropped",
        mode: "SCHEMA_ERROR",
        plant: result_dropped,
    },
    Mutation {
        name: "foreign sub-task",
        mode: "GOAL_DRIFT",
        plant: foreign_task,
    },
    Mutation {
        name: "mock data",
        mode: "HALLUCINATION",
        plant: mock_data,
    },
];

#[test]
fn planted_failures_are_found_where_they_are() {
    measure("our own runs", &own());
}

#[test]
fn planted_failures_in_labelled_runs_are_found_where_they_are() {
    let runs = labelled();
    if runs.is_empty() {
        println!("skipped: ../shared/traces is not there");
        return;
    }
    measure("passing runs of the labelled sets", &runs);
}

/// Prints and checks the recall of each mutation, and that the runs as they are show nothing.
fn measure(what: &str, runs: &[(String, Value)]) {
    println!("{what}: {} runs", runs.len());
    let mut wrong = String::new();
    let as_they_were: Vec<Found> = runs.iter().map(|(_, run)| found(run)).collect();
    for ((name, _), before) in runs.iter().zip(&as_they_were) {
        for (rule, mode, turn, severity) in before {
            if *severity > Severity::Info {
                wrong += &format!("{name} as it was: {rule} ({mode}) at turn {turn}\n");
            }
        }
    }
    for mutation in &MUTATIONS {
        let (mut n, mut hits, mut missed) = (0usize, 0usize, Vec::new());
        for ((name, run), before) in runs.iter().zip(&as_they_were) {
            for planted in (mutation.plant)(run) {
                n += 1;
                let turn = planted.run["turns"][planted.at]["turn_number"]
                    .as_i64()
                    .unwrap();
                let all = found(&planted.run);
                let same =
                    |(_, mode, at, _): &(_, &str, i64, _)| *mode == mutation.mode && *at == turn;
                // What was there before does not count as found.
                let hit = all.iter().any(same) && !before.iter().any(same);
                if hit {
                    hits += 1;
                } else {
                    missed.push(format!(
                        "{name} turn {turn}: found {:?}",
                        &all[..all.len().min(4)]
                    ));
                }
            }
        }
        let recall = hits as f64 / n.max(1) as f64;
        println!(
            "  {:30} {hits}/{n} = {:.1} %",
            mutation.name,
            100.0 * recall
        );
        missed
            .iter()
            .take(6)
            .for_each(|miss| println!("      missed: {miss}"));
        if n == 0 || recall < RECALL_MIN {
            wrong += &format!("{}: {hits} of {n}\n", mutation.name);
        }
    }
    assert!(wrong.is_empty(), "{what}\n{wrong}");
}

/// Rule, mode, turn and severity of everything found.
fn found(run: &Value) -> Found {
    let rules: Vec<_> = looplint_rules::trace::RULES.iter().collect();
    let ids = rules.iter().map(|rule| rule.id).collect();
    let table: Table<Traces> = Table::new(rules, ids);
    let decoded = Traces::decode("run.json", run.to_string().into_bytes());
    let place = |finding: Finding| {
        let place = finding.run?;
        Some((finding.rule, place.mode, place.turn, finding.severity))
    };
    let check = |source| table.check(source, &Settings::default()).findings;
    decoded
        .sources
        .iter()
        .flat_map(check)
        .filter_map(place)
        .collect()
}

// ---- runs

fn own() -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces/planted");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| read(path)).collect()
}

/// The runs of the labelled sets that passed, with ids at their results and latencies, so that every failure can be planted.
fn labelled() -> Vec<(String, Value)> {
    let shared = std::env::var_os("LOOPLINT_SHARED").map_or(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let mut runs = Vec::new();
    for folder in [
        "traces/taubench/gpt-4o-airline",
        "traces/agentrx/tau_retail_pass",
    ] {
        let Ok(entries) = std::fs::read_dir(shared.join(folder)) else {
            continue;
        };
        runs.extend(entries.flatten().map(|entry| read(&entry.path())));
    }
    runs.retain(|(_, run)| {
        run["is_successful"] == json!(true) || run["is_successful"] == json!("True")
    });
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    // A build without optimisation takes a sample.
    let mut n = 0;
    runs.retain(|_| {
        n += 1;
        !cfg!(debug_assertions) || n % 5 == 0
    });
    runs.iter_mut().for_each(|(_, run)| complete(run));
    runs
}

fn read(path: &Path) -> (String, Value) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    (
        name,
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(),
    )
}

/// Gives each call an id of its own and a latency, and each result the id of its call.
fn complete(run: &mut Value) {
    let mut open: Vec<String> = Vec::new();
    let mut n = 0;
    for turn in turns_mut(run) {
        for call in turn["tool_calls"].as_array_mut().into_iter().flatten() {
            n += 1;
            call["id"] = json!(format!("c{n}"));
            call["latency_ms"] = json!(USUAL_MS);
            open.push(format!("c{n}"));
        }
        if turn["role"] == "tool" && !open.is_empty() {
            turn["tool_call_id"] = json!(open.remove(0));
        }
    }
}

// ---- places

fn turns(run: &Value) -> &Vec<Value> {
    run["turns"].as_array().unwrap()
}

fn turns_mut(run: &mut Value) -> &mut Vec<Value> {
    run["turns"].as_array_mut().unwrap()
}

/// Turns that make one call, with the place of its result right after.
fn single_calls(run: &Value) -> Vec<usize> {
    let turns = turns(run);
    let calls = |at: usize| turns[at]["tool_calls"].as_array().map_or(0, Vec::len);
    (0..turns.len())
        .filter(|&at| {
            calls(at) == 1 && turns.get(at + 1).is_some_and(|next| next["role"] == "tool")
        })
        .collect()
}

/// Some of the places, spread over the run.
fn spread(places: Vec<usize>) -> Vec<usize> {
    let step = places.len().div_ceil(PLACES_MAX).max(1);
    places.into_iter().step_by(step).collect()
}

/// The run with its turns numbered anew, `at` being the place of the failure.
fn planted(mut run: Value, at: usize) -> Planted {
    let first = turns(&run)[0]["turn_number"].as_i64().unwrap();
    for (place, turn) in turns_mut(&mut run).iter_mut().enumerate() {
        turn["turn_number"] = json!(first + place as i64);
    }
    Planted { run, at }
}

/// The run after `change` at each of some places.
fn at_each(
    run: &Value,
    places: Vec<usize>,
    change: impl Fn(&mut Value, usize) -> Option<usize>,
) -> Vec<Planted> {
    let spoilt = spread(places).into_iter().filter_map(|at| {
        let mut run = run.clone();
        let at = change(&mut run, at)?;
        Some(planted(run, at))
    });
    spoilt.collect()
}

// ---- mutations

fn bracket_dropped(run: &Value) -> Vec<Planted> {
    at_each(run, single_calls(run), |run, at| {
        let turn = &mut turns_mut(run)[at];
        let arguments = turn["tool_calls"][0]["arguments"].as_str()?;
        let broken = arguments
            .strip_suffix('}')
            .filter(|rest| rest.contains(':'))?
            .to_owned();
        turn["tool_calls"][0]["arguments"] = json!(broken);
        turn["tool_input"] = Value::Null;
        Some(at)
    })
}

/// A call and its result come a second time, right after.
fn call_duplicated(run: &Value) -> Vec<Planted> {
    // A failed call that is made again is another mode.
    let whole = |at: &usize| {
        !turns(run)[*at + 1]["content"]
            .as_str()
            .unwrap_or("")
            .starts_with("Error")
    };
    at_each(
        run,
        single_calls(run).into_iter().filter(whole).collect(),
        |run, at| {
            let mut again = turns(run)[at..at + 2].to_vec();
            again[0]["tool_calls"][0]["id"] = json!("again");
            again[1]["tool_call_id"] = json!("again");
            turns_mut(run).splice(at + 2..at + 2, again);
            Some(at + 2)
        },
    )
}

fn id_swapped(run: &Value) -> Vec<Planted> {
    at_each(run, single_calls(run), |run, at| {
        turns_mut(run)[at + 1]["tool_call_id"] = json!("call_of_another_run");
        Some(at + 1)
    })
}

/// An identifier in the arguments becomes one that nobody mentioned, and the tool does not know it.
fn identifier_swapped(run: &Value) -> Vec<Planted> {
    at_each(run, single_calls(run), |run, at| {
        let call = &mut turns_mut(run)[at]["tool_calls"][0];
        let mut arguments: BTreeMap<String, Value> =
            serde_json::from_str(call["arguments"].as_str()?).ok()?;
        let is_id = |value: &&mut Value| {
            value.as_str().is_some_and(|text| {
                text.len() > 3
                    && text.contains(|one: char| one.is_ascii_digit())
                    && !text.contains([' ', '('])
            })
        };
        *arguments.values_mut().find(is_id)? = json!("QX-55193");
        call["arguments"] = json!(serde_json::to_string(&arguments).unwrap());
        let turn = &mut turns_mut(run)[at];
        turn["tool_input"] = Value::Null;
        let result = &mut turns_mut(run)[at + 1];
        result["tool_input"] = Value::Null;
        result["tool_output"] = Value::Null;
        result["content"] = json!("Error: QX-55193 not found");
        Some(at)
    })
}

/// A call right before words takes twenty times as long, and what is left of the words is a nod.
fn slowed_and_cut(run: &Value) -> Vec<Planted> {
    let before_words = |at: &usize| {
        let next = turns(run).get(at + 2);
        let long = turns(run)[*at + 1]["content"]
            .as_str()
            .is_some_and(|text| text.trim().len() > 8);
        long && next.is_some_and(|next| {
            next["role"] == "agent" && next["tool_calls"].as_array().is_none_or(Vec::is_empty)
        })
    };
    at_each(
        run,
        single_calls(run).into_iter().filter(before_words).collect(),
        |run, at| {
            let turns = turns_mut(run);
            let call = &mut turns[at]["tool_calls"][0];
            call["latency_ms"] = json!(
                20 * call["latency_ms"]
                    .as_u64()
                    .unwrap_or(USUAL_MS)
                    .max(USUAL_MS)
            );
            turns[at + 2]["content"] = json!("OK.");
            Some(at + 2)
        },
    )
}

/// A call is refused four times for its rate before it goes through.
fn too_many_requests(run: &Value) -> Vec<Planted> {
    at_each(run, single_calls(run), |run, at| {
        let pair = turns(run)[at..at + 2].to_vec();
        let refused = (0..4).flat_map(|n| {
            let mut pair = pair.clone();
            pair[0]["tool_calls"][0]["id"] = json!(format!("busy{n}"));
            pair[1]["tool_call_id"] = json!(format!("busy{n}"));
            pair[1]["tool_output"] = Value::Null;
            pair[1]["content"] = json!("Error: 429 Too Many Requests, retry after 30 s");
            pair
        });
        let refused: Vec<Value> = refused.collect();
        turns_mut(run).splice(at..at, refused);
        Some(at)
    })
}

fn result_dropped(run: &Value) -> Vec<Planted> {
    // A run may end with a call.
    let goes_on = |at: &usize| {
        turns(run)[*at + 2..]
            .iter()
            .any(|turn| turn["role"] == "agent")
    };
    at_each(
        run,
        single_calls(run).into_iter().filter(goes_on).collect(),
        |run, at| {
            turns_mut(run).remove(at + 1);
            Some(at)
        },
    )
}

fn foreign_task(run: &Value) -> Vec<Planted> {
    let words = |at: &usize| {
        turns(run)[*at]["role"] == "agent"
            && turns(run)[*at]["tool_calls"]
                .as_array()
                .is_none_or(Vec::is_empty)
    };
    let places = (1..turns(run).len()).filter(words).collect();
    at_each(run, places, |run, at| {
        let task = "Compose a lullaby about sleepy hedgehogs, mossy hollows and moonlit brambles, seven verses long, rhyming throughout, for barefoot choirs";
        turns_mut(run).insert(at, json!({"turn_number": 0, "role": "agent", "agent_name": "lead", "kind": "-> poet", "content": task}));
        Some(at)
    })
}

/// Code that works on data made up by the model, in place of a call that would have got it.
fn mock_data(run: &Value) -> Vec<Planted> {
    at_each(run, single_calls(run), |run, at| {
        let code = "# the service cannot be reached, so mock data is used\nrows = [('a', 1), ('b', 2)]\nprint(sum(n for _, n in rows))";
        let call = json!({"turn_number": 0, "role": "agent", "content": "", "tool_calls": [{"id": "mock", "name": "run_python", "arguments": json!({"code": code}).to_string(), "latency_ms": USUAL_MS}]});
        let result = json!({"turn_number": 0, "role": "tool", "tool_call_id": "mock", "tool_name": "run_python", "content": "3"});
        turns_mut(run).splice(at + 2..at + 2, [call, result]);
        Some(at + 2)
    })
}
