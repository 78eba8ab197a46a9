//! Threads that check: a few, with stacks for deep trees, started when they are first needed.
//!
//! What somebody waits for goes before what nobody waits for. Does not know what the work is.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Stack of each worker, in bytes: deep syntax trees overflow the usual 2 MiB.
const STACK_BYTES: usize = 16 << 20;

thread_local! {
    /// Whether this thread is one of the workers.
    static ON_WORKER: Cell<bool> = const { Cell::new(false) };
}

type Job = Box<dyn FnOnce() + Send>;

/// A pool of threads with two queues.
#[derive(Clone)]
pub(crate) struct Workers(Arc<Shared>);

struct Shared {
    queues: Mutex<Queues>,
    changed: Condvar,
    n_threads_max: usize,
}

#[derive(Default)]
struct Queues {
    urgent: VecDeque<Job>,
    patient: VecDeque<Job>,
    n_threads: usize,
    n_idle: usize,
    closed: bool,
}

impl Workers {
    pub(crate) fn new() -> Workers {
        let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
        Workers(Arc::new(Shared {
            queues: Mutex::default(),
            changed: Condvar::new(),
            n_threads_max: n_cores.clamp(1, 4),
        }))
    }

    /// Runs `job` as soon as a thread is free; from a job, that is when the job is done.
    pub(crate) fn urgent(&self, job: impl FnOnce() + Send + 'static) {
        self.push(Box::new(job), true);
    }

    /// Runs `job` when no urgent one waits.
    pub(crate) fn patient(&self, job: impl FnOnce() + Send + 'static) {
        self.push(Box::new(job), false);
    }

    /// Starts nothing more.
    pub(crate) fn close(&self) {
        let mut queues = self.lock();
        queues.closed = true;
        queues.urgent.clear();
        queues.patient.clear();
        self.0.changed.notify_all();
    }

    fn push(&self, job: Job, urgent: bool) {
        let mut queues = self.lock();
        if queues.closed {
            return;
        }
        if urgent {
            queues.urgent.push_back(job);
        } else {
            queues.patient.push_back(job);
        }
        // One thread that does everything keeps the memory of one; a second is for when the first is busy.
        // What a worker asks for at the end of its job it can do itself.
        let is_own = urgent && queues.urgent.len() == 1 && ON_WORKER.get();
        if queues.n_idle > 0 {
            self.0.changed.notify_one();
        } else if !is_own && queues.n_threads < self.0.n_threads_max {
            self.start(&mut queues);
        }
    }

    fn start(&self, queues: &mut Queues) {
        let workers = self.clone();
        let started = std::thread::Builder::new()
            .name("looplint-check".into())
            .stack_size(STACK_BYTES)
            .spawn(move || workers.work());
        if started.is_ok() {
            queues.n_threads += 1;
        }
    }

    fn work(&self) {
        ON_WORKER.set(true);
        let mut queues = self.lock();
        loop {
            let next = queues
                .urgent
                .pop_front()
                .or_else(|| queues.patient.pop_front());
            if let Some(job) = next {
                drop(queues);
                // Jobs catch their own panics to say something about them; this one keeps the thread.
                let _ = catch_unwind(AssertUnwindSafe(job));
                queues = self.lock();
            } else if queues.closed {
                return;
            } else {
                queues.n_idle += 1;
                queues = self
                    .0
                    .changed
                    .wait(queues)
                    .unwrap_or_else(PoisonError::into_inner);
                queues.n_idle -= 1;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.0.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_job_that_panics_leaves_the_others_alone() {
        let workers = Workers::new();
        let (done, all) = channel();
        for at in 0..20 {
            let done = done.clone();
            workers.urgent(move || {
                assert!(at % 3 != 0, "as planned");
                done.send(at).ok();
            });
        }
        drop(done);
        let mut seen: Vec<i32> = all.iter().collect();
        seen.sort_unstable();
        let wanted: Vec<i32> = (0..20).filter(|at| at % 3 != 0).collect();
        assert_eq!(seen, wanted);
    }
}
