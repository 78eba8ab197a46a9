//! Findings to report, made by hand: what the engine would give for a few small sources.
#![allow(dead_code)]

pub(crate) mod schema;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use looplint_model::*;
use looplint_report::{Call, Format, Options, Report, Summary, Timeline, Turn, write};

static PAGES: LazyLock<BTreeMap<&str, Page>> = LazyLock::new(|| {
    let page = |id, domain, front: &str, body: &str| {
        (
            id,
            Page::of_rule(id, domain, &format!("---\n{front}---\n\n{body}"), ""),
        )
    };
    BTreeMap::from([
        page(
            "list-membership-in-loop",
            "python",
            "summary: A membership test scans a list on every turn of a loop\nseverity: warning\nconfidence: proven\nfix: unsafe\n",
            "# Membership in a list\n\nEvery `in` scans the list.\n\n## Why\n\nA set answers at once.\n",
        ),
        page(
            "str-concat-in-loop",
            "python",
            "summary: A string grows by copying itself\nseverity: warning\nconfidence: likely\nfix: safe\n",
            "# A string that grows\n\nEach `+=` copies what is there.\n",
        ),
        page(
            "repeated-call",
            "trace",
            "summary: The same call gives the same result again\nseverity: error\nconfidence: proven\nmode: CIRCULAR_REASONING\n",
            "# The same call again\n\nNothing new can come of it.\n",
        ),
    ])
});

/// The span of the `nth` (from 0) `needle` in `text`.
pub(crate) fn span(text: &str, needle: &str, nth: usize) -> Span {
    let at = text
        .match_indices(needle)
        .nth(nth)
        .expect("the needle is there")
        .0;
    Span::new(at as u32, (at + needle.len()) as u32)
}

/// A finding without anything optional.
pub(crate) fn bare(rule: &'static str, domain: &'static str, span: Span, message: &str) -> Finding {
    Finding {
        rule,
        domain,
        span,
        message: message.into(),
        suggestion: String::new(),
        label: String::new(),
        severity: Severity::Warning,
        confidence: Confidence::Proven,
        related: Vec::new(),
        cost: None,
        fix: None,
        run: None,
    }
}

pub(crate) fn curve(points: &[(u64, f64)]) -> Option<Curve> {
    Some(Curve {
        adjusted: false,
        points: points
            .iter()
            .map(|&(n, ratio)| Point { n, ratio })
            .collect(),
        interpreter: "CPython 3.11".into(),
    })
}

pub(crate) fn checked(source: Source, findings: Vec<Finding>, problems: Vec<Problem>) -> Checked {
    Checked {
        source,
        findings,
        problems,
    }
}

pub(crate) const ORDERS: &str = "\
def late(orders, customers):
    known = list(customers)
    out = []
    for order in orders:
        if order.customer in known:
            out.append(order)
    return out
";

/// `list-membership-in-loop` in [`ORDERS`] or a text like it.
pub(crate) fn membership(text: &str) -> Finding {
    let mut finding = bare(
        "list-membership-in-loop",
        "python",
        span(text, "order.customer in known", 0),
        "`known` is a list, so each test scans it once per order; build a set before the loop",
    );
    finding.label = "scans `known`".into();
    finding.suggestion = "Build a set before the loop".into();
    finding.related = vec![
        Related {
            span: span(text, "for order in orders:", 0),
            message: "once for each order".into(),
        },
        Related {
            span: span(text, "known = list(customers)", 0),
            message: "the list is made here".into(),
        },
    ];
    finding.cost = Some(Cost::Code(CodeCost {
        before: "O(orders * customers)".into(),
        after: "O(orders + customers)".into(),
        depth: 1,
        size: Size {
            n: 1000,
            origin: SizeOrigin::Assumed,
        },
        shape: "",
        curve: curve(&[(100, 12.5), (1_000, 783.2), (10_000, 8_000.0)]),
    }));
    finding.fix = Some(Fix {
        title: "Build a set before the loop".into(),
        edits: vec![Edit {
            span: span(text, "list(customers)", 0),
            text: "set(customers)".into(),
        }],
        safety: Safety::Unsafe("elements must be hashable".into()),
    });
    finding
}

