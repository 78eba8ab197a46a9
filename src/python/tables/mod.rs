//! What is known of calls that leave the module: builtins, the standard library, a few well-known libraries.
//!
//! The facts are rows of text beside this file (`*.txt`; the format is described in `rows.rs`), read once on first
//! use. Knows results, effects, work, which arguments are changed, kept or called, and which calls reach outside.
//! Does not know what a program defines itself, nor how a name in a file came to mean `re.findall`.

mod fill;
mod policy;
mod rows;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use crate::types::{DictKind, Type};

use fill::fill;
pub use policy::{Guess, answers, guess, reads_by_name};
use rows::Tables;

/// What is known of one function or method.
#[derive(Debug)]
pub struct Fact {
    /// Its name without the class or module.
    pub name: &'static str,
    /// What a call does besides giving a value.
    pub effect: Effect,
    /// How its time grows.
    pub work: Work,
    /// What it changes.
    pub mutates: Slots,
    /// The arguments that the receiver, the result or the world still refers to afterwards.
    pub keeps: Slots,
    /// What hands its elements on: the result or the receiver refers to them afterwards.
    pub shares: Slots,
    /// The arguments it calls, once or once per element.
    pub calls: Slots,
    /// Whether the work is put off until the result is iterated.
    pub lazy: bool,
    /// Whether it is an attribute and not called.
    pub value: bool,
    /// What it reaches outside the process.
    pub sink: Option<Sink>,
    result: &'static str,
    read: OnceLock<Type>,
}

/// What a call does besides giving a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing: equal arguments give an equal result, which cannot change or existed before.
    Pure,
    /// Nothing but make a new object that can change: calling once instead of twice shows if one is changed.
    Fresh,
    /// Looks at the world: files, clock, chance, environment. Calling again may give another result.
    Reads,
    /// Changes the receiver or an argument, as [`Fact::mutates`] says, and nothing else.
    Mutates,
    /// Reaches outside the process, as [`Fact::sink`] says.
    Outside,
    /// Anything: it runs code that the table does not know.
    Unknown,
}

/// How the time of a call grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// Not at all, or only with the length of short texts.
    Constant,
    /// With the logarithm.
    Log(Slot),
    /// With the size.
    Linear(Slot),
    /// With the size times its logarithm.
    NLogN(Slot),
    /// With the size of all positional arguments together.
    LinearAll,
    /// Only until an answer is found; at worst with the size.
    UpTo(Slot),
}

/// One input of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The receiver of a method.
    Receiver,
    /// The keyword argument `key` or `default_factory`, or the like: a function given by name.
    Key,
    /// A positional argument, from 0.
    Argument(u8),
}

/// A set of [`Slot`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Slots(u8);

impl Slot {
    /// Arguments from this one on share a bit.
    const ARGUMENTS_MAX: u8 = 5;

    const fn bit(self) -> u8 {
        match self {
            Slot::Receiver => 1,
            Slot::Key => 2,
            Slot::Argument(at) if at < Slot::ARGUMENTS_MAX => 4 << at,
            Slot::Argument(_) => 4 << Slot::ARGUMENTS_MAX,
        }
    }
}

impl Slots {
    /// None.
    pub const NONE: Slots = Slots(0);
    /// Every positional argument.
    pub const ARGUMENTS: Slots = Slots(0b1111_1100);

    /// Whether `slot` is among them.
    pub const fn has(self, slot: Slot) -> bool {
        self.0 & slot.bit() != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and `slot`.
    #[must_use]
    pub const fn with(self, slot: Slot) -> Slots {
        Slots(self.0 | slot.bit())
    }
}

/// What a call reaches outside the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sink {
    /// A query to a database that gives rows or a count.
    Query,
    /// One row, or a few, written to a database.
    RowWrite,
    /// Many rows written in one go: what a loop of [`Sink::RowWrite`] should become.
    BulkWrite,
    /// The end of a transaction.
    Commit,
    /// Rows of a query that already ran.
    Fetch,
    /// A new connection, to a database or another service.
    Connect,
    /// A request to another service.
    Request,
    /// A file opened.
    Open,
    /// A file read.
    FileRead,
    /// A file written.
    FileWrite,
    /// A question to the file system, or a change of it.
    FileSystem,
    /// Another process.
    Process,
    /// Waiting.
    Sleep,
    /// Text for a person: a terminal or a log.
    Print,
}

impl Sink {
    /// Whether the call goes to a database and back.
    pub const fn is_database(self) -> bool {
        matches!(
            self,
            Sink::Query | Sink::RowWrite | Sink::BulkWrite | Sink::Commit | Sink::Connect
        )
    }
}

impl Fact {
    /// What a call gives, for a receiver (`Type::Unknown` for a function) and the positional arguments' types.
    pub fn result(&self, receiver: &Type, arguments: &[Type]) -> Type {
        fill(self.template(), receiver, arguments)
    }

    /// The result with its holes.
    fn template(&self) -> &Type {
        self.read
            .get_or_init(|| Type::template(self.result).unwrap_or_default())
    }

    /// Whether equal inputs give an equal result and nothing else happens, so that one call can stand for many.
    /// A function argument that is called must be pure as well.
    pub const fn is_pure(&self) -> bool {
        matches!(self.effect, Effect::Pure | Effect::Fresh)
    }
}

