//! Every format: what is read of the examples in `fixtures/traces/formats`, and what they have in common.
//!
//! `UPDATE=1 cargo test -p looplint-trace --test formats` rewrites the expected renderings.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use common::{files, render_bytes, shared};
use looplint_model::{Claim, Domain, Settings};
use looplint_trace::{Role, Trace, Traces, TurnKind};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/traces/formats")
}

fn examples() -> Vec<PathBuf> {
    files(&folder())
        .into_iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|end| end != "txt" && end != "md")
        })
        .collect()
}

fn name(path: &std::path::Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn examples_are_read_as_expected() {
    let mut wrong = Vec::new();
    for path in examples() {
        let name = name(&path);
        let read = render_bytes(&name, &std::fs::read(&path).unwrap());
        let expected = folder().join("expected").join(format!("{name}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(expected.parent().unwrap()).unwrap();
            std::fs::write(&expected, &read).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != read {
            wrong.push(format!("== {name}\n{read}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_is_claimed_by_its_first_bytes() {
    for path in examples() {
        let bytes = std::fs::read(&path).unwrap();
        let head = &bytes[..bytes.len().min(4096)];
        assert_eq!(Traces::claims("x", head), Claim::Yes, "{}", name(&path));
    }
}

#[test]
fn only_files_of_whole_runs_a_line_may_be_cut() {
    for path in examples() {
        let name = name(&path);
        let cuttable = Traces::cuttable(&name, &std::fs::read(&path).unwrap());
        assert_eq!(cuttable, name == "many-runs.jsonl", "{name}");
    }
}

/// What was called with what, and what came back, in order.
fn calls(run: &Trace<'_>) -> Vec<(String, String, String)> {
    let call = |call: &looplint_trace::Call<'_>| {
        let arguments = call
            .arguments
            .as_ref()
            .and_then(|it| it.ok())
            .map_or(String::new(), |it| it.to_string());
        let result = call
            .result
            .as_ref()
            .map_or(String::new(), |it| it.content.text.trim().to_string());
        (call.name.text.to_string(), arguments, result)
    };
    run.calls.iter().map(call).collect()
}

fn with_runs<R>(name: &str, bytes: &[u8], mut look: impl FnMut(&[Trace<'_>]) -> R) -> R {
    let source = Traces::decode(name, bytes.to_vec()).sources.remove(0);
    Traces::open(&source, &Settings::default(), |document, _, _| {
        look(&document.runs)
    })
}

/// The examples tell one story. Where a format cannot tell all of it, that is said here.
#[test]
fn all_formats_tell_the_same_story() {
    let oslo = ("get_weather", r#"{"city":"Oslo"}"#, "4 degrees, rain");
    let bergen = (
        "get_weather",
        r#"{"city":"Bergen"}"#,
        "Error: station offline",
    );
    let own = |call: (&str, &str, &str)| (call.0.to_owned(), call.1.to_owned(), call.2.to_owned());
    let whole = vec![own(oslo), own(bergen)];
    // Tools that answer in JSON, formats without calls or of another kind of work.
    let json = vec![
        own((oslo.0, oslo.1, r#"{"result": "4 degrees, rain"}"#)),
        own((bergen.0, bergen.1, r#"{"error": "station offline"}"#)),
    ];
    let other = [
        "a2a-task-v1.json",
        "ag2-chat.json",
        "magentic.json",
        "message-list.json",
        "swe-agent.traj",
        "claude-code-sidechain.jsonl",
        "tau2-ticks.json",
        "react-tags.json",
    ];
    for path in examples() {
        let name = name(&path);
        if other.contains(&name.as_str()) {
            continue;
        }
        with_runs(&name, &std::fs::read(&path).unwrap(), |runs| {
            let squeezed = calls(&runs[0])
                .into_iter()
                .map(|(name, arguments, result)| {
                    let result: Vec<&str> = result.split_whitespace().collect();
                    (
                        name,
                        arguments,
                        result.join(" ").replace("{ ", "{").replace(" }", "}"),
                    )
                });
            let found: Vec<_> = squeezed.collect();
            let expected = if ["jaeger.json", "gemini-contents.json"].contains(&name.as_str()) {
                &json
            } else {
                &whole
            };
            assert_eq!(&found, expected, "{name}");
            let failed = runs[0].failure(1);
            assert!(failed.is_some(), "{name}: the second call failed");
            assert!(runs[0].failure(0).is_none(), "{name}: the first did not");
            let said = |turn: &&looplint_trace::Turn<'_>| {
                turn.role == Role::Agent && turn.kind == TurnKind::Message
            };
            let last = runs[0].turns.iter().rev().find(said).unwrap();
            assert!(last.content.text.contains("does not answer"), "{name}");
            assert!(runs[0].orphans.is_empty(), "{name}");
        });
    }
}

#[test]
fn spans_point_at_what_they_say() {
    for path in examples() {
        let name = name(&path);
        let source = Traces::decode(&name, std::fs::read(&path).unwrap())
            .sources
            .remove(0);
        Traces::open(&source, &Settings::default(), |document, source, _| {
            for run in &document.runs {
                for call in &run.calls {
                    let written = source.slice(call.span);
                    assert!(!written.is_empty(), "{name}");
                    let free = call.arguments.as_ref().is_some_and(|it| it.free)
                        || call.name.text == "program";
                    assert!(
                        free || written.contains(call.name.text.as_ref()),
                        "{name}: {written}"
                    );
                    let place = call.name.place(&source.text, 0..call.name.text.len());
                    assert!(
                        free || source.slice(place).contains(call.name.text.as_ref()),
                        "{name}: {}",
                        source.slice(place)
                    );
                }
                for turn in &run.turns {
                    let text = &turn.content;
                    if let Some(at) = text.text.find("Oslo") {
                        let written = source.slice(text.place(&source.text, at..at + 4));
                        assert!(written.contains("Oslo"), "{name}: {written}");
                    }
                }
            }
        });
    }
}

/// Exports of real tools: one run at least in each, nothing broken, every call named.
#[test]
fn real_exports_are_read() {
    let Some(folder) = shared("formats") else {
        return;
    };
    let mut formats: BTreeMap<String, usize> = BTreeMap::new();
    for path in files(&folder) {
        let name = name(&path);
        if name.ends_with(".md") || name.ends_with(".chatml.json") || name.starts_with("malformed")
        {
            continue;
        }
        with_runs(&name, &std::fs::read(&path).unwrap(), |runs| {
            assert!(!runs.is_empty(), "{name}");
            for run in runs {
                *formats.entry(run.format.name().to_owned()).or_default() += 1;
                let voice = name == "simulation.json"; // its speech was taken out
                assert!(voice || !run.turns.is_empty(), "{name}");
                assert!(run.calls.iter().all(|call| !call.name.is_blank()), "{name}");
            }
        });
    }
    assert_eq!(formats["Langfuse"], 20);
    assert!(formats.len() >= 12, "{formats:?}");
}
