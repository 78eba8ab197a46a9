//! An agent's run, turn by turn, as reports show it; and its form for a terminal.
//!
//! Plain data that the roof fills from a trace. Does not know any trace format.

use std::io::{self, Write};

use codespan_reporting::term::termcolor::{Ansi, Color, ColorSpec, NoColor, WriteColor};
use looplint_model::{Severity, Span};

use crate::Report;
use crate::found::Found;
use crate::words::{clip, duration, one_line, thousands};

/// A run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Name of the source it is in.
    pub source: String,
    /// The run's id, as findings have it.
    pub run: String,
    /// What the agent was to do; empty where the format does not say.
    pub goal: String,
    /// How it ended, in a word or two: `failed`, `passed`; empty where that is not known.
    pub outcome: String,
    /// The turns, in order.
    pub turns: Vec<Turn>,
}

/// A turn of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// The turn's number, as the run counts and findings have it.
    pub number: i64,
    /// Who speaks: `user`, `assistant`, `tool`, `system`.
    pub role: String,
    /// Which agent speaks, where there are several.
    pub agent: String,
    /// What is said; reports cut it.
    pub text: String,
    /// The calls it makes.
    pub calls: Vec<Call>,
    /// Tokens, where the format carries them.
    pub tokens: Option<u64>,
    /// Its text in the source.
    pub span: Span,
}

/// A tool call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// The tool.
    pub name: String,
    /// The arguments, as the trace has them; reports cut them.
    pub arguments: String,
    /// The result; reports cut it.
    pub result: String,
    /// Whether it failed.
    pub failed: bool,
    /// How long it took, where the format carries it.
    pub milliseconds: Option<u64>,
}

impl Turn {
    /// Milliseconds of all calls, where any is known.
    pub fn milliseconds(&self) -> Option<u64> {
        self.calls
            .iter()
            .filter_map(|call| call.milliseconds)
            .reduce(|a, b| a.saturating_add(b))
    }

    /// Whether a call of it failed.
    pub fn failed(&self) -> bool {
        self.calls.iter().any(|call| call.failed)
    }
}

impl Timeline {
    /// Position in `turns` of the turn that holds the start of `span`.
    pub fn turn_at(&self, span: Span) -> Option<usize> {
        self.turns
            .iter()
            .rposition(|turn| turn.span.start <= span.start && span.start < turn.span.end)
    }

    /// Position in `turns` of the turn number `number`.
    pub fn turn_number(&self, number: i64) -> Option<usize> {
        self.turns.iter().position(|turn| turn.number == number)
    }
}

/// Writes a run for a terminal: a line for each turn and each call, and under it what was found there.
///
/// # Errors
/// Those of `out`.
pub fn write_timeline(
    report: &Report<'_>,
    timeline: &Timeline,
    out: &mut dyn Write,
) -> io::Result<()> {
    let found = report.found();
    let found = of_run(timeline, &found);
    if report.options.colour {
        write_to(report.options.width, timeline, &found, Ansi::new(out))
    } else {
        write_to(report.options.width, timeline, &found, NoColor::new(out))
    }
}

/// The findings in this run, worst first.
pub(crate) fn of_run<'r, 'a>(timeline: &Timeline, found: &'r [Found<'a>]) -> Vec<&'r Found<'a>> {
    found
        .iter()
        .filter(|found| found.source.name == timeline.source)
        .filter(|found| {
            found
                .finding
                .run
                .as_ref()
                .is_some_and(|place| place.run == timeline.run)
        })
        .collect()
}

