//! What the command line cannot reach: choices among fixes, and the bytes of notebooks.

use std::sync::Arc;

use looplint_engine::{Engine, Outcome, Pool, Wing};
use looplint_model::{
    Cell, Claim, Confidence, Decoded, Edit, Finding, Fix, Layout, Page, Part, PartKind, Problem,
    ProblemKind, Safety, Settings, Severity, SilenceScope, Source, Span,
};

use super::encode::splice;
use super::file::{Fixed, Fixer, Target, Work};
use crate::config::{Config, Resolved};
use crate::files::Input;
use crate::past::Past;
use crate::run::Checker;
use looplint_engine::choose;

/// A domain in which each text has one fix: `a` becomes `b`, `b` becomes `a`, `good` becomes `broken`,
/// a number becomes the next one up to 9; and `broken` has a syntax error.
struct Letters;

impl Wing for Letters {
    fn name(&self) -> &'static str {
        "python"
    }

    fn claims(&self, _: &str, _: &[u8]) -> Claim {
        Claim::Yes
    }

    fn cuttable(&self, _: &str, _: &[u8]) -> bool {
        false
    }

    fn decode(&self, name: &str, bytes: Vec<u8>) -> Decoded {
        Decoded {
            sources: vec![Source::new(name, String::from_utf8(bytes).unwrap())],
            problems: Vec::new(),
        }
    }

    fn check(&self, source: &Source, _: &Settings) -> Outcome {
        let text = source.text.as_str();
        let next = match text {
            "a" => "b".to_owned(),
            "b" => "a".to_owned(),
            "good" => "broken".to_owned(),
            _ => match text.parse::<u32>() {
                Ok(n) if n < 9 => (n + 1).to_string(),
                _ => text.to_owned(),
            },
        };
        let mut outcome = Outcome::default();
        if next != text {
            let edits = [edit(0, text.len() as u32, &next)];
            outcome
                .findings
                .push(finding("letters", 0, &edits, Safety::Safe));
        }
        if text == "broken" {
            outcome.problems.push(Problem {
                kind: ProblemKind::Syntax,
                span: None,
                message: "broken".into(),
            });
        }
        outcome
    }

    fn page(&self, _: &str) -> Option<&'static Page> {
        None
    }

    fn quiet(&self, _: &Source, _: &Settings, _: Span, _: &str, _: SilenceScope) -> Option<Edit> {
        None
    }

    fn outline(&self, _: &Source, _: &Settings) -> Vec<Part> {
        Vec::new()
    }
}

/// Fixes a file of this text, which meanwhile holds `on_disk`; gives what became of it and what is on disk then.
fn fixed(text: &str, on_disk: &str) -> (Fixed, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::fs::write(&path, on_disk).unwrap();
    let input = Input {
        path: path.clone(),
        absolute: path.clone(),
        named: true,
        resolved: Arc::new(Resolved {
            engine: Engine::new(vec![Box::new(Letters)]),
            config: Config::new([]),
            file: None,
            places: Default::default(),
        }),
    };
    let past = Past::default();
    let checker = Checker {
        pool: &Pool::new(1),
        past: &past,
        fixer: Some(Fixer {
            work: Work::Fix { risky: false },
            to: Target::File,
        }),
    };
    let done = checker.bytes(&input, &Letters, "a.txt", text.into());
    (*done.fixed.unwrap(), std::fs::read_to_string(path).unwrap())
}

#[test]
fn fixes_go_on_until_none_is_left() {
    let (done, text) = fixed("3", "3");
    assert_eq!((done.trouble, text.as_str()), (None, "9"));
    assert_eq!(done.rules["letters"], 6);
}

#[test]
fn a_file_stays_when_fixes_circle_or_break_it_or_somebody_wrote_it() {
    let cases = [
        ("a", "a", "the fixes of letters undo each other"),
        (
            "good",
            "good",
            "the fixes of letters would break its syntax",
        ),
        ("3", "4", "it changed since it was read"),
    ];
    for (text, on_disk, trouble) in cases {
        let (done, after) = fixed(text, on_disk);
        assert_eq!(done.trouble.as_deref(), Some(trouble));
        assert_eq!(after, on_disk);
        assert!(done.rules.is_empty());
    }
}

