//! What an editor asks about a finding: fixes, silence, explanations, hovers, hints, lenses.

use serde_json::{Value, json};

use crate::editor::{Editor, Setup, edited, list, rules};
use crate::{FAST, RULE, SLOW};

/// A set that is built in every iteration: its fix may raise where the loop does not run.
const REBUILT: &str = "\
def run(items, known):
    return [item for item in items if item in set(known)]
";

fn title(action: &Value) -> &str {
    action["title"].as_str().unwrap()
}

fn action_with(actions: &[Value], words: &str) -> Value {
    let found = actions.iter().find(|action| title(action).contains(words));
    let titles: Vec<&str> = actions.iter().map(title).collect();
    found
        .unwrap_or_else(|| panic!("no `{words}` in {titles:?}"))
        .clone()
}

#[test]
fn a_safe_fix_is_preferred_and_makes_the_code_silent() {
    let mut editor = Setup::default().start();
    editor.open("a.py", SLOW);
    let found = editor.pushed("a.py", Some(1));
    let actions = editor.actions("a.py", &found[0]["range"], Some("quickfix"));
    let fix = actions
        .iter()
        .find(|action| action["isPreferred"] == true)
        .unwrap()
        .clone();
    assert!(fix.get("edit").is_none(), "an edit before it is asked for");
    let edits = editor.edits("a.py", &fix);
    assert_eq!(edited(SLOW, &edits), FAST);
    // An action of a text that has changed since is refused.
    editor.change("a.py", 2, &format!("\n{SLOW}"));
    let id = editor.ask("codeAction/resolve", fix);
    assert_eq!(editor.answer_to(id)["error"]["code"], -32801);
}

#[test]
fn an_unsafe_fix_says_why() {
    let mut editor = Setup::default().start();
    editor.open("a.py", REBUILT);
    let found = editor.pushed("a.py", Some(1));
    let actions = editor.actions("a.py", &found[0]["range"], None);
    let fix = action_with(&actions, "(unsafe: ");
    assert_eq!(fix["isPreferred"], false);
    assert!(edited(REBUILT, &editor.edits("a.py", &fix)).contains("known_set"));
}

#[test]
fn everything_safe_is_fixed_at_once_and_nothing_else() {
    let mut editor = Setup::default().start();
    let text = format!("{SLOW}\n{REBUILT}\n{}", SLOW.replace("run", "more"));
    editor.open("a.py", &text);
    editor.pushed("a.py", Some(1));
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    let actions = editor.actions("a.py", &whole, Some("source.fixAll"));
    assert_eq!(actions.len(), 1, "{actions:#?}");
    assert_eq!(actions[0]["kind"], "source.fixAll.looplint");
    let fixed = edited(&text, &editor.edits("a.py", &actions[0]));
    assert_eq!(
        fixed,
        format!("{FAST}\n{REBUILT}\n{}", FAST.replace("run", "more"))
    );
    assert!(
        editor
            .actions("a.py", &whole, Some("source.organizeImports"))
            .is_empty()
    );
}

#[test]
fn a_client_that_cannot_ask_later_gets_the_edit_at_once() {
    let mut setup = Setup::default();
    setup.capabilities["textDocument"]["codeAction"] = json!({});
    setup.capabilities["workspace"]["workspaceEdit"] = json!({});
    let mut editor = setup.start();
    editor.open("a.py", SLOW);
    let found = editor.pushed("a.py", Some(1));
    let actions = editor.actions("a.py", &found[0]["range"], None);
    let edits = list(&actions[0]["edit"]["changes"][editor.uri("a.py")]);
    assert_eq!(edited(SLOW, &edits), FAST);
}

#[test]
fn a_finding_is_silenced_on_its_line_in_its_file_or_by_configuration() {
    for (words, wanted) in [
        ("on this line", "  # looplint: ignore[front-insert]"),
        ("in this file", "# looplint: file-ignore[front-insert]\n"),
    ] {
        let mut editor = Setup::default().start();
        editor.open("a.py", SLOW);
        let found = editor.pushed("a.py", Some(1));
        let actions = editor.actions("a.py", &found[0]["range"], None);
        let edits = editor.edits("a.py", &action_with(&actions, words));
        assert_eq!(edits[0]["newText"], wanted);
        editor.change("a.py", 2, &edited(SLOW, &edits));
        assert!(editor.pushed("a.py", Some(2)).is_empty());
    }
    let mut editor = Setup::pulling()
        .file("looplint.toml", "# ours\nassume-size = 500\n")
        .start();
    editor.open("src/a.py", SLOW);
    let found = editor.pull("src/a.py");
    let actions = editor.actions("src/a.py", &found[0]["range"], None);
    let edits = editor.edits(
        "looplint.toml",
        &action_with(&actions, "in the configuration"),
    );
    let config = edited("# ours\nassume-size = 500\n", &edits);
    assert!(
        config.contains("\"src/a.py\" = [\"front-insert\"]"),
        "{config}"
    );
    editor.write("looplint.toml", &config);
    editor.until("src/a.py", <[Value]>::is_empty);
}

