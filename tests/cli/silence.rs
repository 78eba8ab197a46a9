//! Silence: comments that are written, rules that are off on files, and single findings in the configuration.

use insta::assert_snapshot;

use crate::Project;

const MANY: &str = "\
def search(orders, names: list, ids: list, words: list, lines: list, rows: list, nodes: list, users: list):
    n = 0
    for order in orders:
        if order in names and order in ids:
            n += names.index(order)
        if (order
                in words):
            n += 1
        text = f'''{order in
            lines}'''
        if order in \\
                rows:
            n += 1
        if order in nodes:  # type: ignore
            n += 1
        if order in users:  # looplint: ignore[list-index-in-loop] it is short
            n += users.index(order)
    return n, text
";

fn check(project: &Project, arguments: &[&str]) -> String {
    let all = [&["check", "--output-format", "concise"], arguments].concat();
    project.run(&all).seen()
}

#[test]
fn comments_are_added_where_they_hold() {
    let project = Project::new(&[("a.py", MANY), ("b.py", &MANY.replace('\n', "\r\n"))]);
    let diff = project.run(&["check", "--add-ignore=they are short", "--diff", "a.py"]);
    assert_snapshot!(diff.seen(), @r"
    -- out
    --- a.py
    +++ a.py
    @@ -1,18 +1,18 @@
     def search(orders, names: list, ids: list, words: list, lines: list, rows: list, nodes: list, users: list):
         n = 0
         for order in orders:
    -        if order in names and order in ids:
    -            n += names.index(order)
    -        if (order
    +        if order in names and order in ids:  # looplint: ignore[list-membership-in-loop] they are short
    +            n += names.index(order)  # looplint: ignore[list-index-in-loop] they are short
    +        if (order  # looplint: ignore[list-membership-in-loop] they are short
                     in words):
                 n += 1
             text = f'''{order in
    -            lines}'''
    +            lines}'''  # looplint: ignore[list-membership-in-loop] they are short
             if order in \
    -                rows:
    +                rows:  # looplint: ignore[list-membership-in-loop] they are short
                 n += 1
    -        if order in nodes:  # type: ignore
    +        if order in nodes:  # type: ignore  # looplint: ignore[list-membership-in-loop] they are short
                 n += 1
    -        if order in users:  # looplint: ignore[list-index-in-loop] it is short
    -            n += users.index(order)
    +        if order in users:  # looplint: ignore[list-index-in-loop, list-membership-in-loop] it is short
    +            n += users.index(order)  # looplint: ignore[list-index-in-loop] they are short
         return n, text
    -- err
    would silence 9 findings in 1 file
    -- exit 1
    ");
    assert_snapshot!(check(&project, &["--add-ignore=they are short"]), @"
    -- out
    a.py:16:48: warning ignore-unused: nothing here is silenced by `list-index-in-loop`; remove it
    b.py:16:48: warning ignore-unused: nothing here is silenced by `list-index-in-loop`; remove it
    -- err
    silenced 18 findings in 2 files
    2 findings (2 warnings) in 2 of 2 files; 18 silenced
    -- exit 1
    ");
    assert_snapshot!(check(&project, &[]), @"
    -- out
    a.py:16:48: warning ignore-unused: nothing here is silenced by `list-index-in-loop`; remove it
    b.py:16:48: warning ignore-unused: nothing here is silenced by `list-index-in-loop`; remove it
    -- err
    2 findings (2 warnings) in 2 of 2 files; 18 silenced
    -- exit 1
    ");
    assert_eq!(
        project.read("b.py"),
        project.read("a.py").replace('\n', "\r\n")
    );
    assert!(project.read("a.py").lines().count() == MANY.lines().count());
}

#[test]
fn comments_need_no_reason_and_are_written_once() {
    let project = Project::new(&[(
        "a.py",
        "def f(orders, ids: list):\n    return [order for order in orders if order in ids]\n",
    )]);
    project.run(&["check", "--add-ignore"]);
    let once = project.read("a.py");
    assert_snapshot!(once, @"
    def f(orders, ids: list):
        return [order for order in orders if order in ids]  # looplint: ignore[list-membership-in-loop]
    ");
    assert_snapshot!(check(&project, &["--add-ignore=again"]), @"
    -- err
    no findings in 1 file; 1 silenced
    -- exit 0
    ");
    assert_eq!(project.read("a.py"), once);
}

#[test]
fn rules_are_off_on_files() {
    let text =
        "def f(orders, ids: list):\n    return [order for order in orders if order in ids]\n";
    let project = Project::new(&[
        (
            "looplint.toml",
            "[per-file-ignores]\n\"tests/*\" = [\"list-membership-in-loop\"]\n\"*_gen.py\" = [\"ALL\"]\n",
        ),
        ("tests/deep/a.py", text),
        ("src/a_gen.py", text),
        ("src/a.py", text),
    ]);
    assert_snapshot!(check(&project, &[]), @"
    -- out
    src/a.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    1 finding (1 warning) in 1 of 3 files
    -- exit 1
    ");
    let flag = check(&project, &["--per-file-ignores", "src/**:python"]);
    assert_snapshot!(flag, @"
    -- err
    no findings in 3 files
    -- exit 0
    ");
    let stdin = Project::new(&[("looplint.toml", &project.read("looplint.toml"))]).input(text);
    let named = stdin.run(&["check", "-", "--stdin-filename", "tests/x.py"]);
    assert_eq!(named.code, 0, "{}", named.out);
    let other = stdin.run(&["check", "-", "--stdin-filename", "src/x.py"]);
    assert_eq!(other.code, 1);
}

#[test]
fn entries_silence_single_findings_until_they_expire() {
    let text =
        "def f(orders, ids: list):\n    return [order for order in orders if order in ids]\n";
    let project = Project::new(&[("a.py", text), ("b.py", text), ("c.py", text)]);
    let json = project.run(&["check", "--json", "c.py"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let fingerprint = json["findings"][0]["fingerprint"].as_str().unwrap();
    project.write(
        "looplint.toml",
        format!(
            "[[ignore]]\nrule = \"list-membership-in-loop\"\npath = \"a.py\"\nreason = \"short\"\nexpires = 2999-12-31\n\
             [[ignore]]\nrule = \"list-membership-in-loop\"\npath = \"b.py\"\nexpires = 2020-12-31\n\
             [[ignore]]\nrule = \"list-membership-in-loop\"\nfingerprint = \"{fingerprint}\"\n"
        ),
    );
    assert_snapshot!(check(&project, &[]), @"
    -- out
    b.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    looplint: looplint.toml:6:1: this [[ignore]] of `list-membership-in-loop` expired on 2020-12-31
    1 finding (1 warning) in 1 of 3 files; 2 silenced
    -- exit 1
    ");
}

#[test]
fn what_gains_next_to_nothing_is_not_told() {
    let drain = "\
def drain(jobs: list[str], store):
    while jobs:
        store.save(jobs.pop(0))
";
    let project = Project::new(&[("a.py", drain)]);
    let told = |arguments: &[&str]| -> Vec<f64> {
        let all = [&["check", "--output-format", "json-lines"], arguments].concat();
        let out = project.run(&all).out;
        out.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter_map(|line| line["estimated_slowdown_pct"].as_f64())
            .collect()
    };
    // The figures are measured and may change; at some of these sizes little is gained, at others much.
    let (mut little, mut much) = (0, 0);
    for n in ["500", "1000", "2000", "4000", "10000", "100000"] {
        let all = told(&["--min-slowdown", "0", "--assume-size", n]);
        let (less, more): (Vec<f64>, Vec<f64>) = all.into_iter().partition(|pct| *pct < 10.0);
        assert_eq!(told(&["--assume-size", n]), more, "{n}");
        little += less.len();
        much += more.len();
    }
    assert!(little > 0 && much > 0, "{little} {much}");
}

#[test]
fn one_place_is_told_once() {
    let asks = "\
def get_names(people):
    return sorted(person.name for person in people)


def count(rows, people):
    return [row for row in rows if row.name in get_names(people)]
";
    let project = Project::new(&[("a.py", asks)]);
    let told = |rules: &str| {
        let all = [
            "check",
            "--output-format",
            "concise",
            "-q",
            "--select",
            rules,
        ];
        project.run(&all).out.lines().count()
    };
    assert_eq!(told("scan-through-call"), 1);
    assert_eq!(told("invariant-answer"), 1);
    assert_eq!(told("scan-through-call,invariant-answer"), 1);
}
