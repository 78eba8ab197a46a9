//! Types from what programs and tables write: an annotation's qualified name with its arguments, or a text.
//!
//! Knows the builtins, `typing`, `collections.abc` and, through the tables, the classes of well-known libraries.
//! Does not resolve names: `List` must come as `typing.List`.

use std::sync::Arc;

use super::{DictKind, Type, Var};

/// Deepest bracket that a text may open.
const DEPTH_MAX: usize = 32;

impl Type {
    /// The type that an annotation means: its qualified name (`list`, `typing.Optional`, `pandas.DataFrame`)
    /// and the types in its brackets, none where it has none.
    /// `open` says that `...` stood among them, as in `tuple[int, ...]`.
    /// For `Callable`, the last argument is the type it returns.
    /// `None` where the name means nothing to the tables: a class of the program, perhaps.
    pub fn annotated(name: &str, arguments: &[Type], open: bool) -> Option<Type> {
        let bare = match name.rsplit_once('.') {
            None => name,
            Some((
                "typing" | "typing_extensions" | "collections.abc" | "collections" | "builtins"
                | "types" | "numbers" | "re",
                bare,
            )) => bare,
            Some(_) => return crate::tables::class(name),
        };
        generic(bare, arguments, open).or_else(|| crate::tables::class(name))
    }

    /// Reads what `Display` writes, and what the tables' rows say.
    /// A dotted name that the tables do not know is an object of that class.
    pub fn parse(text: &str) -> Option<Type> {
        read(text, false)
    }

    /// Like [`Type::parse`], with the tables' holes, which [`Var`] explains: `T`, `K`, `V`, `Self`, `A0`, `A0?`,
    /// `A0!`, `T0`, `T0!`, `TT0`, `S0`, `K0`, `V0`, `V0!`, `R0`, `N0`, `Best`, `Sum`, `Each`, `Zip`, `Group`.
    pub(crate) fn template(text: &str) -> Option<Type> {
        read(text, true)
    }
}

/// A builtin or `typing` name with its arguments.
fn generic(bare: &str, arguments: &[Type], open: bool) -> Option<Type> {
    let at = |index: usize| arguments.get(index).cloned().unwrap_or(Type::Unknown);
    let of = || Arc::new(at(0));
    let pair = || Arc::new((at(0), at(1)));
    Some(match bare {
        "None" | "NoneType" => Type::None,
        "bool" => Type::Bool,
        "int" | "Integral" | "SupportsIndex" => Type::Int,
        "float" => Type::union([Type::Float, Type::Int]),
        "complex" | "Number" | "Complex" | "Real" | "Rational" | "number" => Type::Number,
        "str" | "Text" | "LiteralString" => Type::Str,
        "bytes" | "ByteString" => Type::Bytes,
        "AnyStr" => Type::union([Type::Str, Type::Bytes]),
        "bytearray" => Type::ByteArray,
        "list" | "List" => Type::List(of()),
        // `collections.abc.Set` is any set, `typing.Set` the class; both answer `in` by hash.
        "set" | "Set" => Type::Set(of()),
        "AbstractSet" | "MutableSet" => Type::AbstractSet(of()),
        "frozenset" | "FrozenSet" => Type::FrozenSet(of()),
        "deque" | "Deque" => Type::Deque(of()),
        "dict" | "Dict" => Type::Dict(DictKind::Plain, pair()),
        "defaultdict" | "DefaultDict" => Type::Dict(DictKind::Default, pair()),
        "OrderedDict" => Type::Dict(DictKind::Ordered, pair()),
        "Counter" => Type::Dict(DictKind::Counter, Arc::new((at(0), Type::Int))),
        "tuple" | "Tuple" if open || arguments.is_empty() => Type::TupleOf(of()),
        "tuple" | "Tuple" => Type::tuple(arguments),
        "range" => Type::Range,
        "Iterator" | "Generator" => Type::Iterator(of()),
        "AsyncIterator" | "AsyncGenerator" | "AsyncIterable" => Type::AsyncIterator(of()),
        "Awaitable" => Type::Awaitable(of()),
        "Coroutine" => Type::Awaitable(Arc::new(at(2))),
        "KeysView" => Type::Keys(of()),
        "ValuesView" => Type::Values(of()),
        "ItemsView" => Type::Items(pair()),
        "Iterable" | "Reversible" => Type::Iterable(of()),
        "Collection" => Type::Collection(of()),
        "Sequence" | "MutableSequence" => Type::Sequence(of()),
        "Mapping" | "MutableMapping" => Type::Mapping(pair()),
        "Pattern" => Type::Pattern(of()),
        "Match" => Type::Match(of()),
        "IO" => Type::File(of()),
        "TextIO" => Type::File(Arc::new(Type::Str)),
        "BinaryIO" => Type::File(Arc::new(Type::Bytes)),
        "Callable" => Type::Callable(Arc::new(arguments.last().cloned().unwrap_or(Type::Unknown))),
        "Optional" => at(0).join(&Type::None),
        "Union" => Type::union(arguments.iter().cloned()),
        "Annotated" | "Final" | "ClassVar" | "Required" | "NotRequired" | "ReadOnly" => at(0),
        "Any" | "object" | "Unknown" => Type::Unknown,
        "NoReturn" | "Never" => Type::Never,
        _ => return None,
    })
}

