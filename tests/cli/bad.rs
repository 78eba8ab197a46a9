//! Bad input: one clear line with file and place, the rest is checked, no panic, no hang.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::Project;

/// A file beside the bad ones whose finding must not be lost.
const GOOD: &str =
    "def f(orders, ids: list):\n    return [order for order in orders if order in ids]\n";

fn check(project: &Project, arguments: &[&str]) -> String {
    let all = [&["check", "--output-format", "concise"], arguments].concat();
    project.run(&all).seen()
}

#[test]
fn bytes_that_are_no_source() {
    let project = Project::new(&[("good.py", GOOD), ("empty.py", ""), ("empty.ipynb", "")]);
    project.write("latin.py", b"x = 1\ny = '\xe9'\n");
    project.write("codec.py", b"# coding: klingon\nx = 1\n");
    project.write("nul.py", b"x = 1\n\0\n");
    project.write("utf16.py", b"\xff\xfex\0");
    project.write("syntax.py", GOOD.to_owned() + "def g(:\n    pass\n");
    project.write("only_bom.py", b"\xef\xbb\xbf");
    project.write("cut.ipynb", "{\"cells\": [{\"cell_type\": \"code\", \"sou");
    assert_snapshot!(check(&project, &[]), @r#"
    -- out
    good.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    syntax.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    codec.py:1:11: error encoding: unknown encoding "klingon"
    cut.ipynb: error syntax: not a notebook: EOF while parsing a string at line 1 column 37
    empty.ipynb: error syntax: an empty file is no notebook
    latin.py:2:6: error encoding: not UTF-8: byte 0xe9 in line 2, and no encoding is declared
    nul.py:2:1: error encoding: NUL byte in line 2, so this is no Python source
    syntax.py:3:7: error syntax: Expected a parameter or the end of the parameter list
    syntax.py:3:8: error syntax: Expected `)`, found newline
    utf16.py:1:1: error encoding: looks like UTF-16, which Python does not read as source
    -- err
    2 findings (2 warnings) in 2 of 10 files; 7 files not checked in full
    -- exit 1
    "#);
}

#[test]
fn paths_that_lead_nowhere() {
    let project = Project::new(&[("good.py", GOOD)]);
    assert_snapshot!(check(&project, &["missing"]), @"
    -- err
    looplint: missing does not exist

    hint: name files and folders to check; the default is `.`
    -- exit 2
    ");
    assert_snapshot!(check(&project, &["good.py", "missing.py"]), @"
    -- err
    looplint: missing.py does not exist

    hint: name files and folders to check; the default is `.`
    -- exit 2
    ");
    assert_snapshot!(check(&project, &["--stdin-filename", "x.py", "-", "missing"]), @"
    -- err
    looplint: `-` is standard input and stands alone

    hint: name the files in a run of their own
    -- exit 2
    ");
    let empty = Project::new(&[]);
    assert_snapshot!(check(&empty, &[]), @"
    -- err
    looplint: no Python files or agent traces here
    no findings in 0 files
    -- exit 0
    ");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;

    let project = Project::new(&[("good.py", GOOD), ("secret.py", ""), ("closed/a.py", GOOD)]);
    let none = fs::Permissions::from_mode(0o000);
    fs::set_permissions(project.path("secret.py"), none.clone()).unwrap();
    fs::set_permissions(project.path("closed"), none).unwrap();
    if fs::read(project.path("secret.py")).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    assert_snapshot!(check(&project, &[]), @"
    -- out
    good.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    closed: error unreadable: permission denied
    secret.py: error unreadable: permission denied
    -- err
    1 finding (1 warning) in 1 of 2 files; 2 files not checked in full
    -- exit 1
    ");
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.path("closed"), open).unwrap();
}

#[cfg(unix)]
#[test]
fn links_in_circles() {
    use std::os::unix::fs::symlink;

    let project = Project::new(&[("a/good.py", GOOD)]);
    symlink("..", project.path("a/up")).unwrap();
    symlink("self.py", project.path("self.py")).unwrap();
    symlink("nowhere.py", project.path("dangling.py")).unwrap();
    symlink("a/good.py", project.path("link.py")).unwrap();
    assert_snapshot!(check(&project, &[]), @"
    -- out
    a/good.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    link.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    2 findings (2 warnings) in 2 of 2 files
    -- exit 1
    ");
    assert_snapshot!(check(&project, &["self.py", "a/up/a/good.py"]), @"
    -- out
    a/up/a/good.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    self.py: error unreadable: too many levels of symbolic links
    -- err
    1 finding (1 warning) in 1 of 1 file; 1 file not checked in full
    -- exit 1
    ");
    assert_snapshot!(check(&project, &["dangling.py"]), @"
    -- err
    looplint: dangling.py does not exist

    hint: name files and folders to check; the default is `.`
    -- exit 2
    ");
}

#[test]
fn nesting_beyond_reason() {
    let project = Project::new(&[("good.py", GOOD)]);
    let deep = |open: &str, close: &str| open.repeat(100_000) + "1" + &close.repeat(100_000);
    project.write("brackets.py", deep("[", "]"));
    project.write("calls.py", deep("f(", ")"));
    project.write("unary.py", deep("-", ""));
    project.write("open.py", deep("(", ""));
    project.write("plus.py", "1 + ".repeat(100_000) + "1");
    project.write("attributes.py", String::from("a") + &".b".repeat(100_000));
    let mut blocks = String::new();
    for depth in 0..2_000 {
        blocks += &(" ".repeat(depth) + "if x:\n");
    }
    project.write("blocks.py", blocks + &" ".repeat(2_000) + "pass\n");
    assert_snapshot!(check(&project, &[]), @"
    -- out
    good.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    attributes.py:1:10002: error limit: nested more than 10000 deep, so this was not checked
    brackets.py:1:5001: error limit: nested more than 10000 deep, so this was not checked
    calls.py:1:6668: error limit: nested more than 10000 deep, so this was not checked
    open.py:1:5001: error limit: nested more than 10000 deep, so this was not checked
    plus.py:1:40003: error limit: nested more than 10000 deep, so this was not checked
    unary.py:1:10001: error limit: nested more than 10000 deep, so this was not checked
    -- err
    1 finding (1 warning) in 1 of 8 files; 6 files not checked in full
    -- exit 1
    ");
}

#[test]
fn a_source_of_fifty_megabytes() {
    let line = format!("DATA = '{}'\n", "x".repeat(10_000));
    let text = GOOD.to_owned() + &line.repeat(50 * 1024 * 1024 / line.len());
    let project = Project::new(&[("large.py", &text)]);
    assert_snapshot!(check(&project, &[]), @"
    -- out
    large.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    1 finding (1 warning) in 1 of 1 file
    -- exit 1
    ");
}

#[test]
fn json_that_is_no_trace_or_is_broken() {
    let project = Project::new(&[
        ("good.py", GOOD),
        ("package.json", "{\"name\": \"x\", \"version\": \"1\"}"),
        ("numbers.json", "[1, 2, 3]"),
        ("empty.json", ""),
        ("notes.txt", "hello"),
        ("cut.json", "{\"name\": \"x\", "),
        (
            "cut_trace.json",
            "[{\"role\": \"user\", \"content\": \"hello\"}, {\"role\": \"assistant\", \"cont",
        ),
    ]);
    let deep = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
    let trace = format!(
        "[{{\"role\": \"user\", \"content\": \"go\"}}, {{\"role\": \"assistant\", \"content\": \"ok\", \"extra\": {deep}}}]"
    );
    project.write("deep_trace.json", trace);
    project.write("deep.json", "[".repeat(100_000) + &"]".repeat(100_000));
    // In a walk these are none of our business; named, each is explained.
    assert_snapshot!(check(&project, &[]), @"
    -- out
    good.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    1 finding (1 warning) in 1 of 3 files
    -- exit 1
    ");
    let named = [
        "package.json",
        "numbers.json",
        "empty.json",
        "notes.txt",
        "cut.json",
        "cut_trace.json",
        "deep_trace.json",
        "deep.json",
    ];
    assert_snapshot!(check(&project, &named), @"
    -- out
    cut.json: error unrecognised: this is neither Python nor an agent trace
    cut_trace.json:1:1: error unrecognised: no run of an agent was recognised: a list of JSON with the keys `role`, `content`
    cut_trace.json:1:62: error syntax: the JSON ends in the middle of a key
    deep.json: error unrecognised: this is neither Python nor an agent trace
    empty.json: error unrecognised: this is neither Python nor an agent trace
    notes.txt: error unrecognised: this is neither Python nor an agent trace
    numbers.json: error unrecognised: this is neither Python nor an agent trace
    package.json: error unrecognised: this is neither Python nor an agent trace
    -- err
    no findings in 8 files; 7 files not checked in full
    -- exit 1
    ");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let project = Project::new(&[]);
    for at in 0..300 {
        project.write(&format!("a{at}.py"), GOOD);
    }
    let mut child = project
        .command("", &["check", "--output-format", "full"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_nothing_half_is_left() {
    let project = Project::new(&[("good.py", GOOD), ("out.json", "old")]);
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").unwrap());
    let mut command = project.command("", &["check", "--json"]);
    let output = command.stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_snapshot!(said, @"
    looplint: the report cannot be written to standard output
      because No space left on device (os error 28)
    ");
    // Standard error that is full silences nothing else.
    let mut command = project.command("", &["check", "--output-format", "concise"]);
    let output = command.stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!output.stdout.is_empty());
    // A limit on the size of files stands for a full disk.
    let program = env!("CARGO_BIN_EXE_looplint");
    let script = format!("trap '' XFSZ; ulimit -f 0; exec '{program}' check --json -o out.json");
    let mut command = std::process::Command::new("sh");
    let output = command
        .args(["-c", &script])
        .current_dir(project.path(""))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(project.read("out.json"), "old");
    assert_eq!(fs::read_dir(project.path("")).unwrap().count(), 2);
}
