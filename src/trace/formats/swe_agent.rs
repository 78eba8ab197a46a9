//! SWE-agent trajectories: `trajectory[]` of thought, action and observation, and `info.exit_status`.

use crate::builder::{Builder, Message, NewCall, NewResult};
use crate::formats::{Format, Sink, messages, parts};
use crate::json::{Shape, Value};
use crate::run::{Role, Tokens};
use crate::text::Text;

/// A trajectory of steps with an action.
pub(crate) fn is(value: Value<'_>) -> bool {
    let first = value
        .get("trajectory")
        .and_then(|steps| steps.items().next());
    first.is_some_and(|step| {
        step.has("action") && step.any(&["observation", "thought", "response"]).is_some()
    })
}

/// Reads one trajectory.
pub(crate) fn read<'d>(value: Value<'d>, sink: &mut Sink<'d>) {
    let mut builder = Builder::new(Format::SweAgent, value.span(), sink.settings);
    builder.trace.id = parts::id(value, &["instance_id", "id"])
        .or_else(|| parts::id(value.get("info")?, &["instance_id"]));
    for message in lead(value) {
        builder.push(message);
    }
    for step in value.get("trajectory").into_iter().flat_map(Value::items) {
        read_step(step, &mut builder);
    }
    read_info(value, &mut builder);
    sink.traces.push(builder.finish());
}

/// What was said before the first step: instructions and the task, demonstrations left out.
fn lead(value: Value<'_>) -> Vec<Message<'_>> {
    let asked = |item: &Value<'_>| parts::role_of(*item).is_some_and(|role| role != Role::Agent);
    let shown = |item: &Value<'_>| item.get("is_demo").and_then(Value::bool) == Some(true);
    let history = value.get("history").into_iter().flat_map(Value::items);
    let before = history.filter(|item| !shown(item)).take_while(asked);
    before
        .flat_map(messages::read_one)
        .map(|mut message| {
            message.agent = None;
            message
        })
        .collect()
}

fn read_step<'d>(step: Value<'d>, builder: &mut Builder<'d>) {
    let mut message = Message::new(Role::Agent, step.span());
    let said = step
        .any(&["thought", "response"])
        .filter(|text| text.shape() == Shape::Text);
    message.content = said.map(Text::of).unwrap_or_default();
    let observation = step.get("observation");
    if let Some(action) = step.get("action").filter(|action| !action.is_blank()) {
        let mut call = NewCall::new(Text::apart("shell", action.span()), action.span());
        call.arguments = Some(Text::of(action));
        call.free = true;
        call.latency_ms = step
            .get("execution_time")
            .and_then(Value::number)
            .map(|seconds| seconds * 1e3);
        message.calls.push(call);
        builder.push(message);
        let Some(observation) =
            observation.filter(|observation| observation.shape() == Shape::Text)
        else {
            return;
        };
        let mut answer = Message::new(Role::Tool, observation.span());
        answer
            .results
            .push(NewResult::new(Text::of(observation), observation.span()));
        return builder.push(answer);
    }
    builder.push(message);
    if let Some(observation) = observation.filter(|observation| !observation.is_blank()) {
        builder.push(Message::saying(Role::User, Text::of(observation)));
    }
}

fn read_info<'d>(value: Value<'d>, builder: &mut Builder<'d>) {
    let Some(info) = value.get("info") else {
        return;
    };
    builder.trace.final_result = info
        .get("submission")
        .filter(|text| !text.is_blank())
        .map(Text::of);
    let stats = info.get("model_stats");
    let count = |key: &str| {
        stats
            .and_then(|stats| stats.get(key))
            .and_then(Value::count)
    };
    builder.trace.tokens = Tokens {
        input: count("tokens_sent"),
        output: count("tokens_received"),
    };
    let Some(status) = info
        .get("exit_status")
        .filter(|status| status.shape() == Shape::Text)
    else {
        return;
    };
    builder.trace.stop = Some(Text::of(status));
    // Who submits may have solved it or not; who never got there did not.
    let words = status.text().unwrap_or_default();
    if !words.contains("submitted") && !words.is_empty() {
        builder.outcome(false, format!("exit_status {words}"), status.span());
    }
}
