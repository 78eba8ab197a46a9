//! How many items somebody wrote out for a name, over all places that give it some.
//!
//! Knows names that get one of several displays, collections whose length was asked just before, and lists that grow by
//! one item at places that no loop repeats, or loops that turn a few times. Does not know sizes that come from data.

use looplint_model::SizeOrigin;
use ruff_python_ast::{AnyNodeRef, CmpOp, DictItem, Operator};

use crate::count::{Count, literal};
use crate::effects::Role;
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind, Symbol};

/// Bindings that are looked at, at most.
const BINDINGS_MAX: usize = 8;

/// Uses that are looked at, at most.
const USES_MAX: usize = 24;

/// The most items that a question for a length may allow: more is no handful.
const ASKED_MAX: u64 = 16;

/// Names that are followed into one another, at most: each may have several places that add to it.
const DEPTH_MAX: u32 = 4;

impl<'d> Node<'d> {
    /// The most that a name can hold where its length was asked: within `if len(xs) < 8:`, or behind
    /// `if len(xs) > 8: return`.
    pub(crate) fn asked_count(self) -> Option<Count> {
        let symbol = self.symbol()?;
        let asked = symbol
            .uses()
            .take(USES_MAX)
            .take_while(|each| each.id() < self.id());
        asked
            .filter(|each| each.frame() == self.frame())
            .find_map(|each| {
                let (test, truth, most) = each.parent()?.limits_length()?;
                let holds = test.holds_at(truth, self) && !symbol.may_grow_between(test, self);
                let is_same = || each.reaching() == self.reaching();
                (most <= ASKED_MAX && holds && is_same()).then_some(Count {
                    n: most,
                    origin: SizeOrigin::Constant,
                })
            })
    }

    /// The comparison of `len(xs)`, which this is, with a number: whether it must hold, and how many there are then at most.
    fn limits_length(self) -> Option<(Node<'d>, bool, u64)> {
        if self.builtin() != Some("len") {
            return None;
        }
        let test = self.parent()?;
        let AnyNodeRef::ExprCompare(compare) = test.ast() else {
            return None;
        };
        let ([op], [right]) = (&*compare.ops, &*compare.comparators) else {
            return None;
        };
        let n = u64::try_from(test.at(right).constant_int()?).ok()?;
        if test.at(&*compare.left) != self {
            return None;
        }
        let (truth, most) = match op {
            CmpOp::Eq => (true, n),
            CmpOp::Lt => (true, n.checked_sub(1)?),
            CmpOp::LtE => (true, n),
            CmpOp::Gt => (false, n),
            CmpOp::GtE => (false, n.checked_sub(1)?),
            CmpOp::NotEq => (false, n),
            _ => return None,
        };
        Some((test, truth, most))
    }

    /// The longest of several texts that are written out and can be what the name holds here.
    pub(crate) fn count_of_texts(self) -> Option<Count> {
        let mut longest = None;
        for binding in self.reaching() {
            let value = binding.owner().assigned_value();
            let value = value.filter(|_| binding.target().parent() == Some(binding.owner()))?;
            let n = value.constant_str()?.chars().count() as u64;
            longest = longest.max(Some(n));
        }
        longest.map(literal)
    }

    /// What stands under a key of a dict that is written out once and does not grow: of `sizes["small"]` the list.
    pub(crate) fn value_under(self, key: &str) -> Option<Node<'d>> {
        let symbol = self.symbol()?;
        let binding = symbol.single_binding()?;
        let display = binding.owner().assigned_value()?;
        let AnyNodeRef::ExprDict(dict) = display.ast() else {
            return None;
        };
        let is_whole = binding.target().parent() == Some(binding.owner()) && !symbol.may_grow();
        let of_key = |item: &&'d DictItem| {
            item.key
                .as_ref()
                .and_then(|one| display.at(one).constant_str())
                == Some(key)
        };
        let item = dict.items.iter().filter(|_| is_whole).find(of_key)?;
        Some(display.at(&item.value))
    }
}

