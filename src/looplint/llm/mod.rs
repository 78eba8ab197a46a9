//! Language models, where a user asks for them: flags and configuration in, answers to where they are shown.
//!
//! Knows who may be asked, and what findings and runs are asked about. Does not know how anybody is asked: that
//! is the crate of the one client. Nothing here runs, and nothing is sent, without `--explain`, `--judge` or
//! `looplint llm`; no finding, fix or exit code depends on what comes back.

mod arguments;
pub(crate) mod command;
mod editor;
pub(crate) mod explain;
pub(crate) mod judge;
mod live;
pub(crate) mod runs;
mod setup;

pub(crate) use arguments::Arguments;
pub(crate) use editor::Desk;
use setup::{Wanted, store};

use looplint_llm::client::{Client, Outcome};

use crate::tell::say;

/// What a run of a client took, in one line for standard error.
fn tell_usage((one, many): (&str, &str), client: &Client, outcomes: &[Outcome]) {
    let answers = || outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    let mut models: Vec<&str> = answers().map(|answer| answer.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    if models.is_empty() {
        return;
    }
    let kept = answers().filter(|answer| answer.from_cache).count();
    let made = answers().count() - kept;
    let made_now = || answers().filter(|answer| !answer.from_cache);
    let prompt: u64 = made_now().map(|answer| answer.usage.prompt).sum();
    let reused: u64 = made_now().map(|answer| answer.usage.cached).sum();
    let written: u64 = made_now().map(|answer| answer.usage.completion).sum();
    let mut line = format!(
        "looplint: {} {} by {}: {made} asked for, {kept} kept from before",
        made + kept,
        if made + kept == 1 { one } else { many },
        models.join(", ")
    );
    if made > 0 {
        line +=
            &format!("; {prompt} tokens read, {reused} of them computed before, {written} written");
    }
    if client.spent() > 0.0 {
        line += &format!("; ${:.4}", client.spent());
    }
    say(line);
}

/// Says once each why models gave no answer.
fn tell_failures(outcomes: &[Outcome]) {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for why in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        let why = why.to_string();
        match reasons.iter_mut().find(|(other, _)| *other == why) {
            Some((_, n)) => *n += 1,
            None => reasons.push((why, 1)),
        }
    }
    for (why, n) in reasons {
        let times = if n == 1 {
            String::new()
        } else {
            format!(" ({n} times)")
        };
        say(format!("looplint: no answer: {why}{times}"));
    }
}
