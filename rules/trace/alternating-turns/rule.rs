//! Cycles of two or three, over words and over calls with their results.

use looplint_model::{Cost, Cx};
use looplint_trace::{Kind, Node, Role, Trace, Traces, TurnKind};

pub const ON: &[Kind] = &[Kind::Run];

/// Times that a cycle of calls must close: pairs of calls come in twos for good reasons.
const CALL_CYCLES_MIN: usize = 3;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    if let Some((period, turns)) = words_cycle(run) {
        let again = turns[period];
        let mut finding = run.finding(
            cx,
            again,
            run.turns[again].span,
            format!("these words were said {period} turns before, and so was what follows: the run goes in a circle of {period}"),
        );
        finding.suggestion = "stop when a circle closes, and give the model a summary of what was tried".into();
        finding.label = "the circle closes".into();
        finding.related = vec![run.related_turn(turns[0], "the circle began")];
        cx.report(finding);
        return;
    }
    let Some((period, calls)) = call_cycle(run) else { return };
    let again = calls[period];
    let mut finding = run.finding_at_call(
        cx,
        again,
        format!("the same {period} calls with the same results come again, for the second of {CALL_CYCLES_MIN} times and more"),
    );
    finding.suggestion = "stop when a circle of calls closes, and give the model another strategy".into();
    finding.label = "the circle closes".into();
    finding.related = vec![run.related_call(calls[0], "the circle began")];
    finding.cost = Some(Cost::Run(run.waste(&calls[period..])));
    cx.report(finding);
}

/// A stretch of agents' words that comes twice in a row, by turns.
fn words_cycle(run: &Trace<'_>) -> Option<(usize, Vec<usize>)> {
    let spoken: Vec<usize> = (0..run.turns.len())
        .filter(|&at| {
            let turn = &run.turns[at];
            turn.role == Role::Agent && turn.kind == TurnKind::Message && turn.thread == 0 && turn.calls.is_empty() && !turn.content.is_blank()
        })
        .collect();
    let same = |a: usize, b: usize| {
        let (words, others) = (run.words(a), run.words(b));
        let alike = words.len() >= 2 && words.likeness(others) > 0.999;
        alike || plain(&run.turns[a].content.text) == plain(&run.turns[b].content.text)
    };
    for period in [2, 3] {
        for window in spoken.windows(2 * period) {
            let repeats = (0..period).all(|at| same(window[at], window[at + period]));
            let adjacent = window[2 * period - 1] - window[0] < 3 * period;
            let differ = !same(window[0], window[1]);
            if repeats && differ && adjacent && !person_between(run, window) {
                return Some((period, window.to_vec()));
            }
        }
    }
    None
}

/// The words without case and spacing.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn person_between(run: &Trace<'_>, turns: &[usize]) -> bool {
    let (Some(&first), Some(&last)) = (turns.first(), turns.last()) else { return false };
    run.turns[first..last].iter().any(|turn| turn.role == Role::User)
}

/// A stretch of calls with equal results that comes three times in a row.
fn call_cycle(run: &Trace<'_>) -> Option<(usize, Vec<usize>)> {
    let facts = run.call_facts();
    let same = |a: usize, b: usize| {
        facts[a].key == facts[b].key && facts[a].result.is_some() && facts[a].result == facts[b].result
    };
    for period in [2, 3] {
        let length = period * CALL_CYCLES_MIN;
        for start in 0..(run.calls.len() + 1).saturating_sub(length) {
            let repeats = (start..start + length - period).all(|at| same(at, at + period));
            let differ = !same(start, start + 1);
            let turns = [run.calls[start].turn, run.calls[start + length - 1].turn];
            if repeats && differ && !person_between(run, &turns) {
                return Some((period, (start..start + length).collect()));
            }
        }
    }
    None
}
