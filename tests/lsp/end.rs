//! How a session ends, and what does not end it.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::editor::{Editor, Setup, command, rules};
use crate::{RULE, SLOW};

#[test]
fn it_ends_when_the_input_does() {
    let mut editor = Setup::default().start();
    editor.open("a.py", SLOW);
    editor.hang_up();
    assert_eq!(editor.ended().code(), Some(0));
}

#[test]
fn it_ends_at_exit_while_the_input_stays_open() {
    let mut editor = Setup::default().start();
    editor.request("shutdown", Value::Null);
    let id = editor.ask("textDocument/hover", json!({}));
    assert_eq!(editor.answer_to(id)["error"]["code"], -32600);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.ended().code(), Some(0));
}

#[test]
fn an_exit_without_a_shutdown_is_told_by_the_code() {
    let mut editor = Setup::default().start();
    editor.notify("exit", Value::Null);
    assert_eq!(editor.ended().code(), Some(1));
}

#[test]
fn what_was_asked_before_the_input_ended_is_answered() {
    let mut editor = Setup::pulling().start();
    editor.open("a.py", SLOW);
    let params = editor.document("a.py");
    let id = editor.ask("textDocument/diagnostic", params);
    editor.hang_up();
    assert_eq!(editor.answer_to(id)["result"]["items"][0]["code"], RULE);
    assert_eq!(editor.ended().code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn it_ends_when_the_editor_is_gone() {
    let mut shell = Command::new("sleep")
        .arg("600")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let setup = Setup {
        process: Some(shell.id()),
        ..Setup::default()
    };
    let mut editor = setup.start();
    shell.kill().unwrap();
    // Not waited for: a process that has ended is gone even while its parent does not look.
    assert_eq!(editor.ended().code(), Some(0));
    shell.wait().unwrap();
}

#[test]
fn what_is_no_message_is_answered_and_survived() {
    let mut editor = Setup::pulling().start();
    for (body, code) in [
        ("{\"jsonrpc\":\"2.0\",", -32700),
        ("[]", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":{}}", -32600),
        ("\u{1}", -32700),
    ] {
        editor.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        let answer =
            editor.wait(|message| message["id"].is_null() && message.get("error").is_some());
        assert_eq!(answer["error"]["code"], code, "{body}");
    }
    editor.send_raw(b"no header at all\r\n\r\n");
    editor.wait(|message| message["id"].is_null() && message["error"]["code"] == -32700);
    let id = editor.ask("looplint/nonsense", json!({}));
    assert_eq!(editor.answer_to(id)["error"]["code"], -32601);
    let id = editor.ask("textDocument/hover", json!({"textDocument": 3}));
    assert_eq!(editor.answer_to(id)["error"]["code"], -32602);
    editor.open("a.py", SLOW);
    assert_eq!(rules(&editor.pull("a.py")), [RULE]);
}

#[test]
fn half_a_character_from_an_editor_does_not_lose_the_text() {
    let mut editor = Setup::pulling().start();
    let uri = editor.uri("a.py");
    let text = SLOW.replace('\n', "\\n");
    let body = format!(
        r##"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{{"uri":"{uri}","languageId":"python","version":1,"text":"# \ud83d\n{text}"}}}}}}"##
    );
    editor.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert_eq!(editor.pull("a.py")[0]["range"]["start"]["line"], 4);
}

#[test]
#[cfg(target_os = "linux")]
fn memory_stays_bounded_when_many_files_come_and_go() {
    let mut editor = Setup::default().start();
    let text: String = (0..5)
        .map(|at| SLOW.replace("run", &format!("run{at}")))
        .collect();
    let visit = |editor: &mut Editor, from: usize, to: usize| {
        for at in from..to {
            let name = format!("file_{at}.py");
            editor.open(&name, &text);
            assert_eq!(editor.pushed(&name, Some(1)).len(), 5);
            editor.close(&name);
            assert!(editor.pushed(&name, None).is_empty());
        }
    };
    visit(&mut editor, 0, 200);
    let before = resident_kib(editor.process());
    visit(&mut editor, 200, 2000);
    let after = resident_kib(editor.process());
    assert!(after < before + 8 * 1024, "{before} KiB became {after} KiB");
}

#[cfg(target_os = "linux")]
fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn only_one_way_to_talk_is_offered() {
    for flag in ["--node-ipc", "--pipe=x", "--socket=1"] {
        let output = command(&["server", flag]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("is not supported") && said.contains("hint:"),
            "{said}"
        );
    }
}
