//! Long texts that enter the context more than once.

use std::collections::HashMap;

use looplint_model::{Cost, Cx, RunCost};
use looplint_trace::{Kind, Node, Role, Text, Trace, Traces};

pub const ON: &[Kind] = &[Kind::Run];

/// Bytes of a text that is long: about 500 tokens.
const LONG: usize = 2000;
/// Times that a long text comes.
const TIMES_MIN: usize = 3;
/// Share of all of the run's text that the copies take.
const SHARE_MIN: f64 = 0.25;
/// Bytes of a token, OpenAI's rule of thumb for English.
const BYTES_PER_TOKEN: usize = 4;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let texts = texts(run);
    let all: usize = texts.iter().map(|(_, text)| text.text.len()).sum();
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, (_, text)) in texts.iter().enumerate().filter(|(_, (_, text))| text.text.len() >= LONG) {
        places.entry(text.text.trim()).or_default().push(at);
    }
    let Some((_, copies)) = places.iter().max_by_key(|(text, copies)| ((copies.len() - 1) * text.len(), std::cmp::Reverse(copies[0]))) else { return };
    let again: usize = copies[1..].iter().map(|&at| texts[at].1.text.len()).sum();
    let share = again as f64 / all.max(1) as f64;
    if copies.len() < TIMES_MIN || share < SHARE_MIN {
        return;
    }
    let (turn, text) = texts[copies[1]];
    let n = copies.len();
    let percent = 100.0 * share;
    let mut finding = run.finding(
        cx,
        turn,
        text.span,
        format!("the same text of {} bytes comes {n} times, and the copies are {percent:.0} % of what the model reads", text.text.len()),
    );
    finding.suggestion = "put a text into the context once and point to it, or let the tool answer that nothing changed".into();
    finding.label = "the second copy".into();
    finding.related = vec![run.related_turn(texts[copies[0]].0, "the first copy")];
    let tokens = (again / BYTES_PER_TOKEN) as u64;
    finding.cost = Some(Cost::Run(RunCost { tokens, share, ..RunCost::default() }));
    cx.report(finding);
}

/// Every text that the model reads: words of the turns, and results apart from them.
fn texts<'r, 'd>(run: &'r Trace<'d>) -> Vec<(usize, &'r Text<'d>)> {
    let mut texts = Vec::new();
    for (at, turn) in run.turns.iter().enumerate().filter(|(_, turn)| turn.thread == 0 && turn.role != Role::System) {
        texts.push((at, &turn.content));
        let results = turn.results.iter().filter_map(|&call| run.calls.get(call)?.result.as_ref());
        texts.extend(results.filter(|result| result.content.text != turn.content.text).map(|result| (at, &result.content)));
    }
    texts
}