fn edit(start: u32, end: u32, text: &str) -> Edit {
    Edit {
        span: Span::new(start, end),
        text: text.into(),
    }
}

fn finding(rule: &'static str, at: u32, edits: &[Edit], safety: Safety) -> Finding {
    Finding {
        rule,
        domain: "python",
        span: Span::at(at),
        message: String::new(),
        suggestion: String::new(),
        label: String::new(),
        severity: Severity::Warning,
        confidence: Confidence::Proven,
        related: Vec::new(),
        cost: None,
        fix: Some(Fix {
            title: String::new(),
            edits: edits.to_vec(),
            safety,
        }),
        run: None,
    }
}

fn function(start: u32, end: u32, parts: Vec<Part>) -> Part {
    Part {
        kind: PartKind::Function,
        name: String::new(),
        detail: String::new(),
        span: Span::new(start, end),
        head: Span::at(start),
        parts,
    }
}

#[test]
fn a_function_takes_one_fix_in_a_pass_and_imports_are_shared() {
    let import = edit(0, 0, "import a\n");
    let findings = [
        finding(
            "one",
            12,
            &[import.clone(), edit(12, 14, "x")],
            Safety::Safe,
        ),
        finding("two", 16, &[edit(16, 17, "y")], Safety::Safe),
        finding(
            "three",
            31,
            &[import.clone(), edit(31, 32, "z")],
            Safety::Safe,
        ),
        finding(
            "four",
            41,
            &[edit(0, 0, "import b\n"), edit(41, 42, "z")],
            Safety::Safe,
        ),
        finding(
            "five",
            51,
            &[edit(51, 52, "v")],
            Safety::Unsafe("why".into()),
        ),
        finding("six", 61, &[edit(61, 62, "v")], Safety::Guidance),
        finding("seven", 71, &[edit(71, 72, "w\nw")], Safety::Safe),
        finding("eight", 75, &[edit(75, 76, "w")], Safety::Safe),
    ];
    let mut class = function(
        9,
        30,
        vec![function(10, 20, vec![function(15, 19, vec![])])],
    );
    class.kind = PartKind::Class;
    let outline = [
        class,
        function(30, 40, vec![]),
        function(40, 50, vec![]),
        function(50, 60, vec![]),
        function(60, 70, vec![]),
    ];
    let chosen = choose(&findings, false, &outline, "\r\n");
    assert_eq!(chosen.rules, ["one", "three", "seven"]);
    assert_eq!(
        chosen.edits,
        [
            edit(0, 0, "import a\r\n"),
            edit(12, 14, "x"),
            edit(31, 32, "z"),
            edit(71, 72, "w\r\nw")
        ]
    );
    let risky = choose(&findings, true, &outline, "\n");
    assert_eq!(risky.rules, ["one", "three", "five", "seven"]);
}

/// A notebook's source as a domain reads it: cells joined, each ending in a line break.
fn joined(cells: &[&str]) -> Source {
    let (mut text, mut places) = (String::new(), Vec::new());
    for (at, cell) in cells.iter().enumerate() {
        let start = text.len() as u32;
        text += cell;
        if !cell.ends_with('\n') {
            text.push('\n');
        }
        places.push(Cell {
            number: at + 1,
            span: Span::new(start, text.len() as u32),
            id: None,
            file_lines: Vec::new(),
        });
    }
    Source::laid_out("n.ipynb", text, Layout::Cells(places))
}

fn spliced(file: &str, source: &Source, edits: &[Edit]) -> String {
    String::from_utf8(splice(file.as_bytes(), source, edits).unwrap()).unwrap()
}

