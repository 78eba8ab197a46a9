//! Whether something stays the same while a loop runs.
//!
//! Knows rebinding, mutation, aliases, escapes and calls with effects. When it cannot show that a value stays, it says
//! why not. Does not know other threads.

use looplint_model::Confidence;
use ruff_python_ast::{AnyNodeRef, Expr};

use crate::effects::Role;
use crate::flow::Multiplicity;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::scope::{BindingKind, Symbol};
use crate::tables;
use crate::types::Type;

/// Why a value may change while a loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variance<'d> {
    /// What changes it.
    pub reason: Reason,
    /// Where.
    pub at: Node<'d>,
}

/// What changes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The name is given another value.
    Rebound,
    /// The object is changed.
    Mutated,
    /// The object gets another name or a place in another object, through which it may be changed.
    Aliased,
    /// The object is handed to code that is not known.
    Escapes,
    /// Other code runs in between: `yield`, `await`.
    Suspended,
    /// The expression has effects, or may give another value each time.
    Impure,
}

impl<'d> Node<'d> {
    /// Whether the expression has the same value in every iteration of `around`, and evaluating it does nothing else.
    /// Gives how sure that is, or what speaks against it.
    pub fn invariant(self, around: Loop<'d>) -> Result<Confidence, Variance<'d>> {
        let mut confidence = Confidence::Proven;
        self.check_invariant(around, self, &mut confidence)?;
        Ok(confidence)
    }

    /// The loops around it, innermost first, of which each runs it again while the object that it names stays the
    /// same object: what multiplies a scan of it. Empty for a call or display, which makes a new object each time.
    pub fn depth_gap(self) -> Vec<Loop<'d>> {
        let mut gap = Vec::new();
        for each in self.loops() {
            if self.identity_change(each).is_some() {
                break;
            }
            gap.push(each);
        }
        gap
    }

    /// What makes a name, attribute or element another object within `around`; none where it stays the same one.
    pub fn identity_change(self, around: Loop<'d>) -> Option<Variance<'d>> {
        match self.ast() {
            AnyNodeRef::ExprName(_) => rebinding(self, around),
            AnyNodeRef::ExprAttribute(each) => {
                let value = self.at(&*each.value);
                value
                    .identity_change(around)
                    .or_else(|| attribute_store(self, around))
            }
            AnyNodeRef::ExprSubscript(each) => {
                let value = self.at(&*each.value);
                value.identity_change(around).or_else(|| {
                    let mut confidence = Confidence::Proven;
                    self.at(&*each.slice)
                        .check_invariant(around, self, &mut confidence)
                        .err()
                })
            }
            AnyNodeRef::ExprStringLiteral(_)
            | AnyNodeRef::ExprBytesLiteral(_)
            | AnyNodeRef::ExprNumberLiteral(_)
            | AnyNodeRef::ExprBooleanLiteral(_)
            | AnyNodeRef::ExprNoneLiteral(_) => None,
            _ => Some(Variance {
                reason: Reason::Rebound,
                at: self,
            }),
        }
    }

    fn check_invariant(
        self,
        around: Loop<'d>,
        whole: Node<'d>,
        confidence: &mut Confidence,
    ) -> Result<(), Variance<'d>> {
        let vary = |reason| Err(Variance { reason, at: self });
        match self.ast() {
            AnyNodeRef::ExprName(_) => check_name(self, around, whole, confidence),
            AnyNodeRef::ExprAwait(_) | AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => {
                vary(Reason::Suspended)
            }
            AnyNodeRef::ExprNamed(_) => vary(Reason::Rebound),
            AnyNodeRef::ExprAttribute(each) => {
                self.at(&*each.value)
                    .check_invariant(around, whole, confidence)?;
                if let Some(change) = attribute_store(self, around) {
                    return Err(change);
                }
                check_attribute(self, around, confidence)
            }
            AnyNodeRef::ExprCall(_) => {
                self.check_call(confidence)?;
                self.check_children(around, whole, confidence)
            }
            _ => self.check_children(around, whole, confidence),
        }
    }

