//! What a Python value can be, as far as the cost of loops depends on it.
//!
//! A [`Type`] is a small value: cheap to clone, compared by structure, shown as Python writes it and read back
//! from that text. Knows how types join, what they give when iterated, subscripted or unpacked, and what `in` costs.
//! Does not know syntax, scopes or where a type was proven; `tables` knows what calls return.

mod annotation;
mod certain;
mod display;
mod operators;
mod questions;

use std::sync::Arc;

pub use certain::Proof;
pub use operators::Operator;
pub use questions::{InCost, Index};

/// A name that is cheap to clone.
pub type Name = Arc<str>;

/// The type inside another.
pub type Of = Arc<Type>;

/// The two types inside another: keys and values.
pub type Pair = Arc<(Type, Type)>;

/// Most alternatives that a union keeps; one more makes the whole [`Type::Unknown`].
pub const ALTERNATIVES_MAX: usize = 6;

/// Deepest nesting that [`Type::join`] keeps, so that `x = [x]` in a loop comes to rest.
pub const NESTING_MAX: usize = 5;

/// What a Python value can be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Type {
    /// Nothing is known.
    #[default]
    Unknown,
    /// No value at all: what a function gives that never returns. The identity of [`Type::join`].
    Never,
    /// `None`.
    None,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// Some number: complex, `Decimal`, `Fraction`, a numpy scalar, or one of unknown kind.
    Number,
    /// `str`.
    Str,
    /// `bytes`.
    Bytes,
    /// `bytearray`.
    ByteArray,
    /// `list`.
    List(Of),
    /// `set`.
    Set(Of),
    /// `frozenset`.
    FrozenSet(Of),
    /// `collections.deque`.
    Deque(Of),
    /// `dict` and its well-known subclasses.
    Dict(DictKind, Pair),
    /// A tuple whose items are each known.
    Tuple(Arc<[Type]>),
    /// A tuple of unknown length.
    TupleOf(Of),
    /// `range`.
    Range,
    /// A generator or another iterator: once through, no length.
    Iterator(Of),
    /// An asynchronous generator or iterator.
    AsyncIterator(Of),
    /// A coroutine, task or future, by what `await` gives.
    Awaitable(Of),
    /// `dict.keys()`.
    Keys(Of),
    /// `dict.values()`.
    Values(Of),
    /// `dict.items()`.
    Items(Pair),
    /// Annotated only as something to iterate.
    Iterable(Of),
    /// Annotated only as something to iterate, measure and ask `in`.
    Collection(Of),
    /// Annotated as a sequence: mostly a list or a tuple.
    Sequence(Of),
    /// Annotated as a mapping.
    Mapping(Pair),
    /// Annotated as a set of some kind.
    AbstractSet(Of),
    /// A compiled regular expression, by the text it reads.
    Pattern(Of),
    /// A match of a regular expression, by the text it holds.
    Match(Of),
    /// An open file, by what a line of it is.
    File(Of),
    /// `pathlib.Path`.
    Path,
    /// `numpy.ndarray`.
    Array,
    /// `pandas.DataFrame`.
    Frame,
    /// `pandas.Series`, or an index of a frame.
    Series,
    /// A row of a Django model, by the model's name.
    Model(Name),
    /// A Django model class.
    ModelClass(Name),
    /// A Django query set, by the type of its rows.
    QuerySet(Of),
    /// A Django manager, by the type of its rows.
    Manager(Of),
    /// A DB-API cursor.
    Cursor,
    /// A DB-API connection.
    Connection,
    /// A SQLAlchemy session.
    Session,
    /// A SQLAlchemy engine.
    Engine,
    /// A session of an HTTP library that waits for each answer.
    HttpSession,
    /// An instance of a library's class, by its qualified name.
    Object(Name),
    /// Something that can be called, by what it returns.
    Callable(Of),
    /// A function defined in the module.
    Function(Local),
    /// A method not yet called, with its receiver: `append` in `append = out.append`.
    Method(Arc<(Type, Name)>),
    /// A function or class of a library, by its qualified name.
    Library(Name),
    /// A module, by its qualified name.
    Module(Name),
    /// A class defined in the module.
    Class(Local),
    /// An instance of a class defined in the module.
    Instance(Local),
    /// One of several; never nested, never with [`Type::Unknown`] or [`Type::Never`] among them.
    Union(Arc<[Type]>),
    /// A hole in a row of the tables, filled at each call.
    Var(Var),
}

/// Something defined in the module, by number; the name is for people.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Local {
    /// The number that whoever builds the module's facts gave it.
    pub id: u32,
    /// Its name in the module.
    pub name: Name,
}

