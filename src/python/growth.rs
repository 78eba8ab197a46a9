//! A value that grows in a loop: each iteration makes it anew out of itself.
//!
//! Knows where the value starts, which loops it grows in, and whether anything looks at it in between.
//! Does not know what it costs to grow: that depends on the type, which is for the rule to ask.

use looplint_model::{CodeCost, Confidence, Size, SizeOrigin};
use ruff_python_ast::{AnyNodeRef, Expr};

use crate::data;
use crate::effects::Role;
use crate::flow::Multiplicity;
use crate::infer::Typed;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::scope::{Binding, BindingKind};
use crate::starts::starts_anew;
use crate::tables::Effect;
use crate::types::Type;

/// A slice of so many at most is short.
const SHORT_MAX: i64 = 64;

/// A name, attribute or item that each iteration of some loops makes anew out of itself.
#[derive(Clone, Debug)]
pub struct Growth<'d> {
    /// The target of the assignment.
    pub target: Node<'d>,
    /// The assignment.
    pub statement: Node<'d>,
    /// The loops in which it grows, innermost first; never empty, none of them small.
    pub loops: Vec<Loop<'d>>,
}

impl<'d> Growth<'d> {
    /// The growth of an assignment's `target`. None where no loop repeats it without starting it anew.
    /// Whether the assigned value holds the old one is for the caller to see.
    pub fn of(target: Node<'d>) -> Option<Growth<'d>> {
        let statement = target.statement();
        let mut loops = Vec::new();
        for each in statement.loops() {
            if starts_anew(target, each) {
                break;
            }
            if !each.is_small() && statement.multiplicity(each) == Multiplicity::Repeated {
                loops.push(each);
            }
        }
        (!loops.is_empty()).then_some(Growth {
            target,
            statement,
            loops,
        })
    }

    /// Whether something says that one of the loops turns many times. What grows by a few is copied in no time, and so
    /// are the words of an error.
    pub fn is_of_many(&self) -> bool {
        self.loops.iter().any(|each| each.turns_many_times()) && !self.tells_of_error()
    }

    /// The type of what grows. Where nothing shows it, what the same function assigns to the same place, what is added to
    /// it, or what reads it, is evidence short of proof.
    pub fn typed(&self) -> Typed {
        let own = self.target.typed();
        if !own.ty.is_unknown() {
            return own;
        }
        let likely = |ty: Type, span| Typed::shown(ty, Confidence::Likely, span);
        let frame = self.target.frame();
        let assigned = frame.subtree().find_map(|node| match node.ast() {
            AnyNodeRef::StmtAssign(each) if !grows(node, self.target) => {
                let same = each
                    .targets
                    .iter()
                    .any(|one| node.at(one).source() == self.target.source());
                let ty = node.at(&*each.value).ty();
                (same && !ty.is_unknown()).then(|| likely(ty, node.span()))
            }
            _ => None,
        });
        assigned
            .or_else(|| self.added_text())
            .or_else(|| self.target.read_as_bytes())
            .or_else(|| self.cut_until_empty())
            .unwrap_or(own)
    }

    /// `while xs: .. xs = xs[1:]`: a sequence, and no array, whose truth nobody can ask.
    fn cut_until_empty(&self) -> Option<Typed> {
        let value = self.statement.value_for(self.target.source())?;
        let AnyNodeRef::ExprSubscript(cut) = value.ast() else {
            return None;
        };
        let is_target = |node: Node<'d>| node.source() == self.target.source();
        let asks = self.loops.iter().any(|each| match each.node().ast() {
            AnyNodeRef::StmtWhile(one) => is_target(each.node().at(&*one.test)),
            _ => false,
        });
        // A text that is taken apart sign by sign is a short one, unless it is called otherwise.
        let is_data = data::is_many(self.target.source());
        let is_cut = is_data && cut.slice.is_slice_expr() && is_target(value.at(&*cut.value));
        (asks && is_cut).then(|| {
            let sequence = Type::Sequence(Type::Unknown.into());
            Typed::shown(sequence, Confidence::Likely, value.span())
        })
    }

    /// `+= "text"`: nothing but a text takes a text, or a list by mistake.
    fn added_text(&self) -> Option<Typed> {
        let AnyNodeRef::StmtAugAssign(each) = self.statement.ast() else {
            return None;
        };
        let added = self.statement.at(&*each.value);
        let is_text = matches!(
            added.ast(),
            AnyNodeRef::ExprFString(_) | AnyNodeRef::ExprStringLiteral(_)
        );
        is_text.then(|| Typed::shown(Type::Str, Confidence::Likely, added.span()))
    }

    /// The cost of making it anew in every iteration, against adding to it in place.
    /// n is how often it grows: what it was before the loops does not count.
    pub fn cost(&self, shape: &'static str) -> CodeCost {
        let trips = self.outermost().extent().name;
        let assumed = Size {
            n: self.target.document().settings.assume_size,
            origin: SizeOrigin::Assumed,
        };
        CodeCost {
            before: format!("O({trips}^2)"),
            after: format!("O({trips})"),
            depth: self.loops.len() as u32,
            size: self.target.best_size(assumed, &self.loops),
            shape,
            curve: None,
        }
    }

    /// The outermost loop in which it grows.
    pub fn outermost(&self) -> Loop<'d> {
        self.loops[self.loops.len() - 1]
    }

