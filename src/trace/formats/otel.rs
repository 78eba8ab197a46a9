//! Exports of OpenTelemetry spans: OTLP JSON, Tempo's batches, Jaeger, Phoenix, and one span a line.
//!
//! Knows how exporters lay spans out. What the attributes mean is read elsewhere.

use std::borrow::Cow;

use looplint_model::Span;
use rustc_hash::FxHashMap;

use crate::builder::Builder;
use crate::formats::attributes::{self, Attributes};
use crate::formats::otel_events::{self, Logs, TIMES};
use crate::formats::steps::{self, Step, StepKind};
use crate::formats::{Format, Sink, parts};
use crate::json::{Shape, Value};
use crate::run::Tokens;
use crate::text::Text;

/// Spans of one trace.
struct Group<'d> {
    id: Option<Cow<'d, str>>,
    steps: Vec<Step<'d>>,
    span: Span,
    format: Format,
}

/// Spans by trace, in the order of the text.
#[derive(Default)]
struct Groups<'d> {
    list: Vec<Group<'d>>,
    by_id: FxHashMap<Option<Cow<'d, str>>, usize>,
}

const SPAN_LISTS: [&str; 4] = [
    "scopeSpans",
    "instrumentationLibrarySpans",
    "scope_spans",
    "spans",
];

/// OTLP: `resourceSpans[]` with or without `resourceLogs[]`, or `batches[]` as Tempo writes it.
pub(crate) fn is_otlp(value: Value<'_>) -> bool {
    let has_spans = batches(value).is_some_and(|batches| {
        batches
            .items()
            .next()
            .is_some_and(|batch| SPAN_LISTS.iter().any(|key| batch.has(key)))
    });
    has_spans || otel_events::is_logs(value)
}

fn batches(value: Value<'_>) -> Option<Value<'_>> {
    let list = value
        .any(&["resourceSpans", "batches", "resource_spans"])
        .or_else(|| value.path(&["trace", "resourceSpans"]));
    list.filter(|list| list.shape() == Shape::Array)
}

/// Reads OTLP.
pub(crate) fn read_otlp<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    read_otlp_lines(&[value], sink);
}

/// Whether the values are OTLP one export a line.
pub(crate) fn is_otlp_lines(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| is_otlp(*value))
}

/// Reads OTLP one export a line: the spans of one trace may stand on several.
pub(crate) fn read_otlp_lines<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let mut groups = Groups::default();
    let mut logs = Logs::of(values);
    for value in values {
        add_otlp(*value, &mut logs, &mut groups);
    }
    add_logged(logs, &mut groups);
    push(groups, sink);
}

fn add_otlp<'d>(value: Value<'d>, logs: &mut Logs<'d>, groups: &mut Groups<'d>) {
    for batch in batches(value).into_iter().flat_map(Value::items) {
        for scope in SPAN_LISTS
            .iter()
            .filter_map(|key| batch.get(key))
            .flat_map(Value::items)
        {
            let spans = scope.get("spans").into_iter().flat_map(Value::items);
            for span in spans {
                let records = logs.of_span(span);
                add(span, &records, Format::Otlp, groups);
            }
        }
    }
}

/// What was logged under spans that were exported elsewhere still tells what was said.
fn add_logged<'d>(logs: Logs<'d>, groups: &mut Groups<'d>) {
    for (trace, records) in logs.left() {
        let mut step = Step::new(StepKind::Model, records[0].span());
        step.started_ms = parts::time_ms(records[0].any(&TIMES));
        otel_events::read_records(&records, &mut step);
        groups.push(trace, step, Format::Otlp);
    }
}

/// Jaeger: `data[].spans[]` with `operationName`.
pub(crate) fn is_jaeger(value: Value<'_>) -> bool {
    jaeger_traces(value).next().is_some()
}

fn jaeger_traces(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let listed = value.get("data").into_iter().flat_map(Value::items);
    listed.chain(Some(value)).filter(|trace| {
        trace
            .get("spans")
            .and_then(|spans| spans.items().next())
            .is_some_and(|span| span.has("operationName"))
    })
}

/// Reads Jaeger.
pub(crate) fn read_jaeger<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let mut groups = Groups::default();
    for trace in jaeger_traces(value) {
        for span in trace.get("spans").into_iter().flat_map(Value::items) {
            add(span, &[], Format::Jaeger, &mut groups);
        }
    }
    push(groups, sink);
}

