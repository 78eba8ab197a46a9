//! Makes a long run fit a budget of tokens, the same way every time.
//!
//! Goal, final result, cited turns and their neighbours stay verbatim; the rest is added by importance,
//! repeats as one line with a count, long texts cut to head and tail, and what is left out is said.
//! Turn numbers never change. Knows a run as text. Does not know what a finding is: cited turns are numbers.
//! Detectors never see a packed run.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;
use std::ops::Range;

use crate::run::{RunText, RunTurn};
use crate::tokens::Tokenizer;

/// A text longer than this is cut unless there is room for all of it.
const WHOLE_MAX: usize = 1200;
/// Bytes kept of the beginning of a cut text.
const HEAD: usize = 600;
/// Bytes kept of its end.
const TAIL: usize = 300;
/// The longest stretch of turns that is recognised when it repeats.
const PERIOD_MAX: usize = 8;
/// So many turns in a row that do not fit end the search for one that does.
const MISSES_MAX: u32 = 64;

/// A run that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The text.
    pub text: String,
    /// Its tokens, by `tokenizer`.
    pub tokens: usize,
    /// What counted them.
    pub tokenizer: Tokenizer,
    /// The turns that are shown, whole or cut, in order.
    pub shown: Vec<Shown>,
    /// Number of turns that a line with a count stands for.
    pub repeated: usize,
    /// Number of turns left out.
    pub left_out: usize,
}

/// A turn that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The turn's number.
    pub number: i64,
    /// Whether all of it is there.
    pub whole: bool,
    /// Where its own words are in the packed text: one range, or head and tail.
    pub at: Vec<Range<usize>>,
}

/// The budget is below what must stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSmall {
    /// The least budget that is legal for this run and these cited turns.
    pub needed: usize,
    /// The budget that was given.
    pub budget: usize,
    /// What counts.
    pub tokenizer: Tokenizer,
}

impl std::fmt::Display for TooSmall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let TooSmall {
            needed,
            budget,
            tokenizer,
        } = self;
        write!(
            f,
            "{budget} tokens are too few: goal, result and cited turns take {needed} by {}",
            tokenizer.name()
        )
    }
}

impl std::error::Error for TooSmall {}

impl Packed {
    /// The number of the first turn whose shown words hold `quote` verbatim.
    pub fn turn_of(&self, quote: &str) -> Option<i64> {
        let holds = |range: &Range<usize>| {
            self.text
                .get(range.clone())
                .is_some_and(|text| text.contains(quote))
        };
        self.shown
            .iter()
            .find(|shown| shown.at.iter().any(holds))
            .map(|shown| shown.number)
    }
}

/// Packs `run` into at most `budget` tokens; `cited` are the numbers of the turns that findings cite.
///
/// # Errors
/// What must stay does not fit; the least legal budget is named.
pub fn pack(
    run: &RunText,
    cited: &[i64],
    budget: usize,
    tokenizer: Tokenizer,
) -> Result<Packed, TooSmall> {
    let plan = Plan::new(run, cited);
    let mut forms: Vec<Form> = plan
        .items
        .iter()
        .map(|item| if item.must { Form::Whole } else { Form::Out })
        .collect();
    let needed = tokenizer.count(&plan.render(&forms).text);
    if needed > budget {
        return Err(TooSmall {
            needed,
            budget,
            tokenizer,
        });
    }
    let mut filler = Filler {
        plan: &plan,
        tokenizer,
        costs: BTreeMap::new(),
        shown: BTreeSet::new(),
    };
    // Tokens are never more than bytes: what fits in bytes needs no counting one by one.
    let all = vec![Form::Whole; forms.len()];
    if plan.render(&all).text.len() <= budget {
        return Ok(filler.shrink(&mut all.clone(), budget));
    }
    filler.fill(&mut forms, budget - needed);
    let mut packed = filler.shrink(&mut forms, budget);
    // Lines for what is left out took room that is free now; half a percent is not worth a second round.
    let room = budget - packed.tokens;
    if room * 200 >= budget && forms != all {
        filler.fill(&mut forms, room);
        packed = filler.shrink(&mut forms, budget);
    }
    Ok(packed)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Out,
    Cut,
    Whole,
}

