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

/// Runs, turns, calls, answered calls and stray results in exports of real tools, each read by eye once.
#[rustfmt::skip] // a table
const REAL: &[(&str, usize, usize, usize, usize, usize)] = &[
    ("session.jsonl", 1, 11, 2, 2, 0),
    ("browser.json", 1, 10, 4, 4, 0),
    ("helm.json", 1, 5, 1, 1, 0),
    ("agno-2025-06-11.trace.json", 1, 2, 1, 1, 0),
    ("autogen-2025-06-06.trace.json", 1, 2, 0, 0, 0),
    ("beeai-2025-08-01.trace.json", 1, 5, 1, 1, 0),
    ("claude-agent-2025-12-22.trace.json", 1, 5, 2, 2, 0),
    ("crewai-2025-07-11.trace.json", 1, 3, 0, 0, 0),
    ("csharp-agent-with-gemini-2026-03-09.trace.json", 1, 5, 2, 2, 0),
    ("google-adk-2025-08-28.trace.json", 1, 5, 1, 1, 0),
    ("google-gemini-2025-08-01.trace.json", 1, 2, 0, 0, 0),
    ("koog-2025-08-26.trace.json", 1, 7, 2, 2, 0),
    ("langgraph-js-2025-10-30.trace.json", 1, 4, 1, 1, 0),
    ("langgraph-python-2025-08-22.trace.json", 1, 5, 1, 1, 0),
    ("llamaindex-2025-06-05.trace.json", 1, 2, 0, 0, 0),
    ("microsoft-agent-2025-12-17.trace.json", 1, 4, 1, 1, 0),
    ("openai-agents-2025-09-30.trace.json", 1, 5, 1, 1, 0),
    ("pydantic-ai-2025-06-06.trace.json", 1, 3, 0, 0, 0),
    ("pydantic-ai-tools-2025-06-06.trace.json", 1, 3, 0, 0, 0),
    ("pydantic-ai-tools-2025-12-04.trace.json", 1, 10, 4, 3, 0),
    ("pydantic-ai-with-gemini-2025-12-24.trace.json", 1, 2, 0, 0, 0),
    ("vercel-aisdk-2025-11-17.trace.json", 1, 2, 1, 1, 0),
    ("vertex-ai-2025-08-01.trace.json", 1, 2, 0, 0, 0),
    ("anthropic_managed_mcp_tools_reject.jsonl", 1, 9, 2, 2, 0),
    ("langsmith_js_wrap_openai_default.json", 1, 2, 0, 0, 0),
    ("08cae58d-4084-4616-b6dd-dd6534e4825b.json", 1, 129, 27, 27, 0),
    ("v1_11_tool_output_custom_data.json", 1, 2, 0, 0, 1),
    ("v1_13_programmatic_tool_calling.json", 1, 4, 2, 1, 0),
    ("v1_9.json", 1, 1, 0, 0, 0),
    ("tau-bench-airline-first2.json", 2, 44, 8, 8, 0),
    ("pxi_turn_subagent_trace.json", 1, 44, 19, 19, 0),
    ("pxi_turn_trace.json", 1, 27, 11, 11, 0),
    ("tempo_export_with_batches.json", 1, 5, 1, 1, 0),
    ("pydicom__pydicom-1458.traj", 1, 26, 12, 12, 0),
    ("simulation.json", 1, 0, 0, 0, 0),
];

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
        let bytes = std::fs::read(&path).unwrap();
        let head = &bytes[..bytes.len().min(64 << 10)];
        assert_ne!(Traces::claims(&name, head), Claim::No, "{name}");
        with_runs(&name, &bytes, |runs| {
            let sum = |count: fn(&Trace<'_>) -> usize| runs.iter().map(count).sum::<usize>();
            let answered = |run: &Trace<'_>| {
                run.calls
                    .iter()
                    .filter(|call| call.result.is_some())
                    .count()
            };
            let found = (
                name.as_str(),
                runs.len(),
                sum(|run| run.turns.len()),
                sum(|run| run.calls.len()),
                sum(answered),
                sum(|run| run.orphans.len()),
            );
            let expected = REAL.iter().find(|row| row.0 == name);
            assert_eq!(Some(&found), expected);
            for run in runs {
                *formats.entry(run.format.name().to_owned()).or_default() += 1;
                assert!(run.calls.iter().all(|call| !call.name.is_blank()), "{name}");
            }
        });
    }
    assert_eq!(formats["Langfuse"], 20);
    assert!(formats.len() >= 12, "{formats:?}");
}
