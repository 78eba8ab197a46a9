//! Notebooks: findings in the right cell, whatever happens to the cells.

use serde_json::{Value, json};

use crate::RULE;
use crate::editor::{Editor, Setup, edited, list, rules};

/// The list is bound in one cell and used in the next.
const FIRST: &str = "%matplotlib inline\npath = []";
const SECOND: &str =
    "\u{1f600} = 1\nfor item in items:\n    path.insert(0, item)\nprint(len(path))\n";

fn cell(editor: &Editor, number: usize) -> String {
    format!(
        "{}#cell{number}",
        editor
            .uri("n.ipynb")
            .replace("file:", "vscode-notebook-cell:")
    )
}

fn text_of(editor: &Editor, number: usize, text: &str) -> Value {
    json!({"uri": cell(editor, number), "languageId": "python", "version": 1, "text": text})
}

fn open(editor: &Editor, texts: &[&str]) {
    let cells: Vec<Value> = (0..texts.len())
        .map(|at| json!({"kind": 2, "document": cell(editor, at)}))
        .collect();
    let documents: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| text_of(editor, at, text))
        .collect();
    let notebook = json!({
        "uri": editor.uri("n.ipynb"), "notebookType": "jupyter-notebook", "version": 1, "cells": cells,
    });
    let params = json!({"notebookDocument": notebook, "cellTextDocuments": documents});
    editor.notify("notebookDocument/didOpen", params);
}

fn change(editor: &Editor, version: i64, cells: Value) {
    let params = json!({
        "notebookDocument": {"uri": editor.uri("n.ipynb"), "version": version},
        "change": {"cells": cells},
    });
    editor.notify("notebookDocument/didChange", params);
}

#[test]
fn a_finding_lands_in_its_cell_and_follows_it() {
    let second = SECOND.replace('\u{1f600}', "x");
    let mut editor = Setup::default().start();
    open(&editor, &[FIRST, &second]);
    let uris = [cell(&editor, 0), cell(&editor, 1), cell(&editor, 2)];
    assert!(editor.pushed_at(&uris[0], Some(1)).is_empty());
    let found = editor.pushed_at(&uris[1], Some(1));
    assert_eq!(rules(&found), [RULE]);
    assert_eq!(
        found[0]["range"]["start"],
        json!({"line": 2, "character": 4})
    );
    let related = list(&found[0]["relatedInformation"]);
    assert!(
        related
            .iter()
            .any(|each| each["location"]["uri"] == uris[0].as_str()
                && each["location"]["range"]["start"]["line"] == 1),
        "{related:#?}"
    );
    // A line more in the cell.
    let start = json!({"line": 0, "character": 0});
    let edit = json!([{"range": {"start": start, "end": start}, "text": "# \u{1f600}\n"}]);
    let target = json!({"uri": uris[1], "version": 2});
    change(
        &editor,
        2,
        json!({"textContent": [{"document": target, "changes": edit}]}),
    );
    let found = editor.pushed_at(&uris[1], Some(2));
    assert_eq!(found[0]["range"]["start"]["line"], 3);
    // A cell more between the two.
    let added = json!({
        "array": {"start": 1, "deleteCount": 0, "cells": [{"kind": 2, "document": uris[2]}]},
        "didOpen": [text_of(&editor, 2, "%%bash\nls")],
    });
    change(&editor, 3, json!({"structure": added}));
    assert!(editor.pushed_at(&uris[2], Some(1)).is_empty());
    let found = editor.pushed_at(&uris[1], Some(2));
    assert_eq!(found[0]["range"]["start"]["line"], 3);
    // The cell with the finding goes.
    let gone = json!({"array": {"start": 2, "deleteCount": 1}, "didClose": [{"uri": uris[1]}]});
    change(&editor, 4, json!({"structure": gone}));
    assert!(editor.pushed_at(&uris[1], None).is_empty());
}

#[test]
fn a_fix_is_made_in_the_cell() {
    let second = SECOND.replace('\u{1f600}', "x");
    let mut editor = Setup::default().start();
    open(&editor, &[FIRST, &second]);
    let uri = cell(&editor, 1);
    let found = editor.pushed_at(&uri, Some(1));
    let params = json!({
        "textDocument": {"uri": uri}, "range": found[0]["range"],
        "context": {"diagnostics": found, "only": ["quickfix"]},
    });
    let actions = list(&editor.request("textDocument/codeAction", params));
    let silence = actions
        .iter()
        .find(|each| each["title"].as_str().unwrap().contains("on this line"));
    let resolved = editor.request("codeAction/resolve", silence.unwrap().clone());
    let change = &resolved["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({"uri": uri, "version": 1}));
    let fixed = edited(&second, &list(&change["edits"]));
    assert!(
        fixed.contains("path.insert(0, item)  # looplint: ignore[front-insert]\n"),
        "{fixed}"
    );
    let shown = actions[0]["diagnostics"][0]["code"].as_str();
    assert_eq!(shown, Some(RULE));
}

#[test]
fn a_client_may_ask_for_a_cell() {
    let second = SECOND.replace('\u{1f600}', "x");
    let mut editor = Setup::pulling().start();
    open(&editor, &[FIRST, &second]);
    let uri = cell(&editor, 1);
    let report = editor.request(
        "textDocument/diagnostic",
        json!({"textDocument": {"uri": uri}}),
    );
    assert_eq!(report["items"][0]["code"], RULE);
    // From then on nothing is sent for this notebook.
    editor.take(|_| true);
    let target = json!({"uri": uri, "version": 2});
    let edit = json!([{"text": "pass\n"}]);
    change(
        &editor,
        2,
        json!({"textContent": [{"document": target, "changes": edit}]}),
    );
    let report = editor.request(
        "textDocument/diagnostic",
        json!({"textDocument": {"uri": uri}}),
    );
    assert_eq!(report["items"], json!([]));
    assert!(
        editor
            .take(|message| message["method"] == "textDocument/publishDiagnostics")
            .is_empty()
    );
}

#[test]
fn a_notebook_opened_as_its_json_is_left_alone() {
    let mut editor = Setup::pulling().start();
    let text =
        json!({"cells": [{"cell_type": "code", "source": SECOND}], "metadata": {}}).to_string();
    editor.open_as("n.ipynb", "json", &text);
    assert!(editor.pull("n.ipynb").is_empty());
}
