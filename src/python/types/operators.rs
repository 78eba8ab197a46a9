//! What `a + b` and its siblings give.
//!
//! Knows the builtin types, paths, arrays and frames. Does not know operators that a program's classes define.

use super::Type;

/// A binary operator, by what it is called in Python's grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mult,
    /// `@`
    MatMult,
    /// `/`
    Div,
    /// `//`
    FloorDiv,
    /// `%`
    Mod,
    /// `**`
    Pow,
    /// `<<`
    LShift,
    /// `>>`
    RShift,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `&`
    BitAnd,
}

impl Type {
    /// What `self operator other` gives; a new object wherever the result is mutable.
    pub fn binary(&self, operator: Operator, other: &Type) -> Type {
        if let (Type::Union(_), _) | (_, Type::Union(_)) = (self, other) {
            let mut all = Type::Never;
            for left in self
                .members()
                .iter()
                .filter(|member| **member != Type::None)
            {
                for right in other
                    .members()
                    .iter()
                    .filter(|member| **member != Type::None)
                {
                    all = all.join(&left.binary(operator, right));
                }
            }
            return all;
        }
        if self.is_number() && other.is_number() {
            return numbers(self, operator, other);
        }
        match operator {
            Operator::Add => self.plus(other),
            Operator::Mult => self.times(other),
            Operator::Mod if matches!(self, Type::Str | Type::Bytes) => self.clone(),
            Operator::Div
                if *self == Type::Path || (*other == Type::Path && *self == Type::Str) =>
            {
                Type::Path
            }
            Operator::BitOr | Operator::BitAnd | Operator::Sub | Operator::BitXor => {
                self.combined(operator, other)
            }
            _ => self.spread(other),
        }
    }

    fn plus(&self, other: &Type) -> Type {
        match (self, other) {
            (Type::Str, _) => Type::Str,
            (_, Type::Str) if self.is_unknown() => Type::Str,
            (Type::Bytes, Type::Bytes | Type::ByteArray | Type::Unknown) => Type::Bytes,
            (Type::ByteArray, _) => Type::ByteArray,
            (Type::List(a), Type::List(b)) => Type::list(a.join(b)),
            (Type::List(_), Type::Unknown) | (Type::Unknown, Type::List(_)) => {
                Type::list(Type::Unknown)
            }
            (Type::Deque(a), Type::Deque(b)) => Type::deque(a.join(b)),
            (Type::Tuple(a), Type::Tuple(b)) => {
                Type::tuple(a.iter().chain(b.iter()).cloned().collect::<Vec<_>>())
            }
            (Type::Tuple(_) | Type::TupleOf(_), Type::Tuple(_) | Type::TupleOf(_)) => {
                Type::tuple_of(self.iterated().join(&other.iterated()))
            }
            (Type::Tuple(_) | Type::TupleOf(_), Type::Unknown) => Type::tuple_of(Type::Unknown),
            (Type::Dict(super::DictKind::Counter, _), Type::Dict(super::DictKind::Counter, _)) => {
                self.join(other)
            }
            _ => self.spread(other),
        }
    }

    fn times(&self, other: &Type) -> Type {
        let repeats = |this: &Type| matches!(this, Type::Int | Type::Bool | Type::Unknown);
        match (self, other) {
            (Type::Str | Type::Bytes | Type::ByteArray | Type::List(_) | Type::TupleOf(_), n)
                if repeats(n) =>
            {
                self.clone()
            }
            (Type::Tuple(_), n) if repeats(n) => Type::tuple_of(self.iterated()),
            (
                Type::Int | Type::Bool,
                Type::Str | Type::Bytes | Type::List(_) | Type::TupleOf(_),
            ) => other.clone(),
            (Type::Int | Type::Bool, Type::Tuple(_)) => Type::tuple_of(other.iterated()),
            _ => self.spread(other),
        }
    }

    /// `|`, `&`, `-` and `^` of sets, views and dictionaries.
    fn combined(&self, operator: Operator, other: &Type) -> Type {
        let both = || match operator {
            Operator::BitOr | Operator::BitXor => self.iterated().join(&other.iterated()),
            _ => self.iterated(),
        };
        match (self, other) {
            (
                Type::Set(_),
                Type::Set(_) | Type::FrozenSet(_) | Type::Keys(_) | Type::AbstractSet(_),
            ) => Type::set(both()),
            (Type::FrozenSet(_), Type::Set(_) | Type::FrozenSet(_)) => Type::frozenset(both()),
            (Type::Set(_), Type::Unknown)
                if matches!(operator, Operator::Sub | Operator::BitAnd) =>
            {
                self.clone()
            }
            (Type::Keys(_) | Type::Items(_), _) => Type::set(both()),
            (Type::Dict(kind, a), Type::Dict(_, b)) if operator == Operator::BitOr => {
                Type::Dict(*kind, std::sync::Arc::new((a.0.join(&b.0), a.1.join(&b.1))))
            }
            _ => self.spread(other),
        }
    }

    /// Arrays and frames take the other side in.
    fn spread(&self, other: &Type) -> Type {
        match (self, other) {
            (Type::Frame, _) | (_, Type::Frame) => Type::Frame,
            (Type::Series, _) | (_, Type::Series) => Type::Series,
            (Type::Array, _) | (_, Type::Array) => Type::Array,
            (Type::QuerySet(_), Type::QuerySet(_)) => self.join(other),
            (Type::Never, _) | (_, Type::Never) => Type::Never,
            _ => Type::Unknown,
        }
    }
}

fn numbers(left: &Type, operator: Operator, right: &Type) -> Type {
    let whole = |this: &Type| matches!(this, Type::Int | Type::Bool);
    match operator {
        _ if *left == Type::Number || *right == Type::Number => Type::Number,
        Operator::BitOr | Operator::BitXor | Operator::BitAnd if left == right => left.clone(),
        // A negative exponent makes a fraction of a whole number, a fractional one may leave the real line.
        Operator::Pow => Type::Number,
        Operator::Div => Type::Float,
        _ if whole(left) && whole(right) => Type::Int,
        _ => Type::Float,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results() {
        use Operator::*;
        for (left, operator, right, result) in [
            ("int", Add, "int", "int"),
            ("bool", Add, "bool", "int"),
            ("int", Div, "int", "float"),
            ("int", Mult, "float", "float"),
            ("int", Pow, "int", "number"),
            ("str", Mod, "Unknown", "str"),
            ("str", Add, "Unknown", "str"),
            ("list[int]", Add, "list[str]", "list[int | str]"),
            ("list[None]", Mult, "int", "list[None]"),
            ("int", Mult, "str", "str"),
            ("tuple[int]", Add, "tuple[str]", "tuple[int, str]"),
            (
                "tuple[int, ...]",
                Add,
                "tuple[str]",
                "tuple[int | str, ...]",
            ),
            ("set[int]", BitOr, "set[str]", "set[int | str]"),
            ("set[int]", Sub, "set[str]", "set[int]"),
            (
                "dict[str, int]",
                BitOr,
                "dict[str, str]",
                "dict[str, int | str]",
            ),
            ("Path", Div, "str", "Path"),
            ("Series", Mult, "float", "Series"),
            ("int", Sub, "ndarray", "ndarray"),
            ("int | None", Add, "int", "int"),
            ("Unknown", Add, "Unknown", "Unknown"),
        ] {
            let (left, right) = (Type::parse(left).unwrap(), Type::parse(right).unwrap());
            assert_eq!(
                left.binary(operator, &right).to_string(),
                result,
                "{left} {operator:?} {right}"
            );
        }
    }
}
