//! Whether an expression can be evaluated on a line of its own before the statement of a loop.
//!
//! Knows what a statement evaluates first and for sure, which names have a value there, and what may change an
//! object while a loop runs. Takes operators, attributes and `for` over builtin collections to change nothing else.
//! Does not know whether the expression stays the same within the loop: that is for `invariant`.

use std::cell::LazyCell;

use ruff_python_ast::{AnyNodeRef, ExprContext};

use crate::graph::Graph;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::private::is_plain;
use crate::scope::{BindingKind, ScopeKind, Symbol};
use crate::tables::{Effect, Slot};
use crate::types::Type;

impl<'d> Node<'d> {
    /// Whether a line before the statement of `around` sees this expression as the loop does: the loop is evaluated
    /// first of its statement, on the spot and in any case, and all names have their values by then.
    /// It may still raise where the loop would not have got to it.
    pub fn can_go_before(self, around: Loop<'d>) -> bool {
        let whole = around.whole();
        let statement = whole.statement();
        // A new name shows where all names are looked at.
        if statement.is_in_class_body()
            || statement.frame().sees_all_names()
            || !whole.is_evaluated_first(statement)
        {
            return false;
        }
        let runs_later = self
            .ancestors()
            .take_while(|above| *above != statement)
            .any(Node::is_lazy);
        if runs_later {
            return false;
        }
        let header = if whole == statement {
            statement
        } else {
            whole
                .ancestors()
                .take_while(|above| *above != statement)
                .last()
                .unwrap_or(whole)
        };
        self.subtree()
            .filter(|part| part.kind() == Kind::Name)
            .all(|name| match name.symbol() {
                None => false,
                // A builtin; what nothing binds raises where it is asked for.
                Some(symbol) if symbol.is_unbound() => matches!(name.ty(), Type::Library(_)),
                Some(symbol) if self.contains(symbol.owner()) => true,
                Some(symbol) => {
                    let is_bound_here = symbol.bindings().any(|binding| {
                        binding.kind() != BindingKind::Augmented
                            && header.contains(binding.target())
                    });
                    !is_bound_here && symbol.is_bound_at(whole)
                }
            })
    }

    /// Whether nothing that runs in the loop can change the object of this name, but what names it: the object is of
    /// a kind that cannot change or that only this name holds, or no code of others runs in the loop.
    pub fn is_left_alone_in(self, around: Loop<'d>) -> bool {
        let ty = self.ty();
        if ty.is_mutable().is_no() {
            return true;
        }
        let Some(symbol) = self.symbol() else {
            return false;
        };
        if symbol.private_from(self, &|_| false).is_some() {
            return true;
        }
        around.whole().subtree().all(|part| part.changes_no(&ty))
    }

