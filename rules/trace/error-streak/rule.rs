//! Three or more failed calls.

use looplint_model::{Cost, Cx};
use looplint_trace::{ErrorClass, Kind, Node, Traces};

pub const ON: &[Kind] = &[Kind::Run];

/// Failures from which on the run is in trouble: two are right in two of three runs, three in 13 of 14.
const FAILURES_MIN: usize = 3;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let failed: Vec<usize> = (0..run.calls.len()).filter(|&call| run.failure(call).is_some()).collect();
    if failed.len() < FAILURES_MIN {
        return;
    }
    let third = failed[FAILURES_MIN - 1];
    let n = failed.len();
    let mut finding = run.finding_at_call(
        cx,
        third,
        format!("{n} tool calls of this run fail; the agent goes on without what it asked for"),
    );
    finding.suggestion = "say in the prompt what the tools want, return errors that say what to do, and stop after the third failure".into();
    finding.label = format!("failure {FAILURES_MIN} of {n}");
    finding.related = failed.iter().filter(|&&call| call != third).take(8).map(|&call| run.related_call(call, "failed too")).collect();
    let timeouts = failed.iter().filter(|&&call| {
        run.failure(call).is_some_and(|failure| matches!(failure.class, ErrorClass::Timeout | ErrorClass::RateLimit))
    });
    if timeouts.count() * 2 > n && let Some(place) = &mut finding.run {
        place.mode = "TIMEOUT_CASCADE";
    }
    // Trying twice is no waste, and what is tried again unchanged is another rule's.
    let again = |call: &usize| run.repeats().iter().any(|repeat| repeat.call == *call);
    let wasted: Vec<usize> = failed.iter().copied().skip(FAILURES_MIN - 1).filter(|call| !again(call)).collect();
    finding.cost = Some(Cost::Run(run.waste(&wasted)));
    cx.report(finding);
}
