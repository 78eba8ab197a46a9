//! Whether something stays the same while a loop runs.
//!
//! Knows rebinding, mutation, aliases, escapes and calls with effects. When it cannot show that a value stays, it says
//! why not. Does not know other threads.

use looplint_model::Confidence;
use ruff_python_ast::{self as ast, AnyNodeRef};

use crate::changed::{
    attribute_change, attribute_store, changed_by_alias, changed_elsewhere, changes_identity,
    check_element, check_owner, element_change, is_harmless_alias, rebinding,
};
use crate::effects::Role;
use crate::flow::Multiplicity;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::scope::{Binding, BindingKind, Symbol};
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

/// Names for one value that are followed within a loop.
const STEPS_MAX: u8 = 3;

/// What is asked about: an expression, what may vary in it all the same, and through how many names it was reached.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'d> {
    pub(crate) whole: Node<'d>,
    /// A loop whose variable counts as given.
    pub(crate) given: Option<Loop<'d>>,
    steps: u8,
}

impl<'d> Asked<'d> {
    fn about(whole: Node<'d>) -> Asked<'d> {
        Asked {
            whole,
            given: None,
            steps: 0,
        }
    }

    pub(crate) fn contains(self, node: Node<'d>) -> bool {
        self.whole.contains(node)
    }

    /// Whether a name is bound within the expression itself: the variable of a comprehension or lambda in it.
    fn binds(self, symbol: Symbol<'d>) -> bool {
        symbol.bindings().next().is_some() && self.whole.contains(symbol.owner())
    }

    /// Whether a name is the variable of the loop that counts as given.
    pub(crate) fn gives(self, symbol: Symbol<'d>) -> bool {
        self.given.is_some_and(|given| given.gives(symbol))
    }
}

impl<'d> Node<'d> {
    /// Whether the expression has the same value in every iteration of `around`, and evaluating it does nothing else.
    /// Gives how sure that is, or what speaks against it.
    pub fn invariant(self, around: Loop<'d>) -> Result<Confidence, Variance<'d>> {
        let mut confidence = Confidence::Proven;
        self.check_invariant(around, Asked::about(self), &mut confidence)?;
        if self.kind() == Kind::Call && self.ends(around) {
            // Something must change it, though nothing shows what.
            return Err(Variance {
                reason: Reason::Impure,
                at: self,
            });
        }
        Ok(confidence)
    }

    /// Whether the expression has the same value in every iteration of `around` for the same element of `inner`, a loop
    /// in it: whether it depends on nothing but the variable of `inner`.
    pub fn invariant_but_for(
        self,
        inner: Loop<'d>,
        around: Loop<'d>,
    ) -> Result<Confidence, Variance<'d>> {
        let mut confidence = Confidence::Proven;
        let asked = Asked {
            given: Some(inner),
            ..Asked::about(self)
        };
        self.check_invariant(around, asked, &mut confidence)?;
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
        self.identity_within(around, 0)
    }

