//! The kind table and the walk over one document.
//!
//! A rule is called only at nodes of the kinds it names, so a rule that never fires costs next to nothing.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use looplint_model::{
    Claim, Cost, Cx, Decoded, Domain, Edit, Finding, Page, Part, Problem, ProblemKind, Rule,
    Settings, Silence, SilenceScope, Source, Span,
};

use crate::again::Kept;
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
    /// The same for a text of which an older version was checked with the same rules and settings: what was `kept`
    /// then is used again. The outcome is that of [`Wing::check`]; only the counters are smaller.
    fn check_again(&self, source: &Source, settings: &Settings, kept: &Kept) -> (Outcome, Kept) {
        let _ = kept;
        (self.check(source, settings), Kept::default())
    }
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
            let outcome = self.check_document(document, source, settings, None);
            let looked = look(document, &outcome.findings);
            (outcome, looked)
        })
    }

    fn check_document<'d>(
        &self,
        document: &'d D::Document<'d>,
        source: &'d Source,
        settings: &'d Settings,
        kept: Option<(&Kept, &mut Kept)>,
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
            let mut walk = Walk {
                table: self,
                cx: Cx::new(document, source, settings, first),
                failed: vec![false; self.rules.len()],
                problems: Vec::new(),
                counters: &mut outcome.counters,
            };
            outcome.findings = match kept {
                None => walk.all(),
                Some((kept, next)) => walk.changed(kept, next),
            };
            outcome.problems.append(&mut walk.problems);
        }
        outcome
            .findings
            .sort_by(|a, b| (a.span, a.rule, &a.message).cmp(&(b.span, b.rule, &b.message)));
        outcome.findings.dedup();
        if D::ONE_PER_PLACE {
            keep_surest(&mut outcome.findings);
            leave_parts_out(&mut outcome.findings);
        }
        let silences = D::silence(document);
        silence::apply(self, source, &silences, &mut outcome);
        outcome.silences = silences;
        outcome.counters.silenced = outcome.silenced.len() as u64;
        outcome
    }

    pub(crate) fn knows(&self, id: &str) -> bool {
        self.known.binary_search(&id).is_ok()
    }

    pub(crate) fn known(&self) -> &[&'static str] {
        &self.known
    }
}

/// Of the findings of several rules about one place, in the order of the text, the surest; of these one with a
/// measured cost.
fn keep_surest(findings: &mut Vec<Finding>) {
    let weight = |finding: &Finding| {
        let is_measured = matches!(&finding.cost, Some(Cost::Code(cost)) if cost.curve.is_some());
        (finding.confidence, is_measured)
    };
    findings.dedup_by(|later, kept| {
        let is_again = later.span == kept.span && later.rule != kept.rule;
        if is_again && weight(later) > weight(kept) {
            std::mem::swap(later, kept);
        }
        is_again
    });
}

/// Leaves out what is told of a part of a place of which the whole is told, at least as surely, for the same loop: what
/// mends the whole mends its parts.
fn leave_parts_out(findings: &mut Vec<Finding>) {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|&at| {
        (
            findings[at].span.start,
            std::cmp::Reverse(findings[at].span.end),
        )
    });
    let first = |finding: &Finding| finding.related.first().map(|related| related.span);
    // The wholes that reach beyond the place that is looked at, outermost first.
    let mut wholes: Vec<usize> = Vec::new();
    let mut is_part = vec![false; findings.len()];
    for at in order {
        let finding = &findings[at];
        wholes.retain(|&whole| findings[whole].span.end > finding.span.start);
        is_part[at] = wholes.iter().any(|&whole| {
            let whole = &findings[whole];
            whole.span != finding.span
                && whole.span.contains(finding.span)
                && whole.confidence >= finding.confidence
                && first(whole).is_some()
                && first(whole) == first(finding)
        });
        wholes.push(at);
    }
    let mut is_part = is_part.into_iter();
    findings.retain(|_| is_part.next() != Some(true));
}

/// One walk. A rule that panics is named in a problem and not called again for this document.
struct Walk<'w, 'd, D: Domain> {
    table: &'w Table<D>,
    cx: Cx<'d, D>,
    failed: Vec<bool>,
    problems: Vec<Problem>,
    counters: &'w mut Counters,
}

impl<'d, D: Domain> Walk<'_, 'd, D> {
    /// What is found in the document.
    fn all(&mut self) -> Vec<Finding> {
        D::walk(self.cx.document, &mut |kind, node| self.visit(kind, node));
        self.cx.take()
    }

    /// The same, with what was `kept` of pieces that are as they were; `next` gets what to keep.
    fn changed(&mut self, kept: &Kept, next: &mut Kept) -> Vec<Finding> {
        let document = self.cx.document;
        let pieces = D::pieces(document);
        let Some(first) = pieces.first() else {
            return self.all();
        };
        let mut findings = self.some((0, first.nodes.0));
        for piece in &pieces {
            if kept.reuse::<D>(document, piece, &mut findings, next) {
                continue;
            }
            D::asked(document);
            let found = self.some(piece.nodes);
            next.keep(piece, &found, D::asked(document));
            findings.extend(found);
        }
        if !self.problems.is_empty() {
            *next = Kept::default();
        }
        findings
    }

    fn some(&mut self, nodes: (u32, u32)) -> Vec<Finding> {
        D::walk_some(self.cx.document, nodes, &mut |kind, node| {
            self.visit(kind, node);
        });
        self.cx.take()
    }

    fn visit(&mut self, kind: D::Kind, node: D::Node<'d>) {
        self.counters.nodes += 1;
        for &at in &self.table.by_kind[D::index(kind)] {
            let at = usize::from(at);
            let rule = self.table.rules[at];
            let Some(check) = rule.check.filter(|_| !self.failed[at]) else {
                continue;
            };
            self.counters.calls += 1;
            self.cx.rule = rule;
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(node, &mut self.cx))) {
                self.failed[at] = true;
                self.problems.push(rule_failed(rule.id, panic.as_ref()));
            }
        }
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

    fn check_again(&self, source: &Source, settings: &Settings, kept: &Kept) -> (Outcome, Kept) {
        D::open(source, settings, |document, source, settings| {
            let mut next = Kept::default();
            let kept = Some((kept, &mut next));
            let outcome = self.check_document(document, source, settings, kept);
            (outcome, next)
        })
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
