//! Which rules run: from the words of the user to the engine's tables.

use anyhow::Result;
use looplint_engine::{Engine, Table, Wing, nearest};
use looplint_model::{Domain, Page, Rule};

use crate::tell::hinted;

/// Selects everything.
const ALL: &str = "ALL";
/// Names of whole domains.
const DOMAINS: [&str; 2] = ["python", "trace"];

/// What the user said about rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Only these; the pages' own defaults where empty.
    pub(crate) select: Vec<String>,
    /// These too.
    pub(crate) extend: Vec<String>,
    /// Not these.
    pub(crate) ignore: Vec<String>,
}

impl Selection {
    /// An engine with the selected rules.
    ///
    /// # Errors
    /// A word names no rule.
    pub(crate) fn engine(&self) -> Result<Engine> {
        for word in self.select.iter().chain(&self.extend).chain(&self.ignore) {
            known(word)?;
        }
        let ids = ids();
        let python: Box<dyn Wing> = Box::new(Table::new(
            self.chosen(&looplint_rules::python::RULES),
            ids.clone(),
        ));
        let trace: Box<dyn Wing> =
            Box::new(Table::new(self.chosen(&looplint_rules::trace::RULES), ids));
        Ok(Engine::new(vec![python, trace]))
    }

    /// The selected rules of one domain.
    pub(crate) fn chosen<D: Domain>(&self, rules: &'static [Rule<D>]) -> Vec<&'static Rule<D>> {
        rules
            .iter()
            .filter(|rule| self.takes(rule.id, D::NAME, rule.page().default))
            .collect()
    }

    /// The most exact word wins: an id over a domain, a domain over everything.
    fn takes(&self, id: &str, domain: &str, default: bool) -> bool {
        let wanted = match rank(&self.select, id, domain).max(rank(&self.extend, id, domain)) {
            0 if self.select.is_empty() && default => 1,
            rank => rank,
        };
        wanted > rank(&self.ignore, id, domain)
    }
}

/// How exactly `words` name the rule: 0 not at all, then ALL, its domain, its id.
fn rank(words: &[String], id: &str, domain: &str) -> u8 {
    let one = |word: &String| match word.as_str() {
        word if word == id => 4,
        word if word == domain => 3,
        ALL => 2,
        _ => 0,
    };
    words.iter().map(one).max().unwrap_or(0)
}

/// All ids, sorted.
pub(crate) fn ids() -> Vec<&'static str> {
    let mut ids: Vec<&'static str> = looplint_rules::python::RULES
        .iter()
        .map(|rule| rule.id)
        .collect();
    ids.extend(looplint_rules::trace::RULES.iter().map(|rule| rule.id));
    ids.sort_unstable();
    ids
}

/// The pages of all rules, by domain and id.
pub(crate) fn pages() -> Vec<&'static Page> {
    let python = looplint_rules::python::RULES.iter().map(Rule::page);
    python
        .chain(looplint_rules::trace::RULES.iter().map(Rule::page))
        .collect()
}

/// The page of the rule `id`.
///
/// # Errors
/// There is no such rule; the hint names the nearest.
pub(crate) fn page(id: &str) -> Result<&'static Page> {
    let found = pages().into_iter().find(|page| page.id == id);
    found.ok_or_else(|| unknown(id))
}

fn known(word: &str) -> Result<()> {
    let there = word == ALL || DOMAINS.contains(&word) || ids().binary_search(&word).is_ok();
    if there { Ok(()) } else { Err(unknown(word)) }
}

fn unknown(word: &str) -> anyhow::Error {
    let hint = match nearest(word, &ids()) {
        Some(near) => format!("did you mean `{near}`? `looplint rules` lists them all"),
        None => "`looplint rules` lists them all".to_owned(),
    };
    hinted(format!("no rule is called `{word}`"), hint)
}
