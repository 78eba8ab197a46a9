//! A place in a document, and the ways to move from it.
//!
//! Knows parents, statements, functions and names. The questions that rules ask of a place live in files of
//! their own (`loops`, `flow`, `infer`, `size`, `invariant`, `cost`) as further methods of [`Node`].

use std::fmt;

use looplint_model::Span;
use ruff_python_ast::{self as ast, AnyNodeRef, ExprRef, HasNodeIndex};
use ruff_text_size::Ranged;

use crate::document::Document;
use crate::index::{NONE, span};
use crate::kind::Kind;
use crate::loops::Loop;
use crate::scope::{ScopeKind, Symbol};

/// One place in a document. Small and free to copy.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub(crate) id: u32,
    pub(crate) document: &'d Document<'d>,
}

impl<'d> Node<'d> {
    pub(crate) fn data(self) -> &'d crate::index::NodeData<'d> {
        &self.document.index.nodes[self.id as usize]
    }

    /// The document.
    pub fn document(self) -> &'d Document<'d> {
        self.document
    }

    /// Its number: rising in pre-order, below the number of nodes.
    pub fn id(self) -> u32 {
        self.id
    }

    /// The syntax.
    pub fn ast(self) -> AnyNodeRef<'d> {
        self.data().ast
    }

    /// The syntax, where it is an expression.
    pub fn expr(self) -> Option<ExprRef<'d>> {
        self.ast().as_expr_ref()
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.data().kind
    }

    /// The node of a part of the syntax: `node.at(&call.func)`.
    pub fn at(self, part: &(impl HasNodeIndex + ?Sized)) -> Node<'d> {
        self.document.node(part)
    }

    /// The text it covers.
    pub fn span(self) -> Span {
        span(self.ast())
    }

    /// Its source text, as written.
    pub fn source(self) -> &'d str {
        self.document.source.slice(self.span())
    }

    /// The first line of a definition or a compound statement, up to its body.
    pub fn header_span(self) -> Span {
        let whole = self.span();
        let end = match self.ast() {
            AnyNodeRef::StmtFunctionDef(each) => span(&each.name).end,
            AnyNodeRef::StmtClassDef(each) => span(&each.name).end,
            AnyNodeRef::StmtFor(each) => span(&*each.iter).end,
            AnyNodeRef::StmtWhile(each) => span(&*each.test).end,
            AnyNodeRef::StmtIf(each) => span(&*each.test).end,
            _ => return whole,
        };
        let start = match self.ast() {
            // Decorators belong to the range.
            AnyNodeRef::StmtFunctionDef(each) => each
                .decorator_list
                .last()
                .map_or(whole.start, |last| last.end().to_u32()),
            AnyNodeRef::StmtClassDef(each) => each
                .decorator_list
                .last()
                .map_or(whole.start, |last| last.end().to_u32()),
            _ => whole.start,
        };
        let blank = self.document.source.text[start as usize..]
            .bytes()
            .take_while(u8::is_ascii_whitespace)
            .count();
        Span::new((start + blank as u32).min(end), end)
    }

    /// The node around it; none for the module.
    pub fn parent(self) -> Option<Node<'d>> {
        let parent = self.data().parent;
        (parent != NONE).then(|| self.document.at(parent))
    }

    /// The nodes around it, innermost first.
    pub fn ancestors(self) -> impl Iterator<Item = Node<'d>> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// Whether `other` is this node or inside of it.
    pub fn contains(self, other: Node<'d>) -> bool {
        self.id <= other.id && other.id < self.data().end
    }

    /// This node and all inside of it, in pre-order.
    pub fn subtree(self) -> impl Iterator<Item = Node<'d>> {
        let document = self.document;
        (self.id..self.data().end).map(move |id| document.at(id))
    }

    /// The nodes directly inside of it, in the order of the text.
    pub fn children(self) -> impl Iterator<Item = Node<'d>> {
        let document = self.document;
        let end = self.data().end;
        let mut next = self.id + 1;
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let child = document.at(next);
            next = child.data().end;
            Some(child)
        })
    }

    /// The statement that it is or is part of. For a part of an `if` or `for` header that is the whole statement.
    pub fn statement(self) -> Node<'d> {
        if self.ast().is_statement() {
            return self;
        }
        self.ancestors()
            .find(|node| node.ast().is_statement())
            .unwrap_or(self)
    }

    /// The `def` whose body it is in. Decorators and defaults of a `def` are outside of it.
    pub fn function(self) -> Option<Node<'d>> {
        let mut scope = self.data().scope;
        while let Some(data) = self.document.index.scopes.get(scope as usize) {
            match data.kind {
                ScopeKind::Function => return Some(self.document.at(data.node)),
                ScopeKind::Class | ScopeKind::Module => return None,
                ScopeKind::Lambda | ScopeKind::Comprehension => scope = data.parent,
            }
        }
        None
    }

    /// The class whose body it is in, also through the methods of the class.
    pub fn class(self) -> Option<Node<'d>> {
        let mut scope = self.data().scope;
        while let Some(data) = self.document.index.scopes.get(scope as usize) {
            if data.kind == ScopeKind::Class {
                return Some(self.document.at(data.node));
            }
            scope = data.parent;
        }
        None
    }

    /// The function, lambda or module whose code it is: what runs as one.
    pub fn frame(self) -> Node<'d> {
        let mut scope = self.data().scope;
        while let Some(data) = self.document.index.scopes.get(scope as usize) {
            match data.kind {
                ScopeKind::Function | ScopeKind::Lambda | ScopeKind::Module => break,
                ScopeKind::Class | ScopeKind::Comprehension => scope = data.parent,
            }
        }
        match self.document.index.scopes.get(scope as usize) {
            Some(data) => self.document.at(data.node),
            None => self.document.at(0),
        }
    }

    /// What a name or parameter refers to.
    pub fn symbol(self) -> Option<Symbol<'d>> {
        if !matches!(self.kind(), Kind::Name | Kind::Parameter) {
            return None;
        }
        let id = self.data().extra;
        (id != NONE).then_some(Symbol {
            id,
            document: self.document,
        })
    }

    /// The innermost name that a chain of attributes, subscripts and calls begins with: `a` of `a.b[c].d()`.
    pub fn root(self) -> Node<'d> {
        let mut node = self;
        loop {
            node = match node.ast() {
                AnyNodeRef::ExprAttribute(each) => node.at(&*each.value),
                AnyNodeRef::ExprSubscript(each) => node.at(&*each.value),
                AnyNodeRef::ExprCall(each) => node.at(&*each.func),
                AnyNodeRef::ExprStarred(each) => node.at(&*each.value),
                AnyNodeRef::ExprAwait(each) => node.at(&*each.value),
                _ => return node,
            };
        }
    }

    /// The name, or that of the attribute: `c` of `a.b.c`; empty for anything else.
    pub(crate) fn last_name(self) -> &'d str {
        match self.ast() {
            AnyNodeRef::ExprName(name) => name.id.as_str(),
            AnyNodeRef::ExprAttribute(each) => each.attr.as_str(),
            _ => "",
        }
    }

    /// The innermost loop that runs it once per iteration, inside its function.
    pub fn innermost_loop(self) -> Option<Loop<'d>> {
        self.document.loop_at(self.data().innermost)
    }

    /// All loops that run it once per iteration, innermost first, up to the border of its function or lambda.
    /// Whether it really runs more than once is asked by [`Node::loops`].
    pub fn all_loops(self) -> impl Iterator<Item = Loop<'d>> {
        std::iter::successors(self.innermost_loop(), |each| each.parent())
    }

    /// The name of a method call and its receiver: `xs` and `append` for `xs.append(1)`.
    pub fn method(self) -> Option<(Node<'d>, &'d str)> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return None;
        };
        let ast::Expr::Attribute(attribute) = &*call.func else {
            return None;
        };
        Some((self.at(&*attribute.value), attribute.attr.as_str()))
    }

    /// A call's positional argument number `at`, or its keyword argument `name`.
    /// None where a `*` comes before.
    pub fn argument(self, at: usize, name: &str) -> Option<Node<'d>> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return None;
        };
        let before = call.arguments.args.iter().take(at + 1);
        let positional = if before.clone().any(ast::Expr::is_starred_expr) {
            None
        } else {
            before.clone().nth(at)
        };
        let named = || {
            (!name.is_empty())
                .then(|| call.arguments.find_keyword(name))
                .flatten()
                .map(|each| &each.value)
        };
        positional.or_else(named).map(|value| self.at(value))
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.document, other.document)
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind(), self.source())
    }
}
