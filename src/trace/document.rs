//! From a text to its runs: one value, a list, or a value a line.
//!
//! Knows how runs lie in a file. Does not know the formats: it asks them.

use looplint_model::{Layout, Problem, ProblemKind, Settings, Source, Span};

use crate::formats::{self, SERIES_HEAD_LEN, Sink};
use crate::json::{Fault, Origin, Shape, Tape, Value};
use crate::run::Trace;

/// The runs of a source, and what kept parts of it from being read.
#[derive(Debug)]
pub struct Document<'d> {
    /// The runs, in the order of the text.
    pub runs: Vec<Trace<'d>>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// After this many problems of a source the rest are only counted.
const PROBLEMS_MAX: usize = 50;

/// The values of a text, read but not understood.
pub(crate) struct Roots<'d> {
    tape: Tape<'d>,
    roots: Vec<u32>,
    faults: Vec<Fault>,
    lines: bool,
}

impl<'d> Roots<'d> {
    /// Reads every value of `text`, going on at the next line after a broken one.
    pub(crate) fn read(text: &'d str) -> Roots<'d> {
        let mut roots = Roots {
            tape: Tape::new(text, Origin::Itself),
            roots: Vec::new(),
            faults: Vec::new(),
            lines: false,
        };
        let first = roots.tape.read(0, text.len(), &mut roots.faults);
        let rest = text.get(first.end..).unwrap_or("");
        let one_line = !text[..first.end].trim().contains('\n');
        let more = !rest.trim().is_empty();
        if (first.whole && !more) || (!first.whole && !is_lines(text)) {
            roots.roots.extend(first.root);
        } else if first.whole && !one_line {
            roots.roots.extend(first.root);
            roots.read_rest(first.end);
        } else {
            roots.lines = true;
            roots.tape.nodes.clear();
            roots.faults.clear();
            roots.read_lines();
        }
        roots
    }

    /// Values that follow each other without a rule about lines.
    fn read_rest(&mut self, mut at: usize) {
        let text = self.tape.text;
        while !text[at..].trim().is_empty() {
            let reading = self.tape.read(at, text.len(), &mut self.faults);
            self.roots.extend(reading.root);
            if !reading.whole {
                break;
            }
            at = reading.end;
        }
    }

    /// A value a line; a broken line costs only itself.
    fn read_lines(&mut self) {
        let text = self.tape.text;
        let mut start = 0;
        while start < text.len() {
            let end = memchr::memchr(b'\n', &text.as_bytes()[start..])
                .map_or(text.len(), |at| start + at);
            if !text[start..end].trim().is_empty() {
                self.read_line(start, end);
            }
            start = end + 1;
        }
    }

    fn read_line(&mut self, start: usize, end: usize) {
        let before = self.tape.nodes.len();
        let reading = self.tape.read(start, end, &mut self.faults);
        let rest = self.tape.text[reading.end.min(end)..end].trim();
        let last = self.tape.text[end..].trim().is_empty();
        if reading.whole && rest.is_empty() || !reading.whole && last {
            self.roots.extend(reading.root);
            return;
        }
        if reading.whole {
            let span = Span::new(reading.end as u32, end as u32);
            self.faults.push(Fault {
                span,
                message: "more follows the line's value; the line is skipped".into(),
                fatal: true,
            });
        }
        self.tape.nodes.truncate(before);
    }

    fn values(&'d self) -> Vec<Value<'d>> {
        self.roots
            .iter()
            .map(|root| Value::new(&self.tape, *root))
            .collect()
    }
}

/// Whether a text whose first value is broken is a value a line all the same: a later line is a whole value.
fn is_lines(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or("").trim_start();
    first.starts_with('{')
        && lines.take(3).any(|line| {
            line.starts_with('{') && crate::json::read_whole(line, Origin::Itself).is_some()
        })
}

/// Reads `source` and hands its runs to `run`.
pub(crate) fn open<R>(
    source: &Source,
    settings: &Settings,
    run: impl for<'d> FnOnce(&'d Document<'d>, &'d Source, &'d Settings) -> R,
) -> R {
    let roots = Roots::read(&source.text);
    let mut sink = Sink {
        traces: Vec::new(),
        problems: Vec::new(),
        settings,
    };
    let values = roots.values();
    understand(&roots, &values, &mut sink);
    let mut problems = say(&roots.faults);
    problems.append(&mut sink.problems);
    let mut runs = sink.traces;
    number(&mut runs, &roots, source);
    mark_cut(&mut runs, &roots.faults);
    let told = problems
        .iter()
        .any(|problem| problem.kind == ProblemKind::Unrecognised);
    if runs.is_empty() && !told {
        problems.push(unrecognised(&values, source));
    }
    run(&Document { runs, problems }, source, settings)
}

/// Finds out who reads the values, and lets them.
fn understand<'d>(roots: &Roots<'d>, values: &[Value<'d>], sink: &mut Sink<'d>) {
    match values {
        [only] if only.shape() == Shape::Array => {
            let items: Vec<Value<'d>> = only.items().collect();
            understand_series(&items, sink);
        }
        [only] if !roots.lines || formats::whole(*only).is_some() => understand_one(*only, sink),
        values => understand_series(values, sink),
    }
}

fn understand_series<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let head = &values[..values.len().min(SERIES_HEAD_LEN)];
    if let Some(format) = formats::series(head) {
        return (format.1)(values, sink);
    }
    for value in values {
        understand_one(*value, sink);
    }
}

fn understand_one<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    if let Some(format) = formats::whole(value) {
        return (format.1)(value, sink);
    }
    // A list inside a list, and the envelope of one: `[[{role, content}]]`, `{"traces": [...]}`.
    let list = match value.shape() {
        Shape::Array => Some(value),
        _ => value.any(&[
            "traces",
            "runs",
            "data",
            "samples",
            "results",
            "simulations",
            "trajectories",
            "items",
        ]),
    };
    let Some(list) = list.filter(|list| list.shape() == Shape::Array) else {
        return;
    };
    let items: Vec<Value<'d>> = list.items().collect();
    if let Some(format) = formats::series(&items) {
        return (format.1)(&items, sink);
    }
    for item in items {
        if let Some(format) = formats::whole(item) {
            (format.1)(item, sink);
        }
    }
}

