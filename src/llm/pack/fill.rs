//! Fills a budget with the pieces that tell most.
//!
//! Knows tokens. Does not know what a piece is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::Packed;
use super::plan::{Form, Plan, Rendered};
use crate::tokens::Tokenizer;

/// So many turns in a row that do not fit end the search for one that does.
const MISSES_MAX: u32 = 64;

/// Adds and drops items until the text fits.
pub(super) struct Filler<'p, 'r> {
    plan: &'p Plan<'r>,
    tokenizer: Tokenizer,
    /// Tokens of an item, cut and whole.
    costs: BTreeMap<(usize, bool), usize>,
    /// Items that are shown.
    shown: BTreeSet<usize>,
}

impl<'p, 'r> Filler<'p, 'r> {
    pub(super) fn new(plan: &'p Plan<'r>, tokenizer: Tokenizer) -> Filler<'p, 'r> {
        Filler {
            plan,
            tokenizer,
            costs: BTreeMap::new(),
            shown: BTreeSet::new(),
        }
    }

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
    pub(super) fn fill(&mut self, forms: &mut [Form], room: usize) {
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
    pub(super) fn shrink(&mut self, forms: &mut [Form], budget: usize) -> Packed {
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
