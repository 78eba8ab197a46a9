//! Who can be asked at the moment.
//!
//! Three failures in a row cool a model down; a server that asks to wait is waited for by everybody; a provider
//! that refused the key is left. Knows clocks as numbers that it is given.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many failures in a row cool a model down.
const FAILURES_MAX: u32 = 3;
/// For so long.
const COOL: Duration = Duration::from_secs(60);

/// What is known of models (by position) and providers (by name).
#[derive(Debug, Default)]
pub(crate) struct Health {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    models: HashMap<usize, Model>,
    left: HashSet<String>,
}

#[derive(Debug, Default)]
struct Model {
    in_a_row: u32,
    cooled_until: Option<Instant>,
    not_before: Option<Instant>,
}

impl Health {
    fn with<T>(&self, run: impl FnOnce(&mut State) -> T) -> T {
        run(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why this model is not to be asked now.
    pub(crate) fn bars(&self, model: usize, provider: &str, now: Instant) -> Option<&'static str> {
        self.with(|state| {
            if state.left.contains(provider) {
                return Some("its provider refused the key");
            }
            let cooled = state.models.get(&model)?.cooled_until?;
            (cooled > now).then_some("cooling down after three failures")
        })
    }

    pub(crate) fn succeeded(&self, model: usize) {
        self.with(|state| {
            state.models.insert(model, Model::default());
        });
    }

    pub(crate) fn failed(&self, model: usize, now: Instant) {
        self.with(|state| {
            let model = state.models.entry(model).or_default();
            model.in_a_row += 1;
            if model.in_a_row >= FAILURES_MAX {
                model.in_a_row = 0;
                model.cooled_until = Some(now + COOL);
            }
        });
    }

    pub(crate) fn leave(&self, provider: &str) {
        self.with(|state| state.left.insert(provider.to_owned()));
    }

    /// Nobody asks this model before `wait` is over.
    pub(crate) fn hold(&self, model: usize, wait: Duration, now: Instant) {
        self.with(|state| {
            let until = &mut state.models.entry(model).or_default().not_before;
            *until = (*until).max(Some(now + wait));
        });
    }

    /// How long to wait before asking this model.
    pub(crate) fn wait(&self, model: usize, now: Instant) -> Duration {
        self.with(|state| {
            let until = state.models.get(&model).and_then(|model| model.not_before);
            until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_cool_down() {
        let (health, now) = (Health::default(), Instant::now());
        health.failed(0, now);
        health.failed(0, now);
        health.succeeded(0);
        health.failed(0, now);
        health.failed(0, now);
        assert_eq!(health.bars(0, "p", now), None);
        health.failed(0, now);
        assert!(health.bars(0, "p", now).is_some());
        assert_eq!(health.bars(1, "p", now), None);
        assert_eq!(health.bars(0, "p", now + COOL), None);
    }

    #[test]
    fn a_refused_key_bars_all_of_its_provider() {
        let (health, now) = (Health::default(), Instant::now());
        health.leave("p");
        assert!(health.bars(7, "p", now).is_some() && health.bars(7, "q", now).is_none());
    }

    #[test]
    fn the_longest_wait_holds() {
        let (health, now) = (Health::default(), Instant::now());
        health.hold(0, Duration::from_secs(5), now);
        health.hold(0, Duration::from_secs(2), now);
        assert_eq!(
            health.wait(0, now + Duration::from_secs(1)),
            Duration::from_secs(4)
        );
        assert_eq!(health.wait(0, now + Duration::from_secs(9)), Duration::ZERO);
        assert_eq!(health.wait(1, now), Duration::ZERO);
    }
}