/// A span as Phoenix and other stores list it: `span_kind`, `context.span_id`, `attributes` by name.
fn is_listed_span(value: Value<'_>) -> bool {
    let named = value.path(&["context", "span_id"]).is_some()
        || value
            .any(&["spanId", "span_id", "context.span_id"])
            .is_some();
    named
        && value
            .any(&["attributes", "span_attributes", "span_kind"])
            .is_some()
}

/// Values that are spans.
pub(crate) fn is_span_list(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| is_listed_span(*value))
}

/// Reads values that are spans, nested or not.
pub(crate) fn read_span_list<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let mut groups = Groups::default();
    for value in values {
        add_with_children(*value, &mut groups);
    }
    push(groups, sink);
}

/// An object that holds spans of one trace: `{trace_id, spans: [...]}`.
pub(crate) fn is_span_holder(value: Value<'_>) -> bool {
    is_listed_span(value) || spans_in(value).next().is_some_and(is_listed_span)
}

fn spans_in(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    value
        .any(&["spans", "data"])
        .into_iter()
        .flat_map(Value::items)
}

/// Reads an object that holds spans.
pub(crate) fn read_span_holder<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let mut groups = Groups::default();
    if is_listed_span(value) {
        add_with_children(value, &mut groups);
    }
    for span in spans_in(value) {
        add_with_children(span, &mut groups);
    }
    for group in &mut groups.list {
        group.span = value.span();
    }
    push(groups, sink);
}

/// Adds a span and the spans nested in it, without recursion.
fn add_with_children<'d>(value: Value<'d>, groups: &mut Groups<'d>) {
    let mut waiting = vec![value];
    while let Some(span) = waiting.pop() {
        add(span, &[], Format::OpenInference, groups);
        waiting.extend(
            span.any(&["child_spans", "children"])
                .into_iter()
                .flat_map(Value::items),
        );
    }
}

/// Adds one span, and what was logged under it, to the group of its trace.
fn add<'d>(span: Value<'d>, logged: &[Value<'d>], format: Format, groups: &mut Groups<'d>) {
    let trace = span
        .any(&["traceId", "traceID", "trace_id", "context.trace_id"])
        .or_else(|| span.path(&["context", "trace_id"]))
        .and_then(Value::some_text);
    let (step, openllmetry) = read_logged_span(span, logged);
    let group = groups.push(trace, step, format);
    if openllmetry && group.format == Format::Otlp {
        group.format = Format::OpenLlmetry;
    }
}

impl<'d> Groups<'d> {
    /// Adds a step to the group of its trace.
    fn push(
        &mut self,
        trace: Option<Cow<'d, str>>,
        step: Step<'d>,
        format: Format,
    ) -> &mut Group<'d> {
        let next = self.list.len();
        let at = *self.by_id.entry(trace.clone()).or_insert(next);
        if at == next {
            self.list.push(Group {
                id: trace,
                steps: Vec::new(),
                span: step.span,
                format,
            });
        }
        let group = &mut self.list[at];
        group.span = group.span.cover(step.span);
        group.steps.push(step);
        group
    }
}

/// A span's step, and whether OpenLLMetry wrote it.
pub(crate) fn read_span(span: Value<'_>) -> (Step<'_>, bool) {
    read_logged_span(span, &[])
}

