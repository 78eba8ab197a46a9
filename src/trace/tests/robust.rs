//! Every format, broken in every way: nothing panics, nothing hangs, and no place lies outside the text.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

mod common;

use std::path::PathBuf;

use common::{files, render_bytes};
use looplint_model::{Domain, Settings, Source, Span};
use looplint_trace::{Trace, Traces};

/// Changes made to each example.
const N_CHANGES: usize = 40;

fn examples() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/traces/formats");
    let named = files(&folder)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end != "txt"));
    named
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

/// Reads a text, asks for all facts and checks every place.
fn look(name: &str, text: String) {
    let source = Source::new("t", text);
    Traces::open(&source, &Settings::default(), |document, source, _| {
        let inside = |span: Span| {
            let there = source
                .text
                .get(span.start as usize..span.end as usize)
                .is_some();
            assert!(there, "{name}: {span:?} of {}", source.text.len());
        };
        document
            .problems
            .iter()
            .filter_map(|problem| problem.span)
            .for_each(inside);
        for run in &document.runs {
            places(run, &source.text, &inside);
            facts(run);
        }
    });
}

fn places(run: &Trace<'_>, source: &str, inside: &impl Fn(Span)) {
    inside(run.span);
    let texts = [&run.goal, &run.final_result, &run.stop, &run.policy];
    for text in texts
        .into_iter()
        .flatten()
        .chain(run.turns.iter().map(|turn| &turn.content))
    {
        inside(text.span);
        inside(text.place(source, 0..text.text.len()));
        let middle = (0..=text.text.len() / 2)
            .rev()
            .find(|at| text.text.is_char_boundary(*at))
            .unwrap();
        inside(text.place(source, middle..text.text.len()));
    }
    for call in &run.calls {
        inside(call.span);
        inside(call.name.span);
        call.arguments
            .iter()
            .for_each(|arguments| inside(arguments.raw.span));
        call.result.iter().for_each(|result| inside(result.span));
        assert!(call.turn < run.turns.len());
    }
    for (at, turn) in run.turns.iter().enumerate() {
        inside(turn.span);
        assert!(turn.results.iter().all(|&call| call < run.calls.len()));
        assert!(run.calls_of(at).iter().all(|call| call.turn == at));
    }
}

