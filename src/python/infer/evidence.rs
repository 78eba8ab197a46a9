//! What the methods called on a name give away, where nothing shows its type.
//!
//! Evidence, never proof: a class of the program may have an `append` too. Does not look at what functions elsewhere
//! do with the object.

use looplint_model::{Confidence, Span};
use ruff_python_ast::{AnyNodeRef, Expr};

use super::Typed;
use crate::data;
use crate::dear;
use crate::flow::Multiplicity;
use crate::loops::Loop;
use crate::node::Node;
use crate::scope::Symbol;
use crate::types::Type;

/// Methods that hardly anything else has, by the type that has them.
const METHODS: [(&[&str], Kind); 5] = [
    (
        &["appendleft", "popleft", "extendleft", "rotate"],
        Kind::Deque,
    ),
    (&["append", "extend", "insert", "sort"], Kind::List),
    (
        &[
            "discard",
            "intersection_update",
            "difference_update",
            "issubset",
        ],
        Kind::Set,
    ),
    (&["items", "keys", "setdefault", "popitem"], Kind::Dict),
    (
        &[
            "startswith",
            "endswith",
            "splitlines",
            "lower",
            "upper",
            "strip",
            "rstrip",
            "lstrip",
        ],
        Kind::Str,
    ),
];

/// Methods of lists.
const LIST_METHODS: [&str; 11] = [
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
    "sort",
];

/// What only frames of pandas are asked for.
const OF_FRAMES: [&str; 6] = [
    "iterrows",
    "itertuples",
    "groupby",
    "sort_values",
    "reset_index",
    "set_index",
];

/// What a text or bytes of any length are called, beside the names of data.
const BUFFERS: [&str; 12] = [
    "blob", "body", "buf", "buffer", "chunk", "content", "contents", "message", "msg", "packet",
    "pkt", "raw",
];

/// Functions that read bytes, and at which of their arguments.
const READ_BYTES: [(&str, usize); 18] = [
    ("struct.unpack", 1),
    ("struct.unpack_from", 1),
    ("struct.iter_unpack", 1),
    ("int.from_bytes", 0),
    ("binascii.a2b_base64", 0),
    ("binascii.a2b_hex", 0),
    ("binascii.b2a_base64", 0),
    ("binascii.b2a_hex", 0),
    ("binascii.crc32", 0),
    ("binascii.crc_hqx", 0),
    ("binascii.hexlify", 0),
    ("binascii.unhexlify", 0),
    ("codecs.decode", 0),
    ("codecs.ascii_decode", 0),
    ("codecs.latin_1_decode", 0),
    ("codecs.utf_8_decode", 0),
    ("socket.inet_ntoa", 0),
    ("socket.inet_ntop", 1),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Deque,
    List,
    Set,
    Dict,
    Str,
}

impl<'d> Node<'d> {
    /// The type, or where nothing shows one, what the methods called on the name or attribute give away, with
    /// [`Confidence::Possible`].
    pub fn typed_or_evidence(self) -> Typed {
        let typed = self.typed();
        if !typed.ty.is_unknown() {
            return typed;
        }
        self.evidence().unwrap_or(typed)
    }

