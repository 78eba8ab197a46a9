//! Work done before a summary, and again after it.

use looplint_model::{Cost, Cx};
use looplint_trace::{Effect, Kind, Node, Traces, TurnKind};

pub const ON: &[Kind] = &[Kind::Run];

/// Calls made again from which on the summary has lost the work.
const CALLS_MIN: usize = 3;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for (at, _) in run.turns.iter().enumerate().filter(|(_, turn)| turn.kind == TurnKind::Compaction) {
        let next = run.turns[at + 1..].iter().position(|turn| turn.kind == TurnKind::Compaction).map_or(run.turns.len(), |next| at + 1 + next);
        let again: Vec<(usize, usize)> = run
            .repeats()
            .iter()
            .filter(|repeat| {
                let (before, after) = (run.calls[repeat.previous].turn, run.calls[repeat.call].turn);
                before < at && after > at && after < next && !repeat.polling && !repeat.after_failure && repeat.same_result && repeat.changes_between == 0
            })
            .map(|repeat| (repeat.call, repeat.previous))
            .collect();
        let changes = again.iter().filter(|(call, _)| run.call_facts()[*call].effect == Effect::Change).count();
        let Some(&(call, previous)) = again.first() else { continue };
        if again.len() < CALLS_MIN && changes == 0 {
            continue;
        }
        let n = again.len();
        let mut finding = run.finding_at_call(cx, call, format!("{n} calls that were made before the summary are made again after it, with the same results"));
        finding.suggestion = "put what was done and what it gave into the summary: files read, commands run, decisions made".into();
        finding.label = "done before the summary".into();
        finding.related = vec![run.related_turn(at, "the summary"), run.related_call(previous, "done first")];
        let calls: Vec<usize> = again.iter().map(|(call, _)| *call).collect();
        finding.cost = Some(Cost::Run(run.waste(&calls)));
        cx.report(finding);
    }
}
