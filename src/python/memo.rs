//! Facts that were asked for once and are kept.
//!
//! Tables are made on first use: most documents have no shape that asks.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::flow::Ways;
use crate::graph::Graph;
use crate::index::Index;
use crate::infer::Typed;
use crate::summary::FunctionSummary;
use crate::types::Type;

/// A type that is being found, or was.
#[derive(Clone, Debug)]
pub(crate) enum Progress<T> {
    /// Being found: asking again means that it depends on itself.
    Open,
    /// Found.
    Done(T),
}

#[derive(Debug, Default)]
pub(crate) struct Memo<'d> {
    /// Where control goes after a statement, by node.
    pub ways: RefCell<FxHashMap<u32, Ways>>,
    /// Graphs by frame.
    pub graphs: RefCell<FxHashMap<u32, Rc<Graph>>>,
    /// Bindings that reach a use.
    pub reaching: RefCell<FxHashMap<u32, Box<[u32]>>>,
    /// Types by node.
    pub types: RefCell<FxHashMap<u32, Progress<Typed>>>,
    /// Types that all bindings of a symbol together give.
    pub symbols: RefCell<FxHashMap<u32, Progress<Typed>>>,
    /// Summaries by function.
    pub summaries: RefCell<FxHashMap<u32, Progress<Rc<FunctionSummary>>>>,
    /// Functions that were asked about while they were being looked at.
    pub recursive: RefCell<FxHashSet<u32>>,
    /// What classes of the module are to the tables, by class.
    pub bases: RefCell<FxHashMap<u32, Option<Type>>>,
    /// How many functions inside one another are being looked at.
    pub calls: Cell<u32>,
    /// Attributes by name.
    pub attributes: OnceCell<FxHashMap<&'d str, Vec<u32>>>,
    /// Modules that are imported anywhere.
    pub imports: OnceCell<Vec<&'d str>>,
    /// Whether the file is one of tests.
    pub of_tests: OnceCell<bool>,
    /// Names that somebody asked whether the file uses them, with the answers.
    pub asked: RefCell<Vec<(String, bool)>>,
    /// How deep the search for a type is.
    pub depth: Cell<u32>,
    /// How many expressions it may still look at.
    pub fuel: Cell<u32>,
    /// Whether it met a type that it is just finding.
    pub tainted: Cell<bool>,
}

impl<'d> Memo<'d> {
    pub(crate) fn new(_: &Index<'d>) -> Memo<'d> {
        Memo::default()
    }
}
