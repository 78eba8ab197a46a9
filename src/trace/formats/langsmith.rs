//! LangSmith runs: a tree of `child_runs`, one run a line, and the batches that clients send.
//!
//! Messages in inputs and outputs are read elsewhere.

use std::borrow::Cow;

use looplint_model::Span;
use rustc_hash::FxHashMap;

use crate::builder::Builder;
use crate::formats::steps::{self, Step, StepKind};
use crate::formats::{Format, Sink, messages, parts};
use crate::json::{Shape, Value};
use crate::text::Text;

fn is_run(value: Value<'_>) -> bool {
    value.has("run_type")
        && value
            .any(&[
                "inputs",
                "dotted_order",
                "child_runs",
                "trace_id",
                "start_time",
            ])
            .is_some()
}

/// A run, or a batch of runs to create and to complete.
pub(crate) fn is(value: Value<'_>) -> bool {
    is_run(value)
        || value
            .get("post")
            .and_then(|post| post.items().next())
            .is_some_and(is_run)
}

/// Values that are runs.
pub(crate) fn is_list(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| is_run(*value))
}

/// Reads a tree or a batch.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    if is_run(value) {
        return read_list(&[value], sink);
    }
    let both = ["post", "patch"]
        .iter()
        .filter_map(|key| value.get(key))
        .flat_map(Value::items);
    let records: Vec<Value<'d>> = both.collect();
    read_list(&records, sink);
}

/// A record with the run above it, where the record or its place in a tree says which.
type Placed<'d> = (Value<'d>, Option<Cow<'d, str>>);

/// Reads runs and the runs below them: each trace is a run of ours.
pub(crate) fn read_list<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let mut order: Vec<Cow<'d, str>> = Vec::new();
    let mut groups: FxHashMap<Cow<'d, str>, Vec<Placed<'d>>> = FxHashMap::default();
    // Each with the trace that it is in, where only the run above says so.
    let mut waiting: Vec<(Placed<'d>, Option<Cow<'d, str>>)> = values
        .iter()
        .rev()
        .map(|value| ((*value, None), None))
        .collect();
    while let Some(((run, above), trace)) = waiting.pop() {
        let id = parts::id(run, &["id"]);
        let own_trace = parts::id(run, &["trace_id"])
            .or(trace)
            .or_else(|| id.clone());
        let trace = own_trace.unwrap_or(Cow::Borrowed(""));
        let parent = parts::id(run, &["parent_run_id"]).or(above);
        let children: Vec<Value<'d>> = run
            .get("child_runs")
            .into_iter()
            .flat_map(Value::items)
            .collect();
        let below = |child: Value<'d>| ((child, id.clone()), Some(trace.clone()));
        waiting.extend(children.into_iter().rev().map(below));
        let own = groups.entry(trace.clone()).or_default();
        if own.is_empty() {
            order.push(trace);
        }
        own.push((run, parent));
    }
    for id in order {
        let runs = groups.remove(&id).unwrap_or_default();
        push((!id.is_empty()).then_some(id), &runs, sink);
    }
}

fn push<'d>(id: Option<Cow<'d, str>>, runs: &[Placed<'d>], sink: &mut Sink<'d>) {
    let Some(span) = runs.iter().map(|(run, _)| run.span()).reduce(Span::cover) else {
        return;
    };
    let mut builder = Builder::new(Format::LangSmith, span, sink.settings);
    builder.trace.id = id;
    let mut steps: Vec<Step<'d>> = Vec::new();
    let mut places: FxHashMap<Cow<'d, str>, usize> = FxHashMap::default();
    for (run, parent) in runs {
        let id = parts::id(*run, &["id"]).or_else(|| last_of_order(*run));
        // A patch completes the run of the same id.
        let known = id.as_ref().and_then(|id| places.get(id.as_ref()).copied());
        match known {
            Some(at) => complete(&mut steps[at], *run),
            None => {
                if let Some(id) = &id {
                    places.insert(id.clone(), steps.len());
                }
                let mut step = step(*run);
                (step.id, step.parent) = (id, parent.clone());
                steps.push(step);
            }
        }
    }
    if let Some((root, _)) = runs
        .iter()
        .find(|(run, parent)| parent.is_none() && run.has("error"))
        && let Some(error) = root.get("error").filter(|error| !error.is_blank())
    {
        builder.outcome(false, "error", error.span());
    }
    for step in &mut steps {
        finish(step);
    }
    steps::assemble(&mut builder, steps);
    if !builder.trace.turns.is_empty() {
        sink.traces.push(builder.finish());
    }
}

