//! Scopes, symbols, bindings and uses.
//!
//! Knows Python's rules of what a name refers to. Does not know what values the names have.

use std::fmt;

use looplint_model::Span;

use crate::document::Document;
use crate::index::NONE;
use crate::node::Node;

/// What opens a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// The module.
    Module,
    /// A class body.
    Class,
    /// A `def`.
    Function,
    /// A lambda.
    Lambda,
    /// A comprehension or generator expression.
    Comprehension,
}

/// How a name gets a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindingKind {
    /// `x = value`, also with an annotation or inside a tuple of targets.
    Assigned,
    /// `x: T` without a value.
    Declared,
    /// `x += value`.
    Augmented,
    /// `for x in ..`, in statements and comprehensions.
    Loop,
    /// `with .. as x`.
    With,
    /// `x := value`.
    Named,
    /// `import x`, `from m import x`.
    Imported,
    /// `def x`.
    Function,
    /// `class x`.
    Class,
    /// A parameter.
    Parameter,
    /// `*x` among the parameters.
    Rest,
    /// `**x` among the parameters.
    Keywords,
    /// `except .. as x`.
    Caught,
    /// A capture in a `case`.
    Captured,
    /// A type parameter.
    TypeParameter,
    /// `type x = ..`.
    TypeAlias,
    /// `del x`.
    Deleted,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ScopeData {
    pub kind: ScopeKind,
    pub node: u32,
    pub parent: u32,
    /// First and one past the last symbol that the scope owns.
    pub symbols: (u32, u32),
    pub is_generator: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SymbolData<'d> {
    pub name: &'d str,
    pub name_id: u32,
    pub scope: u32,
    pub bindings: u32,
    pub uses: u32,
    /// Used or bound in a function or lambda inside its scope.
    pub captured: bool,
    /// Bound by an inner scope through `nonlocal`.
    pub written_elsewhere: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct BindingData {
    pub symbol: u32,
    pub kind: BindingKind,
    pub target: u32,
    pub owner: u32,
    pub next: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct UseData {
    pub node: u32,
    pub next: u32,
}

/// A name in the scope that owns it. A name that is bound nowhere in the module belongs to the module too.
#[derive(Clone, Copy)]
pub struct Symbol<'d> {
    pub(crate) id: u32,
    pub(crate) document: &'d Document<'d>,
}

/// One place that gives a symbol a value.
#[derive(Clone, Copy)]
pub struct Binding<'d> {
    pub(crate) id: u32,
    pub(crate) document: &'d Document<'d>,
}

impl<'d> Document<'d> {
    /// All names in all scopes.
    pub(crate) fn symbols(&'d self) -> impl Iterator<Item = Symbol<'d>> {
        (0..self.index.symbols.len() as u32).map(|id| Symbol { id, document: self })
    }

    /// The names that a scope itself owns.
    pub(crate) fn symbols_of(&'d self, scope: u32) -> impl Iterator<Item = Symbol<'d>> {
        let data = self.index.scopes.get(scope as usize);
        let (first, end) = data.map_or((0, 0), |data| data.symbols);
        (first..end).map(|id| Symbol { id, document: self })
    }
}

impl<'d> Symbol<'d> {
    /// A number for its name: the same name, the same number.
    pub(crate) fn name_id(self) -> u32 {
        self.data().name_id
    }

    fn data(self) -> &'d SymbolData<'d> {
        &self.document.index.symbols[self.id as usize]
    }

    /// The name.
    pub fn name(self) -> &'d str {
        self.data().name
    }

    /// What kind of scope owns it.
    pub fn scope_kind(self) -> ScopeKind {
        self.document.index.scopes[self.data().scope as usize].kind
    }

    /// The function, lambda, class, comprehension or module that owns it.
    pub fn owner(self) -> Node<'d> {
        let scope = &self.document.index.scopes[self.data().scope as usize];
        self.document.at(scope.node)
    }

    /// Whether a function or lambda inside its scope uses or binds it: then its value may change during any call.
    pub fn is_captured(self) -> bool {
        self.data().captured
    }

    /// Whether a function inside its scope binds it through `nonlocal` or `global`.
    pub fn is_written_elsewhere(self) -> bool {
        self.data().written_elsewhere
    }

    /// Whether nothing in the module binds it: a builtin, a name from `import *`, or a mistake.
    pub fn is_unbound(self) -> bool {
        self.data().bindings == NONE
    }

    /// All places that give it a value, in the order of the text.
    pub fn bindings(self) -> impl Iterator<Item = Binding<'d>> {
        let document = self.document;
        let mut at = self.data().bindings;
        std::iter::from_fn(move || {
            let data = document.index.bindings.get(at as usize)?;
            let binding = Binding { id: at, document };
            at = data.next;
            Some(binding)
        })
    }

    /// All places that read it, in the order of the text; `x += 1` and `del x` read it too.
    pub fn uses(self) -> impl Iterator<Item = Node<'d>> {
        let document = self.document;
        let mut at = self.data().uses;
        std::iter::from_fn(move || {
            let data = document.index.uses.get(at as usize)?;
            at = data.next;
            Some(document.at(data.node))
        })
    }

    /// The only binding, where there is just one.
    pub fn single_binding(self) -> Option<Binding<'d>> {
        let mut bindings = self.bindings();
        let first = bindings.next()?;
        bindings.next().is_none().then_some(first)
    }
}

impl PartialEq for Symbol<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Symbol<'_> {}

impl fmt::Debug for Symbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name(), self.id)
    }
}

impl<'d> Binding<'d> {
    fn data(self) -> &'d BindingData {
        &self.document.index.bindings[self.id as usize]
    }

    /// How the value comes.
    pub fn kind(self) -> BindingKind {
        self.data().kind
    }

    /// The symbol that gets the value.
    pub fn symbol(self) -> Symbol<'d> {
        Symbol {
            id: self.data().symbol,
            document: self.document,
        }
    }

    /// The name, parameter, definition, import or handler that is bound.
    pub fn target(self) -> Node<'d> {
        self.document.at(self.data().target)
    }

    /// The statement, clause or `with` item that binds it.
    pub fn owner(self) -> Node<'d> {
        self.document.at(self.data().owner)
    }

    /// The text to point at: the target and what it gets.
    pub fn span(self) -> Span {
        let (target, owner) = (self.target(), self.owner());
        match self.kind() {
            BindingKind::Assigned
            | BindingKind::Augmented
            | BindingKind::Named
            | BindingKind::Declared => owner.span(),
            BindingKind::Function | BindingKind::Class => owner.header_span(),
            _ => target.span(),
        }
    }
}

impl PartialEq for Binding<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Binding<'_> {}

impl fmt::Debug for Binding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind(), self.symbol().name())
    }
}
