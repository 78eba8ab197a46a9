//! The page for a browser.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use looplint_model::*;
use looplint_report::{Call, Format, Options, Timeline, Turn, write_timeline_page};

fn page() -> String {
    let concat_text = "def page(rows):\n    text = \"\"\n    for row in rows:\n        text += render(row)\n    return text\n";
    let mut note = bare(
        "str-concat-in-loop",
        "python",
        span(concat_text, "render(row)", 0),
        "`render` is called once per row though `template` never changes",
    );
    note.severity = Severity::Info;
    note.label = "the same each time".into();
    let (run, timeline) = circling();
    let mut files = one_of_everything();
    files.retain(|file| file.source.name != "run.json" && file.source.name != "empty.py");
    files.push(checked(
        Source::new("src/shop/render.py", concat_text),
        vec![concat(concat_text), note],
        vec![],
    ));
    files.push(run);
    let options = Options {
        timelines: vec![timeline],
        ..options()
    };
    report_with(&files, Format::Html, options)
}

/// Reads a page as strictly as the browser does not: every element is closed, in order.
fn check_nesting(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.split_once("<body>").unwrap().1;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = after;
        let name = tag
            .split([' ', '\n', '/'])
            .find(|word| !word.is_empty())
            .unwrap();
        if tag.starts_with('/') {
            if name != "html" && name != "body" {
                assert_eq!(
                    open.pop(),
                    Some(name),
                    "before {:?}",
                    &rest[..rest.len().min(80)]
                );
            }
        } else if !tag.ends_with('/') && !["input", "br", "meta"].contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn one_page_holds_summary_ranking_code_curves_and_runs() {
    let page = page();
    std::fs::write(
        format!("{}/report.html", env!("CARGO_TARGET_TMPDIR")),
        &page,
    )
    .unwrap();
    check_nesting(&page);
    for wanted in [
        "the worst is <em>780x</em> slower",
        "<mark class=\"mark\">order.customer in known</mark>",
        "<mark class=\"mark also\">for order in orders:</mark>",
        "<span class=\"label\">scans <code>known</code></span>",
        "known = set(customers)",
        "class=\"curve\"",
        "class=\"story\"",
        "class=\"arc error\"",
        "CIRCULAR_REASONING (probability 0.93)",
        "broken.py:1",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

#[test]
fn the_page_asks_no_network_and_runs_no_script() {
    let page = page();
    assert!(page.contains("default-src 'none'"));
    for unwanted in [
        "<script", "<link", "<img", "@import", "url(", " src=", "onclick",
    ] {
        assert!(!page.contains(unwanted), "{unwanted}");
    }
}

#[test]
fn checked_text_is_never_markup() {
    let text = "x = '</pre><script>alert(1)</script>' in known\n";
    let evil = "<img src=x onerror=alert(1)> \"'`<b>`";
    let mut finding = bare(
        "list-membership-in-loop",
        "python",
        span(text, "in known", 0),
        evil,
    );
    finding.suggestion = evil.into();
    finding.label = evil.into();
    finding.cost = Some(Cost::Code(CodeCost {
        before: evil.into(),
        after: evil.into(),
        depth: 1,
        size: Size {
            n: 10,
            origin: SizeOrigin::Assumed,
        },
        shape: "",
        curve: curve(&[(10, 2.0), (100, 3.0)]),
    }));
    finding.fix = Some(Fix {
        title: evil.into(),
        edits: vec![Edit {
            span: Span::at(0),
            text: evil.into(),
        }],
        safety: Safety::Unsafe(evil.into()),
    });
    finding.run = Some(RunPlace {
        run: evil.into(),
        turn: 1,
        mode: "M",
        probability: 0.5,
    });
    let turn = Turn {
        number: 1,
        role: evil.into(),
        text: evil.into(),
        span: Span::new(0, 9),
        calls: vec![Call {
            name: evil.into(),
            arguments: evil.into(),
            ..Call::default()
        }],
        ..Turn::default()
    };
    let name = "</style><b>.py";
    let timeline = Timeline {
        source: name.into(),
        run: evil.into(),
        goal: evil.into(),
        outcome: evil.into(),
        turns: vec![turn],
    };
    let problem = Problem {
        kind: ProblemKind::Syntax,
        span: None,
        message: evil.into(),
    };
    let files = [checked(
        Source::new(name, text),
        vec![finding],
        vec![problem],
    )];
    let options = Options {
        timelines: vec![timeline],
        source_url: Some("javascript:alert(1)".into()),
        ..options()
    };
    let page = report_with(&files, Format::Html, options);
    check_nesting(&page);
    for unwanted in ["<img", "<script", "<b>.py", "javascript:", "</style><b"] {
        assert!(!page.contains(unwanted), "{unwanted}");
    }
}

#[test]
fn a_run_has_a_page_of_its_own() {
    let (run, timeline) = circling();
    let files = [run];
    let page = with(&files, options(), |report| {
        let mut out = Vec::new();
        write_timeline_page(report, &timeline, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    });
    std::fs::write(format!("{}/run.html", env!("CARGO_TARGET_TMPDIR")), &page).unwrap();
    check_nesting(&page);
    assert!(page.contains("id=\"t24\""));
    assert!(page.contains("id=\"f1\"") && page.contains("href=\"#f1\""));
}

#[test]
fn a_clean_run_has_a_page_too() {
    let page = report(
        &[checked(Source::new("a.py", "x = 1\n"), vec![], vec![])],
        Format::Html,
    );
    check_nesting(&page);
    assert!(page.contains("No loop here costs more than it must"));
    check_nesting(&report(&[], Format::Html));
}

#[test]
fn a_page_of_ten_thousand_findings_stays_small() {
    let text = "a in known\n".repeat(10_000);
    let findings = (0..10_000)
        .map(|line| {
            bare(
                "list-membership-in-loop",
                "python",
                Span::new(line * 11, line * 11 + 10),
                "m",
            )
        })
        .collect();
    let page = report(
        &[checked(Source::new("a.py", &text), findings, vec![])],
        Format::Html,
    );
    check_nesting(&page);
    assert!(page.len() < 2_000_000, "{}", page.len());
    assert!(page.contains("9,750 findings more, less costly, have no card here"));
}
