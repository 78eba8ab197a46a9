//! Which rules run: from the words of the user to the engine's tables.

use anyhow::Result;
use looplint_engine::{Engine, Table, Wing, nearest};
use looplint_model::{Domain, Page, Rule};

use crate::tell::hinted;

/// Selects everything.
const ALL: &str = "ALL";
/// Names of whole domains.
const DOMAINS: [&str; 2] = ["python", "trace"];

/// What the user said about rules, in layers: the farthest configuration first, the command line last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// The layers.
    pub(crate) layers: Vec<Words>,
}

/// What one layer says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    /// Only these, whatever the layers before said.
    pub(crate) select: Option<Vec<String>>,
    /// These too.
    pub(crate) extend: Vec<String>,
    /// Not these.
    pub(crate) ignore: Vec<String>,
}

impl Selection {
    /// An engine with the selected rules.
    pub(crate) fn engine(&self) -> Engine {
        let ids = ids();
        let python: Box<dyn Wing> = Box::new(Table::new(
            self.chosen(&looplint_rules::python::RULES),
            ids.clone(),
        ));
        let trace: Box<dyn Wing> =
            Box::new(Table::new(self.chosen(&looplint_rules::trace::RULES), ids));
        Engine::new(vec![python, trace])
    }

    /// The selected rules of one domain.
    pub(crate) fn chosen<D: Domain>(&self, rules: &'static [Rule<D>]) -> Vec<&'static Rule<D>> {
        rules
            .iter()
            .filter(|rule| self.takes(rule.id, D::NAME, rule.page().default))
            .collect()
    }

    /// The ids of all selected rules, sorted.
    pub(crate) fn ids(&self) -> Vec<&'static str> {
        let taken = |page: &&'static Page| self.takes(&page.id, &page.domain, page.default);
        let mut ids: Vec<&str> = pages()
            .into_iter()
            .filter(taken)
            .map(|page| page.id.as_str())
            .collect();
        ids.sort_unstable();
        ids
    }

    fn takes(&self, id: &str, domain: &str, default: bool) -> bool {
        let mut on = default;
        for words in &self.layers {
            on = words.switch(id, domain, on);
        }
        on
    }
}

impl Words {
    /// Within a layer the most exact word wins: an id over a domain, a domain over everything;
    /// of two alike, the one that switches off.
    fn switch(&self, id: &str, domain: &str, on: bool) -> bool {
        let selected = rank(self.select.iter().flatten(), id, domain);
        let wanted = selected.max(rank(&self.extend, id, domain));
        let unwanted = rank(&self.ignore, id, domain);
        match wanted.cmp(&unwanted) {
            std::cmp::Ordering::Greater => true,
            _ if unwanted > 0 => false,
            _ => on && self.select.is_none(),
        }
    }
}

/// How exactly `words` name the rule: 0 not at all, then ALL, its domain, its id.
fn rank<'w>(words: impl IntoIterator<Item = &'w String>, id: &str, domain: &str) -> u8 {
    let one = |word: &String| match word.as_str() {
        word if word == id => 3,
        word if word == domain => 2,
        ALL => 1,
        _ => 0,
    };
    words.into_iter().map(one).max().unwrap_or(0)
}

/// Whether one of `words` names the rule, its domain or everything.
pub(crate) fn names(words: &[impl AsRef<str>], id: &str, domain: &str) -> bool {
    words.iter().any(|word| {
        let word = word.as_ref();
        word == id || word == domain || word == ALL
    })
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

/// All that may stand where rules are named: domains, ALL and the ids.
pub(crate) fn words() -> Vec<&'static str> {
    let mut words = vec![ALL];
    words.extend(DOMAINS);
    words.extend(ids());
    words
}

/// The pages of all rules, by domain and id.
pub(crate) fn pages() -> Vec<&'static Page> {
    let python = looplint_rules::python::RULES.iter().map(Rule::page);
    python
        .chain(looplint_rules::trace::RULES.iter().map(Rule::page))
        .collect()
}

/// The page of the rule `id`, where there is one.
pub(crate) fn find(id: &str) -> Option<&'static Page> {
    in_domain(&looplint_rules::python::RULES, id)
        .or_else(|| in_domain(&looplint_rules::trace::RULES, id))
}

/// The rules of a domain are sorted by id.
fn in_domain<D: Domain>(rules: &'static [Rule<D>], id: &str) -> Option<&'static Page> {
    let at = rules.binary_search_by_key(&id, |rule| rule.id).ok()?;
    Some(rules[at].page())
}

/// The page of the rule `id`.
///
/// # Errors
/// There is no such rule; the hint names the nearest.
pub(crate) fn page(id: &str) -> Result<&'static Page> {
    find(id).ok_or_else(|| unknown(id))
}

/// Whether `word` may stand where rules are named.
pub(crate) fn is_word(word: &str) -> bool {
    word == ALL || DOMAINS.contains(&word) || find(word).is_some()
}

fn unknown(word: &str) -> anyhow::Error {
    let hint = match nearest(word, &ids()) {
        Some(near) => format!("did you mean `{near}`? `looplint rules` lists them all"),
        None => "`looplint rules` lists them all".to_owned(),
    };
    hinted(format!("no rule is called `{word}`"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(select: Option<&[&str]>, extend: &[&str], ignore: &[&str]) -> Words {
        let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Words {
            select: select.map(own),
            extend: own(extend),
            ignore: own(ignore),
        }
    }

    #[test]
    fn the_nearer_layer_and_the_more_exact_word_win() {
        let takes = |layers: Vec<Words>, default| {
            Selection { layers }.takes("pop-front-in-loop", "python", default)
        };
        let id = "pop-front-in-loop";
        assert!(takes(vec![], true));
        assert!(!takes(vec![], false));
        assert!(takes(vec![words(None, &["ALL"], &[])], false));
        assert!(!takes(vec![words(Some(&["trace"]), &[], &[])], true));
        assert!(takes(vec![words(Some(&[id]), &[], &["python"])], true));
        assert!(!takes(vec![words(Some(&["python"]), &[], &[id])], true));
        assert!(!takes(vec![words(Some(&[id]), &[], &[id])], true));
        let file = words(None, &[], &[id]);
        assert!(takes(
            vec![file.clone(), words(Some(&["ALL"]), &[], &[])],
            true
        ));
        assert!(!takes(
            vec![words(Some(&["ALL"]), &[], &[]), file.clone()],
            true
        ));
        assert!(takes(vec![file, words(None, &["python"], &[])], true));
    }
}