/// Numbers the runs: by their line where each line is one, else by their place.
fn number(runs: &mut [Trace], roots: &Roots, source: &Source) {
    let lines_before = match &source.layout {
        Layout::Part { lines_before, .. } => *lines_before,
        Layout::Whole | Layout::Cells(_) | Layout::Pieces { .. } => 0,
    };
    let by_line = roots.lines && runs.len() > 1 || lines_before > 0;
    for (at, run) in runs.iter_mut().enumerate() {
        run.number = if by_line {
            lines_before + source.lines().line(run.span.start) as u64
        } else {
            at as u64 + 1
        };
    }
}

/// A run that a fatal fault touches ends early: what is missing in it proves nothing.
fn mark_cut(runs: &mut [Trace], faults: &[Fault]) {
    for fault in faults.iter().filter(|fault| fault.fatal) {
        for run in runs.iter_mut() {
            run.cut |= run.span.start <= fault.span.start && fault.span.start <= run.span.end;
        }
    }
}

fn say(faults: &[Fault]) -> Vec<Problem> {
    let problem = |fault: &Fault| Problem {
        kind: ProblemKind::Syntax,
        span: Some(fault.span),
        message: fault.message.clone(),
    };
    let mut faults: Vec<&Fault> = faults.iter().collect();
    faults.sort_by_key(|fault| fault.span);
    let mut problems: Vec<Problem> = faults
        .iter()
        .copied()
        .take(PROBLEMS_MAX)
        .map(problem)
        .collect();
    if let Some(next) = faults.get(PROBLEMS_MAX) {
        let message = format!(
            "{} more such problems from here on",
            faults.len() - PROBLEMS_MAX
        );
        problems.push(Problem {
            kind: ProblemKind::Syntax,
            span: Some(next.span),
            message,
        });
    }
    problems
}

fn unrecognised(values: &[Value], source: &Source) -> Problem {
    let seen = match values.first() {
        None if source.text.trim().is_empty() => "the file is empty".to_string(),
        None => "no JSON could be read".to_string(),
        Some(value) => match value.shape() {
            Shape::Object => format!("JSON with the keys {}", some_keys(*value)),
            Shape::Array => match value.items().next() {
                Some(item) if item.shape() == Shape::Object => {
                    format!("a list of JSON with the keys {}", some_keys(item))
                }
                Some(_) => "a list of JSON that is no record".to_string(),
                None => "an empty list".to_string(),
            },
            _ => "JSON that is no record".to_string(),
        },
    };
    let message = format!("no run of an agent was recognised: {seen}");
    Problem {
        kind: ProblemKind::Unrecognised,
        span: Some(Span::at(0)),
        message,
    }
}

fn some_keys(value: Value) -> String {
    let mut keys: Vec<String> = value
        .entries()
        .take(6)
        .map(|(key, _)| format!("`{}`", short(&key)))
        .collect();
    if keys.is_empty() {
        return "of nothing".to_string();
    }
    if value.len() > 6 {
        keys.push("...".to_string());
    }
    keys.join(", ")
}

fn short(key: &str) -> String {
    key.chars().take(40).collect()
}
