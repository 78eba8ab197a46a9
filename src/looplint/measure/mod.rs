//! `looplint measure FILE:LINE`: what one finding costs, measured on this machine.
//!
//! The loop of the finding and its fix become two functions that run by themselves, on inputs made up from the types
//! of what they read. Runs them in a child process. Where that cannot be done it says why.

use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use looplint_model::{Checked, Columns, Cost, Domain, Finding};
use looplint_python::{Kernel, Python, Shape};
use serde_json::{Value, json};

use crate::bench::{Timed, Timing, fit, round};
use crate::config::Resolver;
use crate::tell::hinted;
use crate::{cli, files, run};

const INPUTS: &str = include_str!("inputs.py");
/// How long noisy runs are repeated: somebody waits for the answer.
const AGAIN_S: f64 = 2.0;
/// The longest a measurement may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Measures the finding at a place and prints its curve.
///
/// # Errors
/// There is no such place or no finding there, it cannot be measured (the reason), or no interpreter starts.
pub(crate) fn run(arguments: &cli::Measure) -> Result<ExitCode> {
    let (path, line) = place(&arguments.place)?;
    // Somebody points at the place: neither a small figure nor a rule that is off hides it.
    let mut configuration = arguments.configuration.clone();
    configuration.min_slowdown.get_or_insert(0.0);
    configuration.extend_select.extend(arguments.rule.clone());
    let resolver = Resolver::here(&configuration)?;
    let (inputs, _) = files::collect(&[path.into()], &resolver)?;
    let input = inputs
        .first()
        .context("this is no file that looplint checks")?;
    let bytes = fs::read(path).with_context(|| format!("{path} cannot be read"))?;
    let checked = run::of_bytes(input, bytes).map_or_else(Vec::new, |file| file.checked);
    let (checked, finding) =
        choose(&checked, line, arguments.rule.as_deref()).ok_or_else(|| {
            let hint = format!("`looplint check {path}` shows what there is");
            hinted(
                format!("nothing in Python code is found at {path}:{line}"),
                hint,
            )
        })?;
    let settings = &input.resolved.config.settings;
    let refused = |why: String| {
        let what = format!("{path}:{line} ({}) cannot be measured", finding.rule);
        anyhow!("{why}").context(what)
    };
    let kernel = Python::open(&checked.source, settings, |document, _, _| {
        document.kernel(finding)
    })
    .map_err(&refused)?;
    if arguments.show {
        println!(
            "{}\n{}\n# instead\n{}",
            kernel.prelude, kernel.before, kernel.after
        );
    }
    let timed = time(&kernel, arguments).map_err(|error| refused(last_line(&error)))?;
    let measured = Measured::new(finding, &kernel, timed);
    if arguments.json {
        println!("{:#}", measured.json(path, line));
    } else {
        print!("{}", measured.text(path, line));
    }
    Ok(ExitCode::SUCCESS)
}

fn place(place: &str) -> Result<(&str, usize)> {
    let hint = "write it as file.py:12";
    place
        .rsplit_once(':')
        .and_then(|(path, line)| Some((path, line.parse().ok()?)))
        .ok_or_else(|| hinted(format!("`{place}` is no place"), hint))
}

/// The finding that begins on the line, else one that covers it; of several the worst.
fn choose<'c>(
    checked: &'c [Checked],
    line: usize,
    rule: Option<&str>,
) -> Option<(&'c Checked, &'c Finding)> {
    let mut best: Option<((bool, f64), &Checked, &Finding)> = None;
    for each in checked {
        for finding in &each.findings {
            let at = |offset| each.source.position(offset, Columns::Utf32).line;
            let (start, end) = (at(finding.span.start), at(finding.span.end));
            let wanted = rule.is_none_or(|rule| rule == finding.rule);
            if finding.domain != Python::NAME || !wanted || line < start || line > end {
                continue;
            }
            let ratio = match &finding.cost {
                Some(Cost::Code(cost)) => cost.ratio().unwrap_or(0.0),
                _ => 0.0,
            };
            let rank = (start == line, ratio);
            if best.as_ref().is_none_or(|(most, ..)| *most < rank) {
                best = Some((rank, each, finding));
            }
        }
    }
    best.map(|(_, checked, finding)| (checked, finding))
}

/// Times the kernel on inputs that both of its versions take.
fn time(kernel: &Kernel, arguments: &cli::Measure) -> Result<Timed> {
    let shapes: Vec<Value> = kernel
        .inputs
        .iter()
        .map(|(_, shape)| shape_json(shape))
        .collect();
    let setup = format!(
        "{}\nSHAPES = {}\nBEFORE = {}\nAFTER = {}\n{INPUTS}",
        kernel.prelude,
        Value::Array(shapes),
        Value::String(kernel.before.clone()),
        Value::String(kernel.after.clone()),
    );
    let mut sizes = arguments.sizes.clone();
    sizes.sort_unstable();
    let timing = Timing {
        setup: &setup,
        bad: &kernel.before,
        good: &kernel.after,
        sizes: &sizes,
        seconds: arguments.seconds,
        again: AGAIN_S,
    };
    timing.run(&arguments.python, LIMIT)
}