/// The fact on a function or class by its qualified name: `len`, `re.findall`, `str.lower`, `collections.Counter`.
pub fn function(name: &str) -> Option<&'static Fact> {
    let (owner, member) = name.rsplit_once('.').unwrap_or(("builtins", name));
    member_of(owner, member).filter(|fact| !fact.value)
}

/// The fact on a method of a type, its base classes included. Not for unions: ask each of [`Type::members`].
pub fn method(receiver: &Type, name: &str) -> Option<&'static Fact> {
    member_of(owner(receiver)?, name).filter(|fact| !fact.value)
}

/// What a call of a method gives, over all alternatives of the receiver;
/// [`Type::Unknown`] where one of them does not know the method.
pub fn result_of(receiver: &Type, name: &str, arguments: &[Type]) -> Type {
    let mut all = Type::Never;
    for member in receiver
        .members()
        .iter()
        .filter(|member| **member != Type::None)
    {
        let Some(fact) = method(member, name) else {
            return Type::Unknown;
        };
        all = all.join(&fact.result(member, arguments));
    }
    if all == Type::Never {
        Type::Unknown
    } else {
        all
    }
}

/// The type of an attribute that is not called: `path.name`, `match.string`, `frame.columns`.
pub fn attribute(receiver: &Type, name: &str) -> Option<Type> {
    match receiver {
        Type::Module(module) => return value(&format!("{module}.{name}")),
        Type::Union(members) => {
            let mut all = Type::Never;
            for member in members.iter().filter(|member| **member != Type::None) {
                all = all.join(&attribute(member, name)?);
            }
            return Some(all);
        }
        _ => {}
    }
    let fact = member_of(owner(receiver)?, name).filter(|fact| fact.value)?;
    Some(fact.result(receiver, &[]))
}

/// The type of a value that a module offers, by its qualified name: `sys.argv`, `string.ascii_letters`.
pub fn value(name: &str) -> Option<Type> {
    let (owner, member) = name.rsplit_once('.')?;
    let fact = member_of(owner, member).filter(|fact| fact.value)?;
    Some(fact.result(&Type::Unknown, &[]))
}

/// The type of an instance of a library's class, by its qualified name: `pathlib.Path`, `pandas.DataFrame`.
pub fn class(name: &str) -> Option<Type> {
    let tables = tables();
    match tables.classes.get(name) {
        Some(text) => Type::parse(text),
        None if name.contains('.') && tables.has_class(name) => Some(Type::Object(name.into())),
        None => None,
    }
}

/// What `with self as x` binds to `x`; a context manager that the tables do not know gives [`Type::Unknown`].
pub fn entered(manager: &Type) -> Type {
    match manager {
        Type::Union(members) => Type::union(members.iter().map(entered)),
        Type::File(_) | Type::Connection | Type::Cursor | Type::Session | Type::HttpSession => {
            manager.clone()
        }
        _ => result_of(manager, "__enter__", &[]),
    }
}

/// What `open(..., mode)` gives; `None` where the mode is not a constant.
pub fn opened(mode: Option<&str>) -> Type {
    let line = match mode {
        Some(mode) if mode.contains('b') => Type::Bytes,
        Some(_) => Type::Str,
        None => Type::Unknown,
    };
    Type::File(std::sync::Arc::new(line))
}

fn member_of(owner: &str, name: &str) -> Option<&'static Fact> {
    tables().member(owner, name)
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(Tables::read)
}

/// The name under which the tables list a type's members.
fn owner(of: &Type) -> Option<&str> {
    Some(match of {
        Type::Bool | Type::Int => "int",
        Type::Float => "float",
        Type::Str => "str",
        Type::Bytes => "bytes",
        Type::ByteArray => "bytearray",
        Type::List(_) => "list",
        Type::Set(_) => "set",
        Type::FrozenSet(_) => "frozenset",
        Type::Deque(_) => "deque",
        Type::Dict(DictKind::Plain, _) => "dict",
        Type::Dict(DictKind::Default, _) => "defaultdict",
        Type::Dict(DictKind::Counter, _) => "Counter",
        Type::Dict(DictKind::Ordered, _) => "OrderedDict",
        Type::Tuple(_) | Type::TupleOf(_) => "tuple",
        Type::Range => "range",
        Type::Iterator(_) => "Iterator",
        Type::Keys(_) => "KeysView",
        Type::Items(_) => "ItemsView",
        Type::Sequence(_) => "Sequence",
        Type::Mapping(_) => "Mapping",
        Type::AbstractSet(_) => "AbstractSet",
        Type::Pattern(_) => "Pattern",
        Type::Match(_) => "Match",
        Type::File(_) => "IO",
        Type::Path => "Path",
        Type::Array => "ndarray",
        Type::Frame => "DataFrame",
        Type::Series => "Series",
        Type::Model(_) => "Model",
        Type::ModelClass(_) => "ModelClass",
        Type::QuerySet(_) => "QuerySet",
        Type::Manager(_) => "Manager",
        Type::Cursor => "Cursor",
        Type::Connection => "Connection",
        Type::Session => "Session",
        Type::Engine => "Engine",
        Type::HttpSession => "HttpSession",
        Type::Object(name) | Type::Module(name) | Type::Library(name) => name,
        _ => return None,
    })
}
