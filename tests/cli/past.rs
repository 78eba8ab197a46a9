//! Old findings: the baseline, and what git says is new.

use insta::assert_snapshot;

use crate::Project;

/// A function whose loop searches the list `name`.
fn search(function: &str, name: &str) -> String {
    format!(
        "def {function}(orders, {name}: list):\n\
         \x20   n = 0\n\
         \x20   for order in orders:\n\
         \x20       if order in {name}:\n\
         \x20           n += 1\n\
         \x20   return n\n\n\n"
    )
}

const CHECK: [&str; 5] = [
    "check",
    "--select",
    "list-membership-in-loop",
    "--output-format",
    "concise",
];

fn check(project: &Project, arguments: &[&str]) -> String {
    project.run(&[&CHECK[..], arguments].concat()).seen()
}

#[test]
fn a_baseline_hides_what_was_there_and_nothing_else() {
    let project = Project::new(&[
        ("looplint.toml", "select = [\"list-membership-in-loop\"]\n"),
        ("src/a.py", &(search("one", "ids") + &search("two", "ids"))),
        ("b.py", &search("one", "names")),
    ]);
    assert_snapshot!(project.run(&["baseline"]).seen(), @"
    -- err
    .looplint-baseline.jsonl: 3 findings, 3 new, 0 gone
    -- exit 0
    ");
    assert_snapshot!(project.read(".looplint-baseline.jsonl"), @r#"
    {"looplint-baseline":1}
    {"path":"b.py","rule":"list-membership-in-loop","text":"if order in names:"}
    {"path":"src/a.py","rule":"list-membership-in-loop","text":"if order in ids:"}
    {"path":"src/a.py","rule":"list-membership-in-loop","text":"if order in ids:","nth":2}
    "#);
    assert_snapshot!(check(&project, &[]), @"
    -- err
    no findings in 2 files; 3 silenced
    -- exit 0
    ");
    assert_snapshot!(check(&project, &["--no-baseline"]), @"
    -- out
    b.py:4:12: warning list-membership-in-loop: `names` is a list and is searched in every iteration; make a set of it once and ask that
    src/a.py:4:12: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    src/a.py:12:12: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    3 findings (3 warnings) in 2 of 2 files
    -- exit 1
    ");
    // Moved lines stay known, in every folder; a third search of the same list is new.
    let moved = String::from("import os\n\n") + &project.read("src/a.py") + &search("three", "ids");
    project.write("src/a.py", moved);
    let below = project.run_in("src", &CHECK);
    assert_snapshot!(below.seen(), @"
    -- out
    a.py:22:12: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    1 finding (1 warning) in 1 of 1 file; 2 silenced
    -- exit 1
    ");
    assert_snapshot!(project.run(&["baseline", "--check"]).seen(), @"
    -- out
    new: src/a.py: list-membership-in-loop: if order in ids:
    -- err
    .looplint-baseline.jsonl: 1 new, 0 gone, 0 added to the file; change the code, or silence the finding with a reason
    -- exit 1
    ");
    // Written again for one folder, the rest stays as it is, even what is gone.
    project.write("b.py", "");
    assert_snapshot!(project.run(&["baseline", "src"]).seen(), @"
    -- err
    .looplint-baseline.jsonl: 4 findings, 1 new, 0 gone
    -- exit 0
    ");
    assert_snapshot!(check(&project, &[]), @"
    -- err
    no findings in 2 files; 3 silenced
    1 entry of .looplint-baseline.jsonl is gone; `looplint baseline --prune` drops what is gone
    -- exit 0
    ");
    assert_snapshot!(project.run(&["baseline", "--check"]).seen(), @"
    -- out
    gone: b.py: list-membership-in-loop: if order in names:
    -- err
    .looplint-baseline.jsonl: 0 new, 1 gone, 0 added to the file; `looplint baseline --prune` drops what is gone
    -- exit 1
    ");
    assert_snapshot!(project.run(&["baseline", "--prune"]).seen(), @"
    -- err
    .looplint-baseline.jsonl: 3 findings, 0 new, 1 gone
    -- exit 0
    ");
    assert_snapshot!(project.run(&["baseline", "--check"]).seen(), @"-- exit 0");
}

#[test]
fn pruning_adds_nothing() {
    let project = Project::new(&[("a.py", &(search("one", "ids")))]);
    project.run(&["baseline"]);
    project.write("a.py", search("two", "names"));
    assert_snapshot!(project.run(&["baseline", "--prune"]).seen(), @"
    -- err
    .looplint-baseline.jsonl: 0 findings, 0 new, 1 gone
    -- exit 0
    ");
    assert_eq!(project.read(".looplint-baseline.jsonl").lines().count(), 1);
}

#[test]
fn a_baseline_is_merged_as_lines_are() {
    let project = Project::new(&[
        ("a.py", &search("one", "a")),
        ("m.py", &search("one", "m")),
        ("z.py", &search("one", "z")),
    ]);
    project.git(&["init", "-q"]);
    project.run(&["baseline"]);
    project.commit("start");
    project.git(&["checkout", "-q", "-b", "left"]);
    project.write("a.py", "");
    project.run(&["baseline"]);
    project.commit("left");
    project.git(&["checkout", "-q", "main"]);
    project.write("z.py", "");
    project.run(&["baseline"]);
    project.commit("right");
    project.git(&["merge", "-q", "left"]);
    let merged = project.read(".looplint-baseline.jsonl");
    assert_snapshot!(project.run(&["baseline", "--check"]).seen(), @"-- exit 0");
    assert_eq!(merged.lines().count(), 2, "{merged}");
}

#[test]
fn a_baseline_that_cannot_be_used_is_told() {
    let project = Project::new(&[
        ("a.py", ""),
        ("broken.jsonl", "{\"looplint-baseline\":1}\n{\"path\":3}\n"),
        ("newer.jsonl", "{\"looplint-baseline\":2}\n"),
    ]);
    assert_snapshot!(check(&project, &["--baseline", "missing.jsonl"]), @"
    -- err
    looplint: the baseline missing.jsonl cannot be read
      because no such file or directory
    -- exit 2
    ");
    assert_snapshot!(check(&project, &["--baseline", "broken.jsonl"]), @"
    -- err
    looplint: broken.jsonl:2: this is no entry of a baseline

    hint: `looplint baseline` writes the file anew
    -- exit 2
    ");
    assert_snapshot!(check(&project, &["--baseline", "newer.jsonl"]), @"
    -- err
    looplint: newer.jsonl was written by a newer looplint

    hint: update looplint
    -- exit 2
    ");
    assert_snapshot!(project.run(&["baseline", "--check"]).seen(), @"
    -- err
    looplint: there is no baseline .looplint-baseline.jsonl

    hint: `looplint baseline` writes one
    -- exit 2
    ");
}

#[test]
fn a_growing_baseline_is_seen() {
    let project = Project::new(&[("a.py", &search("one", "ids"))]);
    project.git(&["init", "-q"]);
    project.run(&["baseline"]);
    project.commit("start");
    project.write("b.py", search("two", "names"));
    project.run(&["baseline"]);
    assert_eq!(project.run(&["baseline", "--check"]).code, 0);
    let ran = project.run(&["baseline", "--check", "--since", "HEAD"]);
    assert_snapshot!(ran.seen(), @"
    -- out
    added: b.py: list-membership-in-loop: if order in names:
    -- err
    .looplint-baseline.jsonl: 0 new, 0 gone, 1 added to the file; a baseline shall only shrink
    -- exit 1
    ");
    project.write("b.py", "");
    project.run(&["baseline", "--prune"]);
    assert_eq!(
        project
            .run(&["baseline", "--check", "--since", "HEAD"])
            .code,
        0
    );
}

#[test]
fn only_what_a_branch_brings_is_new() {
    let project = Project::new(&[
        ("old.py", &search("one", "ids")),
        (
            "moved.py",
            &(search("one", "ids") + "# many\n# lines\n# that\n# stay\n"),
        ),
        ("gone.py", &search("one", "ids")),
        ("same.py", &search("one", "ids")),
    ]);
    project.git(&["init", "-q"]);
    project.commit("start");
    project.git(&["checkout", "-q", "-b", "feature"]);
    // An old finding moves, a new one comes, one is new because its list became one.
    project.write("old.py", search("zero", "names") + &search("one", "ids"));
    project.git(&["mv", "moved.py", "näw name.py"]);
    project.git(&["rm", "-q", "gone.py"]);
    project.commit("feature");
    project.write("untracked.py", search("fresh", "places"));
    let since = check(&project, &["--since", "main"]);
    assert_snapshot!(since, @"
    -- out
    old.py:4:12: warning list-membership-in-loop: `names` is a list and is searched in every iteration; make a set of it once and ask that
    untracked.py:4:12: warning list-membership-in-loop: `places` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    2 findings (2 warnings) in 2 of 3 files; 2 silenced
    -- exit 1
    ");
    assert_snapshot!(check(&project, &["--changed"]), @"
    -- out
    untracked.py:4:12: warning list-membership-in-loop: `places` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    1 finding (1 warning) in 1 of 1 file
    -- exit 1
    ");
    // What main does meanwhile is not the branch's.
    project.git(&["add", "-A"]);
    project.git(&["commit", "-q", "-m", "more"]);
    project.git(&["checkout", "-q", "main"]);
    project.write("same.py", "");
    project.commit("main goes on");
    project.git(&["checkout", "-q", "feature"]);
    assert_eq!(check(&project, &["--since", "main"]), since);
    let below = project.run_in(".git", &["check", "--since", "main", ".."]);
    assert_eq!(below.code, 2, "{}", below.err);
}

#[test]
fn a_list_that_becomes_one_elsewhere_is_new() {
    let text = search("one", "ids");
    let project = Project::new(&[("a.py", &text.replace("ids: list", "ids: set"))]);
    project.git(&["init", "-q"]);
    project.commit("start");
    assert_eq!(project.run(&CHECK).code, 0);
    project.write("a.py", text);
    // The line of the finding is the same as before; the finding is not.
    assert_snapshot!(check(&project, &["--changed"]), @"
    -- out
    a.py:4:12: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    1 finding (1 warning) in 1 of 1 file
    -- exit 1
    ");
}

#[test]
fn what_is_staged_is_what_is_checked() {
    let project = Project::new(&[("a.py", ""), ("b.py", "")]);
    project.git(&["init", "-q"]);
    assert_snapshot!(check(&project, &["--staged"]), @"
    -- err
    looplint: no Python files or agent traces changed
    no findings in 0 files
    -- exit 0
    ");
    project.write("a.py", search("staged", "ids"));
    project.git(&["add", "a.py"]);
    project.write("a.py", "");
    project.write("b.py", search("unstaged", "ids"));
    assert_snapshot!(check(&project, &["--staged"]), @"
    -- out
    a.py:4:12: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    1 finding (1 warning) in 1 of 1 file
    -- exit 1
    ");
    project.commit("start");
    assert_snapshot!(check(&project, &["--staged"]), @"
    -- err
    looplint: no Python files or agent traces changed
    no findings in 0 files
    -- exit 0
    ");
}

#[test]
fn git_that_cannot_help_is_told() {
    let project = Project::new(&[("a.py", "")]);
    let ran = check(&project, &["--changed"]);
    assert_snapshot!(ran, @"
    -- err
    looplint: --changed needs a git repository: not a git repository (or any of the parent directories): .git

    hint: run it inside of a working tree
    -- exit 2
    ");
    project.git(&["init", "-q"]);
    project.commit("start");
    assert_snapshot!(check(&project, &["--since", "origin/main"]), @"
    -- err
    looplint: --since: git knows no commit `origin/main`

    hint: in CI the history may not be there: fetch it first, with fetch-depth: 0 on GitHub
    -- exit 2
    ");
    assert_snapshot!(check(&project, &["--since", "--help"]), @"
    -- err
    error: a value is required for '--since <REF>' but none was supplied

    For more information, try '--help'.
    -- exit 2
    ");
    let project = project.variable("PATH", "/nowhere");
    assert_snapshot!(check(&project, &["--changed"]), @"
    -- err
    looplint: --changed needs git, which cannot be run
      because No such file or directory (os error 2)
    -- exit 2
    ");
}

#[test]
fn a_cost_that_rises_by_a_degree_fails_the_review() {
    let before = "\
def find(rows: list, key):
    for row in rows:
        if row == key:
            return row


def total(rows: list):
    return sum(rows)


def report(rows: list, keys):
    return [find(rows, key) for key in keys]
";
    let project = Project::new(&[("a.py", before)]);
    project.git(&["init", "-q"]);
    project.commit("start");
    let gate = |arguments: &[&str]| check_all(&project, arguments);
    let after = before
        .replace("if row == key", "if row == key and rows.index(row)")
        .replace(
            "return sum(rows)",
            "return sum(1 for row in rows if rows.count(row) > 1)",
        )
        + "\n\ndef new(rows: list):\n    return [row for row in rows if row in list(rows)]\n";
    project.write("a.py", after);
    assert_snapshot!(gate(&["--changed", "--fail-on-degree", "--select", "trace"]), @"
    -- out
    a.py:3:27: error cost-degree-rise: `find` was O(rows) and is O(rows^2); keep the cost that it had, or say why its sizes stay small
    a.py:8:37: error cost-degree-rise: `total` was O(rows) and is O(rows^2); keep the cost that it had, or say why its sizes stay small
    -- err
    2 findings (2 errors) in 1 of 1 file
    -- exit 1
    ");
    assert_snapshot!(gate(&["--changed", "--fail-on-degree=3", "--select", "trace"]), @"
    -- out
    a.py:12:13: error cost-degree-rise: `report` was O(keys * rows) and is O(keys * rows^2) through `find`; keep the cost that it had, or say why its sizes stay small
    -- err
    1 finding (1 error) in 1 of 1 file
    -- exit 1
    ");
    let silenced = project.read("a.py").replace(
        "if row == key and rows.index(row):",
        "if row == key and rows.index(row):  # looplint: ignore[cost-degree-rise] few rows",
    );
    project.write("a.py", silenced);
    assert_snapshot!(gate(&["--changed", "--fail-on-degree", "--select", "trace"]), @"
    -- out
    a.py:8:37: error cost-degree-rise: `total` was O(rows) and is O(rows^2); keep the cost that it had, or say why its sizes stay small
    -- err
    1 finding (1 error) in 1 of 1 file
    -- exit 1
    ");
    // Other findings are reported; they do not fail the gate.
    project.write("a.py", before.to_owned() + &search("one", "ids"));
    assert_snapshot!(gate(&["--since", "HEAD", "--fail-on-degree"]), @"
    -- out
    a.py:16:12: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    1 finding (1 warning) in 1 of 1 file; 1 silenced
    -- exit 0
    ");
    assert_snapshot!(gate(&["--fail-on-degree"]), @"
    -- err
    looplint: --fail-on-degree compares with a commit

    hint: add --since REF, --changed or --staged
    -- exit 2
    ");
}

fn check_all(project: &Project, arguments: &[&str]) -> String {
    let all = [&["check", "--output-format", "concise"], arguments].concat();
    project.run(&all).seen()
}
