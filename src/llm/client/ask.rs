//! One question to one candidate after the other: waits, retries, budget, records.
//!
//! Knows what follows from each failure. Does not know files, groups or slots' contents.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Answer, Client, Event, Job, Outcome, Stop};
use crate::answer::Cleaner;
use crate::attempt::{Attempt, Sent};
use crate::budget::Spent;
use crate::failure::{Failure, Next};
use crate::metrics::Record;
use crate::store::Entry;
use crate::wire::Usage;

/// A server that asks to wait longer is not waited for.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// So often a server that asks to wait is asked again.
const WAITS_MAX: u32 = 2;
/// Before the only candidate is asked once more.
const PAUSE: Duration = Duration::from_millis(500);

impl Client {
    /// Asks candidates in their order until one answers, and tells how it ended; returns which one answered.
    pub(super) async fn ask(
        &self,
        job: &Job,
        at: usize,
        order: &[usize],
        slot: Option<u32>,
        on: &(dyn Fn(Event) + Sync),
    ) -> (Outcome, Option<usize>) {
        let (outcome, winner) = self.ask_in_turn(job, at, order, slot, on).await;
        on(match &outcome {
            Ok(answer) => Event::Done {
                job: at,
                model: answer.model.clone(),
            },
            Err(why) => Event::Failed {
                job: at,
                why: why.clone(),
            },
        });
        (outcome, winner)
    }

    async fn ask_in_turn(
        &self,
        job: &Job,
        at: usize,
        order: &[usize],
        slot: Option<u32>,
        on: &(dyn Fn(Event) + Sync),
    ) -> (Outcome, Option<usize>) {
        let mut tried = Vec::new();
        let mut spent = None;
        for &candidate in order {
            let model = &self.candidates[candidate].model;
            if let Some(why) = self.health.bars(candidate, &model.provider, Instant::now()) {
                tried.push((model.id.clone(), why.to_owned()));
                continue;
            }
            match self
                .ask_one(job, at, candidate, slot, order.len() == 1, on)
                .await
            {
                Ok(answer) => return (Ok(answer), Some(candidate)),
                Err(End::Cancelled) => return (Err(Stop::Cancelled), None),
                Err(End::Spent(Spent::Time(seconds))) => {
                    return (Err(Stop::Budget(Spent::Time(seconds))), None);
                }
                // A cheaper one may still fit.
                Err(End::Spent(money)) => spent = Some(money),
                Err(End::Failed(failure)) => {
                    tried.push((model.id.clone(), failure.to_string()));
                    if failure.next() == Next::Stop {
                        break;
                    }
                }
            }
        }
        let stop = match spent {
            Some(money) if tried.is_empty() => Stop::Budget(money),
            _ => Stop::Failed(tried),
        };
        (Err(stop), None)
    }

    /// Asks one candidate, again where its server asked to wait, and once more where it is the only one.
    async fn ask_one(
        &self,
        job: &Job,
        at: usize,
        candidate: usize,
        slot: Option<u32>,
        only: bool,
        on: &(dyn Fn(Event) + Sync),
    ) -> Result<Answer, End> {
        let (mut waits, mut again) = (0, only);
        loop {
            self.pause(self.health.wait(candidate, Instant::now()))
                .await?;
            let failure = match self.call(job, at, candidate, slot, on).await {
                Ok(answer) => return Ok(answer),
                Err(End::Failed(failure)) => failure,
                Err(end) => return Err(end),
            };
            let provider = &self.candidates[candidate].model.provider;
            let wait = match (failure.next(), &failure) {
                (Next::Wait, Failure::RateLimited(asked, _)) if waits < WAITS_MAX => {
                    waits += 1;
                    asked.unwrap_or(Duration::from_secs(1 << (waits - 1)))
                }
                (Next::LeaveProvider, _) => {
                    self.health.leave(provider);
                    return Err(End::Failed(failure));
                }
                (Next::Candidate, Failure::Status(..)) => return Err(End::Failed(failure)),
                (Next::Candidate, _) if again => {
                    again = false;
                    PAUSE
                }
                _ => return Err(End::Failed(failure)),
            };
            let too_long = wait > WAIT_MAX
                || self
                    .ledger
                    .time_left(Instant::now())
                    .is_some_and(|left| wait >= left);
            if too_long {
                return Err(End::Failed(failure));
            }
            self.health.hold(candidate, wait, Instant::now());
        }
    }

