//! Makes a long run fit a budget of tokens, the same way every time.
//!
//! Goal, final result, cited turns and their neighbours stay verbatim; the rest is added by importance,
//! repeats as one line with a count, long texts cut to head and tail, and what is left out is said.
//! Turn numbers never change. Knows a run as text. Does not know what a finding is: cited turns are numbers.
//! Detectors never see a packed run.

mod fill;
mod plan;
mod weigh;

use std::ops::Range;

use self::fill::Filler;
use self::plan::{Form, Plan};
use crate::run::RunText;
use crate::tokens::Tokenizer;

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
    let mut filler = Filler::new(&plan, tokenizer);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunTurn;

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
        every_n(&run_of(5), Tokenizer::O200k, 31);
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
        let ends = (needed..needed + 25).chain(last - 25..=last);
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