    /// The name under which `maker` of this name is kept before `statement`, in its block, where neither the name nor
    /// what it holds has changed since: `known` for `xs` after `known = set(xs)`.
    pub fn kept_before(self, maker: &str, statement: Node<'d>) -> Option<&'d str> {
        let symbol = self.symbol().filter(|_| self.kind() == Kind::Name)?;
        let ty = self.ty();
        let block = statement.parent()?;
        let may_be_left_out = match block.ast() {
            AnyNodeRef::StmtTry(_) => true,
            AnyNodeRef::StmtFor(each) => !each.orelse.is_empty(),
            AnyNodeRef::StmtWhile(each) => !each.orelse.is_empty(),
            _ => false,
        };
        if may_be_left_out {
            return None;
        }
        let is_private = LazyCell::new(|| symbol.private_from(self, &|_| false).is_some());
        let earlier: Vec<Node<'d>> = block
            .children()
            .take_while(|each| *each != statement)
            .collect();
        for each in earlier.into_iter().rev() {
            if let Some(known) = each.keeps(maker, symbol) {
                return Some(known);
            }
            let is_bound = symbol
                .bindings()
                .any(|binding| each.contains(binding.owner()));
            let is_changed = || symbol.changes_in(each).next().is_some();
            let runs_others = || !each.subtree().all(|part| part.changes_no(&ty));
            if is_bound || is_changed() || runs_others() && !*is_private {
                return None;
            }
        }
        None
    }

    /// The only name of what a statement like `known = set(xs)` makes of `symbol`, where nothing changes it.
    fn keeps(self, maker: &str, symbol: Symbol<'d>) -> Option<&'d str> {
        let AnyNodeRef::StmtAssign(assign) = self.ast() else {
            return None;
        };
        let [target] = assign.targets.as_slice() else {
            return None;
        };
        let made = self.at(&*assign.value);
        let of = made
            .argument(0, "")
            .filter(|_| made.builtin() == Some(maker))?;
        let is_made_of_it = of.kind() == Kind::Name
            && of.symbol() == Some(symbol)
            && made.argument(1, "").is_none();
        let known = self.at(target).symbol().filter(|_| is_made_of_it)?;
        (known.single_binding().is_some() && !known.is_mutated_or_escapes()).then(|| known.name())
    }

    /// Whether this part of a loop runs no code of others and changes no object of type `ty` that others may hold.
    fn changes_no(self, ty: &Type) -> bool {
        match self.ast() {
            AnyNodeRef::ExprAwait(_)
            | AnyNodeRef::ExprYield(_)
            | AnyNodeRef::ExprYieldFrom(_)
            | AnyNodeRef::StmtWith(_) => false,
            AnyNodeRef::StmtFor(each) => {
                !each.is_async && is_collection(&self.at(&*each.iter).ty())
            }
            AnyNodeRef::Comprehension(each) => {
                !each.is_async && is_collection(&self.at(&each.iter).ty())
            }
            AnyNodeRef::ExprCall(_) => self.call_changes_no(ty),
            AnyNodeRef::ExprAttribute(each) => each.ctx == ExprContext::Load,
            AnyNodeRef::ExprSubscript(each) => {
                each.ctx == ExprContext::Load || self.at(&*each.value).is_apart_from(ty)
            }
            AnyNodeRef::StmtAugAssign(each) => {
                let target = self.at(&*each.target);
                target.kind() != Kind::Name || target.is_apart_from(ty)
            }
            _ => true,
        }
    }

    fn call_changes_no(self, ty: &Type) -> bool {
        if self.purity().is_some() || self.builtin() == Some("print") {
            return true;
        }
        let Some(fact) = self.fact() else {
            return false;
        };
        match fact.effect {
            Effect::Pure | Effect::Fresh => fact.calls.is_empty(),
            Effect::Mutates => {
                let only_receiver =
                    (0..6).all(|at| !fact.mutates.has(Slot::Argument(at))) && fact.calls.is_empty();
                only_receiver
                    && self
                        .method()
                        .is_some_and(|(receiver, _)| receiver.is_apart_from(ty))
            }
            _ => false,
        }
    }

    /// Whether it cannot be the same object as another of type `ty`: it is of another kind, or nobody else holds it.
    fn is_apart_from(self, ty: &Type) -> bool {
        let own = self.ty();
        let is_other_kind = is_plain(&own)
            && own.members().iter().all(|member| {
                ty.members()
                    .iter()
                    .all(|other| std::mem::discriminant(member) != std::mem::discriminant(other))
            });
        is_other_kind
            || self
                .symbol()
                .is_some_and(|symbol| symbol.private_from(self, &|_| false).is_some())
    }

    /// Whether it is a part of `statement` that is evaluated before all others that do anything, and always.
    fn is_evaluated_first(self, statement: Node<'d>) -> bool {
        let mut child = self;
        while child != statement {
            let Some(parent) = child.parent() else {
                return false;
            };
            let is_first = match parent.ast() {
                AnyNodeRef::ExprBoolOp(each) => parent.at(&each.values[0]) == child,
                AnyNodeRef::ExprIf(each) => parent.at(&*each.test) == child,
                AnyNodeRef::ExprCompare(each) => {
                    parent.at(&*each.left) == child
                        || each
                            .comparators
                            .first()
                            .is_some_and(|one| parent.at(one) == child)
                }
                AnyNodeRef::StmtFor(each) => parent.at(&*each.iter) == child,
                AnyNodeRef::StmtIf(each) => parent.at(&*each.test) == child,
                AnyNodeRef::StmtAssert(each) => parent.at(&*each.test) == child,
                AnyNodeRef::StmtMatch(each) => parent.at(&*each.subject) == child,
                AnyNodeRef::StmtExpr(_)
                | AnyNodeRef::StmtAssign(_)
                | AnyNodeRef::StmtAnnAssign(_)
                | AnyNodeRef::StmtAugAssign(_)
                | AnyNodeRef::StmtReturn(_)
                | AnyNodeRef::StmtRaise(_)
                | AnyNodeRef::Keyword(_) => true,
                AnyNodeRef::ExprLambda(_)
                | AnyNodeRef::Comprehension(_)
                | AnyNodeRef::ExprListComp(_)
                | AnyNodeRef::ExprSetComp(_)
                | AnyNodeRef::ExprDictComp(_)
                | AnyNodeRef::ExprGenerator(_) => false,
                _ => parent.expr().is_some(),
            };
            if !is_first {
                return false;
            }
            child = parent;
        }
        // What comes before it in the same statement must not do anything.
        let ancestors: Vec<Node<'d>> = self
            .ancestors()
            .take_while(|above| *above != statement)
            .collect();
        statement
            .subtree()
            .skip(1)
            .take_while(|part| part.id() < self.id())
            .filter(|part| !ancestors.contains(part))
            .all(|part| match part.kind() {
                Kind::Call => part.purity().is_some(),
                Kind::Await | Kind::Yield | Kind::Named => false,
                _ => true,
            })
    }

    /// Whether its names are those of a class body: a new one would be an attribute.
    pub fn is_in_class_body(self) -> bool {
        let scopes = &self.document.index.scopes;
        scopes
            .get(self.data().scope as usize)
            .is_some_and(|scope| scope.kind == ScopeKind::Class)
    }

    /// Whether the builtin `name` is what this name means here.
    pub fn sees_builtin(self, name: &str) -> bool {
        !self.document.may_be_shadowed(name)
            && self
                .document
                .look_up(self.data().scope, name)
                .is_none_or(Symbol::is_unbound)
    }
}

impl<'d> Symbol<'d> {
    /// Whether the name has a value whenever control is at `place`.
    pub(crate) fn is_bound_at(self, place: Node<'d>) -> bool {
        let frame = place.frame();
        if self.scope_kind() == ScopeKind::Class {
            return false;
        }
        let is_parameter = |kind| {
            matches!(
                kind,
                BindingKind::Parameter | BindingKind::Rest | BindingKind::Keywords
            )
        };
        let is_deleted = self
            .bindings()
            .any(|binding| matches!(binding.kind(), BindingKind::Deleted | BindingKind::Caught));
        if self.owner() != frame {
            // A name of a function around, or of the module: bound before the function is made.
            let encloses =
                self.owner().contains(place) && self.scope_kind() != ScopeKind::Comprehension;
            return encloses
                && !is_deleted
                && self.bindings().any(|binding| {
                    let statement = binding.target().statement();
                    is_parameter(binding.kind())
                        || statement.parent() == Some(self.owner()) && statement.id() < frame.id()
                });
        }
        if self.bindings().any(|binding| is_parameter(binding.kind())) {
            return !is_deleted;
        }
        let in_swallowing = |binding: Node<'d>| {
            binding
                .ancestors()
                .take_while(|above| *above != frame)
                .any(|above| above.kind() == Kind::With && !above.contains(place))
        };
        let known: Vec<(Node<'d>, BindingKind)> = self
            .bindings()
            .map(|binding| (binding.target(), binding.kind()))
            .filter(|(target, kind)| {
                target.frame() == frame
                    && !matches!(kind, BindingKind::Declared | BindingKind::Augmented)
            })
            .filter(|(target, _)| !in_swallowing(*target))
            .collect();
        frame.graph(|graph| is_bound_on_all_ways(graph, &known, place))
    }
}

fn is_bound_on_all_ways<'d>(
    graph: &Graph,
    known: &[(Node<'d>, BindingKind)],
    place: Node<'d>,
) -> bool {
    // A loop is no unit: what it evaluates first is.
    let first = match place.ast() {
        AnyNodeRef::StmtFor(each) => place.at(&*each.iter),
        AnyNodeRef::StmtWhile(each) => place.at(&*each.test),
        _ => place,
    };
    let (block, at) = graph.place(first);
    let mut todo = vec![(block, at)];
    let mut seen = vec![false; graph.blocks.len()];
    while let Some((block, limit)) = todo.pop() {
        let last = known
            .iter()
            .map(|(target, kind)| (graph.place(*target), kind))
            .filter(|((there, at), _)| *there == block && *at < limit)
            .max_by_key(|((_, at), _)| *at);
        match last {
            Some((_, BindingKind::Deleted | BindingKind::Named | BindingKind::Captured)) => {
                return false;
            }
            Some(_) => continue,
            None => {}
        }
        if block == 0 {
            return false;
        }
        for before in &graph.blocks[block as usize].before {
            if !std::mem::replace(&mut seen[*before as usize], true) {
                todo.push((*before, u32::MAX));
            }
        }
    }
    true
}

/// Whether going through it runs no code but that of builtin collections.
fn is_collection(ty: &Type) -> bool {
    ty.is_all(|member| {
        member.is_builtin_collection()
            || matches!(
                member,
                Type::Deque(_) | Type::Keys(_) | Type::Values(_) | Type::Items(_)
            )
    })
}