pub(crate) fn concat(text: &str) -> Finding {
    let mut finding = bare(
        "str-concat-in-loop",
        "python",
        span(text, "+=", 0),
        "`text` grows by copying itself; collect the parts and join them",
    );
    finding.confidence = Confidence::Likely;
    finding.suggestion = "Collect the parts and join them".into();
    finding.cost = Some(Cost::Code(CodeCost {
        before: "O(rows ** 2)".into(),
        after: "O(rows)".into(),
        depth: 1,
        size: Size {
            n: 50_000,
            origin: SizeOrigin::Range,
        },
        shape: "",
        curve: curve(&[(100, 1.1), (10_000, 4.4)]),
    }));
    finding.fix = Some(Fix {
        title: "Join the parts".into(),
        edits: vec![Edit {
            span: span(text, "+=", 0),
            text: "=".into(),
        }],
        safety: Safety::Safe,
    });
    finding
}

pub(crate) fn repeated_call(text: &str, needle: &str, turn: i64) -> Finding {
    let last = text.matches(needle).count() - 1;
    let mut finding = bare(
        "repeated-call",
        "trace",
        span(text, needle, last),
        "`search` was called 3 times with the same arguments and the same result; change the query or stop",
    );
    finding.severity = Severity::Error;
    finding.suggestion = "Change the query or stop".into();
    finding.label = "the same call again".into();
    finding.related = (0..last)
        .map(|nth| Related {
            span: span(text, needle, nth),
            message: format!("call {} of {}", nth + 1, last + 1),
        })
        .collect();
    finding.cost = Some(Cost::Run(RunCost {
        calls: 2,
        tokens: 1204,
        milliseconds: 5_210,
        share: 0.25,
    }));
    finding.run = Some(RunPlace {
        run: "airline-12".into(),
        turn,
        mode: "CIRCULAR_REASONING",
        probability: 0.93,
    });
    finding
}

pub(crate) fn options() -> Options {
    Options {
        version: "0.1.0".into(),
        ..Options::default()
    }
}

/// The report of `files` in `format`.
pub(crate) fn report_with(files: &[Checked], format: Format, options: Options) -> String {
    with(files, options, |report| {
        let mut out = Vec::new();
        write(report, format, &mut out).expect("memory does not fail");
        String::from_utf8(out).expect("reports are UTF-8")
    })
}

pub(crate) fn report(files: &[Checked], format: Format) -> String {
    report_with(files, format, options())
}

