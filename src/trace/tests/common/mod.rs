//! What the tests of traces share: text in, text out.

#![allow(dead_code)] // every test file uses its own part

use std::fmt::Write as _;
use std::path::PathBuf;

use looplint_model::{Columns, Domain, Problem, Settings, Source, Span};
use looplint_trace::{Document, Field, Text, Trace, Traces};

/// Reads bytes as `check` would and renders what is found.
pub(crate) fn render_bytes(name: &str, bytes: &[u8]) -> String {
    let decoded = Traces::decode(name, bytes.to_vec());
    let mut out = String::new();
    for problem in &decoded.problems {
        let source = decoded.sources.first();
        tell(&mut out, problem, source);
    }
    for source in &decoded.sources {
        if decoded.sources.len() > 1 || source.name != name {
            let _ = writeln!(out, "== {}", source.name);
        }
        out += &Traces::open(source, &Settings::default(), |document, source, _| {
            render(document, source)
        });
    }
    out
}

/// Reads a text and renders what is found.
pub(crate) fn render_text(text: &str) -> String {
    render_bytes("t.json", text.as_bytes())
}

/// Renders a document: its problems, then each run.
pub(crate) fn render(document: &Document<'_>, source: &Source) -> String {
    let mut out = String::new();
    for problem in &document.problems {
        tell(&mut out, problem, Some(source));
    }
    for run in &document.runs {
        render_run(&mut out, run, source);
    }
    out
}

fn tell(out: &mut String, problem: &Problem, source: Option<&Source>) {
    let place = match (problem.span, source) {
        (Some(span), Some(source)) => {
            let position = source.position(span.start, Columns::Utf32);
            format!("{}:{}", position.line, position.column)
        }
        _ => "-".to_string(),
    };
    let _ = writeln!(
        out,
        "! {} {place} {}",
        problem.kind.as_str(),
        problem.message
    );
}

fn render_run(out: &mut String, run: &Trace<'_>, source: &Source) {
    let _ = writeln!(
        out,
        "run {} #{} [{}] {}",
        run.name(),
        run.number,
        run.format.name(),
        at(source, run.span)
    );
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|text| short(&text.text));
    for (name, value) in [
        ("goal", &run.goal),
        ("result", &run.final_result),
        ("stop", &run.stop),
        ("policy", &run.policy),
    ] {
        if let Some(value) = text(value) {
            let _ = writeln!(out, "  {name}: {value}");
        }
    }
    if let Some(outcome) = &run.outcome {
        let _ = writeln!(
            out,
            "  passed: {} by {}",
            outcome.passed, outcome.known_from
        );
    }
    for tool in &run.tools {
        let schema = tool
            .schema
            .as_ref()
            .map_or("no schema".into(), |schema| short(&schema.raw.text));
        let _ = writeln!(out, "  tool {} {schema}", tool.name);
    }
    if run.cut {
        let _ = writeln!(out, "  cut");
    }
    let absent: Vec<&str> = Field::ALL
        .iter()
        .filter(|field| !run.has(**field))
        .map(|field| field.as_str())
        .collect();
    let _ = writeln!(out, "  absent: {}", absent.join(", "));
    for turn in 0..run.turns.len() {
        render_turn(out, run, turn, source);
    }
    for orphan in &run.orphans {
        let _ = writeln!(
            out,
            "  orphan {:?} {:?} second={} {}",
            orphan.id,
            orphan.name,
            orphan.second,
            at(source, orphan.span)
        );
    }
}

fn render_turn(out: &mut String, run: &Trace<'_>, at_turn: usize, source: &Source) {
    let turn = &run.turns[at_turn];
    let mut head = format!("  {} {}", turn.number, turn.role.as_str());
    if let Some(agent) = &turn.agent {
        let _ = write!(head, " {agent}");
    }
    if let Some(to) = &turn.to {
        let _ = write!(head, " -> {to}");
    }
    if turn.thread != 0 {
        let _ = write!(head, " thread {}", turn.thread);
    }
    if turn.kind != looplint_trace::TurnKind::Message {
        let _ = write!(head, " {:?}", turn.kind);
    }
    for (name, value) in [("in", turn.tokens.input), ("out", turn.tokens.output)] {
        if let Some(value) = value {
            let _ = write!(head, " {name}={value}");
        }
    }
    if let Some(latency) = turn.latency_ms {
        let _ = write!(head, " {latency:.0}ms");
    }
    if let Some(time) = turn.time_ms {
        let _ = write!(head, " @{time:.0}");
    }
    if let Some(reason) = &turn.finish_reason {
        let _ = write!(head, " finish={reason}");
    }
    let _ = writeln!(
        out,
        "{head} {}: {}",
        at(source, turn.span),
        short(&turn.content.text)
    );
    if let Some(thinking) = &turn.thinking {
        let _ = writeln!(out, "      thinks {}", short(&thinking.text));
    }
    for call in run.calls_of(at_turn) {
        let id = call.id.as_deref().unwrap_or("-");
        let arguments = call.arguments.as_ref().map_or("none".into(), |it| {
            let form = if it.free { "free " } else { "" };
            let fault = match it.value() {
                Some(Err(fault)) => format!(" !{}", fault.message),
                _ => String::new(),
            };
            format!("{form}{}{fault}", short(&it.raw.text))
        });
        let latency = call
            .latency_ms
            .map_or(String::new(), |it| format!(" {it:.0}ms"));
        let result = if call.result.is_none() {
            " unanswered"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "      call {id} {} {}: {arguments}{latency}{result}",
            call.name.text,
            at(source, call.span)
        );
    }
    for &call in &turn.results {
        let call = &run.calls[call];
        let Some(result) = &call.result else { continue };
        let failed = result
            .failed
            .map_or(String::new(), |it| format!(" failed={it}"));
        let error = result
            .error
            .as_ref()
            .map_or(String::new(), |it| format!(" error={}", short(&it.text)));
        let id = call.id.as_deref().unwrap_or("-");
        let _ = writeln!(
            out,
            "      result {id} of {} {}: {}{failed}{error}",
            call.name.text,
            at(source, result.span),
            short(&result.content.text)
        );
    }
}

fn at(source: &Source, span: Span) -> String {
    let start = source.position(span.start, Columns::Utf32);
    let end = source.position(span.end, Columns::Utf32);
    format!(
        "{}:{}-{}:{}",
        start.line, start.column, end.line, end.column
    )
}

fn short(text: &str) -> String {
    let flat: String = text.chars().take(100).collect();
    let dots = if text.chars().nth(100).is_some() {
        "..."
    } else {
        ""
    };
    format!("{:?}{dots}", flat)
}

/// A folder of the shared data beside the repository, where it is there.
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("LOOPLINT_SHARED") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let path = root.join(folder);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// Every file below `folder`, sorted.
pub(crate) fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