    /// The statements outside of the loops that give the name its first value.
    pub fn starts(&self) -> Vec<Binding<'d>> {
        let Some(symbol) = self.target.symbol() else {
            return Vec::new();
        };
        let whole = self.outermost().node();
        symbol
            .bindings()
            .filter(|binding| !whole.contains(binding.target()))
            .collect()
    }

    /// Whether it is cut to a few before the loops: `data = data[:24]`.
    pub fn starts_short(&self) -> bool {
        self.starts().iter().any(|binding| {
            let Some(value) = binding.owner().assigned_value() else {
                return false;
            };
            let AnyNodeRef::ExprSubscript(cut) = value.ast() else {
                return false;
            };
            let Expr::Slice(slice) = &*cut.slice else {
                return false;
            };
            let upper = slice
                .upper
                .as_ref()
                .and_then(|upper| value.at(&**upper).constant_int());
            upper.is_some_and(|upper| (0..=SHORT_MAX).contains(&upper))
        })
    }

    /// Where the loops use the value for anything but growing.
    pub fn reads(&self) -> Vec<Node<'d>> {
        let whole = self.outermost().node();
        match self.target.symbol() {
            Some(symbol) => symbol
                .uses()
                .filter(|each| whole.contains(*each) && !self.statement.contains(*each))
                .filter(|each| !grows(each.statement(), self.target))
                .collect(),
            None => whole
                .subtree()
                .filter(|each| {
                    each.kind() == self.target.kind() && each.source() == self.target.source()
                })
                .filter(|each| {
                    !self.statement.contains(*each) && !grows(each.statement(), self.target)
                })
                .collect(),
        }
    }

    /// Whether an earlier statement of the same outermost loop, of a shape that `grown` knows and at least as deep, grows
    /// the same: the loop is told of once.
    pub fn follows(&self, grown: impl Fn(Node<'d>) -> Option<Node<'d>>) -> bool {
        let whole = self.outermost().node();
        whole
            .subtree()
            .take_while(|each| *each != self.statement)
            .filter(|each| matches!(each.kind(), Kind::Assign | Kind::AugAssign))
            .filter_map(grown)
            .any(|other| {
                let is_as_deep = |other: Growth<'d>| {
                    other.outermost() == self.outermost() && other.loops.len() >= self.loops.len()
                };
                other.source() == self.target.source() && Growth::of(other).is_some_and(is_as_deep)
            })
    }

    /// Whether a turn looks at more of it than whether there is any: then it cannot be put together after the loop.
    pub fn is_looked_at(&self) -> bool {
        let asks_only_whether = |place: &Node<'d>| {
            let is_compared = place.parent().is_some_and(|parent| match parent.ast() {
                AnyNodeRef::ExprCompare(each) => each
                    .comparators
                    .iter()
                    .any(|right| matches!(right, Expr::NoneLiteral(_))),
                _ => parent.builtin() == Some("len"),
            });
            place.is_stored() || place.is_tested() || is_compared
        };
        let is_own = |part: &Node<'d>| {
            part.kind() == self.target.kind() && part.source() == self.target.source()
        };
        // Once as what is added to.
        let mut looks = self
            .statement
            .subtree()
            .filter(|part| is_own(part) && !asks_only_whether(part));
        looks.nth(1).is_some() || !self.reads().iter().all(asks_only_whether)
    }

    /// Whether an earlier loop of the function grows the same name from the same start: what mends the one mends the other.
    pub fn goes_on(&self, grown: impl Fn(Node<'d>) -> Option<Node<'d>>) -> bool {
        let (Some(symbol), Some(function)) = (self.target.symbol(), self.target.function()) else {
            return false;
        };
        let starts = symbol
            .bindings()
            .filter(|each| !grows(each.owner(), self.target));
        let whole = self.outermost().node();
        starts.count() == 1
            && function
                .subtree()
                .take_while(|each| *each != whole)
                .filter(|each| matches!(each.kind(), Kind::Assign | Kind::AugAssign))
                .filter_map(grown)
                .filter(|other| other.symbol() == Some(symbol))
                .any(|other| Growth::of(other).is_some_and(|other| other.is_of_many()))
    }

    /// Whether the loops also cut the value: a buffer that is filled and emptied does not grow.
    pub fn is_cut(&self) -> bool {
        self.outermost().node().subtree().any(|node| {
            let AnyNodeRef::StmtAssign(each) = node.ast() else {
                return false;
            };
            let is_own = each
                .targets
                .iter()
                .any(|one| node.at(one).source() == self.target.source());
            let value = node.at(&*each.value);
            let AnyNodeRef::ExprSubscript(cut) = value.ast() else {
                return is_own
                    && value.kind() == Kind::Call
                    && value.is_qualified("numpy.delete")
                    && value.mentions(self.target);
            };
            is_own
                && cut.slice.is_slice_expr()
                && node.at(&*cut.value).source() == self.target.source()
        })
    }

    /// Whether each iteration hands out the value that it has so far: then each needs it whole.
    pub fn is_handed_out(&self) -> bool {
        let innermost = self.loops[0];
        self.reads().into_iter().any(|each| {
            let role = each.role().role;
            let goes_out = || {
                let fact = each.parent().and_then(Node::fact);
                fact.is_some_and(|fact| fact.effect == Effect::Outside)
            };
            (matches!(role, Role::Escapes | Role::Stores) || goes_out())
                && !each.is_stored()
                && each.multiplicity(innermost) == Multiplicity::Repeated
        })
    }

    /// Whether another name, a container or a call ever holds the object: then the old and the new one can be told
    /// apart.
    pub fn is_shared(&self) -> bool {
        let Some(symbol) = self.target.symbol() else {
            return true;
        };
        if symbol.is_captured() {
            return true;
        }
        let starts_shared = self.starts().iter().any(|binding| !is_fresh(*binding));
        let whole = self.outermost().node();
        starts_shared
            || symbol
                .uses()
                .filter(|each| each.id() < whole.id() || whole.contains(*each))
                .any(|each| {
                    let role = each.role().role;
                    let grows_here = grows(each.statement(), self.target);
                    let hands_out = matches!(role, Role::Aliases | Role::Escapes | Role::Returns);
                    hands_out && !(grows_here && self.statement.contains(each))
                })
    }
}

