//! What is certain of a type: whether its values hash, have a length, keep an order, can change.
//!
//! Answers yes or no only where it holds for every value of the type. Does not know what a program's classes define.

use super::Type;

/// What is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// Yes.
    Yes,
    /// No.
    No,
    /// It cannot be told.
    Unknown,
}

impl Proof {
    /// Whether it is certain.
    pub const fn is_yes(self) -> bool {
        matches!(self, Proof::Yes)
    }

    /// Whether the contrary is certain.
    pub const fn is_no(self) -> bool {
        matches!(self, Proof::No)
    }

    fn all(proofs: impl IntoIterator<Item = Proof>) -> Proof {
        let (mut yes, mut no) = (true, true);
        for proof in proofs {
            yes &= proof == Proof::Yes;
            no &= proof == Proof::No;
        }
        match (yes, no) {
            (true, false) => Proof::Yes,
            (false, true) => Proof::No,
            _ => Proof::Unknown,
        }
    }
}

impl Type {
    /// Whether `hash(self)` works.
    pub fn is_hashable(&self) -> Proof {
        match self {
            Type::None
            | Type::Bool
            | Type::Int
            | Type::Float
            | Type::Number
            | Type::Str
            | Type::Bytes
            | Type::Range
            | Type::FrozenSet(_)
            | Type::Path
            | Type::Pattern(_)
            | Type::Match(_)
            | Type::File(_)
            | Type::Iterator(_)
            | Type::AsyncIterator(_)
            | Type::Awaitable(_)
            | Type::Values(_)
            | Type::Function(_)
            | Type::Module(_)
            | Type::Never => Proof::Yes,
            Type::List(_)
            | Type::Set(_)
            | Type::Dict(..)
            | Type::Deque(_)
            | Type::ByteArray
            | Type::Keys(_)
            | Type::Items(_)
            | Type::Array
            | Type::Frame
            | Type::Series => Proof::No,
            // One unhashable item is enough; an empty tuple is hashable whatever it might have held.
            Type::Tuple(items) if items.iter().any(|item| item.is_hashable() == Proof::No) => {
                Proof::No
            }
            Type::Tuple(items) if items.iter().all(|item| item.is_hashable() == Proof::Yes) => {
                Proof::Yes
            }
            Type::TupleOf(of) if of.is_hashable() == Proof::Yes => Proof::Yes,
            Type::Object(name) if HASHABLE.contains(&&**name) => Proof::Yes,
            Type::Union(members) => Proof::all(members.iter().map(Type::is_hashable)),
            _ => Proof::Unknown,
        }
    }

    /// Whether `len(self)` works.
    pub fn is_sized(&self) -> Proof {
        match self {
            Type::Str
            | Type::Bytes
            | Type::ByteArray
            | Type::List(_)
            | Type::Set(_)
            | Type::FrozenSet(_)
            | Type::Deque(_)
            | Type::Dict(..)
            | Type::Tuple(_)
            | Type::TupleOf(_)
            | Type::Range
            | Type::Keys(_)
            | Type::Values(_)
            | Type::Items(_)
            | Type::Collection(_)
            | Type::Sequence(_)
            | Type::Mapping(_)
            | Type::AbstractSet(_)
            | Type::Frame
            | Type::Series
            | Type::QuerySet(_) => Proof::Yes,
            Type::None
            | Type::Bool
            | Type::Int
            | Type::Float
            | Type::Iterator(_)
            | Type::AsyncIterator(_)
            | Type::Awaitable(_)
            | Type::Pattern(_)
            | Type::Match(_)
            | Type::File(_)
            | Type::Path
            | Type::Function(_)
            | Type::Callable(_)
            | Type::Module(_)
            | Type::Model(_)
            | Type::Cursor => Proof::No,
            Type::Union(members) => Proof::all(members.iter().map(Type::is_sized)),
            _ => Proof::Unknown,
        }
    }