    fn check_children(
        self,
        around: Loop<'d>,
        whole: Node<'d>,
        confidence: &mut Confidence,
    ) -> Result<(), Variance<'d>> {
        for child in self.children() {
            child.check_invariant(around, whole, confidence)?;
        }
        Ok(())
    }

    /// Whether a call gives the same for the same arguments and does nothing else.
    fn check_call(self, confidence: &mut Confidence) -> Result<(), Variance<'d>> {
        match self.purity() {
            Some(sure) => {
                *confidence = (*confidence).min(sure);
                Ok(())
            }
            None => Err(Variance {
                reason: Reason::Impure,
                at: self,
            }),
        }
    }

    /// How sure it is that a call has no effect and depends on its arguments alone; none where it may not be so.
    pub fn purity(self) -> Option<Confidence> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return None;
        };
        if let Some((receiver, name)) = self.method() {
            let ty = receiver.ty();
            if !matches!(ty, Type::Unknown | Type::Module(_)) {
                let mut members = ty
                    .members()
                    .iter()
                    .filter(|member| **member != Type::None)
                    .peekable();
                members.peek()?;
                return members
                    .all(|member| {
                        tables::method(member, name)
                            .is_some_and(|fact| fact.is_pure() && self.calls_purely(fact))
                    })
                    .then_some(Confidence::Proven);
            }
        }
        if let Some(name) = self.qualified_name() {
            let fact = tables::function(&name)?;
            return (fact.is_pure() && self.calls_purely(fact)).then_some(Confidence::Proven);
        }
        match self.at(&*call.func).ty() {
            Type::Library(name) => tables::function(&name)
                .is_some_and(|fact| fact.is_pure() && self.calls_purely(fact))
                .then_some(Confidence::Proven),
            _ => None,
        }
    }

    /// Whether the functions among the arguments, which the callee calls, are known to be harmless: lambdas, whose
    /// bodies are looked at like any expression, and pure functions by name.
    fn calls_purely(self, fact: &tables::Fact) -> bool {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return false;
        };
        let pure = |value: &Expr| match value {
            Expr::Lambda(_) | Expr::NoneLiteral(_) => true,
            other => self
                .at(other)
                .qualified_name()
                .and_then(|name| tables::function(&name))
                .is_some_and(tables::Fact::is_pure),
        };
        let positional = call.arguments.args.iter().enumerate().all(|(at, value)| {
            let slot = tables::Slot::Argument(u8::try_from(at).unwrap_or(u8::MAX));
            !fact.calls.has(slot) || pure(value)
        });
        let named = call.arguments.keywords.iter().all(|keyword| {
            let is_key = keyword
                .arg
                .as_ref()
                .is_some_and(|name| name.as_str() == "key");
            !(is_key && fact.calls.has(tables::Slot::Key)) || pure(&keyword.value)
        });
        positional && named
    }
}

/// The binding inside of `around` that makes a name another object where it is used.
fn rebinding<'d>(name: Node<'d>, around: Loop<'d>) -> Option<Variance<'d>> {
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
fn changes_identity(symbol: Symbol<'_>) -> bool {
    !symbol.typed().ty.is_mutable().is_yes()
}

/// A store to the same attribute of the same thing inside of `around`.
fn attribute_store<'d>(attribute: Node<'d>, around: Loop<'d>) -> Option<Variance<'d>> {
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

/// A name in an expression that is to stay the same: not rebound, and its object not changed.
fn check_name<'d>(
    name: Node<'d>,
    around: Loop<'d>,
    whole: Node<'d>,
    confidence: &mut Confidence,
) -> Result<(), Variance<'d>> {
    let Some(symbol) = name.symbol() else {
        return Ok(());
    };
    // Bound within the expression itself: the variable of a comprehension or lambda in it.
    if symbol.bindings().next().is_some() && whole.contains(symbol.owner()) {
        return Ok(());
    }
    for binding in name.reaching() {
        if around.repeats(binding.target()) {
            return Err(Variance {
                reason: Reason::Rebound,
                at: binding.target(),
            });
        }
    }
    if symbol.is_unbound() {
        return Ok(());
    }
    let ty = symbol.typed().ty;
    if ty.is_mutable().is_no()
        || matches!(
            ty,
            Type::Module(_) | Type::Library(_) | Type::Function(_) | Type::Class(_)
        )
    {
        return Ok(());
    }
    let place = around.whole();
    for (at, found) in symbol.changes_in(place) {
        if whole.contains(at) || at.multiplicity(around) == Multiplicity::Once {
            continue;
        }
        let reason = match found.role {
            Role::Aliases => Reason::Aliased,
            Role::Escapes => Reason::Escapes,
            Role::Returns => continue,
            _ => Reason::Mutated,
        };
        return Err(Variance { reason, at });
    }
    if symbol.is_captured()
        && let Some(at) = changed_elsewhere(symbol, name)
    {
        return Err(Variance {
            reason: Reason::Escapes,
            at,
        });
    }
    if ty.is_unknown() {
        *confidence = (*confidence).min(Confidence::Possible);
    }
    Ok(())
}

/// A use in another function that changes the object: it may run during any call.
fn changed_elsewhere<'d>(symbol: Symbol<'d>, name: Node<'d>) -> Option<Node<'d>> {
    let frame = name.frame();
    symbol.uses().find(|each| {
        each.frame() != frame
            && matches!(
                each.role().role,
                Role::Mutates | Role::Stores | Role::Escapes
            )
    })
}

/// An attribute may be changed by any method of its owner, and is read anew after `yield` and `await`.
fn check_attribute<'d>(
    attribute: Node<'d>,
    around: Loop<'d>,
    confidence: &mut Confidence,
) -> Result<(), Variance<'d>> {
    let is_library = matches!(
        attribute.ty(),
        Type::Module(_) | Type::Library(_) | Type::Method(_)
    );
    if is_library {
        return Ok(());
    }
    *confidence = (*confidence).min(Confidence::Likely);
    let place = around.whole();
    for node in place.subtree() {
        if matches!(node.kind(), Kind::Await | Kind::Yield) && around.repeats(node) {
            return Err(Variance {
                reason: Reason::Suspended,
                at: node,
            });
        }
    }
    Ok(())
}
