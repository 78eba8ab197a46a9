//! What in a loop makes a name another object, or changes the object that a name or an attribute stands for.
//!
//! Knows aliases within the function, elements of collections, and methods of the module that write an attribute.

use looplint_model::Confidence;
use ruff_python_ast::AnyNodeRef;

use crate::effects::Role;
use crate::flow::Multiplicity;
use crate::invariant::{Asked, Reason, Variance, goes_through, plain_value, vary_at};
use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;
use crate::scope::{BindingKind, Symbol};
use crate::tables;
use crate::types::Type;

impl<'d> Node<'d> {
    /// What the `for` or clause that binds this target goes through.
    pub(crate) fn statement_or_clause_iterable(self) -> Option<Node<'d>> {
        self.ancestors().find_map(|above| match above.ast() {
            AnyNodeRef::Comprehension(each) => Some(above.at(&each.iter)),
            AnyNodeRef::StmtFor(each) => Some(above.at(&*each.iter)),
            _ => None,
        })
    }

    /// The `append` that adds to a list in `around`, where nothing else there changes the list: `unique.append(row)`.
    pub fn grows_by(self, around: Loop<'d>) -> Option<Node<'d>> {
        if self.identity_change(around).is_some() {
            return None;
        }
        let places: Vec<Node<'d>> = match self.ast() {
            AnyNodeRef::ExprName(_) => self.symbol()?.uses().collect(),
            AnyNodeRef::ExprAttribute(each) => {
                let root = self.root().symbol();
                let same = self.document.attributes_of(each.attr.as_str());
                same.filter(|other| other.root().symbol() == root).collect()
            }
            _ => return None,
        };
        let mut addition = None;
        for place in places.into_iter().filter(|place| around.repeats(*place)) {
            if matches!(place.role().role, Role::Returns) || !place.role().role.may_change() {
                continue;
            }
            let call = place.parent()?.parent()?;
            let (receiver, "append") = call.method()? else {
                return None;
            };
            if receiver != place {
                return None;
            }
            addition.get_or_insert(call);
        }
        addition
    }
}

/// The binding inside of `around` that makes a name another object where it is used.
pub(crate) fn rebinding<'d>(name: Node<'d>, around: Loop<'d>) -> Option<Variance<'d>> {
    let symbol = name.symbol()?;
    let found = name.reaching().into_iter().find(|binding| {
        let in_place = binding.kind() == BindingKind::Augmented && !changes_identity(symbol);
        around.repeats(binding.target()) && !in_place
    })?;
    Some(Variance {
        reason: Reason::Rebound,
        at: found.target(),
    })
}

/// Whether `x += y` makes another object: it does for everything that cannot change.
pub(crate) fn changes_identity(symbol: Symbol<'_>) -> bool {
    !symbol.typed().ty.is_mutable().is_yes()
}

/// A store to the same attribute of the same thing inside of `around`.
pub(crate) fn attribute_store<'d>(attribute: Node<'d>, around: Loop<'d>) -> Option<Variance<'d>> {
    let AnyNodeRef::ExprAttribute(each) = attribute.ast() else {
        return None;
    };
    let root = attribute.root().symbol();
    let stores = attribute.document.stores_of(each.attr.as_str());
    stores
        .filter(|store| around.repeats(*store) && (root.is_none() || store.root().symbol() == root))
        .map(|at| Variance {
            reason: Reason::Rebound,
            at,
        })
        .next()
}

/// The attribute `name` of the elements that a comprehension, or the given loop, goes through: nothing may store to it
/// in the loop, by whatever name, and no loop over the same elements may change them.
pub(crate) fn check_element<'d>(
    symbol: Symbol<'d>,
    name: &str,
    around: Loop<'d>,
    asked: Asked<'d>,
    confidence: &mut Confidence,
) -> Result<(), Variance<'d>> {
    *confidence = (*confidence).min(Confidence::Likely);
    let document = asked.whole.document();
    // A `while` goes on until something has changed, and what its elements hold is what changes unseen.
    if around.kind() == LoopKind::While {
        return vary_at(asked.whole);
    }
    let store = document
        .stores_of(name)
        .find(|store| around.repeats(*store));
    if let Some(at) = store {
        return Err(Variance {
            reason: Reason::Rebound,
            at,
        });
    }
    let collection = match asked.given.filter(|_| asked.gives(symbol)) {
        Some(given) => given.iterable(),
        None => symbol
            .bindings()
            .next()
            .and_then(|binding| binding.target().statement_or_clause_iterable()),
    };
    let changed = collection.and_then(|collection| {
        document
            .loops()
            .filter(|each| around.whole().contains(each.node()))
            .filter(|each| {
                each.iterable()
                    .is_some_and(|iterable| iterable.source() == collection.source())
            })
            .find_map(|each| {
                let target = each.target()?;
                target
                    .subtree()
                    .filter_map(Node::symbol)
                    .find_map(|symbol| element_change(symbol, each))
            })
            .filter(|at| !asked.contains(*at))
    });
    let changed = changed.or_else(|| written_in(name, around));
    changed.map_or(Ok(()), |at| {
        Err(Variance {
            reason: Reason::Mutated,
            at,
        })
    })
}

/// What an iteration of `each` does that may change the element which `symbol` stands for.
pub(crate) fn element_change<'d>(symbol: Symbol<'d>, each: Loop<'d>) -> Option<Node<'d>> {
    symbol
        .changes_in(each.whole())
        .find(|(at, found)| {
            matches!(found.role, Role::Mutates | Role::Stores | Role::Escapes) && each.repeats(*at)
        })
        .map(|(at, _)| at)
}

