//! Types of what calls give: library functions by the tables, functions and classes of the module by themselves.
//!
//! Does not know other modules of the program.

use looplint_model::Confidence;
use ruff_python_ast::{self as ast, AnyNodeRef, Expr, Stmt};

use super::Typed;
use crate::document::Document;
use crate::flow::never_falls;
use crate::kind::Kind;
use crate::node::Node;
use crate::tables;
use crate::types::{DictKind, Type};

impl<'d> Node<'d> {
    pub(super) fn type_of_call(self, call: &'d ast::ExprCall) -> Typed {
        let arguments = || -> Vec<Type> {
            call.arguments
                .args
                .iter()
                .map(|argument| self.at(argument).infer().ty)
                .collect()
        };
        if let Some((receiver, name)) = self.method() {
            let typed = receiver.infer();
            if !matches!(typed.ty, Type::Unknown | Type::Module(_) | Type::Library(_)) {
                return self.type_of_method(typed, name, &arguments());
            }
        }
        if let Some(name) = self.qualified_name() {
            let typed = self.type_of_library_call(&name, &arguments());
            if !typed.ty.is_unknown() {
                return typed;
            }
            return self.type_from_database().unwrap_or(typed);
        }
        let function = self.at(&*call.func).infer();
        match &function.ty {
            Type::Class(class) => Typed {
                ty: Type::Instance(class.clone()),
                ..function
            },
            Type::ModelClass(name) => Typed {
                ty: Type::Model(name.clone()),
                ..function
            },
            Type::Function(local) => self.document.type_of_return(self.document.at(local.id)),
            Type::Callable(of) => {
                let ty = (**of).clone();
                Typed { ty, ..function }
            }
            Type::Method(method) => {
                let receiver = Typed {
                    ty: method.0.clone(),
                    ..function.clone()
                };
                self.type_of_method(receiver, &method.1, &arguments())
            }
            Type::Library(name) => self.type_of_library_call(name, &arguments()),
            Type::Unknown => self.type_by_method_name(call),
            _ => Typed::unknown(),
        }
    }

    /// What a method gives that hardly anything but a text has, where nothing shows the receiver's type:
    /// `x.split(",")` is a list of texts.
    fn type_by_method_name(self, call: &'d ast::ExprCall) -> Typed {
        let Some((receiver, name)) = self.method() else {
            return Typed::unknown();
        };
        if let Some(asked) = self
            .query_by_form(call)
            .or_else(|| self.type_from_database())
        {
            return asked;
        }
        // `series.str.split(",")` gives a series.
        let is_accessor = matches!(receiver.ast(), AnyNodeRef::ExprAttribute(each) if each.attr.as_str() == "str");
        let n_arguments = call.arguments.args.len();
        let is_plain = call.arguments.keywords.is_empty() && !is_accessor;
        let first_is_text = || {
            let first = call.arguments.args.first();
            first.is_none_or(|first| self.at(first).infer().ty == Type::Str)
        };
        let ty = match name {
            "split" | "rsplit" if is_plain && n_arguments <= 2 && first_is_text() => {
                Type::list(Type::Str)
            }
            "splitlines" if n_arguments <= 1 && !is_accessor => Type::list(Type::Unknown),
            // Named for what it gives.
            _ if name.ends_with("_list") && tables::answers(name) => {
                let ty = Type::list(Type::Unknown);
                return Typed::proven(ty)
                    .at_most(Confidence::Possible)
                    .shown_by(self.span());
            }
            _ => return Typed::unknown(),
        };
        Typed::proven(ty)
            .at_most(Confidence::Likely)
            .shown_by(self.span())
    }

