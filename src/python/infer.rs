//! Types of expressions and names.
//!
//! A name's type is the union over the bindings that can give it its value; each type comes with the places that
//! show it and with how sure it is. Knows annotations, literals, calls through the tables, classes and functions of
//! the module. Does not know other modules, and says so rather than guess.

mod bases;
mod calls;
mod evidence;
mod expressions;
mod members;
mod names;

use std::cell::RefCell;

use arrayvec::ArrayVec;
use looplint_model::{Confidence, Span};
use ruff_python_ast::{self as ast, AnyNodeRef, Expr, Number};

use crate::document::Document;
use crate::elements::{begins_empty, settled};
use crate::memo::{Asked, Memo, Slots};
use crate::node::Node;
use crate::tables;
use crate::types::{Local, Operator, Type};

/// A type with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// The type.
    pub ty: Type,
    /// How sure it is. [`Confidence::Proven`]: every binding shows it.
    pub confidence: Confidence,
    /// The places that show it, for related locations; a few at most.
    pub proof: ArrayVec<Span, PROOF_MAX>,
}

/// Most places kept as proof.
const PROOF_MAX: usize = 4;

/// Expressions inside one another that are followed, at most.
const DEPTH_MAX: u32 = 60;

/// Elements of a display that are joined one by one.
const ELEMENTS_MAX: usize = 200;

impl Typed {
    /// Nothing known.
    pub fn unknown() -> Typed {
        Typed {
            ty: Type::Unknown,
            confidence: Confidence::Possible,
            proof: ArrayVec::new(),
        }
    }

    /// A type that one place shows.
    pub fn shown(ty: Type, confidence: Confidence, by: Span) -> Typed {
        Typed {
            ty,
            confidence,
            proof: Some(by).into_iter().collect(),
        }
    }

    fn proven(ty: Type) -> Typed {
        let confidence = if ty.is_unknown() {
            Confidence::Possible
        } else {
            Confidence::Proven
        };
        Typed {
            ty,
            confidence,
            proof: ArrayVec::new(),
        }
    }

    fn map(self, change: impl FnOnce(&Type) -> Type) -> Typed {
        // What is just being found adds nothing, whatever is done with it.
        let ty = if self.ty == Type::Never {
            Type::Never
        } else {
            change(&self.ty)
        };
        Typed { ty, ..self }
    }

    fn at_most(mut self, confidence: Confidence) -> Typed {
        self.confidence = self.confidence.min(confidence);
        self
    }

    pub(crate) fn proven_by(self, span: Span) -> Typed {
        Typed {
            confidence: Confidence::Proven,
            ..self
        }
        .shown_by(span)
    }

    fn shown_by(mut self, span: Span) -> Typed {
        if !self.ty.is_unknown() && !self.proof.contains(&span) && self.proof.len() < PROOF_MAX {
            self.proof.insert(0, span);
        }
        self
    }

    fn join(mut self, other: Typed) -> Typed {
        self.ty = self.ty.join(&other.ty);
        self.confidence = self.confidence.min(other.confidence);
        for span in other.proof {
            if !self.proof.contains(&span) && self.proof.len() < PROOF_MAX {
                self.proof.push(span);
            }
        }
        self
    }
}

/// What a collection holds that began empty and was never seen to grow is not known.
fn settle(typed: Typed) -> Typed {
    match &typed.ty {
        Type::Never => Typed::unknown(),
        ty if begins_empty(ty) => Typed {
            ty: settled(ty),
            ..typed
        },
        _ => typed,
    }
}

/// The join of several; none where there are none.
fn join_all(all: impl Iterator<Item = Typed>) -> Option<Typed> {
    all.reduce(Typed::join)
}

impl<'d> Node<'d> {
    /// The type of an expression, a target or a parameter, with its evidence.
    pub fn typed(self) -> Typed {
        let memo = &self.document.memo;
        memo.begin();
        settle(self.infer())
    }

    /// The type as it stands while types are being found: a collection that begins empty holds nothing yet.
    pub(crate) fn inferred(self) -> Type {
        self.infer().ty
    }

    /// The type alone; [`Node::typed`] also tells how sure it is.
    pub fn ty(self) -> Type {
        self.typed().ty
    }

