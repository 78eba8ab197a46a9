//! Files that are not open.

use serde_json::{Value, json};

use crate::editor::{Editor, Setup, list, rules};
use crate::{FAST, RULE, SLOW};

fn project() -> Setup {
    let setup = Setup::pulling()
        .file("slow.py", SLOW)
        .file("deep/also_slow.py", SLOW)
        .file("fast.py", FAST)
        .file("notes.json", "{\"data\": 1}")
        .file(".venv/lib.py", SLOW);
    setup.options(json!({"workspaceDiagnostics": true}))
}

fn named(editor: &Editor, items: &[Value]) -> Vec<(String, String, usize)> {
    let folder = format!("{}/", editor.uri(""));
    let mut names: Vec<_> = items
        .iter()
        .map(|item| {
            let name = item["uri"].as_str().unwrap().replace(&folder, "");
            (
                name,
                item["kind"].as_str().unwrap().to_owned(),
                list(&item["items"]).len(),
            )
        })
        .collect();
    names.sort();
    names
}

#[test]
fn all_files_are_reported_and_then_only_what_changed() {
    let mut editor = project().start();
    assert_eq!(
        editor.answer["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"],
        true
    );
    editor.open("open.py", SLOW);
    let first = editor.request("workspace/diagnostic", json!({"previousResultIds": []}));
    let items = list(&first["items"]);
    let full = |name: &str| (name.to_owned(), "full".to_owned(), 1);
    assert_eq!(
        named(&editor, &items),
        [full("deep/also_slow.py"), full("open.py"), full("slow.py")]
    );
    let previous: Vec<Value> = items
        .iter()
        .map(|item| json!({"uri": item["uri"], "value": item["resultId"]}))
        .collect();
    editor.write("slow.py", FAST);
    std::fs::remove_file(editor.path("deep/also_slow.py")).unwrap();
    editor.save("slow.py");
    let second = editor.request(
        "workspace/diagnostic",
        json!({"previousResultIds": previous}),
    );
    let as_now = |name: &str, kind: &str| (name.to_owned(), kind.to_owned(), 0);
    assert_eq!(
        named(&editor, &list(&second["items"])),
        [
            as_now("deep/also_slow.py", "full"),
            as_now("open.py", "unchanged"),
            as_now("slow.py", "full")
        ]
    );
}

#[test]
fn a_long_answer_comes_in_pieces_with_progress() {
    let mut editor = project().start();
    for at in 0..60 {
        editor.write(&format!("many/file_{at}.py"), SLOW);
    }
    let params =
        json!({"previousResultIds": [], "partialResultToken": "part", "workDoneToken": "work"});
    let result = editor.request("workspace/diagnostic", params);
    let mut items = list(&result["items"]);
    let parts = editor.take(|message| message["params"]["token"] == "part");
    assert!(parts.len() >= 2, "{} pieces", parts.len());
    for part in &parts {
        items.extend(list(&part["params"]["value"]["items"]));
    }
    assert_eq!(items.len(), 62);
    let told = editor.take(|message| message["params"]["token"] == "work");
    let kinds: Vec<&str> = told
        .iter()
        .map(|each| each["params"]["value"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        (kinds.first(), kinds.last()),
        (Some(&"begin"), Some(&"end"))
    );
    assert!(kinds.contains(&"report"));
}

#[test]
fn an_answer_waits_for_news_and_can_be_cancelled() {
    let mut editor = project().start();
    let params = json!({"previousResultIds": [], "partialResultToken": "part"});
    editor.request("workspace/diagnostic", params.clone());
    let id = editor.ask("workspace/diagnostic", params);
    // Other requests go on meanwhile.
    editor.open("a.py", SLOW);
    assert_eq!(rules(&editor.pull("a.py")), [RULE]);
    assert!(
        editor
            .take(|message| message["id"] == id && message.get("method").is_none())
            .is_empty()
    );
    editor.notify("$/cancelRequest", json!({"id": id}));
    assert_eq!(editor.answer_to(id)["error"]["code"], -32800);
}

#[test]
fn who_did_not_ask_for_it_gets_nothing() {
    let mut editor = project().options(Value::Null).start();
    assert_eq!(
        editor.answer["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"],
        false
    );
    let result = editor.request("workspace/diagnostic", json!({"previousResultIds": []}));
    assert_eq!(result, json!({"items": []}));
}

#[test]
fn a_command_checks_all_files_once() {
    let mut editor = project().options(Value::Null).start();
    editor.open("slow.py", SLOW);
    editor.pull("slow.py");
    let command = json!({"command": "looplint.server.checkWorkspace"});
    let result = editor.request("workspace/executeCommand", command.clone());
    // The open file reports itself.
    assert_eq!(result["findings"], 1, "{result}");
    assert_eq!(rules(&editor.pushed("deep/also_slow.py", None)), [RULE]);
    editor.wait(|message| message["method"] == "window/workDoneProgress/create");
    editor.wait(|message| message["params"]["value"]["kind"] == "end");
    // Opened, it is reported as a document; what was shown before goes.
    editor.open("deep/also_slow.py", SLOW);
    assert!(editor.pushed("deep/also_slow.py", None).is_empty());
    editor.close("deep/also_slow.py");
    editor.write("deep/also_slow.py", FAST);
    let result = editor.request("workspace/executeCommand", command);
    assert_eq!(result["findings"], 0, "{result}");
}
