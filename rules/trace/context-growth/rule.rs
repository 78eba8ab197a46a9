//! Tokens per turn that only grow.

use looplint_model::{Cost, Cx, RunCost};
use looplint_trace::{Kind, Node, Trace, Traces, TurnKind};

pub const ON: &[Kind] = &[Kind::Run];

/// Model turns with counted tokens that a trend needs.
const TURNS_MIN: usize = 12;
/// How many times as much the last quarter of the turns reads as the first.
const GROWTH_MIN: f64 = 4.0;
/// Tokens that a late turn reads, below which growth costs little.
const LATE_TOKENS_MIN: u64 = 20_000;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let read = inputs(run);
    if read.len() < TURNS_MIN || run.turns.iter().any(|turn| turn.kind == TurnKind::Compaction) {
        return;
    }
    let quarter = read.len() / 4;
    let mean = |part: &[(usize, u64)]| part.iter().map(|(_, tokens)| *tokens).sum::<u64>() as f64 / part.len().max(1) as f64;
    let (early, late) = (mean(&read[..quarter]), mean(&read[read.len() - quarter..]));
    let rises = read.windows(2).filter(|pair| pair[1].1 >= pair[0].1).count();
    if late < GROWTH_MIN * early || late < LATE_TOKENS_MIN as f64 || rises * 10 < (read.len() - 1) * 9 {
        return;
    }
    let paid: u64 = read.iter().map(|(_, tokens)| *tokens).sum();
    let held = read.last().map_or(0, |(_, tokens)| *tokens);
    // The first turn that reads twice what the first ones read.
    let (turn, _) = read.iter().copied().find(|(_, tokens)| *tokens as f64 >= 2.0 * early).unwrap_or(read[quarter]);
    let mut finding = run.finding(
        cx,
        turn,
        run.turns[turn].span,
        format!("each turn reads more than the one before, {early:.0} tokens at first and {late:.0} at the end: {paid} tokens were read of a context that holds {held}"),
    );
    finding.suggestion = "cut tool results to what is needed, summarise old turns, and cache the unchanged prefix".into();
    finding.label = "twice the context of the beginning".into();
    let tokens = paid.saturating_sub(held);
    finding.cost = Some(Cost::Run(RunCost { tokens, share: tokens as f64 / paid.max(1) as f64, ..RunCost::default() }));
    cx.report(finding);
}

/// What each turn of the main conversation read, where the format counts it.
fn inputs(run: &Trace<'_>) -> Vec<(usize, u64)> {
    let counted = run.turns.iter().enumerate().filter(|(_, turn)| turn.thread == 0);
    counted.filter_map(|(at, turn)| Some((at, turn.tokens.input.filter(|tokens| *tokens > 0)?))).collect()
}
