//! SARIF, as code scanning reads it.

#![allow(clippy::unwrap_used)]

mod common;

use common::schema::{faults, sarif_schema};
use common::*;
use looplint_model::*;
use looplint_report::{Format, Options, left_out};
use serde_json::{Value, json};

fn sarif(files: &[Checked]) -> Value {
    sarif_with(files, options())
}

fn sarif_with(files: &[Checked], options: Options) -> Value {
    serde_json::from_str(&report_with(files, Format::Sarif, options)).unwrap()
}

#[test]
fn the_whole_log_is_as_drawn() {
    let log = sarif(&one_of_everything());
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}

#[test]
fn the_official_schema_accepts_it() {
    let Some(schema) = sarif_schema() else { return };
    let category = Options {
        sarif_category: Some("looplint/python".into()),
        ..options()
    };
    for log in [
        sarif(&one_of_everything()),
        sarif_with(&one_of_everything(), category),
        sarif(&[]),
    ] {
        assert_eq!(faults(&schema, &log), Vec::<String>::new());
    }
    // The judge itself sees what is wrong.
    let mut wrong = sarif(&one_of_everything());
    wrong["runs"][0]["results"][0]["level"] = json!("warn");
    wrong["runs"][0]["results"][1]["message"] = json!({"txt": "m"});
    wrong["runs"][0]["results"][2]["locations"][0]["physicalLocation"]["region"]["startLine"] =
        json!(0);
    wrong["runs"][0]["results"][3]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] =
        json!("a b");
    wrong["runs"][0]["tool"]["driver"]["name"] = Value::Null;
    let faults = faults(&schema, &wrong);
    assert!(faults.len() >= 5, "{faults:?}");
}

#[test]
fn the_category_is_only_there_when_it_was_asked_for() {
    assert_eq!(sarif(&[])["runs"][0]["automationDetails"], Value::Null);
    let options = Options {
        sarif_category: Some("looplint/python/".into()),
        ..options()
    };
    assert_eq!(
        sarif_with(&[], options)["runs"][0]["automationDetails"]["id"],
        "looplint/python/"
    );
}

#[test]
fn files_are_named_from_the_root_even_when_the_run_is_elsewhere() {
    let file = |name: &str| checked(Source::new(name, ORDERS), vec![membership(ORDERS)], vec![]);
    let options = Options {
        root: "/repo".into(),
        folder: "/repo/lib".into(),
        ..options()
    };
    let log = sarif_with(
        &[
            file("a b.py"),
            file("../c.py"),
            file("/repo/d.py"),
            file("/else/e.py"),
        ],
        options,
    );
    let results = log["runs"][0]["results"].as_array().unwrap();
    let mut places: Vec<(&str, bool)> = results
        .iter()
        .map(|result| {
            let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
            (
                artifact["uri"].as_str().unwrap(),
                artifact["uriBaseId"] == "%SRCROOT%",
            )
        })
        .collect();
    places.sort_unstable();
    assert_eq!(
        places,
        [
            ("c.py", true),
            ("d.py", true),
            ("file:///else/e.py", false),
            ("lib/a%20b.py", true)
        ]
    );
}

#[test]
fn columns_count_utf16_units() {
    let text = "\u{1f600}\u{e9} in known\r\n";
    let finding = bare(
        "list-membership-in-loop",
        "python",
        span(text, "known", 0),
        "m",
    );
    let log = sarif(&[checked(Source::new("a.py", text), vec![finding], vec![])]);
    let region = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        *region,
        json!({"startLine": 1, "startColumn": 8, "endLine": 1, "endColumn": 13})
    );
}

#[test]
fn one_rule_twice_on_a_line_is_one_alert() {
    let text = "a in known or b in known\nc in known\n";
    let at = |nth| {
        bare(
            "list-membership-in-loop",
            "python",
            span(text, "in known", nth),
            "m",
        )
    };
    let other = bare("str-concat-in-loop", "python", span(text, "or", 0), "m");
    let log = sarif(&[checked(
        Source::new("a.py", text),
        vec![at(0), at(1), at(2), other],
        vec![],
    )]);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(
        results[0]["relatedLocations"][0]["physicalLocation"]["region"]["startColumn"],
        17
    );
}

#[test]
fn parts_of_a_file_are_hashed_as_one() {
    let (first, second) = ("{\"q\": 1}\n", "{\"q\": 2}\n{\"q\": 2}\n");
    let finding = |text: &str, nth| bare("repeated-call", "trace", span(text, "\"q\"", nth), "m");
    let part = |text: &str, lines_before, bytes_before, findings| {
        let layout = Layout::Part {
            lines_before,
            bytes_before,
        };
        checked(Source::laid_out("a.jsonl", text, layout), findings, vec![])
    };
    let hashes = |files: &[Checked]| -> Vec<Value> {
        let log = sarif(files);
        let results = log["runs"][0]["results"].as_array().unwrap();
        results
            .iter()
            .map(|result| result["partialFingerprints"]["primaryLocationLineHash"].clone())
            .collect()
    };
    let whole = format!("{first}{second}");
    let whole = hashes(&[checked(
        Source::new("a.jsonl", &whole),
        vec![finding(&whole, 0), finding(&whole, 2)],
        vec![],
    )]);
    let bytes = first.len() as u64;
    let parts = hashes(&[
        part(second, 1, bytes, vec![finding(second, 1)]),
        part(first, 0, 0, vec![finding(first, 0)]),
    ]);
    assert_eq!(parts, whole);
    assert_eq!(
        hashes(&[part(second, 1, bytes, vec![finding(second, 1)])]),
        [Value::Null]
    );
}

#[test]
fn the_worst_are_kept_and_the_rest_is_told() {
    let text = "a in known\n".repeat(25_003);
    let findings: Vec<Finding> = (0..25_003)
        .map(|line| {
            let mut finding = bare(
                "list-membership-in-loop",
                "python",
                Span::new(line * 11, line * 11 + 10),
                "m",
            );
            finding.severity = if line == 25_002 {
                Severity::Error
            } else {
                Severity::Warning
            };
            finding
        })
        .collect();
    let files = [checked(Source::new("a.py", &text), findings, vec![])];
    let log = sarif(&files);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    assert_eq!(results[0]["level"], "error");
    let told = with(&files, options(), |report| left_out(report, Format::Sarif)).unwrap();
    assert!(told.contains("3 findings left out"), "{told}");
    let notes = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert!(
        notes[0]["message"]["text"]
            .as_str()
            .unwrap()
            .contains("3 findings left out")
    );
}

#[test]
fn a_long_story_is_cut_to_what_code_scanning_keeps() {
    let text = "{\"q\":1}\n".repeat(3_000);
    let files = [checked(
        Source::new("a.jsonl", &text),
        vec![repeated_call(&text, "{\"q\":1}", 14)],
        vec![],
    )];
    let log = sarif(&files);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["relatedLocations"].as_array().unwrap().len(), 100);
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
        .as_array()
        .unwrap();
    assert_eq!(steps.len(), 1_000);
    let last = &steps[999]["location"]["physicalLocation"]["region"];
    assert_eq!(last["startLine"], 3_000);
}
