//! What a file may hold: encodings, notebooks, nonsense, depth, comments that ask for silence.

mod common;

use looplint_model::{
    Claim, Columns, Decoded, Domain, Layout, ProblemKind, Settings, Source, Span,
};
use looplint_python::{Kind, Python};

fn decode(name: &str, bytes: &[u8]) -> Decoded {
    Python::decode(name, bytes.to_vec())
}

#[track_caller]
fn text(bytes: &[u8]) -> (String, &'static str, bool) {
    let decoded = decode("a.py", bytes);
    assert_eq!(decoded.problems, []);
    let [source] = decoded.sources.as_slice() else {
        panic!("one source")
    };
    (source.text.clone(), source.encoding, source.bom)
}

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    let decoded = decode("a.py", bytes);
    assert!(decoded.sources.is_empty());
    let [problem] = decoded.problems.as_slice() else {
        panic!("one problem")
    };
    assert_eq!(problem.kind, ProblemKind::Encoding);
    problem.message.clone()
}

fn problems(text: &str) -> Vec<(ProblemKind, String)> {
    let source = Source::new("a.py", text);
    Python::open(&source, &Settings::default(), |document, source, _| {
        let told = Python::problems(document).iter();
        told.map(|problem| {
            let at = problem
                .span
                .map_or(0, |span| source.position(span.start, Columns::Utf32).line);
            (problem.kind, format!("{at}: {}", problem.message))
        })
        .collect()
    })
}

#[test]
fn encodings_are_those_of_python() {
    assert_eq!(text(b""), (String::new(), "utf-8", false));
    assert_eq!(
        text("\u{feff}x = '\u{e9}'\n".as_bytes()),
        ("x = '\u{e9}'\n".into(), "utf-8", true)
    );
    assert_eq!(
        text(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n").0,
        "# -*- coding: latin-1 -*-\nx = '\u{e9}'\n"
    );
    assert_eq!(
        text(b"#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\n'\xa4'\n").1,
        "ISO-8859-15"
    );
    assert_eq!(
        text(b"# coding: cp1252\n'\x80'").0,
        "# coding: cp1252\n'\u{20ac}'"
    );
    assert_eq!(text(b"\n\n# coding: nonsense\n").1, "utf-8");
    assert_eq!(text(b"x = 1\n# coding: nonsense\n").1, "utf-8");
    assert_eq!(text(b"# coding: UTF_8_sig\n").1, "utf-8");
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    assert_eq!(refused(b"# coding: uft-8\n"), "unknown encoding \"uft-8\"");
    assert_eq!(
        refused(b"x = 1\ny = '\xe9'\n"),
        "not UTF-8: byte 0xe9 in line 2, and no encoding is declared"
    );
    assert_eq!(
        refused(b"x\n\0"),
        "NUL byte in line 2, so this is no Python source"
    );
    assert_eq!(
        refused(b"# coding: ascii\n'\xe9'"),
        "not ASCII, which the file claims to be"
    );
    assert!(refused(b"\xff\xfex\0").starts_with("looks like UTF-16"));
    assert!(refused(b"\xef\xbb\xbf# coding: latin-1\n").contains("byte order mark"));
}

#[test]
fn names_and_first_lines_say_what_is_python() {
    for (name, head, claim) in [
        ("a.py", "", Claim::Yes),
        ("lib/a.pyi", "", Claim::Yes),
        ("n.ipynb", "{", Claim::Yes),
        ("a.txt", "#!/usr/bin/python", Claim::No),
        ("bin/tool", "#!/usr/bin/env python3\n", Claim::Yes),
        ("bin/tool", "#!/bin/sh\n", Claim::No),
    ] {
        assert_eq!(Python::claims(name, head.as_bytes()), claim, "{name}");
    }
}

const NOTEBOOK: &str = r##"{
 "metadata": {"language_info": {"name": "python"}},
 "cells": [
  {"cell_type": "markdown", "source": ["# for x in xs:\n"]},
  {"cell_type": "code", "id": "one", "source": ["%matplotlib inline\n", "import os\n", "if True:\n", "    !ls\n"]},
  {"cell_type": "code", "source": "%%bash\nfor x in *; do echo; done"},
  {"cell_type": "code", "source": "len?\nfiles = !ls\nx = [\n  5\n  %2]"}
 ]}"##;

