//! A run as a strip of turns: who spoke, what failed, how long it took, and where the findings point.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use looplint_model::{Finding, Severity};

use super::escape;
use crate::found::Found;
use crate::timeline::{Timeline, Turn};
use crate::words::{clip, duration, one_line, thousands};

const WIDTH: f64 = 960.0;
const ARCS: f64 = 74.0;
const BLOCK: f64 = 26.0;
const BARS: f64 = 40.0;
/// Width of a turn's number.
const LABEL: f64 = 22.0;
/// Turns that are drawn; a longer run is cut at the end.
const N_TURNS: usize = 400;

/// The strip of one run with the findings in it.
pub(super) fn svg(timeline: &Timeline, findings: &[&Found<'_>]) -> String {
    let turns = &timeline.turns[..timeline.turns.len().min(N_TURNS)];
    if turns.is_empty() {
        return String::new();
    }
    let step = (WIDTH / turns.len() as f64).min(44.0);
    let bars = turns.iter().any(|turn| turn.milliseconds().is_some());
    let height = ARCS + BLOCK + 18.0 + if bars { BARS + 4.0 } else { 0.0 };
    let mut svg = format!(
        "<svg class=\"story\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{} turns\">",
        turns.len()
    );
    for found in findings {
        arcs(&mut svg, timeline, found.finding, turns.len(), step);
    }
    let hit = hit_turns(timeline, findings);
    for (at, turn) in turns.iter().enumerate() {
        block(
            &mut svg,
            turn,
            at as f64 * step,
            step,
            hit.iter().find(|(hit, _)| *hit == at).map(|(_, it)| *it),
        );
        // A plain number gives way to that of a finding beside it.
        let is_beside = |(hit, _): &(usize, Severity)| hit.abs_diff(at) as f64 * step < LABEL;
        let is_hit = hit.iter().any(|(hit, _)| *hit == at);
        if is_hit || !hit.iter().any(is_beside) {
            label(&mut svg, turn, at as f64 * step, step, is_hit);
        }
    }
    if bars {
        draw_bars(&mut svg, turns, step);
    }
    svg.push_str("</svg>");
    svg
}

/// Turns that findings name, each with the worst severity.
fn hit_turns(timeline: &Timeline, findings: &[&Found<'_>]) -> Vec<(usize, Severity)> {
    let mut hits: Vec<(usize, Severity)> = findings
        .iter()
        .filter_map(|found| {
            let place = found.finding.run.as_ref()?;
            Some((timeline.turn_number(place.turn)?, found.finding.severity))
        })
        .collect();
    hits.sort_by_key(|(at, severity)| (*at, std::cmp::Reverse(*severity)));
    hits.dedup_by_key(|(at, _)| *at);
    hits
}

/// Arcs from the turns that a finding points back to, one to the next, up to its own: a loop is seen as one.
fn arcs(svg: &mut String, timeline: &Timeline, finding: &Finding, n_turns: usize, step: f64) {
    let mut turns: BTreeSet<usize> = finding
        .related
        .iter()
        .filter_map(|related| timeline.turn_at(related.span))
        .collect();
    turns.extend(
        finding
            .run
            .as_ref()
            .and_then(|place| timeline.turn_number(place.turn)),
    );
    let turns: Vec<usize> = turns.into_iter().filter(|at| *at < n_turns).collect();
    for pair in turns.windows(2) {
        let (from, to) = (center(pair[0], step), center(pair[1], step));
        let rise = ((to - from) * 0.5).clamp(14.0, ARCS - 6.0);
        let _ = write!(
            svg,
            "<path class=\"arc {}\" d=\"M{from:.1},{ARCS} C{from:.1},{top:.1} {to:.1},{top:.1} {to:.1},{ARCS}\"><title>{}</title></path>",
            finding.severity.as_str(),
            escape(&one_line(&finding.message)),
            top = ARCS - rise * 1.3,
        );
    }
}

fn center(at: usize, step: f64) -> f64 {
    (at as f64 + 0.5) * step
}

fn block(svg: &mut String, turn: &Turn, x: f64, step: f64, hit: Option<Severity>) {
    let role = match turn.role.as_str() {
        role @ ("user" | "assistant" | "tool" | "system") => role,
        _ => "other",
    };
    let gap = if step > 6.0 { 2.0 } else { 0.4 };
    let failed = if turn.failed() { " failed" } else { "" };
    let _ = write!(
        svg,
        "<g><title>{}</title><rect class=\"turn {role}{failed}\" x=\"{:.1}\" y=\"{ARCS}\" width=\"{:.1}\" height=\"{BLOCK}\" rx=\"3\"/>",
        escape(&tooltip(turn)),
        x + gap / 2.0,
        step - gap,
    );
    if let Some(severity) = hit {
        let _ = write!(
            svg,
            "<rect class=\"hit {}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"4\"/>",
            severity.as_str(),
            x - 0.5,
            ARCS - 1.5,
            step + 1.0,
            BLOCK + 3.0,
        );
    }
    svg.push_str("</g>");
}

fn label(svg: &mut String, turn: &Turn, x: f64, step: f64, is_hit: bool) {
    // Numbers under every turn only where they do not touch.
    let every = [1, 2, 5, 10, 20, 50]
        .into_iter()
        .find(|every| step * f64::from(*every) >= LABEL)
        .unwrap_or(100);
    if is_hit || turn.number % i64::from(every) == 0 {
        let class = if is_hit { "tick strong" } else { "tick" };
        let _ = write!(
            svg,
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x + step / 2.0,
            ARCS + BLOCK + 13.0,
            turn.number,
        );
    }
}

fn tooltip(turn: &Turn) -> String {
    let mut text = format!("turn {}, {}", turn.number, one_line(&turn.role));
    for call in &turn.calls {
        let _ = write!(
            text,
            "\n{} {}",
            one_line(&call.name),
            clip(&call.arguments, 120)
        );
        if call.failed {
            let _ = write!(text, "\nfailed: {}", clip(&call.result, 120));
        }
    }
    if let Some(milliseconds) = turn.milliseconds() {
        let _ = write!(text, "\n{}", duration(milliseconds));
    }
    if let Some(tokens) = turn.tokens {
        let _ = write!(text, "\n{} tokens", thousands(tokens));
    }
    if !turn.text.is_empty() {
        let _ = write!(text, "\n{}", clip(&turn.text, 200));
    }
    text
}

/// Bars downwards for the time of each turn's calls, to the root: one slow call must not flatten the rest.
fn draw_bars(svg: &mut String, turns: &[Turn], step: f64) {
    let longest = turns
        .iter()
        .filter_map(Turn::milliseconds)
        .max()
        .unwrap_or(1)
        .max(1) as f64;
    let top = ARCS + BLOCK + 20.0;
    for (at, turn) in turns.iter().enumerate() {
        let Some(milliseconds) = turn.milliseconds() else {
            continue;
        };
        let height = ((milliseconds as f64 / longest).sqrt() * BARS).max(1.0);
        let _ = write!(
            svg,
            "<rect class=\"time\" x=\"{:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"1.5\"><title>{}</title></rect>",
            at as f64 * step + step * 0.2,
            (step * 0.6).max(0.6),
            duration(milliseconds),
        );
    }
}
