//! What a domain is, what a rule is, and what a rule may ask and say.
//!
//! A domain turns bytes into sources, sources into documents and documents into nodes of a few kinds.
//! A rule names the kinds it wants and gets one plain function call per node.
//! Does not know which domains or rules there are.

use std::sync::{Arc, OnceLock};

use crate::cost::{Cost, Work};
use crate::finding::{Edit, Finding, Problem};
use crate::page::Page;
use crate::settings::{OptionValue, Settings};
use crate::source::{Source, Span};

/// Something that can be checked: Python code, agent traces.
///
/// Nothing here can fail: a text that is not what it should be gives a document of what could be read,
/// and problems.
pub trait Domain: Sized + Send + Sync + 'static {
    /// The domain's name in findings, pages and settings: `python`.
    const NAME: &'static str;
    /// Number of node kinds; [`Domain::index`] stays below it.
    const KINDS: usize;
    /// Whether several rules that speak of exactly the same place say the same thing, so that the surest is enough.
    const ONE_PER_PLACE: bool = false;
    /// What rules ask for.
    type Kind: Copy + Send + Sync + 'static;
    /// A parsed source with its facts.
    type Document<'d>;
    /// One place in a document that rules may look at.
    type Node<'d>: Copy;
    /// What other documents may want to know of this one; plain data without syntax.
    type Summary: Send + 'static;

    /// Whether a file of this name that begins with these bytes belongs to the domain.
    fn claims(name: &str, head: &[u8]) -> Claim;

    /// Whether a file that begins with these bytes may be cut at line ends and checked part by part,
    /// because each of its lines stands for itself. That is how files larger than memory are checked.
    fn cuttable(name: &str, head: &[u8]) -> bool {
        let _ = (name, head);
        false
    }

    /// Turns a file's bytes into texts to check: one, or several for an archive.
    fn decode(name: &str, bytes: Vec<u8>) -> Decoded;

    /// Parses `source`, computes its facts and hands the document to `run`,
    /// together with the source and the settings at the document's own lifetime.
    fn open<R>(
        source: &Source,
        settings: &Settings,
        run: impl for<'d> FnOnce(&'d Self::Document<'d>, &'d Source, &'d Settings) -> R,
    ) -> R;

    /// What kept parts of the source from being understood.
    fn problems<'d>(document: &'d Self::Document<'d>) -> &'d [Problem];

    /// The table row of a kind.
    fn index(kind: Self::Kind) -> usize;

    /// Visits every node once, in the order of the text.
    fn walk<'d>(
        document: &'d Self::Document<'d>,
        visit: &mut dyn FnMut(Self::Kind, Self::Node<'d>),
    );

    /// What other documents may want to know of this one.
    fn summarise<'d>(document: &'d Self::Document<'d>) -> Self::Summary;

    /// The places where the text itself asks for silence.
    fn silence<'d>(document: &'d Self::Document<'d>) -> Vec<Silence>;

    /// The edit that asks for silence from `rule` about what starts at `at`; `None` where the text has no
    /// comments or none can stand there.
    fn quiet<'d>(
        document: &'d Self::Document<'d>,
        at: Span,
        rule: &str,
        scope: SilenceScope,
    ) -> Option<Edit> {
        let _ = (document, at, rule, scope);
        None
    }

    /// The pieces of the document whose findings depend on little else, in the order of the text; none where the
    /// document is one whole.
    fn pieces<'d>(document: &'d Self::Document<'d>) -> Vec<Piece> {
        let _ = document;
        Vec::new()
    }

    /// Visits the nodes from the first up to the one past the last, as [`Piece::nodes`] numbers them.
    fn walk_some<'d>(
        document: &'d Self::Document<'d>,
        nodes: (u32, u32),
        visit: &mut dyn FnMut(Self::Kind, Self::Node<'d>),
    ) {
        let _ = (document, nodes, visit);
    }

    /// The questions of [`Domain::answers`] that were asked since this was called last, with their answers.
    fn asked<'d>(document: &'d Self::Document<'d>) -> Vec<(String, bool)> {
        let _ = document;
        Vec::new()
    }

    /// A question about the document as a whole that findings of a piece may hang on: whether a name is taken.
    fn answers<'d>(document: &'d Self::Document<'d>, question: &str) -> bool {
        let _ = (document, question);
        false
    }

    /// The parts of the document that a reader goes by, in the order of the text; none where the domain names none.
    fn outline<'d>(document: &'d Self::Document<'d>) -> Vec<Part> {
        let _ = document;
        Vec::new()
    }

    /// What an iteration of the loop around `span` does beside what a finding there is about; `None` where no loop
    /// repeats it or the domain cannot tell.
    fn work<'d>(document: &'d Self::Document<'d>, span: Span) -> Option<Work> {
        let _ = (document, span);
        None
    }
}

/// A piece of a document whose findings depend on a few spans of the text and on nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its first node, and one past its last.
    pub nodes: (u32, u32),
    /// Stands for all that its findings depend on, but where in the text that is; `None` where that is not known.
    /// Pieces of two texts with the same key have the same findings.
    pub key: Option<u64>,
    /// The spans that it depends on, in order; in two texts with the same key they correspond one to one.
    /// All that its findings may point at lies in them.
    pub on: Arc<[Span]>,
}

