//! Facts about a run that several detectors need, computed once.

use crate::run::Trace;

/// What detectors need to know of a run.
#[derive(Debug, Default)]
pub struct Facts {}

impl Facts {
    /// Computes the facts of `trace`.
    pub(crate) fn of(_trace: &Trace) -> Facts {
        Facts {}
    }
}