/// A change in the loop through another name of the same object, given before the loop.
pub(crate) fn changed_by_alias<'d>(symbol: Symbol<'d>, around: Loop<'d>) -> Option<Node<'d>> {
    let given_to = symbol.uses().filter_map(Node::given_name);
    let taken_from = symbol.bindings().filter_map(|binding| {
        plain_value(binding)
            .filter(|value| value.kind() == Kind::Name)?
            .symbol()
    });
    let by_name = given_to
        .chain(taken_from)
        .filter(|other| *other != symbol)
        .find_map(|other| {
            other
                .changes_in(around.whole())
                .find(|(at, found)| {
                    matches!(found.role, Role::Mutates | Role::Stores)
                        && at.multiplicity(around) != Multiplicity::Once
                })
                .map(|(at, _)| at)
        });
    by_name.or_else(|| changed_by_bound_method(symbol, around))
}

/// `add = seen.add` before the loop, and `add(x)` in it.
fn changed_by_bound_method<'d>(symbol: Symbol<'d>, around: Loop<'d>) -> Option<Node<'d>> {
    symbol.uses().find_map(|each| {
        let bound = each.parent()?;
        let AnyNodeRef::ExprAttribute(method) = bound.ast() else {
            return None;
        };
        let alias = bound.given_name()?;
        let changes = each.role_of_method(method.attr.as_str()).role == Role::Mutates;
        let called = |place: &Node<'d>| around.repeats(*place) && place.role().role == Role::Calls;
        alias.uses().filter(|_| changes).find(called)
    })
}

/// `y = x` where nothing ever changes `y` nor hands it out.
pub(crate) fn is_harmless_alias(value: Node<'_>) -> bool {
    value.given_name().is_some_and(|symbol| {
        !symbol.is_captured() && !symbol.uses().any(|each| each.role().role.may_change())
    })
}

/// A use in another function that changes the object: it may run during any call.
pub(crate) fn changed_elsewhere<'d>(symbol: Symbol<'d>, name: Node<'d>) -> Option<Node<'d>> {
    let frame = name.frame();
    symbol.uses().find(|each| {
        each.frame() != frame
            && matches!(
                each.role().role,
                Role::Mutates | Role::Stores | Role::Escapes
            )
    })
}

/// What in the loop changes the attribute `name` of what begins with `root`, or its object.
pub(crate) fn attribute_change<'d>(
    name: &str,
    root: Option<Symbol<'d>>,
    around: Loop<'d>,
    asked: Asked<'d>,
    is_immutable: bool,
) -> Option<Variance<'d>> {
    // What goes through itself, unlike a collection, moves on with each turn.
    if let (Some(root), Some(iterable)) = (root, around.iterable())
        && goes_through(iterable, root)
        && matches!(root.typed().ty, Type::Unknown | Type::Instance(_))
    {
        return Some(Variance {
            reason: Reason::Mutated,
            at: iterable,
        });
    }
    let document = asked.whole.document();
    for other in document
        .attributes_of(name)
        .filter(|other| around.repeats(*other))
    {
        let same = root.is_none() || other.root().symbol() == root;
        if !same || asked.contains(other) || other.multiplicity(around) == Multiplicity::Once {
            continue;
        }
        let reason = match other.role().role {
            _ if other.is_stored() => Reason::Rebound,
            Role::Mutates | Role::Stores if !is_immutable => Reason::Mutated,
            Role::Aliases if !is_immutable && !is_harmless_alias(other) => Reason::Aliased,
            Role::Escapes if !is_immutable => Reason::Escapes,
            _ => continue,
        };
        return Some(Variance { reason, at: other });
    }
    written_in(name, around).map(|at| Variance {
        reason: Reason::Mutated,
        at,
    })
}

/// A call in the loop to a method of the module that writes the attribute `name`.
pub(crate) fn written_in<'d>(name: &str, around: Loop<'d>) -> Option<Node<'d>> {
    around.whole().subtree().find(|node| {
        node.kind() == Kind::Call
            && around.repeats(*node)
            && node.multiplicity(around) != Multiplicity::Once
            && node.method().is_some()
            && node
                .summary()
                .is_some_and(|summary| summary.writes.iter().any(|each| each == name))
    })
}

/// The object that an attribute belongs to: unknown methods of it, unknown code that gets it, and other code that runs
/// at `yield` and `await` may change the attribute.
pub(crate) fn check_owner<'d>(
    root: Symbol<'d>,
    around: Loop<'d>,
    asked: Asked<'d>,
) -> Result<(), Variance<'d>> {
    for each in root
        .uses()
        .filter(|each| around.repeats(*each) && !asked.contains(*each))
    {
        let may_change = match each.parent().map(|parent| (parent, parent.parent())) {
            Some((parent, Some(call)))
                if parent.kind() == Kind::Attribute
                    && call.method().is_some_and(|(of, _)| of == each) =>
            {
                let name = call.method().map_or("", |(_, name)| name);
                call.fact().is_none()
                    && call.callee().is_none()
                    && tables::guess(name) != tables::Guess::Reads
            }
            Some((parent, _)) if parent.kind() == Kind::Attribute => false,
            _ => each.role().role == Role::Escapes,
        };
        if may_change && each.multiplicity(around) != Multiplicity::Once {
            return Err(Variance {
                reason: Reason::Escapes,
                at: each,
            });
        }
    }
    for node in around.whole().subtree() {
        if matches!(node.kind(), Kind::Await | Kind::Yield) && around.repeats(node) {
            return Err(Variance {
                reason: Reason::Suspended,
                at: node,
            });
        }
    }
    Ok(())
}
