//! `looplint trace`: converting, batches of many runs in one file, gates, calibration.

use serde_json::{Value, json};

use crate::Project;

/// A run in which a call is made twice, and one in which all is well.
const CIRCLES: &str = r#"{"trace_id": "circles", "original_goal": "Where is order 17?", "is_successful": false, "turns": [{"turn_number": 1, "role": "user", "content": "Where is order 17?"}, {"turn_number": 2, "role": "agent", "content": "", "tool_name": "get_order", "tool_input": "{\"id\": 17}", "tool_output": "{\"state\": \"sent\"}", "latency_ms": 40}, {"turn_number": 3, "role": "agent", "content": "", "tool_name": "get_order", "tool_input": "{\"id\": 17}", "tool_output": "{\"state\": \"sent\"}", "latency_ms": 41}, {"turn_number": 4, "role": "agent", "content": "It was sent."}]}"#;
const FINE: &str = r#"{"trace_id": "fine", "original_goal": "Where is order 18?", "is_successful": true, "turns": [{"turn_number": 1, "role": "user", "content": "Where is order 18?"}, {"turn_number": 2, "role": "agent", "content": "", "tool_name": "get_order", "tool_input": "{\"id\": 18}", "tool_output": "{\"state\": \"sent\"}", "latency_ms": 40}, {"turn_number": 3, "role": "agent", "content": "It was sent."}]}"#;

#[test]
fn a_run_is_written_in_every_format_and_found_at_fault_again() {
    let project = Project::new(&[("run.json", CIRCLES)]);
    for format in [
        "native",
        "openai-chat",
        "openai-responses",
        "anthropic",
        "claude-code",
        "langgraph",
        "langsmith",
        "otlp",
    ] {
        let name = format!("{format}.jsonl");
        let ran = project.run(&[
            "trace", "convert", "run.json", "--to", format, "--output", &name,
        ]);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (0, ""),
            "{format}: {}",
            ran.seen()
        );
        let ran = project.run(&["trace", "classify", &name, "--json"]);
        let verdict: Value = serde_json::from_str(&ran.out)
            .unwrap_or_else(|error| panic!("{format}: {error}: {}", ran.seen()));
        assert_eq!(
            verdict["runs"][0]["rule"], "repeated-call",
            "{format}: {verdict:#}"
        );
    }
    let ran = project.run(&["trace", "convert", "run.json", "--to", "openai-chat"]);
    assert!(
        ran.err.contains("openai-chat carries no ") && ran.err.contains("latencies"),
        "{}",
        ran.seen()
    );
    assert!(
        ran.out.starts_with('{') && ran.out.ends_with("}\n"),
        "{}",
        ran.seen()
    );
}

