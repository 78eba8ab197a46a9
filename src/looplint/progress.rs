//! A line on standard error that counts files, when a person waits for it.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A run shorter than this shows no progress.
const PATIENCE: Duration = Duration::from_millis(800);

/// Counts files that are done.
pub(crate) struct Progress {
    total: usize,
    done: AtomicUsize,
    start: Instant,
    shown: bool,
}

impl Progress {
    /// Counts up to `total`; shown on a terminal unless `quiet`.
    pub(crate) fn new(total: usize, quiet: bool) -> Progress {
        Progress {
            total,
            done: AtomicUsize::new(0),
            start: Instant::now(),
            shown: !quiet && io::stderr().is_terminal(),
        }
    }

    /// One more is done.
    pub(crate) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.shown && done.is_multiple_of(64) && self.start.elapsed() > PATIENCE {
            let _ = write!(io::stderr(), "\rchecked {done} of {} files", self.total);
        }
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        if self.shown && self.start.elapsed() > PATIENCE {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
