//! The one traversal: gives every node its number, parent, scope and loop, and every name its bindings.
//!
//! Knows the order in which Python evaluates things and which parts of a loop run once.
//! Does not know types or flow.

mod expressions;
mod names;
mod statements;

use looplint_model::Span;
use ruff_python_ast::{self as ast, AnyNodeRef, HasNodeIndex, NodeIndex, Stmt};
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;

use crate::kind::Kind;
use crate::loops::LoopData;
use crate::scope::{BindingData, ScopeData, ScopeKind, SymbolData, UseData};

/// No node, scope, loop, symbol, binding or use.
pub(crate) const NONE: u32 = u32::MAX;

/// A node's row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeData<'d> {
    pub ast: AnyNodeRef<'d>,
    pub kind: Kind,
    pub parent: u32,
    /// One past the last node of the subtree; numbers are given in pre-order.
    pub end: u32,
    /// The scope that names in it are looked up in.
    pub scope: u32,
    /// The innermost loop that runs it once per iteration, inside its function.
    pub innermost: u32,
    /// Names and parameters: their symbol. Functions, lambdas, classes, comprehensions: the scope they open.
    pub extra: u32,
}

/// Everything that the traversal finds.
#[derive(Debug, Default)]
pub(crate) struct Index<'d> {
    pub nodes: Vec<NodeData<'d>>,
    pub scopes: Vec<ScopeData>,
    pub symbols: Vec<SymbolData<'d>>,
    pub bindings: Vec<BindingData>,
    pub uses: Vec<UseData>,
    pub loops: Vec<LoopData<'d>>,
    /// Nodes of `from m import *`.
    pub stars: Vec<u32>,
    /// All `return` and `yield` nodes are found by their function's scope.
    pub returns: Vec<(u32, u32)>,
    pub names: FxHashMap<&'d str, u32>,
}

pub(crate) fn span(range: impl Ranged) -> Span {
    let range = range.range();
    Span::new(range.start().to_u32(), range.end().to_u32())
}

/// Walks `module`.
pub(crate) fn index<'d>(module: &'d ast::ModModule, bytes: usize) -> Index<'d> {
    let mut builder = Builder {
        out: Index {
            nodes: Vec::with_capacity(bytes / 8 + 16),
            ..Index::default()
        },
        parent: NONE,
        scope: NONE,
        innermost: NONE,
        open: Vec::new(),
        spare: Vec::new(),
    };
    builder.module(module);
    builder.out
}

struct Builder<'d> {
    out: Index<'d>,
    parent: u32,
    scope: u32,
    innermost: u32,
    open: Vec<OpenScope>,
    /// Tables of closed scopes, used again.
    spare: Vec<FxHashMap<u32, Entry>>,
}

struct OpenScope {
    id: u32,
    kind: ScopeKind,
    entries: FxHashMap<u32, Entry>,
}

/// What a scope knows of a name until it closes. The lists are linked through `next`.
#[derive(Clone, Copy)]
struct Entry {
    bindings: List,
    /// Bindings by inner scopes that said `nonlocal`.
    outer_bindings: List,
    uses: List,
    global: bool,
    nonlocal: bool,
    captured: bool,
}

#[derive(Clone, Copy)]
struct List {
    first: u32,
    last: u32,
}

const EMPTY: List = List {
    first: NONE,
    last: NONE,
};

impl Default for Entry {
    fn default() -> Entry {
        Entry {
            bindings: EMPTY,
            outer_bindings: EMPTY,
            uses: EMPTY,
            global: false,
            nonlocal: false,
            captured: false,
        }
    }
}

fn append(list: &mut List, more: List, link: &mut dyn FnMut(u32, u32)) {
    if more.first == NONE {
        return;
    }
    if list.first == NONE {
        *list = more;
    } else {
        link(list.last, more.first);
        list.last = more.last;
    }
}

impl<'d> Builder<'d> {
    fn module(&mut self, module: &'d ast::ModModule) {
        let id = self.add(AnyNodeRef::ModModule(module));
        let scope = self.open_scope(ScopeKind::Module, id);
        self.out.nodes[id as usize].extra = scope;
        self.out.nodes[id as usize].scope = scope;
        let outer = std::mem::replace(&mut self.parent, id);
        self.body(&module.body);
        self.parent = outer;
        self.finish(id);
        self.close_scope();
        self.mark_symbols();
    }

    fn add(&mut self, ast: AnyNodeRef<'d>) -> u32 {
        let id = self.out.nodes.len() as u32;
        ast.node_index().set(NodeIndex::from(id));
        self.out.nodes.push(NodeData {
            ast,
            kind: Kind::of(ast),
            parent: self.parent,
            end: id + 1,
            scope: self.scope,
            innermost: self.innermost,
            extra: NONE,
        });
        id
    }

    fn finish(&mut self, id: u32) {
        self.out.nodes[id as usize].end = self.out.nodes.len() as u32;
    }

    fn inside(&mut self, ast: AnyNodeRef<'d>, children: impl FnOnce(&mut Self, u32)) {
        let id = self.add(ast);
        let outer = std::mem::replace(&mut self.parent, id);
        children(self, id);
        self.parent = outer;
        self.finish(id);
    }

    fn in_loop(&mut self, innermost: u32, children: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.innermost, innermost);
        children(self);
        self.innermost = outer;
    }

    fn in_scope(&mut self, kind: ScopeKind, node: u32, children: impl FnOnce(&mut Self)) {
        let scope = self.open_scope(kind, node);
        self.out.nodes[node as usize].extra = scope;
        children(self);
        self.close_scope();
    }
}

fn body_span(body: &[Stmt], whole: Span) -> Span {
    match (body.first(), body.last()) {
        (Some(first), Some(last)) => span(first).cover(span(last)),
        _ => whole,
    }
}
