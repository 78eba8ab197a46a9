//! A run as pieces that are shown or not, and the text of any choice of them.
//!
//! Knows repeats, cuts and the lines that say what is left out. Does not know tokens.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;

use super::Shown;
use super::weigh::importances;
use crate::run::{RunText, RunTurn};

/// A text longer than this is cut unless there is room for all of it.
const WHOLE_MAX: usize = 1200;
/// Bytes kept of the beginning of a cut text.
const HEAD: usize = 600;
/// Bytes kept of its end.
const TAIL: usize = 300;
/// The longest stretch of turns that is recognised when it repeats.
const PERIOD_MAX: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Out,
    Cut,
    Whole,
}

/// Something that is shown as one piece or not at all.
pub(super) struct Item {
    /// Positions in the run.
    turns: Range<usize>,
    what: What,
    pub(super) must: bool,
    importance: f64,
}

/// What an item stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// One turn, for itself.
    Turn,
    /// A turn that says the goal, which is shown anyway.
    Goal,
    /// Turns that repeat the stretch of `period` turns before them.
    Repeat { times: usize, period: usize },
}

pub(super) struct Plan<'r> {
    run: &'r RunText,
    pub(super) items: Vec<Item>,
    /// Items by falling importance; of equals the later turn first.
    pub(super) order: Vec<usize>,
    /// Bytes of text before each turn, and of all.
    bytes_before: Vec<usize>,
}

impl<'r> Plan<'r> {
    /// The run in pieces, around the cited turns.
    pub(super) fn new(run: &'r RunText, cited: &[i64]) -> Plan<'r> {
        let must = mandatory(run, cited);
        let importance = importances(run);
        let mut items = Vec::new();
        let mut at = 0;
        while at < run.turns.len() {
            let what = if must.contains(&at) {
                What::Turn
            } else {
                what(run, at, &must)
            };
            let n_turns = if let What::Repeat { times, period } = what {
                times * period
            } else {
                1
            };
            let end = at + n_turns;
            items.push(Item {
                turns: at..end,
                what,
                must: must.contains(&at),
                importance: importance[at..end].iter().copied().fold(0.0, f64::max),
            });
            at = end;
        }
        let mut order: Vec<usize> = (0..items.len()).filter(|&at| !items[at].must).collect();
        order.sort_by(|&a, &b| {
            items[b]
                .importance
                .total_cmp(&items[a].importance)
                .then(b.cmp(&a))
        });
        let mut bytes_before = vec![0];
        bytes_before.extend(run.turns.iter().scan(0, |sum, turn| {
            *sum += turn.text.len();
            Some(*sum)
        }));
        Plan {
            run,
            items,
            order,
            bytes_before,
        }
    }

    fn turn(&self, item: &Item) -> &'r RunTurn {
        &self.run.turns[item.turns.start]
    }

    /// Whether showing the item cut differs from showing it whole.
    pub(super) fn is_long(&self, item: &Item) -> bool {
        item.what == What::Turn && self.turn(item).text.len() > WHOLE_MAX
    }

    pub(super) fn render(&self, forms: &[Form]) -> Rendered {
        let run = self.run;
        let mut out = Rendered::default();
        let _ = writeln!(out.text, "run {}: {} turns", run.id, run.turns.len());
        let _ = writeln!(out.text, "goal:\n{}\n", run.goal);
        let mut at = 0;
        while at < self.items.len() {
            let item = &self.items[at];
            if forms[at] == Form::Out {
                let end = (at..self.items.len())
                    .find(|&next| forms[next] != Form::Out)
                    .unwrap_or(self.items.len());
                self.render_gap(item.turns.start..self.items[end - 1].turns.end, &mut out);
                at = end;
                continue;
            }
            self.render_item(item, forms[at], &mut out);
            at += 1;
        }
        match &run.result {
            Some(result) => {
                let _ = writeln!(out.text, "\nresult:\n{result}");
            }
            None => out.text.push_str("\n[the run ended without a result]\n"),
        }
        out
    }

    fn render_gap(&self, turns: Range<usize>, out: &mut Rendered) {
        out.left_out += turns.len();
        out.text.push_str(&self.gap_line(turns));
    }

