//! The JSON that scripts read.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use looplint_model::*;
use looplint_report::{Explanation, Format, Options};
use serde_json::Value;

#[test]
fn the_simple_form_and_all_beside_it() {
    let files = [checked(
        Source::new("src/late.py", ORDERS),
        vec![membership(ORDERS)],
        vec![Problem {
            kind: ProblemKind::Limit,
            span: Some(Span::at(5)),
            message: "too deep".into(),
        }],
    )];
    let text = report(&files, Format::Json);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        value["findings"][0]["pattern"],
        value["findings"][0]["rule"]
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn a_run_tells_id_turn_mode_and_waste() {
    let text = "{\"q\":1}\n{\"q\":1}\n";
    let layout = Layout::Part {
        lines_before: 100,
        bytes_before: 5_000_000_000,
    };
    let source = Source::laid_out("runs.jsonl", text, layout);
    let files = [checked(
        source,
        vec![repeated_call(text, "{\"q\":1}", 14)],
        vec![],
    )];
    let value: Value = serde_json::from_str(&report(&files, Format::Json)).unwrap();
    let finding = &value["findings"][0];
    assert_eq!(
        (&finding["line"], &finding["related"][0]["line"]),
        (&102.into(), &101.into())
    );
    assert_eq!(finding["estimated_slowdown_pct"], 33.3);
    let json = |key| serde_json::to_string(&finding[key]).unwrap();
    assert_eq!(
        json("run"),
        r#"{"id":"airline-12","turn":14,"mode":"CIRCULAR_REASONING","probability":0.93}"#
    );
    assert_eq!(
        json("cost"),
        r#"{"kind":"run","calls":2,"tokens":1204,"milliseconds":5210,"share":0.25}"#
    );
}

#[test]
fn every_line_of_json_lines_says_what_it_is() {
    let files = [checked(
        Source::new("src/late.py", ORDERS),
        vec![membership(ORDERS)],
        vec![Problem {
            kind: ProblemKind::Limit,
            span: None,
            message: "too deep".into(),
        }],
    )];
    let text = report(&files, Format::JsonLines);
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<&str> = rows
        .iter()
        .map(|row| row["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["finding", "problem", "summary"]);
    let mut first = rows[0].clone();
    first.as_object_mut().unwrap().remove("type");
    let whole: Value = serde_json::from_str(&report(&files, Format::Json)).unwrap();
    assert_eq!(first, whole["findings"][0]);
}

#[test]
fn what_was_not_measured_is_null() {
    let files = [checked(
        Source::new("a.py", "x"),
        vec![bare("str-concat-in-loop", "python", Span::at(0), "m")],
        vec![],
    )];
    let value: Value = serde_json::from_str(&report(&files, Format::Json)).unwrap();
    assert_eq!(value["findings"][0]["estimated_slowdown_pct"], Value::Null);
    assert_eq!(value["findings"][0]["cost"], Value::Null);
}

#[test]
fn a_fingerprint_stays_while_the_line_does() {
    let prints = |text: &str| -> Vec<String> {
        let findings = (0..text.matches("in known").count())
            .map(|nth| {
                bare(
                    "list-membership-in-loop",
                    "python",
                    span(text, "in known", nth),
                    "m",
                )
            })
            .collect();
        let files = [checked(Source::new("a.py", text), findings, vec![])];
        let value: Value = serde_json::from_str(&report(&files, Format::Json)).unwrap();
        let rows = value["findings"].as_array().unwrap();
        rows.iter()
            .map(|row| row["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = prints("a in known\nb in known\n");
    let moved = prints("import os\n\n    a in known\nb in known\n");
    assert_eq!(before, moved);
    assert_ne!(before[0], before[1]);
    let twice = prints("a in known\na in known\n");
    assert_ne!(twice[0], twice[1]);
    assert_eq!(twice[0], before[0]);
}

#[test]
fn the_same_in_any_order_of_files() {
    let file = |name: &str| checked(Source::new(name, ORDERS), vec![membership(ORDERS)], vec![]);
    let there = [file("a.py"), file("b.py"), file("c.py")];
    let back = [file("c.py"), file("a.py"), file("b.py")];
    for format in Format::ALL {
        assert_eq!(report(&there, *format), report(&back, *format), "{format}");
    }
}

#[test]
fn explanations_only_when_asked_for() {
    let files = [checked(
        Source::new("a.py", ORDERS),
        vec![membership(ORDERS)],
        vec![],
    )];
    let explained = Options {
        explanations: [((0, 0), explanation())].into(),
        ..options()
    };
    let value: Value = serde_json::from_str(&report_with(&files, Format::Json, explained)).unwrap();
    assert_eq!(value["findings"][0]["explanation"], "Because.");
    assert_eq!(value["findings"][0]["explanation_note"], "Generated by m.");
    assert_eq!(value["findings"][0]["explanation_generated"], true);
    assert!(!report(&files, Format::Json).contains("explanation"));
}

fn explanation() -> Explanation {
    Explanation {
        text: "Because.".into(),
        note: "Generated by m.".into(),
        model: Some("m".into()),
    }
}

#[test]
fn generated_text_is_in_sarif_only_where_it_is_asked_for() {
    let files = [checked(
        Source::new("a.py", ORDERS),
        vec![membership(ORDERS)],
        vec![],
    )];
    let with = |explain_in_sarif| Options {
        explanations: [((0, 0), explanation())].into(),
        explain_in_sarif,
        ..options()
    };
    let plain = report(&files, Format::Sarif);
    assert_eq!(report_with(&files, Format::Sarif, with(false)), plain);
    let asked = report_with(&files, Format::Sarif, with(true));
    let value: Value = serde_json::from_str(&asked).unwrap();
    let run = &value["runs"][0];
    let explanation = &run["results"][0]["properties"]["explanation"];
    assert_eq!(explanation["text"], "Because.");
    assert_eq!(explanation["generatedBy"], "m");
    assert_eq!(run["properties"]["ai/origin"], "annotated");
}
