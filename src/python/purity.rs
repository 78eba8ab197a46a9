//! Whether a call only answers: it changes nothing and gives the same for the same.
//!
//! Knows the tables, summaries of the module's functions and what operators of builtin types do. Does not know code of
//! others.

use looplint_model::Confidence;
use ruff_python_ast::{AnyNodeRef, Expr};

use crate::node::Node;
use crate::summary::Purity;
use crate::tables;
use crate::types::Type;

impl<'d> Node<'d> {
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
    pub(crate) fn is_called(self) -> bool {
        self.parent().is_some_and(|call| match call.ast() {
            AnyNodeRef::ExprCall(each) => self.at(&*each.func) == self,
            _ => false,
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
