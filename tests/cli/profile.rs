//! `--profile`: what a profiler saw at the findings, in all its formats.

use std::process::Command;

use crate::{Project, Ran};

/// Two functions that cost and one that nobody calls.
const APP: &str = "\
def known(orders: list[int], customers: list[int]):
    hits = 0
    for order in orders:
        if order in customers:
            hits += 1
    return hits


def copied(items: list[int]):
    result = []
    for item in items:
        result = result + [item]
    return len(result)


def never(items: list[int], others: list[int]):
    return [item for item in items if item in others]


if __name__ == '__main__':
    print(known(list(range(1500)), list(range(0, 6000, 2))), copied(list(range(1500))))
";

/// Line of the finding, its seconds and whether it is cold, hottest first.
fn ranked(ran: &Ran) -> Vec<(u64, Option<f64>, Option<bool>)> {
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect(&ran.err);
    let findings = report["findings"].as_array().unwrap();
    let row = |finding: &serde_json::Value| {
        let seen = &finding["profile"];
        (
            finding["line"].as_u64().unwrap(),
            seen["seconds"].as_f64(),
            seen["cold"].as_bool(),
        )
    };
    findings.iter().map(row).collect()
}

fn with_profile(name: &str, text: impl AsRef<[u8]>) -> Project {
    let project = Project::new(&[("shop/app.py", APP)]);
    project.write(name, text);
    project
}

#[test]
fn cprofile_of_a_real_run() {
    let project = Project::new(&[("shop/app.py", APP)]);
    let profiled = Command::new("python3")
        .args(["-m", "cProfile", "-o", "app.prof", "shop/app.py"])
        .current_dir(project.path(""))
        .output();
    let Some(output) = profiled.ok().filter(|output| output.status.success()) else {
        println!("skipped: there is no python3");
        return;
    };
    assert_eq!(output.stdout, b"750 1500\n");
    let ran = project.run(&["check", "--json", "--profile", "app.prof"]);
    let ranked = ranked(&ran);
    let place = |line| ranked.iter().position(|row| row.0 == line).unwrap();
    // What takes longest comes first, and what never ran comes last.
    assert_eq!(place(17), 2, "{}", ran.out);
    assert_eq!(ranked[2].2, Some(true));
    assert!(
        ranked[0].1 >= ranked[1].1 && ranked[1].1 > Some(0.0),
        "{ranked:?}"
    );
    let text = project.run(&["check", "--profile", "app.prof"]);
    assert!(
        text.out.contains("top 2 by seconds\nseconds  share"),
        "{}",
        text.out
    );
    assert!(
        text.out
            .contains("profile: cold, cProfile never saw it run"),
        "{}",
        text.out
    );
}

#[test]
fn speedscope_of_py_spy() {
    let profile = r#"{"$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": {"frames": [{"name": "<module>", "file": "app.py", "line": 21}, {"name": "known", "file": "app.py", "line": 4},
                              {"name": "copied", "file": "app.py", "line": 12}, {"name": "parse", "file": "json/decoder.py", "line": 3}]},
        "profiles": [{"type": "sampled", "name": "main", "unit": "milliseconds", "startValue": 0, "endValue": 400,
                      "samples": [[0, 1], [0, 2], [0, 1], [0, 3]], "weights": [100, 50, 200, 50]}]}"#;
    let project = with_profile("p.json", profile);
    let ran = project.run(&["check", "--json", "--profile", "p.json"]);
    assert_eq!(
        ranked(&ran),
        [
            (4, Some(0.3), Some(false)),
            (12, Some(0.05), Some(false)),
            (17, Some(0.0), Some(true))
        ]
    );
}

#[test]
fn speedscope_of_events() {
    let profile = r#"{"shared": {"frames": [{"name": "run (/home/me/shop/app.py:21)"}, {"name": "copied", "file": "/home/me/shop/app.py", "line": 12}]},
        "profiles": [{"type": "evented", "unit": "seconds", "events": [
            {"type": "O", "at": 1, "frame": 0}, {"type": "O", "at": 2, "frame": 1},
            {"type": "C", "at": 5, "frame": 1}, {"type": "C", "at": 7, "frame": 0}]}]}"#;
    let ran = with_profile("p.json", profile).run(&["check", "--json", "--profile", "p.json"]);
    assert_eq!(ranked(&ran)[0], (12, Some(3.0), Some(false)));
}

