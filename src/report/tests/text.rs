//! What a person sees in a terminal.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use looplint_model::*;
use looplint_report::{Format, Options, Timeline, Turn, summary_line, write_timeline};

#[test]
fn a_finding_shows_the_loop_the_cost_and_what_to_write() {
    let files = [checked(
        Source::new("src/late.py", ORDERS),
        vec![membership(ORDERS)],
        vec![],
    )];
    insta::assert_snapshot!(report(&files, Format::Full));
    insta::assert_snapshot!(report(&files, Format::Concise));
}

#[test]
fn worst_first_then_severity_file_and_place() {
    let text = "for row in range(50000):\n    text += row\n";
    let mut info = bare(
        "str-concat-in-loop",
        "python",
        span(text, "row", 1),
        "worth knowing",
    );
    info.severity = Severity::Info;
    let mut error = bare(
        "str-concat-in-loop",
        "python",
        span(text, "row", 0),
        "worth failing",
    );
    error.severity = Severity::Error;
    let files = [
        checked(
            Source::new("b.py", text),
            vec![info.clone(), error, concat(text)],
            vec![],
        ),
        checked(
            Source::new("a.py", ORDERS),
            vec![membership(ORDERS)],
            vec![],
        ),
        checked(Source::new("a.py", text), vec![info], vec![]),
    ];
    insta::assert_snapshot!(report(&files, Format::Concise));
    insta::assert_snapshot!(report(&files[..1], Format::Full));
    let line = with(&files, options(), summary_line);
    assert_eq!(
        line,
        "5 findings (1 error, 2 warnings, 2 notes) in 2 of 3 files"
    );
}

