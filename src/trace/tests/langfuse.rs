//! Another reader's view: Langfuse normalises what frameworks log, and says what it made of it.
//!
//! Every input and output of its framework traces is read here too, and compared message by message.
//! Where the two differ on purpose, the test says why.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

mod common;

use common::{files, shared};
use looplint_model::{Domain, Settings, Source};
use looplint_trace::{Role, Trace, Traces};
use serde_json::Value;

/// A message as both sides can say it.
#[derive(Debug, PartialEq)]
struct Said {
    role: Role,
    text: String,
    /// Id, name and arguments of each call.
    calls: Vec<(String, String, Value)>,
    /// Id of the call that it answers.
    answers: String,
}

/// Messages that Langfuse says are there; those that it could not understand are left out.
fn theirs(side: &Value) -> Option<Vec<Said>> {
    if side["success"] != Value::Bool(true) {
        return None;
    }
    let said = side["data"]
        .as_array()?
        .iter()
        .filter_map(their_message)
        .collect::<Vec<_>>();
    (!said.is_empty()).then_some(said)
}

fn their_message(message: &Value) -> Option<Said> {
    let role = match message["role"].as_str()? {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" | "model" => Role::Agent,
        // A tool's name stands for the tool.
        _ => Role::Tool,
    };
    let calls = message["tool_calls"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|call| {
            let text = |key: &str| call[key].as_str().unwrap_or_default().to_owned();
            (text("id"), text("name"), arguments(&call["arguments"]))
        });
    let mut calls: Vec<_> = calls.collect();
    let mut text = words(&message["content"]);
    // Blocks of Anthropic's stay as they are on their side.
    for block in message["content"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|block| block["type"] == "tool_use")
    {
        let name = |key: &str| block[key].as_str().unwrap_or_default().to_owned();
        calls.push((name("id"), name("name"), block["input"].clone()));
        text.clear();
    }
    Some(Said {
        role,
        text,
        calls,
        answers: message["tool_call_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    })
}

fn arguments(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    }
}

fn words(content: &Value) -> String {
    match content {
        Value::String(text) => squeezed(text),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts
                .iter()
                .filter_map(|part| part["text"].as_str())
                .collect();
            squeezed(&texts.join("\n"))
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// JSON without its layout, any other text without blanks around it.
fn squeezed(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => value.to_string(),
        _ => text.trim().to_owned(),
    }
}

/// Messages that we read of an input or output, each alone in an export of its own.
fn ours(side: &str, value: &Value) -> Vec<Said> {
    let mut observation = serde_json::json!({
        "id": "o", "type": "GENERATION", "name": "chat", "startTime": "2026-01-02T10:00:00Z", "input": null, "output": null,
    });
    observation[side] = value.clone();
    let export = serde_json::json!({ "trace": { "id": "t" }, "observations": [observation] });
    let source = Source::new("export.json", export.to_string());
    Traces::open(&source, &Settings::default(), |document, _, _| {
        document
            .runs
            .iter()
            .flat_map(|run| (0..run.turns.len()).flat_map(|at| our_messages(run, at)))
            .collect()
    })
}

/// One for each turn; one for each result where a turn brings several, as Langfuse has it.
fn our_messages(run: &Trace<'_>, at: usize) -> Vec<Said> {
    let turn = &run.turns[at];
    let call = |call: &looplint_trace::Call<'_>| {
        let arguments = call
            .arguments
            .as_ref()
            .and_then(|it| it.ok())
            .cloned()
            .unwrap_or_default();
        (
            call.id.as_deref().unwrap_or_default().to_owned(),
            call.name.text.to_string(),
            arguments,
        )
    };
    let calls: Vec<_> = run.calls_of(at).iter().map(call).collect();
    let said = |text: &str, answers: &str| Said {
        role: turn.role,
        text: squeezed(text),
        calls: Vec::new(),
        answers: answers.to_owned(),
    };
    if turn.role == Role::Tool {
        let answered = turn
            .results
            .iter()
            .map(|&call| &run.calls[call])
            .map(|call| {
                let text = call
                    .result
                    .as_ref()
                    .map_or("", |result| &result.content.text);
                said(text, call.id.as_deref().unwrap_or_default())
            });
        let orphans = run.orphans.iter().filter(|orphan| orphan.turn == at);
        let orphans = orphans
            .map(|orphan| said(&turn.content.text, orphan.id.as_deref().unwrap_or_default()));
        return answered.chain(orphans).collect();
    }
    vec![Said {
        calls,
        ..said(&turn.content.text, "")
    }]
}

/// What the two see differently, by trace and observation, and why.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "beeai-2025-08-01 ",
        "BeeAI keeps the words in `text`, which Langfuse leaves aside",
    ),
    (
        "google-adk-2025-08-28 bded677884f031ce input",
        "what answers a call is the tool's, whatever role Gemini gives it",
    ),
    (
        "koog-2025-08-26 ",
        "Koog writes calls as JSON text, also under the role `tool`; here they are calls",
    ),
    (
        "langgraph-js-2025-10-30 0856a1825ccee968 input",
        "an answer without an id is tied to the waiting call of its name",
    ),
    (
        "langgraph-python-2025-08-22 21441266a9f21251 output",
        "Langfuse drops the text of a tool message that is JSON",
    ),
    (
        "openai-agents-2025-09-30 ",
        "a response repeats its instructions, which are a system message here",
    ),
];

#[test]
fn framework_traces_are_read_as_langfuse_reads_them() {
    let Some(folder) = shared("formats/langfuse") else {
        return;
    };
    let (mut n_same, mut unexpected, mut explained) = (0, Vec::new(), Vec::new());
    for path in files(&folder) {
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(name) = file.strip_suffix(".trace.json") else {
            continue;
        };
        let read = |path| serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap();
        let trace = read(path.clone());
        let expected = read(folder.join(format!("{name}.chatml.json")));
        for observation in trace["observations"].as_array().unwrap() {
            let id = observation["id"].as_str().unwrap();
            for side in ["input", "output"] {
                let Some(theirs) = theirs(&expected[id][side]) else {
                    continue;
                };
                let ours = ours(side, &observation[side]);
                let place = format!("{name} {id} {side}");
                if ours == theirs {
                    n_same += 1;
                } else if let Some((_, why)) = DIFFERENCES
                    .iter()
                    .find(|(prefix, _)| place.starts_with(prefix))
                {
                    explained.push(format!("{place}: {why}"));
                } else {
                    unexpected.push(format!("{place}\n  ours   {ours:?}\n  theirs {theirs:?}"));
                }
            }
        }
    }
    println!(
        "{n_same} sides alike, {} differ on purpose:\n{}",
        explained.len(),
        explained.join("\n")
    );
    assert!(n_same >= 79, "{n_same} alike");
    for (place, why) in DIFFERENCES {
        assert!(
            explained.iter().any(|it| it.starts_with(place)),
            "no longer differs: {place} ({why})"
        );
    }
    assert!(
        unexpected.is_empty(),
        "{} unexpected, {n_same} alike\n{}",
        unexpected.len(),
        unexpected.join("\n")
    );
}
