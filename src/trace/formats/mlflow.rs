//! MLflow traces: `info` beside `data.spans[]`, attribute values written as JSON in strings.

use crate::builder::Builder;
use crate::formats::{Format, Sink, otel, parts, steps};
use crate::json::{Shape, Value};

/// `{info, data}` with spans, `data` maybe in a string.
pub(crate) fn is(value: Value<'_>) -> bool {
    let info = value
        .get("info")
        .filter(|info| info.shape() == Shape::Object);
    let named = info
        .and_then(|info| info.any(&["request_id", "trace_id"]))
        .is_some();
    named && value.any(&["data", "spans"]).is_some()
}

/// Reads one trace.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let (Some(info), Some(data)) = (value.get("info"), value.any(&["data", "spans"])) else {
        return;
    };
    let mut builder = Builder::new(Format::MlFlow, value.span(), sink.settings);
    builder.trace.id = parts::id(info, &["trace_id", "request_id"]);
    let spans = data.get("spans").unwrap_or(data);
    let steps = spans.items().map(|span| otel::read_span(span).0).collect();
    steps::assemble(&mut builder, steps);
    let state = info.any(&["state", "status"]);
    if let Some(state) = state.filter(|state| state.is_text("ERROR")) {
        builder.outcome(false, "state ERROR", state.span());
    }
    sink.traces.push(builder.finish());
}