/// A shape as the script reads it: JSON that is Python too.
fn shape_json(shape: &Shape) -> Value {
    let pair = |name: &str, inner: Value| json!({ name: inner });
    let fields = |fields: &std::collections::BTreeMap<String, Shape>| {
        fields
            .iter()
            .map(|(name, shape)| (name.clone(), shape_json(shape)))
            .collect::<serde_json::Map<_, _>>()
    };
    match shape {
        Shape::List(item) => pair("list", shape_json(item)),
        Shape::Set(item) => pair("set", shape_json(item)),
        Shape::Deque(item) => pair("deque", shape_json(item)),
        Shape::Iterator(item) => pair("iterator", shape_json(item)),
        Shape::Tuple(items) => pair("tuple", items.iter().map(shape_json).collect()),
        Shape::Dict(key, value) => pair("dict", json!([shape_json(key), shape_json(value)])),
        Shape::Record(known) => pair("record", Value::Object(fields(known))),
        Shape::Object(known) => pair("object", Value::Object(fields(known))),
        plain => Value::String(format!("{plain:?}").to_lowercase()),
    }
}

/// A shape in a few words: `list of str`.
fn words(shape: &Shape) -> String {
    let of = |name: &str, item: &Shape| format!("{name} of {}", words(item));
    match shape {
        Shape::List(item) => of("list", item),
        Shape::Set(item) => of("set", item),
        Shape::Deque(item) => of("deque", item),
        Shape::Iterator(item) => of("iterator", item),
        Shape::Tuple(items) => {
            let items: Vec<String> = items.iter().map(words).collect();
            format!("({})", items.join(", "))
        }
        Shape::Dict(key, value) => format!("dict of {} to {}", words(key), words(value)),
        Shape::Record(_) => "dict".to_owned(),
        Shape::Object(_) => "object".to_owned(),
        Shape::Opaque => "text".to_owned(),
        Shape::Count => "n".to_owned(),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

/// The last line of what a child said: the exception without its traceback.
fn last_line(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    text.lines().last().unwrap_or_default().trim().to_owned()
}

/// What was measured of a finding.
struct Measured<'f> {
    finding: &'f Finding,
    inputs: Vec<(String, String)>,
    timed: Timed,
    /// Exponents before and after.
    exponents: (f64, f64),
}

impl<'f> Measured<'f> {
    fn new(finding: &'f Finding, kernel: &Kernel, timed: Timed) -> Measured<'f> {
        let column = |pick: fn(&(u64, f64, f64, f64)) -> f64| {
            timed.rows.iter().map(pick).collect::<Vec<f64>>()
        };
        let n: Vec<u64> = timed.rows.iter().map(|row| row.0).collect();
        let exponents = (
            round(fit::exponent(&n, &column(|row| row.1))),
            round(fit::exponent(&n, &column(|row| row.2))),
        );
        let inputs = kernel.inputs.iter();
        Measured {
            finding,
            inputs: inputs
                .map(|(name, shape)| (name.clone(), words(shape)))
                .collect(),
            timed,
            exponents,
        }
    }

    fn predicted(&self, n: u64) -> Option<f64> {
        match &self.finding.cost {
            Some(Cost::Code(cost)) => cost.curve.as_ref().map(|curve| curve.at(n).0),
            _ => None,
        }
    }

    fn noise(&self) -> f64 {
        self.timed.rows.iter().map(|row| row.3).fold(0.0, f64::max)
    }

    fn text(&self, path: &str, line: usize) -> String {
        let mut text = format!("{path}:{line} {}\n", self.finding.rule);
        if let Some(fix) = &self.finding.fix {
            let _ = writeln!(text, "instead: {}", fix.title);
        }
        for (name, shape) in &self.inputs {
            let _ = writeln!(text, "given: {name}, {shape}");
        }
        let _ = writeln!(
            text,
            "{:>9}  {:>10}  {:>10}  {:>9}  {:>9}",
            "n", "before", "after", "measured", "predicted"
        );
        for &(n, slow, fast, _) in &self.timed.rows {
            let predicted = self.predicted(n).map_or_else(String::new, times);
            let _ = writeln!(
                text,
                "{n:>9}  {:>10}  {:>10}  {:>9}  {predicted:>9}",
                duration(slow),
                duration(fast),
                times(slow / fast.max(1.0))
            );
        }
        let (before, after) = self.exponents;
        let _ = writeln!(
            text,
            "time grows as n^{before} before and n^{after} after ({}, noise {:.0} %)",
            self.timed.interpreter,
            100.0 * self.noise()
        );
        if self.timed.rows.iter().all(|row| row.1 < 1.1 * row.2) {
            text.push_str("the change is not faster here\n");
        }
        text
    }

    fn json(&self, path: &str, line: usize) -> Value {
        let rows: Vec<Value> = self
            .timed
            .rows
            .iter()
            .map(|&(n, slow, fast, noise)| {
                json!({
                    "n": n, "before_ns": slow.round(), "after_ns": fast.round(),
                    "ratio": round(slow / fast.max(1.0)), "noise": round(noise),
                    "predicted": self.predicted(n).map(round),
                })
            })
            .collect();
        json!({
            "file": path, "line": line, "rule": self.finding.rule,
            "interpreter": self.timed.interpreter, "curve": rows,
            "exponent_before": self.exponents.0, "exponent_after": self.exponents.1,
            "inputs": self.inputs.iter().map(|(name, shape)| json!({"name": name, "shape": shape})).collect::<Vec<_>>(),
        })
    }
}

fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 10.0 => format!("{ratio:.1}x"),
        ratio => format!("{ratio:.0}x"),
    }
}

fn duration(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.1} us", ns / 1e3),
        ns if ns < 1e9 => format!("{:.1} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}
