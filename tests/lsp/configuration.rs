//! Settings: the editor's and the files', folder by folder, never old, and never lost when one is broken.

use serde_json::{Value, json};

use crate::editor::{Settings, Setup, is_report, rules};
use crate::{RULE, SLOW};

#[test]
fn a_configuration_that_changes_on_the_disk_is_noticed_without_a_word_from_the_editor() {
    let mut editor = Setup::pulling().start();
    editor.open("a.py", SLOW);
    assert_eq!(rules(&editor.pull("a.py")), [RULE]);
    editor.write("looplint.toml", "ignore = [\"front-insert\"]\n");
    editor.until("a.py", <[Value]>::is_empty);
    std::fs::remove_file(editor.path("looplint.toml")).unwrap();
    editor.until("a.py", |found| found.len() == 1);
    // A nearer one that appears counts.
    editor.write(
        "pyproject.toml",
        "[tool.looplint]\nignore = [\"front-insert\"]\n",
    );
    editor.until("a.py", <[Value]>::is_empty);
}

#[test]
fn a_save_is_reason_enough_to_look() {
    let mut editor = Setup::default().start();
    editor.open("a.py", SLOW);
    assert_eq!(editor.pushed("a.py", Some(1)).len(), 1);
    editor.write("looplint.toml", "ignore = [\"front-insert\"]\n");
    // Looks at the disk are at least a second apart.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    editor.save("a.py");
    assert!(editor.pushed("a.py", Some(1)).is_empty());
}

#[test]
fn the_editor_says_when_a_file_changes() {
    let mut setup = Setup::default();
    setup.capabilities["workspace"]["didChangeWatchedFiles"] = json!({"dynamicRegistration": true});
    let mut editor = setup.start();
    let asked = editor.wait(|message| message["method"] == "client/registerCapability");
    let watchers = asked["params"]["registrations"][0]["registerOptions"]["watchers"].to_string();
    assert!(
        watchers.contains("**/looplint.toml") && watchers.contains("**/pyproject.toml"),
        "{watchers}"
    );
    editor.open("a.py", SLOW);
    assert_eq!(editor.pushed("a.py", Some(1)).len(), 1);
    editor.write("looplint.toml", "ignore = [\"front-insert\"]\n");
    let change = json!({"changes": [{"uri": editor.uri("looplint.toml"), "type": 2}]});
    editor.notify("workspace/didChangeWatchedFiles", change);
    assert!(editor.pushed("a.py", Some(1)).is_empty());
}

#[test]
fn a_client_that_asks_is_told_to_ask_again() {
    let mut editor = Setup::pulling().start();
    editor.open("a.py", SLOW);
    assert_eq!(editor.pull("a.py").len(), 1);
    editor.write("looplint.toml", "ignore = [\"front-insert\"]\n");
    editor.notify("workspace/didChangeWatchedFiles", json!({"changes": []}));
    editor.wait(|message| message["method"] == "workspace/diagnostic/refresh");
    assert!(editor.pull("a.py").is_empty());
}

#[test]
fn a_broken_configuration_leaves_the_last_good_one_in_force_and_is_told_in_the_file() {
    let good = "ignore = [\"front-insert\"]\n";
    let mut editor = Setup::pulling().file("looplint.toml", good).start();
    editor.open("a.py", SLOW);
    assert!(editor.pull("a.py").is_empty());
    let uri = editor.uri("looplint.toml");
    editor.write(
        "looplint.toml",
        "assume-size = 10\nignor = [\"front-insert\"]\n",
    );
    editor.notify("workspace/didChangeWatchedFiles", json!({"changes": []}));
    assert!(editor.pull("a.py").is_empty());
    let told = editor.wait(|message| is_report(message, &uri));
    let mistake = &told["params"]["diagnostics"][0];
    assert_eq!(
        mistake["range"]["start"],
        json!({"line": 1, "character": 0}),
        "{mistake:#}"
    );
    assert_eq!(mistake["severity"], 1);
    let message = mistake["message"].as_str().unwrap();
    assert!(
        message.contains("ignor") && message.contains("last good"),
        "{message}"
    );
    editor.write("looplint.toml", "assume-size = 10\n");
    editor.notify("workspace/didChangeWatchedFiles", json!({"changes": []}));
    assert_eq!(rules(&editor.pull("a.py")), [RULE]);
    let told = editor.wait(|message| is_report(message, &uri));
    assert_eq!(told["params"]["diagnostics"], json!([]));
}

#[test]
fn a_configuration_that_is_broken_from_the_start_does_not_stop_the_checks() {
    let mut editor = Setup::default()
        .file("looplint.toml", "assume-size = \n")
        .start();
    editor.open("a.py", SLOW);
    assert_eq!(rules(&editor.pushed("a.py", Some(1))), [RULE]);
    assert_eq!(editor.pushed("looplint.toml", None).len(), 1);
}

