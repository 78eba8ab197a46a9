//! What a run spends after the last thing that was new to it.

use looplint_model::{Cost, Cx};
use looplint_trace::{Kind, Node, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

/// Calls without news at the end of a run that make a tail.
const CALLS_MIN: usize = 4;
/// Share of the run's tokens in the tail from which on it is worth a word.
const SHARE_MIN: f64 = 0.3;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let Some(last) = run.last_news() else { return };
    let tail: Vec<usize> = (last + 1..run.calls.len()).collect();
    let turn = run.calls[last].turn;
    let person = run.turns[turn..].iter().any(|turn| turn.role == Role::User && !turn.content.is_blank());
    let results = tail.iter().filter(|&&call| run.calls[call].result.is_some()).count();
    let polls = run.repeats().iter().any(|repeat| repeat.polling && repeat.call > last);
    if run.cut || person || polls || results < CALLS_MIN || run.turn_of(&run.calls[last]).thread != 0 {
        return;
    }
    let tokens = |from: usize, to: usize| (from..to).map(|at| run.tokens_of(at).0).sum::<u64>();
    let begin = run.calls[tail[0]].turn;
    let (after, all) = (tokens(begin, run.turns.len()), tokens(0, run.turns.len()).max(1));
    let share = after as f64 / all as f64;
    if share < SHARE_MIN {
        return;
    }
    let n = tail.len();
    let percent = 100.0 * share;
    let mut finding = run.finding_at_call(
        cx,
        tail[0],
        format!("from here on nothing new comes in: {n} calls fail, repeat or give nothing, and take {percent:.0} % of the run's tokens"),
    );
    finding.suggestion = "stop a run after three calls in a row that bring nothing new, and answer with what there is".into();
    finding.label = "the last news were before this".into();
    finding.related = vec![run.related_call(last, "the last thing that was new")];
    let mut cost = run.waste(&tail);
    cost.tokens = after;
    cost.share = share;
    finding.cost = Some(Cost::Run(cost));
    cx.report(finding);
}
