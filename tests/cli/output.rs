//! Reports: which format, where to, and what decides the exit code.

use std::fs;

use insta::assert_snapshot;

use crate::Project;

const FOUND: &str =
    "def f(orders, ids: list):\n    return [order for order in orders if order in ids]\n";

fn project() -> Project {
    Project::new(&[("a.py", FOUND), ("b.py", "x = 1\n")])
}

#[test]
fn several_reports_in_one_run() {
    let project = project();
    let ran = project.run(&[
        "check",
        "--output-format=concise",
        "--output-format=json=out/../a.json",
    ]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let ran = project.run(&[
        "check",
        "--output-format=concise",
        "--output-format",
        "json=a.json",
    ]);
    assert_snapshot!(ran.seen(), @"
    -- out
    a.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    1 finding (1 warning) in 1 of 2 files
    -- exit 1
    ");
    assert!(project.read("a.json").contains("\"findings\""));
    let twice = project.run(&["check", "--output-format=concise", "--output-format=json"]);
    assert_snapshot!(twice.seen(), @"
    -- err
    looplint: two reports would go to standard output

    hint: give each a file: --output-format json=FILE
    -- exit 2
    ");
    let unknown = project.run(&["check", "--output-format", "josn=a.json"]);
    assert_snapshot!(unknown.seen(), @"
    -- err
    looplint: no output format is called `josn`

    hint: did you mean `json`?
    -- exit 2
    ");
}

#[test]
fn a_report_goes_where_flags_variables_and_configuration_say() {
    let told = project();
    told.write("looplint.toml", "output-format = \"json\"\n");
    assert!(told.run(&["check"]).out.starts_with('{'));
    assert!(
        told.run(&["check", "--output-format", "concise"])
            .out
            .starts_with("a.py:")
    );
    let told = told.variable("LOOPLINT_OUTPUT_FORMAT", "concise");
    assert!(told.run(&["check"]).out.starts_with("a.py:"));
    let told = told.variable("LOOPLINT_OUTPUT_FILE", "report.txt");
    assert_eq!(told.run(&["check"]).out, "");
    assert!(told.read("report.txt").starts_with("a.py:"));
    assert_eq!(told.run(&["check", "-o", "other.txt"]).out, "");
    assert!(told.read("other.txt").starts_with("a.py:"));
}

#[test]
fn a_coding_agent_gets_one_line_each_unless_it_says_otherwise() {
    let agent = project().variable("CLAUDECODE", "1");
    assert_snapshot!(agent.run(&["check"]).out, @"a.py:2:42: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that help: build `set(ids)` before the loop and test membership in the set (--fix --unsafe-fixes does it)");
    for variable in ["AI_AGENT", "JUNIE_SESSION"] {
        let other = project().variable(variable, "1");
        assert_eq!(other.run(&["check"]).out, agent.run(&["check"]).out);
        let json = other.run(&["check", "--json"]).out;
        assert!(json.starts_with('{'), "{variable}");
    }
    assert!(project().run(&["check"]).out.starts_with("warning["));
}

#[test]
fn github_gets_annotations_and_a_summary_of_the_step() {
    let project = project().variable("GITHUB_STEP_SUMMARY", "summary.md");
    project.write("summary.md", "before\n");
    let ran = project.run(&["check", "--output-format", "github"]);
    assert!(ran.out.starts_with("::warning "), "{}", ran.out);
    let summary = project.read("summary.md");
    assert!(summary.starts_with("before\n") && summary.contains("list-membership-in-loop"));
}

#[test]
fn the_exit_code_is_what_was_asked_for() {
    let project = project();
    let code = |arguments: &[&str]| {
        project
            .run(&[&["check", "-q", "--output-format=concise"], arguments].concat())
            .code
    };
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--exit-zero"]), 0);
    assert_eq!(code(&["--fail-on", "warning"]), 1);
    assert_eq!(code(&["--fail-on", "error"]), 0);
    assert_eq!(code(&["--fail-on", "never"]), 0);
    assert_eq!(code(&["b.py"]), 0);
    assert_eq!(code(&["--ignore", "python"]), 0);
    assert_eq!(code(&["--nonsense"]), 2);
    project.write("b.py", "def f(:\n");
    // What could not be checked is never passed over.
    assert_eq!(code(&["--fail-on", "never"]), 1);
}

#[test]
fn counts_by_rule() {
    let project = project();
    // The worst slowdown is a measured figure, which may change: it is not looked at here.
    let seen = project.run(&["check", "--statistics"]).seen();
    assert!(seen.contains("findings   fixable  worst  rule"), "{seen}");
    assert!(seen.contains("       1  1 unsafe "), "{seen}");
    assert!(seen.contains("  list-membership-in-loop\n"), "{seen}");
    let json = project.run(&["check", "--statistics", "--json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["findings"], 1);
}

#[test]
fn a_path_without_a_command_is_understood() {
    assert_snapshot!(project().run(&["a.py"]).seen(), @"
    -- err
    error: unrecognized subcommand 'a.py'

    Usage: looplint <COMMAND>

    For more information, try '--help'.

    hint: looplint check a.py
    -- exit 2
    ");
    assert_snapshot!(project().run(&["chekc"]).seen(), @"
    -- err
    error: unrecognized subcommand 'chekc'

      tip: a similar subcommand exists: 'check'

    Usage: looplint <COMMAND>

    For more information, try '--help'.
    -- exit 2
    ");
}

#[test]
fn shells_and_manuals_know_the_commands() {
    let project = project();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = project.run(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("baseline"), "{shell}");
    }
    let page = project.run(&["man"]);
    assert!(page.out.contains(".SH SYNOPSIS"));
    assert_eq!(project.run(&["man", "--dir", "man"]).code, 0);
    let names = fs::read_dir(project.path("man")).unwrap().flatten();
    let mut names: Vec<_> = names.map(|entry| entry.file_name()).collect();
    names.sort();
    assert!(names.contains(&"looplint.1".into()) && names.contains(&"looplint-check.1".into()));
    assert!(
        project
            .read("man/looplint-check.1")
            .contains("add\\-ignore")
    );
}

#[test]
fn a_page_draws_the_runs_that_have_findings() {
    let project = project();
    let call = |turn: u32| {
        format!(
            r#"{{"turn_number": {turn}, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {{"to": "Oslo"}}, "tool_output": "no results"}}"#
        )
    };
    let turns: Vec<String> = (2..7).map(call).collect();
    let run = |id: &str, turns: &str| {
        format!(
            r#"{{"trace_id": "{id}", "original_goal": "Find flights", "final_result": null, "is_successful": false, "turns": [{turns}]}}"#
        )
    };
    let lines = [run("circling", &turns.join(", ")), run("short", &turns[0])];
    project.write("traces/runs.jsonl", lines.join("\n"));
    let ran = project.run(&["check", "-q", "--output-format=html=page.html", "traces"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let page = project.read("page.html");
    let (_, runs) = page.split_once("<section class=\"runs\">").unwrap();
    let (runs, _) = runs.split_once("</section>").unwrap();
    assert!(runs.contains("<b>circling</b>"), "{runs}");
    assert!(!runs.contains("short"), "{runs}");
}
