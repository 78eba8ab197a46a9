//! The first agent's task against the goal.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Role, Traces};

pub const ON: &[Kind] = &[Kind::Run];

/// Less than this share of the goal's content words in the first task is another task.
const SHARED_MIN: f64 = 0.3;
/// Content words that a goal and a task must have to be compared.
const WORDS_MIN: usize = 8;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    if run.agents().len() < 2 {
        return;
    }
    let goal = run.goal_words();
    let Some(first) = run.turns.iter().position(|turn| turn.role == Role::Agent && !turn.content.is_blank()) else { return };
    let words = run.words(first);
    if goal.len() < WORDS_MIN || words.len() < WORDS_MIN || goal.covered_by(words) >= SHARED_MIN {
        return;
    }
    let turn = &run.turns[first];
    let share = 100.0 * goal.covered_by(words);
    let mut finding = run.finding(cx, first, turn.span, format!("the task that is handed over shares {share:.0} % of the goal's content words; it is another task"));
    finding.suggestion = "hand the goal over in the user's own words, and check sub-tasks against it".into();
    finding.label = "another task than the goal".into();
    cx.report(finding);
}
