//! A parsed source with its facts.
//!
//! Knows how the tables fit together. Facts that only a fired shape needs are found on demand and kept.

use looplint_model::{Problem, Settings, Source};
use ruff_python_ast::token::Tokens;
use ruff_python_ast::{HasNodeIndex, ModModule};

use crate::index::{Index, index};
use crate::kind::Kind;
use crate::loops::Loop;
use crate::memo::Memo;
use crate::node::Node;

/// A parsed source with its facts.
#[derive(Debug)]
pub struct Document<'d> {
    /// The text.
    pub source: &'d Source,
    /// The user's choices.
    pub settings: &'d Settings,
    pub(crate) tokens: &'d Tokens,
    pub(crate) index: Index<'d>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) memo: Memo<'d>,
}

impl<'d> Document<'d> {
    pub(crate) fn new(
        source: &'d Source,
        settings: &'d Settings,
        module: &'d ModModule,
        tokens: &'d Tokens,
        problems: Vec<Problem>,
    ) -> Document<'d> {
        let index = index(module, source.text.len());
        let memo = Memo::new(&index);
        Document {
            source,
            settings,
            tokens,
            index,
            problems,
            memo,
        }
    }

    /// The node with this number.
    pub(crate) fn at(&'d self, id: u32) -> Node<'d> {
        Node { id, document: self }
    }

    pub(crate) fn loop_at(&'d self, id: u32) -> Option<Loop<'d>> {
        ((id as usize) < self.index.loops.len()).then_some(Loop { id, document: self })
    }

    /// The node of a part of the syntax tree. Parts without a node of their own give the module.
    pub fn node(&'d self, part: &(impl HasNodeIndex + ?Sized)) -> Node<'d> {
        let id = part.node_index().load().as_u32().unwrap_or(0);
        self.at(id)
    }

    /// The module: the first node, around all others.
    pub fn module(&'d self) -> Node<'d> {
        self.at(0)
    }

    /// All nodes, in the order of the text.
    pub fn nodes(&'d self) -> impl Iterator<Item = Node<'d>> {
        (0..self.index.nodes.len() as u32).map(|id| self.at(id))
    }

    /// All nodes of one kind, in the order of the text.
    pub fn of_kind(&'d self, kind: Kind) -> impl Iterator<Item = Node<'d>> {
        self.nodes().filter(move |node| node.kind() == kind)
    }

    /// All loops, outer before inner.
    pub fn loops(&'d self) -> impl Iterator<Item = Loop<'d>> {
        (0..self.index.loops.len() as u32).map(|id| Loop { id, document: self })
    }
}
