//! Asks models: in the ranked order, within the caps and the budget, and keeps what they answer.
//!
//! Knows jobs, candidates and what follows from each failure. Does not know what prompts are about, which
//! flags the user gave, or how an answer is printed. Nothing here runs unless a caller runs it.

mod ask;
mod cancel;
mod job;
mod options;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::Semaphore;

pub use self::cancel::{Cancel, block_on};
pub use self::job::{Answer, Event, Job, Outcome, Stop};
pub use self::options::Options;
use self::options::{choices, is_unpriced};
use crate::attempt::Attempt;
use crate::budget::Ledger;
use crate::failure::Failure;
use crate::health::Health;
use crate::metrics::observed;
use crate::prompt::{Prompt, groups};
use crate::provider::Provider;
use crate::redact::Redactor;
use crate::route::{Candidate, Need, Ranking, rank};
use crate::slots;
use crate::store::Store;
use crate::tokens::Tokenizer;
use crate::transport::Transport;

/// The name of the first model that a server lists.
///
/// # Errors
/// The server does not answer, or lists none.
pub async fn first_model(provider: &Provider, timeout: Duration) -> Result<String, String> {
    let transport = Transport::default();
    let listed = async {
        let mut reply = transport
            .send(provider, &format!("{}/models", provider.base), None)
            .await?;
        let text = reply.text().await?;
        if reply.status != 200 {
            return Err(Failure::of_status(
                reply.status,
                None,
                &text,
                &Redactor::new(),
            ));
        }
        let first = serde_json::from_str::<serde_json::Value>(&text)
            .ok()
            .and_then(|value| Some(value.pointer("/data/0/id")?.as_str()?.to_owned()));
        first.ok_or(Failure::Malformed("no list of models".into()))
    };
    let answer = tokio::time::timeout(timeout, listed)
        .await
        .unwrap_or(Err(Failure::Timeout(timeout)));
    answer.map_err(|failure| format!("{} does not tell its models: {failure}", provider.base))
}

/// Asks models. Cheap to make: nothing is opened before the first call.
#[derive(Debug)]
pub struct Client {
    options: Options,
    candidates: Vec<Candidate>,
    tokenizers: Vec<Tokenizer>,
    transport: Transport,
    redactor: Redactor,
    health: Health,
    ledger: Ledger,
    permits: Semaphore,
    cancel: Cancel,
}

impl Client {
    /// A client for these options.
    ///
    /// # Errors
    /// There is nobody to ask, the model's name fits no provider, or a budget in money cannot be kept because
    /// its price is not known.
    pub fn new(options: Options) -> Result<Client, String> {
        let models = choices(&options)?;
        if let Some(usd) = options.budget.usd {
            let unpriced = models.iter().find(|model| is_unpriced(model, &options));
            if let Some(model) = unpriced {
                return Err(format!(
                    "the price of `{}` is not known, so a budget of ${usd} cannot be kept; add the model to a catalogue file",
                    model.id
                ));
            }
        }
        let records = options
            .store
            .as_ref()
            .map(Store::records)
            .unwrap_or_default();
        let times = observed(&records, options.observed_after);
        let candidates: Vec<Candidate> = models
            .into_iter()
            .map(|model| {
                let observed_ms = times
                    .get(&(model.provider.clone(), model.id.clone()))
                    .copied();
                Candidate { model, observed_ms }
            })
            .collect();
        let keys = options
            .providers
            .iter()
            .filter_map(|provider| provider.key.as_ref());
        let redactor = keys.fold(Redactor::new(), |redactor, key| {
            redactor.with_literal(key.value(), "key")
        });
        Ok(Client {
            tokenizers: candidates
                .iter()
                .map(|candidate| candidate.model.counter())
                .collect(),
            ledger: Ledger::new(options.budget, Instant::now()),
            permits: Semaphore::new(options.concurrency.max(1)),
            transport: Transport::default(),
            health: Health::default(),
            cancel: Cancel::default(),
            candidates,
            redactor,
            options,
        })
    }

    /// Stops this client from outside.
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// US dollars that were spent, with what calls that broke off may have cost.
    pub fn spent(&self) -> f64 {
        self.ledger.spent()
    }