    /// Whether iterating gives the items in an order that the program chose.
    pub fn is_ordered(&self) -> Proof {
        match self {
            Type::Str
            | Type::Bytes
            | Type::ByteArray
            | Type::List(_)
            | Type::Deque(_)
            | Type::Dict(..)
            | Type::Tuple(_)
            | Type::TupleOf(_)
            | Type::Range
            | Type::Sequence(_)
            | Type::Array
            | Type::Frame
            | Type::Series
            | Type::File(_) => Proof::Yes,
            Type::Set(_) | Type::FrozenSet(_) | Type::AbstractSet(_) => Proof::No,
            Type::Union(members) => Proof::all(members.iter().map(Type::is_ordered)),
            _ => Proof::Unknown,
        }
    }

    /// Whether the object itself can change after it was made; what it holds is not asked.
    pub fn is_mutable(&self) -> Proof {
        match self {
            Type::None
            | Type::Bool
            | Type::Int
            | Type::Float
            | Type::Number
            | Type::Str
            | Type::Bytes
            | Type::Range
            | Type::FrozenSet(_)
            | Type::Tuple(_)
            | Type::TupleOf(_)
            | Type::Path
            | Type::Pattern(_)
            | Type::Match(_)
            | Type::Never => Proof::No,
            Type::Object(name) if HASHABLE.contains(&&**name) => Proof::No,
            Type::List(_)
            | Type::Set(_)
            | Type::Dict(..)
            | Type::Deque(_)
            | Type::ByteArray
            | Type::Iterator(_)
            | Type::AsyncIterator(_)
            | Type::File(_)
            | Type::Array
            | Type::Frame
            | Type::Series
            | Type::Model(_)
            | Type::Cursor
            | Type::Connection
            | Type::Session
            | Type::HttpSession => Proof::Yes,
            // A view is no copy: it shows whatever the dictionary holds by then.
            Type::Keys(_) | Type::Values(_) | Type::Items(_) => Proof::Yes,
            Type::Union(members) => Proof::all(members.iter().map(Type::is_mutable)),
            _ => Proof::Unknown,
        }
    }

    /// Whether it can be gone through only once.
    pub const fn is_one_shot(&self) -> bool {
        matches!(
            self,
            Type::Iterator(_) | Type::AsyncIterator(_) | Type::File(_) | Type::Cursor
        )
    }

    /// Whether it is some kind of number.
    pub fn is_number(&self) -> bool {
        match self {
            Type::Bool | Type::Int | Type::Float | Type::Number => true,
            Type::Union(members) => members.iter().all(Type::is_number),
            _ => false,
        }
    }
}

/// Library classes whose instances hash by value and never change.
const HASHABLE: [&str; 14] = [
    "datetime.datetime",
    "datetime.date",
    "datetime.time",
    "datetime.timedelta",
    "datetime.timezone",
    "decimal.Decimal",
    "fractions.Fraction",
    "uuid.UUID",
    "pathlib.PurePath",
    "ipaddress.IPv4Address",
    "ipaddress.IPv6Address",
    "ipaddress.IPv4Network",
    "ipaddress.IPv6Network",
    "zoneinfo.ZoneInfo",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Type {
        Type::parse(text).expect(text)
    }

    #[test]
    fn certain_or_not() {
        assert_eq!(read("int | str | None").is_hashable(), Proof::Yes);
        assert_eq!(read("list[int]").is_hashable(), Proof::No);
        assert_eq!(read("int | list[int]").is_hashable(), Proof::Unknown);
        assert_eq!(read("tuple[int, list[int]]").is_hashable(), Proof::No);
        assert_eq!(read("tuple").is_hashable(), Proof::Unknown);
        assert_eq!(read("datetime.date").is_hashable(), Proof::Yes);
        assert_eq!(read("Order").is_hashable(), Proof::Unknown);
        assert_eq!(read("Iterator[int]").is_sized(), Proof::No);
        assert_eq!(read("set[int]").is_ordered(), Proof::No);
        assert_eq!(read("dict").is_ordered(), Proof::Yes);
        assert_eq!(read("KeysView[str]").is_mutable(), Proof::Yes);
        assert_eq!(read("tuple[int, str]").is_mutable(), Proof::No);
    }
}