#[test]
fn a_notebook_is_its_python_cells() {
    let decoded = decode("n.ipynb", NOTEBOOK.as_bytes());
    let [source] = decoded.sources.as_slice() else {
        panic!("one source")
    };
    let blank = " ".repeat("%matplotlib inline".len());
    let expected = format!("{blank}\nimport os\nif True:\n    0  \n");
    assert!(source.text.starts_with(&expected), "{:?}", source.text);
    let Layout::Cells(cells) = &source.layout else {
        panic!("cells")
    };
    assert_eq!(
        cells.iter().map(|cell| cell.number).collect::<Vec<_>>(),
        [2, 3, 4]
    );
    assert_eq!(cells[0].id.as_deref(), Some("one"));
    let last = source.text.find("x = [").unwrap() as u32;
    let position = source.position(last, Columns::Utf32);
    assert_eq!((position.cell, position.line, position.column), (4, 3, 1));
    Python::open(source, &Settings::default(), |document, _, _| {
        assert_eq!(document.of_kind(Kind::For).count(), 0);
    });
}

#[test]
fn a_place_in_a_notebook_has_its_line_in_the_file() {
    let file = "{\"cells\": [\n {\"cell_type\": \"code\", \"source\": [\n   \"import os\\n\",\n   \"\u{1f600} = '\\\"'; os.path\"\n ]},\n \
                {\"cell_type\": \"code\", \"source\": \"a\\nb\"}]}";
    let decoded = decode("n.ipynb", file.as_bytes());
    let [source] = decoded.sources.as_slice() else {
        panic!("one source: {:?}", decoded.problems)
    };
    let place = |needle: &str| {
        let start = source.text.find(needle).unwrap() as u32;
        let span = Span::new(start, start + needle.len() as u32);
        let (start, end) = source.file_range(span, Columns::Utf16);
        (start.cell, start.line, start.column, end.line, end.column)
    };
    assert_eq!(place("os\n"), (1, 3, 4, 4, 24));
    assert_eq!(place("os.path"), (1, 4, 4, 4, 24));
    assert_eq!(place("b"), (2, 6, 34, 6, 40));
}

#[test]
fn a_notebook_that_is_none_says_so() {
    let cut = decode("n.ipynb", &NOTEBOOK.as_bytes()[..120]);
    assert!(cut.sources.is_empty());
    assert!(
        cut.problems[0].message.starts_with("not a notebook: EOF"),
        "{:?}",
        cut.problems
    );
    assert!(
        decode("n.ipynb", b" ").problems[0]
            .message
            .contains("empty")
    );
    let other = r#"{"metadata": {"kernelspec": {"language": "R"}}, "cells": [{"cell_type": "code", "source": "x <- 1"}]}"#;
    let other = decode("n.ipynb", other.as_bytes());
    assert!(other.sources.is_empty() && other.problems.is_empty());
}

#[test]
fn syntax_errors_have_a_place_and_the_rest_is_read() {
    let text = "for x in xs:\n    x.f(\n\nfor y in ys:\n    y\n";
    let told = problems(text);
    assert!(told.iter().all(|(kind, _)| *kind == ProblemKind::Syntax) && !told.is_empty());
    let source = Source::new("a.py", text);
    Python::open(&source, &Settings::default(), |document, _, _| {
        assert!(document.of_kind(Kind::For).count() >= 1);
    });
    assert_eq!(problems("match x:\n    case 1: pass\ntype X = int\n"), []);
    assert_eq!(problems("try:\n    pass\nexcept A, B:\n    pass\n"), []);
}

