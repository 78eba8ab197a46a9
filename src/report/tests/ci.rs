//! The formats that CI systems read.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use looplint_model::*;
use looplint_report::{Format, Options, left_out, step_summary};
use serde_json::Value;

#[test]
fn every_format_as_drawn() {
    let files = one_of_everything();
    for format in [
        Format::Agent,
        Format::Checkstyle,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Markdown,
        Format::Rdjson,
    ] {
        insta::assert_snapshot!(format.as_str(), report(&files, format));
    }
}

#[test]
fn nothing_found_is_still_a_whole_document() {
    let clean = [checked(Source::new("a.py", "x = 1\n"), vec![], vec![])];
    for files in [&clean[..], &[]] {
        assert_eq!(report(files, Format::Gitlab), "[]\n");
        assert_eq!(report(files, Format::Github), "");
        let rdjson: Value = serde_json::from_str(&report(files, Format::Rdjson)).unwrap();
        assert_eq!(rdjson["diagnostics"], Value::Array(vec![]));
        assert!(report(files, Format::Junit).contains("tests=\"1\" failures=\"0\" errors=\"0\">"));
        assert!(
            report(files, Format::Checkstyle)
                .ends_with("<checkstyle version=\"4.3\">\n</checkstyle>\n")
        );
    }
    assert!(report(&clean, Format::Markdown).contains("no findings in 1 file"));
}

#[test]
fn xml_takes_any_text() {
    let text = "x = '<&\"'\n";
    let message = "a <b> & \"c\" 'd' \u{0}\u{1b} \u{1f600}";
    let files = [checked(
        Source::new("a&b<c>.py", text),
        vec![bare(
            "list-membership-in-loop",
            "python",
            Span::at(0),
            message,
        )],
        vec![Problem {
            kind: ProblemKind::Syntax,
            span: None,
            message: message.into(),
        }],
    )];
    for format in [Format::Junit, Format::Checkstyle] {
        let shown = report(&files, format);
        assert!(!shown.contains(['\u{0}', '\u{1b}']), "{shown:?}");
        assert!(shown.contains("a&amp;b&lt;c&gt;.py"), "{shown}");
        assert!(
            shown.contains("a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; "),
            "{shown}"
        );
    }
}

fn many(n: u32) -> Vec<Checked> {
    let text = "a in known\n".repeat(n as usize);
    let findings = (0..n)
        .map(|line| {
            let span = Span::new(line * 11, line * 11 + 10);
            let mut finding = bare("list-membership-in-loop", "python", span, "a, b: 100 %\nc");
            finding.severity = if line % 3 == 0 {
                Severity::Error
            } else {
                Severity::Warning
            };
            finding
        })
        .collect();
    vec![checked(Source::new("a,b:c.py", &text), findings, vec![])]
}

#[test]
fn a_step_gets_ten_annotations_of_a_level_and_the_rest_in_its_summary() {
    let files = many(60);
    let shown = report(&files, Format::Github);
    let n = |level: &str| shown.lines().filter(|line| line.starts_with(level)).count();
    assert_eq!(
        (n("::error "), n("::warning "), shown.lines().count()),
        (10, 10, 20)
    );
    assert_eq!(
        shown.lines().next().unwrap(),
        "::error title=looplint list-membership-in-loop,file=a%2Cb%3Ac.py,line=1,endLine=1,col=1,endColumn=11::a, b: 100 %25 c"
    );
    let told = with(&files, options(), |report| left_out(report, Format::Github)).unwrap();
    assert!(told.contains("40 findings left out"), "{told}");
    let summary = with(&files, options(), step_summary);
    assert_eq!(summary.matches("a,b:c.py:").count(), 60);
    assert_eq!(
        with(&many(6), options(), |report| left_out(
            report,
            Format::Github
        )),
        None
    );
}

#[test]
fn a_summary_stays_below_what_a_step_may_have() {
    let summary = with(&many(10_000), options(), step_summary);
    assert!(summary.len() < 520_000);
    assert!(summary.contains("more, less costly, are left out here"));
}

#[test]
fn a_place_over_several_lines_is_annotated_without_columns() {
    let text = "found = [\n    x\n]\n";
    let finding = bare("list-membership-in-loop", "python", Span::new(8, 17), "m");
    let files = [checked(Source::new("a.py", text), vec![finding], vec![])];
    assert_eq!(
        report(&files, Format::Github),
        "::warning title=looplint list-membership-in-loop,file=a.py,line=1,endLine=3::m\n"
    );
}

#[test]
fn a_fix_of_several_edits_is_one_suggestion_or_none() {
    let text = "known = list(a)\nfor x in b:\n    x in known\n";
    let mut finding = bare(
        "list-membership-in-loop",
        "python",
        span(text, "x in known", 0),
        "m",
    );
    let edit = |needle, text_new: &str| Edit {
        span: span(text, needle, 0),
        text: text_new.into(),
    };
    let fix = Fix {
        title: "Build a set".into(),
        edits: vec![
            edit("x in known", "x in known_set"),
            edit("list(a)", "set(a)"),
        ],
        safety: Safety::Safe,
    };
    finding.fix = Some(fix.clone());
    let rdjson = |finding: &Finding| -> Value {
        let files = [checked(
            Source::new("a.py", text),
            vec![finding.clone()],
            vec![],
        )];
        serde_json::from_str(&report(&files, Format::Rdjson)).unwrap()
    };
    let suggestion = &rdjson(&finding)["diagnostics"][0]["suggestions"][0];
    assert_eq!(
        suggestion["text"],
        "set(a)\nfor x in b:\n    x in known_set"
    );
    assert_eq!(
        (
            &suggestion["range"]["start"]["column"],
            &suggestion["range"]["end"]["line"]
        ),
        (&9.into(), &3.into())
    );
    finding.fix = Some(Fix {
        edits: vec![],
        ..fix
    });
    assert_eq!(
        rdjson(&finding)["diagnostics"][0]["suggestions"],
        Value::Null
    );
}

#[test]
fn reviewdog_counts_bytes() {
    let text = "\u{1f600} in known\n";
    let finding = bare(
        "list-membership-in-loop",
        "python",
        span(text, "in known", 0),
        "m",
    );
    let files = [checked(Source::new("a.py", text), vec![finding], vec![])];
    let rdjson: Value = serde_json::from_str(&report(&files, Format::Rdjson)).unwrap();
    assert_eq!(
        rdjson["diagnostics"][0]["location"]["range"]["start"]["column"],
        6
    );
}

#[test]
fn markdown_links_to_the_source_and_keeps_its_table() {
    let mut finding = membership(ORDERS);
    finding.message = "`a | b` <img> __init__ [x](y) | z".into();
    let files = [checked(
        Source::new("src/a b.py", ORDERS),
        vec![finding],
        vec![],
    )];
    let options = Options {
        source_url: Some("https://example.org/o/r/blob/abc/".into()),
        ..options()
    };
    let shown = report_with(&files, Format::Markdown, options);
    assert!(
        shown.contains("[`src/a b.py:5`](https://example.org/o/r/blob/abc/src/a%20b.py#L5)"),
        "{shown}"
    );
    assert!(
        shown.contains(r"`a \| b` &lt;img> \_\_init\_\_ \[x\](y) \| z"),
        "{shown}"
    );
}
