//! What a value looks like, as far as code shows: by its type, else by what is done with it.
//!
//! Knows how loops, subscripts, attributes and methods tell a collection from a text. Does not make values.

use std::collections::BTreeMap;

use ruff_python_ast::{self as ast, AnyNodeRef, CmpOp, Expr};

use crate::node::Node;
use crate::types::Type;

/// Values inside one another that are looked into.
const DEPTH_MAX: u32 = 6;

/// What a value looks like.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Something that is only compared, hashed, stored or shown: text does.
    Opaque,
    /// `None`.
    Nothing,
    /// An `int`.
    Int,
    /// The number of items there are.
    Count,
    /// A `float`.
    Float,
    /// A `bool`.
    Bool,
    /// A `str`.
    Str,
    /// A `bytes`.
    Bytes,
    /// A list of such items.
    List(Box<Shape>),
    /// A set.
    Set(Box<Shape>),
    /// A deque.
    Deque(Box<Shape>),
    /// Something to go through once.
    Iterator(Box<Shape>),
    /// A tuple.
    Tuple(Vec<Shape>),
    /// A dictionary.
    Dict(Box<Shape>, Box<Shape>),
    /// A dictionary with known keys.
    Record(BTreeMap<String, Shape>),
    /// An object with attributes.
    Object(BTreeMap<String, Shape>),
}

use Shape::{Bool, Bytes, Count, Deque, Dict, Float, Int, Iterator, List, Nothing, Object, Opaque};
use Shape::{Record, Set, Str, Tuple};

/// Methods that tell what they are called on.
const STR_METHODS: [&str; 26] = [
    "startswith",
    "endswith",
    "lower",
    "upper",
    "strip",
    "lstrip",
    "rstrip",
    "split",
    "rsplit",
    "splitlines",
    "replace",
    "encode",
    "format",
    "title",
    "isdigit",
    "isalpha",
    "isspace",
    "isupper",
    "islower",
    "find",
    "rfind",
    "partition",
    "rpartition",
    "capitalize",
    "casefold",
    "join",
];
const DICT_METHODS: [&str; 6] = ["items", "keys", "values", "get", "setdefault", "popitem"];
const LIST_METHODS: [&str; 6] = ["append", "extend", "insert", "sort", "reverse", "index"];
const SET_METHODS: [&str; 7] = [
    "add",
    "discard",
    "issubset",
    "issuperset",
    "union",
    "difference",
    "intersection",
];
/// Builtins that go through their argument and keep its items.
const WALKERS: [&str; 10] = [
    "len",
    "list",
    "tuple",
    "set",
    "frozenset",
    "sorted",
    "reversed",
    "iter",
    "any",
    "all",
];