/// Reads a whole text.
fn read(text: &str, holes: bool) -> Option<Type> {
    let mut reader = Reader {
        rest: text.trim(),
        holes,
    };
    let read = reader.alternatives(0)?;
    reader.rest.is_empty().then_some(read)
}

struct Reader<'t> {
    rest: &'t str,
    holes: bool,
}

impl<'t> Reader<'t> {
    /// `A | B | C`. An unknown alternative makes the whole unknown, a hole does not.
    fn alternatives(&mut self, depth: usize) -> Option<Type> {
        let first = self.single(depth)?;
        let mut all = vec![first];
        while self.take("|") {
            all.push(self.single(depth)?);
        }
        if self.holes && all.len() > 1 {
            return Some(Type::Union(all.into()));
        }
        Some(Type::union(all))
    }

    /// A name with its brackets.
    fn single(&mut self, depth: usize) -> Option<Type> {
        if depth > DEPTH_MAX {
            return None;
        }
        let name = self.name()?;
        if !self.take("[") {
            return self.plain(name);
        }
        match name {
            "library" | "module" => {
                let inner = self.name()?;
                let found = if name == "module" {
                    Type::Module(inner.into())
                } else {
                    Type::Library(inner.into())
                };
                return self.take("]").then_some(found);
            }
            "Model" => {
                let inner = self.name()?;
                return self.take("]").then(|| Type::Model(inner.into()));
            }
            _ => {}
        }
        let (mut arguments, mut open) = (Vec::new(), false);
        while !self.take("]") {
            if self.take("...") {
                open = true;
            } else if self.take("()") {
                return self.take("]").then(|| Type::tuple([]));
            } else {
                arguments.push(self.alternatives(depth + 1)?);
            }
            if !self.take(",") && !self.rest.starts_with(']') {
                return None;
            }
        }
        self.with_arguments(name, &arguments, open)
    }

    fn with_arguments(&self, name: &str, arguments: &[Type], open: bool) -> Option<Type> {
        let of = || Arc::new(arguments.first().cloned().unwrap_or(Type::Unknown));
        match name {
            "type" => match arguments.first() {
                Some(Type::Model(model)) => Some(Type::ModelClass(model.clone())),
                Some(Type::Object(class)) => Some(Type::Library(class.clone())),
                _ => Some(Type::Unknown),
            },
            "QuerySet" => Some(Type::QuerySet(of())),
            "Manager" => Some(Type::Manager(of())),
            _ => generic(name, arguments, open),
        }
    }

    /// A name without brackets.
    fn plain(&mut self, name: &str) -> Option<Type> {
        if self.holes
            && let Some(mut hole) = hole(name)
        {
            hole = match hole {
                Var::Argument(at) if self.take("?") => Var::ArgumentOrNone(at),
                Var::Argument(at) if self.take("!") => Var::ArgumentOrNothing(at),
                Var::ElementOf(at) if self.take("!") => Var::ElementOfOrNothing(at),
                Var::ValueOf(at) if self.take("!") => Var::ValueOfOrNothing(at),
                hole => hole,
            };
            return Some(Type::Var(hole));
        }
        Some(match name {
            // The builtin, not the annotation, for which an int will do.
            "float" => Type::Float,
            "Path" => Type::Path,
            "ndarray" => Type::Array,
            "DataFrame" => Type::Frame,
            "Series" => Type::Series,
            "QuerySet" => Type::QuerySet(Arc::new(Type::Unknown)),
            "Manager" => Type::Manager(Arc::new(Type::Unknown)),
            "Cursor" => Type::Cursor,
            "Connection" => Type::Connection,
            "Session" => Type::Session,
            "Engine" => Type::Engine,
            "HttpSession" => Type::HttpSession,
            _ => return generic(name, &[], false).or_else(|| Some(Type::Object(name.into()))),
        })
    }

