//! Whether something stays the same while a loop runs.
//!
//! Knows rebinding, mutation, aliases, escapes and calls with effects. When it cannot show that a value stays, it says
//! why not. Does not know other threads.

use looplint_model::Confidence;
use ruff_python_ast::{self as ast, AnyNodeRef, Expr};

use crate::effects::Role;
use crate::flow::Multiplicity;
use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
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
struct Asked<'d> {
    whole: Node<'d>,
    /// A loop whose variable counts as given.
    given: Option<Loop<'d>>,
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

    fn contains(self, node: Node<'d>) -> bool {
        self.whole.contains(node)
    }

    /// Whether a name is bound within the expression itself: the variable of a comprehension or lambda in it.
    fn binds(self, symbol: Symbol<'d>) -> bool {
        symbol.bindings().next().is_some() && self.whole.contains(symbol.owner())
    }

    /// Whether a name is the variable of the loop that counts as given.
    fn gives(self, symbol: Symbol<'d>) -> bool {
        let target = self.given.and_then(Loop::target);
        target.is_some_and(|target| {
            target
                .subtree()
                .any(|part| part.kind() == Kind::Name && part.symbol() == Some(symbol))
        })
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
            // A decorator may make anything of a generator: a context manager, a coroutine.
            let is_other = summary.generator && callee.is_decorated();
            return (summary.purity == Purity::Pure && !is_other).then_some(sure);
        }
        match self.at(&*call.func).ty() {
            Type::Library(name) => tables::function(&name)
                .is_some_and(|fact| fact.is_pure() && self.calls_purely(fact))
                .then_some(Confidence::Proven),
            // Nothing shows the receiver's type, but hardly anything else has a method of this name.
            Type::Unknown => self
                .method()
                .is_some_and(|(_, name)| tables::reads_by_name(name))
                .then_some(Confidence::Likely),
            _ => None,
        }
    }

    /// Whether it is what a call calls.
    fn is_called(self) -> bool {
        self.parent().is_some_and(|call| match call.ast() {
            AnyNodeRef::ExprCall(each) => self.at(&*each.func) == self,
            _ => false,
        })
    }

    /// What the `for` or clause that binds this target goes through.
    fn statement_or_clause_iterable(self) -> Option<Node<'d>> {
        self.ancestors().find_map(|above| match above.ast() {
            AnyNodeRef::Comprehension(each) => Some(above.at(&each.iter)),
            AnyNodeRef::StmtFor(each) => Some(above.at(&*each.iter)),
            _ => None,
        })
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

fn vary_at<'d>(at: Node<'d>) -> Result<(), Variance<'d>> {
    Err(Variance {
        reason: Reason::Mutated,
        at,
    })
}

/// Whether a loop goes through the object of a name itself: `xs`, `enumerate(xs)`.
fn goes_through<'d>(iterable: Node<'d>, root: Symbol<'d>) -> bool {
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
fn plain_value<'d>(binding: Binding<'d>) -> Option<Node<'d>> {
    let owner = binding.owner();
    (binding.kind() == BindingKind::Assigned && binding.target().parent() == Some(owner))
        .then(|| owner.assigned_value())?
}

/// The attribute `name` of the elements that a comprehension, or the given loop, goes through: nothing may store to it
/// in the loop, by whatever name, and no loop over the same elements may change them.
fn check_element<'d>(
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
fn element_change<'d>(symbol: Symbol<'d>, each: Loop<'d>) -> Option<Node<'d>> {
    symbol
        .changes_in(each.whole())
        .find(|(at, found)| {
            matches!(found.role, Role::Mutates | Role::Stores | Role::Escapes) && each.repeats(*at)
        })
        .map(|(at, _)| at)
}

/// A change in the loop through another name of the same object, given before the loop.
fn changed_by_alias<'d>(symbol: Symbol<'d>, around: Loop<'d>) -> Option<Node<'d>> {
    let given_to = symbol.uses().filter_map(Node::given_name);
    let taken_from = symbol.bindings().filter_map(|binding| {
        plain_value(binding)
            .filter(|value| value.kind() == Kind::Name)?
            .symbol()
    });
    given_to
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
        })
}

/// `y = x` where nothing ever changes `y` nor hands it out.
fn is_harmless_alias(value: Node<'_>) -> bool {
    value.given_name().is_some_and(|symbol| {
        !symbol.is_captured() && !symbol.uses().any(|each| each.role().role.may_change())
    })
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