    fn identity_within(self, around: Loop<'d>, steps: u8) -> Option<Variance<'d>> {
        match self.ast() {
            AnyNodeRef::ExprName(_) => self.name_identity(around, steps),
            AnyNodeRef::ExprAttribute(each) => {
                let value = self.at(&*each.value);
                value
                    .identity_within(around, steps)
                    .or_else(|| attribute_store(self, around))
            }
            AnyNodeRef::ExprSubscript(each) => {
                let value = self.at(&*each.value);
                value.identity_within(around, steps).or_else(|| {
                    let mut confidence = Confidence::Proven;
                    self.at(&*each.slice)
                        .check_invariant(around, Asked::about(self), &mut confidence)
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

    /// A name that an iteration binds anew may still stand for one of a few objects that stay:
    /// `known = self.known`, `side = left if .. else right`.
    fn name_identity(self, around: Loop<'d>, steps: u8) -> Option<Variance<'d>> {
        let symbol = self.symbol()?;
        let change = |binding: &Binding<'d>| {
            let in_place = binding.kind() == BindingKind::Augmented && !changes_identity(symbol);
            let stays = in_place
                || plain_value(*binding).is_some_and(|value| {
                    steps < STEPS_MAX
                        && value.root().symbol() != Some(symbol)
                        && value.is_one_of(around, steps + 1)
                });
            !stays
        };
        let found = self
            .reaching_through_sums()
            .into_iter()
            .find(|binding| around.repeats(binding.target()) && change(binding))?;
        Some(Variance {
            reason: Reason::Rebound,
            at: found.target(),
        })
    }

    /// Whether the expression only names objects that stay the same within `around`.
    fn is_one_of(self, around: Loop<'d>, steps: u8) -> bool {
        match self.ast() {
            AnyNodeRef::ExprName(_) => self.name_identity(around, steps).is_none(),
            AnyNodeRef::ExprAttribute(_) | AnyNodeRef::ExprSubscript(_) => {
                self.identity_within(around, steps).is_none()
            }
            AnyNodeRef::ExprIf(each) => {
                self.at(&*each.body).is_one_of(around, steps)
                    && self.at(&*each.orelse).is_one_of(around, steps)
            }
            AnyNodeRef::ExprBoolOp(each) => each
                .values
                .iter()
                .all(|value| self.at(value).is_one_of(around, steps)),
            _ => false,
        }
    }

    fn check_invariant(
        self,
        around: Loop<'d>,
        asked: Asked<'d>,
        confidence: &mut Confidence,
    ) -> Result<(), Variance<'d>> {
        let vary = |reason| Err(Variance { reason, at: self });
        match self.ast() {
            AnyNodeRef::ExprName(_) => check_name(self, around, asked, confidence),
            AnyNodeRef::ExprAwait(_) | AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => {
                vary(Reason::Suspended)
            }
            AnyNodeRef::ExprNamed(_) => vary(Reason::Rebound),
            AnyNodeRef::ExprAttribute(each) => {
                self.check_attribute(each, around, asked, confidence)
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
                            .try_for_each(|child| child.check_invariant(around, asked, confidence))
                    }
                    _ => self.check_children(around, asked, confidence),
                }
            }
            _ => self.check_children(around, asked, confidence),
        }
    }

    fn check_children(
        self,
        around: Loop<'d>,
        asked: Asked<'d>,
        confidence: &mut Confidence,
    ) -> Result<(), Variance<'d>> {
        for child in self.children() {
            child.check_invariant(around, asked, confidence)?;
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
                .find_map(|name| attribute_change(name, root, around, Asked::about(self), false));
            return change.map_or(Ok(()), Err);
        }
        Err(Variance {
            reason: Reason::Impure,
            at: self,
        })
    }

    /// Whether something in the loop, beside this expression, changes the attribute `name` of what begins with `root`, or
    /// its object.
    pub(crate) fn sees_change_of(self, name: &str, root: Symbol<'d>, around: Loop<'d>) -> bool {
        attribute_change(name, Some(root), around, Asked::about(self), false).is_some()
    }

    /// An attribute stays the same when neither it nor what it is an attribute of is bound anew, nothing changes its
    /// object, and no method in the loop may do so.
    fn check_attribute(
        self,
        each: &'d ast::ExprAttribute,
        around: Loop<'d>,
        asked: Asked<'d>,
        confidence: &mut Confidence,
    ) -> Result<(), Variance<'d>> {
        let value = self.at(&*each.value);
        let ty = self.ty();
        if matches!(
            ty,
            Type::Module(_) | Type::Library(_) | Type::Method(_) | Type::Function(_)
        ) {
            return value.check_invariant(around, asked, confidence);
        }
        if self.is_called() && tables::reads_by_name(each.attr.as_str()) && ty.is_unknown() {
            return value.check_invariant(around, asked, confidence);
        }
        match value.kind() {
            Kind::Name => {
                if let Some(symbol) = value.symbol()
                    && (asked.binds(symbol) || asked.gives(symbol))
                {
                    return check_element(symbol, each.attr.as_str(), around, asked, confidence);
                }
                if let Some(change) = rebinding(value, around) {
                    return Err(change);
                }
            }
            _ => value.check_invariant(around, asked, confidence)?,
        }
        *confidence = (*confidence).min(Confidence::Likely);
        let name = each.attr.as_str();
        let root = self.root().symbol();
        if let Some(change) = attribute_change(name, root, around, asked, ty.is_mutable().is_no()) {
            return Err(change);
        }
        if let Some(root) = root {
            check_owner(root, around, asked)?;
        }
        Ok(())
    }
}

/// A name in an expression that is to stay the same: not rebound, and its object not changed.
fn check_name<'d>(
    name: Node<'d>,
    around: Loop<'d>,
    asked: Asked<'d>,
    confidence: &mut Confidence,
) -> Result<(), Variance<'d>> {
    let Some(symbol) = name.symbol() else {
        return Ok(());
    };
    if asked.binds(symbol) {
        return Ok(());
    }
    if asked.gives(symbol) {
        return match asked.given.and_then(|given| element_change(symbol, given)) {
            Some(at) if !asked.contains(at) => Err(Variance {
                reason: Reason::Mutated,
                at,
            }),
            _ => Ok(()),
        };
    }
    let reaching = name.reaching();
    for binding in &reaching {
        if !around.repeats(binding.target()) {
            continue;
        }
        // Bound anew to what is the same each time.
        if let [binding] = reaching.as_slice()
            && let Some(value) = plain_value(*binding)
            && asked.steps < STEPS_MAX
        {
            let asked = Asked {
                steps: asked.steps + 1,
                ..asked
            };
            value.check_invariant(around, asked, confidence)?;
            continue;
        }
        return Err(Variance {
            reason: Reason::Rebound,
            at: binding.target(),
        });
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
        if asked.contains(at) || at.multiplicity(around) == Multiplicity::Once {
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
    if let Some(at) = changed_by_alias(symbol, around) {
        return Err(Variance {
            reason: Reason::Aliased,
            at,
        });
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

pub(crate) fn vary_at<'d>(at: Node<'d>) -> Result<(), Variance<'d>> {
    Err(Variance {
        reason: Reason::Mutated,
        at,
    })
}

/// Whether a loop goes through the object of a name itself: `xs`, `enumerate(xs)`.
pub(crate) fn goes_through<'d>(iterable: Node<'d>, root: Symbol<'d>) -> bool {
    match iterable.kind() {
        Kind::Name => iterable.symbol() == Some(root),
        Kind::Call if matches!(iterable.builtin(), Some("enumerate" | "iter" | "zip")) => iterable
            .children()
            .skip(1)
            .any(|argument| argument.kind() == Kind::Name && argument.symbol() == Some(root)),
        _ => false,
    }
}

/// The value of an assignment to a single name.
pub(crate) fn plain_value<'d>(binding: Binding<'d>) -> Option<Node<'d>> {
    let owner = binding.owner();
    (binding.kind() == BindingKind::Assigned && binding.target().parent() == Some(owner))
        .then(|| owner.assigned_value())?
}
