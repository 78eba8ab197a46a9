//! A regular expression that is built once, on first use.
//!
//! Does not know what is looked for.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

/// A regular expression that is built on first use.
pub(crate) struct Pattern {
    source: &'static str,
    built: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// The pattern `source`, which must be right: tests use every one.
    pub(crate) const fn new(source: &'static str) -> Pattern {
        Pattern {
            source,
            built: OnceLock::new(),
        }
    }

    /// The built expression.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        let build = || {
            // Borders of words by ASCII letters: those by Unicode cannot be found by an automaton in a text that has
            // any other letter, and take ten times as long.
            let built = Regex::new(&self.source.replace(r"\b", r"(?-u:\b)"));
            debug_assert!(built.is_ok(), "{built:?}");
            built.ok()
        };
        self.built.get_or_init(build).as_ref()
    }

    /// Whether it is somewhere in `text`.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// The first place in `text`.
    pub(crate) fn find(&self, text: &str) -> Option<Range<usize>> {
        self.regex()?.find(text).map(|found| found.range())
    }
}
