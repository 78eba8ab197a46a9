//! How much a turn tells.
//!
//! Knows places, roles and the goal's words. Does not know budgets.

use std::collections::HashSet;

use crate::run::{RunText, RunTurn};

/// 0.4 recency + 0.4 kind of turn + 0.2 share of the goal's words, for every turn.
pub(super) fn importances(run: &RunText) -> Vec<f64> {
    let goal: HashSet<String> = words(&run.goal).collect();
    let n = run.turns.len();
    run.turns
        .iter()
        .enumerate()
        .map(|(at, turn)| {
            0.4 * recency(n - 1 - at) + 0.4 * kind(turn) + 0.2 * goal_share(&goal, &turn.text)
        })
        .collect()
}

/// 1 for the last five turns, then 0.15 less for each turn before.
fn recency(turns_after: usize) -> f64 {
    (1.0 - 0.15 * turns_after.saturating_sub(4) as f64).clamp(0.0, 1.0)
}

/// Errors tell most, then people, then agents, then what tools gave back.
fn kind(turn: &RunTurn) -> f64 {
    let mut end = turn.text.len().min(200);
    while !turn.text.is_char_boundary(end) {
        end -= 1;
    }
    let head = turn.text[..end].to_ascii_lowercase();
    let failed = ["error", "exception", "traceback", "failed"]
        .iter()
        .any(|word| head.contains(word));
    match turn.role.as_str() {
        "tool" | "function" | "observation" | "environment" if failed => 1.0,
        "tool" | "function" | "observation" | "environment" => 0.5,
        "user" | "human" => 0.9,
        "system" | "developer" => 0.3,
        _ => 0.7,
    }
}

fn goal_share(goal: &HashSet<String>, text: &str) -> f64 {
    if goal.is_empty() {
        return 0.0;
    }
    let mut found = HashSet::new();
    for word in words(text) {
        if let Some(word) = goal.get(&word) {
            found.insert(word);
        }
        if found.len() == goal.len() {
            break;
        }
    }
    found.len() as f64 / goal.len() as f64
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 3)
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recency_as_stated() {
        assert_eq!((recency(0), recency(4)), (1.0, 1.0));
        assert!((recency(5) - 0.85).abs() < 1e-12 && recency(100) == 0.0);
    }
}
