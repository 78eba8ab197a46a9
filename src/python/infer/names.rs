//! Types of names: the join over the bindings that reach them.
//!
//! Knows assignments, unpacking, loops, `with`, parameters and what conditions say.

use looplint_model::Confidence;
use ruff_python_ast::{self as ast, AnyNodeRef, Expr};

use super::{Typed, join_all, library, operator, settle};
use crate::elements::{begins_empty, filled};
use crate::kind::Kind;
use crate::narrow::narrowed;
use crate::node::Node;
use crate::relations::related_row;
use crate::scope::{Binding, BindingKind, Symbol};
use crate::tables;
use crate::types::{Local, Type};

/// Calls of a private function that are looked at, at most.
const CALLERS_MAX: usize = 12;

impl<'d> Node<'d> {
    pub(super) fn type_of_name(self) -> Typed {
        let Some(symbol) = self.symbol() else {
            return Typed::unknown();
        };
        if self.kind() == Kind::Parameter {
            return symbol.infer();
        }
        if symbol.is_unbound() {
            return symbol.infer();
        }
        let reaching = self.reaching();
        let given = join_all(reaching.iter().filter_map(|each| {
            let given = match symbol.single_binding() {
                Some(_) => Some(symbol.infer()),
                None => each.type_given(),
            };
            given.map(|given| narrowed(self, *each, given))
        }));
        match (symbol.annotated(), given) {
            // What was assigned last is often narrower than what was declared.
            (Some(declared), Some(given))
                if given.ty.is_unknown()
                    || given.ty == Type::Never
                    || !declared.ty.accepts(&given.ty) =>
            {
                declared
            }
            (Some(declared), None) => declared,
            (_, Some(given)) => given,
            (None, None) => symbol.infer(),
        }
    }

    /// The type of what an unpacked or looped-over target gets.
    pub(super) fn type_of_target(self, owner: Node<'d>) -> Typed {
        let Some(parent) = self.parent() else {
            return Typed::unknown();
        };
        let place =
            |elements: &[Expr]| elements.iter().position(|element| self.at(element) == self);
        match parent.ast() {
            AnyNodeRef::ExprTuple(ast::ExprTuple { elts, .. })
            | AnyNodeRef::ExprList(ast::ExprList { elts, .. }) => {
                let Some(at) = place(elts) else {
                    return Typed::unknown();
                };
                let whole = parent.type_of_target(owner);
                if self.kind() == Kind::Starred {
                    return whole.map(|ty| Type::list(ty.iterated()));
                }
                let starred = elts.iter().any(Expr::is_starred_expr);
                let n = (!starred).then_some(elts.len());
                whole.map(|ty| {
                    if starred && !matches!(ty, Type::Tuple(_)) {
                        ty.iterated()
                    } else {
                        ty.unpacked(at, n)
                    }
                })
            }
            AnyNodeRef::ExprStarred(_) => parent.type_of_target(owner),
            _ => owner.type_given(),
        }
    }

    /// The type of the value that an assignment, a `for`, a clause or a `with` item hands to its target.
    pub(super) fn type_given(self) -> Typed {
        let part = |part: &Expr| self.at(part).infer();
        match self.ast() {
            AnyNodeRef::StmtAssign(each) => part(&each.value).shown_by(self.span()),
            AnyNodeRef::StmtAnnAssign(each) => match &each.value {
                Some(value) => part(value).shown_by(self.span()),
                None => Typed::unknown(),
            },
            AnyNodeRef::StmtFor(each) => self.at(&*each.iter).type_of_items(),
            AnyNodeRef::Comprehension(each) => self.at(&each.iter).type_of_items(),
            AnyNodeRef::WithItem(each) => part(&each.context_expr)
                .map(tables::entered)
                .shown_by(self.span()),
            AnyNodeRef::ExprNamed(each) => part(&each.value).shown_by(self.span()),
            _ => Typed::unknown(),
        }
    }

    /// The type of what a loop over it gives; where nothing shows one, a row by the form of what is gone through.
    fn type_of_items(self) -> Typed {
        let items = self.infer().map(Type::iterated);
        if items.ty.is_unknown() && self.gives_related_rows() {
            return Typed::shown(related_row(), Confidence::Likely, self.span());
        }
        items
    }

    /// The type after `x += y`: lists grow in place, numbers and strings become new ones.
    pub(super) fn type_grown(self, target: Node<'d>) -> Typed {
        let AnyNodeRef::StmtAugAssign(each) = self.ast() else {
            return Typed::unknown();
        };
        let before = target.infer();
        let value = self.at(&*each.value).infer();
        let ty = match (&before.ty, each.op) {
            (Type::List(of), ast::Operator::Add) => Type::list(of.join(&value.ty.iterated())),
            (ty, op) => ty.binary(operator(op), &value.ty),
        };
        Typed { ty, ..before }
    }

    /// A list, set or dictionary written out, or one repeated.
    pub(super) fn is_display(self) -> bool {
        match self.ast() {
            AnyNodeRef::ExprList(_) | AnyNodeRef::ExprSet(_) | AnyNodeRef::ExprDict(_) => true,
            AnyNodeRef::ExprBinOp(each) => {
                each.op == ast::Operator::Mult && each.left.is_list_expr()
            }
            _ => false,
        }
    }