impl<'d> Node<'d> {
    /// What the value that `uses` stand for looks like: by its type, then by what is done with it.
    ///
    /// # Errors
    /// What is done with it tells nothing: the reason, in words.
    pub(super) fn shape(self, uses: &[Node<'d>], depth: u32) -> Result<Shape, String> {
        if depth > DEPTH_MAX {
            return Ok(Opaque);
        }
        let typed = of_type(&self.ty().without_none());
        let used = || -> Result<Shape, String> {
            let mut shape = Opaque;
            for each in uses {
                shape = joined(shape, each.shape_by_use(depth)?, *each)?;
            }
            Ok(shape)
        };
        match typed? {
            None => used(),
            Some(shape) if is_whole(&shape) => Ok(shape),
            // The type says which collection it is, the uses say of what.
            Some(shape @ Object(_)) => Ok(filled(shape, used()?)),
            Some(shape) => Ok(filled(shape, used().unwrap_or(Opaque))),
        }
    }

    /// What the place where the value stands says of it.
    fn shape_by_use(self, depth: u32) -> Result<Shape, String> {
        let Some(parent) = self.parent() else {
            return Ok(Opaque);
        };
        match parent.ast() {
            AnyNodeRef::ExprAttribute(each) => self.attribute_shape(parent, each, depth),
            AnyNodeRef::ExprSubscript(each) if parent.at(&*each.value) == self => {
                self.subscript_shape(parent, each, depth)
            }
            AnyNodeRef::StmtFor(each) if parent.at(&*each.iter) == self => Ok(List(Box::new(
                parent.at(&*each.target).target_shape(depth)?,
            ))),
            AnyNodeRef::Comprehension(each) if parent.at(&each.iter) == self => {
                Ok(List(Box::new(parent.at(&each.target).target_shape(depth)?)))
            }
            AnyNodeRef::ExprCompare(each) => Ok(self.compared_shape(parent, each)),
            AnyNodeRef::ExprBinOp(each) => Ok(self.operand_shape(parent, each)),
            AnyNodeRef::ExprUnaryOp(each) if each.op == ast::UnaryOp::USub => Ok(Int),
            AnyNodeRef::ExprCall(call) => self.argument_shape(parent, call, depth),
            AnyNodeRef::StmtAssign(each)
                if parent.at(&*each.value) == self
                    && matches!(each.targets.as_slice(), [Expr::Name(_)]) =>
            {
                parent.at(&each.targets[0]).target_shape(depth + 1)
            }
            AnyNodeRef::StmtAssign(each)
                if parent.at(&*each.value) == self
                    && matches!(each.targets.as_slice(), [Expr::Tuple(_)]) =>
            {
                parent.at(&each.targets[0]).target_shape(depth + 1)
            }
            AnyNodeRef::StmtAugAssign(each) if parent.at(&*each.value) != self => {
                Ok(of_type(&parent.at(&*each.value).ty())
                    .ok()
                    .flatten()
                    .unwrap_or(Opaque))
            }
            _ => Ok(Opaque),
        }
    }

    /// What a loop variable, or a tuple of them, is used for.
    fn target_shape(self, depth: u32) -> Result<Shape, String> {
        match self.ast() {
            AnyNodeRef::ExprName(_) => {
                let Some(symbol) = self.symbol() else {
                    return Ok(Opaque);
                };
                let uses: Vec<Node<'d>> = symbol.uses().collect();
                match uses.first() {
                    Some(first) => first.shape(&uses, depth + 1),
                    None => Ok(Opaque),
                }
            }
            AnyNodeRef::ExprTuple(each) => {
                let items = each
                    .elts
                    .iter()
                    .map(|item| self.at(item).target_shape(depth));
                Ok(Tuple(items.collect::<Result<_, _>>()?))
            }
            _ => Ok(Opaque),
        }
    }

    fn attribute_shape(
        self,
        attribute: Node<'d>,
        each: &'d ast::ExprAttribute,
        depth: u32,
    ) -> Result<Shape, String> {
        let name = each.attr.as_str();
        let called = attribute
            .parent()
            .is_some_and(|call| matches!(call.ast(), AnyNodeRef::ExprCall(call) if attribute.at(&*call.func) == attribute));
        if !called {
            let uses = [attribute];
            let field = attribute.shape(&uses, depth + 1)?;
            return Ok(Object(BTreeMap::from([(name.to_owned(), field)])));
        }
        match name {
            "items" | "keys" | "values" => {
                let pair = attribute
                    .parent()
                    .map_or(Ok(Opaque), |call| call.shape_by_use(depth))?;
                Ok(dict_of(name, pair))
            }
            _ if STR_METHODS.contains(&name) => Ok(Str),
            _ if DICT_METHODS.contains(&name) => Ok(Dict(Box::new(Opaque), Box::new(Opaque))),
            "appendleft" | "popleft" => Ok(Deque(Box::new(Opaque))),
            _ if LIST_METHODS.contains(&name) => Ok(List(Box::new(Opaque))),
            _ if SET_METHODS.contains(&name) => Ok(Set(Box::new(Opaque))),
            "count" | "remove" | "pop" | "clear" | "copy" | "update" => Ok(Opaque),
            _ => Err(format!(
                "`{}.{name}()` is called on something of which nothing is known",
                self.text()
            )),
        }
    }

    fn subscript_shape(
        self,
        subscript: Node<'d>,
        each: &'d ast::ExprSubscript,
        depth: u32,
    ) -> Result<Shape, String> {
        let inner = || subscript.shape(&[subscript], depth + 1);
        Ok(match &*each.slice {
            Expr::Slice(_) => List(Box::new(Opaque)),
            Expr::StringLiteral(key) => {
                Record(BTreeMap::from([(key.value.to_str().to_owned(), inner()?)]))
            }
            index => match subscript.at(index).ty() {
                Type::Int => List(Box::new(inner()?)),
                _ if subscript.at(index).constant_int().is_some() => List(Box::new(inner()?)),
                _ => Dict(Box::new(Opaque), Box::new(inner()?)),
            },
        })
    }

    fn compared_shape(self, parent: Node<'d>, each: &'d ast::ExprCompare) -> Shape {
        let other = |other: &'d Expr| of_type(&parent.at(other).ty()).ok().flatten();
        let left = parent.at(&*each.left) == self;
        match each.ops.first() {
            Some(CmpOp::In | CmpOp::NotIn) if !left => List(Box::new(Opaque)),
            Some(CmpOp::In | CmpOp::NotIn | CmpOp::Is | CmpOp::IsNot) | None => Opaque,
            Some(op) => {
                let across = if left {
                    each.comparators.first()
                } else {
                    Some(&*each.left)
                };
                let known = across
                    .and_then(other)
                    .filter(is_whole)
                    .filter(|shape| *shape != Nothing);
                known.unwrap_or(match op {
                    CmpOp::Eq | CmpOp::NotEq => Opaque,
                    _ => Int,
                })
            }
        }
    }

    fn operand_shape(self, parent: Node<'d>, each: &'d ast::ExprBinOp) -> Shape {
        let across = if parent.at(&*each.left) == self {
            &each.right
        } else {
            &each.left
        };
        let known = of_type(&parent.at(&**across).ty()).ok().flatten();
        match (each.op, known) {
            (ast::Operator::Mod, Some(Tuple(_))) => Str,
            (ast::Operator::Add, Some(shape @ (Str | Bytes | List(_) | Float))) => shape,
            (_, Some(Float)) => Float,
            _ => Int,
        }
    }

    fn argument_shape(
        self,
        call: Node<'d>,
        syntax: &'d ast::ExprCall,
        depth: u32,
    ) -> Result<Shape, String> {
        if call.at(&*syntax.func) == self {
            return Err(format!(
                "`{}` is called and nothing is known of it",
                self.text()
            ));
        }
        if let Some(name) = call.builtin() {
            return match name {
                "enumerate" | "zip" => call.walked_shape(name, self, depth),
                "range" => Ok(Count),
                "sum" | "max" | "min" if syntax.arguments.args.len() == 1 => {
                    Ok(List(Box::new(Int)))
                }
                _ if WALKERS.contains(&name) => Ok(List(Box::new(call.items_shape(depth)?))),
                "int" | "float" | "abs" | "round" | "chr" | "divmod" => Ok(Int),
                "ord" => Ok(Str),
                _ => Ok(Opaque),
            };
        }
        if call.method().is_some() || call.fact().is_some() {
            let walks = call
                .fact()
                .is_some_and(|fact| matches!(fact.work, crate::tables::Work::Linear(_)));
            let gathers = call
                .method()
                .is_some_and(|(_, name)| matches!(name, "extend" | "join" | "update"));
            return Ok(if gathers || walks && call.method().is_none() {
                List(Box::new(Opaque))
            } else {
                Opaque
            });
        }
        let Some(callee) = call.callee() else {
            return Err(format!("`{}` gets it and is not known", call.text()));
        };
        let at = syntax
            .arguments
            .args
            .iter()
            .position(|each| call.at(each) == self);
        let AnyNodeRef::StmtFunctionDef(function) = callee.ast() else {
            return Ok(Opaque);
        };
        match at.and_then(|at| function.parameters.args.get(at)) {
            Some(parameter) => {
                let symbol = callee.at(&parameter.parameter).symbol();
                let uses: Vec<Node<'d>> =
                    symbol.map_or_else(Vec::new, |symbol| symbol.uses().collect());
                match uses.first() {
                    Some(first) => first.shape(&uses, depth + 1),
                    None => Ok(Opaque),
                }
            }
            None => Ok(Opaque),
        }
    }

    /// The items of what `sorted(xs)` and its like give, where a loop goes through it.
    fn items_shape(self, depth: u32) -> Result<Shape, String> {
        Ok(match self.shape_by_use(depth + 1)? {
            List(items) => *items,
            _ => Opaque,
        })
    }

    /// `enumerate(xs)` and `zip(xs, ys)` as an iterable: what the part of the target is used for.
    fn walked_shape(self, name: &str, argument: Node<'d>, depth: u32) -> Result<Shape, String> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return Ok(Opaque);
        };
        let at = match name {
            "enumerate" => 1,
            _ => call
                .arguments
                .args
                .iter()
                .position(|each| self.at(each) == argument)
                .unwrap_or(0),
        };
        let item = match self.shape_by_use(depth)? {
            List(items) => match *items {
                Tuple(parts) => parts.get(at).cloned().unwrap_or(Opaque),
                _ => Opaque,
            },
            _ => Opaque,
        };
        Ok(List(Box::new(item)))
    }
}

