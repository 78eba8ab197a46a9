//! Runs written in another format and read again are the same runs: the same words, calls and results.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

mod common;

use std::path::PathBuf;

use common::{files, shared};
use looplint_model::{Domain, Settings, Source};
use looplint_trace::{Field, Role, Trace, Traces, Writer};
use serde_json::{Value, json};

/// What must survive.
#[derive(Debug, PartialEq)]
struct Story {
    /// Who said what, system text and results aside.
    words: Vec<(Role, String)>,
    /// Name, arguments, result, and whether the format says that it failed.
    calls: Vec<(String, Value, Option<String>, bool)>,
    goal: Option<String>,
    result: Option<String>,
}

fn story(run: &Trace<'_>) -> Story {
    let spoken = run
        .turns
        .iter()
        .filter(|turn| matches!(turn.role, Role::User | Role::Agent) && !turn.content.is_blank());
    let text = |text: &Option<looplint_trace::Text<'_>>| {
        text.as_ref().map(|text| text.text.trim().to_owned())
    };
    Story {
        words: spoken
            .map(|turn| (turn.role, turn.content.text.trim().to_owned()))
            .collect(),
        calls: run.calls.iter().map(call).collect(),
        goal: text(&run.goal),
        result: text(&run.final_result),
    }
}

fn call(call: &looplint_trace::Call<'_>) -> (String, Value, Option<String>, bool) {
    let arguments = call.arguments.as_ref();
    let value = match arguments {
        Some(it) if it.free => json!({ "input": it.raw.text }),
        Some(it) => it.ok().cloned().unwrap_or_else(|| json!(it.raw.text)),
        None => json!({}),
    };
    let result = call.result.as_ref();
    let failed = result.is_some_and(|result| result.failed == Some(true) || result.error.is_some());
    (
        call.name.text.to_string(),
        value,
        result.map(|result| result.content.text.trim().to_owned()),
        failed,
    )
}

fn read<R>(name: &str, text: String, look: impl FnMut(&[Trace<'_>]) -> R) -> R {
    let source = Source::new(name, text);
    let mut look = look;
    Traces::open(&source, &Settings::default(), |document, _, _| {
        look(&document.runs)
    })
}

fn sources() -> Vec<PathBuf> {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/traces/formats");
    let mut all: Vec<PathBuf> = files(&fixtures)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end != "txt"))
        .collect();
    all.extend(
        shared("formats")
            .into_iter()
            .flat_map(|folder| files(&folder))
            .filter(|path| !path.to_string_lossy().contains("chatml")),
    );
    all.extend(
        shared("traces")
            .into_iter()
            .flat_map(|folder| files(&folder))
            .step_by(9),
    );
    all
}

/// Compares a run with itself written by `writer`; says what differs.
fn differs(writer: Writer, run: &Trace<'_>) -> Option<String> {
    let mut wanted = story(run);
    if !writer.keeps().has(Field::ErrorFlags) {
        wanted.calls.iter_mut().for_each(|call| call.3 = false);
    }
    let written = writer.write(run);
    let mut found = read("again", written.clone(), |runs| {
        let mut stories: Vec<Story> = runs.iter().map(story).collect();
        (stories.len() == 1).then(|| stories.remove(0))
    })?;
    if !writer.keeps().has(Field::ErrorFlags) {
        found.calls.iter_mut().for_each(|call| call.3 = false);
    }
    // A session's lines have no place for what was asked and what came out.
    if writer == Writer::ClaudeCode {
        (found.goal, found.result) = (wanted.goal.clone(), wanted.result.clone());
    }
    let first = |left: &Story, right: &Story| {
        let word = left
            .words
            .iter()
            .zip(&right.words)
            .find(|(left, right)| left != right);
        let call = left
            .calls
            .iter()
            .zip(&right.calls)
            .find(|(left, right)| left != right);
        format!(
            "{} words, now {}; {} calls, now {}\n  {word:?}\n  {call:?}\n  goal {:?} now {:?}\n  result {:?} now {:?}",
            left.words.len(),
            right.words.len(),
            left.calls.len(),
            right.calls.len(),
            left.goal,
            right.goal,
            left.result,
            right.result
        )
    };
    (wanted != found).then(|| first(&wanted, &found))
}

#[test]
fn a_run_written_and_read_again_is_the_same_run() {
    let (mut n_runs, mut wrong) = (0, Vec::new());
    for path in sources() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let decoded = Traces::decode(&name, std::fs::read(&path).unwrap());
        for source in &decoded.sources {
            Traces::open(source, &Settings::default(), |document, _, _| {
                for run in document.runs.iter().filter(|run| !run.turns.is_empty()) {
                    n_runs += 1;
                    for writer in Writer::ALL {
                        if let Some(difference) = differs(writer, run) {
                            wrong.push(format!(
                                "{name} {} by {}: {difference}",
                                run.name(),
                                writer.name()
                            ));
                        }
                    }
                }
            });
        }
    }
    println!("{n_runs} runs, {} writers", Writer::ALL.len());
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        n_runs * Writer::ALL.len(),
        wrong.join("\n")
    );
}