    pub(super) fn parameter_type(self) -> Typed {
        let AnyNodeRef::Parameter(parameter) = self.ast() else {
            return Typed::unknown();
        };
        if let Some(annotation) = &parameter.annotation {
            return Typed::proven(self.at(&**annotation).annotation()).shown_by(self.span());
        }
        if let Some(class) = self.receiver_class() {
            return Typed::proven(class);
        }
        if let Some(item) = self.mapped_item() {
            return item;
        }
        if let Some(own) = self.compared_class() {
            return Typed::proven(own).at_most(Confidence::Likely);
        }
        let by_callers = self.passed_by_callers();
        let Some(default) = self
            .default_value()
            .filter(|each| each.kind() != Kind::Name)
        else {
            return by_callers.unwrap_or_else(Typed::unknown);
        };
        let default = default
            .infer()
            .at_most(Confidence::Likely)
            .shown_by(self.span());
        if default.ty == Type::None && by_callers.is_none() {
            // `None` says nothing about what else callers pass; what stands in for it may.
            return self.stand_in().unwrap_or_else(Typed::unknown);
        }
        match by_callers {
            Some(passed) => passed.join(default),
            None => default,
        }
    }

    /// What the module passes as a parameter of one of its private functions, where all calls are in sight.
    fn passed_by_callers(self) -> Option<Typed> {
        let function = self.parent()?;
        let AnyNodeRef::StmtFunctionDef(each) = function.ast() else {
            return None;
        };
        let name = each.name.as_str();
        let is_private = name.starts_with('_') && !name.ends_with("__");
        let is_inner = function.frame().kind() == Kind::Function;
        if !(is_private || is_inner) || !each.decorator_list.is_empty() {
            return None;
        }
        let at = function
            .children()
            .filter(|child| child.kind() == Kind::Parameter)
            .position(|child| child == self)?;
        let uses: Vec<Node<'d>> = match function.parent_class() {
            None => {
                let mut symbols = self
                    .document
                    .look_up(function.data().scope, name)
                    .into_iter();
                let symbol = symbols.next()?;
                symbol.single_binding()?;
                symbol.uses().collect()
            }
            Some(class) => {
                let uses: Vec<Node<'d>> = self.document.attributes_of(name).collect();
                if !uses.iter().all(|each| each.is_of_self(class)) {
                    return None;
                }
                uses
            }
        };
        if uses.is_empty() || uses.len() > CALLERS_MAX {
            return None;
        }
        let skipped = usize::from(function.parent_class().is_some());
        let mut all: Option<Typed> = None;
        for each in uses {
            let call = each.parent().filter(|call| call.calls(each))?;
            // Left out: the default, which is looked at beside.
            let Some(passed) = call.argument(at.checked_sub(skipped)?, self.parameter_name())
            else {
                if call.passes_all(at - skipped) {
                    continue;
                }
                return None;
            };
            let passed = passed.infer().shown_by(call.span());
            all = Some(match all {
                None => passed,
                Some(all) => all.join(passed),
            });
        }
        let all = all?;
        (!all.ty.is_unknown() && all.ty != Type::None).then(|| all.at_most(Confidence::Likely))
    }

    /// What the function puts in the place of a parameter that is `None` by default: `if names is None: names = []`.
    fn stand_in(self) -> Option<Typed> {
        let symbol = self.symbol()?;
        let function = self.parent()?;
        let binding = symbol.bindings().find(|binding| {
            let is_set = binding.kind() == BindingKind::Assigned;
            is_set && binding.owner().assigned_value().is_some_and(|value| {
                matches!(value.ast(), AnyNodeRef::ExprList(each) if each.elts.is_empty())
            })
        })?;
        let statement = binding.owner();
        let test = match statement.parent()?.ast() {
            AnyNodeRef::StmtIf(each) => statement.at(&*each.test),
            _ => return None,
        };
        let name = self.parameter_name();
        let asks = match test.ast() {
            AnyNodeRef::ExprCompare(each) => {
                each.ops.first().is_some_and(|op| op.is_is())
                    && test.at(&*each.left).source() == name
            }
            AnyNodeRef::ExprUnaryOp(each) => {
                each.op.is_not() && test.at(&*each.operand).source() == name
            }
            _ => false,
        };
        let is_direct = statement.parent()?.parent() == Some(function);
        (asks && is_direct).then(|| {
            Typed::proven(Type::list(Type::Unknown))
                .at_most(Confidence::Possible)
                .shown_by(statement.span())
        })
    }

    fn parameter_name(self) -> &'d str {
        match self.ast() {
            AnyNodeRef::Parameter(each) => each.name.as_str(),
            _ => "",
        }
    }

    /// Whether this is a call of what `function` says.
    pub(crate) fn calls(self, function: Node<'d>) -> bool {
        match self.ast() {
            AnyNodeRef::ExprCall(call) => self.at(&*call.func) == function,
            _ => false,
        }
    }

    /// Whether a call says plainly what it passes up to position `at`: no `*` and no `**`.
    fn passes_all(self, at: usize) -> bool {
        match self.ast() {
            AnyNodeRef::ExprCall(call) => {
                !call
                    .arguments
                    .args
                    .iter()
                    .take(at + 1)
                    .any(Expr::is_starred_expr)
                    && call
                        .arguments
                        .keywords
                        .iter()
                        .all(|keyword| keyword.arg.is_some())
            }
            _ => false,
        }
    }

    /// What a lambda that is applied to each item of a collection gets as its only parameter.
    pub(super) fn mapped_item(self) -> Option<Typed> {
        let lambda = self.parent()?;
        let AnyNodeRef::ExprLambda(each) = lambda.ast() else {
            return None;
        };
        let applied = self.at(&*each.body).innermost_loop()?;
        let is_only = each
            .parameters
            .as_ref()
            .is_some_and(|parameters| parameters.len() == 1);
        (applied.node() == lambda && is_only).then_some(())?;
        Some(applied.iterable()?.infer().map(Type::iterated))
    }

    /// The default of a parameter.
    pub fn default_value(self) -> Option<Node<'d>> {
        let AnyNodeRef::Parameter(parameter) = self.ast() else {
            return None;
        };
        let parameters = match self.parent()?.ast() {
            AnyNodeRef::StmtFunctionDef(function) => &*function.parameters,
            AnyNodeRef::ExprLambda(lambda) => lambda.parameters.as_deref()?,
            _ => return None,
        };
        let found = parameters
            .iter_non_variadic_params()
            .find(|each| std::ptr::eq(&raw const each.parameter, &raw const *parameter))?;
        found.default.as_deref().map(|default| self.at(default))
    }
}