#[test]
fn a_hover_tells_the_finding_its_proof_and_the_page() {
    let mut editor = Setup::default().start();
    editor.open("a.py", SLOW);
    let found = editor.pushed("a.py", Some(1));
    let text = editor.hover("a.py", &found[0]["range"]["start"]);
    for words in [
        "**front-insert** (warning, proven)",
        found[0]["message"].as_str().unwrap(),
        "**Cost**: O(",
        "**Seen**",
        "line 3: ",
        "**Fix**: ",
        "(safe)",
        "# front-insert",
        "Instead:",
    ] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    assert!(
        !text.contains("def data(n)"),
        "what only tests need\n{text}"
    );
    assert_eq!(
        editor.hover("a.py", &json!({"line": 0, "character": 0})),
        ""
    );
}

#[test]
fn a_hover_on_a_silencing_comment_tells_the_rule() {
    let mut editor = Setup::default().start();
    let text = SLOW.replace(
        "insert(0, item)",
        "insert(0, item)  # looplint: ignore[front-insert] short",
    );
    editor.open("a.py", &text);
    assert!(editor.pushed("a.py", Some(1)).is_empty());
    let column = text.lines().nth(3).unwrap().find("front-insert").unwrap();
    let hover = editor.hover("a.py", &json!({"line": 3, "character": column + 2}));
    assert!(hover.starts_with("# front-insert"), "{hover}");
}

#[test]
fn a_client_without_markdown_gets_plain_text() {
    let mut setup = Setup::default();
    setup.capabilities["textDocument"]["hover"] = json!({"contentFormat": ["plaintext"]});
    let mut editor = setup.start();
    editor.open("a.py", SLOW);
    let found = editor.pushed("a.py", Some(1));
    let text = editor.hover("a.py", &found[0]["range"]["start"]);
    assert!(
        text.starts_with("front-insert (") && !text.contains("```"),
        "{text}"
    );
}

fn marks(editor: &mut Editor, name: &str) -> (Value, Value) {
    let mut params = editor.document(name);
    let lenses = editor.request("textDocument/codeLens", params.clone());
    params["range"] =
        json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    (editor.request("textDocument/inlayHint", params), lenses)
}

#[test]
fn costs_and_counts_stand_in_the_text_only_for_those_who_want_them() {
    let mut editor = Setup::default().start();
    editor.open("a.py", SLOW);
    editor.pushed("a.py", Some(1));
    assert_eq!(marks(&mut editor, "a.py"), (Value::Null, Value::Null));
    let mut editor = Setup::default()
        .options(json!({"inlayHints": true, "codeLens": true}))
        .start();
    editor.open("a.py", SLOW);
    editor.pushed("a.py", Some(1));
    let (hints, lenses) = marks(&mut editor, "a.py");
    // At the end of the loop's header, not at the finding.
    assert_eq!(hints[0]["position"]["line"], 2, "{hints:#}");
    assert!(
        hints[0]["label"].as_str().unwrap().starts_with("~O("),
        "{hints:#}"
    );
    assert_eq!(lenses[0]["range"]["start"]["line"], 0, "{lenses:#}");
    assert!(
        lenses[0]["command"]["title"]
            .as_str()
            .unwrap()
            .starts_with("1 finding"),
        "{lenses:#}"
    );
}

#[test]
fn an_explanation_can_be_asked_for() {
    let mut editor = Setup::default().start();
    editor.open("a.py", SLOW);
    let found = editor.pushed("a.py", Some(1));
    let actions = editor.actions("a.py", &found[0]["range"], None);
    let command = action_with(&actions, "Explain")["command"].clone();
    let params = json!({"command": command["command"], "arguments": command["arguments"]});
    let told = editor.request("workspace/executeCommand", params);
    assert!(
        told["markdown"].as_str().unwrap().contains("**Seen**"),
        "{told:#}"
    );
    let shown = editor.wait(|message| message["method"] == "window/showMessage");
    assert!(shown["params"]["message"].as_str().unwrap().contains(RULE));
    let mut own = Setup::default()
        .options(json!({"clientCommands": ["looplint.explainFinding"]}))
        .start();
    own.open("a.py", SLOW);
    own.pushed("a.py", Some(1));
    let actions = own.actions("a.py", &found[0]["range"], None);
    assert_eq!(
        action_with(&actions, "Explain")["command"]["command"],
        "looplint.explainFinding"
    );
    let info = json!({"command": "looplint.server.debugInformation"});
    let info = own.request("workspace/executeCommand", info);
    assert!(
        info.as_str()
            .unwrap()
            .contains("a.py version 1, 1 findings"),
        "{info}"
    );
}

#[test]
fn a_request_that_is_cancelled_says_so() {
    let mut editor = Setup::pulling().start();
    let text: String = (0..3000)
        .map(|at| SLOW.replace("run", &format!("run{at}")))
        .collect();
    editor.open("a.py", &text);
    let params = editor.document("a.py");
    let id = editor.ask("textDocument/diagnostic", params);
    editor.notify("$/cancelRequest", json!({"id": id}));
    assert_eq!(editor.answer_to(id)["error"]["code"], -32800);
    assert_eq!(rules(&editor.pull("a.py")).len(), 3000);
}
