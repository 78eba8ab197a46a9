//! LangGraph checkpoints: one, or the successive ones of a thread.

use looplint_model::Span;
use rustc_hash::FxHashSet;

use crate::builder::Builder;
use crate::formats::{Format, Sink, messages, parts};
use crate::json::Value;

/// A checkpoint, bare or as a tuple's `checkpoint`.
pub(crate) fn is(value: Value<'_>) -> bool {
    channels(value).is_some()
}

/// Values that are checkpoints.
pub(crate) fn is_list(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| is(*value))
}

fn checkpoint(value: Value<'_>) -> Value<'_> {
    value.get("checkpoint").unwrap_or(value)
}

fn channels(value: Value<'_>) -> Option<Value<'_>> {
    let checkpoint = checkpoint(value);
    checkpoint
        .get("channel_values")
        .filter(|_| checkpoint.has("channel_versions") || checkpoint.has("versions_seen"))
}

/// Reads one checkpoint.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    read_list(&[value], sink);
}

/// Reads the checkpoints of one thread, or of several told apart by their id: a message is said when it first appears.
pub(crate) fn read_list<'d>(values: &[Value<'d>], sink: &mut Sink<'d>) {
    let thread = |value: Value<'d>| {
        let configured = value.path(&["config", "configurable"]).unwrap_or(value);
        parts::id(configured, &["thread_id"])
    };
    for (id, mut own) in parts::group_by(values, thread) {
        own.sort_by(|left, right| time(*left).total_cmp(&time(*right)));
        let Some(span) = own.iter().map(|value| value.span()).reduce(Span::cover) else {
            continue;
        };
        let mut builder = Builder::new(Format::LangGraphCheckpoint, span, sink.settings);
        builder.trace.id = id.or_else(|| parts::id(checkpoint(own[0]), &["id"]));
        let mut said = FxHashSet::default();
        for value in own {
            let state = channels(value)
                .and_then(|channels| channels.any(&["messages", "chat_history", "__root__"]));
            for (at, mut message) in state
                .map(messages::read)
                .unwrap_or_default()
                .into_iter()
                .enumerate()
            {
                // Messages have ids of their own only sometimes; their place in the list stays.
                if said.insert((at, message.content.text.to_string(), message.calls.len())) {
                    let now = time(value);
                    message.time_ms = message.time_ms.or((now.is_finite()).then_some(now));
                    builder.push(message);
                }
            }
        }
        sink.traces.push(builder.finish());
    }
}

fn time(value: Value<'_>) -> f64 {
    parts::time_ms(checkpoint(value).get("ts")).unwrap_or(f64::INFINITY)
}