#[test]
fn collapsed_stacks_of_py_spy() {
    let profile =
        "<module> (app.py:21);copied (app.py:12) 40\n<module> (app.py:21);known (app.py:4) 7\n";
    let project = with_profile("p.txt", profile);
    let ran = project.run(&["check", "--json", "--profile", "p.txt"]);
    assert_eq!(
        ranked(&ran),
        [
            (12, Some(0.4), Some(false)),
            (4, Some(0.07), Some(false)),
            (17, Some(0.0), Some(true))
        ]
    );
    let text = project
        .run(&["check", "--profile", "p.txt", "--top", "1"])
        .out;
    let table = text.split("top 1 by seconds\n").nth(1).expect(&text);
    assert_eq!(table.lines().count(), 2);
    assert!(
        table
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("   0.40   85 %  O("),
        "{table}"
    );
}

#[test]
fn scalene_gives_the_time_of_a_tight_loop_to_the_head_of_its_function() {
    let profile = r#"{"elapsed_time_sec": 20.0, "files": {"/srv/shop/app.py": {"functions": [], "lines": [
        {"lineno": 1, "n_cpu_percent_python": 30.0, "n_cpu_percent_c": 5.0, "n_sys_percent": 0.0},
        {"lineno": 12, "n_cpu_percent_python": 1.0, "n_cpu_percent_c": 1.0, "n_sys_percent": 0.5}]}}}"#;
    let ran = with_profile("p.json", profile).run(&["check", "--json", "--profile", "p.json"]);
    assert_eq!(
        ranked(&ran),
        [
            (4, Some(7.0), Some(false)),
            (12, Some(0.5), Some(false)),
            (17, Some(0.0), Some(true))
        ]
    );
}

#[test]
fn coverage_tells_what_never_runs() {
    let profile = r#"{"meta": {"format": 3, "version": "7.6"}, "totals": {}, "files": {"shop/app.py": {
        "executed_lines": [1, 2, 3, 4, 9, 10, 11, 12, 13, 16], "missing_lines": [17],
        "contexts": {"4": ["test_a", "test_b"]}}}}"#;
    let project = with_profile("p.json", profile);
    let ran = project.run(&["check", "--json", "--profile", "p.json"]);
    let ranked = ranked(&ran);
    assert_eq!(ranked[2], (17, None, Some(true)));
    let text = project.run(&["check", "--profile", "p.json"]).out;
    assert!(
        text.contains("profile: coverage saw it run in 2 contexts"),
        "{text}"
    );
    assert!(
        text.contains("profile: cold, coverage never saw it run"),
        "{text}"
    );
    // No time was taken, so there is nothing to rank by it.
    assert!(!text.contains("by seconds"), "{text}");
}

#[test]
fn a_file_of_another_program_says_nothing() {
    let profile = "<module> (other/app.py:1);known (other/app.py:4) 40\n";
    let ran = with_profile("p.txt", profile).run(&["check", "--json", "--profile", "p.txt"]);
    assert!(
        ranked(&ran)
            .iter()
            .all(|row| row.1.is_none() && row.2.is_none()),
        "{}",
        ran.out
    );
}

#[test]
fn a_broken_profile_is_named_with_its_place() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "p: it is empty"),
        (b"{\"shared\": {\"frames\": []}, \"profiles\": [{\"type\": \"sampled\"}]}", "p, line 1, column 59: missing field `unit`"),
        (b"{\"shared\": ", "p, line 1, column 11: EOF while parsing a value"),
        (b"{\"name\": 1}", "p: the JSON is of no profiler that is known"),
        (b"main (a.py:1) 4\nmain (a.py:2)\n", "p, line 2: a stack is followed by a number of samples"),
        (b"{)\x03z\x01ai\x01\0", "p, byte 7: it ends in the middle of a value"),
        (b"{)\x01z\x01ai\x01\0\0\x000", "p, entry 1: its key is no (file, line, name)"),
        (b"\xff\xfe\x00", "p, byte 0: it is neither text nor cProfile's"),
        (b"{\"shared\": {\"frames\": []}, \"profiles\": [{\"type\": \"sampled\", \"unit\": \"seconds\", \"samples\": [[7]], \"weights\": [1]}]}", "p, entry 1: there is no frame 7"),
    ];
    for (bytes, message) in cases {
        let ran = with_profile("p", bytes).run(&["check", "--profile", "p"]);
        assert_eq!(ran.code, 2, "{}", ran.seen());
        assert!(
            ran.err.contains(message),
            "wanted {message}\n{}",
            ran.seen()
        );
    }
    let ran = with_profile("p", "").run(&["check", "--profile", "missing"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("missing cannot be read"), "{}", ran.err);
}