/// A part of a document that a reader goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// What to call it in a list: `load_orders`, `turn 14`, `search_flights`.
    pub name: String,
    /// A few words more: what was said, what went wrong; may be empty.
    pub detail: String,
    /// All of it.
    pub span: Span,
    /// The place to go to: a name, a loop's header, the begin of a turn. Lies inside `span`.
    pub head: Span,
    /// The parts inside it, in the order of the text.
    pub parts: Vec<Part>,
}

/// What a part of a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// A class.
    Class,
    /// A function or method.
    Function,
    /// A loop: a statement, a clause of a comprehension, a mapped lambda.
    Loop,
    /// A run of an agent.
    Run,
    /// A turn of a run.
    Turn,
    /// A call of a tool.
    Call,
}

/// How surely a file belongs to a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// It does not.
    No,
    /// The head fits; only decoding the whole can tell. In a folder walk such a file may turn out to be nothing.
    Maybe,
    /// It does.
    Yes,
}

/// Texts made of a file's bytes.
#[derive(Debug, Default)]
pub struct Decoded {
    /// The texts; none where the bytes could not be read or hold nothing for the domain.
    pub sources: Vec<Source>,
    /// Why bytes could not be read.
    pub problems: Vec<Problem>,
}

/// A place where the text asks for silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The comment that asks.
    pub comment: Span,
    /// Findings that start in here are silenced.
    pub covers: Span,
    /// The rule ids named, each with its place.
    pub rules: Vec<(String, Span)>,
    /// Why, in the words of whoever wrote it; empty where they gave no reason.
    pub reason: String,
    /// How far the comment reaches.
    pub scope: SilenceScope,
}

/// How far a silencing comment reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceScope {
    /// One logical line.
    Line,
    /// From a `disable` to its `enable`, or to the end of the block.
    Region,
    /// The whole file.
    File,
}

/// A rule: its page, the kinds it wants and its function.
pub struct Rule<D: Domain> {
    /// The public id, which is the folder's name.
    pub id: &'static str,
    /// The node kinds the function is called for.
    pub on: &'static [D::Kind],
    /// The function; `None` for rules that the engine itself reports.
    pub check: Option<Check<D>>,
    readme: &'static str,
    measured: &'static str,
    page: OnceLock<Page>,
}

/// The function of a rule.
pub type Check<D> = for<'d> fn(<D as Domain>::Node<'d>, &mut Cx<'d, D>);

impl<D: Domain> Rule<D> {
    /// A rule from its folder's parts.
    pub const fn new(
        id: &'static str,
        on: &'static [D::Kind],
        check: Option<Check<D>>,
        readme: &'static str,
        measured: &'static str,
    ) -> Rule<D> {
        Rule {
            id,
            on,
            check,
            readme,
            measured,
            page: OnceLock::new(),
        }
    }

    /// The rule's page, parsed on first use.
    pub fn page(&self) -> &Page {
        self.page
            .get_or_init(|| Page::of_rule(self.id, D::NAME, self.readme, self.measured))
    }
}

/// What a rule may ask and say while it looks at one node.
pub struct Cx<'d, D: Domain> {
    /// The document with its facts.
    pub document: &'d D::Document<'d>,
    /// The text.
    pub source: &'d Source,
    /// The user's choices.
    pub settings: &'d Settings,
    /// The rule that runs.
    pub rule: &'static Rule<D>,
    findings: Vec<Finding>,
}

impl<'d, D: Domain> Cx<'d, D> {
    /// A context for one document; the engine sets `rule` before each call.
    pub fn new(
        document: &'d D::Document<'d>,
        source: &'d Source,
        settings: &'d Settings,
        rule: &'static Rule<D>,
    ) -> Cx<'d, D> {
        Cx {
            document,
            source,
            settings,
            rule,
            findings: Vec::new(),
        }
    }

    /// A finding of this rule at `span` with the page's severity and confidence, to be filled in and
    /// given to [`Cx::report`].
    pub fn finding(&self, span: Span, message: impl Into<String>) -> Finding {
        let page = self.rule.page();
        Finding {
            rule: self.rule.id,
            domain: D::NAME,
            span,
            message: message.into(),
            suggestion: String::new(),
            label: String::new(),
            severity: page.severity,
            confidence: page.confidence,
            related: Vec::new(),
            cost: None,
            fix: None,
            run: None,
        }
    }

    /// Says it. A code cost without a curve gets the page's measured one, with what else its loop does.
    /// Says nothing where the change would be slower at the finding's own n.
    pub fn report(&mut self, mut finding: Finding) {
        if let Some(Cost::Code(cost)) = &mut finding.cost
            && cost.curve.is_none()
        {
            let measured = self.rule.page().measured();
            let pair = measured.pair(cost.shape, self.settings.target_version);
            cost.curve = pair.and_then(|pair| {
                let work = pair
                    .work_ns
                    .and_then(|_| D::work(self.document, finding.span));
                pair.curve(work)
            });
            if cost.ratio().is_some_and(|ratio| ratio < 1.0) {
                return;
            }
        }
        self.findings.push(finding);
    }

    /// The user's value for this rule's option `name`.
    pub fn option(&self, name: &str) -> Option<&'d OptionValue> {
        self.settings.option(self.rule.id, name)
    }

    /// All that was reported so far; the engine takes it at the end.
    pub fn take(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }
}