    async fn pause(&self, wait: Duration) -> Result<(), End> {
        if self.cancel.is_cancelled() {
            return Err(End::Cancelled);
        }
        if wait.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.cancel.cancelled() => Err(End::Cancelled),
        }
    }

    /// One call, with its place in the queue, its budget, its record and its answer's place in the cache.
    async fn call(
        &self,
        job: &Job,
        at: usize,
        candidate: usize,
        slot: Option<u32>,
        on: &(dyn Fn(Event) + Sync),
    ) -> Result<Answer, End> {
        let permit = tokio::select! {
            permit = self.permits.acquire() => permit,
            () = self.cancel.cancelled() => return Err(End::Cancelled),
        };
        // The semaphore is never closed.
        let Ok(_permit) = permit else {
            return Err(End::Cancelled);
        };
        let model = &self.candidates[candidate].model;
        let attempt = self.attempt(candidate, job, slot);
        let worst = if self.ledger.has_money_cap() {
            let need = job.prompt().need(job.output(), &[model.counter()]);
            model.price_max(need.prompt(model), need.output(model))
        } else {
            0.0
        };
        let start = Instant::now();
        self.ledger.reserve(worst, start).map_err(End::Spent)?;
        let within = self
            .ledger
            .time_left(start)
            .unwrap_or(self.options.timeout)
            .min(self.options.timeout);

        let mut cleaner = Cleaner::default().without(self.redactor.literals());
        let mut shown = false;
        let show = |text: String| {
            if !text.is_empty() {
                shown = true;
                on(Event::Delta { job: at, text });
            }
        };
        let sent = tokio::select! {
            sent = tokio::time::timeout(within, attempt.send(&self.transport, &mut cleaner, show)) => {
                sent.unwrap_or(Err(Failure::Timeout(within)))
            }
            () = self.cancel.cancelled() => {
                self.ledger.settle(worst, worst);
                self.record(candidate, job, "cancelled", start.elapsed().as_secs_f64() * 1e3, &Usage::default(), worst);
                return Err(End::Cancelled);
            }
        };
        let ms = start.elapsed().as_secs_f64() * 1e3;
        match sent {
            Ok(Sent { text, usage }) => {
                let usd = model.price(&usage);
                self.ledger.settle(worst, usd);
                self.health.succeeded(candidate);
                self.record(candidate, job, "ok", ms, &usage, usd);
                self.keep(&attempt, &text, usage, on);
                Ok(Answer {
                    text,
                    model: model.id.clone(),
                    from_cache: false,
                    usage,
                })
            }
            Err(failure) => {
                // What broke off may be billed, and nobody says for how much.
                let usd = if may_be_billed(&failure) { worst } else { 0.0 };
                self.ledger.settle(worst, usd);
                self.health.failed(candidate, Instant::now());
                self.record(candidate, job, &failure.code(), ms, &Usage::default(), usd);
                if shown {
                    on(Event::Restart { job: at });
                }
                Err(End::Failed(failure))
            }
        }
    }

    fn keep(&self, attempt: &Attempt<'_>, text: &str, usage: Usage, on: &(dyn Fn(Event) + Sync)) {
        let Some(store) = &self.options.store else {
            return;
        };
        let entry = Entry {
            key: attempt.cache_key(),
            model: attempt.model.id.clone(),
            text: text.to_owned(),
            usage,
        };
        if let Err(error) = store.put(&entry) {
            on(Event::Warning(format!(
                "the answer could not be kept: {error}"
            )));
        }
    }

    pub(super) fn record(
        &self,
        candidate: usize,
        job: &Job,
        outcome: &str,
        ms: f64,
        usage: &Usage,
        usd: f64,
    ) {
        let Some(store) = &self.options.store else {
            return;
        };
        let model = &self.candidates[candidate].model;
        let at = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis() as u64;
        let record = Record {
            at,
            model: model.id.clone(),
            provider: model.provider.clone(),
            ask: job.name().to_owned(),
            outcome: outcome.to_owned(),
            ms: (ms * 10.0).round() / 10.0,
            prompt: usage.prompt,
            cached: usage.cached,
            completion: usage.completion,
            usd,
        };
        // Figures are not worth failing for.
        let _ = store.record(&record);
    }
}

/// Why one candidate gave no answer.
enum End {
    Failed(Failure),
    Spent(Spent),
    Cancelled,
}

fn may_be_billed(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Timeout(_) | Failure::Truncated | Failure::Malformed(_)
    )
}