#[test]
fn a_trace_of_one_long_line_is_cut_around_what_is_marked() {
    let call = r#"{"name":"search","arguments":{"q":"flights to Z\u00fcrich \u001b[31m"}}"#;
    let filler = "x".repeat(500_000);
    let text = format!(r#"{{"turns":[{call},{{"content":"{filler}"}},{call},{call}]}}"#);
    let files = [checked(
        Source::new("run.json", &text),
        vec![repeated_call(&text, call, 14)],
        vec![],
    )];
    let shown = report(&files, Format::Full);
    assert!(shown.len() < 2_000, "{} bytes", shown.len());
    insta::assert_snapshot!(shown);
}

#[test]
fn wide_characters_tabs_and_both_line_ends_keep_the_marks_in_place() {
    let text = "for \u{1f600} in names:\r\n\tif '\u{65e5}\u{672c}' in known: pass\r\n";
    let mut finding = bare(
        "list-membership-in-loop",
        "python",
        span(text, "'\u{65e5}\u{672c}' in known", 0),
        "a scan",
    );
    finding.related = vec![Related {
        span: span(text, "\u{1f600} in names", 0),
        message: "the loop".into(),
    }];
    let files = [checked(Source::new("wide.py", text), vec![finding], vec![])];
    insta::assert_snapshot!(report(&files, Format::Full));
}

#[test]
fn text_of_a_file_cannot_steer_the_terminal() {
    let text = "x = '\u{1b}[2J\u{202e}' in known\n";
    let mut finding = bare(
        "list-membership-in-loop",
        "python",
        span(text, "' in known", 0),
        "a\u{1b}[2Jb\nc",
    );
    finding.suggestion = "use \u{7}bell".into();
    let files = [checked(
        Source::new("evil\u{1b}.py", text),
        vec![finding],
        vec![],
    )];
    for format in [Format::Full, Format::Concise] {
        let shown = report(&files, format);
        assert!(
            !shown.contains(['\u{1b}', '\u{202e}', '\u{7}']),
            "{shown:?}"
        );
    }
}

#[test]
fn a_notebook_names_the_cell() {
    let text = "known = [1]\nrows = [2]\nfor row in rows:\n    row in known\n";
    let cells = vec![
        Cell {
            number: 2,
            span: Span::new(0, 23),
            id: None,
            file_lines: vec![],
        },
        Cell {
            number: 5,
            span: Span::new(23, text.len() as u32),
            id: None,
            file_lines: vec![],
        },
    ];
    let mut finding = bare(
        "list-membership-in-loop",
        "python",
        span(text, "row in known", 0),
        "a scan",
    );
    finding.related = vec![
        Related {
            span: span(text, "for row in rows:", 0),
            message: "the loop".into(),
        },
        Related {
            span: span(text, "known = [1]", 0),
            message: "the list is made here".into(),
        },
    ];
    let source = Source::laid_out("n.ipynb", text, Layout::Cells(cells));
    let files = [checked(source, vec![finding], vec![])];
    insta::assert_snapshot!(report(&files, Format::Full));
    insta::assert_snapshot!(report(&files, Format::Concise));
}

#[test]
fn problems_name_the_file_and_the_place() {
    let text = "for x in\n";
    let problem = |kind, span, message: &str| Problem {
        kind,
        span,
        message: message.into(),
    };
    let files = [
        checked(
            Source::new("broken.py", text),
            vec![],
            vec![problem(
                ProblemKind::Syntax,
                Some(Span::at(8)),
                "expected an expression",
            )],
        ),
        checked(
            Source::new("gone.py", ""),
            vec![],
            vec![problem(ProblemKind::Unreadable, None, "permission denied")],
        ),
        checked(
            Source::new("empty.py", ""),
            vec![],
            vec![problem(
                ProblemKind::Syntax,
                Some(Span::at(0)),
                "the file is cut",
            )],
        ),
    ];
    insta::assert_snapshot!(report(&files, Format::Full));
    insta::assert_snapshot!(report(&files, Format::Concise));
    assert_eq!(
        with(&files, options(), summary_line),
        "no findings in 3 files; 3 files not checked in full"
    );
}

#[test]
fn many_lines_are_marked_on_the_first() {
    let body = "    step()\n".repeat(40);
    let text = format!("while True:\n{body}");
    let whole = Span::new(0, text.len() as u32 - 1);
    let files = [checked(
        Source::new("long.py", &text),
        vec![bare("str-concat-in-loop", "python", whole, "long")],
        vec![],
    )];
    insta::assert_snapshot!(report(&files, Format::Full));
}

#[test]
fn a_short_multi_line_place_is_drawn_whole() {
    let text = "found = [\n    row for row in rows\n    if row in known\n]\n";
    let place = Span::new(8, text.len() as u32 - 1);
    let mut finding = bare("list-membership-in-loop", "python", place, "a scan");
    finding.label = "scans `known`".into();
    let files = [checked(
        Source::new("short.py", text),
        vec![finding],
        vec![],
    )];
    insta::assert_snapshot!(report(&files, Format::Full));
}

#[test]
fn colours_only_where_they_are_allowed() {
    let files = [checked(
        Source::new("src/late.py", ORDERS),
        vec![membership(ORDERS)],
        vec![],
    )];
    assert!(!report(&files, Format::Full).contains('\u{1b}'));
    let coloured = report_with(
        &files,
        Format::Full,
        Options {
            colour: true,
            ..options()
        },
    );
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').expect("an escape sequence ends").1;
    }
    plain.push_str(rest);
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(plain, report(&files, Format::Full));
}

#[test]
fn nothing_found_is_nothing_printed() {
    let files = [checked(Source::new("clean.py", "x = 1\n"), vec![], vec![])];
    assert_eq!(report(&files, Format::Full), "");
    assert_eq!(report(&files, Format::Concise), "");
    assert_eq!(
        with(&files, options(), summary_line),
        "no findings in 1 file"
    );
}

fn timeline_text(files: &[Checked], timeline: &Timeline, options: Options) -> String {
    with(files, options, |report| {
        let mut out = Vec::new();
        write_timeline(report, timeline, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    })
}

#[test]
fn a_run_is_told_turn_by_turn() {
    let (run, mut timeline) = circling();
    timeline.turns[1].text = format!("hello\u{1b}[2J\n{}", "long ".repeat(10_000));
    let shown = timeline_text(&[run], &timeline, options());
    assert!(
        shown
            .lines()
            .all(|line| line.chars().count() < 130 || line.contains("╰─")),
        "{shown}"
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn an_empty_run_has_a_head_only() {
    let timeline = Timeline {
        run: "r".into(),
        turns: vec![Turn::default()],
        ..Timeline::default()
    };
    let shown = timeline_text(
        &[],
        &timeline,
        Options {
            colour: true,
            ..options()
        },
    );
    assert!(shown.contains("\u{1b}["));
    assert_eq!(
        timeline_text(&[], &Timeline::default(), options()),
        "  \n\n"
    );
}
