//! Types as Python writes them; [`Type::parse`] reads the text back.
//!
//! Does not know the names that a file imported: a class of a library is shown by its qualified name.

use std::fmt;

use super::{DictKind, Type};

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Unknown => f.write_str("Unknown"),
            Type::Never => f.write_str("Never"),
            Type::None => f.write_str("None"),
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Float => f.write_str("float"),
            Type::Number => f.write_str("number"),
            Type::Str => f.write_str("str"),
            Type::Bytes => f.write_str("bytes"),
            Type::ByteArray => f.write_str("bytearray"),
            Type::List(of) => one(f, "list", of),
            Type::Set(of) => one(f, "set", of),
            Type::FrozenSet(of) => one(f, "frozenset", of),
            Type::Deque(of) => one(f, "deque", of),
            Type::Dict(DictKind::Counter, pair) => one(f, "Counter", &pair.0),
            Type::Dict(kind, pair) => two(f, kind.as_str(), pair),
            Type::Tuple(items) => tuple(f, items),
            Type::TupleOf(of) if of.is_unknown() => f.write_str("tuple"),
            Type::TupleOf(of) => write!(f, "tuple[{of}, ...]"),
            Type::Range => f.write_str("range"),
            Type::Iterator(of) => one(f, "Iterator", of),
            Type::AsyncIterator(of) => one(f, "AsyncIterator", of),
            Type::Awaitable(of) => one(f, "Awaitable", of),
            Type::Keys(of) => one(f, "KeysView", of),
            Type::Values(of) => one(f, "ValuesView", of),
            Type::Items(pair) => two(f, "ItemsView", pair),
            Type::Iterable(of) => one(f, "Iterable", of),
            Type::Collection(of) => one(f, "Collection", of),
            Type::Sequence(of) => one(f, "Sequence", of),
            Type::Mapping(pair) => two(f, "Mapping", pair),
            Type::AbstractSet(of) => one(f, "AbstractSet", of),
            Type::Pattern(of) => one(f, "Pattern", of),
            Type::Match(of) => one(f, "Match", of),
            Type::File(of) => match **of {
                Type::Str => f.write_str("TextIO"),
                Type::Bytes => f.write_str("BinaryIO"),
                _ => f.write_str("IO"),
            },
            Type::Path => f.write_str("Path"),
            Type::Array => f.write_str("ndarray"),
            Type::Frame => f.write_str("DataFrame"),
            Type::Series => f.write_str("Series"),
            Type::Model(name) => write!(f, "Model[{name}]"),
            Type::ModelClass(name) => write!(f, "type[Model[{name}]]"),
            Type::QuerySet(of) => one(f, "QuerySet", of),
            Type::Manager(of) => one(f, "Manager", of),
            Type::Cursor => f.write_str("Cursor"),
            Type::Connection => f.write_str("Connection"),
            Type::Session => f.write_str("Session"),
            Type::Engine => f.write_str("Engine"),
            Type::HttpSession => f.write_str("HttpSession"),
            Type::Object(name) => f.write_str(name),
            Type::Callable(of) if of.is_unknown() => f.write_str("Callable"),
            Type::Callable(of) => write!(f, "Callable[..., {of}]"),
            Type::Function(local) => write!(f, "function[{}]", local.name),
            Type::Method(method) => write!(f, "method[{}, {}]", method.0, method.1),
            Type::Library(name) => write!(f, "library[{name}]"),
            Type::Module(name) => write!(f, "module[{name}]"),
            Type::Class(local) => write!(f, "type[{}]", local.name),
            Type::Instance(local) => f.write_str(&local.name),
            Type::Union(members) => {
                for (at, member) in members.iter().enumerate() {
                    write!(f, "{}{member}", if at > 0 { " | " } else { "" })?;
                }
                Ok(())
            }
            Type::Var(var) => write!(f, "{var:?}"),
        }
    }
}

fn one(f: &mut fmt::Formatter<'_>, name: &str, of: &Type) -> fmt::Result {
    if of.is_unknown() {
        f.write_str(name)
    } else {
        write!(f, "{name}[{of}]")
    }
}

fn two(f: &mut fmt::Formatter<'_>, name: &str, pair: &(Type, Type)) -> fmt::Result {
    match pair {
        (Type::Unknown, Type::Unknown) => f.write_str(name),
        (key, value) => write!(f, "{name}[{key}, {value}]"),
    }
}

fn tuple(f: &mut fmt::Formatter<'_>, items: &[Type]) -> fmt::Result {
    if items.is_empty() {
        return f.write_str("tuple[()]");
    }
    f.write_str("tuple[")?;
    for (at, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if at > 0 { ", " } else { "" })?;
    }
    f.write_str("]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_as_python_writes_it_and_read_back() {
        for text in [
            "Unknown",
            "Never",
            "None",
            "bool",
            "int",
            "float",
            "number",
            "str",
            "bytes",
            "bytearray",
            "list",
            "list[int]",
            "set[str]",
            "frozenset[bytes]",
            "deque[int]",
            "dict",
            "dict[str, list[int]]",
            "defaultdict[str, set[int]]",
            "Counter[str]",
            "OrderedDict[str, int]",
            "tuple[()]",
            "tuple",
            "tuple[int, str]",
            "tuple[int, ...]",
            "range",
            "Iterator[int]",
            "AsyncIterator[str]",
            "Awaitable[None]",
            "KeysView[str]",
            "ValuesView[int]",
            "ItemsView[str, int]",
            "Iterable[str]",
            "Collection[str]",
            "Sequence[int]",
            "Mapping[str, int]",
            "AbstractSet[int]",
            "Pattern[str]",
            "Match[bytes]",
            "TextIO",
            "BinaryIO",
            "IO",
            "Path",
            "ndarray",
            "DataFrame",
            "Series",
            "Model[Order]",
            "type[Model[Order]]",
            "QuerySet[Model[Order]]",
            "Manager[Model[Order]]",
            "Cursor",
            "Connection",
            "Session",
            "Engine",
            "HttpSession",
            "datetime.datetime",
            "Callable[..., int]",
            "Callable",
            "library[re.findall]",
            "module[os.path]",
            "int | str | None",
            "list[int | None] | None",
        ] {
            assert_eq!(
                Type::parse(text).map(|read| read.to_string()).as_deref(),
                Some(text)
            );
        }
    }
}