    /// The line for turns that are left out; empty for none.
    pub(super) fn gap_line(&self, turns: Range<usize>) -> String {
        let n_bytes = self.bytes_before[turns.end] - self.bytes_before[turns.start];
        let left = &self.run.turns[turns];
        let (Some(first), Some(last)) = (left.first(), left.last()) else {
            return String::new();
        };
        if left.len() == 1 {
            return format!("[turn {} left out: {n_bytes} bytes]\n", first.number);
        }
        let (first, last, n_turns) = (first.number, last.number, left.len());
        format!("[turns {first} to {last} left out: {n_turns} turns, {n_bytes} bytes]\n")
    }

    /// The turns of the items in `items`.
    pub(super) fn turns_of(&self, items: Range<usize>) -> Range<usize> {
        if items.is_empty() {
            return 0..0;
        }
        self.items[items.start].turns.start..self.items[items.end - 1].turns.end
    }

    pub(super) fn render_item(&self, item: &Item, form: Form, out: &mut Rendered) {
        match item.what {
            What::Turn => {}
            What::Goal => {
                let _ = writeln!(out.text, "[turn {} says the goal]", self.turn(item).number);
                out.repeated += 1;
                return;
            }
            What::Repeat { times, period } => {
                out.text.push_str(&self.repeat_line(item, times, period));
                out.repeated += item.turns.len();
                return;
            }
        }
        let turn = self.turn(item);
        out.text.push_str(&turn.head());
        let start = out.text.len();
        let mut at = Vec::new();
        if form == Form::Cut && self.is_long(item) {
            let (head, tail) = cut(&turn.text);
            out.text.push_str(&turn.text[..head]);
            at.push(start..out.text.len());
            let _ = write!(out.text, "\n[{} bytes cut]\n", tail - head);
            let start = out.text.len();
            out.text.push_str(&turn.text[tail..]);
            at.push(start..out.text.len());
        } else {
            out.text.push_str(&turn.text);
            at.push(start..out.text.len());
        }
        out.text.push('\n');
        out.shown.push(Shown {
            number: turn.number,
            whole: at.len() == 1,
            at,
        });
    }

    fn repeat_line(&self, item: &Item, times: usize, period: usize) -> String {
        let number = |at: usize| self.run.turns[at].number;
        let (first, last) = (number(item.turns.start), number(item.turns.end - 1));
        let (from, to) = (
            number(item.turns.start - period),
            number(item.turns.start - 1),
        );
        let what = if period == 1 {
            format!("turn {from}")
        } else {
            format!("turns {from} to {to}")
        };
        let times = if times == 1 {
            "once more".to_owned()
        } else {
            format!("{times} more times")
        };
        if first == last {
            format!("[turn {first} repeats {what}, {times}]\n")
        } else {
            format!("[turns {first} to {last} repeat {what}, {times}]\n")
        }
    }
}

#[derive(Default)]
pub(super) struct Rendered {
    pub(super) text: String,
    pub(super) shown: Vec<Shown>,
    pub(super) repeated: usize,
    pub(super) left_out: usize,
}

/// Where the head ends and the tail begins, on character borders.
fn cut(text: &str) -> (usize, usize) {
    let mut head = HEAD.min(text.len());
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    let mut tail = text.len().saturating_sub(TAIL).max(head);
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    (head, tail)
}

/// Positions of the cited turns and of their neighbours.
fn mandatory(run: &RunText, cited: &[i64]) -> HashSet<usize> {
    let cited: HashSet<i64> = cited.iter().copied().collect();
    let mut must = HashSet::new();
    for (at, turn) in run.turns.iter().enumerate() {
        if cited.contains(&turn.number) {
            must.extend(at.saturating_sub(1)..(at + 2).min(run.turns.len()));
        }
    }
    must
}

/// What begins at `at`. Of all stretches that repeat, the one that covers most.
fn what(run: &RunText, at: usize, must: &HashSet<usize>) -> What {
    let same =
        |a: &RunTurn, b: &RunTurn| a.text == b.text && a.role == b.role && a.agent == b.agent;
    if run.turns[at].text == run.goal && !run.goal.is_empty() {
        return What::Goal;
    }
    let (mut best, mut covers) = (What::Turn, 0);
    for period in 1..=PERIOD_MAX.min(at) {
        let mut length = 0;
        while at + length < run.turns.len()
            && !must.contains(&(at + length))
            && same(&run.turns[at + length], &run.turns[at + length - period])
        {
            length += 1;
        }
        let times = length / period;
        if times * period > covers {
            (best, covers) = (What::Repeat { times, period }, times * period);
        }
    }
    best
}
