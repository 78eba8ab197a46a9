//! Findings that no rule should make, in texts that no one should write: a report comes out all the same.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use looplint_model::*;
use looplint_report::{Format, Options};

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(n)) as u32
    }

    fn span(&mut self, text: &str) -> Span {
        let n = text.len() as u32 + 4;
        Span::new(self.below(n), self.below(n))
    }
}

const TEXTS: &[&str] = &[
    "",
    "\n",
    "x",
    "\r\n\r\n",
    "a\u{1f600}b\n\u{65e5}\u{672c} = [\u{e9}]\r\n\ttab\rlone\u{0}\u{1b}[0m\u{202e}\n",
    "no newline at the end \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
];

fn finding(numbers: &mut Numbers, text: &str) -> Finding {
    let mut finding = membership(ORDERS);
    finding.span = numbers.span(text);
    for related in &mut finding.related {
        related.span = numbers.span(text);
    }
    if let Some(fix) = &mut finding.fix {
        fix.edits = (0..3)
            .map(|_| Edit {
                span: numbers.span(text),
                text: "n\u{e9}w\n".into(),
            })
            .collect();
    }
    if let Some(Cost::Code(cost)) = &mut finding.cost {
        cost.size.n = u64::from(numbers.below(5)) * u64::from(numbers.below(u32::MAX));
        let ratios = [0.0, 0.01, 1.0, 1e12, f64::NAN, f64::INFINITY, -3.0];
        let ratio = |numbers: &mut Numbers| ratios[numbers.below(7) as usize];
        cost.curve = curve(&[
            (0, ratio(numbers)),
            (10, ratio(numbers)),
            (10, ratio(numbers)),
            (1 << 40, ratio(numbers)),
        ]);
    }
    finding
}

#[test]
fn any_place_in_any_text() {
    let mut numbers = Numbers(7);
    for text in TEXTS {
        for _ in 0..60 {
            let cells = vec![Cell {
                number: 1,
                span: Span::new(0, text.len() as u32),
                id: None,
                file_lines: vec![],
            }];
            let layouts = [
                Layout::Whole,
                Layout::Cells(cells),
                Layout::Cells(vec![]),
                Layout::Part {
                    lines_before: 7,
                    bytes_before: 99,
                },
            ];
            let files: Vec<Checked> = layouts
                .into_iter()
                .map(|layout| {
                    let problem = Problem {
                        kind: ProblemKind::Rule,
                        span: Some(numbers.span(text)),
                        message: "m".into(),
                    };
                    let findings = vec![finding(&mut numbers, text), finding(&mut numbers, text)];
                    checked(
                        Source::laid_out("a.py", *text, layout),
                        findings,
                        vec![problem],
                    )
                })
                .collect();
            for format in Format::ALL {
                let shown = report_with(
                    &files,
                    *format,
                    Options {
                        colour: false,
                        ..options()
                    },
                );
                assert!(
                    !shown.contains(['\u{1b}', '\u{202e}', '\u{0}']),
                    "{format}: {shown}"
                );
            }
        }
    }
}

#[test]
fn a_long_line_stays_readable_in_every_format_for_people() {
    let text = format!(
        "{{\"a\": \"{}\", \"q\": 1}}\n",
        "\u{1f600}x".repeat(300_000)
    );
    let mut finding = bare("repeated-call", "trace", span(&text, "\"q\": 1", 0), "m");
    finding.related = vec![Related {
        span: Span::new(0, text.len() as u32 - 1),
        message: "all of it".into(),
    }];
    let files = [checked(Source::new("a.json", &text), vec![finding], vec![])];
    for format in [
        Format::Full,
        Format::Concise,
        Format::Markdown,
        Format::Agent,
    ] {
        let shown = report(&files, format);
        assert!(shown.len() < 2_000, "{format}: {} bytes", shown.len());
    }
    assert!(report(&files, Format::Html).len() < 30_000);
}
