//! Slow calls and timeouts, and what they lead to.

use looplint_model::{Cost, Cx};
use looplint_trace::{ErrorClass, Field, Kind, Node, Role, Trace, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    if let Some((call, answer)) = rushed(run, cx) {
        let ms = run.calls[call].latency_ms.unwrap_or_default();
        let name = &run.calls[call].name.text;
        let mut finding = run.finding(
            cx,
            answer,
            run.turns[answer].span,
            format!("`{name}` took {ms:.0} ms, and the answer after it is shorter than half of what it gave"),
        );
        finding.suggestion = "raise the time limit or page the request, and let the model say that its answer is incomplete".into();
        finding.label = "a rushed answer".into();
        finding.related = vec![run.related_call(call, "the slow call")];
        finding.cost = Some(Cost::Run(run.waste(&[call])));
        cx.report(finding);
        return;
    }
    let timeouts: Vec<usize> = (0..run.calls.len())
        .filter(|&call| {
            run.failure(call).is_some_and(|failure| matches!(failure.class, ErrorClass::Timeout | ErrorClass::RateLimit))
        })
        .collect();
    if timeouts.len() < 3 && !hammers(run, &timeouts) {
        return;
    }
    let (Some(&first), n) = (timeouts.first(), timeouts.len()) else { return };
    let mut finding = run.finding_at_call(cx, first, format!("the first of {n} calls that time out or are refused for their rate"));
    finding.suggestion = "wait longer before each retry, and stop after the second".into();
    finding.label = "the cascade begins".into();
    finding.related = timeouts.iter().skip(1).take(8).map(|&call| run.related_call(call, "again")).collect();
    finding.cost = Some(Cost::Run(run.waste(&timeouts)));
    cx.report(finding);
}

/// A slow call and the final, short answer right after it.
fn rushed<'d>(run: &Trace<'d>, cx: &Cx<'d, Traces>) -> Option<(usize, usize)> {
    if !run.has(Field::Latency) {
        return None;
    }
    let limit = cx.settings.slow_call_ms as f64;
    run.calls.iter().enumerate().find_map(|(at, call)| {
        let slow = call.latency_ms.is_some_and(|ms| ms >= limit);
        let output = call.result.as_ref()?.content.text.trim().len();
        let answer = (call.turn + 1..run.turns.len()).find(|&turn| run.turns[turn].role == Role::Agent)?;
        let turn = &run.turns[answer];
        let length = turn.content.text.trim().len();
        let is_short = turn.calls.is_empty() && length > 0 && length * 2 < output;
        (slow && is_short).then_some((at, answer))
    })
}

/// Two calls in a row that time out, the second one equal and at once.
fn hammers(run: &Trace<'_>, timeouts: &[usize]) -> bool {
    run.repeats().iter().any(|repeat| {
        repeat.consecutive
            && repeat.after_failure
            && timeouts.contains(&repeat.previous)
            && timeouts.contains(&repeat.call)
            && waited(run, repeat.previous, repeat.call).is_some_and(|ms| ms < 1000.0)
    })
}

/// Milliseconds between the end of one call and the start of another, where the run has times.
fn waited(run: &Trace<'_>, before: usize, after: usize) -> Option<f64> {
    let (before, after) = (&run.calls[before], &run.calls[after]);
    Some(after.started_ms? - before.started_ms? - before.latency_ms.unwrap_or(0.0))
}
