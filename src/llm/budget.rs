//! A budget in money and seconds, shared by everything that runs at once.
//!
//! A call is let through only if its worst case still fits, so that money can run short but never over.
//! Knows dollars and a deadline. Does not know prices.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What all calls of a run may take together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// US dollars.
    pub usd: Option<f64>,
    /// Seconds from the first call.
    pub seconds: Option<f64>,
}

impl Budget {
    /// Reads `0.50`, `$0.50`, `90s` or both with a comma between.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn parse(text: &str) -> Result<Budget, String> {
        let mut budget = Budget::default();
        for part in text.split(',').map(str::trim) {
            let (place, number) = match part.strip_suffix('s') {
                Some(number) => (&mut budget.seconds, number),
                None => (&mut budget.usd, part.strip_prefix('$').unwrap_or(part)),
            };
            let value = number
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|value| value.is_finite() && *value >= 0.0);
            let Some(value) = value else {
                return Err(format!(
                    "`{part}` is no budget; write dollars, seconds or both: `0.50,90s`"
                ));
            };
            *place = Some(value);
        }
        Ok(budget)
    }
}

/// Why a call is not made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spent {
    /// The call could cost more than is left, both in US dollars.
    Money {
        /// The most that it could cost.
        worst: f64,
        /// What is left.
        left: f64,
    },
    /// The time is over; seconds that it was.
    Time(f64),
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Spent::Money { worst, left } => {
                write!(
                    f,
                    "the budget has ${left:.4} left and the call could cost ${worst:.4}"
                )
            }
            Spent::Time(seconds) => write!(f, "the budget of {seconds} s is over"),
        }
    }
}

/// What is left of a budget.
#[derive(Debug)]
pub(crate) struct Ledger {
    budget: Budget,
    start: Instant,
    /// Dollars spent, and dollars that calls under way may still cost.
    taken: Mutex<(f64, f64)>,
}

impl Ledger {
    pub(crate) fn new(budget: Budget, start: Instant) -> Ledger {
        Ledger {
            budget,
            start,
            taken: Mutex::new((0.0, 0.0)),
        }
    }

    /// Sets `worst` dollars aside.
    pub(crate) fn reserve(&self, worst: f64, now: Instant) -> Result<(), Spent> {
        if let Some(seconds) = self.budget.seconds
            && self.time_left(now) == Some(Duration::ZERO)
        {
            return Err(Spent::Time(seconds));
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usd) = self.budget.usd {
            let left = usd - taken.0 - taken.1;
            // A millionth of a cent for rounding in sums.
            if worst > left + 1e-8 {
                return Err(Spent::Money {
                    worst,
                    left: left.max(0.0),
                });
            }
        }
        taken.1 += worst;
        Ok(())
    }

    /// Gives back what was set aside and books what was spent.
    pub(crate) fn settle(&self, worst: f64, spent: f64) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.1 = (taken.1 - worst).max(0.0);
        taken.0 += spent;
    }

    /// Time until the deadline; `None` where there is none.
    pub(crate) fn time_left(&self, now: Instant) -> Option<Duration> {
        let total = Duration::from_secs_f64(self.budget.seconds?.min(1e9));
        Some(total.saturating_sub(now.duration_since(self.start)))
    }

    /// Dollars that were booked.
    pub(crate) fn spent(&self) -> f64 {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    pub(crate) fn has_money_cap(&self) -> bool {
        self.budget.usd.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_as_written() {
        let both = Budget {
            usd: Some(0.5),
            seconds: Some(90.0),
        };
        assert_eq!(Budget::parse("0.50,90s"), Ok(both));
        assert_eq!(Budget::parse(" 90s , $0.5 "), Ok(both));
        assert_eq!(Budget::parse("0").unwrap().usd, Some(0.0));
        for bad in ["", "x", "-1", "1,,2s", "nan", "infs", "1m"] {
            assert!(Budget::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_worst_case_must_fit() {
        let now = Instant::now();
        let ledger = Ledger::new(
            Budget {
                usd: Some(1.0),
                seconds: None,
            },
            now,
        );
        ledger.reserve(0.6, now).unwrap();
        assert!(matches!(ledger.reserve(0.6, now), Err(Spent::Money { .. })));
        ledger.settle(0.6, 0.1);
        ledger.reserve(0.9, now).unwrap();
        ledger.settle(0.9, 0.9);
        assert_eq!(ledger.reserve(0.0, now), Ok(()));
        assert!(ledger.reserve(0.001, now).is_err());
    }

    #[test]
    fn the_deadline_holds() {
        let now = Instant::now();
        let ledger = Ledger::new(
            Budget {
                usd: None,
                seconds: Some(10.0),
            },
            now,
        );
        assert_eq!(
            ledger.time_left(now + Duration::from_secs(4)),
            Some(Duration::from_secs(6))
        );
        assert!(ledger.reserve(1e9, now).is_ok());
        assert_eq!(
            ledger.reserve(0.0, now + Duration::from_secs(10)),
            Err(Spent::Time(10.0))
        );
    }
}