#[test]
fn the_editors_settings_hold_folder_by_folder() {
    let settings = Settings {
        general: Value::Null,
        of_folder: vec![("two".to_owned(), json!({"ignore": [RULE]}))],
    };
    let setup = Setup {
        folders: vec!["one", "two"],
        settings,
        ..Setup::pulling()
    };
    let mut editor = setup.file("one/a.py", SLOW).file("two/a.py", SLOW).start();
    editor.open("one/a.py", SLOW);
    editor.open("two/a.py", SLOW);
    assert_eq!(editor.pull("one/a.py").len(), 1);
    assert_eq!(editor.pull("two/a.py").len(), 0);
    // They change while the server runs.
    editor.set_settings(Settings {
        general: json!({"ignore": [RULE]}),
        of_folder: vec![("two".to_owned(), json!({}))],
    });
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": null}),
    );
    editor.until("one/a.py", <[Value]>::is_empty);
    editor.until("two/a.py", |found| found.len() == 1);
    // A folder goes, another comes.
    let folder = |name: &str| json!({"uri": editor.uri(name), "name": name});
    let event = json!({"event": {"removed": [folder("two")], "added": [folder("three")]}});
    editor.notify("workspace/didChangeWorkspaceFolders", event);
    editor.until("two/a.py", <[Value]>::is_empty);
}

#[test]
fn options_at_the_start_stand_in_where_the_editor_is_not_asked() {
    let mut setup = Setup::pulling().options(json!({"settings": {"ignore": [RULE]}}));
    setup.capabilities["workspace"]["configuration"] = json!(false);
    let mut editor = setup.start();
    editor.open("a.py", SLOW);
    assert!(editor.pull("a.py").is_empty());
    let settings = json!({"settings": {"looplint": {"ignore": []}}});
    editor.notify("workspace/didChangeConfiguration", settings);
    editor.until("a.py", |found| found.len() == 1);
}

#[test]
fn who_wins_is_the_users_choice() {
    let cases = [
        (json!({"select": ["trace"]}), 0),
        (
            json!({"select": ["trace"], "configurationPreference": "filesystemFirst"}),
            1,
        ),
        (
            json!({"configurationPreference": "editorOnly", "ignore": [RULE]}),
            0,
        ),
        (
            json!({"configuration": {"ignore": [RULE], "per-file-ignores": {"x": [RULE]}}}),
            0,
        ),
        (json!({"configuration": "other.toml"}), 0),
        (json!({"enable": false}), 0),
        (json!({"minSlowdown": 1e12}), 0),
        (json!({}), 1),
    ];
    for (options, n) in cases {
        let file = "select = [\"front-insert\"]\n";
        let other = "ignore = [\"front-insert\"]\n";
        let setup = Setup::pulling()
            .file("looplint.toml", file)
            .file("other.toml", other);
        let mut editor = setup.options(options.clone()).start();
        editor.open("a.py", SLOW);
        assert_eq!(editor.pull("a.py").len(), n, "{options}");
    }
}

#[test]
fn a_mistake_in_the_editors_settings_is_shown_and_the_rest_holds() {
    let options = json!({"ignore": ["no-such-rule"], "codeLens": 3});
    let mut editor = Setup::pulling().options(options).start();
    editor.open("a.py", SLOW);
    assert_eq!(rules(&editor.pull("a.py")), [RULE]);
    let shown = editor.wait(|message| message["method"] == "window/showMessage");
    assert!(
        shown["params"]["message"]
            .as_str()
            .unwrap()
            .contains("no-such-rule"),
        "{shown}"
    );
    let logged = editor.wait(|message| message["method"] == "window/logMessage");
    assert!(
        logged["params"]["message"]
            .as_str()
            .unwrap()
            .contains("codeLens"),
        "{logged}"
    );
}

#[test]
fn excluded_files_are_not_checked() {
    let mut editor = Setup::pulling()
        .file("looplint.toml", "exclude = [\"gen\"]\n")
        .start();
    editor.open("gen/a.py", SLOW);
    editor.open("a.py", SLOW);
    assert!(editor.pull("gen/a.py").is_empty());
    assert_eq!(editor.pull("a.py").len(), 1);
}

#[test]
fn the_client_may_know_what_governs_a_file() {
    let mut editor = Setup::pulling()
        .options(json!({"statusNotification": true}))
        .start();
    editor.open("a.py", SLOW);
    editor.pull("a.py");
    let told = editor.wait(|message| message["method"] == "looplint/status");
    let config = editor.path("looplint.toml");
    assert_eq!(
        told["params"]["configuration"],
        config.to_string_lossy().as_ref()
    );
    assert_eq!(told["params"]["uri"], editor.uri("a.py"));
    let asked = editor.request("looplint/status", json!({"uri": editor.uri("b.py")}));
    assert_eq!(asked["error"], Value::Null);
    assert_eq!(asked["version"], env!("CARGO_PKG_VERSION"));
}
