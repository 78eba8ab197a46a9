//! What conditions around a use say about the type of a name: `isinstance`, `is None`, plain truth.
//!
//! Knows where a condition holds: in its arm, in later operands, after an arm that leaves.
//! Does not look at attributes or elements, which may change between the test and the use.

use std::rc::Rc;

use ruff_python_ast::{self as ast, AnyNodeRef, CmpOp, Expr, UnaryOp};

use crate::flow::{never_falls, siblings};
use crate::infer::Typed;
use crate::node::Node;
use crate::scope::{Binding, BindingKind, Symbol};
use crate::types::Type;

/// What a condition says of a name when it has the stated truth.
#[derive(Clone, Copy, Debug)]
enum Fact<'d> {
    NotNone { when: bool },
    Is { class: &'d Expr },
}

/// A use of a name that is the subject of a condition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard<'d> {
    /// The use.
    at: u32,
    condition: u32,
    fact: Fact<'d>,
}

/// The type of `name` where it got its value from `binding`, which gives `typed`, with what the conditions around
/// the use say.
pub(crate) fn narrowed<'d>(name: Node<'d>, binding: Binding<'d>, typed: Typed) -> Typed {
    if typed.ty.members().len() < 2 && !typed.ty.is_unknown() {
        return typed;
    }
    let symbol = binding.symbol();
    if symbol.is_written_elsewhere() {
        return typed;
    }
    let mut ty = typed.ty.clone();
    let mut proof = None;
    for guard in symbol.guards().iter() {
        if guard.at == name.id || !is_before(binding, guard.at) {
            continue;
        }
        let condition = name.document.at(guard.condition);
        let holds =
            |when| condition.holds_at(when, name) || condition.else_rebinds(when, symbol, name);
        match guard.fact {
            Fact::NotNone { when } if ty.members().contains(&Type::None) && holds(when) => {
                ty = ty.without_none()
            }
            Fact::Is { class } if holds(true) => {
                ty = is_one_of(&ty, &class_type(condition, class));
                proof = Some(condition.span());
            }
            Fact::Is { class } if ty.members().len() > 1 && holds(false) => {
                let class = class_type(condition, class);
                if !class.is_unknown() {
                    ty = ty.retain(|member| !class.accepts(member));
                }
            }
            _ => {}
        }
    }
    if ty == typed.ty {
        return typed;
    }
    let narrowed = Typed {
        ty,
        ..typed.clone()
    };
    match proof {
        Some(span) if typed.ty.is_unknown() => narrowed.proven_by(span),
        _ => narrowed,
    }
}

/// A test after the binding tells of its value: to get from the binding to a place where the test holds, control
/// passes the test.
fn is_before(binding: Binding<'_>, guard: u32) -> bool {
    binding.kind() == BindingKind::Parameter || binding.target().id < guard
}

impl<'d> Symbol<'d> {
    /// The uses that conditions are about; found once, for every use of the name asks.
    fn guards(self) -> Rc<[Guard<'d>]> {
        let guards = &self.document.memo.guards;
        if let Some(known) = guards.borrow().get(&self.id) {
            return known.clone();
        }
        let found: Rc<[Guard<'d>]> = self
            .uses()
            .filter_map(|each| {
                let (condition, fact) = each.tested()?;
                Some(Guard {
                    at: each.id,
                    condition: condition.id,
                    fact,
                })
            })
            .collect();
        guards.borrow_mut().insert(self.id, found.clone());
        found
    }
}

fn is_one_of(ty: &Type, class: &Type) -> Type {
    if ty.is_unknown() || class.is_unknown() {
        return if ty.is_unknown() {
            class.clone()
        } else {
            ty.clone()
        };
    }
    match ty.retain(|member| class.accepts(member)) {
        Type::Never => class.clone(),
        kept => kept,
    }
}

fn class_type(place: Node<'_>, class: &Expr) -> Type {
    match class {
        Expr::Tuple(tuple) => {
            Type::union(tuple.elts.iter().map(|each| place.at(each).annotation()))
        }
        single => place.at(single).annotation(),
    }
}

impl<'d> Node<'d> {
    /// The condition that this use of a name is the subject of.
    fn tested(self) -> Option<(Node<'d>, Fact<'d>)> {
        let parent = self.parent()?;
        match parent.ast() {
            AnyNodeRef::ExprCompare(compare) => {
                let ([op], [Expr::NoneLiteral(_)]) = (&*compare.ops, &*compare.comparators) else {
                    return None;
                };
                let when = match op {
                    CmpOp::IsNot | CmpOp::NotEq => true,
                    CmpOp::Is | CmpOp::Eq => false,
                    _ => return None,
                };
                Some((parent, Fact::NotNone { when }))
            }
            AnyNodeRef::ExprCall(call) => {
                let [first, class] = &*call.arguments.args else {
                    return None;
                };
                let is_test = parent.at(first) == self && parent.builtin() == Some("isinstance");
                is_test.then_some((parent, Fact::Is { class }))
            }
            AnyNodeRef::StmtIf(_)
            | AnyNodeRef::ElifElseClause(_)
            | AnyNodeRef::StmtWhile(_)
            | AnyNodeRef::StmtAssert(_)
            | AnyNodeRef::ExprIf(_)
            | AnyNodeRef::ExprBoolOp(_)
            | AnyNodeRef::Comprehension(_)
            | AnyNodeRef::ExprUnaryOp(ast::ExprUnaryOp {
                op: UnaryOp::Not, ..
            }) => Some((self, Fact::NotNone { when: true })),
            _ => None,
        }
    }

