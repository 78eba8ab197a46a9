//! τ² simulations: `task_id`, `termination_reason` and messages, or the ticks of a spoken conversation.

use crate::builder::{Builder, Message};
use crate::formats::{Format, Sink, messages, parts};
use crate::json::{Shape, Value};
use crate::run::Role;
use crate::text::Text;

/// A simulation.
pub(crate) fn is(value: Value<'_>) -> bool {
    let ended = value.has("termination_reason") || value.has("reward_info");
    value.has("task_id")
        && ended
        && value
            .any(&["messages", "ticks"])
            .is_some_and(|list| list.shape() == Shape::Array)
}

/// Reads one simulation.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let mut builder = Builder::new(Format::Tau2, value.span(), sink.settings);
    let task = parts::id(value, &["task_id"]).unwrap_or_default();
    builder.trace.id = parts::id(value, &["id"]).or(Some(task));
    builder.trace.stop = value.get("termination_reason").map(Text::of);
    if let Some(reward) = value
        .path(&["reward_info", "reward"])
        .or_else(|| value.get("reward"))
        && let Some(number) = reward.number()
    {
        builder.outcome(
            number >= 1.0,
            format!("reward {}", reward.raw()),
            reward.span(),
        );
    }
    for item in value.get("messages").into_iter().flat_map(Value::items) {
        // Users have tools of their own: their calls are theirs.
        for mut message in messages::read_one(item) {
            message.agent = message.agent.take().or_else(|| item.text_at("requestor"));
            builder.push(message);
        }
    }
    if builder.trace.turns.is_empty() {
        read_ticks(value, &mut builder);
    }
    sink.traces.push(builder.finish());
}

/// Ticks cut speech into chunks: chunks of one side that follow each other are one message.
fn read_ticks<'d>(value: Value<'d>, builder: &mut Builder<'d>) {
    let mut open: Option<Message<'d>> = None;
    for tick in value.get("ticks").into_iter().flat_map(Value::items) {
        let time = parts::time_ms(tick.get("timestamp"));
        let keys = [
            "user_chunk",
            "agent_chunk",
            "agent_tool_calls",
            "agent_tool_results",
            "user_tool_calls",
            "user_tool_results",
        ];
        for chunk in keys.iter().filter_map(|key| tick.get(key)) {
            let pieces: Vec<Value<'d>> = if chunk.shape() == Shape::Array {
                chunk.items().collect()
            } else {
                vec![chunk]
            };
            for piece in pieces.into_iter().flat_map(messages::read_one) {
                hear(piece, time, &mut open, builder);
            }
        }
    }
    builder_flush(open, builder);
}

fn hear<'d>(
    mut piece: Message<'d>,
    time: Option<f64>,
    open: &mut Option<Message<'d>>,
    builder: &mut Builder<'d>,
) {
    piece.time_ms = piece.time_ms.or(time);
    let silent = piece.content.is_blank() && piece.calls.is_empty() && piece.results.is_empty();
    if silent || (piece.role == Role::Tool && piece.content.is_blank()) {
        return;
    }
    let continues = |last: &Message<'_>| {
        last.role == piece.role
            && last.calls.is_empty()
            && piece.calls.is_empty()
            && piece.results.is_empty()
    };
    match open.as_mut().filter(|last| continues(last)) {
        Some(last) => {
            last.span = last.span.cover(piece.span);
            let joined = format!("{}{}", last.content.text, piece.content.text);
            last.content = Text::apart(joined, last.span);
        }
        None => {
            builder_flush(open.take(), builder);
            *open = Some(piece);
        }
    }
}

fn builder_flush<'d>(message: Option<Message<'d>>, builder: &mut Builder<'d>) {
    if let Some(message) = message {
        builder.push(message);
    }
}
