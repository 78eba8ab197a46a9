//! Reports: sent and asked for, always of the newest text, in the columns that both sides know.

use serde_json::{Value, json};

use crate::editor::{Setup, framed, is_report, rules};
use crate::{FAST, RULE, SLOW};

#[test]
fn a_report_is_sent_for_every_version_and_the_empty_one_too() {
    let mut editor = Setup::default().start();
    editor.open("a.py", SLOW);
    let found = editor.pushed("a.py", Some(1));
    assert_eq!(rules(&found), [RULE]);
    let finding = &found[0];
    assert_eq!(finding["source"], "looplint");
    assert_eq!(finding["severity"], 2);
    assert_eq!(
        finding["range"]["start"],
        json!({"line": 3, "character": 8})
    );
    assert!(!finding["message"].as_str().unwrap().is_empty());
    let href = finding["codeDescription"]["href"].as_str().unwrap();
    assert!(href.ends_with("/rules/python/front-insert"), "{href}");
    let related = &finding["relatedInformation"][0];
    assert_eq!(related["location"]["uri"], editor.uri("a.py"));
    assert!(
        related["location"]["range"]["start"]["line"]
            .as_u64()
            .unwrap()
            < 3
    );
    editor.change("a.py", 2, FAST);
    assert!(editor.pushed("a.py", Some(2)).is_empty());
    editor.change("a.py", 3, SLOW);
    assert_eq!(editor.pushed("a.py", Some(3)).len(), 1);
    editor.close("a.py");
    assert!(editor.pushed("a.py", None).is_empty());
}

#[test]
fn a_client_that_asks_is_not_sent_anything_and_learns_what_has_not_changed() {
    let mut editor = Setup::pulling().start();
    editor.open("a.py", SLOW);
    let params = editor.document("a.py");
    let first = editor.request("textDocument/diagnostic", params.clone());
    assert_eq!(first["kind"], "full");
    assert_eq!(first["items"][0]["code"], RULE);
    let mut again = params.clone();
    again["previousResultId"] = first["resultId"].clone();
    let second = editor.request("textDocument/diagnostic", again.clone());
    assert_eq!(
        second,
        json!({"kind": "unchanged", "resultId": first["resultId"]})
    );
    // The same findings at the same places are the same report, whatever the version.
    editor.change("a.py", 2, &format!("{SLOW}# more\n"));
    let third = editor.request("textDocument/diagnostic", again.clone());
    assert_eq!(third["kind"], "unchanged");
    editor.change("a.py", 3, FAST);
    let fourth = editor.request("textDocument/diagnostic", again);
    assert_eq!(
        (&fourth["kind"], &fourth["items"]),
        (&json!("full"), &json!([]))
    );
    let unknown = json!({"textDocument": {"uri": "file:///not/open.py"}});
    let unknown = editor.request("textDocument/diagnostic", unknown);
    assert_eq!(unknown["items"], json!([]));
    assert!(
        editor
            .take(|message| message["method"] == "textDocument/publishDiagnostics")
            .is_empty()
    );
}

#[test]
fn columns_are_counted_as_agreed() {
    // One character that is four bytes and two units of UTF-16, and one that is two bytes, before the finding.
    let text = SLOW.replace(
        "        path.insert",
        "        \"\u{1f600}\u{e9}\"; path.insert",
    );
    for (encodings, name, column) in [
        (&["utf-8", "utf-16"][..], "utf-8", 18),
        (&["utf-16"][..], "utf-16", 15),
        (&["utf-32", "utf-16"][..], "utf-32", 14),
        (&[][..], "utf-16", 15),
    ] {
        let mut editor = Setup::default().encodings(encodings).start();
        assert_eq!(editor.answer["capabilities"]["positionEncoding"], name);
        editor.open("a.py", &text);
        let found = editor.pushed("a.py", Some(1));
        assert_eq!(
            found[0]["range"]["start"],
            json!({"line": 3, "character": column}),
            "{name}"
        );
        // A change behind both characters reaches the same place.
        let end = json!({"line": 3, "character": column});
        let change = json!([{"range": {"start": end, "end": end}, "text": "1; "}]);
        editor.change_by("a.py", 2, change);
        let found = editor.pushed("a.py", Some(2));
        assert_eq!(
            found[0]["range"]["start"]["character"],
            column + 3,
            "{name}"
        );
    }
}