    pub(super) fn type_of_method(self, receiver: Typed, name: &str, arguments: &[Type]) -> Typed {
        if receiver.ty == Type::Never {
            return receiver;
        }
        if let Type::Union(members) = &receiver.ty
            && members.iter().any(|each| matches!(each, Type::Instance(_)))
        {
            let given = members
                .iter()
                .filter(|member| **member != Type::None)
                .map(|member| {
                    let receiver = Typed {
                        ty: member.clone(),
                        ..receiver.clone()
                    };
                    self.type_of_method(receiver, name, arguments).ty
                });
            let ty = Type::union(given);
            return Typed { ty, ..receiver };
        }
        if matches!(receiver.ty, Type::Instance(_) | Type::Class(_)) {
            let member = self.document.type_of_member(&receiver.ty, name);
            return match &member.ty {
                Type::Function(local) => self.document.type_of_return(self.document.at(local.id)),
                Type::Class(class) => Typed {
                    ty: Type::Instance(class.clone()),
                    ..member
                },
                Type::Callable(of) => {
                    let ty = (**of).clone();
                    Typed { ty, ..member }
                }
                Type::Method(method) => {
                    let ty = tables::result_of(&method.0, &method.1, arguments);
                    Typed { ty, ..member }
                }
                _ => Typed::unknown(),
            };
        }
        let ty = tables::result_of(&receiver.ty, name, arguments);
        if ty.is_unknown() && self.is_gone_through() {
            // A method that the program gave its query sets: `.active()`.
            if let Type::QuerySet(of) | Type::Manager(of) = &receiver.ty {
                let ty = Type::QuerySet(of.clone());
                return Typed { ty, ..receiver }.at_most(Confidence::Likely);
            }
        }
        Typed {
            confidence: receiver.confidence,
            ..Typed::proven(ty)
        }
    }

    fn is_gone_through(self) -> bool {
        self.parent().is_some_and(|parent| match parent.ast() {
            AnyNodeRef::StmtFor(each) => parent.at(&*each.iter) == self,
            AnyNodeRef::Comprehension(each) => parent.at(&each.iter) == self,
            _ => false,
        })
    }

    pub(super) fn type_of_library_call(self, name: &str, arguments: &[Type]) -> Typed {
        let ty = match name {
            "open" | "io.open" => {
                let mode = self.argument(1, "mode");
                match mode {
                    None => tables::opened(Some("r")),
                    Some(mode) => tables::opened(mode.constant_str()),
                }
            }
            "super" | "getattr" => Type::Unknown,
            // `type(self)(..)` makes another of its kind.
            "type" => match arguments {
                [Type::Instance(local)] => Type::Class(local.clone()),
                _ => Type::Unknown,
            },
            "typing.cast" | "typing_extensions.cast" => match self.argument(0, "typ") {
                Some(class) => class.annotation(),
                None => Type::Unknown,
            },
            _ if arguments.len() <= 1 && self.begins_as(name, arguments).is_some() => {
                self.begins_as(name, arguments).unwrap_or_default()
            }
            _ => match tables::function(name) {
                Some(fact) => fact.result(&Type::Unknown, arguments),
                None => tables::class(name).unwrap_or_default(),
            },
        };
        Typed::proven(ty).shown_by(self.span())
    }

    /// What a constructor makes that is called with nothing, or a `defaultdict` with how it makes values.
    pub(super) fn begins_as(self, name: &str, arguments: &[Type]) -> Option<Type> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return None;
        };
        if !call.arguments.keywords.is_empty() {
            return None;
        }
        let value = match arguments {
            [] => Type::Never,
            [Type::Library(make)] => match &**make {
                "list" => Type::list(Type::Never),
                "set" => Type::set(Type::Never),
                "dict" => Type::dict(Type::Never, Type::Never),
                _ => return None,
            },
            _ => return None,
        };
        let dict = |kind| Type::Dict(kind, (Type::Never, value.clone()).into());
        Some(match (name, arguments) {
            ("list", []) => Type::list(Type::Never),
            ("set", []) => Type::set(Type::Never),
            ("dict", []) => dict(DictKind::Plain),
            ("collections.deque", []) => Type::deque(Type::Never),
            ("collections.OrderedDict", []) => dict(DictKind::Ordered),
            ("collections.defaultdict", [_]) => dict(DictKind::Default),
            _ => return None,
        })
    }
}

impl<'d> Document<'d> {
    /// What calling a function of the module gives.
    pub(super) fn type_of_return(&'d self, function: Node<'d>) -> Typed {
        let n = self.index.nodes.len();
        self.memo.kept(&self.memo.returned, (function.id, n), || {
            self.find_return(function)
        })
    }