/// Which dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DictKind {
    /// `dict`.
    Plain,
    /// `collections.defaultdict`: reading makes entries.
    Default,
    /// `collections.Counter`.
    Counter,
    /// `collections.OrderedDict`.
    Ordered,
}

/// A hole in a row of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Var {
    /// The receiver.
    Receiver,
    /// What the receiver gives when iterated; for files, patterns and matches the text they deal in.
    Element,
    /// The receiver's keys.
    Key,
    /// The receiver's values.
    Value,
    /// A positional argument, from 0.
    Argument(u8),
    /// What a positional argument gives when iterated.
    ElementOf(u8),
    /// What the elements of a positional argument give when iterated.
    ElementOfElement(u8),
    /// The text that a positional argument is or deals in: `bytes` where it is `bytes`, else `str`.
    TextOf(u8),
    /// The keys of a positional argument that is a mapping or yields pairs.
    KeyOf(u8),
    /// The values of a positional argument that is a mapping or yields pairs.
    ValueOf(u8),
    /// The same, or nothing to join where it is not given.
    ValueOfOrNothing(u8),
    /// What a positional argument returns when called.
    ReturnOf(u8),
    /// A positional argument, or `None` where it is not given.
    ArgumentOrNone(u8),
    /// A positional argument, or nothing to join where it is not given.
    ArgumentOrNothing(u8),
    /// What a positional argument gives when iterated, or nothing to join where it is not given.
    ElementOfOrNothing(u8),
    /// A positional argument that is a number; a `bool` counts as an `int`.
    NumberOf(u8),
    /// The element of the only argument, or one of several arguments, as `max` has it.
    Best,
    /// What adding up the first argument gives, from the second on where there is one.
    Sum,
    /// An element of any of the arguments.
    Each,
    /// A tuple of one element of each argument, as `zip` has it.
    Zip,
    /// What a match gives for these groups: a text for none, perhaps none for one, a tuple for more.
    Group,
}

impl Type {
    /// `list[item]`.
    pub fn list(item: Type) -> Type {
        Type::List(Arc::new(item))
    }

    /// `set[item]`.
    pub fn set(item: Type) -> Type {
        Type::Set(Arc::new(item))
    }

    /// `frozenset[item]`.
    pub fn frozenset(item: Type) -> Type {
        Type::FrozenSet(Arc::new(item))
    }

    /// `deque[item]`.
    pub fn deque(item: Type) -> Type {
        Type::Deque(Arc::new(item))
    }

    /// `dict[key, value]`.
    pub fn dict(key: Type, value: Type) -> Type {
        Type::Dict(DictKind::Plain, Arc::new((key, value)))
    }

    /// A generator or another iterator of `item`.
    pub fn iterator(item: Type) -> Type {
        Type::Iterator(Arc::new(item))
    }

    /// A tuple of exactly these items.
    pub fn tuple(items: impl Into<Arc<[Type]>>) -> Type {
        Type::Tuple(items.into())
    }

    /// `tuple[item, ...]`.
    pub fn tuple_of(item: Type) -> Type {
        Type::TupleOf(Arc::new(item))
    }

    /// The alternatives of a union, or the type itself.
    pub fn members(&self) -> &[Type] {
        match self {
            Type::Union(members) => members,
            single => std::slice::from_ref(single),
        }
    }

    /// Whether there are values of this type, and all of them pass `test`.
    pub fn is_all(&self, test: impl Fn(&Type) -> bool) -> bool {
        !self.members().is_empty() && self.members().iter().all(test)
    }

    /// Whether it is one of the builtin collections and texts that go through themselves without code of others.
    pub(crate) const fn is_builtin_collection(&self) -> bool {
        matches!(
            self,
            Type::Str
                | Type::Bytes
                | Type::List(_)
                | Type::Set(_)
                | Type::FrozenSet(_)
                | Type::Dict(..)
                | Type::Tuple(_)
                | Type::TupleOf(_)
                | Type::Range
        )
    }

