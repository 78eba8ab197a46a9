//! Loops of all kinds as one thing.
//!
//! Knows `for`, `while`, `async for`, the clauses of comprehensions, key functions and mapped lambdas, and which
//! parts of each run once. Does not know how often a loop runs: that is `size`.

use std::fmt;

use looplint_model::Span;
use ruff_python_ast::Expr;

use crate::document::Document;
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::Symbol;

/// What repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoopKind {
    /// A `for` statement.
    For,
    /// An `async for` statement.
    AsyncFor,
    /// A `while` statement; its condition is in the loop.
    While,
    /// One `for` of a comprehension or generator expression.
    Clause,
    /// One `async for` of a comprehension.
    AsyncClause,
    /// The `key=lambda` of `sorted`, `min`, `max`, `.sort` and their like, called once per item.
    KeyFunction,
    /// The lambda of `map`, `filter`, `reduce` and their like.
    MappedLambda,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct LoopData<'d> {
    pub kind: LoopKind,
    pub node: u32,
    pub parent: u32,
    pub target: Option<&'d Expr>,
    pub iterable: Option<&'d Expr>,
    pub header: Span,
    pub body: Span,
}

/// A loop of the document.
#[derive(Clone, Copy)]
pub struct Loop<'d> {
    pub(crate) id: u32,
    pub(crate) document: &'d Document<'d>,
}

impl<'d> Loop<'d> {
    fn data(self) -> &'d LoopData<'d> {
        &self.document.index.loops[self.id as usize]
    }

    /// What repeats.
    pub fn kind(self) -> LoopKind {
        self.data().kind
    }

    /// The statement, comprehension clause or lambda.
    pub fn node(self) -> Node<'d> {
        self.document.at(self.data().node)
    }

    /// The text to point at: `for x in xs`, `while x`, `sorted`.
    pub fn span(self) -> Span {
        self.data().header
    }

    /// The text that runs once per iteration, without the header.
    pub fn body(self) -> Span {
        self.data().body
    }

    /// What is bound per iteration: the target of a `for`.
    pub fn target(self) -> Option<Node<'d>> {
        self.data().target.map(|target| self.document.node(target))
    }

    /// Whether each iteration gives this name a value: the target's, or the parameter of a function that is called for each
    /// item.
    pub fn gives(self, symbol: Symbol<'d>) -> bool {
        match self.target() {
            Some(target) => target.subtree().any(|part| part.symbol() == Some(symbol)),
            None => self.node().kind() == Kind::Lambda && symbol.owner() == self.node(),
        }
    }

    /// What is iterated; evaluated once, before the loop. None for `while`.
    pub fn iterable(self) -> Option<Node<'d>> {
        self.data()
            .iterable
            .map(|iterable| self.document.node(iterable))
    }

    /// The loop around it in the same function.
    pub fn parent(self) -> Option<Loop<'d>> {
        self.document.loop_at(self.data().parent)
    }

    /// Whether `node` runs once per iteration of this loop. The iterable of a `for`, an `else` arm and a nested
    /// function do not.
    pub fn repeats(self, node: Node<'d>) -> bool {
        node.all_loops().any(|each| each == self)
    }

    /// Whether this loop is part of a comprehension or generator expression.
    pub fn is_clause(self) -> bool {
        matches!(self.kind(), LoopKind::Clause | LoopKind::AsyncClause)
    }

    /// The statement of the loop, or the comprehension or call that it is a part of: what a hoisted line goes before.
    pub fn whole(self) -> Node<'d> {
        let node = self.node();
        match self.kind() {
            LoopKind::For | LoopKind::AsyncFor | LoopKind::While => node,
            LoopKind::Clause | LoopKind::AsyncClause => node.parent().unwrap_or(node),
            LoopKind::KeyFunction | LoopKind::MappedLambda => node
                .ancestors()
                .find(|above| above.kind() == crate::Kind::Call)
                .unwrap_or(node),
        }
    }
}

impl PartialEq for Loop<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Loop<'_> {}

impl fmt::Debug for Loop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?}({})",
            self.kind(),
            self.document.source.slice(self.span())
        )
    }
}