    /// The type, or where nothing shows one, a list by the methods called on the name that change it (`append` and its
    /// like), with [`Confidence::Likely`]: for uses that only a sequence has beside those, such as `in` and `pop(0)`.
    pub fn typed_or_grown(self) -> Typed {
        let typed = self.typed();
        if !typed.ty.is_unknown() {
            return typed;
        }
        let is_grown = |each: Node<'d>| {
            let call = each.parent().and_then(Node::parent);
            call.and_then(Node::method).is_some_and(|(of, name)| {
                of == each && matches!(name, "append" | "extend" | "insert" | "sort")
            })
        };
        if self.is_made_by_a_call() || !self.other_uses().into_iter().any(is_grown) {
            return typed;
        }
        match self.evidence() {
            Some(found) if matches!(found.ty, Type::List(_)) => Typed {
                confidence: Confidence::Likely,
                ..found
            },
            _ => typed,
        }
    }

    /// As [`Node::typed_or_grown`], and an array where it is `df.name.values` of what is called after a frame, which is no
    /// method here, or `frame["name"].values` in a file that imports pandas.
    pub fn typed_or_column(self) -> Typed {
        let typed = self.typed_or_grown();
        let AnyNodeRef::ExprAttribute(each) = self.ast() else {
            return typed;
        };
        if !typed.ty.is_unknown() || each.attr.as_str() != "values" {
            return typed;
        }
        let is_column = match &*each.value {
            Expr::Subscript(column) => {
                column.slice.is_string_literal_expr() && self.document.imports("pandas")
            }
            Expr::Attribute(column) => is_frame_name(self.at(&*column.value).last_name()),
            _ => false,
        };
        if is_column {
            return Typed::shown(Type::Array, Confidence::Likely, self.span());
        }
        typed
    }

    /// As [`Node::typed_or_grown`], and a list where `asked`, a call of its `index`, `count`, `remove` or
    /// `pop(xs.index(..))`, asks what is asked of nothing else: of each of its own items, of each item of another
    /// collection, or for a place to take from or to write to.
    pub fn typed_or_asked(self, asked: Node<'d>) -> Typed {
        let typed = self.typed_or_grown();
        if !typed.ty.is_unknown() || !self.has_methods_of_list() {
            return typed;
        }
        let same = |other: Node<'d>| other.source() == self.source();
        let item = asked.argument(0, "").and_then(Node::symbol);
        let over = |each: Loop<'d>| item.is_some_and(|item| each.gives(item));
        let giver = asked.all_loops().find(|each| over(*each));
        let iterable = giver.and_then(Loop::iterable);
        let is_own = iterable.is_some_and(|iterable| iterable.subtree().any(same));
        let is_place = asked.parent().is_some_and(|parent| match parent.ast() {
            AnyNodeRef::ExprSubscript(each) => same(parent.at(&*each.value)),
            _ => matches!(parent.method(), Some((receiver, "pop")) if same(receiver)),
        });
        let is_of_list = match asked.method() {
            Some((_, "pop")) => true,
            Some((_, "index")) => {
                let is_of_other = giver.is_some() && data::is_several(self.last_name());
                is_own
                    || is_place
                    || self.may_be_made_a_list()
                    || is_of_other && !self.is_made_by_a_call()
            }
            Some((_, "count")) => is_own,
            // A set of which something is taken while it is gone through has to be left at once.
            Some((_, "remove")) => {
                iterable.is_some_and(same)
                    && giver.is_some_and(|each| asked.multiplicity(each) == Multiplicity::Repeated)
            }
            _ => false,
        };
        if !is_of_list {
            return typed;
        }
        let list = Type::list(Type::Unknown);
        Typed::shown(list, Confidence::Likely, asked.span())
    }

    /// The type, or where nothing shows one, a frame by what hardly anything else has (`loc`, `iterrows`) or is called
    /// (`orders_df`), in a file that imports pandas.
    pub fn typed_or_frame(self) -> Typed {
        let typed = self.typed();
        let is_plain = matches!(
            self.ast(),
            AnyNodeRef::ExprName(_) | AnyNodeRef::ExprAttribute(_)
        );
        if !typed.ty.is_unknown() || !is_plain || !self.document.imports("pandas") {
            return typed;
        }
        let is_asked = |each: Node<'d>| {
            let asked = each.parent().map(Node::ast);
            matches!(asked, Some(AnyNodeRef::ExprAttribute(asked)) if OF_FRAMES.contains(&asked.attr.as_str()))
        };
        if is_frame_name(self.last_name()) || self.other_uses().into_iter().any(is_asked) {
            return Typed::shown(Type::Frame, Confidence::Likely, self.span());
        }
        typed
    }

    /// The bytes that a call reads: `data[:4]` of `struct.unpack("!I", data[:4])`, `int.from_bytes(data[:4], "big")` and
    /// `data[:4].decode("utf-8")`. Of what no slice is taken only where the encoding is written out: tokens are decoded, too.
    pub fn bytes_read(self) -> Option<Node<'d>> {
        if !matches!(self.ast(), AnyNodeRef::ExprCall(_)) {
            return None;
        }
        if let Some(name) = self.qualified_name() {
            let (_, at) = READ_BYTES.iter().find(|(known, _)| *known == name)?;
            return self.argument(*at, "");
        }
        let (receiver, name) = self.method()?;
        let first = self.argument(0, "encoding");
        match name {
            // `HEADER = struct.Struct("!HH")`, wherever it is made.
            "unpack" | "unpack_from" if self.document.imports("struct") => first,
            "decode" => {
                let says_encoding = first.is_some_and(|name| name.constant_str().is_some());
                let is_part = is_slice(receiver) && first.is_none();
                (says_encoding || is_part).then_some(receiver)
            }
            _ => None,
        }
    }

    /// Whether a call that reads bytes reads a number of more than two of them, as far as it shows: what such a number
    /// measures may be large.
    pub fn reads_wide_number(self) -> bool {
        let of_format = |format: &str| {
            !format
                .bytes()
                .all(|sign| b"@=<>! 0123456789xcbB?hHs".contains(&sign))
        };
        let format = self.argument(0, "").and_then(Node::constant_str);
        let read = self.bytes_read();
        let width = read
            .filter(|read| is_slice(*read))
            .and_then(|read| read.extent().bound);
        match format {
            Some(format) if read != self.argument(0, "") => of_format(format),
            _ if matches!(self.method(), Some((_, "decode"))) => false,
            _ => width.is_none_or(|width| width > 2),
        }
    }

    /// Bytes by the calls that read the name, or slices of it, with [`Confidence::Likely`]; none where the function makes it
    /// a `memoryview`, which is read in the same ways and sliced without a copy, nor where it is not called after data or a
    /// buffer: a field of a packet is a few bytes.
    pub(crate) fn read_as_bytes(self) -> Option<Typed> {
        let name = self.last_name();
        let is_buffer = dear::words(name)
            .last()
            .is_some_and(|last| BUFFERS.contains(&last.as_str()));
        if !is_buffer && !data::is_many(name) {
            return None;
        }
        let is_view = |value: Node<'d>| {
            let mut parts = value.subtree();
            parts.any(|part| part.builtin() == Some("memoryview"))
        };
        let uses = self.other_uses();
        let values = uses.iter().filter(|each| each.is_stored());
        let bound = self.symbol().into_iter().flat_map(Symbol::bindings);
        let stored = values.filter_map(|each| each.statement().assigned_value());
        let given = bound.filter_map(|each| each.owner().assigned_value());
        if stored.chain(given).any(is_view) {
            return None;
        }
        uses.into_iter().find_map(|each| {
            let above = each.parent()?;
            let place = if is_slice(above) { above } else { each };
            let call = place
                .ancestors()
                .find(|above| matches!(above.ast(), AnyNodeRef::ExprCall(_)))?;
            let is_read = call.bytes_read() == Some(place);
            is_read.then(|| Typed::shown(Type::Bytes, Confidence::Likely, call.span()))
        })
    }

    /// Whether one of the values that the name may have here is a list, whatever the others are.
    fn may_be_made_a_list(self) -> bool {
        matches!(self.ast(), AnyNodeRef::ExprName(_))
            && self.reaching().into_iter().any(|binding| {
                let value = binding.owner().assigned_value();
                value.is_some_and(|value| matches!(value.ty(), Type::List(_)))
            })
    }

    /// As [`Node::typed_or_grown`], and a list where what is sorted or compared by a method of it is made of it itself:
    /// `max(set(votes), key=votes.count)`.
    pub fn typed_or_own(self, compared: Node<'d>) -> Typed {
        let typed = self.typed_or_grown();
        let is_own = compared
            .subtree()
            .any(|part| part.source() == self.source());
        if !typed.ty.is_unknown() || !is_own || !self.has_methods_of_list() {
            return typed;
        }
        Typed::shown(
            Type::list(Type::Unknown),
            Confidence::Likely,
            compared.span(),
        )
    }

    /// Whether nothing is asked of the name, or attribute of `self`, that a list does not have.
    fn has_methods_of_list(self) -> bool {
        self.other_uses()
            .into_iter()
            .filter_map(Node::parent)
            .all(|parent| match parent.ast() {
                AnyNodeRef::ExprAttribute(each) => LIST_METHODS.contains(&each.attr.as_str()),
                _ => true,
            })
    }

    /// The type, or where nothing shows one, a dictionary by `asked`, a call of its `values` without arguments; a model's
    /// rows have such a method too.
    pub fn typed_or_table(self, asked: Node<'d>) -> Typed {
        let typed = self.typed();
        let has_arguments = asked.argument(0, "").is_some();
        if !typed.ty.is_unknown() || has_arguments || self.document.is_of_django() {
            return typed;
        }
        let table = Type::dict(Type::Unknown, Type::Unknown);
        Typed::shown(table, Confidence::Likely, asked.span())
    }

    /// As [`Node::typed_or_grown`], and a list where `emptied`, a call of `pop(0)`, takes from it in a `while` that asks
    /// about it: a dictionary has no 0 to give the second time. Of attributes only where the module makes one of that
    /// name a list.
    pub fn typed_or_emptied(self, emptied: Node<'d>) -> Typed {
        let typed = self.typed_or_grown();
        let begins_as_list = |each: Node<'d>| {
            let value = each.statement().assigned_value();
            each.is_stored() && value.is_some_and(|value| matches!(value.ty(), Type::List(_)))
        };
        let may_be_list = match self.ast() {
            AnyNodeRef::ExprName(_) => true,
            AnyNodeRef::ExprAttribute(each) => {
                let mut same = self.document.attributes_of(each.attr.as_str());
                same.any(begins_as_list)
            }
            _ => false,
        };
        if !typed.ty.is_unknown() || !may_be_list || self.is_made_by_a_call() {
            return typed;
        }
        let asks_about_it = emptied.all_loops().any(|around| match around.node().ast() {
            AnyNodeRef::StmtWhile(each) => {
                let mut test = around.node().at(&*each.test).subtree();
                test.any(|part| part.source() == self.source())
            }
            _ => false,
        });
        if !asks_about_it {
            return typed;
        }
        let list = Type::list(Type::Unknown);
        Typed::shown(list, Confidence::Likely, emptied.span())
    }

    /// Whether a call that is not known makes the object: it may be of any class.
    fn is_made_by_a_call(self) -> bool {
        let is_call = |statement: Node<'d>| {
            statement.assigned_value().is_some_and(|value| {
                matches!(
                    value.ast(),
                    AnyNodeRef::ExprCall(_) | AnyNodeRef::ExprAwait(_)
                )
            })
        };
        match self.ast() {
            AnyNodeRef::ExprName(_) => self
                .symbol()
                .is_some_and(|symbol| symbol.bindings().any(|binding| is_call(binding.owner()))),
            _ => self
                .other_uses()
                .into_iter()
                .any(|each| each.is_stored() && is_call(each.statement())),
        }
    }

    fn evidence(self) -> Option<Typed> {
        let mut found: Option<(Kind, Span)> = None;
        for each in self.other_uses() {
            let Some(call) = each.parent().and_then(Node::parent) else {
                continue;
            };
            let Some((receiver, name)) = call.method() else {
                continue;
            };
            let Some((_, kind)) = METHODS.iter().find(|(names, _)| names.contains(&name)) else {
                continue;
            };
            if receiver != each {
                continue;
            }
            match found {
                None => found = Some((*kind, call.span())),
                // A deque has most of what a list has.
                Some((Kind::List, _)) if *kind == Kind::Deque => found = Some((*kind, call.span())),
                Some((Kind::Deque, _)) if *kind == Kind::List => {}
                Some((known, _)) if known == *kind => {}
                Some(_) => return None,
            }
        }
        let (kind, span) = found?;
        let ty = match kind {
            Kind::Deque => Type::deque(Type::Unknown),
            Kind::List => Type::list(Type::Unknown),
            Kind::Set => Type::set(Type::Unknown),
            Kind::Dict => Type::dict(Type::Unknown, Type::Unknown),
            Kind::Str => Type::Str,
        };
        Some(Typed::shown(ty, Confidence::Possible, span))
    }

    /// All places that read the same name, or the same attribute of `self` in the class.
    fn other_uses(self) -> Vec<Node<'d>> {
        match self.ast() {
            AnyNodeRef::ExprName(_) => self
                .symbol()
                .map_or_else(Vec::new, |symbol| symbol.uses().collect()),
            AnyNodeRef::ExprAttribute(attribute) => match self.class() {
                Some(class) if self.is_of_self(class) => {
                    let all = self.document.attributes_of(attribute.attr.as_str());
                    all.filter(|each| each.is_of_self(class)).collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

/// `data[4:8]`.
fn is_slice(node: Node<'_>) -> bool {
    matches!(node.ast(), AnyNodeRef::ExprSubscript(each) if each.slice.is_slice_expr())
}

/// `orders_df`, `dataframe`
fn is_frame_name(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or_default();
    matches!(last, "df" | "dataframe")
}