    /// Whether nothing is known.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Type::Unknown)
    }

    /// The type without `None`, as after `if x is not None`; [`Type::Never`] where it was only `None`.
    pub fn without_none(&self) -> Type {
        self.retain(|member| *member != Type::None)
    }

    /// The alternatives that `keep` keeps, as after `isinstance`.
    /// An unknown type stays unknown.
    pub fn retain(&self, keep: impl Fn(&Type) -> bool) -> Type {
        match self {
            Type::Unknown => Type::Unknown,
            _ => Type::union(self.members().iter().filter(|member| keep(member)).cloned()),
        }
    }

    /// The type of a value that is one of `types`; [`Type::Never`] for none.
    pub fn union(types: impl IntoIterator<Item = Type>) -> Type {
        types
            .into_iter()
            .fold(Type::Never, |all, each| all.join(&each))
    }

    /// The type of a value that is either.
    /// Containers of one kind become one: `list[int]` and `list[str]` give `list[int | str]`.
    pub fn join(&self, other: &Type) -> Type {
        self.join_at(other, 0)
    }

    fn join_at(&self, other: &Type, depth: usize) -> Type {
        match (self, other) {
            (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
            (Type::Never, known) | (known, Type::Never) => known.clone(),
            (left, right) if left == right => left.clone(),
            (Type::Union(_), _) | (_, Type::Union(_)) => {
                let mut members = self.members().to_vec();
                for member in other.members() {
                    add(&mut members, member, depth);
                }
                of_members(members)
            }
            (left, right) => match left.merge(right, depth) {
                Some(merged) => merged,
                None => Type::Union([left.clone(), right.clone()].into()),
            },
        }
    }

    /// One type for two of the same kind, `None` where they are of different kinds.
    fn merge(&self, other: &Type, depth: usize) -> Option<Type> {
        if depth >= NESTING_MAX {
            return (self.rank() == other.rank()).then(|| self.widened());
        }
        let one = |a: &Of, b: &Of| Arc::new(a.join_at(b, depth + 1));
        let two = |a: &Pair, b: &Pair| {
            Arc::new((a.0.join_at(&b.0, depth + 1), a.1.join_at(&b.1, depth + 1)))
        };
        Some(match (self, other) {
            (Type::List(a), Type::List(b)) => Type::List(one(a, b)),
            (Type::Set(a), Type::Set(b)) => Type::Set(one(a, b)),
            (Type::FrozenSet(a), Type::FrozenSet(b)) => Type::FrozenSet(one(a, b)),
            (Type::Deque(a), Type::Deque(b)) => Type::Deque(one(a, b)),
            (Type::Dict(kind, a), Type::Dict(other, b)) if kind == other => {
                Type::Dict(*kind, two(a, b))
            }
            (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => Type::Tuple(
                a.iter()
                    .zip(b.iter())
                    .map(|(a, b)| a.join_at(b, depth + 1))
                    .collect(),
            ),
            (Type::Tuple(_) | Type::TupleOf(_), Type::Tuple(_) | Type::TupleOf(_)) => {
                Type::tuple_of(self.iterated().join_at(&other.iterated(), depth + 1))
            }
            (Type::Iterator(a), Type::Iterator(b)) => Type::Iterator(one(a, b)),
            (Type::AsyncIterator(a), Type::AsyncIterator(b)) => Type::AsyncIterator(one(a, b)),
            (Type::Awaitable(a), Type::Awaitable(b)) => Type::Awaitable(one(a, b)),
            (Type::Keys(a), Type::Keys(b)) => Type::Keys(one(a, b)),
            (Type::Values(a), Type::Values(b)) => Type::Values(one(a, b)),
            (Type::Items(a), Type::Items(b)) => Type::Items(two(a, b)),
            (Type::Iterable(a), Type::Iterable(b)) => Type::Iterable(one(a, b)),
            (Type::Collection(a), Type::Collection(b)) => Type::Collection(one(a, b)),
            (Type::Sequence(a), Type::Sequence(b)) => Type::Sequence(one(a, b)),
            (Type::Mapping(a), Type::Mapping(b)) => Type::Mapping(two(a, b)),
            (Type::AbstractSet(a), Type::AbstractSet(b)) => Type::AbstractSet(one(a, b)),
            (Type::Pattern(a), Type::Pattern(b)) => Type::Pattern(one(a, b)),
            (Type::Match(a), Type::Match(b)) => Type::Match(one(a, b)),
            (Type::File(a), Type::File(b)) => Type::File(one(a, b)),
            (Type::QuerySet(a), Type::QuerySet(b)) => Type::QuerySet(one(a, b)),
            (Type::Manager(a), Type::Manager(b)) => Type::Manager(one(a, b)),
            (Type::Callable(a), Type::Callable(b)) => Type::Callable(one(a, b)),
            _ => return None,
        })
    }

    /// The same container of unknown things.
    fn widened(&self) -> Type {
        self.map_inner(&|_| Type::Unknown)
    }

    /// The type with `change` applied to each type directly inside.
    pub fn map_inner(&self, change: &dyn Fn(&Type) -> Type) -> Type {
        let one = |of: &Of| Arc::new(change(of));
        let two = |pair: &Pair| Arc::new((change(&pair.0), change(&pair.1)));
        match self {
            Type::List(of) => Type::List(one(of)),
            Type::Set(of) => Type::Set(one(of)),
            Type::FrozenSet(of) => Type::FrozenSet(one(of)),
            Type::Deque(of) => Type::Deque(one(of)),
            Type::Dict(kind, pair) => Type::Dict(*kind, two(pair)),
            Type::Tuple(items) => Type::Tuple(items.iter().map(change).collect()),
            Type::TupleOf(of) => Type::TupleOf(one(of)),
            Type::Iterator(of) => Type::Iterator(one(of)),
            Type::AsyncIterator(of) => Type::AsyncIterator(one(of)),
            Type::Awaitable(of) => Type::Awaitable(one(of)),
            Type::Keys(of) => Type::Keys(one(of)),
            Type::Values(of) => Type::Values(one(of)),
            Type::Items(pair) => Type::Items(two(pair)),
            Type::Iterable(of) => Type::Iterable(one(of)),
            Type::Collection(of) => Type::Collection(one(of)),
            Type::Sequence(of) => Type::Sequence(one(of)),
            Type::Mapping(pair) => Type::Mapping(two(pair)),
            Type::AbstractSet(of) => Type::AbstractSet(one(of)),
            Type::Pattern(of) => Type::Pattern(one(of)),
            Type::Match(of) => Type::Match(one(of)),
            Type::File(of) => Type::File(one(of)),
            Type::QuerySet(of) => Type::QuerySet(one(of)),
            Type::Manager(of) => Type::Manager(one(of)),
            Type::Callable(of) => Type::Callable(one(of)),
            Type::Union(members) => Type::union(members.iter().map(change)),
            plain => plain.clone(),
        }
    }

    /// A number per kind of container, so that two at the nesting limit can be told apart.
    fn rank(&self) -> (std::mem::Discriminant<Type>, Option<DictKind>) {
        let kind = if let Type::Dict(kind, _) = self {
            Some(*kind)
        } else {
            None
        };
        (std::mem::discriminant(self), kind)
    }
}

/// Adds an alternative, into one of its own kind where there is one.
fn add(members: &mut Vec<Type>, member: &Type, depth: usize) {
    if members.contains(member) {
        return;
    }
    for held in members.iter_mut() {
        if let Some(merged) = held.merge(member, depth) {
            *held = merged;
            return;
        }
    }
    members.push(member.clone());
}

fn of_members(members: Vec<Type>) -> Type {
    match members.as_slice() {
        [] => Type::Never,
        [single] => single.clone(),
        many if many.len() > ALTERNATIVES_MAX || many.contains(&Type::Unknown) => Type::Unknown,
        _ => Type::Union(members.into()),
    }
}

impl DictKind {
    /// The class's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            DictKind::Plain => "dict",
            DictKind::Default => "defaultdict",
            DictKind::Counter => "Counter",
            DictKind::Ordered => "OrderedDict",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(left: &str, right: &str) -> String {
        let read = |text| Type::parse(text).expect(text);
        read(left).join(&read(right)).to_string()
    }

    #[test]
    fn joins() {
        assert_eq!(join("int", "int"), "int");
        assert_eq!(join("int", "str"), "int | str");
        assert_eq!(join("Never", "str"), "str");
        assert_eq!(join("int | None", "Unknown"), "Unknown");
        assert_eq!(join("list[int]", "list[str]"), "list[int | str]");
        assert_eq!(
            join("list[int] | None", "list[str]"),
            "list[int | str] | None"
        );
        assert_eq!(join("list[int]", "list"), "list");
        assert_eq!(
            join("dict[str, int]", "defaultdict[str, int]"),
            "dict[str, int] | defaultdict[str, int]"
        );
        assert_eq!(
            join("tuple[int, str]", "tuple[int, None]"),
            "tuple[int, str | None]"
        );
        assert_eq!(
            join("tuple[int, str]", "tuple[int]"),
            "tuple[int | str, ...]"
        );
        assert_eq!(join("tuple[int, ...]", "tuple[()]"), "tuple[int, ...]");
        assert_eq!(
            join("int | str | bytes | None | float", "range | deque"),
            "Unknown"
        );
        assert_eq!(
            Type::parse("int | None")
                .unwrap()
                .without_none()
                .to_string(),
            "int"
        );
    }

    #[test]
    fn a_list_that_holds_itself_comes_to_rest() {
        let mut kind = Type::list(Type::Int);
        for _ in 0..50 {
            kind = kind.join(&Type::list(kind.clone()));
        }
        assert_eq!(kind, kind.join(&Type::list(kind.clone())));
    }
}