    /// The names of those that can be asked, in the catalogue's order.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.candidates
            .iter()
            .map(|candidate| candidate.model.id.as_str())
    }

    /// The store, where there is one.
    pub fn store(&self) -> Option<&Store> {
        self.options.store.as_ref()
    }

    /// Who would be asked for jobs of this size, with every term.
    ///
    /// # Errors
    /// No model satisfies the caps; the cap is named.
    pub fn route(&self, need: Need) -> Result<Ranking, String> {
        rank(
            &self.candidates,
            self.options.priority,
            self.options.caps,
            need,
        )
    }

    /// What [`Client::route`] needs to know of jobs that are asked together.
    pub fn need(&self, jobs: &[Job]) -> Need {
        let largest = jobs.iter().max_by_key(|job| job.prompt().n_bytes());
        let need = largest
            .map(|job| job.prompt().need(0, &self.tokenizers))
            .unwrap_or_default();
        Need {
            output: jobs.iter().map(Job::output).max().unwrap_or(0),
            ..need
        }
    }

    /// Exactly what would be sent for these jobs to the first-ranked model, in the order it would be sent, with
    /// the key left out. Sends nothing and reads no cache.
    ///
    /// # Errors
    /// No model satisfies the caps; the cap is named.
    pub fn dry_run(&self, jobs: &[Job]) -> Result<String, String> {
        let prompts: Vec<Prompt> = jobs.iter().map(|job| job.prompt().clone()).collect();
        let mut out = String::new();
        for group in groups(&prompts) {
            let members: Vec<Job> = group.iter().map(|&at| jobs[at].clone()).collect();
            let ranking = self.route(self.need(&members))?;
            let Some(first) = ranking.ranked.first() else {
                continue;
            };
            for job in &members {
                out.push_str(&self.attempt(first.candidate, job, None).printed());
            }
        }
        Ok(out)
    }

    fn is_local(&self) -> bool {
        self.options.providers.iter().all(|provider| provider.local)
    }

    fn provider(&self, candidate: usize) -> &Provider {
        let name = &self.candidates[candidate].model.provider;
        let found = self
            .options
            .providers
            .iter()
            .find(|provider| provider.name == *name);
        // Candidates are only made for providers that are there.
        found.unwrap_or(&self.options.providers[0])
    }

    fn attempt<'a>(&'a self, candidate: usize, job: &'a Job, slot: Option<u32>) -> Attempt<'a> {
        Attempt {
            model: &self.candidates[candidate].model,
            provider: self.provider(candidate),
            job,
            slot,
            redactor: &self.redactor,
        }
    }

    /// Runs jobs to their ends, grouped by what their prompts share: the first of a group alone, the rest after
    /// it. The outcomes stand in the order of the jobs.
    pub async fn run(&self, jobs: &[Job], on: &(dyn Fn(Event) + Sync)) -> Vec<Outcome> {
        let prompts: Vec<Prompt> = jobs.iter().map(|job| job.prompt().clone()).collect();
        let groups = groups(&prompts);
        let ended: Vec<Vec<(usize, Outcome)>> = if self.options.slots || self.is_local() {
            // A server on this machine holds one beginning, or a few: files in turn would drive each other out.
            let mut ended = Vec::new();
            for group in &groups {
                ended.push(self.run_group(jobs, group, on).await);
            }
            ended
        } else {
            join_all(groups.iter().map(|group| self.run_group(jobs, group, on))).await
        };
        let mut outcomes: Vec<(usize, Outcome)> = ended.into_iter().flatten().collect();
        outcomes.sort_by_key(|(at, _)| *at);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    async fn run_group(
        &self,
        jobs: &[Job],
        group: &[usize],
        on: &(dyn Fn(Event) + Sync),
    ) -> Vec<(usize, Outcome)> {
        let members: Vec<Job> = group.iter().map(|&at| jobs[at].clone()).collect();
        let ranking = match self.route(self.need(&members)) {
            Ok(ranking) => ranking,
            Err(why) => {
                let refused = group.iter().map(|&at| {
                    let why = Stop::NoModel(why.clone());
                    on(Event::Failed {
                        job: at,
                        why: why.clone(),
                    });
                    (at, Err(why))
                });
                return refused.collect();
            }
        };
        let order: Vec<usize> = ranking
            .ranked
            .iter()
            .map(|ranked| ranked.candidate)
            .collect();
        let mut ended = Vec::new();
        let mut open = Vec::new();
        for &at in group {
            match self.kept(&jobs[at], &order) {
                Some(answer) => {
                    if let Job::Explain(_) = jobs[at] {
                        on(Event::Delta {
                            job: at,
                            text: answer.text.clone(),
                        });
                    }
                    on(Event::Done {
                        job: at,
                        model: answer.model.clone(),
                    });
                    ended.push((at, Ok(answer)));
                }
                None => open.push(at),
            }
        }
        let Some((&first, rest)) = open.split_first() else {
            return ended;
        };
        let slot = self.prepare_slot(&jobs[first], &order, on).await;
        let used = slot.as_ref().map(|_| slots::SLOT);
        let (outcome, winner) = self.ask(&jobs[first], first, &order, used, on).await;
        if let (Some(slot), Ok(answer)) = (&slot, &outcome)
            && winner == order.first().copied()
        {
            self.conclude_slot(slot, answer.usage.cached, order[0], on)
                .await;
        }
        ended.push((first, outcome));
        // Another model would compute the beginning anew.
        let order = winner.map_or(order.clone(), |winner| {
            std::iter::once(winner)
                .chain(order.iter().copied().filter(|&other| other != winner))
                .collect()
        });
        if used.is_some() {
            for &at in rest {
                ended.push((at, self.ask(&jobs[at], at, &order, used, on).await.0));
            }
        } else {
            let order = &order;
            let asked = rest
                .iter()
                .map(|&at| async move { (at, self.ask(&jobs[at], at, order, None, on).await.0) });
            ended.extend(join_all(asked).await);
        }
        ended
    }

    async fn prepare_slot(
        &self,
        job: &Job,
        order: &[usize],
        on: &(dyn Fn(Event) + Sync),
    ) -> Option<slots::Slot> {
        let store = self.options.store.as_ref().filter(|_| self.options.slots)?;
        let &first = order.first()?;
        if !self.provider(first).may_have_slots() {
            on(Event::Warning(
                "no slots are used: only a llama.cpp server has them".into(),
            ));
            return None;
        }
        let model = &self.candidates[first].model.id;
        let prepared = slots::prepare(
            &self.transport,
            self.provider(first),
            model,
            job.prompt(),
            store,
        );
        let prepared = tokio::select! {
            prepared = tokio::time::timeout(self.options.timeout, prepared) => prepared,
            () = self.cancel.cancelled() => return None,
        };
        match prepared.unwrap_or(Err(
            "no slots are used: the server did not answer in time".into()
        )) {
            Ok(slot) => Some(slot),
            Err(why) => {
                on(Event::Warning(why));
                None
            }
        }
    }

    async fn conclude_slot(
        &self,
        slot: &slots::Slot,
        cached: u64,
        candidate: usize,
        on: &(dyn Fn(Event) + Sync),
    ) {
        let Some(store) = &self.options.store else {
            return;
        };
        let concluded = slots::conclude(
            slot,
            cached,
            &self.transport,
            self.provider(candidate),
            store,
        );
        let concluded = tokio::time::timeout(self.options.timeout, concluded).await;
        if let Err(why) = concluded.unwrap_or(Err("the slot was not saved in time".into())) {
            on(Event::Warning(why));
        }
    }

    /// The answer kept for this job by the best-ranked candidate that has one.
    fn kept(&self, job: &Job, order: &[usize]) -> Option<Answer> {
        let store = self.options.store.as_ref()?;
        order.iter().find_map(|&candidate| {
            let entry = store.get(&self.attempt(candidate, job, None).cache_key())?;
            self.record(candidate, job, "cache", 0.0, &entry.usage, 0.0);
            Some(Answer {
                text: entry.text,
                model: entry.model,
                from_cache: true,
                usage: entry.usage,
            })
        })
    }
}