fn dict_of(method: &str, walked: Shape) -> Shape {
    let item = match walked {
        List(item) => *item,
        _ => Opaque,
    };
    let (key, value) = match (method, item) {
        ("keys", key) => (key, Opaque),
        ("values", value) => (Opaque, value),
        (_, Tuple(parts)) => {
            let mut parts = parts.into_iter();
            (
                parts.next().unwrap_or(Opaque),
                parts.next().unwrap_or(Opaque),
            )
        }
        _ => (Opaque, Opaque),
    };
    Dict(Box::new(key), Box::new(value))
}

/// The shape of a type; `None` where the type says nothing.
///
/// # Errors
/// A value of that type cannot be made up: a file, a connection.
fn of_type(ty: &Type) -> Result<Option<Shape>, String> {
    let of = |inner: &Type| -> Result<Box<Shape>, String> {
        Ok(Box::new(of_type(&inner.without_none())?.unwrap_or(Opaque)))
    };
    Ok(Some(match ty {
        Type::None => Nothing,
        Type::Bool => Bool,
        Type::Int => Int,
        Type::Float | Type::Number => Float,
        Type::Str => Str,
        Type::Bytes => Bytes,
        Type::List(item)
        | Type::TupleOf(item)
        | Type::Iterable(item)
        | Type::Collection(item)
        | Type::Sequence(item)
        | Type::Keys(item)
        | Type::Values(item) => List(of(item)?),
        Type::Range => List(Box::new(Int)),
        Type::Set(item) | Type::FrozenSet(item) | Type::AbstractSet(item) => Set(of(item)?),
        Type::Deque(item) => Deque(of(item)?),
        Type::Iterator(item) => Iterator(of(item)?),
        Type::Dict(_, pair) | Type::Mapping(pair) => Dict(of(&pair.0)?, of(&pair.1)?),
        Type::Tuple(items) => {
            let items = items.iter().map(|item| Ok(*of(item)?));
            Tuple(items.collect::<Result<_, String>>()?)
        }
        Type::Instance(_) => Object(BTreeMap::new()),
        Type::Union(members) => {
            let first = members.iter().find(|member| !matches!(member, Type::None));
            return first.map_or(Ok(None), of_type);
        }
        Type::Unknown | Type::Never | Type::Var(_) => return Ok(None),
        other => return Err(format!("a value of type {other} cannot be made up")),
    }))
}

