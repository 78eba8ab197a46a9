//! What the methods called on a name give away, where nothing shows its type.
//!
//! Evidence, never proof: a class of the program may have an `append` too. Does not look at what functions elsewhere
//! do with the object.

use looplint_model::{Confidence, Span};
use ruff_python_ast::AnyNodeRef;

use super::Typed;
use crate::node::Node;
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
            call.and_then(Node::method)
                .is_some_and(|(of, name)| of == each && matches!(name, "append" | "extend"))
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

    /// As [`Node::typed_or_grown`], and a list where `emptied`, a call of `pop(0)`, takes from an attribute in a `while`
    /// that asks about it, and the module makes an attribute of that name a list: a dictionary has no 0 to give the
    /// second time.
    pub fn typed_or_emptied(self, emptied: Node<'d>) -> Typed {
        let typed = self.typed_or_grown();
        let AnyNodeRef::ExprAttribute(attribute) = self.ast() else {
            return typed;
        };
        let mut same = self.document.attributes_of(attribute.attr.as_str());
        let begins_as_list = |each: Node<'d>| {
            let value = each.statement().assigned_value();
            each.is_stored() && value.is_some_and(|value| matches!(value.ty(), Type::List(_)))
        };
        if !typed.ty.is_unknown() || self.is_made_by_a_call() || !same.any(begins_as_list) {
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