fn write_to<W: WriteColor>(
    width: usize,
    timeline: &Timeline,
    found: &[&Found<'_>],
    mut out: W,
) -> io::Result<()> {
    let mut bold = ColorSpec::new();
    bold.set_bold(true);
    styled(&mut out, &bold, &one_line(&timeline.run))?;
    if !timeline.outcome.is_empty() {
        write!(out, "  {}", one_line(&timeline.outcome))?;
    }
    writeln!(out, "  {}", one_line(&timeline.source))?;
    if !timeline.goal.is_empty() {
        writeln!(
            out,
            "goal: {}",
            clip(&timeline.goal, width.saturating_sub(6))
        )?;
    }
    writeln!(out)?;
    let digits = timeline
        .turns
        .iter()
        .map(|turn| turn.number.to_string().len())
        .max()
        .unwrap_or(1)
        .max(3);
    for turn in &timeline.turns {
        let here: Vec<&&Found<'_>> = found
            .iter()
            .filter(|found| {
                found
                    .finding
                    .run
                    .as_ref()
                    .is_some_and(|place| place.turn == turn.number)
            })
            .collect();
        write_turn(&mut out, turn, !here.is_empty(), digits, width)?;
        for found in here {
            write_hit(&mut out, timeline, found, digits)?;
        }
    }
    Ok(())
}

/// `●  19 assistant  → search {"q":1}  5.2 s  1,204 tokens`
fn write_turn<W: WriteColor>(
    out: &mut W,
    turn: &Turn,
    hit: bool,
    digits: usize,
    width: usize,
) -> io::Result<()> {
    let mut soft = ColorSpec::new();
    soft.set_fg(Some(Color::Cyan));
    let mark = if hit { '●' } else { ' ' };
    styled(out, &soft, &format!("{mark} {:>digits$} ", turn.number))?;
    let who = if turn.agent.is_empty() {
        &turn.role
    } else {
        &turn.agent
    };
    write!(out, "{:<10} ", clip(who, 10))?;
    let room = width.saturating_sub(digits + 14).max(30);
    let mut tokens = turn
        .tokens
        .map_or_else(String::new, |n| format!("  {} tokens", thousands(n)));
    let mut lines = Vec::new();
    if !turn.text.trim().is_empty() || turn.calls.is_empty() {
        lines.push((
            false,
            with_tail(&turn.text, &std::mem::take(&mut tokens), room),
        ));
    }
    for call in &turn.calls {
        let time = call
            .milliseconds
            .map_or_else(String::new, |time| format!("  {}", duration(time)));
        let what = format!("→ {} {}", call.name, call.arguments.trim());
        lines.push((
            false,
            with_tail(
                &what,
                &format!("{time}{}", std::mem::take(&mut tokens)),
                room,
            ),
        ));
        if !call.result.trim().is_empty() {
            let sign = if call.failed { "✗" } else { "←" };
            lines.push((
                call.failed,
                clip(&format!("{sign} {}", call.result.trim()), room),
            ));
        }
    }
    let mut bad = ColorSpec::new();
    bad.set_fg(Some(Color::Red));
    for (at, (failed, line)) in lines.iter().enumerate() {
        if at > 0 {
            write!(out, "{:1$}", "", digits + 14)?;
        }
        let plain = ColorSpec::new();
        styled(out, if *failed { &bad } else { &plain }, line.trim_end())?;
        writeln!(out)?;
    }
    Ok(())
}

/// The text cut so that the tail fits behind it.
fn with_tail(text: &str, tail: &str, room: usize) -> String {
    format!(
        "{}{tail}",
        clip(text, room.saturating_sub(tail.chars().count()))
    )
}

/// The finding under its turn, with the turns it points back to.
fn write_hit<W: WriteColor>(
    out: &mut W,
    timeline: &Timeline,
    found: &Found<'_>,
    digits: usize,
) -> io::Result<()> {
    let finding = found.finding;
    let mut colour = ColorSpec::new();
    colour.set_bold(true).set_fg(Some(match finding.severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Info => Color::Green,
    }));
    write!(out, "{:1$}╰─ ", "", digits + 2)?;
    styled(out, &colour, finding.severity.as_str())?;
    writeln!(out, " {}: {}", finding.rule, one_line(&finding.message))?;
    let mut turns: Vec<i64> = finding
        .related
        .iter()
        .filter_map(|related| timeline.turns.get(timeline.turn_at(related.span)?))
        .map(|turn| turn.number)
        .collect();
    turns.sort_unstable();
    turns.dedup();
    if !turns.is_empty() {
        let turns: Vec<String> = turns.iter().map(i64::to_string).collect();
        writeln!(out, "{:1$}see turn {2}", "", digits + 5, turns.join(", "))?;
    }
    Ok(())
}

fn styled<W: WriteColor>(out: &mut W, style: &ColorSpec, text: &str) -> io::Result<()> {
    if style.is_none() {
        return write!(out, "{text}");
    }
    out.set_color(style)?;
    write!(out, "{text}")?;
    out.reset()
}