/// Something that is shown as one piece or not at all.
struct Item {
    /// Positions in the run.
    turns: Range<usize>,
    what: What,
    must: bool,
    importance: f64,
}

/// What an item stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// One turn, for itself.
    Turn,
    /// A turn that says the goal, which is shown anyway.
    Goal,
    /// Turns that repeat the stretch of `period` turns before them.
    Repeat { times: usize, period: usize },
}

struct Plan<'r> {
    run: &'r RunText,
    items: Vec<Item>,
    /// Items by falling importance; of equals the later turn first.
    order: Vec<usize>,
    /// Bytes of text before each turn, and of all.
    bytes_before: Vec<usize>,
}

impl<'r> Plan<'r> {
    fn new(run: &'r RunText, cited: &[i64]) -> Plan<'r> {
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
    fn is_long(&self, item: &Item) -> bool {
        item.what == What::Turn && self.turn(item).text.len() > WHOLE_MAX
    }

    fn render(&self, forms: &[Form]) -> Rendered {
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
    fn gap_line(&self, turns: Range<usize>) -> String {
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
    fn turns_of(&self, items: Range<usize>) -> Range<usize> {
        if items.is_empty() {
            return 0..0;
        }
        self.items[items.start].turns.start..self.items[items.end - 1].turns.end
    }

    fn render_item(&self, item: &Item, form: Form, out: &mut Rendered) {
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
struct Rendered {
    text: String,
    shown: Vec<Shown>,
    repeated: usize,
    left_out: usize,
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

/// 0.4 recency + 0.4 kind of turn + 0.2 share of the goal's words, for every turn.
fn importances(run: &RunText) -> Vec<f64> {
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

/// Adds and drops items until the text fits.
struct Filler<'p, 'r> {
    plan: &'p Plan<'r>,
    tokenizer: Tokenizer,
    /// Tokens of an item, cut and whole.
    costs: BTreeMap<(usize, bool), usize>,
    /// Items that are shown.
    shown: BTreeSet<usize>,
}

impl Filler<'_, '_> {
    fn cost(&mut self, at: usize, form: Form) -> usize {
        let item = &self.plan.items[at];
        let whole = form == Form::Whole || !self.plan.is_long(item);
        if let Some(&cost) = self.costs.get(&(at, whole)) {
            return cost;
        }
        let mut out = Rendered::default();
        self.plan.render_item(item, form, &mut out);
        let cost = self.tokenizer.count(&out.text);
        self.costs.insert((at, whole), cost);
        cost
    }

    /// By how many tokens the lines for what is left out change when this item is shown.
    fn gap_change(&self, at: usize) -> isize {
        let before = self
            .shown
            .range(..at)
            .next_back()
            .map_or(0, |shown| shown + 1);
        let after = self
            .shown
            .range(at + 1..)
            .next()
            .copied()
            .unwrap_or(self.plan.items.len());
        let tokens = |items| {
            self.tokenizer
                .count(&self.plan.gap_line(self.plan.turns_of(items))) as isize
        };
        tokens(before..at) + tokens(at + 1..after) - tokens(before..after)
    }

    /// Adds what fits into `room` tokens, by importance: first all items, long ones cut; then long ones whole.
    fn fill(&mut self, forms: &mut [Form], room: usize) {
        let mut room = room as isize;
        self.shown = (0..forms.len())
            .filter(|&at| forms[at] != Form::Out)
            .collect();
        for (from, to) in [(Form::Out, Form::Cut), (Form::Cut, Form::Whole)] {
            let mut misses = 0;
            for &at in &self.plan.order {
                if forms[at] != from
                    || (to == Form::Whole && !self.plan.is_long(&self.plan.items[at]))
                {
                    continue;
                }
                let change = match from {
                    Form::Out => self.gap_change(at),
                    _ => -(self.cost(at, from) as isize),
                };
                let cost = self.cost(at, to) as isize + change;
                if cost <= room {
                    room -= cost;
                    forms[at] = to;
                    self.shown.insert(at);
                    misses = 0;
                } else {
                    misses += 1;
                }
                if misses == MISSES_MAX {
                    break;
                }
            }
        }
    }

    /// The text of `forms`, after dropping the least important items until it is within the budget.
    fn shrink(&mut self, forms: &mut [Form], budget: usize) -> Packed {
        loop {
            let rendered = self.plan.render(forms);
            let tokens = self.tokenizer.count(&rendered.text);
            let dropped = (tokens > budget) && self.drop_some(forms, tokens - budget);
            if !dropped {
                let Rendered {
                    text,
                    shown,
                    repeated,
                    left_out,
                } = rendered;
                return Packed {
                    text,
                    tokens,
                    tokenizer: self.tokenizer,
                    shown,
                    repeated,
                    left_out,
                };
            }
        }
    }

    /// Drops items of about `excess` tokens; false where nothing is left to drop.
    fn drop_some(&mut self, forms: &mut [Form], excess: usize) -> bool {
        let mut freed = 0;
        let mut any = false;
        for at in 0..self.plan.order.len() {
            let at = self.plan.order[self.plan.order.len() - 1 - at];
            if forms[at] == Form::Out {
                continue;
            }
            freed += self.cost(at, forms[at]);
            forms[at] = Form::Out;
            any = true;
            if freed > excess {
                break;
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(number: i64, role: &str, text: &str) -> RunTurn {
        RunTurn {
            number,
            role: role.into(),
            agent: String::new(),
            text: text.into(),
        }
    }

    /// A run with a loop, long outputs, an odd script and numbers that begin at 7 and leave some out.
    fn sample() -> RunText {
        run_of(12)
    }

    fn run_of(n_steps: i64) -> RunText {
        let mut turns = vec![turn(7, "user", "Book the cheapest flight to Lisbon")];
        for at in 0..n_steps {
            turns.push(turn(
                8 + 3 * at,
                "assistant",
                &format!("step {at}: search(flights, day={at}) \u{1f600}"),
            ));
            turns.push(turn(
                9 + 3 * at,
                "tool",
                &format!(
                    "{at} \u{4e2d}\u{6587} {}",
                    "result line with words\n".repeat(at as usize * 12)
                ),
            ));
        }
        for at in 0..10 {
            turns.push(turn(60 + 2 * at, "assistant", "search(flights)"));
            turns.push(turn(61 + 2 * at, "tool", "Error: timed out"));
        }
        turns.push(turn(90, "assistant", "I booked flight TP123."));
        RunText {
            id: "r1".into(),
            goal: "Book the cheapest flight to Lisbon".into(),
            result: Some("TP123".into()),
            turns,
        }
    }

    #[test]
    fn at_most_n_for_every_legal_n() {
        every_n(&run_of(5), Tokenizer::O200k, 7);
        every_n(&run_of(5), Tokenizer::Bytes, 1);
        every_n(&sample(), Tokenizer::Bytes, 29);
    }

    fn every_n(run: &RunText, tokenizer: Tokenizer, step: usize) {
        let needed = pack(run, &[20], 0, tokenizer).unwrap_err().needed;
        assert_eq!(
            pack(run, &[20], needed - 1, tokenizer).unwrap_err().needed,
            needed
        );
        let whole = pack(run, &[20], 1_000_000, tokenizer).unwrap();
        assert_eq!(whole.left_out, 0);
        let last = whole.tokens + step;
        let ends = (needed..needed + 40).chain(last - 40..=last);
        for budget in ends.chain((needed..last).step_by(step)) {
            let packed = pack(run, &[20], budget, tokenizer).unwrap();
            assert!(tokenizer.count(&packed.text) <= budget && packed.tokens <= budget);
            keeps_what_must_stay(run, &packed);
        }
        assert_eq!(pack(run, &[20], whole.tokens, tokenizer).unwrap(), whole);
    }

    fn keeps_what_must_stay(run: &RunText, packed: &Packed) {
        assert!(packed.text.contains(&run.goal) && packed.text.contains("result:\nTP123\n"));
        for number in [18, 20, 21] {
            let original = run.expand(number).unwrap();
            assert!(packed.text.contains(&original), "turn {number}");
        }
        for shown in &packed.shown {
            let original = run
                .turns
                .iter()
                .find(|turn| turn.number == shown.number)
                .unwrap();
            let parts: Vec<&str> = shown
                .at
                .iter()
                .map(|range| &packed.text[range.clone()])
                .collect();
            assert!(
                original.text.starts_with(parts[0])
                    && original.text.ends_with(parts[parts.len() - 1])
            );
            assert_eq!(shown.whole, parts[0] == original.text);
        }
        assert_eq!(
            packed.shown.len() + packed.repeated + packed.left_out,
            run.turns.len()
        );
        assert!(packed.shown.is_sorted_by_key(|shown| shown.number));
    }

    #[test]
    fn neighbours_are_by_place_not_by_number() {
        // 20 is an assistant turn; before it stands tool 18, after it tool 21.
        let run = sample();
        let at = run.turns.iter().position(|turn| turn.number == 20).unwrap();
        assert_eq!(
            (run.turns[at - 1].number, run.turns[at + 1].number),
            (18, 21)
        );
    }

    #[test]
    fn repeats_become_one_line() {
        let packed = pack(&sample(), &[], 100_000, Tokenizer::O200k).unwrap();
        assert!(
            packed
                .text
                .contains("[turns 62 to 79 repeat turns 60 to 61, 9 more times]\n"),
            "{}",
            packed.text
        );
        assert!(packed.text.contains("[turn 7 says the goal]\n"));
        assert_eq!(packed.repeated, 19);
        // A cited turn inside the loop is shown, and the loop goes on around it.
        let packed = pack(&sample(), &[70], 100_000, Tokenizer::O200k).unwrap();
        assert!(
            packed
                .text
                .contains("turn 70 | assistant:\nsearch(flights)\n")
        );
        assert!(packed.text.contains("repeat turns 60 to 61"));
    }

    #[test]
    fn long_outputs_are_cut_and_then_made_whole_where_there_is_room() {
        let run = sample();
        let roomy = pack(&run, &[], 1_000_000, Tokenizer::O200k).unwrap();
        assert!(roomy.shown.iter().all(|shown| shown.whole));
        let packed = pack(&run, &[], roomy.tokens * 2 / 3, Tokenizer::O200k).unwrap();
        assert!(packed.text.contains(" bytes cut]\n"));
        let cut = packed.shown.iter().find(|shown| !shown.whole).unwrap();
        assert_eq!(cut.at.len(), 2);
    }

    #[test]
    fn the_room_is_used() {
        let run = sample();
        let whole = pack(&run, &[], 1_000_000, Tokenizer::O200k).unwrap().tokens;
        for budget in [whole / 2, whole * 3 / 4, whole - 50] {
            let packed = pack(&run, &[], budget, Tokenizer::O200k).unwrap();
            assert!(
                packed.tokens * 10 >= budget * 7,
                "{} of {budget}",
                packed.tokens
            );
        }
    }

    #[test]
    fn a_quote_is_found_in_words_of_the_run_only() {
        let packed = pack(&sample(), &[20], 700, Tokenizer::O200k).unwrap();
        assert_eq!(packed.turn_of("I booked flight TP123"), Some(90));
        assert_eq!(packed.turn_of("left out"), None);
        assert_eq!(packed.turn_of("turn 20 |"), None);
    }

    #[test]
    fn recency_as_stated() {
        assert_eq!((recency(0), recency(4)), (1.0, 1.0));
        assert!((recency(5) - 0.85).abs() < 1e-12 && recency(100) == 0.0);
    }

    #[test]
    fn runs_without_turns_or_with_odd_text() {
        let mut run = RunText {
            id: "e".into(),
            ..RunText::default()
        };
        assert!(
            pack(&run, &[1], 100, Tokenizer::O200k)
                .unwrap()
                .text
                .contains("without a result")
        );
        run.turns = vec![
            turn(1, "tool", &"\u{1f600}".repeat(5000)),
            turn(1, "tool", ""),
            turn(-5, "", "x"),
        ];
        for budget in [60, 500, 4000, 40_000] {
            let packed = pack(&run, &[-5], budget, Tokenizer::O200k).unwrap();
            assert!(packed.tokens <= budget);
        }
        assert_eq!(run.expand(99), None);
    }
}