impl<'d> Symbol<'d> {
    /// The type over all its bindings.
    pub fn typed(self) -> Typed {
        let memo = &self.document.memo;
        memo.begin();
        settle(self.infer())
    }

    pub(super) fn infer(self) -> Typed {
        let memo = &self.document.memo;
        let n = self.document.index.symbols.len();
        memo.kept(&memo.symbols, (self.id, n), || self.find_type())
    }

    pub(super) fn find_type(self) -> Typed {
        if self.is_unbound() {
            return match self.document.may_be_shadowed(self.name()) {
                false => Typed::proven(library(self.name())),
                true => Typed::unknown(),
            };
        }
        if let Some(annotated) = self.annotated() {
            return annotated;
        }
        let all = join_all(self.bindings().filter_map(Binding::type_given));
        match all {
            Some(all) if all.ty != Type::Never => all,
            _ => Typed::unknown(),
        }
    }

    /// The type that a declaration `x: T` gives.
    pub(super) fn annotated(self) -> Option<Typed> {
        self.bindings().find_map(|binding| {
            let owner = binding.owner();
            let AnyNodeRef::StmtAnnAssign(each) = owner.ast() else {
                return None;
            };
            let ty = owner.at(&*each.annotation).annotation();
            (!ty.is_unknown()).then(|| Typed::proven(ty).shown_by(owner.span()))
        })
    }
}

impl<'d> Binding<'d> {
    /// The type of the value it gives; none for `del` and declarations.
    pub(super) fn type_given(self) -> Option<Typed> {
        let (target, owner) = (self.target(), self.owner());
        Some(match self.kind() {
            BindingKind::Assigned => {
                let given = target.type_of_target(owner);
                let is_new = owner.assigned_value().is_some_and(Node::is_display);
                if begins_empty(&given.ty) || is_new {
                    let ty = filled(&given.ty, self.symbol().uses());
                    Typed { ty, ..given }
                } else {
                    given
                }
            }
            BindingKind::Loop | BindingKind::With | BindingKind::Named => {
                target.type_of_target(owner)
            }
            BindingKind::Declared | BindingKind::Deleted => return None,
            BindingKind::Augmented => owner.type_grown(target),
            BindingKind::Parameter => target.parameter_type(),
            BindingKind::Rest => target.parameter_type().map(|ty| Type::tuple_of(ty.clone())),
            BindingKind::Keywords => target
                .parameter_type()
                .map(|ty| Type::dict(Type::Str, ty.clone())),
            BindingKind::Function => self.type_of_function(),
            BindingKind::Class => {
                let name = self.symbol().name().into();
                Typed::proven(Type::Class(Local {
                    id: owner.id(),
                    name,
                }))
            }
            BindingKind::Imported => match self
                .document
                .qualified_of(self.symbol(), self.symbol().name())
            {
                Some(name) => Typed::proven(library(&name)),
                None => Typed::unknown(),
            },
            BindingKind::Caught
            | BindingKind::Captured
            | BindingKind::TypeParameter
            | BindingKind::TypeAlias => Typed::unknown(),
        })
    }

    pub(super) fn type_of_function(self) -> Typed {
        let owner = self.owner();
        if owner.is_property() {
            return Typed::unknown();
        }
        let name = self.symbol().name().into();
        Typed::proven(Type::Function(Local {
            id: owner.id(),
            name,
        }))
    }
}