/// Whether nothing more can be learnt of it.
fn is_whole(shape: &Shape) -> bool {
    match shape {
        Opaque | Object(_) | Record(_) => false,
        List(item) | Set(item) | Deque(item) | Iterator(item) => is_whole(item),
        Dict(key, value) => is_whole(key) && is_whole(value),
        Tuple(items) => items.iter().all(is_whole),
        _ => true,
    }
}

/// A shape of a type, with what its uses say of its parts.
fn filled(shape: Shape, used: Shape) -> Shape {
    let inner = |item: Shape, used: Shape| Box::new(filled(item, used));
    match (shape, used) {
        (Opaque, used) => used,
        (List(item), List(used)) => List(inner(*item, *used)),
        (List(item), Tuple(parts)) if !parts.is_empty() => List(item),
        (Set(item), List(used) | Set(used)) => Set(inner(*item, *used)),
        (Deque(item), List(used) | Deque(used)) => Deque(inner(*item, *used)),
        (Iterator(item), List(used)) => Iterator(inner(*item, *used)),
        (Dict(key, value), Dict(k, v)) => Dict(inner(*key, *k), inner(*value, *v)),
        (Dict(_, value), Record(fields)) if *value == Opaque => Record(fields),
        (Dict(key, value), List(used)) => Dict(inner(*key, *used), value),
        (Tuple(items), Tuple(parts)) if items.len() == parts.len() => Tuple(
            items
                .into_iter()
                .zip(parts)
                .map(|(a, b)| filled(a, b))
                .collect(),
        ),
        (Object(_), used @ Object(_)) => used,
        (shape, _) => shape,
    }
}

