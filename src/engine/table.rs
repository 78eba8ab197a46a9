//! The kind table and the walk over one document.
//!
//! A rule is called only at nodes of the kinds it names, so a rule that never fires costs next to nothing.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use looplint_model::{
    Claim, Cx, Decoded, Domain, Edit, Finding, Page, Part, Problem, ProblemKind, Rule, Settings,
    Silence, SilenceScope, Source, Span,
};

use crate::silence;

/// The chosen rules of one domain, by node kind.
pub struct Table<D: Domain> {
    rules: Vec<&'static Rule<D>>,
    by_kind: Vec<Vec<u16>>,
    known: Vec<&'static str>,
}

/// What checking one source gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was found, in the order of the text, without what was silenced.
    pub findings: Vec<Finding>,
    /// What was found where the text asks for silence.
    pub silenced: Vec<Finding>,
    /// The places where the text asks for silence.
    pub silences: Vec<Silence>,
    /// What kept the source from being checked in full.
    pub problems: Vec<Problem>,
    /// How much work it was.
    pub counters: Counters,
}

/// Work done, counted; the same at every run and on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes of text.
    pub bytes: u64,
    /// Nodes visited.
    pub nodes: u64,
    /// Calls of rule functions.
    pub calls: u64,
    /// Findings that the text itself keeps silent.
    pub silenced: u64,
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, other: Counters) {
        self.bytes += other.bytes;
        self.nodes += other.nodes;
        self.calls += other.calls;
        self.silenced += other.silenced;
    }
}

/// A domain with its chosen rules, whatever the domain.
pub trait Wing: Send + Sync {
    /// The domain's name.
    fn name(&self) -> &'static str;
    /// Whether a file of this name that begins with these bytes belongs to the domain.
    fn claims(&self, name: &str, head: &[u8]) -> Claim;
    /// Whether such a file may be cut at line ends and checked part by part.
    fn cuttable(&self, name: &str, head: &[u8]) -> bool;
    /// Turns a file's bytes into texts to check.
    fn decode(&self, name: &str, bytes: Vec<u8>) -> Decoded;
    /// Checks one text with the chosen rules.
    fn check(&self, source: &Source, settings: &Settings) -> Outcome;
    /// The page of a chosen rule.
    fn page(&self, rule: &str) -> Option<&'static Page>;
    /// The edit that asks for silence from `rule` about what starts at `at`, where a comment can stand there.
    fn quiet(
        &self,
        source: &Source,
        settings: &Settings,
        at: Span,
        rule: &str,
        scope: SilenceScope,
    ) -> Option<Edit>;
    /// The parts of the text that a reader goes by.
    fn outline(&self, source: &Source, settings: &Settings) -> Vec<Part>;
}

impl<D: Domain> Table<D> {
    /// A table of `chosen` rules; `known` are the ids of all rules there are, in every domain,
    /// so that a comment that names another can be told from one that names nothing.
    pub fn new(
        chosen: impl IntoIterator<Item = &'static Rule<D>>,
        known: Vec<&'static str>,
    ) -> Table<D> {
        let mut rules: Vec<&'static Rule<D>> = chosen.into_iter().collect();
        rules.sort_by_key(|rule| rule.id);
        let mut by_kind = vec![Vec::new(); D::KINDS];
        for (at, rule) in rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.check.is_some())
        {
            for &kind in rule.on {
                by_kind[D::index(kind)].push(at as u16);
            }
        }
        Table {
            rules,
            by_kind,
            known,
        }
    }

    /// The chosen rule `id`.
    pub fn rule(&self, id: &str) -> Option<&'static Rule<D>> {
        let at = self.rules.binary_search_by_key(&id, |rule| rule.id).ok()?;
        Some(self.rules[at])
    }

    /// Checks one text, and hands the open document to `look` for whatever else the caller wants of it.
    pub fn check_with<R>(
        &self,
        source: &Source,
        settings: &Settings,
        look: impl for<'d> FnOnce(&'d D::Document<'d>, &[Finding]) -> R,
    ) -> (Outcome, R) {
        D::open(source, settings, |document, source, settings| {
            let outcome = self.check_document(document, source, settings);
            let looked = look(document, &outcome.findings);
            (outcome, looked)
        })
    }

    fn check_document<'d>(
        &self,
        document: &'d D::Document<'d>,
        source: &'d Source,
        settings: &'d Settings,
    ) -> Outcome {
        let mut outcome = Outcome {
            problems: D::problems(document).to_vec(),
            counters: Counters {
                bytes: source.text.len() as u64,
                ..Counters::default()
            },
            ..Outcome::default()
        };
        if let Some(&first) = self.rules.first() {
            let cx = Cx::new(document, source, settings, first);
            outcome.findings =
                self.walk(document, cx, &mut outcome.problems, &mut outcome.counters);
        }
        outcome
            .findings
            .sort_by(|a, b| (a.span, a.rule, &a.message).cmp(&(b.span, b.rule, &b.message)));
        outcome.findings.dedup();
        let silences = D::silence(document);
        silence::apply(self, source, &silences, &mut outcome);
        outcome.silences = silences;
        outcome.counters.silenced = outcome.silenced.len() as u64;
        outcome
    }

    /// One walk. A rule that panics is named in a problem and not called again for this document.
    fn walk<'d>(
        &self,
        document: &'d D::Document<'d>,
        mut cx: Cx<'d, D>,
        problems: &mut Vec<Problem>,
        counters: &mut Counters,
    ) -> Vec<Finding> {
        let mut failed = vec![false; self.rules.len()];
        D::walk(document, &mut |kind, node| {
            counters.nodes += 1;
            for &at in &self.by_kind[D::index(kind)] {
                let at = usize::from(at);
                let rule = self.rules[at];
                let Some(check) = rule.check else { continue };
                if failed[at] {
                    continue;
                }
                counters.calls += 1;
                cx.rule = rule;
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(node, &mut cx))) {
                    failed[at] = true;
                    problems.push(rule_failed(rule.id, panic.as_ref()));
                }
            }
        });
        cx.take()
    }

    pub(crate) fn knows(&self, id: &str) -> bool {
        self.known.binary_search(&id).is_ok()
    }

    pub(crate) fn known(&self) -> &[&'static str] {
        &self.known
    }
}

impl<D: Domain> Wing for Table<D> {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn claims(&self, name: &str, head: &[u8]) -> Claim {
        D::claims(name, head)
    }

    fn cuttable(&self, name: &str, head: &[u8]) -> bool {
        D::cuttable(name, head)
    }

    fn decode(&self, name: &str, bytes: Vec<u8>) -> Decoded {
        D::decode(name, bytes)
    }

    fn check(&self, source: &Source, settings: &Settings) -> Outcome {
        self.check_with(source, settings, |_, _| ()).0
    }

    fn page(&self, rule: &str) -> Option<&'static Page> {
        self.rule(rule).map(Rule::page)
    }

    fn quiet(
        &self,
        source: &Source,
        settings: &Settings,
        at: Span,
        rule: &str,
        scope: SilenceScope,
    ) -> Option<Edit> {
        D::open(source, settings, |document, _, _| {
            D::quiet(document, at, rule, scope)
        })
    }

    fn outline(&self, source: &Source, settings: &Settings) -> Vec<Part> {
        D::open(source, settings, |document, _, _| D::outline(document))
    }
}

fn rule_failed(id: &str, panic: &(dyn Any + Send)) -> Problem {
    let why = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Problem {
        kind: ProblemKind::Rule,
        span: None,
        message: format!("rule `{id}` failed on this file ({why}); the other rules ran"),
    }
}
