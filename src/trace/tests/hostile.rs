//! Broken and hostile input: one clear problem with line and column, what can be read is read, nothing falls over.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

mod common;

use std::io::Write as _;

use common::{render_bytes, render_text};
use looplint_model::{Claim, Columns, Domain, ProblemKind, Settings, Source};
use looplint_trace::Traces;

const RUN: &str = r#"{"trace_id":"a","turns":[{"turn_number":1,"role":"user","content":"hi"},{"turn_number":2,"role":"agent","content":"yes"}]}"#;

/// Kind, line and column of each problem, and the number of runs.
fn look(text: &str) -> (Vec<(ProblemKind, usize, usize, String)>, usize) {
    let source = Source::new("t.json", text);
    Traces::open(&source, &Settings::default(), |document, source, _| {
        let place = |span: Option<looplint_model::Span>| {
            let position = source.position(span.unwrap_or_default().start, Columns::Utf32);
            (position.line, position.column)
        };
        let problems = document.problems.iter().map(|problem| {
            let (line, column) = place(problem.span);
            (problem.kind, line, column, problem.message.clone())
        });
        (problems.collect(), document.runs.len())
    })
}

#[test]
fn a_cut_run_keeps_its_whole_turns_and_says_where_it_breaks_off() {
    let cut = &RUN[..RUN.len() - 5];
    let out = render_text(cut);
    assert!(out.contains("! syntax 1:"), "{out}");
    assert!(out.contains("ends in the middle of a text"), "{out}");
    assert!(out.contains("\n  cut\n"), "{out}");
    assert!(out.contains("1 user") && out.contains("2 agent"), "{out}");
    for end in 0..RUN.len() {
        let (problems, runs) = look(&RUN[..end]);
        assert!(!problems.is_empty() || runs == 1, "at {end}");
    }
}

#[test]
fn a_broken_line_costs_only_itself() {
    let text = format!("{RUN}\n{}\n{RUN}\n{{\"turns\": 1}} x\n{RUN}\n", &RUN[..40]);
    let (problems, runs) = look(&text);
    assert_eq!(runs, 3);
    let places: Vec<(usize, usize)> = problems.iter().map(|it| (it.1, it.2)).collect();
    assert_eq!(places, [(2, 41), (4, 13)], "{problems:?}");
    let (problems, runs) = look(&format!("{}\n{RUN}\n{RUN}\n", &RUN[..40]));
    assert_eq!(
        (problems.len(), problems[0].1, runs),
        (1, 1, 2),
        "{problems:?}"
    );
}