/// What two uses of one value say together.
fn joined(a: Shape, b: Shape, at: Node<'_>) -> Result<Shape, String> {
    let both = |a: Shape, b: Shape| joined(a, b, at).map(Box::new);
    Ok(match (a, b) {
        (a, b) if a == b => a,
        (Opaque, other) | (other, Opaque) => other,
        (Nothing, other) | (other, Nothing) => other,
        (Int | Count, Count) | (Count, Int) => Count,
        (Float, Int | Count) | (Int | Count, Float) => Float,
        (Int | Bool, Bool) | (Bool, Int) => Int,
        (List(a), List(b)) => List(both(*a, *b)?),
        (List(a), Set(b)) | (Set(b), List(a)) => Set(both(*a, *b)?),
        (List(a), Deque(b)) | (Deque(b), List(a)) => Deque(both(*a, *b)?),
        (Set(a), Set(b)) => Set(both(*a, *b)?),
        (List(a), Dict(k, v)) | (Dict(k, v), List(a)) => Dict(both(*a, *k)?, v),
        (Dict(k, v), Dict(k2, v2)) => Dict(both(*k, *k2)?, both(*v, *v2)?),
        (Record(fields), Dict(..)) | (Dict(..), Record(fields)) => Record(fields),
        (Record(a), Record(b)) => Record(merged(a, b, at)?),
        (Object(a), Object(b)) => Object(merged(a, b, at)?),
        (Tuple(a), Tuple(b)) if a.len() == b.len() => {
            let parts = a.into_iter().zip(b).map(|(a, b)| joined(a, b, at));
            Tuple(parts.collect::<Result<_, _>>()?)
        }
        (Tuple(a), List(_)) | (List(_), Tuple(a)) => Tuple(a),
        (Str, List(_)) | (List(_), Str) => Str,
        _ => {
            return Err(format!(
                "what is done with `{}` does not tell what it is",
                at.text()
            ));
        }
    })
}

fn merged(
    mut a: BTreeMap<String, Shape>,
    b: BTreeMap<String, Shape>,
    at: Node<'_>,
) -> Result<BTreeMap<String, Shape>, String> {
    for (name, shape) in b {
        let old = a.remove(&name).unwrap_or(Opaque);
        a.insert(name, joined(old, shape, at)?);
    }
    Ok(a)
}
