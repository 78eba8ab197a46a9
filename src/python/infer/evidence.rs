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
        Some(Typed {
            ty,
            confidence: Confidence::Possible,
            proof: vec![span],
        })
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
