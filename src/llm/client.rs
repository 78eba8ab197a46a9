//! Asks models: in the ranked order, within the caps and the budget, and keeps what they answer.
//!
//! Knows jobs, candidates and what follows from each failure. Does not know what prompts are about, which
//! flags the user gave, or how an answer is printed. Nothing here runs unless a caller runs it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use tokio::sync::{Notify, Semaphore};

use crate::answer::Cleaner;
use crate::attempt::{Attempt, Sent};
use crate::budget::{Budget, Ledger, Spent};
use crate::catalogue::Model;
use crate::failure::{Failure, Next};
use crate::health::Health;
use crate::judge::Question;
use crate::metrics::{Record, observed};
use crate::prompt::{Prompt, groups};
use crate::provider::Provider;
use crate::redact::Redactor;
use crate::route::{Candidate, Caps, Need, Priority, Ranking, rank};
use crate::slots;
use crate::store::{Entry, Store};
use crate::tokens::Tokenizer;
use crate::transport::Transport;
use crate::wire::Usage;

/// A server that asks to wait longer is not waited for.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// So often a server that asks to wait is asked again.
const WAITS_MAX: u32 = 2;
/// Before the only candidate is asked once more.
const PAUSE: Duration = Duration::from_millis(500);

/// How to ask.
#[derive(Debug)]
pub struct Options {
    /// Who can be asked.
    pub providers: Vec<Provider>,
    /// What is known of models.
    pub catalogue: Vec<Model>,
    /// The one model to ask; `None` to choose.
    pub model: Option<String>,
    /// What matters most in choosing.
    pub priority: Priority,
    /// What no chosen model may exceed.
    pub caps: Caps,
    /// What all calls may take together.
    pub budget: Budget,
    /// The most calls at once.
    pub concurrency: usize,
    /// The most time for one call.
    pub timeout: Duration,
    /// Observed latency goes before the catalogue's after so many calls.
    pub observed_after: usize,
    /// Where answers are kept; `None` to keep none.
    pub store: Option<Store>,
    /// Whether a llama.cpp server is asked to save and restore prompt states.
    pub slots: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            providers: Vec::new(),
            catalogue: crate::catalogue::built_in(),
            model: None,
            priority: Priority::default(),
            caps: Caps::default(),
            budget: Budget::default(),
            concurrency: 4,
            timeout: Duration::from_secs(120),
            observed_after: 5,
            store: None,
            slots: false,
        }
    }
}

/// One thing to ask.
#[derive(Clone, Debug)]
pub enum Job {
    /// An explanation, as prose.
    Explain(Prompt),
    /// A verdict, as an object of the question's schema.
    Judge(Question),
}

impl Job {
    /// Its prompt.
    pub fn prompt(&self) -> &Prompt {
        match self {
            Job::Explain(prompt) => prompt,
            Job::Judge(question) => &question.prompt,
        }
    }

    /// Tokens that the answer may take.
    pub(crate) const fn output(&self) -> u64 {
        match self {
            Job::Explain(_) => crate::explain::OUTPUT_TOKENS,
            Job::Judge(_) => crate::judge::OUTPUT_TOKENS,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Job::Explain(_) => "explain",
            Job::Judge(_) => "judge",
        }
    }
}

/// What a caller may show while jobs run. `job` is the position among the jobs given.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// More of an explanation, fit to be printed.
    Delta {
        /// The job.
        job: usize,
        /// The new words.
        text: String,
    },
    /// What was shown of an explanation does not hold: the answer broke off and is asked for again.
    Restart {
        /// The job.
        job: usize,
    },
    /// A job ended.
    Done {
        /// The job.
        job: usize,
    },
    /// Something the user should know.
    Warning(String),
}

/// An answer. Generated text, and to be marked as such.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The words: an explanation fit to be printed, or a verdict's object.
    pub text: String,
    /// The model that wrote them.
    pub model: String,
    /// Whether it was kept from an earlier run.
    pub from_cache: bool,
    /// What the call used when it was made.
    pub usage: Usage,
}