    fn find_return(&'d self, function: Node<'d>) -> Typed {
        let AnyNodeRef::StmtFunctionDef(each) = function.ast() else {
            return Typed::unknown();
        };
        let scope = function.data().extra;
        let is_generator = self
            .index
            .scopes
            .get(scope as usize)
            .is_some_and(|scope| scope.is_generator);
        if let Some(returns) = &each.returns {
            let ty = function.at(&**returns).annotation();
            let ty = if each.is_async && !is_generator {
                Type::Awaitable(ty.into())
            } else {
                ty
            };
            return Typed::proven(ty).shown_by(function.header_span());
        }
        if each
            .decorator_list
            .iter()
            .any(|decorator| !is_transparent(&decorator.expression))
        {
            return Typed::unknown();
        }
        if is_generator {
            let item = self.type_of_yields(function);
            return Typed::proven(if each.is_async {
                Type::AsyncIterator(item.into())
            } else {
                Type::iterator(item)
            });
        }
        if is_abstract(function, each) {
            return Typed::unknown();
        }
        let returns = &self.index.returns;
        let first = returns.partition_point(|(_, node)| *node < function.id);
        let inside = returns[first..]
            .iter()
            .take_while(|(_, node)| *node < function.data().end)
            .filter(|(of, _)| *of == scope);
        let mut all: Option<Typed> = None;
        for (_, node) in inside {
            let AnyNodeRef::StmtReturn(each) = self.at(*node).ast() else {
                continue;
            };
            let value = match &each.value {
                Some(value) => self
                    .at(*node)
                    .at(&**value)
                    .infer()
                    .shown_by(self.at(*node).span()),
                None => Typed::proven(Type::None),
            };
            all = Some(match all {
                None => value,
                Some(all) => all.join(value),
            });
        }
        if !never_falls(function, &each.body) {
            let falls = Typed::proven(Type::None);
            all = Some(match all {
                None => falls,
                Some(all) => all.join(falls),
            });
        }
        let mut all = all.unwrap_or_else(Typed::unknown);
        if function.parent_class().is_some() {
            // A class below may define the method anew.
            all = all.at_most(Confidence::Likely);
        }
        if each.is_async {
            all.map(|ty| Type::Awaitable(ty.clone().into()))
        } else {
            all
        }
    }

    /// What a generator of the module gives, by its `yield`s.
    fn type_of_yields(&'d self, function: Node<'d>) -> Type {
        let mut all = Type::Never;
        for node in function.subtree().filter(|node| node.kind() == Kind::Yield) {
            if node.frame() != function {
                continue;
            }
            let given = match node.ast() {
                AnyNodeRef::ExprYield(each) => match &each.value {
                    Some(value) => node.at(&**value).inferred(),
                    None => Type::None,
                },
                AnyNodeRef::ExprYieldFrom(each) => node.at(&*each.value).inferred().iterated(),
                _ => continue,
            };
            all = all.join(&given);
        }
        all
    }
}

/// Whether a method only stands for others: its body is empty, or does nothing but raise or give `None`.
fn is_abstract(function: Node<'_>, each: &ast::StmtFunctionDef) -> bool {
    let says_nothing = |statement: &Stmt| match statement {
        Stmt::Pass(_) | Stmt::Raise(_) => true,
        Stmt::Expr(each) => each.value.is_literal_expr(),
        Stmt::Return(each) => each
            .value
            .as_ref()
            .is_none_or(|value| value.is_none_literal_expr()),
        _ => false,
    };
    function.parent_class().is_some() && each.body.iter().all(says_nothing)
}

/// Decorators that leave what a call gives as it is.
fn is_transparent(decorator: &Expr) -> bool {
    let name = match decorator {
        Expr::Call(call) => &*call.func,
        other => other,
    };
    let last = match name {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    matches!(
        last,
        "staticmethod"
            | "classmethod"
            | "property"
            | "cached_property"
            | "lru_cache"
            | "cache"
            | "wraps"
            | "override"
            | "abstractmethod"
            | "setter"
            | "final"
    )
}