    fn name(&mut self) -> Option<&'t str> {
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end)?;
        if name.is_empty() || name.starts_with('.') {
            return None;
        }
        self.rest = rest.trim_start();
        Some(name)
    }

    fn take(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else {
            return false;
        };
        self.rest = rest.trim_start();
        true
    }
}

fn hole(name: &str) -> Option<Var> {
    Some(match name {
        "Self" => Var::Receiver,
        "T" => Var::Element,
        "K" => Var::Key,
        "V" => Var::Value,
        "Best" => Var::Best,
        "Sum" => Var::Sum,
        "Each" => Var::Each,
        "Zip" => Var::Zip,
        "Group" => Var::Group,
        _ if name.starts_with("TT") => Var::ElementOfElement(name.get(2..)?.parse().ok()?),
        _ => {
            let number = name.get(1..)?.parse().ok()?;
            match name.as_bytes().first()? {
                b'A' => Var::Argument(number),
                b'T' => Var::ElementOf(number),
                b'K' => Var::KeyOf(number),
                b'V' => Var::ValueOf(number),
                b'R' => Var::ReturnOf(number),
                b'S' => Var::TextOf(number),
                b'N' => Var::NumberOf(number),
                _ => return None,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotated(name: &str, arguments: &[&str], open: bool) -> String {
        let arguments: Vec<Type> = arguments
            .iter()
            .map(|text| Type::parse(text).unwrap())
            .collect();
        Type::annotated(name, &arguments, open).map_or("nothing".into(), |read| read.to_string())
    }

    #[test]
    fn annotations() {
        assert_eq!(annotated("list", &["int"], false), "list[int]");
        assert_eq!(annotated("typing.List", &[], false), "list");
        assert_eq!(annotated("typing.Optional", &["str"], false), "str | None");
        assert_eq!(
            annotated("typing.Union", &["str", "None", "list[int]"], false),
            "str | None | list[int]"
        );
        assert_eq!(annotated("tuple", &["int"], true), "tuple[int, ...]");
        assert_eq!(
            annotated("tuple", &["int", "str"], false),
            "tuple[int, str]"
        );
        assert_eq!(
            annotated("collections.abc.Sequence", &["str"], false),
            "Sequence[str]"
        );
        assert_eq!(
            annotated("collections.abc.MutableMapping", &["str", "int"], false),
            "Mapping[str, int]"
        );
        assert_eq!(
            annotated("typing.Generator", &["str", "None", "None"], false),
            "Iterator[str]"
        );
        assert_eq!(annotated("typing.Counter", &["str"], false), "Counter[str]");
        assert_eq!(
            annotated("collections.defaultdict", &["str", "list[int]"], false),
            "defaultdict[str, list[int]]"
        );
        assert_eq!(annotated("re.Pattern", &["str"], false), "Pattern[str]");
        assert_eq!(annotated("float", &[], false), "float | int");
        assert_eq!(
            annotated("typing.Callable", &["int"], false),
            "Callable[..., int]"
        );
        assert_eq!(annotated("pathlib.Path", &[], false), "Path");
        assert_eq!(annotated("pandas.DataFrame", &[], false), "DataFrame");
        assert_eq!(annotated("numpy.ndarray", &[], false), "ndarray");
        assert_eq!(
            annotated("datetime.datetime", &[], false),
            "datetime.datetime"
        );
        assert_eq!(annotated("shop.Order", &[], false), "nothing");
        assert_eq!(annotated("Order", &[], false), "nothing");
    }

    #[test]
    fn what_is_not_a_type_is_refused() {
        for text in [
            "", "list[", "list[int", "list]", "int |", "[int]", "a b", ".a",
        ] {
            assert_eq!(Type::parse(text), None, "{text}");
        }
        assert_eq!(Type::parse(&"list[".repeat(10_000)), None);
    }
}
