//! What rules ask of a type: what iterating, unpacking and subscripting give, what `in` costs,
//! and what is certain about hashing, length, order and change.
//!
//! Answers for unions hold for every alternative. `None` among them is passed over where the operation
//! would raise on it, since the program did not mean it.

use super::{Name, Type};

/// What `x in container` costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InCost {
    /// A look-up by hash.
    Hash,
    /// Arithmetic, as for `range`.
    Constant,
    /// One comparison after another.
    Scan,
    /// One comparison after another, unless the object behind the abstract annotation knows better.
    MostlyScan,
    /// A search for a text inside a text.
    Substring,
    /// Reads an iterator up to the match and loses what it read.
    Drains,
    /// Fetches rows.
    Query,
    /// Not known.
    Unknown,
}

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

/// What stands in the brackets of `xs[...]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index<'t> {
    /// A whole number written out.
    At(i64),
    /// `a:b:c`.
    Slice,
    /// Anything else.
    Value(&'t Type),
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
    /// What `for x in self` gives.
    pub fn iterated(&self) -> Type {
        match self {
            Type::Str => Type::Str,
            Type::Bytes | Type::ByteArray | Type::Range => Type::Int,
            Type::List(of)
            | Type::Set(of)
            | Type::FrozenSet(of)
            | Type::Deque(of)
            | Type::TupleOf(of)
            | Type::Iterator(of)
            | Type::Keys(of)
            | Type::Values(of)
            | Type::Iterable(of)
            | Type::Collection(of)
            | Type::Sequence(of)
            | Type::AbstractSet(of)
            | Type::File(of)
            | Type::QuerySet(of)
            | Type::AsyncIterator(of) => (**of).clone(),
            Type::Dict(_, pair) | Type::Mapping(pair) => pair.0.clone(),
            Type::Items(pair) => Type::tuple([pair.0.clone(), pair.1.clone()]),
            Type::Tuple(items) => Type::union(items.iter().cloned()),
            Type::Union(members) => Type::union(
                members
                    .iter()
                    .filter(|member| **member != Type::None)
                    .map(Type::iterated),
            ),
            Type::Never => Type::Never,
            Type::Object(_) | Type::Cursor => {
                crate::tables::result_of(self, "__iter__", &[]).iterated_or_unknown()
            }
            _ => Type::Unknown,
        }
    }

    fn iterated_or_unknown(&self) -> Type {
        match self {
            Type::Iterator(of) => (**of).clone(),
            _ => Type::Unknown,
        }
    }

    /// The item at `at` of `n` targets in `a, b = self`; `None` for the count leaves room for a starred target.
    pub fn unpacked(&self, at: usize, n: Option<usize>) -> Type {
        match self {
            Type::Tuple(items) if n.is_none_or(|n| n == items.len()) => {
                items.get(at).cloned().unwrap_or(Type::Unknown)
            }
            Type::Union(members) => {
                Type::union(members.iter().map(|member| member.unpacked(at, n)))
            }
            other => other.iterated(),
        }
    }

    /// What `self[index]` gives.
    pub fn subscripted(&self, index: Index<'_>) -> Type {
        match self {
            Type::Union(members) => Type::union(
                members
                    .iter()
                    .filter(|member| **member != Type::None)
                    .map(|member| member.subscripted(index)),
            ),
            Type::Dict(_, pair) | Type::Mapping(pair) => pair.1.clone(),
            _ if index == Index::Slice => self.sliced(),
            Type::Tuple(items) => match index {
                Index::At(at) => {
                    let at = if at < 0 { at + items.len() as i64 } else { at };
                    usize::try_from(at)
                        .ok()
                        .and_then(|at| items.get(at))
                        .cloned()
                        .unwrap_or(Type::Unknown)
                }
                _ => self.iterated(),
            },
            Type::Str
            | Type::Bytes
            | Type::ByteArray
            | Type::Range
            | Type::List(_)
            | Type::Deque(_)
            | Type::TupleOf(_)
            | Type::Sequence(_)
            | Type::QuerySet(_) => self.iterated(),
            Type::Match(of) => (**of).clone().join(&Type::None),
            Type::Frame => match index {
                Index::Value(Type::Str) => Type::Series,
                Index::Value(Type::List(_) | Type::Series) => Type::Frame,
                _ => Type::Unknown,
            },
            Type::Never => Type::Never,
            Type::Object(_) => crate::tables::result_of(self, "__getitem__", &[]),
            _ => Type::Unknown,
        }
    }

    /// What `self[a:b]` gives: for builtin sequences a copy.
    fn sliced(&self) -> Type {
        match self {
            Type::Tuple(_) => Type::tuple_of(self.iterated()),
            Type::Str
            | Type::Bytes
            | Type::ByteArray
            | Type::Range
            | Type::List(_)
            | Type::TupleOf(_)
            | Type::Sequence(_)
            | Type::QuerySet(_)
            | Type::Frame
            | Type::Series
            | Type::Array => self.clone(),
            _ => Type::Unknown,
        }
    }

    /// What `x in self` costs.
    pub fn scan_cost_of_in(&self) -> InCost {
        match self {
            Type::Dict(..)
            | Type::Mapping(_)
            | Type::Set(_)
            | Type::FrozenSet(_)
            | Type::AbstractSet(_)
            | Type::Keys(_)
            | Type::Items(_) => InCost::Hash,
            Type::Range => InCost::Constant,
            Type::List(_)
            | Type::Tuple(_)
            | Type::TupleOf(_)
            | Type::Deque(_)
            | Type::Values(_)
            | Type::Array => InCost::Scan,
            Type::Sequence(_) => InCost::MostlyScan,
            Type::Str | Type::Bytes | Type::ByteArray => InCost::Substring,
            Type::Iterator(_) | Type::File(_) => InCost::Drains,
            // The index of a series and the columns of a frame are hash tables.
            Type::Frame => InCost::Hash,
            Type::QuerySet(_) => InCost::Query,
            Type::Union(members) => {
                let mut costs = members
                    .iter()
                    .filter(|member| **member != Type::None)
                    .map(Type::scan_cost_of_in);
                let first = costs.next().unwrap_or(InCost::Unknown);
                costs.fold(first, |all, each| match (all, each) {
                    (all, each) if all == each => all,
                    (InCost::Scan | InCost::MostlyScan, InCost::Scan | InCost::MostlyScan) => {
                        InCost::MostlyScan
                    }
                    _ => InCost::Unknown,
                })
            }
            _ => InCost::Unknown,
        }
    }

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

    /// What calling it gives, as far as the type itself tells; library functions are in `tables`.
    pub fn returned(&self) -> Type {
        match self {
            Type::Callable(of) => (**of).clone(),
            Type::Class(class) => Type::Instance(class.clone()),
            Type::ModelClass(name) => Type::Model(Name::clone(name)),
            Type::Library(name) => crate::tables::class(name).unwrap_or_default(),
            _ => Type::Unknown,
        }
    }

    /// What `await` gives.
    pub fn awaited(&self) -> Type {
        match self {
            Type::Awaitable(of) => (**of).clone(),
            Type::Union(members) => Type::union(members.iter().map(Type::awaited)),
            _ => Type::Unknown,
        }
    }

    /// Whether every value of type `other` is one of this type. [`Type::Unknown`] accepts all.
    pub fn accepts(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Unknown, _) | (_, Type::Never) => true,
            (Type::Number, Type::Bool | Type::Int | Type::Float) | (Type::Int, Type::Bool) => true,
            (_, Type::Union(members)) => members.iter().all(|member| self.accepts(member)),
            (Type::Union(members), other) => members.iter().any(|member| member.accepts(other)),
            (Type::Tuple(ours), Type::Tuple(theirs)) => {
                ours.len() == theirs.len()
                    && ours.iter().zip(theirs.iter()).all(|(a, b)| a.accepts(b))
            }
            (Type::TupleOf(of), Type::Tuple(_) | Type::TupleOf(_)) => of.accepts(&other.iterated()),
            (Type::Iterable(of), other) => of.accepts(&other.iterated()),
            (ours, theirs) if ours == theirs => true,
            (ours, theirs) => {
                let (plain_ours, plain_theirs) = (ours.widened(), theirs.widened());
                plain_ours == plain_theirs && ours.inner_accepts(theirs)
            }
        }
    }

    fn inner_accepts(&self, other: &Type) -> bool {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        self.each_inner(&mut |inner| ours.push(inner.clone()));
        other.each_inner(&mut |inner| theirs.push(inner.clone()));
        ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| a.accepts(b))
    }

    /// Visits each type directly inside.
    pub fn each_inner(&self, visit: &mut dyn FnMut(&Type)) {
        let visit = std::cell::RefCell::new(visit);
        self.map_inner(&|inner| {
            (visit.borrow_mut())(inner);
            Type::Unknown
        });
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
    fn iterated() {
        for (of, item) in [
            ("list[int]", "int"),
            ("str", "str"),
            ("bytes", "int"),
            ("dict[str, int]", "str"),
            ("ItemsView[str, int]", "tuple[str, int]"),
            ("tuple[int, str]", "int | str"),
            ("range", "int"),
            ("list[int] | None", "int"),
            ("list[int] | set[str]", "int | str"),
            ("TextIO", "str"),
            ("int", "Unknown"),
            ("QuerySet[Model[Order]]", "Model[Order]"),
            ("tuple[()]", "Never"),
        ] {
            assert_eq!(read(of).iterated().to_string(), item, "{of}");
        }
    }

    #[test]
    fn subscripted_and_unpacked() {
        let at = |text: &str, index| read(text).subscripted(index).to_string();
        assert_eq!(at("list[int]", Index::At(0)), "int");
        assert_eq!(at("list[int]", Index::Slice), "list[int]");
        assert_eq!(at("tuple[int, str]", Index::At(-1)), "str");
        assert_eq!(at("tuple[int, str]", Index::Value(&Type::Int)), "int | str");
        assert_eq!(at("tuple[int, str]", Index::Slice), "tuple[int | str, ...]");
        assert_eq!(
            at("dict[str, list[int]] | None", Index::Value(&Type::Str)),
            "list[int]"
        );
        assert_eq!(at("bytes", Index::At(0)), "int");
        assert_eq!(at("DataFrame", Index::Value(&Type::Str)), "Series");
        assert_eq!(
            read("tuple[int, str]").unpacked(1, Some(2)).to_string(),
            "str"
        );
        assert_eq!(read("list[str]").unpacked(1, Some(2)).to_string(), "str");
    }

    #[test]
    fn in_costs() {
        for (of, cost) in [
            ("list[int]", InCost::Scan),
            ("tuple[int, ...]", InCost::Scan),
            ("set[int]", InCost::Hash),
            ("dict[str, int]", InCost::Hash),
            ("ValuesView[int]", InCost::Scan),
            ("range", InCost::Constant),
            ("str", InCost::Substring),
            ("list[int] | None", InCost::Scan),
            ("list[int] | set[int]", InCost::Unknown),
            ("list[int] | tuple[int, ...]", InCost::Scan),
            ("Sequence[int]", InCost::MostlyScan),
            ("Iterable[int]", InCost::Unknown),
            ("Iterator[int]", InCost::Drains),
            ("Unknown", InCost::Unknown),
        ] {
            assert_eq!(read(of).scan_cost_of_in(), cost, "{of}");
        }
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

    #[test]
    fn accepts() {
        for (wide, narrow, is) in [
            ("list", "list[int]", true),
            ("list[int]", "list", false),
            ("list[int | str]", "list[str]", true),
            ("tuple[int, ...]", "tuple[int, int]", true),
            ("tuple[int, int]", "tuple[int, ...]", false),
            ("int | None", "None", true),
            ("int", "int | None", false),
            ("number", "int", true),
            ("dict[str, int]", "dict[str, bool]", true),
            ("dict", "defaultdict[str, int]", false),
        ] {
            assert_eq!(read(wide).accepts(&read(narrow)), is, "{wide} {narrow}");
        }
    }
}