fn read_logged_span<'d>(span: Value<'d>, logged: &[Value<'d>]) -> (Step<'d>, bool) {
    let listed = span
        .any(&["attributes", "tags"])
        .filter(|list| list.shape() == Shape::Array);
    let mut attributes = match listed {
        Some(list) => Attributes::of_list(list),
        None => span
            .any(&["attributes", "span_attributes"])
            .map(Attributes::of_object)
            .unwrap_or_default(),
    };
    attributes.add_list(span.get("tags").filter(|_| listed.is_none()));
    otel_events::add_details(logged, &mut attributes);
    let name = span
        .any(&["name", "operationName", "span_name"])
        .and_then(Value::some_text);
    let mut step = attributes::step(&attributes, name, span.span());
    if step.kind == StepKind::Other || attributes.is_empty() {
        read_kind(span, &mut step);
    }
    step.id = span
        .any(&["spanId", "spanID", "span_id", "context.span_id"])
        .or_else(|| span.path(&["context", "span_id"]))
        .and_then(Value::some_text);
    step.parent = span
        .any(&[
            "parentSpanId",
            "parent_id",
            "parentId",
            "parent_span_id",
            "parentSpanID",
        ])
        .or_else(|| span.get("references")?.items().next()?.get("spanID"))
        .and_then(Value::some_text);
    read_times(span, &mut step);
    read_status(span, &mut step);
    otel_events::read_events(span, &mut step);
    otel_events::read_records(logged, &mut step);
    if step.failed == Some(true) && step.error.is_none() {
        step.error = attributes.any(&["error.type"]).map(Text::of);
    }
    step.settle();
    let openllmetry =
        attributes.has_prefix("traceloop.") || attributes.has_prefix("gen_ai.prompt.0");
    (step, openllmetry)
}

/// A kind beside the attributes.
fn read_kind<'d>(span: Value<'d>, step: &mut Step<'d>) {
    let Some(kind) = span.get("span_kind").and_then(Value::text) else {
        return;
    };
    match kind.as_ref() {
        "LLM" => step.kind = StepKind::Model,
        "AGENT" => step.kind = StepKind::Agent,
        "TOOL" | "RETRIEVER" => {
            let name = step.name.clone().unwrap_or(Cow::Borrowed("tool"));
            step.make_call(None, Text::apart(name, step.span));
        }
        _ => {}
    }
}

fn read_times<'d>(span: Value<'d>, step: &mut Step<'d>) {
    // The name says the unit, however near to 1970 the clock began.
    let nanoseconds = |keys: &[&str]| Some(span.any(keys)?.number()? / 1e6);
    step.started_ms = nanoseconds(&["startTimeUnixNano", "start_time_unix_nano"])
        .or_else(|| parts::time_ms(span.any(&["start_time", "startTime", "timestamp"])));
    step.ended_ms = nanoseconds(&["endTimeUnixNano", "end_time_unix_nano"])
        .or_else(|| parts::time_ms(span.any(&["end_time", "endTime"])));
    if step.ended_ms.is_none()
        && let (Some(start), Some(duration)) = (
            step.started_ms,
            span.get("duration").and_then(Value::number),
        )
    {
        // Jaeger counts microseconds; stores that write ISO 8601 durations give no number.
        step.ended_ms = Some(start + duration / 1e3);
    }
}

/// The span's status: only an error says something about a call.
fn read_status<'d>(span: Value<'d>, step: &mut Step<'d>) {
    let code = span
        .path(&["status", "code"])
        .or_else(|| span.any(&["status_code", "statusCode"]));
    let Some(code) = code else { return };
    let failed = code.is_text("ERROR")
        || code.is_text("STATUS_CODE_ERROR")
        || code.raw() == "2"
        || code.is_text("Error");
    if failed {
        step.failed = Some(true);
        let message = span
            .path(&["status", "message"])
            .or_else(|| span.get("status_message"));
        step.error = step
            .error
            .take()
            .or_else(|| message.filter(|text| !text.is_blank()).map(Text::of));
    }
}

/// One run for each trace that shows an agent at work; traces of plain web requests are none.
fn push<'d>(groups: Groups<'d>, sink: &mut Sink<'d>) {
    for group in groups.list {
        let works = |step: &Step<'_>| {
            step.kind != StepKind::Other || !step.input.is_empty() || !step.output.is_empty()
        };
        if !group.steps.iter().any(works) {
            continue;
        }
        let mut builder = Builder::new(group.format, group.span, sink.settings);
        builder.trace.id = group.id;
        let mut tokens = Tokens::default();
        for step in &group.steps {
            let add = |sum: Option<u64>, more: Option<u64>| {
                more.map_or(sum, |more| Some(sum.unwrap_or(0) + more))
            };
            if step.kind == StepKind::Model {
                tokens = Tokens {
                    input: add(tokens.input, step.tokens.input),
                    output: add(tokens.output, step.tokens.output),
                };
            }
        }
        builder.trace.tokens = tokens;
        let mut steps = group.steps;
        attributes::unmerge(&mut steps);
        steps::assemble(&mut builder, steps);
        sink.traces.push(builder.finish());
    }
}