    /// Whether an `if` gives the name another value unless this condition is `truth`, so that an older value that gets
    /// to `place` met it so: `if x is None: x = []`.
    fn else_rebinds(self, mut truth: bool, symbol: Symbol<'d>, place: Node<'d>) -> bool {
        let mut condition = self;
        while let Some(parent) = condition.parent() {
            match parent.ast() {
                AnyNodeRef::ExprUnaryOp(each) if each.op == UnaryOp::Not => truth = !truth,
                AnyNodeRef::ExprBoolOp(each) if each.op == ast::BoolOp::Or && !truth => {}
                AnyNodeRef::StmtIf(each) => {
                    return !truth
                        && each.elif_else_clauses.is_empty()
                        && follows(parent, place)
                        && symbol.bindings().any(|binding| {
                            binding.kind() == BindingKind::Assigned
                                && binding.owner().parent() == Some(parent)
                        });
                }
                _ => return false,
            }
            condition = parent;
        }
        false
    }

    /// Whether this condition is known to be `truth` wherever `place` runs.
    pub(crate) fn holds_at(self, mut truth: bool, place: Node<'d>) -> bool {
        let mut condition = self;
        while let Some(parent) = condition.parent() {
            match parent.ast() {
                AnyNodeRef::ExprUnaryOp(each) if each.op == UnaryOp::Not => truth = !truth,
                AnyNodeRef::ExprBoolOp(each) => {
                    let settles = (each.op == ast::BoolOp::And) == truth;
                    if !settles {
                        return false;
                    }
                    if parent.contains(place) {
                        return place.id >= condition.data().end;
                    }
                }
                AnyNodeRef::ExprIf(each) => {
                    let arm = if truth { &each.body } else { &each.orelse };
                    return parent.at(&*each.test) == condition
                        && parent.at(&**arm).contains(place);
                }
                AnyNodeRef::StmtIf(each) => {
                    return parent.at(&*each.test) == condition
                        && holds_by_if(parent, each, truth, place);
                }
                AnyNodeRef::ElifElseClause(each) => {
                    return truth && within(parent, &each.body, place);
                }
                AnyNodeRef::StmtWhile(each) => {
                    return truth && within(parent, &each.body, place);
                }
                AnyNodeRef::StmtAssert(each) => {
                    return truth && parent.at(&*each.test) == condition && follows(parent, place);
                }
                AnyNodeRef::Comprehension(each) => {
                    let is_condition = each.ifs.iter().any(|test| parent.at(test) == condition);
                    let Some(whole) = parent.parent() else {
                        return false;
                    };
                    let is_element = place.id
                        < whole
                            .children()
                            .find(|child| child.kind() == parent.kind())
                            .map_or(0, Node::id);
                    return truth
                        && is_condition
                        && whole.contains(place)
                        && (is_element || place.id >= condition.data().end);
                }
                _ => return false,
            }
            condition = parent;
        }
        false
    }
}

fn holds_by_if<'d>(node: Node<'d>, each: &'d ast::StmtIf, truth: bool, place: Node<'d>) -> bool {
    if within(node, &each.body, place) {
        return truth;
    }
    if node.contains(place) {
        let first = each.elif_else_clauses.first();
        return !truth && first.is_some_and(|first| place.id >= node.at(first).id);
    }
    if !follows(node, place) {
        return false;
    }
    if truth {
        let is_complete = each
            .elif_else_clauses
            .last()
            .is_some_and(|last| last.test.is_none());
        is_complete
            && each
                .elif_else_clauses
                .iter()
                .all(|arm| never_falls(node, &arm.body))
    } else {
        never_falls(node, &each.body)
    }
}

fn within<'d>(node: Node<'d>, body: &[ast::Stmt], place: Node<'d>) -> bool {
    match (body.first(), body.last()) {
        (Some(first), Some(last)) => {
            node.at(first).id <= place.id && place.id < node.at(last).data().end
        }
        _ => false,
    }
}

/// Whether `place` is in a statement after `statement` in the same block.
fn follows<'d>(statement: Node<'d>, place: Node<'d>) -> bool {
    let Some(block) = statement.parent() else {
        return false;
    };
    within(block, siblings(block, statement), place)
}