/// Why a job has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// No model satisfies the caps; the cap is named. Exit code 2.
    NoModel(String),
    /// The budget does not allow it.
    Budget(Spent),
    /// The user stopped it.
    Cancelled,
    /// Every candidate failed: which, and why.
    Failed(Vec<(String, String)>),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::NoModel(why) => f.write_str(why),
            Stop::Budget(spent) => spent.fmt(f),
            Stop::Cancelled => f.write_str("cancelled"),
            Stop::Failed(tried) => {
                let lines: Vec<String> = tried
                    .iter()
                    .map(|(model, why)| format!("{model}: {why}"))
                    .collect();
                f.write_str(&lines.join("; "))
            }
        }
    }
}

impl std::error::Error for Stop {}

/// A job's end.
pub type Outcome = Result<Answer, Stop>;

/// Stops what runs, from anywhere.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<(AtomicBool, Notify)>);

impl Cancel {
    /// Stops it: calls under way are dropped, what was answered stays.
    pub fn cancel(&self) {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.notify_waiters();
    }

    /// Whether it was stopped.
    pub fn is_cancelled(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Stops it at the first Ctrl-C. Must be called inside a runtime.
    pub fn on_ctrl_c(&self) {
        let cancel = self.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                cancel.cancel();
            }
        });
    }

    pub(crate) async fn cancelled(&self) {
        let mut notified = std::pin::pin!(self.0.1.notified());
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }
}

/// Runs a future to its end on this thread, for callers that are not asynchronous.
///
/// # Errors
/// The system gives no runtime.
pub fn block_on<F: Future>(future: F) -> std::io::Result<F::Output> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(future))
}

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
                return group
                    .iter()
                    .map(|&at| (at, Err(Stop::NoModel(why.clone()))))
                    .collect();
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
                    on(Event::Done { job: at });
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

    /// Asks candidates in their order until one answers; returns which one did.
    async fn ask(
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
                Ok(answer) => {
                    on(Event::Done { job: at });
                    return (Ok(answer), Some(candidate));
                }
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

    fn record(&self, candidate: usize, job: &Job, outcome: &str, ms: f64, usage: &Usage, usd: f64) {
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

/// Whether money is asked for this model at a price that nobody told us.
fn is_unpriced(model: &Model, options: &Options) -> bool {
    let listed = options
        .catalogue
        .iter()
        .any(|row| row.id == model.id && row.provider == model.provider);
    let local = options
        .providers
        .iter()
        .any(|provider| provider.name == model.provider && provider.local);
    !listed && !local
}

/// The models to choose from.
fn choices(options: &Options) -> Result<Vec<Model>, String> {
    let Some(first) = options.providers.first() else {
        return Err("no provider is configured: set OPENROUTER_API_KEY, OPENAI_API_KEY or ANTHROPIC_API_KEY, or name a base URL".into());
    };
    let has = |name: &str| {
        options
            .providers
            .iter()
            .any(|provider| provider.name == name)
    };
    let rows = options.catalogue.iter().filter(|row| has(&row.provider));
    let Some(wanted) = &options.model else {
        let models: Vec<Model> = rows.cloned().collect();
        if models.is_empty() {
            return Err(format!(
                "no model of the catalogue is at {}; name one",
                first.base
            ));
        }
        return Ok(models);
    };
    let models: Vec<Model> = rows.filter(|row| row.id == *wanted).cloned().collect();
    if !models.is_empty() {
        return Ok(models);
    }
    match options.providers.as_slice() {
        [only] => Ok(vec![Model::unlisted(wanted, &only.name)]),
        // Names with a slash are OpenRouter's.
        _ if wanted.contains('/') && has("openrouter") => {
            Ok(vec![Model::unlisted(wanted, "openrouter")])
        }
        _ => Err(format!(
            "`{wanted}` is in no catalogue and several providers have keys; name a base URL"
        )),
    }
}
