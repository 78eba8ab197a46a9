//! Findings as JSON: one object, or one object on each line.
//!
//! The fields `file`, `line`, `pattern`, `estimated_slowdown_pct` and `suggestion` are the simple form that
//! small scripts read; all others stand beside them. Lines and columns count from 1, columns in characters;
//! in a notebook both are inside the cell. The slowdown of a run's finding is counted in turns: a run that wasted half
//! of its turns took 100 % more than it needed. It is null where nothing was measured.

use std::io::{self, Write};

use looplint_model::{Columns, Cost, Fix, Safety, Severity, Source, Span};
use serde::Serialize;

use crate::Report;
use crate::found::{Found, slowdown_pct};
use crate::words::n_names;

/// The form of the object; grows by one when a field changes its meaning or goes.
const SCHEMA: u32 = 1;

/// Writes `{version, schema, findings, problems, summary}`, one finding on each line.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let version = serde_json::to_string(&report.options.version)?;
    write!(
        out,
        "{{\"version\": {version}, \"schema\": {SCHEMA}, \"findings\": "
    )?;
    let found = report.found();
    write_rows(out, found.iter().map(|found| finding(report, found)))?;
    out.write_all(b", \"problems\": ")?;
    write_rows(out, problems(report))?;
    out.write_all(b", \"summary\": ")?;
    serde_json::to_writer(&mut *out, &summary(report))?;
    out.write_all(b"}\n")
}

fn write_rows<T: Serialize>(out: &mut dyn Write, rows: impl Iterator<Item = T>) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut any = false;
    for row in rows {
        out.write_all(if any { b",\n" } else { b"\n" })?;
        serde_json::to_writer(&mut *out, &row)?;
        any = true;
    }
    out.write_all(if any { b"\n]" } else { b"]" })
}

/// Writes one object on each line: findings, then problems, then the summary; `type` says which it is.
pub(crate) fn write_lines(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for found in report.found() {
        write_line(out, "finding", &finding(report, &found))?;
    }
    for problem in problems(report) {
        write_line(out, "problem", &problem)?;
    }
    write_line(out, "summary", &summary(report))
}

fn write_line(out: &mut dyn Write, kind: &'static str, row: &impl Serialize) -> io::Result<()> {
    #[derive(Serialize)]
    struct Tagged<'a, T> {
        #[serde(rename = "type")]
        kind: &'static str,
        #[serde(flatten)]
        row: &'a T,
    }
    serde_json::to_writer(&mut *out, &Tagged { kind, row })?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct FindingRow<'a> {
    file: &'a str,
    line: usize,
    pattern: &'a str,
    estimated_slowdown_pct: Option<f64>,
    suggestion: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a str>,
    /// Where the explanation comes from, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation_note: Option<&'a str>,
    /// Whether a model wrote the explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation_generated: Option<bool>,
    rule: &'a str,
    domain: &'a str,
    #[serde(flatten)]
    range: Range,
    message: &'a str,
    severity: &'a str,
    confidence: &'a str,
    related: Vec<RelatedRow<'a>>,
    cost: Option<CostRow<'a>>,
    run: Option<RunRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<HeatRow>,
    fix: Option<FixRow<'a>>,
    url: Option<String>,
    fingerprint: &'a str,
}

/// A place; its first line stands outside.
#[derive(Serialize)]
struct Range {
    column: usize,
    end_line: usize,
    end_column: usize,
    cell: Option<usize>,
}

#[derive(Serialize)]
struct RelatedRow<'a> {
    line: usize,
    #[serde(flatten)]
    range: Range,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum CostRow<'a> {
    Code {
        before: &'a str,
        after: &'a str,
        depth: u32,
        n: u64,
        n_origin: &'a str,
        measured_on: Option<&'a str>,
        adjusted: bool,
        curve: Vec<CurveRow>,
    },
    Run {
        calls: u64,
        tokens: u64,
        milliseconds: u64,
        share: f64,
    },
}

/// The slowdown at one size; where `measured` is false, n is outside the measured sizes and the nearest one is given.
#[derive(Serialize)]
struct CurveRow {
    n: u64,
    ratio: f64,
    measured: bool,
}

/// What a profile saw at the finding.
#[derive(Serialize)]
struct HeatRow {
    seconds: Option<f64>,
    share: f64,
    runs: Option<u64>,
    cold: bool,
}

#[derive(Serialize)]
struct RunRow<'a> {
    id: &'a str,
    turn: i64,
    mode: &'a str,
    probability: f64,
}

#[derive(Serialize)]
struct FixRow<'a> {
    title: &'a str,
    safety: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    unsafe_because: &'a str,
    edits: Vec<EditRow<'a>>,
}

#[derive(Serialize)]
struct EditRow<'a> {
    line: usize,
    #[serde(flatten)]
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct ProblemRow<'a> {
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    cell: Option<usize>,
    kind: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct SummaryRow {
    findings: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    problems: usize,
    files_checked: usize,
    files_with_findings: u64,
    files_skipped: usize,
    silenced: usize,
}