#[test]
fn a_notebook_keeps_every_other_byte() {
    let file = "{\"cells\" : [\n {\"source\":[\"a = 1\\n\",\n   \"b = \\u00e9\\n\", \"c\"], \"x\":1e400},\n {\"source\": \"d\\ne\", \"outputs\":[{\"text\":\"a = 1\"}]}, {\"source\": []}]}\n";
    let source = joined(&["a = 1\nb = \u{e9}\nc", "d\ne", ""]);
    let at = |what: &str| source.text.find(what).unwrap() as u32;
    let (b, c, d) = (at("b ="), at("c\n"), at("d\n"));
    let end = source.text.len() as u32;
    // A line changes, one comes, one goes.
    assert_eq!(
        spliced(file, &source, &[edit(0, 1, "aa")]),
        file.replace("\"a = 1\\n\",", "\"aa = 1\\n\",")
    );
    assert_eq!(
        spliced(file, &source, &[edit(b, b, "n = \u{e8}\u{1f600}\n")]),
        file.replace("   \"b", "   \"n = \\u00e8\\ud83d\\ude00\\n\",\n   \"b")
    );
    assert_eq!(
        spliced(file, &source, &[edit(b, c, "")]),
        file.replace("\"b = \\u00e9\\n\", ", "")
    );
    // At the end of a cell, where the reader added the line break.
    assert_eq!(
        spliced(file, &source, &[edit(c, c + 2, "")]),
        file.replace("\\n\", \"c\"]", "\"]")
    );
    assert_eq!(
        spliced(file, &source, &[edit(c, c + 1, "c\nd")]),
        file.replace("\"c\"]", "\"c\\n\",\n   \"d\"]")
    );
    // What is inserted between two cells belongs to the next, at the end of all to the last.
    assert_eq!(
        spliced(file, &source, &[edit(d, d, "new\n")]),
        file.replace("\"d\\ne\"", "\"new\\nd\\ne\"")
    );
    assert_eq!(
        spliced(file, &source, &[edit(end, end, "new\n")]),
        file.replace("\"source\": []", "\"source\": [\"\\n\", \"new\"]")
    );
    // Two cells in one pass.
    assert_eq!(
        spliced(file, &source, &[edit(0, 1, "x"), edit(d, d + 1, "y")]),
        file.replace("\"a = 1\\n\",", "\"x = 1\\n\",")
            .replace("\"d\\ne\"", "\"y\\ne\"")
    );
    let over = splice(file.as_bytes(), &source, &[edit(c, d + 1, "")]);
    assert_eq!(over.unwrap_err(), "a fix reaches over several cells");
}

#[test]
fn a_line_of_ipython_is_not_touched() {
    let file = r#"{"cells": [{"source": ["%time f()\n", "a = 1"]}]}"#;
    let source = joined(&["         \na = 1"]);
    let touched = splice(file.as_bytes(), &source, &[edit(0, 3, "x")]);
    assert_eq!(touched.unwrap_err(), "a fix would change a line of IPython");
    assert_eq!(
        spliced(file, &source, &[edit(10, 11, "b")]),
        file.replace("a = 1", "b = 1")
    );
}

#[test]
fn encodings_go_back_as_they_came() {
    let mut source = Source::new("a.py", "x = '\u{e9}'\n");
    source.encoding = "iso-8859-1";
    let made = splice(b"x = '\xe9'\n", &source, &[edit(0, 1, "y")]);
    assert_eq!(made.unwrap(), b"y = '\xe9'\n");
    let made = splice(b"x = '\xe9'\n", &source, &[edit(0, 1, "\u{20ac}")]);
    assert_eq!(
        made.unwrap_err(),
        "what it would hold cannot be written as iso-8859-1"
    );
    source.encoding = "windows-1252";
    source.text = "x = '\u{20ac}'\n".into();
    let made = splice(b"x = '\x80'\n", &source, &[edit(0, 1, "y")]);
    assert_eq!(made.unwrap(), b"y = '\x80'\n");
    source.encoding = "utf-8";
    source.bom = true;
    let made = splice(
        "\u{feff}x = '\u{20ac}'\n".as_bytes(),
        &source,
        &[edit(0, 1, "y")],
    );
    assert_eq!(made.unwrap(), "\u{feff}y = '\u{20ac}'\n".as_bytes());
}