#[test]
fn what_cannot_be_converted_is_said() {
    let project = Project::new(&[
        ("runs.jsonl", &format!("{CIRCLES}\n{FINE}\n")),
        ("notes.json", "{\"name\": 1}"),
    ]);
    let ran = project.run(&["trace", "convert", "runs.jsonl", "--to", "claude-code"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("2 runs in runs.jsonl") && ran.err.contains("circles, fine"),
        "{}",
        ran.seen()
    );
    let ran = project.run(&[
        "trace",
        "convert",
        "runs.jsonl",
        "--to",
        "claude-code",
        "--run",
        "fine",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.seen());
    let ran = project.run(&[
        "trace",
        "convert",
        "runs.jsonl",
        "--to",
        "native",
        "--run",
        "none",
    ]);
    assert!(
        ran.code == 2 && ran.err.contains("there is no run `none`"),
        "{}",
        ran.seen()
    );
    let ran = project.run(&["trace", "convert", "notes.json", "--to", "native"]);
    assert!(
        ran.code == 2 && ran.err.contains("holds no run"),
        "{}",
        ran.seen()
    );
    let ran = project.run(&["trace", "convert", "runs.jsonl", "--to", "xml"]);
    assert!(
        ran.code == 2 && ran.err.contains("langsmith"),
        "{}",
        ran.seen()
    );
}

#[test]
fn a_batch_says_a_line_a_run_and_sums_up() {
    let project = Project::new(&[
        ("a.jsonl", &format!("{CIRCLES}\n{FINE}\n")),
        ("b.json", FINE),
    ]);
    let ran = project.run(&["trace", "batch", "."]);
    let wanted = "a.jsonl run circles: CIRCULAR_REASONING, turn 3, confidence 0.80\n\
        a.jsonl run fine: no failure found\n\
        b.json run fine: no failure found\n\n\
        3 runs\n  \
        CIRCULAR_REASONING     1  33.3 %  ####################\n  \
        no failure found       2  66.7 %  ########################################\n";
    assert_eq!((ran.out.as_str(), ran.code), (wanted, 0), "{}", ran.seen());
    let ran = project.run(&["trace", "batch", ".", "--output-format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["n_runs"], 3);
    assert_eq!(report["runs"].as_array().unwrap().len(), 3);
    assert_eq!(
        report["modes"]["CIRCULAR_REASONING"],
        json!({"runs": 1, "rate": 1.0 / 3.0})
    );
    project.write("before.json", &ran.out);
    let ran = project.run(&[
        "trace",
        "batch",
        "a.jsonl",
        "b.json",
        "--output-format",
        "json-lines",
    ]);
    assert_eq!(ran.out.lines().count(), 3);
    for (gate, code) in [
        ("--fail-on=warn", 1),
        ("--fail-on=hard", 0),
        ("--fail-on=CIRCULAR_REASONING", 1),
        ("--fail-on=GOAL_DRIFT", 0),
        ("--max-rate=CIRCULAR_REASONING=30%", 1),
        ("--max-rate=CIRCULAR_REASONING=40%", 0),
        ("--baseline=before.json", 0),
    ] {
        let ran = project.run(&["trace", "batch", "a.jsonl", "b.json", gate]);
        assert_eq!(ran.code, code, "{gate}: {}", ran.seen());
    }
}

#[test]
fn a_large_file_of_runs_is_read_in_parts_and_its_lines_are_counted_on() {
    let project = Project::new(&[]);
    // Above the size from which files are cut; each run's text is padded, so that there are few.
    let pad = "x".repeat(64 << 10);
    let line = |n: usize| {
        let run = if n.is_multiple_of(100) { CIRCLES } else { FINE };
        let id = format!("\"trace_id\": \"run{n}\", \"notes\": \"{pad}\"");
        run.replace("\"trace_id\": \"circles\"", &id)
            .replace("\"trace_id\": \"fine\"", &id)
            + "\n"
    };
    let n_runs = 1100;
    project.write("large.jsonl", (1..=n_runs).map(line).collect::<String>());
    let ran = project.run(&[
        "trace",
        "batch",
        "large.jsonl",
        "--output-format",
        "json-lines",
    ]);
    let runs: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<&str> = runs
        .iter()
        .map(|run| run["run"].as_str().unwrap())
        .collect();
    let wanted: Vec<String> = (1..=n_runs).map(|n| format!("run{n}")).collect();
    assert_eq!(names, wanted);
    let found: Vec<(&str, i64)> = runs
        .iter()
        .filter(|run| run["mode"] == "CIRCULAR_REASONING")
        .map(|run| {
            (
                run["run"].as_str().unwrap(),
                run["evidence"][0]["line"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(found.len(), 11);
    for (run, line) in found {
        assert_eq!(
            run,
            format!("run{line}"),
            "the line in the file, not in the part"
        );
    }
}

#[test]
fn calibration_counts_what_the_labels_say() {
    let labels = [
        json!({"trace_file": "a.json", "split": "own", "labels": [{"category": "CIRCULAR_REASONING", "step": 3, "agent": "", "root": true}], "meta": {"reward": 0.0}}),
        json!({"trace_file": "b.json", "split": "own", "labels": [], "meta": {"reward": 1.0}}),
    ];
    let labels: String = labels.iter().map(|label| format!("{label}\n")).collect();
    let project = Project::new(&[
        ("set/labels.jsonl", &labels),
        ("set/a.json", CIRCLES),
        ("set/b.json", FINE),
    ]);
    let ran = project.run(&["trace", "calibrate", "set", "--json"]);
    let report: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.seen()));
    assert_eq!(
        report["steps"]["set/own"]["exact"]["rate"], 1.0,
        "{report:#}"
    );
    assert_eq!(report["alarms"]["warn"]["on_passing"]["hits"], 0);
    assert_eq!(report["alarms"]["warn"]["on_failing"]["hits"], 1);
    assert_eq!(report["modes"]["set: CIRCULAR_REASONING"]["steps"]["tp"], 1);
    assert_eq!(report["runs"][0]["by"], "repeated-call");
    assert_eq!(
        (&report["runs"][0]["blamed"], &report["runs"][0]["label"]),
        (&json!(3), &json!(3))
    );
}

/// Of a long text only what is near its findings is kept; what is reported of them stays the same.
#[test]
fn a_long_run_is_reported_as_a_short_one() {
    let noise = "\u{65e5}\u{1f600} nothing of note ".repeat(4_000);
    let long = CIRCLES.replace(
        "Where is order 17?\"}",
        &format!("Where is order 17? {noise}\"}}"),
    );
    let project = Project::new(&[("long.json", &long)]);
    let ran = project.run(&["check", "long.json", "--output-format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let finding = &report["findings"][0];
    let at = long.rfind("{\"turn_number\": 3").unwrap();
    let column = finding["column"].as_u64().unwrap() as usize;
    let found: String = long.chars().skip(column - 1).take(40).collect();
    assert!(long[at..].contains(&found), "{found}");
    assert!(column > noise.chars().count(), "{finding}");
    let related = finding["related"][0]["column"].as_u64().unwrap() as usize;
    assert!(
        related > noise.chars().count() && related < column,
        "{finding}"
    );
    let ran = project.run(&["check", "long.json", "--output-format", "full"]);
    assert!(
        ran.out.contains("get_order") && ran.out.contains(&format!("long.json:1:{column}")),
        "{}",
        ran.seen()
    );
    let ran = project.run(&["check", "long.json", "--output-format", "html"]);
    assert!(
        ran.out.contains("It was sent."),
        "the page draws the whole run"
    );
    for format in [
        "sarif",
        "github",
        "gitlab",
        "junit",
        "checkstyle",
        "rdjson",
        "markdown",
        "agent",
        "concise",
    ] {
        let ran = project.run(&["check", "long.json", "--output-format", format]);
        assert!(
            ran.out.contains("repeated-call") && ran.out.len() < 60_000,
            "{format}: {}",
            ran.seen()
        );
    }
}

#[test]
fn what_a_run_says_does_not_reach_the_terminal_as_it_is() {
    let evil = CIRCLES
        .replace("get_order", "get_\\u001b[2Jorder")
        .replace("circles", "\\u0007circles\\u202e")
        .replace("Where is", "\\u0000Where\\u009b is");
    let project = Project::new(&[("evil.json", &evil)]);
    for command in ["validate", "classify", "batch", "show"] {
        let ran = project.run(&["trace", command, "evil.json"]);
        let moves = |one: char| (one.is_control() && one != '\n') || one == '\u{202e}';
        assert!(!ran.out.contains(moves), "{command}: {:?}", ran.out);
        assert!(ran.out.contains("circles"), "{command}: {}", ran.seen());
    }
}