/// Whether the binding makes an object that nobody else holds.
fn is_fresh(binding: Binding<'_>) -> bool {
    if binding.kind() != BindingKind::Assigned {
        return false;
    }
    let Some(value) = binding.owner().assigned_value() else {
        return false;
    };
    matches!(
        value.kind(),
        Kind::List
            | Kind::Set
            | Kind::Dict
            | Kind::Tuple
            | Kind::Comprehension
            | Kind::Literal
            | Kind::FString
    ) || matches!(
        value.builtin(),
        Some("list" | "set" | "dict" | "tuple" | "str" | "bytes" | "sorted")
    )
}

/// Whether the statement assigns to the same place a value made of itself.
pub(crate) fn grows<'d>(statement: Node<'d>, target: Node<'d>) -> bool {
    match statement.ast() {
        AnyNodeRef::StmtAugAssign(each) => statement.at(&*each.target).source() == target.source(),
        AnyNodeRef::StmtAssign(_) => statement
            .value_for(target.source())
            .is_some_and(|value| value.mentions(target)),
        _ => false,
    }
}

impl<'d> Node<'d> {
    /// The part of an assignment's value that goes to the target written as `target`: `tokens[1:]` for `tokens` in
    /// `head, tokens = tokens[0], tokens[1:]`. The whole value for a starred target.
    pub fn value_for(self, target: &str) -> Option<Node<'d>> {
        let AnyNodeRef::StmtAssign(assign) = self.ast() else {
            return None;
        };
        let [only] = assign.targets.as_slice() else {
            return None;
        };
        let value = self.at(&*assign.value);
        if self.at(only).source() == target {
            return Some(value);
        }
        let Expr::Tuple(targets) = only else {
            return None;
        };
        for (at, each) in targets.elts.iter().enumerate() {
            match each {
                Expr::Starred(starred) if self.at(&*starred.value).source() == target => {
                    return Some(value);
                }
                each if self.at(each).source() == target => {
                    let AnyNodeRef::ExprTuple(values) = value.ast() else {
                        return None;
                    };
                    return (values.elts.len() == targets.elts.len())
                        .then(|| values.elts.get(at).map(|each| value.at(each)))?;
                }
                _ => {}
            }
        }
        None
    }

    /// The arm of `part if rows is None else rows + part` that mentions the target; the whole of any other value.
    pub fn arm_with(self, target: Node<'d>) -> Node<'d> {
        let AnyNodeRef::ExprIf(each) = self.ast() else {
            return self;
        };
        let arms = [&each.body, &each.orelse];
        let found = arms
            .into_iter()
            .map(|arm| self.at(&**arm))
            .find(|arm| arm.mentions(target));
        found.unwrap_or(self)
    }

    /// Whether the same name, attribute chain or item stands anywhere inside of it.
    pub fn mentions(self, other: Node<'d>) -> bool {
        self.subtree().any(|node| {
            node.kind() == other.kind()
                && node.source() == other.source()
                && node.symbol() == other.symbol()
        })
    }
}