/// Patches name their run in the last part of its order: `20241013T070537170001Zdc34609e-...`.
fn last_of_order(run: Value<'_>) -> Option<Cow<'_, str>> {
    let order = run.text_at("dotted_order")?;
    let last = order.rsplit('.').next()?;
    last.split_once('Z')
        .map(|(_, id)| Cow::Owned(id.to_string()))
}

fn step(run: Value<'_>) -> Step<'_> {
    let kind = match run.text_at("run_type").as_deref() {
        Some("llm") => StepKind::Model,
        Some("tool" | "retriever") => StepKind::Tool,
        Some("chain") if run.path(&["extra", "metadata", "lc_agent_name"]).is_some() => {
            StepKind::Agent
        }
        _ => StepKind::Other,
    };
    let mut step = Step::new(kind, run.span());
    step.name = run.get("name").and_then(Value::some_text);
    complete(&mut step, run);
    step
}

/// Adds what a record says of its step.
fn complete<'d>(step: &mut Step<'d>, run: Value<'d>) {
    step.span = step.span.cover(run.span());
    step.started_ms = step
        .started_ms
        .or_else(|| parts::time_ms(run.get("start_time")));
    step.ended_ms = parts::time_ms(run.get("end_time")).or(step.ended_ms);
    if let Some(error) = run.get("error").filter(|error| !error.is_blank()) {
        step.failed = Some(true);
        step.error = Some(Text::of(error));
    }
    if let Some(inputs) = run.get("inputs").filter(|inputs| !inputs.is_blank()) {
        step.input = messages::read(inputs);
        step.input_text = Some(only_text(inputs, &["input", "query", "question", "prompt"]));
        step.tools = messages::declared(inputs);
    }
    if let Some(outputs) = run.get("outputs").filter(|outputs| !outputs.is_blank()) {
        let inner = outputs
            .get("output")
            .filter(|inner| inner.shape() == Shape::Object && outputs.len() == 1);
        step.output = messages::read(inner.unwrap_or(outputs));
        step.output_text = Some(only_text(outputs, &["output", "answer", "result", "text"]));
        step.tokens = parts::usage(
            outputs
                .any(&["usage_metadata", "usage"])
                .or_else(|| outputs.path(&["llm_output", "token_usage"])),
        );
    }
    if let Some(tools) = run.path(&["extra", "invocation_params"]) {
        step.tools.extend(messages::declared(tools));
    }
    let count = |key: &str| run.get(key).and_then(Value::count);
    step.tokens.input = step.tokens.input.or(count("prompt_tokens"));
    step.tokens.output = step.tokens.output.or(count("completion_tokens"));
}

/// A record of a single text is that text; others are JSON as it stands.
fn only_text<'d>(record: Value<'d>, keys: &[&str]) -> Text<'d> {
    match record.any(keys).filter(|_| record.len() == 1) {
        Some(only) => messages::output_text(only),
        None => Text::of(record),
    }
}

fn finish(step: &mut Step<'_>) {
    match step.kind {
        StepKind::Tool => {
            let answer = step
                .output
                .iter_mut()
                .flat_map(|message| message.results.drain(..))
                .next();
            let id = answer.as_ref().and_then(|answer| answer.id.clone());
            if let Some(answer) = answer {
                step.output_text = Some(answer.content);
                step.failed = step.failed.or(answer.failed);
            }
            step.input.clear();
            step.output.clear();
            let name = Text::apart(
                step.name.clone().unwrap_or(Cow::Borrowed("tool")),
                step.span,
            );
            step.make_call(id, name);
            if let Some(call) = &mut step.call {
                // A tool of one text argument logs the text alone.
                call.free = call
                    .arguments
                    .as_ref()
                    .is_some_and(|text| !text.text.trim_start().starts_with(['{', '[']));
            }
        }
        StepKind::Model => step.speak_plainly(),
        _ => {}
    }
}