pub(crate) fn with<T>(
    files: &[Checked],
    options: Options,
    run: impl FnOnce(&Report<'_>) -> T,
) -> T {
    let pages = |id: &str| PAGES.get(id);
    let n_files = files.len();
    run(&Report {
        files,
        pages: &pages,
        summary: Summary {
            files_checked: n_files,
            files_skipped: 1,
            silenced: 0,
        },
        options,
    })
}

/// One of everything: code, a trace, a notebook, problems, odd names.
pub(crate) fn one_of_everything() -> Vec<Checked> {
    let trace = "{\"turns\":[{\"q\":1},\n{\"q\":1},\n{\"q\":1}]}\n";
    let notebook = "known = [1]\nfor row in rows:\n    row in known\n";
    let file_lines = (0..3)
        .map(|line| FileLine {
            line: 40 + line,
            start: 5,
            end: 30,
        })
        .collect();
    let cells = vec![Cell {
        number: 3,
        span: Span::new(0, notebook.len() as u32),
        id: None,
        file_lines,
    }];
    let problem = |kind, span, message: &str| Problem {
        kind,
        span,
        message: message.into(),
    };
    let mut hostile = bare(
        "no-such-page",
        "python",
        span(ORDERS, "out", 0),
        "call `handlers[i](x)` once\u{1b}[2J",
    );
    hostile.related = vec![Related {
        span: Span::at(0),
        message: "see [a](b)".into(),
    }];
    vec![
        checked(
            Source::new("src/late.py", ORDERS),
            vec![membership(ORDERS)],
            vec![],
        ),
        checked(
            Source::new("odd name#\u{e9}.py", ORDERS),
            vec![hostile],
            vec![],
        ),
        checked(
            Source::new("run.json", trace),
            vec![repeated_call(trace, "{\"q\":1}", 14)],
            vec![],
        ),
        checked(
            Source::laid_out("n.ipynb", notebook, Layout::Cells(cells)),
            vec![bare(
                "list-membership-in-loop",
                "python",
                span(notebook, "row in known", 0),
                "a scan",
            )],
            vec![],
        ),
        checked(
            Source::new("broken.py", "for x in\n"),
            vec![],
            vec![
                problem(
                    ProblemKind::Syntax,
                    Some(Span::at(8)),
                    "expected an expression",
                ),
                problem(ProblemKind::Limit, None, "too deep"),
            ],
        ),
        checked(
            Source::new("empty.py", ""),
            vec![bare(
                "list-membership-in-loop",
                "python",
                Span::at(0),
                "an empty place",
            )],
            vec![],
        ),
    ]
}

/// A run of 24 turns in which `search` goes round in a circle.
pub(crate) fn circling() -> (Checked, Timeline) {
    let mut text = String::from("{\"trace_id\":\"airline-12\",\"turns\":[\n");
    let mut turns = Vec::new();
    for number in 1..=24 {
        let (role, name) = match number {
            1 => ("system", ""),
            2 | 13 => ("user", ""),
            _ if number % 2 == 0 => ("tool", ""),
            5 | 9 | 15 | 19 => ("assistant", "search_direct_flight"),
            _ => ("assistant", "get_user_details"),
        };
        let arguments = if name.starts_with("search") {
            "{\"from\":\"SFO\",\"to\":\"ZRH\"}"
        } else {
            "{}"
        };
        let start = text.len() as u32;
        text.push_str(&format!("{{\"turn\":{number},\"role\":\"{role}\",\"tool_name\":\"{name}\",\"tool_input\":{arguments}}}"));
        let end = text.len() as u32;
        text.push_str(",\n");
        let call = Call {
            name: name.into(),
            arguments: arguments.into(),
            result: "[]".into(),
            failed: number == 11,
            milliseconds: Some(number as u64 * number as u64 * 20),
        };
        turns.push(Turn {
            number,
            role: role.into(),
            text: if role == "user" {
                "I want to fly on Friday".into()
            } else {
                String::new()
            },
            calls: if name.is_empty() { vec![] } else { vec![call] },
            tokens: Some(number as u64 * 31),
            span: Span::new(start, end),
            ..Turn::default()
        });
    }
    text.push_str("]}\n");
    let mut finding = repeated_call(&text, "{\"from\":\"SFO\",\"to\":\"ZRH\"}", 19);
    finding.message = "`search_direct_flight` gave the same empty result 4 times for the same arguments; change the dates or ask the user".into();
    let mut slow = repeated_call(&text, "\"turn\":23", 23);
    slow.severity = Severity::Warning;
    slow.message =
        "a slow call, then an answer without its result; wait for it or say that it is missing"
            .into();
    slow.cost = None;
    if let Some(place) = &mut slow.run {
        place.mode = "LATENCY_DEGRADED_OUTPUT";
        place.probability = 0.88;
    }
    let timeline = Timeline {
        source: "traces/airline.json".into(),
        run: "airline-12".into(),
        goal: "Book a direct flight from San Francisco to Z\u{fc}rich on Friday, below 900 dollars"
            .into(),
        outcome: "failed".into(),
        turns,
    };
    (
        checked(
            Source::new("traces/airline.json", &text),
            vec![finding, slow],
            vec![],
        ),
        timeline,
    )
}
