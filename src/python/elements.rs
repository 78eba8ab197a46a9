//! What a collection holds that begins empty: found by what is put into it.
//!
//! `xs = []` followed by `xs.append("a")` is a list of strings. Knows the methods that add, stores to elements and
//! `+=`. Where the collection gets out of sight, what it holds is not known.

use ruff_python_ast::{AnyNodeRef, ExprContext};

use crate::effects::Role;
use crate::kind::Kind;
use crate::node::Node;
use crate::types::Type;

/// Uses looked at, at most.
const USES_MAX: usize = 60;

/// Whether a collection is known to begin empty and not known to hold anything.
pub(crate) fn begins_empty(ty: &Type) -> bool {
    match ty {
        Type::List(of) | Type::Set(of) | Type::Deque(of) | Type::FrozenSet(of) => {
            **of == Type::Never
        }
        Type::Dict(_, pair) => {
            pair.0 == Type::Never || pair.1 == Type::Never || begins_empty(&pair.1)
        }
        Type::Union(members) => members.iter().any(begins_empty),
        _ => false,
    }
}

/// The type with the items that `uses` put in.
/// Where one gets out of sight, an empty one may hold anything; one written out is taken to keep to its kind.
pub(crate) fn filled<'d>(ty: &Type, uses: impl Iterator<Item = Node<'d>>) -> Type {
    let mut added = Added {
        items: Type::Never,
        keys: Type::Never,
    };
    for (n, each) in uses.enumerate() {
        if n >= USES_MAX || !added.take(each) {
            return settled(ty);
        }
    }
    let fill = |member: &Type| match member {
        Type::List(of) => Type::list(of.join(&added.items)),
        Type::Set(of) => Type::set(of.join(&added.items)),
        Type::Deque(of) => Type::deque(of.join(&added.items)),
        Type::Dict(kind, pair) => Type::Dict(
            *kind,
            (pair.0.join(&added.keys), pair.1.join(&added.items)).into(),
        ),
        other => other.clone(),
    };
    settled(&Type::union(ty.members().iter().map(fill)))
}

/// The type with unknown items where it is only known to begin empty.
pub(crate) fn settled(ty: &Type) -> Type {
    match ty {
        Type::Never => Type::Unknown,
        Type::Union(members) => Type::union(members.iter().map(settled)),
        other => other.map_inner(&settled),
    }
}

struct Added {
    /// Items, or a dictionary's values.
    items: Type,
    keys: Type,
}

impl Added {
    /// Adds what a use puts in; whether all that it may put in is known.
    fn take<'d>(&mut self, each: Node<'d>) -> bool {
        let Some(parent) = each.parent() else {
            return true;
        };
        match parent.ast() {
            AnyNodeRef::ExprAttribute(attribute) => match parent.parent() {
                Some(call)
                    if call.kind() == Kind::Call
                        && call.method().is_some_and(|(of, _)| of == each) =>
                {
                    self.method(call, attribute.attr.as_str())
                }
                _ => true,
            },
            AnyNodeRef::ExprSubscript(subscript) if parent.at(&*subscript.value) == each => {
                match subscript.ctx {
                    ExprContext::Store => self.store(parent, parent.at(&*subscript.slice)),
                    ExprContext::Load => self.nested(parent, parent.at(&*subscript.slice)),
                    _ => true,
                }
            }
            AnyNodeRef::StmtAugAssign(assign) if parent.at(&*assign.target) == each => {
                self.items = self
                    .items
                    .join(&parent.at(&*assign.value).inferred().iterated());
                true
            }
            AnyNodeRef::ExprAwait(_) => true,
            _ => !matches!(
                each.role().role,
                Role::Escapes | Role::Aliases | Role::Mutates
            ),
        }
    }

    fn method(&mut self, call: Node<'_>, name: &str) -> bool {
        let argument = |at: usize| call.argument(at, "").map_or(Type::Unknown, Node::inferred);
        match name {
            "append" | "add" | "appendleft" => self.items = self.items.join(&argument(0)),
            "insert" => self.items = self.items.join(&argument(1)),
            "extend" | "extendleft" => self.items = self.items.join(&argument(0).iterated()),
            "update" | "__ior__" => {
                let AnyNodeRef::ExprCall(each) = call.ast() else {
                    return false;
                };
                if !each.arguments.keywords.is_empty() {
                    self.keys = self.keys.join(&Type::Str);
                    for keyword in &each.arguments.keywords {
                        self.items = self.items.join(&call.at(&keyword.value).inferred());
                    }
                }
                for value in &each.arguments.args {
                    match call.at(value).inferred() {
                        Type::Dict(_, pair) | Type::Mapping(pair) => {
                            self.keys = self.keys.join(&pair.0);
                            self.items = self.items.join(&pair.1);
                        }
                        other => {
                            self.keys = Type::Unknown;
                            self.items = self.items.join(&other.iterated());
                        }
                    }
                }
            }
            "setdefault" => {
                self.keys = self.keys.join(&argument(0));
                self.items = self.items.join(&argument(1));
                // `d.setdefault(k, []).append(x)`
                if let Some(parent) = call.parent()
                    && parent.kind() == Kind::Attribute
                {
                    return self.inner_method(call);
                }
            }
            _ => {}
        }
        true
    }

    fn store(&mut self, target: Node<'_>, key: Node<'_>) -> bool {
        if key.kind() == Kind::Slice {
            return false;
        }
        let value = match target
            .parent()
            .map(|statement| (statement, statement.ast()))
        {
            Some((statement, AnyNodeRef::StmtAssign(assign))) => {
                statement.at(&*assign.value).inferred()
            }
            Some((statement, AnyNodeRef::StmtAugAssign(assign))) => {
                statement.at(&*assign.value).inferred()
            }
            _ => Type::Unknown,
        };
        self.keys = self.keys.join(&key.inferred());
        self.items = self.items.join(&value);
        true
    }

    /// `d[k].append(x)` puts into what `d` holds.
    fn nested(&mut self, element: Node<'_>, key: Node<'_>) -> bool {
        let is_called = element.parent().is_some_and(|parent| {
            parent.kind() == Kind::Attribute
                && parent
                    .parent()
                    .is_some_and(|call| call.kind() == Kind::Call)
        });
        if is_called {
            self.keys = self.keys.join(&key.inferred());
            return self.inner_method(element);
        }
        true
    }

    fn inner_method(&mut self, element: Node<'_>) -> bool {
        let Some(call) = element.parent().and_then(Node::parent) else {
            return true;
        };
        let Some((receiver, name)) = call.method() else {
            return true;
        };
        if receiver != element {
            return true;
        }
        let argument = || call.argument(0, "").map_or(Type::Unknown, Node::inferred);
        let inner = match name {
            "append" => Type::list(argument()),
            "add" => Type::set(argument()),
            "extend" => Type::list(argument().iterated()),
            "appendleft" => Type::deque(argument()),
            _ => return true,
        };
        self.items = self.items.join(&inner);
        true
    }
}
