//! The baseline: old findings in a file, so that a team sees only new ones.

mod command;
mod file;

pub(crate) use command::{Arguments, run};
pub(crate) use file::{Baseline, find};
