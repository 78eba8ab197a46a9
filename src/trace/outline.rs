//! The parts that a reader goes by: runs, their turns, the calls of a turn, each in a few words.
//!
//! Does not know who shows them, or what a rule finds in them.

use looplint_model::{Part, PartKind, Span};

use crate::document::Document;
use crate::run::{Call, Role, Trace, Turn, TurnKind};

/// Characters of a text that is quoted.
const QUOTE_LEN: usize = 80;

/// The runs of a document with their turns and calls, in the order of the text.
pub(crate) fn parts(document: &Document<'_>) -> Vec<Part> {
    document.runs.iter().map(run).collect()
}

fn run(run: &Trace<'_>) -> Part {
    let turns = run.turns.iter().enumerate();
    let mut turns: Vec<Part> = turns.map(|(at, each)| turn(run, at, each)).collect();
    turns.sort_by_key(|part| part.span);
    let goal = run.goal.as_ref().map(|goal| quoted(&goal.text));
    let outcome = run
        .outcome
        .as_ref()
        .map(|outcome| if outcome.passed { "passed" } else { "failed" }.to_owned());
    let count = format!("{} turns, {} calls", run.turns.len(), run.calls.len());
    Part {
        kind: PartKind::Run,
        name: format!("run {}", run.name()),
        detail: joined([outcome, Some(count), goal]),
        span: run.span,
        head: first_line_start(run.span),
        parts: turns,
    }
}

fn turn(run: &Trace<'_>, at: usize, turn: &Turn<'_>) -> Part {
    let calls: Vec<Part> = run.calls_of(at).iter().map(call).collect();
    let names: Vec<&str> = run
        .calls_of(at)
        .iter()
        .map(|call| call.name.text.as_ref())
        .collect();
    let failed = turn
        .results
        .iter()
        .find_map(|&at| failure(run.calls.get(at)?));
    let words = (!turn.content.is_blank()).then(|| quoted(&turn.content.text));
    let calls_named = (!names.is_empty()).then(|| format!("calls {}", names.join(", ")));
    Part {
        kind: PartKind::Turn,
        name: format!("turn {}", turn.number),
        detail: joined([Some(speaker(turn)), calls_named, failed.or(words)]),
        span: turn.span,
        head: head(turn, run.calls_of(at)),
        parts: calls,
    }
}

fn call(call: &Call<'_>) -> Part {
    Part {
        kind: PartKind::Call,
        name: call.name.text.to_string(),
        detail: failure(call).unwrap_or_default(),
        span: call.span,
        head: within(call.name.span, call.span),
        parts: Vec::new(),
    }
}

/// What a call failed with, where the format says that it did.
fn failure(call: &Call<'_>) -> Option<String> {
    let result = call.result.as_ref()?;
    if result.failed != Some(true) && result.error.is_none() {
        return None;
    }
    let why = result.error.as_ref().unwrap_or(&result.content);
    Some(format!("{} failed: {}", call.name.text, quoted(&why.text)))
}

fn speaker(turn: &Turn<'_>) -> String {
    let role = match (turn.role, turn.kind) {
        (_, TurnKind::Handoff) => "handoff",
        (_, TurnKind::Compaction) => "summary",
        (_, TurnKind::Guardrail) => "guardrail",
        (_, TurnKind::Notice) => "notice",
        (Role::Agent, TurnKind::Thought) => "thought",
        (role, _) => role.as_str(),
    };
    match turn
        .agent
        .as_deref()
        .filter(|name| !name.is_empty() && *name != role)
    {
        Some(name) => format!("{role} {name}"),
        None => role.to_owned(),
    }
}

/// The words of a turn; of one without words its first call.
fn head(turn: &Turn<'_>, calls: &[Call<'_>]) -> Span {
    if !turn.content.is_blank() {
        return within(turn.content.span, turn.span);
    }
    let first = calls.first().map(|call| call.name.span);
    within(first.unwrap_or(turn.span), turn.span)
}

/// `span` where it lies inside `whole`, else the begin of that.
fn within(span: Span, whole: Span) -> Span {
    if whole.contains(span) && !span.is_empty() {
        span
    } else {
        first_line_start(whole)
    }
}

fn first_line_start(span: Span) -> Span {
    Span::at(span.start)
}

fn joined(parts: impl IntoIterator<Item = Option<String>>) -> String {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join("; ")
}

/// The begin of a text, on one line.
fn quoted(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if words.chars().count() >= QUOTE_LEN {
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    match words.char_indices().nth(QUOTE_LEN) {
        Some((at, _)) => format!("{}...", &words[..at]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use looplint_model::{Domain, Settings, Source};

    use super::*;
    use crate::Traces;

    fn drawn(parts: &[Part], depth: usize, out: &mut String) {
        for part in parts {
            let indent = "  ".repeat(depth);
            writeln!(out, "{indent}{}: {}", part.name, part.detail).unwrap();
            assert!(part.span.contains(part.head), "{part:?}");
            drawn(&part.parts, depth + 1, out);
        }
    }

    #[test]
    fn a_run_is_its_turns_and_their_calls() {
        let text = r#"[{"role": "user", "content": "Find me a flight"},
 {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]},
 {"role": "tool", "tool_call_id": "1", "content": "no such airport"},
 {"role": "assistant", "content": "There is none"}]"#;
        let source = Source::new("t.json", text);
        let mut out = String::new();
        Traces::open(&source, &Settings::default(), |document, _, _| {
            drawn(&parts(document), 0, &mut out);
        });
        let wanted = "run 1: 4 turns, 1 calls; Find me a flight
  turn 1: user; Find me a flight
  turn 2: agent; calls search
    search: 
  turn 3: tool; no such airport
  turn 4: agent; There is none
";
        assert_eq!(out, wanted);
    }

    #[test]
    fn long_words_are_cut() {
        assert_eq!(quoted("a\n b"), "a b");
        assert_eq!(quoted(&"\u{e9}".repeat(500)).chars().count(), QUOTE_LEN + 3);
    }
}
