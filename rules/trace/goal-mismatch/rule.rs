//! The task that is handed over, against the goal and all that was said before.

use looplint_model::Cx;
use looplint_trace::{Handoff, Kind, Node, Role, Trace, Traces, WordSet, content_words};

pub const ON: &[Kind] = &[Kind::Run];

/// Less than this share of the goal's content words in the first task, or of a sub-task's in what was said before,
/// is another task.
const SHARED_MIN: f64 = 0.3;
/// The same share where the goal itself was said before: then the first agent may begin with a part of it.
const SHARED_MIN_OF_PART: f64 = 0.1;
/// Content words that a goal and a task must have to be compared.
const WORDS_MIN: usize = 8;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let goal = run.goal_words();
    if let Some((first, share)) = other_task(run, &goal) {
        let share = 100.0 * share;
        let mut finding = run.finding(cx, first, run.turns[first].span, format!("the task that is handed over shares {share:.0} % of the goal's content words; it is another task"));
        finding.suggestion = "hand the goal over in the user's own words, and check sub-tasks against it".into();
        finding.label = "another task than the goal".into();
        cx.report(finding);
        return;
    }
    let Some((handoff, share)) = foreign(run, &goal) else { return };
    let share = 100.0 * share;
    let mut finding = run.finding(
        cx,
        handoff.turn,
        handoff.call.map_or(run.turns[handoff.turn].span, |call| run.calls[call].span),
        format!("only {share:.0} % of the content words of what is handed to `{}` stand in the goal or in the run before; it is another task", handoff.to),
    );
    finding.suggestion = "derive each sub-task from the goal, and check it against the goal before it is handed over".into();
    finding.label = "a sub-task from nowhere".into();
    cx.report(finding);
}

/// The first agent's words in a group, where they are about something else than the goal.
fn other_task(run: &Trace<'_>, goal: &WordSet) -> Option<(usize, f64)> {
    // In a conversation the first agent answers a person; it sets nobody to work.
    let people = run.turns.iter().filter(|turn| turn.role == Role::User && !turn.content.is_blank()).count();
    if run.agents().len() < 2 || people > 1 || goal.len() < WORDS_MIN {
        return None;
    }
    let first = run.turns.iter().position(|turn| turn.role == Role::Agent && !turn.content.is_blank())?;
    let words = run.words(first);
    let share = goal.covered_by(words);
    let said_before = run.turns[..first].iter().any(|turn| turn.role == Role::User && !turn.content.is_blank());
    let least = if said_before { SHARED_MIN_OF_PART } else { SHARED_MIN };
    (words.len() >= WORDS_MIN && share < least).then_some((first, share))
}

/// The first hand-off whose task is made of words that nobody had used before.
fn foreign<'r>(run: &'r Trace<'_>, goal: &WordSet) -> Option<(&'r Handoff, f64)> {
    if run.handoffs().is_empty() {
        return None;
    }
    let mut known = goal.clone();
    let mut next = 0;
    for handoff in run.handoffs() {
        let before = next..handoff.turn;
        let results = run.turns[before.clone()].iter().flat_map(|turn| &turn.results);
        let results = results.filter_map(|&call| run.calls.get(call)?.result.as_ref());
        let results: Vec<WordSet> = results.map(|result| content_words(&result.content.text)).collect();
        known.add_all(before.map(|at| run.words(at)).chain(&results));
        next = next.max(handoff.turn);
        let task = match handoff.call {
            Some(call) => content_words(run.calls[call].arguments.as_ref().map_or("", |arguments| &arguments.raw.text)),
            None => run.words(handoff.turn).clone(),
        };
        let share = task.covered_by(&known);
        if task.len() >= WORDS_MIN && known.len() >= WORDS_MIN && share < SHARED_MIN {
            return Some((handoff, share));
        }
    }
    None
}