    fn infer(self) -> Typed {
        if let Some(simple) = literal(self.ast()) {
            return Typed::proven(simple);
        }
        let memo = &self.document.memo;
        let n = self.document.index.nodes.len();
        memo.kept(&memo.types, (self.id, n), || {
            let fuel = memo.fuel.get();
            if memo.depth.get() > DEPTH_MAX || fuel == 0 {
                // The question as a whole goes without an answer, not only this part.
                memo.meet(0);
                return Typed::unknown();
            }
            memo.fuel.set(fuel - 1);
            self.find_type()
        })
    }
}

impl Memo<'_> {
    /// What is kept under the first number of `at`, one of as many as the second; else what `find` finds, kept where
    /// it holds for every question. A type that is just being found is [`Type::Never`], which adds nothing.
    fn kept(
        &self,
        slots: &RefCell<Slots<Typed>>,
        at: (u32, usize),
        find: impl FnOnce() -> Typed,
    ) -> Typed {
        let (id, n) = at;
        match slots.borrow().get(id) {
            Some(Asked::Found(known)) => return known.clone(),
            Some(Asked::Open(depth)) => {
                self.meet(depth);
                return Typed::proven(Type::Never);
            }
            None => {}
        }
        slots.borrow_mut().open(id, self.depth.get(), n);
        let (found, is_whole) = self.deeper(find);
        let mut slots = slots.borrow_mut();
        if is_whole {
            slots.keep(id, found.clone(), n);
        } else {
            slots.forget(id);
        }
        found
    }
}

impl<'d> Document<'d> {
    /// Whether a type is being found. Types never rest on summaries, which rest on types.
    pub(crate) fn is_typing(&self) -> bool {
        self.memo.depth.get() > 0
    }

    /// The type of a member of a class of the module.
    pub(crate) fn member_type(&'d self, class: Node<'d>, name: &str) -> Type {
        let memo = &self.memo;
        memo.begin();
        let name_of = match class.ast() {
            AnyNodeRef::StmtClassDef(each) => each.name.as_str(),
            _ => return Type::Unknown,
        };
        let receiver = Type::Instance(Local {
            id: class.id(),
            name: name_of.into(),
        });
        settle(self.type_of_member(&receiver, name)).ty
    }

    /// What calling a function of the module gives.
    pub(crate) fn return_type(&'d self, function: Node<'d>) -> Type {
        let memo = &self.memo;
        memo.begin();
        settle(self.type_of_return(function)).ty
    }
}

/// The type of a literal, which needs no memory.
fn literal(node: AnyNodeRef<'_>) -> Option<Type> {
    Some(match node {
        AnyNodeRef::ExprStringLiteral(_) | AnyNodeRef::ExprFString(_) => Type::Str,
        AnyNodeRef::ExprBytesLiteral(_) => Type::Bytes,
        AnyNodeRef::ExprNumberLiteral(each) => match each.value {
            Number::Int(_) => Type::Int,
            Number::Float(_) => Type::Float,
            Number::Complex { .. } => Type::Number,
        },
        AnyNodeRef::ExprBooleanLiteral(_) => Type::Bool,
        AnyNodeRef::ExprNoneLiteral(_) => Type::None,
        _ => return None,
    })
}

fn is_constant(element: &Expr) -> bool {
    element.is_literal_expr()
}

/// The type of a builtin or imported name that is not called: a value, or a function or class or module.
fn library(name: &str) -> Type {
    if let Some(value) = tables::value(name) {
        return value;
    }
    if tables::function(name).is_some() || tables::class(name).is_some() {
        return Type::Library(name.into());
    }
    if name.starts_with('.') {
        Type::Unknown
    } else {
        Type::Module(name.into())
    }
}

fn operator(operator: ast::Operator) -> Operator {
    match operator {
        ast::Operator::Add => Operator::Add,
        ast::Operator::Sub => Operator::Sub,
        ast::Operator::Mult => Operator::Mult,
        ast::Operator::MatMult => Operator::MatMult,
        ast::Operator::Div => Operator::Div,
        ast::Operator::Mod => Operator::Mod,
        ast::Operator::Pow => Operator::Pow,
        ast::Operator::LShift => Operator::LShift,
        ast::Operator::RShift => Operator::RShift,
        ast::Operator::BitOr => Operator::BitOr,
        ast::Operator::BitXor => Operator::BitXor,
        ast::Operator::BitAnd => Operator::BitAnd,
        ast::Operator::FloorDiv => Operator::FloorDiv,
    }
}