fn finding<'a>(report: &'a Report<'_>, found: &'a Found<'_>) -> FindingRow<'a> {
    let Found {
        source, finding, ..
    } = *found;
    let (line, range) = range(source, finding.span);
    let explanation = report.options.explanations.get(&found.key);
    FindingRow {
        file: &source.name,
        line,
        pattern: finding.rule,
        estimated_slowdown_pct: slowdown_pct(finding).map(|pct| rounded(pct, 10.0)),
        suggestion: &finding.suggestion,
        explanation: explanation.map(|explanation| explanation.text.as_str()),
        explanation_note: explanation.map(|explanation| explanation.note.as_str()),
        explanation_generated: explanation.map(|explanation| explanation.model.is_some()),
        rule: finding.rule,
        domain: finding.domain,
        range,
        message: &finding.message,
        severity: finding.severity.as_str(),
        confidence: finding.confidence.as_str(),
        related: finding
            .related
            .iter()
            .map(|related| {
                let (line, range) = self::range(source, related.span);
                RelatedRow {
                    line,
                    range,
                    message: &related.message,
                }
            })
            .collect(),
        cost: finding.cost.as_ref().map(cost),
        run: finding.run.as_ref().map(|place| RunRow {
            id: &place.run,
            turn: place.turn,
            mode: place.mode,
            probability: rounded(place.probability, 10_000.0),
        }),
        profile: report.options.heats.as_ref().and_then(|heats| {
            heats.by_finding.get(&found.key).map(|heat| HeatRow {
                seconds: heat.seconds.map(|seconds| rounded(seconds, 10_000.0)),
                share: rounded(heat.share, 10_000.0),
                runs: heat.runs,
                cold: heat.is_cold,
            })
        }),
        fix: finding.fix.as_ref().map(|it| fix(source, it)),
        url: (report.pages)(finding.rule).map(|page| page.href()),
        fingerprint: &found.fingerprint,
    }
}

fn range(source: &Source, span: Span) -> (usize, Range) {
    let start = source.position(span.start, Columns::Utf32);
    let end = source.position(span.end, Columns::Utf32);
    let cell = (start.cell > 0).then_some(start.cell);
    (
        start.line,
        Range {
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            cell,
        },
    )
}

fn cost(cost: &Cost) -> CostRow<'_> {
    match cost {
        Cost::Code(cost) => CostRow::Code {
            before: &cost.before,
            after: &cost.after,
            depth: cost.depth,
            n: cost.size.n,
            n_origin: cost.size.origin.as_str(),
            adjusted: cost.curve.as_ref().is_some_and(|curve| curve.adjusted),
            measured_on: cost.curve.as_ref().map(|curve| curve.interpreter.as_str()),
            curve: cost.curve.as_ref().map_or_else(Vec::new, |curve| {
                let row = |n| {
                    let (ratio, measured) = curve.at(n);
                    CurveRow {
                        n,
                        ratio: rounded(ratio, 1000.0),
                        measured,
                    }
                };
                [100, 1_000, 10_000].map(row).into()
            }),
        },
        Cost::Run(cost) => CostRow::Run {
            calls: cost.calls,
            tokens: cost.tokens,
            milliseconds: cost.milliseconds,
            share: rounded(cost.share, 10_000.0),
        },
    }
}

fn fix<'a>(source: &Source, fix: &'a Fix) -> FixRow<'a> {
    let (safety, unsafe_because) = match &fix.safety {
        Safety::Safe => ("safe", ""),
        Safety::Unsafe(why) => ("unsafe", why.as_str()),
        Safety::Guidance => ("guidance", ""),
    };
    let edits = fix
        .edits
        .iter()
        .map(|edit| {
            let (line, range) = range(source, edit.span);
            EditRow {
                line,
                range,
                text: &edit.text,
            }
        })
        .collect();
    FixRow {
        title: &fix.title,
        safety,
        unsafe_because,
        edits,
    }
}

fn problems<'a>(report: &'a Report<'_>) -> impl Iterator<Item = ProblemRow<'a>> {
    report.problems().into_iter().map(|(source, problem)| {
        let at = problem
            .span
            .map(|span| source.position(span.start, Columns::Utf32));
        ProblemRow {
            file: &source.name,
            line: at.map(|at| at.line),
            column: at.map(|at| at.column),
            cell: at.and_then(|at| (at.cell > 0).then_some(at.cell)),
            kind: problem.kind.as_str(),
            message: &problem.message,
        }
    })
}

fn summary(report: &Report<'_>) -> SummaryRow {
    let findings = || report.files.iter().flat_map(|checked| &checked.findings);
    let of = |severity: Severity| {
        findings()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    SummaryRow {
        findings: findings().count(),
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        infos: of(Severity::Info),
        problems: report
            .files
            .iter()
            .map(|checked| checked.problems.len())
            .sum(),
        files_checked: report.summary.files_checked,
        files_with_findings: n_names(report, |checked| !checked.findings.is_empty()),
        files_skipped: report.summary.files_skipped,
        silenced: report.summary.silenced,
    }
}

/// Figures beyond what was measured would only differ from run to run.
fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}
