//! Fixing files: fixes that go together, again and again until nothing is left, checked, then written whole.
//!
//! Knows edits, encodings and the form of a notebook. Does not know what any fix is for.

mod encode;
mod file;
mod notebook;
mod show;
mod silence;

pub(crate) use file::{Fixed, Fixer};
pub(crate) use show::{Arguments, report};

#[cfg(test)]
mod tests;