#[test]
fn depth_is_no_danger() {
    for (open, close) in [
        ("[", "]"),
        ("{\"turns\":", "}"),
        ("{\"messages\":[", "]}"),
        ("[{\"role\":\"user\",\"content\":", "}]"),
    ] {
        for whole in [true, false] {
            let n = 100_000;
            let tail = if whole {
                format!("1{}", close.repeat(n))
            } else {
                String::new()
            };
            let (problems, _) = look(&format!("{}{tail}", open.repeat(n)));
            assert!(problems.len() < 60);
        }
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let text = format!(
        r#"{{"turns":[{{"turn_number":1,"role":"agent","content":"","tool_calls":[{{"name":"f","arguments":{deep}}}]}}]}}"#
    );
    let (problems, runs) = look(&text);
    assert_eq!((problems.len(), runs), (0, 1));
    assert!(render_text(&text).contains("!recursion limit exceeded"));
}

#[test]
fn what_json_forbids_is_said_and_read_all_the_same() {
    let text = "{\"trace_id\":\"\\ud83d\",\"trace_id\":\"b\",\"turns\":[\n {\"turn_number\":NaN,\"role\":\"user\",\"content\":\"a\\qb\"}]}";
    let (problems, runs) = look(text);
    assert_eq!(runs, 1);
    let places: Vec<(usize, usize)> = problems.iter().map(|it| (it.1, it.2)).collect();
    assert_eq!(places, [(1, 14), (1, 22), (2, 17), (2, 47)], "{problems:?}");
    let out = render_text(text);
    assert!(
        out.contains("run b #1"),
        "the last of two equal keys counts: {out}"
    );
    assert!(out.contains("\"aqb\""), "{out}");
    assert!(render_text(&text.replace("\"b\"", "\"\\udc00x\"")).contains("run \u{fffd}x"));
}

#[test]
fn many_problems_of_one_kind_are_counted_not_listed() {
    let list = vec!["NaN"; 500].join(",");
    let (problems, _) = look(&format!("[{list}]"));
    assert!(problems.len() < 60);
    assert!(
        problems.iter().any(|it| it.3.contains("450 more")),
        "{problems:?}"
    );
}

#[test]
fn json_that_is_no_run_is_told_what_it_is() {
    for (text, says) in [
        ("", "the file is empty"),
        ("[]", "an empty list"),
        ("[1,2]", "a list of JSON that is no record"),
        (
            "{\"name\":\"x\",\"version\":1}",
            "JSON with the keys `name`, `version`",
        ),
        (
            "{\"role\":\"admin\",\"content\":1}",
            "the keys `role`, `content`",
        ),
        ("hello", "no JSON could be read"),
    ] {
        let (problems, runs) = look(text);
        assert_eq!(runs, 0);
        let last = problems.last().unwrap();
        assert_eq!(last.0, ProblemKind::Unrecognised);
        assert!(last.3.contains(says), "{text}: {}", last.3);
    }
}

#[test]
fn a_huge_line_and_many_lines_are_read() {
    let big = "x".repeat(30 << 20);
    let text = format!(r#"{{"turns":[{{"turn_number":1,"role":"user","content":"{big}"}}]}}"#);
    assert_eq!(look(&text), (vec![], 1));
    let lines = format!("{RUN}\n").repeat(5_000);
    assert_eq!(look(&lines), (vec![], 5_000));
    assert_eq!(look(&"[".repeat(5 << 20)).1, 0);
}

#[test]
fn bytes_come_in_many_ways() {
    let plain = render_bytes("t", RUN.as_bytes());
    assert!(plain.starts_with("run a #1 [native] 1:1"), "{plain}");
    assert_eq!(
        render_bytes("t", &[b"\xef\xbb\xbf", RUN.as_bytes()].concat()),
        plain
    );
    let little: Vec<u8> = RUN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = RUN.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(
        render_bytes("t", &[b"\xff\xfe", &little[..]].concat()),
        plain
    );
    assert_eq!(render_bytes("t", &[b"\xfe\xff", &big[..]].concat()), plain);
    assert_eq!(render_bytes("t", &little), plain);
    assert_eq!(render_bytes("t", &gzip(RUN.as_bytes())), plain);
    let latin = RUN.replace("hi", "h\u{1}").replace('\u{1}', "\u{7f}");
    let latin: Vec<u8> = latin
        .bytes()
        .map(|byte| if byte == 0x7f { 0xe9 } else { byte })
        .collect();
    let out = render_bytes("t", &latin);
    assert!(out.starts_with("! encoding 1:"), "{out}");
    assert!(out.contains("h\u{fffd}"), "{out}");
    assert!(render_bytes("t", b"\0\0\0").contains("no JSON could be read"));
}

#[test]
fn broken_gzip_gives_what_was_unpacked() {
    let lines = format!("{RUN}\n").repeat(3_000);
    let packed = gzip(lines.as_bytes());
    let out = render_bytes("t.jsonl.gz", &packed[..packed.len() - 12]);
    assert!(
        out.contains("! unreadable - the gzip data breaks off"),
        "{out}"
    );
    assert!(out.contains("run a #2 "), "what was unpacked is checked");
}

#[test]
fn claims_go_by_content() {
    let claims = |bytes: &[u8]| Traces::claims("x", bytes);
    assert_eq!(claims(RUN.as_bytes()), Claim::Yes);
    assert_eq!(claims(&RUN.as_bytes()[..90]), Claim::Yes);
    assert_eq!(claims(&gzip(RUN.as_bytes())), Claim::Yes);
    assert_eq!(
        claims(b"\xef\xbb\xbf [{\"role\":\"user\",\"content\":\"x\"}]"),
        Claim::Yes
    );
    assert_eq!(claims(b"{\"name\":\"pkg\",\"version\":\"1\"}"), Claim::No);
    assert_eq!(claims(b"{\"config\":{\"messages\":"), Claim::Maybe);
    assert_eq!(claims(b"import json\nrole = 1\n"), Claim::No);
    assert_eq!(claims(b""), Claim::No);
    assert_eq!(claims(&gzip(b"tar and feathers")), Claim::No);
    assert_eq!(claims(&[0xff; 100]), Claim::No);
}

#[test]
fn a_file_of_runs_may_be_cut_and_a_run_of_lines_may_not() {
    let cuttable = |bytes: &[u8]| Traces::cuttable("x", bytes);
    assert!(cuttable(format!("{RUN}\n{RUN}\n").as_bytes()));
    assert!(
        cuttable(&RUN.as_bytes()[..90]),
        "the head may end inside the first run"
    );
    assert!(!cuttable(
        b"{\"role\":\"user\",\"content\":\"a\"}\n{\"role\":\"assistant\",\"content\":\"b\"}\n"
    ));
    assert!(!cuttable(b"{\n  \"turns\": [\n"));
    assert!(!cuttable(format!("[{RUN}]").as_bytes()));
    assert!(!cuttable(&gzip(RUN.as_bytes())));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
