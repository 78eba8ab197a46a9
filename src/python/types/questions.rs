//! What rules ask of a type: what iterating, unpacking, subscripting, calling and awaiting give, and what `in` costs.
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
            Type::Frame | Type::Series => InCost::Hash,
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

    /// What calling it gives, as far as the type itself tells; library functions are in `tables`.
    pub fn returned(&self) -> Type {
        match self {
            Type::Callable(of) => (**of).clone(),
            Type::Class(class) => Type::Instance(class.clone()),
            Type::ModelClass(name) => Type::Model(Name::clone(name)),
            Type::Library(name) => match crate::tables::function(name) {
                Some(fact) => fact.result(&Type::Unknown, &[]),
                None => crate::tables::class(name).unwrap_or_default(),
            },
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