#[test]
fn hostile_depth_is_a_problem_and_no_crash() {
    let deep = |n: usize| {
        vec![
            "(".repeat(n),
            "[".repeat(n) + &"]".repeat(n),
            "f(".repeat(n),
            "x = ".to_owned() + &"-".repeat(n) + "1",
            "not ".repeat(n) + "1",
            "a".to_owned() + &".b".repeat(n),
            "a".to_owned() + &"[0]".repeat(n),
            "a".to_owned() + &"()".repeat(n),
            "1".to_owned() + &"+1".repeat(n),
            "lambda: ".repeat(n) + "1",
            "1 if 1 else ".repeat(n) + "1",
            "await ".repeat(n) + "x",
            "if 1: ".repeat(n) + "x",
            "x = ".to_owned() + &"{1: ".repeat(n) + "2" + &"}".repeat(n),
            "f\"{".repeat(n) + &"}\"".repeat(n),
            "f'{".to_owned() + &"(".repeat(n) + &")".repeat(n) + "}'",
        ]
    };
    for text in deep(100_000) {
        let told = problems(&text);
        assert_eq!(
            told.first().map(|told| told.0),
            Some(ProblemKind::Limit),
            "{}",
            &text[..20]
        );
    }
    for text in deep(1_000) {
        assert!(
            problems(&text)
                .iter()
                .all(|told| told.0 != ProblemKind::Limit),
            "{}",
            &text[..20]
        );
    }
    let stairs: String = (0..10_010).map(|n| " ".repeat(n) + "if 1:\n").collect();
    assert_eq!(
        problems(&stairs).first().map(|told| told.0),
        Some(ProblemKind::Limit)
    );
    // Prose in strings, comments and half-typed files nests nothing.
    let prose = format!(
        "x = '{}'\n# {}\ny = (\n{}",
        "(".repeat(20_000),
        "[".repeat(20_000),
        "z = 1\n".repeat(4_000)
    );
    assert!(
        problems(&prose)
            .iter()
            .all(|told| told.0 != ProblemKind::Limit)
    );
    let table = format!("x = [{}]", "-1.5, ".repeat(20_000));
    assert_eq!(problems(&table), []);
}

#[track_caller]
fn silences(text: &str, expected: &[&str]) {
    let source = Source::new("a.py", text);
    let got: Vec<String> = Python::open(&source, &Settings::default(), |document, source, _| {
        let show = |silence: looplint_model::Silence| {
            let rules: Vec<&str> = silence
                .rules
                .iter()
                .map(|(rule, span)| {
                    assert_eq!(source.slice(*span), rule);
                    rule.as_str()
                })
                .collect();
            format!(
                "{:?} {rules:?} {:?} over {:?}",
                silence.scope,
                silence.reason,
                source.slice(silence.covers)
            )
        };
        Python::silence(document).into_iter().map(show).collect()
    });
    assert_eq!(got, expected);
}

#[test]
fn comments_ask_for_silence() {
    silences(
        "a = [  # looplint: ignore[one, two] it is small\n  1]\nb = 2\n",
        &[
            "Line [\"one\", \"two\"] \"it is small\" over \"a = [  # looplint: ignore[one, two] it is small\\n  1]\"",
        ],
    );
    silences(
        "# looplint: ignore[one]: why not\n\n# more\nfor x in xs:  # noqa\n    y\n",
        &["Line [\"one\"] \"why not\" over \"for x in xs:  # noqa\""],
    );
    silences(
        "def f():\n    # looplint: disable[one, two] hot\n    a\n    # looplint: enable[one]\n    b\nc\n",
        &[
            "Region [\"one\"] \"hot\" over \"# looplint: disable[one, two] hot\\n    a\\n    \"",
            "Region [\"two\"] \"hot\" over \"# looplint: disable[one, two] hot\\n    a\\n    # looplint: enable[one]\\n    b\\n\"",
        ],
    );
    silences(
        "x = 1  # looplint: file-ignore[one] made\n",
        &["File [\"one\"] \"made\" over \"x = 1  # looplint: file-ignore[one] made\\n\""],
    );
    silences(
        "x = '# looplint: ignore[one]'\n# see looplint: ignore[one]\n# looplint: something\n",
        &[],
    );
}