impl<'d> Symbol<'d> {
    /// The most that any of several assignments gives, and what is added; all must be known.
    pub(crate) fn count_of_bindings(self, depth: u32) -> Option<Count> {
        if depth > DEPTH_MAX || self.bindings().nth(BINDINGS_MAX).is_some() {
            return None;
        }
        let mut most: Option<Count> = None;
        let mut added = literal(0);
        let mut is_mutable = false;
        for binding in self.bindings() {
            let owner = binding.owner();
            let value = owner.assigned_value()?;
            let count = value.count(depth + 1)?;
            match binding.kind() {
                BindingKind::Assigned if binding.target().parent() == Some(owner) => {
                    is_mutable |= !value.ty().is_mutable().is_no();
                    if most.is_none_or(|most| most.n < count.n) {
                        most = Some(count);
                    }
                }
                BindingKind::Augmented => {
                    let is_sum = matches!(owner.ast(), AnyNodeRef::StmtAugAssign(each) if each.op == Operator::Add);
                    let times = self.times(owner, depth).filter(|_| is_sum)?;
                    added = added.plus(count.of(times));
                }
                _ => return None,
            }
        }
        if is_mutable {
            added = added.plus(self.added(depth)?);
        }
        most.map(|most| most.plus(added))
    }

    /// At most how many items its methods add after it was bound. None where that is not known.
    pub(crate) fn added(self, depth: u32) -> Option<Count> {
        let mut added = literal(0);
        if !self.may_grow() {
            return Some(added);
        }
        if depth > DEPTH_MAX
            || self.scope_kind() != ScopeKind::Function
            || self.is_captured()
            || self.uses().nth(USES_MAX).is_some()
        {
            return None;
        }
        for each in self.uses() {
            let role = each.role().role;
            if !matches!(
                role,
                Role::Mutates | Role::Stores | Role::Escapes | Role::Aliases
            ) {
                continue;
            }
            let call = each.parent().and_then(Node::parent)?;
            let (receiver, method) = call.method()?;
            if receiver != each || role != Role::Mutates {
                return None;
            }
            let n = match method {
                "append" | "add" | "insert" | "appendleft" => literal(1),
                "extend" | "update" => call.argument(0, "")?.count(depth + 1)?,
                "pop" | "popleft" | "remove" | "clear" | "sort" | "reverse" | "discard" => continue,
                _ => return None,
            };
            added = added.plus(n.of(self.times(each, depth)?));
        }
        Some(added)
    }

    /// Whether it is changed, or handed to what may change it, between two places, one after the other or in a loop around
    /// the second.
    fn may_grow_between(self, from: Node<'d>, to: Node<'d>) -> bool {
        let mut changes = self.uses().filter(|each| each.role().role.may_change());
        changes.any(|each| {
            let is_between = from.id() < each.id() && each.id() < to.id();
            is_between
                || to
                    .all_loops()
                    .any(|around| around.repeats(each) && !around.repeats(from))
        })
    }

    /// Whether the module itself changes it through one of its names.
    pub(crate) fn is_mutated(self) -> bool {
        self.uses().any(|each| each.role().role == Role::Mutates)
    }

    /// How often a place of the symbol's own function is reached at most.
    fn times(self, place: Node<'d>, depth: u32) -> Option<Count> {
        if place.frame() != self.owner() {
            return None;
        }
        let mut times = literal(1);
        for each in place.all_loops() {
            times = times.of(each.iterable()?.count(depth + 1)?);
        }
        Some(times)
    }
}

impl Count {
    /// The two together.
    pub(crate) fn plus(self, other: Count) -> Count {
        self.joined(other, self.n.saturating_add(other.n))
    }

    fn of(self, times: Count) -> Count {
        self.joined(times, self.n.saturating_mul(times.n))
    }
}
