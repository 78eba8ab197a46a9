//! The parallel run: many files, all cores, one order.
//!
//! Reading a file is the caller's: the engine gets a function that gives bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use looplint_model::{Checked, Claim, Layout, Page, Problem, ProblemKind, Settings, Source};
use rayon::prelude::*;

use crate::table::{Counters, Wing};

/// Stack of each worker, in bytes: deep syntax trees overflow the usual 2 MiB.
const STACK_BYTES: usize = 16 << 20;

/// The domains with their chosen rules.
pub struct Engine {
    wings: Vec<Box<dyn Wing>>,
}

/// Worker threads with room for deep trees.
pub struct Pool(Option<rayon::ThreadPool>);

impl Pool {
    /// A pool of `n_threads` workers, 0 for one per core.
    pub fn new(n_threads: usize) -> Pool {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .stack_size(STACK_BYTES)
            .thread_name(|at| format!("looplint-{at}"))
            .build();
        Pool(pool.ok())
    }

    /// Runs `work` on the workers; on the calling thread where no worker could be started.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.0 {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Applies `check` to every item and gives the results in the items' order.
    pub fn map<T: Sync, R: Send>(
        &self,
        items: &[T],
        check: impl Fn(&T) -> R + Sync + Send,
    ) -> Vec<R> {
        self.run(|| items.par_iter().with_max_len(1).map(check).collect())
    }

    /// Gives every item away to `check` and gives the results in the items' order.
    pub fn map_owned<T: Send, R: Send>(
        &self,
        items: Vec<T>,
        check: impl Fn(T) -> R + Sync + Send,
    ) -> Vec<R> {
        self.run(|| items.into_par_iter().with_max_len(1).map(check).collect())
    }
}

impl Engine {
    /// An engine over `wings`, asked in this order who claims a file.
    pub fn new(wings: Vec<Box<dyn Wing>>) -> Engine {
        Engine { wings }
    }

    /// The domain that claims a file of this name that begins with `head` most surely.
    pub fn claims(&self, name: &str, head: &[u8]) -> (Claim, Option<&dyn Wing>) {
        let mut best = (Claim::No, None);
        for wing in &self.wings {
            let claim = wing.claims(name, head);
            if claim > best.0 {
                best = (claim, Some(wing.as_ref()));
            }
        }
        best
    }

    /// The wing of the domain `name`.
    pub fn wing(&self, name: &str) -> Option<&dyn Wing> {
        self.wings
            .iter()
            .find(|wing| wing.name() == name)
            .map(AsRef::as_ref)
    }

    /// The page of a chosen rule.
    pub fn page(&self, rule: &str) -> Option<&'static Page> {
        self.wings.iter().find_map(|wing| wing.page(rule))
    }

    /// Decodes and checks the bytes of one file. Never panics: a domain that fails on the file is a problem.
    pub fn check_bytes(
        &self,
        wing: &dyn Wing,
        name: &str,
        bytes: Vec<u8>,
        settings: &Settings,
    ) -> (Vec<Checked>, Counters) {
        self.check_part(wing, name, bytes, &Layout::Whole, settings)
    }

    /// The same for whole lines cut out of a larger file, as `layout` says.
    pub fn check_part(
        &self,
        wing: &dyn Wing,
        name: &str,
        bytes: Vec<u8>,
        layout: &Layout,
        settings: &Settings,
    ) -> (Vec<Checked>, Counters) {
        let work = AssertUnwindSafe(|| {
            let decoded = wing.decode(name, bytes);
            let mut counters = Counters::default();
            let mut checked = Vec::with_capacity(decoded.sources.len());
            let mut problems = decoded.problems;
            for mut source in decoded.sources {
                if source.layout == Layout::Whole {
                    source.layout = layout.clone();
                }
                let outcome = wing.check(&source, settings);
                counters += outcome.counters;
                let mut all = std::mem::take(&mut problems);
                all.extend(outcome.problems);
                checked.push(Checked {
                    source,
                    findings: outcome.findings,
                    problems: all,
                });
            }
            if !problems.is_empty() {
                let source = Source::new(name, "");
                checked.push(Checked {
                    source,
                    findings: Vec::new(),
                    problems,
                });
            }
            (checked, counters)
        });
        catch_unwind(work)
            .unwrap_or_else(|_| (vec![domain_failed(wing, name)], Counters::default()))
    }
}

fn domain_failed(wing: &dyn Wing, name: &str) -> Checked {
    let message = format!(
        "the {} reader failed on this file; it was not checked",
        wing.name()
    );
    Checked {
        source: Source::new(name, ""),
        findings: Vec::new(),
        problems: vec![Problem {
            kind: ProblemKind::Rule,
            span: None,
            message,
        }],
    }
}
