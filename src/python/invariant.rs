//! Whether something stays the same while a loop runs.
//!
//! Knows rebinding, mutation, aliases, escapes and calls with effects. When it cannot show that a value stays, it says
//! why not. Does not know other threads.

use looplint_model::Confidence;
use ruff_python_ast::{self as ast, AnyNodeRef, Expr};

use crate::effects::Role;
use crate::flow::Multiplicity;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::scope::{BindingKind, Symbol};
use crate::summary::Purity;
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
        if self.kind() == Kind::Call && self.ends(around) {
            // Something must change it, though nothing shows what.
            return Err(Variance {
                reason: Reason::Impure,
                at: self,
            });
        }
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

    /// Whether a `while` asks it, and nothing else, whether to go on: `while not done(x)`, `while a(x) and b(y)`.
    fn ends(self, around: Loop<'d>) -> bool {
        let AnyNodeRef::StmtWhile(each) = around.node().ast() else {
            return false;
        };
        let test = around.node().at(&*each.test);
        let mut part = self;
        while part != test {
            let Some(parent) = part.parent() else {
                return false;
            };
            match parent.ast() {
                AnyNodeRef::ExprUnaryOp(_) | AnyNodeRef::ExprBoolOp(_) => {}
                AnyNodeRef::ExprCompare(compare) => {
                    let other = std::iter::once(&*compare.left).chain(&*compare.comparators);
                    let fixed = other
                        .map(|other| parent.at(other))
                        .filter(|other| *other != part)
                        .all(|other| other.kind() == Kind::Literal);
                    if !fixed {
                        return false;
                    }
                }
                _ => return false,
            }
            part = parent;
        }
        true
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
                self.check_attribute(each, around, whole, confidence)
            }
            AnyNodeRef::ExprCall(_) => {
                self.check_call(around, confidence)?;
                match self.method() {
                    // What an own method reads of its receiver is known by name.
                    Some((receiver, _))
                        if self.callee().is_some() && receiver.kind() == Kind::Name =>
                    {
                        if let Some(change) = rebinding(receiver, around) {
                            return Err(change);
                        }
                        self.children()
                            .skip(1)
                            .try_for_each(|child| child.check_invariant(around, whole, confidence))
                    }
                    _ => self.check_children(around, whole, confidence),
                }
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
    fn check_call(self, around: Loop<'d>, confidence: &mut Confidence) -> Result<(), Variance<'d>> {
        if let Some(sure) = self.purity() {
            *confidence = (*confidence).min(sure);
            return Ok(());
        }
        // A function of the module that only reads gives the same as long as nothing changes what it reads.
        if let Some(summary) = self.summary()
            && summary.purity == Purity::Reads
            && !summary.reads_globals
        {
            *confidence = (*confidence).min(Confidence::Likely);
            let root = self
                .method()
                .and_then(|(receiver, _)| receiver.root().symbol());
            let change = summary
                .reads
                .iter()
                .find_map(|name| attribute_change(name, root, around, self, false));
            return change.map_or(Ok(()), Err);
        }
        Err(Variance {
            reason: Reason::Impure,
            at: self,
        })
    }

    /// An attribute stays the same when neither it nor what it is an attribute of is bound anew, nothing changes its
    /// object, and no method in the loop may do so.
    fn check_attribute(
        self,
        each: &'d ast::ExprAttribute,
        around: Loop<'d>,
        whole: Node<'d>,
        confidence: &mut Confidence,
    ) -> Result<(), Variance<'d>> {
        let value = self.at(&*each.value);
        let ty = self.ty();
        if matches!(
            ty,
            Type::Module(_) | Type::Library(_) | Type::Method(_) | Type::Function(_)
        ) {
            return value.check_invariant(around, whole, confidence);
        }
        match value.kind() {
            Kind::Name => {
                if let Some(change) = rebinding(value, around) {
                    return Err(change);
                }
            }
            _ => value.check_invariant(around, whole, confidence)?,
        }
        *confidence = (*confidence).min(Confidence::Likely);
        let name = each.attr.as_str();
        let root = self.root().symbol();
        if let Some(change) = attribute_change(name, root, around, whole, ty.is_mutable().is_no()) {
            return Err(change);
        }
        if let Some(root) = root {
            check_owner(root, around, whole)?;
        }
        Ok(())
    }

    /// Whether an attribute or subscript is assigned to or deleted.
    pub fn is_stored(self) -> bool {
        match self.ast() {
            AnyNodeRef::ExprAttribute(each) => !each.ctx.is_load(),
            AnyNodeRef::ExprSubscript(each) => !each.ctx.is_load(),
            AnyNodeRef::ExprName(each) => !each.ctx.is_load(),
            _ => false,
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
        if let Some(callee) = self.callee() {
            let summary = self.document.function_summary(callee);
            let sure = match callee.parent_class() {
                None => Confidence::Proven,
                // A class below may define the method anew.
                Some(_) => Confidence::Likely,
            };
            return (summary.purity == Purity::Pure).then_some(sure);
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
            Role::Aliases if is_harmless_alias(at) => continue,
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

/// `y = x` where nothing ever changes `y` nor hands it out.
fn is_harmless_alias(value: Node<'_>) -> bool {
    let Some(statement) = value.parent() else {
        return false;
    };
    let AnyNodeRef::StmtAssign(assign) = statement.ast() else {
        return false;
    };
    let [target] = assign.targets.as_slice() else {
        return false;
    };
    let Some(symbol) = statement.at(target).symbol() else {
        return false;
    };
    !symbol.is_captured() && !symbol.uses().any(|each| each.role().role.may_change())
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

/// What in the loop changes the attribute `name` of what begins with `root`, or its object.
fn attribute_change<'d>(
    name: &str,
    root: Option<Symbol<'d>>,
    around: Loop<'d>,
    whole: Node<'d>,
    is_immutable: bool,
) -> Option<Variance<'d>> {
    let document = whole.document();
    for other in document
        .attributes_of(name)
        .filter(|other| around.repeats(*other))
    {
        let same = root.is_none() || other.root().symbol() == root;
        if !same || whole.contains(other) || other.multiplicity(around) == Multiplicity::Once {
            continue;
        }
        let reason = match other.role().role {
            _ if other.is_stored() => Reason::Rebound,
            Role::Mutates | Role::Stores if !is_immutable => Reason::Mutated,
            Role::Aliases if !is_immutable => Reason::Aliased,
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
fn written_in<'d>(name: &str, around: Loop<'d>) -> Option<Node<'d>> {
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
fn check_owner<'d>(
    root: Symbol<'d>,
    around: Loop<'d>,
    whole: Node<'d>,
) -> Result<(), Variance<'d>> {
    for each in root
        .uses()
        .filter(|each| around.repeats(*each) && !whole.contains(*each))
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
