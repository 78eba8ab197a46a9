//! Traces in an editor: findings, the run's outline, folds, turns in short.

use serde_json::{Value, json};

use crate::editor::Setup;

/// A run whose second turn calls a tool with arguments that are no JSON.
const RUN: &str = r#"{"trace_id": "t1", "original_goal": "Refund order 17", "turns": [
{"turn_number": 1, "role": "user", "content": "Refund order 17 and tell the customer when"},
{"turn_number": 2, "role": "agent", "content": "", "tool_name": "get_order", "tool_input": "{\"order_id\": 17", "tool_output": "invalid"},
{"turn_number": 3, "role": "agent",
 "content": "I could not read the order."}
]}
"#;

#[test]
fn a_trace_is_checked_and_shown_turn_by_turn() {
    let mut editor = Setup::default().options(json!({"codeLens": true})).start();
    editor.open("run.json", RUN);
    let found = editor.pushed("run.json", Some(1));
    let finding = found
        .iter()
        .find(|each| each["code"] == "bad-arguments")
        .unwrap();
    assert_eq!(finding["severity"], 1);
    assert_eq!(finding["range"]["start"]["line"], 2);
    let hover = editor.hover("run.json", &finding["range"]["start"]);
    for words in [
        "**Run t1, turn 2**: agent; calls get_order",
        "SCHEMA_ERROR",
        "The first failing turn",
    ] {
        assert!(hover.contains(words), "no `{words}` in\n{hover}");
    }
    let elsewhere = editor.hover("run.json", &json!({"line": 1, "character": 60}));
    assert!(
        elsewhere.starts_with("**turn 1**: user; Refund order 17"),
        "{elsewhere}"
    );
    let params = editor.document("run.json");
    let symbols = editor.request("textDocument/documentSymbol", params.clone());
    assert_eq!(symbols[0]["name"], "run t1");
    let turns: Vec<&str> = symbols[0]["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| turn["name"].as_str().unwrap())
        .collect();
    assert_eq!(turns, ["turn 1", "turn 2", "turn 3"]);
    let call = &symbols[0]["children"][1]["children"][0];
    assert_eq!(call["name"], "get_order");
    let folds = editor.request("textDocument/foldingRange", params.clone());
    let lines = |fold: &Value| (fold["startLine"].clone(), fold["endLine"].clone());
    let lines: Vec<_> = folds.as_array().unwrap().iter().map(lines).collect();
    assert!(lines.contains(&(json!(3), json!(4))), "{folds:#}");
    let lenses = editor.request("textDocument/codeLens", params);
    let title = lenses[0]["command"]["title"].as_str().unwrap();
    assert!(title.contains("first at turn 2: SCHEMA_ERROR"), "{title}");
}

#[test]
fn a_client_that_shows_flat_lists_gets_one() {
    let mut setup = Setup::default();
    setup.capabilities["textDocument"]["documentSymbol"] = json!({});
    let mut editor = setup.start();
    editor.open("run.json", RUN);
    let params = editor.document("run.json");
    let symbols = editor.request("textDocument/documentSymbol", params);
    assert_eq!(symbols[1]["name"], "turn 1");
    assert_eq!(symbols[1]["containerName"], "run t1");
    assert_eq!(symbols[1]["location"]["uri"], editor.uri("run.json"));
}

#[test]
fn a_client_that_can_is_asked_for_the_symbols_of_json_alone() {
    let mut setup = Setup::default();
    setup.capabilities["textDocument"]["documentSymbol"]["dynamicRegistration"] = json!(true);
    let mut editor = setup.start();
    assert!(
        editor.answer["capabilities"]
            .get("documentSymbolProvider")
            .is_none()
    );
    let asked = editor.wait(|message| message["method"] == "client/registerCapability");
    let wanted = asked["params"]["registrations"].as_array().unwrap();
    let symbols = wanted
        .iter()
        .find(|each| each["method"] == "textDocument/documentSymbol")
        .unwrap();
    assert_eq!(
        symbols["registerOptions"]["documentSelector"][0]["language"],
        "json"
    );
}

#[test]
fn code_has_no_symbols_of_ours() {
    let mut editor = Setup::default().start();
    editor.open("a.py", crate::SLOW);
    let params = editor.document("a.py");
    assert_eq!(
        editor.request("textDocument/documentSymbol", params),
        Value::Null
    );
}

#[test]
fn a_trace_has_no_comments_to_silence_it_with() {
    let mut editor = Setup::default().start();
    editor.open("run.json", RUN);
    let found = editor.pushed("run.json", Some(1));
    let actions = editor.actions("run.json", &found[0]["range"], None);
    let titles: Vec<&str> = actions
        .iter()
        .map(|each| each["title"].as_str().unwrap())
        .collect();
    assert!(
        titles.iter().all(|title| !title.contains("on this line")),
        "{titles:?}"
    );
    assert!(
        titles
            .iter()
            .any(|title| title.contains("in the configuration")),
        "{titles:?}"
    );
}