fn facts(run: &Trace<'_>) {
    let n = run.call_facts().len() + run.repeats().len() + run.handoffs().len() + run.stops().len();
    std::hint::black_box(n);
    for at in 0..run.turns.len() {
        run.news(at);
        run.tokens_of(at);
    }
    for at in 0..run.calls.len() {
        run.ungrounded(at);
        run.waste(&[at]);
    }
    run.last_news();
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

#[test]
fn changed_examples_do_no_harm() {
    let pieces = [
        "", "{", "}", "[", "]", "\"", ":", ",", "null", "-1", "1e999", "\\", "\\ud800", "\u{e9}",
        "\n", "{}", "[[]]", "NaN",
    ];
    for (name, text) in examples() {
        let mut dice = Dice(text.len() as u64);
        let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for _ in 0..N_CHANGES {
            let from = bounds[dice.roll(bounds.len())];
            let length = dice.roll(12);
            let to = bounds
                .iter()
                .copied()
                .find(|at| *at >= from + length)
                .unwrap_or(text.len());
            let changed = format!(
                "{}{}{}",
                &text[..from],
                pieces[dice.roll(pieces.len())],
                &text[to..]
            );
            look(&name, changed);
        }
        for cut in (0..bounds.len()).step_by((bounds.len() / 40).max(1)) {
            look(&name, text[..bounds[cut]].to_owned());
        }
    }
}

#[test]
fn values_of_the_wrong_kind_do_no_harm() {
    let kinds = [
        "null",
        "true",
        "7",
        "\"x\"",
        "[]",
        "{}",
        "[{}]",
        "{\"role\":\"user\"}",
        "\"{\\\"a\\\":1}\"",
        "[[[]]]",
    ];
    for (name, text) in examples() {
        // Each value after a colon, where it is a plain one, becomes another kind of value.
        let places: Vec<usize> = text
            .match_indices("\": ")
            .map(|(at, found)| at + found.len())
            .collect();
        for (turn, &at) in places
            .iter()
            .enumerate()
            .step_by((places.len() / 40).max(1))
        {
            let end = text[at..]
                .find([',', '\n', '}'])
                .map_or(text.len(), |end| at + end);
            let changed = format!(
                "{}{}{}",
                &text[..at],
                kinds[turn % kinds.len()],
                &text[end..]
            );
            look(&name, changed);
        }
    }
}

#[test]
fn nesting_of_every_wrapper_is_no_danger() {
    let n = 50_000;
    for (open, close) in [
        ("{\"message\":", "}"),
        ("{\"messages\":[{\"role\":\"user\",\"content\":[", "]}]}"),
        ("{\"choices\":[", "]}"),
        (
            "{\"output\":[{\"type\":\"message\",\"role\":\"user\",\"content\":",
            "}]}",
        ),
        (
            "{\"run_type\":\"chain\",\"trace_id\":\"a\",\"child_runs\":[",
            "]}",
        ),
        (
            "{\"spanId\":\"a\",\"attributes\":{},\"child_spans\":[",
            "]}",
        ),
        (
            "{\"spanId\":\"a\",\"attributes\":{\"llm\":{\"input_messages\":[",
            "]}}}",
        ),
        ("{\"data\":[", "]}"),
        ("{\"type\":\"text\",\"value\":", "}"),
        (
            "{\"trace\":{\"observations\":[{\"type\":\"SPAN\",\"startTime\":0,\"input\":",
            "}]}}",
        ),
        ("[{\"role\":\"tool\",\"content\":", "}]"),
    ] {
        look(open, format!("{}1{}", open.repeat(n), close.repeat(n)));
        look(open, open.repeat(n));
    }
    let wrapped = |kind: &str, inner: &str| {
        format!(r#"{{"messages":[{{"role":"{kind}","content":{inner}}}]}}"#)
    };
    let mut text = "\"deep\"".to_owned();
    for _ in 0..10 {
        text = serde_json::to_string(&format!("[{text}]")).unwrap();
    }
    look("strings in strings", wrapped("user", &text));
}

#[test]
fn many_of_everything_is_read_in_time() {
    let message = r#"{"role":"assistant","content":"x","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;
    let result = r#"{"role":"tool","content":"y"}"#;
    let odd = r#"{"role":"nobody","content":"z"}"#;
    let many = |one: &str, n: usize| vec![one; n].join(",");
    look("calls", format!("[{}]", many(message, 5_000)));
    look(
        "results",
        format!("[{},{}]", many(message, 2_500), many(result, 5_000)),
    );
    look("strangers", format!("[{message},{}]", many(odd, 12_500)));
    let span = |at: usize| {
        format!(
            r#"{{"traceId":"t","spanId":"{at}","parentSpanId":"{}","name":"chat","attributes":[{{"key":"gen_ai.operation.name","value":{{"stringValue":"chat"}}}},{{"key":"gen_ai.prompt","value":{{"stringValue":"[{{\"role\":\"user\",\"content\":\"{at}\"}}]"}}}}]}}"#,
            at / 2
        )
    };
    let spans: Vec<String> = (0..2_000).map(span).collect();
    look(
        "spans",
        format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#,
            spans.join(",")
        ),
    );
}

/// A zip archive with one deflated and one stored member, and others that cannot be read.
fn archive(sample: &str) -> Vec<u8> {
    use std::io::Write as _;
    let deflated = {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(sample.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let members: [(&str, u16, Vec<u8>); 5] = [
        ("header.json", 0, b"{\"version\":2}".to_vec()),
        ("samples/oslo_epoch_1.json", 8, deflated),
        (
            "samples/bergen_epoch_1.json",
            0,
            sample.replace("oslo", "bergen").into_bytes(),
        ),
        ("samples/new_epoch_1.json", 93, b"??".to_vec()),
        ("samples/broken_epoch_1.json", 8, b"not deflate".to_vec()),
    ];
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, method, data) in &members {
        let offset = bytes.len() as u32;
        let common = |out: &mut Vec<u8>| {
            out.extend([20, 0, 0, 0]);
            out.extend(method.to_le_bytes());
            out.extend([0; 8]);
            out.extend((data.len() as u32).to_le_bytes());
            out.extend((data.len() as u32).to_le_bytes());
            out.extend((name.len() as u16).to_le_bytes());
            out.extend([0, 0]);
        };
        bytes.extend(b"PK\x03\x04");
        common(&mut bytes);
        bytes.extend(name.as_bytes());
        bytes.extend(data);
        directory.extend(b"PK\x01\x02\x14\x00");
        common(&mut directory);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = bytes.len() as u32;
    let length = directory.len() as u32;
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend((members.len() as u16).to_le_bytes());
    bytes.extend((members.len() as u16).to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(at.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

#[test]
fn an_inspect_archive_is_a_text_a_sample() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/traces/formats");
    let bytes = archive(&std::fs::read_to_string(folder.join("inspect-sample.json")).unwrap());
    let out = render_bytes("log.eval", &bytes);
    assert!(
        out.contains("== log.eval!samples/oslo_epoch_1.json\nrun oslo/1 #1 [Inspect]"),
        "{out}"
    );
    assert!(
        out.contains("== log.eval!samples/bergen_epoch_1.json\nrun bergen/1 #1 [Inspect]"),
        "{out}"
    );
    assert!(
        out.contains("member samples/new_epoch_1.json cannot be read: it is packed by method 93"),
        "{out}"
    );
    assert!(
        out.contains("member samples/broken_epoch_1.json cannot be read: its data is broken"),
        "{out}"
    );
    assert_eq!(
        Traces::claims("x", &bytes[..200]),
        looplint_model::Claim::Yes
    );
    assert_eq!(
        Traces::claims(
            "x",
            b"PK\x03\x04aaaaaaaaaaaaaaaaaaaaaaa\x01\0\0\0wword/document.xml"
        ),
        looplint_model::Claim::No
    );
    for cut in (0..bytes.len()).step_by(7) {
        render_bytes("log.eval", &bytes[..cut]);
    }
    assert!(render_bytes("log.eval", &bytes[..bytes.len() - 30]).contains("no readable directory"));
}
