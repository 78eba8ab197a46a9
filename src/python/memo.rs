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
use crate::narrow::Guard;
use crate::summary::FunctionSummary;
use crate::tables::Fact;
use crate::types::Type;

/// What is kept of each node, or of each symbol, by its number: one lookup, where a map of as many entries would
/// spend more on its own keeping than most questions take.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    /// [`UNASKED`], [`OPEN`] and a depth, or one more than the place in `found`; empty until something is asked.
    at: Vec<u32>,
    found: Vec<T>,
}

const UNASKED: u32 = 0;
const OPEN: u32 = 1 << 31;

/// Where a question stands.
pub(crate) enum Asked<T> {
    /// Being found, at this depth: asking again means that the answer rests on itself.
    Open(u32),
    /// Found.
    Found(T),
}

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots {
            at: Vec::new(),
            found: Vec::new(),
        }
    }
}

impl<T> Slots<T> {
    /// What is kept under `id`.
    pub(crate) fn get(&self, id: u32) -> Option<Asked<&T>> {
        match *self.at.get(id as usize)? {
            UNASKED => None,
            open if open & OPEN != 0 => Some(Asked::Open(open & !OPEN)),
            place => Some(Asked::Found(&self.found[place as usize - 1])),
        }
    }

    /// Says that `id`, one of `n`, is being found.
    pub(crate) fn open(&mut self, id: u32, depth: u32, n: usize) {
        self.set(id, OPEN | depth, n);
    }

    /// Keeps what was found under `id`, one of `n`.
    pub(crate) fn keep(&mut self, id: u32, found: T, n: usize) {
        self.set(id, self.found.len() as u32 + 1, n);
        self.found.push(found);
    }

    fn set(&mut self, id: u32, to: u32, n: usize) {
        if self.at.is_empty() {
            self.at = vec![UNASKED; n];
        }
        self.at[id as usize] = to;
    }

    /// Forgets that an `id` was being found.
    pub(crate) fn forget(&mut self, id: u32) {
        self.at[id as usize] = UNASKED;
    }
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
    pub types: RefCell<Slots<Typed>>,
    /// Types that functions give, by function.
    pub returned: RefCell<Slots<Typed>>,
    /// What the tables say of a call, by node.
    pub facts: RefCell<Slots<Option<&'static Fact>>>,
    /// Types that all bindings of a symbol together give.
    pub symbols: RefCell<Slots<Typed>>,
    /// Uses that conditions are about, by symbol.
    pub guards: RefCell<FxHashMap<u32, Rc<[Guard<'d>]>>>,
    /// Summaries by function.
    pub summaries: RefCell<Slots<Rc<FunctionSummary>>>,
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
    /// Whether the file is one of a Django project.
    pub of_django: OnceCell<bool>,
    /// Whether the file is one of tests.
    pub of_tests: OnceCell<bool>,
    /// Whether its searches are among few, by what it is for.
    pub sees_little: OnceCell<bool>,
    /// Names that somebody asked whether the file uses them, with the answers.
    pub asked: RefCell<Vec<(String, bool)>>,
    /// How deep the search for a type is.
    pub depth: Cell<u32>,
    /// How many expressions it may still look at.
    pub fuel: Cell<u32>,
    /// The outermost type still being found that the running search met: what rests on it holds only inside of it.
    rests_on: Cell<u32>,
}

/// Expressions looked at for one question, at most.
const FUEL: u32 = 4_000;

impl<'d> Memo<'d> {
    pub(crate) fn new(_: &Index<'d>) -> Memo<'d> {
        Memo::default()
    }

    /// Begins a question for a type, unless it is part of another.
    pub(crate) fn begin(&self) {
        if self.depth.get() == 0 {
            self.fuel.set(FUEL);
        }
    }

    /// Notes that the running search met the type that is being found at this depth.
    pub(crate) fn meet(&self, depth: u32) {
        self.rests_on.set(self.rests_on.get().min(depth));
    }

    /// Runs `find` one level deeper, and tells whether what it found holds for every question: what met a type that
    /// is being found further out is half an answer.
    pub(crate) fn deeper<T>(&self, find: impl FnOnce() -> T) -> (T, bool) {
        let depth = self.depth.get();
        let outer = self.rests_on.replace(u32::MAX);
        self.depth.set(depth + 1);
        let found = find();
        self.depth.set(depth);
        let met = self.rests_on.get();
        let is_whole = met >= depth;
        self.rests_on
            .set(if is_whole { outer } else { outer.min(met) });
        (found, is_whole)
    }
}