#[test]
fn a_burst_of_changes_is_checked_as_one() {
    let mut editor = Setup::default().start();
    let text: String = (0..400)
        .map(|at| SLOW.replace("run", &format!("run{at}")))
        .collect();
    editor.open("a.py", &text);
    assert_eq!(editor.pushed("a.py", Some(1)).len(), 400);
    let uri = editor.uri("a.py");
    let mut bytes = Vec::new();
    for version in 2..32 {
        let start = json!({"line": 0, "character": 0});
        let change = json!([{"range": {"start": start, "end": start}, "text": "#\n"}]);
        let params =
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": change});
        let message =
            json!({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params});
        bytes.extend(framed(&message));
    }
    editor.send_raw(&bytes);
    let found = editor.pushed("a.py", Some(31));
    assert_eq!(found.len(), 400);
    assert_eq!(found[0]["range"]["start"]["line"], 33);
    let reports = editor.take(|message| is_report(message, &uri));
    assert!(reports.len() < 3, "{} more reports", reports.len());
}

#[test]
fn no_report_is_of_an_older_text() {
    let mut editor = Setup::default().start();
    editor.open("a.py", SLOW);
    assert_eq!(editor.pushed("a.py", Some(1)).len(), 1);
    for version in 2..200 {
        let (text, n) = if version % 2 == 0 {
            (FAST, 0)
        } else {
            (SLOW, 1)
        };
        editor.change("a.py", version, text);
        // Sometimes the next change comes before the report.
        if version % 5 != 0 {
            assert_eq!(
                editor.pushed("a.py", Some(version)).len(),
                n,
                "version {version}"
            );
        }
    }
    let late = editor.take(|message| message["params"]["version"].as_i64() > Some(1));
    for report in late {
        let version = report["params"]["version"].as_i64().unwrap();
        let n = report["params"]["diagnostics"].as_array().unwrap().len() as i64;
        assert_eq!(n, version % 2, "version {version}");
    }
}

#[test]
fn many_changes_in_one_message_are_applied_in_order() {
    let mut editor = Setup::pulling().start();
    editor.open("a.py", "");
    let at = |line: u64, character: u64| json!({"line": line, "character": character});
    let insert = |line, text: &str| json!({"range": {"start": at(line, 0), "end": at(line, 0)}, "text": text});
    let mut changes: Vec<Value> = SLOW
        .lines()
        .rev()
        .map(|line| insert(0, &format!("{line}\n")))
        .collect();
    changes.push(json!({"range": {"start": at(3, 8), "end": at(3, 12)}, "text": "path"}));
    editor.change_by("a.py", 2, Value::Array(changes));
    assert_eq!(rules(&editor.pull("a.py")), [RULE]);
}

#[test]
fn broken_code_is_checked_as_far_as_it_goes() {
    let mut editor = Setup::default().start();
    editor.open("a.py", &format!("{SLOW}\ndef half(:\n"));
    let found = editor.pushed("a.py", Some(1));
    let codes = rules(&found);
    assert!(
        codes.contains(&RULE) && codes.contains(&"syntax"),
        "{codes:?}"
    );
    let mut quiet = Setup::default()
        .options(json!({"showSyntaxErrors": false}))
        .start();
    quiet.open("a.py", &format!("{SLOW}\ndef half(:\n"));
    assert_eq!(rules(&quiet.pushed("a.py", Some(1))), [RULE]);
}

#[test]
fn a_text_without_a_file_is_checked_by_its_language() {
    let mut editor = Setup::default().start();
    let uri = "untitled:Untitled-1";
    let document = json!({"uri": uri, "languageId": "python", "version": 1, "text": SLOW});
    editor.notify("textDocument/didOpen", json!({"textDocument": document}));
    assert_eq!(rules(&editor.pushed_at(uri, Some(1))), [RULE]);
}

#[test]
fn other_files_are_none_of_our_business() {
    let mut editor = Setup::default().start();
    editor.open_as("package.json", "json", "{\"name\": \"x\", \"data\": []}");
    editor.open_as("notes.md", "markdown", SLOW);
    editor.open("a.py", SLOW);
    editor.pushed("a.py", Some(1));
    let others = editor.take(|message| message["method"] == "textDocument/publishDiagnostics");
    assert!(others.is_empty(), "{others:#?}");
}
