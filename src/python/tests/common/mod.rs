//! One helper for all tests of the facts: Python in, readable facts out.
//!
//! `«` and `»` mark the expressions that a test asks about; each gives one line.

#![allow(dead_code, reason = "each test file asks some of the questions")]

use looplint_model::{Domain, Settings, Source};
use looplint_python::summary::Subject;
use looplint_python::{Document, Loop, Multiplicity, Node, Python};

/// Compares the facts on the marked expressions with `expected`, leading blanks aside.
#[track_caller]
pub(crate) fn check(marked: &str, ask: fn(Node<'_>) -> String, expected: &str) {
    let got = facts(marked, ask);
    let tidy = |text: &str| {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(tidy(&got), tidy(expected), "\nthe facts are\n{got}");
}

/// One line per marked expression.
pub(crate) fn facts(marked: &str, ask: fn(Node<'_>) -> String) -> String {
    let (text, spans) = unmark(marked);
    let source = Source::new("test.py", text);
    Python::open(&source, &Settings::default(), |document, _, _| {
        assert_eq!(
            Python::problems(document),
            [],
            "the test's text does not parse"
        );
        spans
            .iter()
            .map(|(start, end)| line(document, *start, *end, ask))
            .collect()
    })
}

fn line<'d>(
    document: &'d Document<'d>,
    start: u32,
    end: u32,
    ask: fn(Node<'_>) -> String,
) -> String {
    let found = document
        .nodes()
        .filter(|node| (node.span().start, node.span().end) == (start, end))
        .last();
    let node = found.expect("a mark is not around an expression or statement");
    format!("{}: {}\n", node.text(), ask(node))
}

fn unmark(marked: &str) -> (String, Vec<(u32, u32)>) {
    let (mut text, mut open, mut spans) = (String::new(), Vec::new(), Vec::new());
    for character in marked.chars() {
        match character {
            '«' => open.push(text.len() as u32),
            '»' => spans.push((open.pop().expect("a mark is not opened"), text.len() as u32)),
            plain => text.push(plain),
        }
    }
    spans.sort_unstable();
    (text, spans)
}

/// The headers of loops, innermost first.
pub(crate) fn headers(loops: &[Loop<'_>]) -> String {
    let headers: Vec<&str> = loops
        .iter()
        .map(|each| each.node().document().source.slice(each.span()))
        .collect();
    format!("[{}]", headers.join("; "))
}

/// The loops that run a place, and how often each does.
pub(crate) fn loops<'d>(node: Node<'d>) -> String {
    let each = |each: Loop<'d>| {
        let text = headers(&[each]);
        match node.multiplicity(each) {
            Multiplicity::Once => format!("once {text}"),
            Multiplicity::Rare => format!("rare {text}"),
            Multiplicity::Repeated => text,
        }
    };
    let all: Vec<String> = node.all_loops().map(each).collect();
    if all.is_empty() {
        "no loop".into()
    } else {
        all.join(" ")
    }
}

/// The loops around a place that multiply: those that are not bounded.
pub(crate) fn multiplying(node: Node<'_>) -> String {
    let long: Vec<Loop<'_>> = node.all_loops().filter(|each| !each.is_bounded()).collect();
    headers(&long)
}

/// The loops between the object's bindings and the place.
pub(crate) fn gap(node: Node<'_>) -> String {
    headers(&node.depth_gap())
}

/// The type with how sure it is.
pub(crate) fn ty(node: Node<'_>) -> String {
    let typed = node.typed();
    format!("{} {}", typed.ty, typed.confidence.as_str())
}

/// The size.
pub(crate) fn size(node: Node<'_>) -> String {
    let extent = node.extent();
    match extent.bound {
        Some(n) => format!("{n} {}", extent.origin.as_str()),
        None => extent.name,
    }
}

/// Whether it stays the same in the innermost loop.
pub(crate) fn invariant(node: Node<'_>) -> String {
    let Some(around) = node.innermost_loop() else {
        return "no loop".into();
    };
    match node.invariant(around) {
        Ok(confidence) => confidence.as_str().into(),
        Err(variance) => format!("{:?} by {}", variance.reason, variance.at.text()),
    }
}

/// What is done with it.
pub(crate) fn role(node: Node<'_>) -> String {
    let found = node.role();
    format!("{:?} {}", found.role, found.confidence.as_str())
}

/// What it stands for.
pub(crate) fn name(node: Node<'_>) -> String {
    node.qualified_name().unwrap_or_else(|| "its own".into())
}

/// The bindings that reach a use.
pub(crate) fn reaching(node: Node<'_>) -> String {
    let source = node.document().source;
    let all: Vec<&str> = node
        .reaching()
        .into_iter()
        .map(|binding| source.slice(binding.span()))
        .collect();
    all.join(" | ")
}

/// What a function does.
pub(crate) fn summary(node: Node<'_>) -> String {
    let Some(summary) = node.summary() else {
        return "nothing known".into();
    };
    let mut parts = vec![format!("{:?}", summary.purity).to_lowercase()];
    let numbers = |all: &[u32]| {
        all.iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    for (word, list) in [
        ("reads", summary.reads.join(", ")),
        ("writes", summary.writes.join(", ")),
        ("mutates", numbers(&summary.mutates)),
        ("keeps", numbers(&summary.keeps)),
    ] {
        if !list.is_empty() {
            parts.push(format!("{word} {list}"));
        }
    }
    if summary.recursive {
        parts.push("recursive".into());
    }
    parts.extend(summary.deeds.iter().map(|deed| {
        let hops = if deed.chain.len() > 1 {
            format!(" in {}", deed.chain.len() - 1)
        } else {
            String::new()
        };
        let repeated = if deed.repeated { " repeated" } else { "" };
        format!(
            "{:?} of {}{hops}{repeated}",
            deed.what,
            subject(&deed.subject)
        )
    }));
    parts.join("; ")
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Parameter(at) => format!("parameter {at}"),
        Subject::Attribute(name) => format!("self.{name}"),
        Subject::Global(name) => name.clone(),
        Subject::Other => "other".into(),
    }
}

/// What a call does through its function.
pub(crate) fn deeds(node: Node<'_>) -> String {
    let all = node.deeds().into_iter().map(|(deed, object)| {
        let object = object.map_or_else(|| subject(&deed.subject), Node::text);
        format!("{:?} of {object} via {}", deed.what, node.text())
    });
    all.collect::<Vec<_>>().join("; ")
}

/// The type, or what methods give away.
pub(crate) fn evidence(node: Node<'_>) -> String {
    let typed = node.typed_or_evidence();
    format!("{} {}", typed.ty, typed.confidence.as_str())
}
