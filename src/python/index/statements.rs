//! The traversal of statements: what runs in which loop and binds in which scope.

use looplint_model::Span;
use ruff_python_ast::{self as ast, AnyNodeRef, Pattern, Stmt};

use super::{Builder, NONE, body_span, span};
use crate::loops::{LoopData, LoopKind};
use crate::scope::{BindingKind, ScopeKind};

impl<'d> Builder<'d> {
    pub(super) fn body(&mut self, body: &'d [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    pub(super) fn statement(&mut self, statement: &'d Stmt) {
        let node = AnyNodeRef::from(statement);
        match statement {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::For(each) => self.for_loop(each),
            Stmt::While(each) => self.while_loop(each),
            Stmt::Return(each) => self.inside(node, |this, id| {
                this.out.returns.push((this.scope, id));
                this.optional(each.value.as_deref());
            }),
            Stmt::Delete(each) => self.inside(node, |this, id| {
                for target in &each.targets {
                    this.target(target, BindingKind::Deleted, id);
                }
            }),
            Stmt::TypeAlias(each) => self.inside(node, |this, id| {
                this.target(&each.name, BindingKind::TypeAlias, id);
                this.expression(&each.value);
            }),
            Stmt::Assign(each) => self.inside(node, |this, id| {
                for target in &each.targets {
                    this.target(target, BindingKind::Assigned, id);
                }
                this.expression(&each.value);
            }),
            Stmt::AugAssign(each) => self.inside(node, |this, id| {
                this.target(&each.target, BindingKind::Augmented, id);
                this.expression(&each.value);
            }),
            Stmt::AnnAssign(each) => self.inside(node, |this, id| {
                let kind = if each.value.is_some() {
                    BindingKind::Assigned
                } else {
                    BindingKind::Declared
                };
                this.target(&each.target, kind, id);
                this.expression(&each.annotation);
                this.optional(each.value.as_deref());
            }),
            Stmt::If(each) => self.inside(node, |this, _| {
                this.expression(&each.test);
                this.body(&each.body);
                for arm in &each.elif_else_clauses {
                    this.inside(AnyNodeRef::ElifElseClause(arm), |this, _| {
                        this.optional(arm.test.as_ref());
                        this.body(&arm.body);
                    });
                }
            }),
            Stmt::With(each) => self.inside(node, |this, _| {
                for item in &each.items {
                    this.inside(AnyNodeRef::WithItem(item), |this, id| {
                        this.expression(&item.context_expr);
                        if let Some(target) = &item.optional_vars {
                            this.target(target, BindingKind::With, id);
                        }
                    });
                }
                this.body(&each.body);
            }),
            Stmt::Match(each) => self.inside(node, |this, _| {
                this.expression(&each.subject);
                for case in &each.cases {
                    this.inside(AnyNodeRef::MatchCase(case), |this, _| {
                        this.pattern(&case.pattern);
                        this.optional(case.guard.as_deref());
                        this.body(&case.body);
                    });
                }
            }),
            Stmt::Raise(each) => self.inside(node, |this, _| {
                this.optional(each.exc.as_deref());
                this.optional(each.cause.as_deref());
            }),
            Stmt::Try(each) => self.inside(node, |this, _| this.try_statement(each)),
            Stmt::Assert(each) => self.inside(node, |this, _| {
                this.expression(&each.test);
                this.optional(each.msg.as_deref());
            }),
            Stmt::Import(each) => self.inside(node, |this, _| {
                for alias in &each.names {
                    this.inside(AnyNodeRef::Alias(alias), |this, id| {
                        let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                        let bound = bound.split('.').next().unwrap_or(bound);
                        this.bind(bound, BindingKind::Imported, id, id);
                    });
                }
            }),
            Stmt::ImportFrom(each) => self.inside(node, |this, statement| {
                for alias in &each.names {
                    if alias.name.as_str() == "*" {
                        this.out.stars.push(statement);
                    }
                    this.inside(AnyNodeRef::Alias(alias), |this, id| {
                        let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                        this.bind(bound.as_str(), BindingKind::Imported, id, statement);
                    });
                }
            }),
            Stmt::Global(each) => self.inside(node, |this, _| {
                let level = this.open.len() - 1;
                for name in &each.names {
                    let name = this.name(name.as_str());
                    this.entry(level, name).global = true;
                }
            }),
            Stmt::Nonlocal(each) => self.inside(node, |this, _| {
                let level = this.open.len() - 1;
                for name in &each.names {
                    let name = this.name(name.as_str());
                    this.entry(level, name).nonlocal = true;
                }
            }),
            Stmt::Expr(each) => self.inside(node, |this, _| this.expression(&each.value)),
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {
                self.add(node);
            }
        }
    }

    pub(super) fn try_statement(&mut self, each: &'d ast::StmtTry) {
        self.body(&each.body);
        for handler in &each.handlers {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            self.inside(
                AnyNodeRef::ExceptHandlerExceptHandler(handler),
                |this, id| {
                    this.optional(handler.type_.as_deref());
                    if let Some(name) = &handler.name {
                        this.bind(name.as_str(), BindingKind::Caught, id, id);
                    }
                    this.body(&handler.body);
                },
            );
        }
        self.body(&each.orelse);
        self.body(&each.finalbody);
    }

    pub(super) fn for_loop(&mut self, each: &'d ast::StmtFor) {
        self.inside(AnyNodeRef::StmtFor(each), |this, id| {
            let inner = this.out.loops.len() as u32;
            this.out.loops.push(LoopData {
                kind: if each.is_async {
                    LoopKind::AsyncFor
                } else {
                    LoopKind::For
                },
                node: id,
                parent: this.innermost,
                target: Some(&each.target),
                iterable: Some(&each.iter),
                header: Span::new(span(each).start, span(&*each.iter).end),
                body: body_span(&each.body, span(each)),
            });
            this.in_loop(inner, |this| {
                this.target(&each.target, BindingKind::Loop, id)
            });
            this.expression(&each.iter);
            this.in_loop(inner, |this| this.body(&each.body));
            this.body(&each.orelse);
        });
    }

    pub(super) fn while_loop(&mut self, each: &'d ast::StmtWhile) {
        self.inside(AnyNodeRef::StmtWhile(each), |this, id| {
            let inner = this.out.loops.len() as u32;
            this.out.loops.push(LoopData {
                kind: LoopKind::While,
                node: id,
                parent: this.innermost,
                target: None,
                iterable: None,
                header: Span::new(span(each).start, span(&*each.test).end),
                body: body_span(&each.body, span(each)),
            });
            this.in_loop(inner, |this| {
                this.expression(&each.test);
                this.body(&each.body);
            });
            this.body(&each.orelse);
        });
    }

    pub(super) fn function(&mut self, function: &'d ast::StmtFunctionDef) {
        self.inside(AnyNodeRef::StmtFunctionDef(function), |this, id| {
            this.decorators(&function.decorator_list);
            this.defaults(&function.parameters);
            this.bind(function.name.as_str(), BindingKind::Function, id, id);
            this.in_scope(ScopeKind::Function, id, |this| {
                this.in_loop(NONE, |this| {
                    this.type_parameters(function.type_params.as_deref());
                    this.parameters(&function.parameters);
                    this.optional(function.returns.as_deref());
                    this.body(&function.body);
                });
            });
        });
    }

    pub(super) fn class(&mut self, class: &'d ast::StmtClassDef) {
        self.inside(AnyNodeRef::StmtClassDef(class), |this, id| {
            this.decorators(&class.decorator_list);
            if let Some(arguments) = &class.arguments {
                this.arguments(arguments);
            }
            this.bind(class.name.as_str(), BindingKind::Class, id, id);
            this.in_scope(ScopeKind::Class, id, |this| {
                this.type_parameters(class.type_params.as_deref());
                this.body(&class.body);
            });
        });
    }

    pub(super) fn decorators(&mut self, decorators: &'d [ast::Decorator]) {
        for decorator in decorators {
            self.inside(AnyNodeRef::Decorator(decorator), |this, _| {
                this.expression(&decorator.expression);
            });
        }
    }

    /// Defaults are evaluated once, where the function is defined.
    pub(super) fn defaults(&mut self, parameters: &'d ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            self.optional(parameter.default.as_deref());
        }
    }

    pub(super) fn parameters(&mut self, parameters: &'d ast::Parameters) {
        for parameter in parameters.iter_source_order() {
            let kind = match parameter {
                ast::AnyParameterRef::NonVariadic(_) => BindingKind::Parameter,
                ast::AnyParameterRef::Variadic(parameter) => {
                    let packs_names = parameters
                        .kwarg
                        .as_deref()
                        .is_some_and(|kwarg| std::ptr::eq(kwarg, parameter));
                    if packs_names {
                        BindingKind::Keywords
                    } else {
                        BindingKind::Rest
                    }
                }
            };
            let parameter = parameter.as_parameter();
            self.inside(AnyNodeRef::Parameter(parameter), |this, id| {
                this.bind(parameter.name.as_str(), kind, id, id);
                this.optional(parameter.annotation.as_deref());
            });
        }
    }

    pub(super) fn type_parameters(&mut self, parameters: Option<&'d ast::TypeParams>) {
        for parameter in parameters
            .into_iter()
            .flat_map(|parameters| &parameters.type_params)
        {
            let (node, name, bound, default) = match parameter {
                ast::TypeParam::TypeVar(each) => (
                    AnyNodeRef::TypeParamTypeVar(each),
                    &each.name,
                    &each.bound,
                    &each.default,
                ),
                ast::TypeParam::TypeVarTuple(each) => (
                    AnyNodeRef::TypeParamTypeVarTuple(each),
                    &each.name,
                    &None,
                    &each.default,
                ),
                ast::TypeParam::ParamSpec(each) => (
                    AnyNodeRef::TypeParamParamSpec(each),
                    &each.name,
                    &None,
                    &each.default,
                ),
            };
            self.inside(node, |this, id| {
                this.bind(name.as_str(), BindingKind::TypeParameter, id, id);
                this.optional(bound.as_deref());
                this.optional(default.as_deref());
            });
        }
    }

    pub(super) fn pattern(&mut self, pattern: &'d Pattern) {
        self.inside(AnyNodeRef::from(pattern), |this, id| {
            let capture = |this: &mut Self, name: &'d Option<ast::Identifier>| {
                if let Some(name) = name {
                    this.bind(name.as_str(), BindingKind::Captured, id, id);
                }
            };
            match pattern {
                Pattern::MatchValue(each) => this.expression(&each.value),
                Pattern::MatchSingleton(_) => {}
                Pattern::MatchSequence(each) => this.patterns(&each.patterns),
                Pattern::MatchMapping(each) => {
                    for key in &each.keys {
                        this.expression(key);
                    }
                    this.patterns(&each.patterns);
                    capture(this, &each.rest);
                }
                Pattern::MatchClass(each) => {
                    this.expression(&each.cls);
                    this.patterns(&each.arguments.patterns);
                    for keyword in &each.arguments.keywords {
                        this.pattern(&keyword.pattern);
                    }
                }
                Pattern::MatchStar(each) => capture(this, &each.name),
                Pattern::MatchAs(each) => {
                    if let Some(inner) = &each.pattern {
                        this.pattern(inner);
                    }
                    capture(this, &each.name);
                }
                Pattern::MatchOr(each) => this.patterns(&each.patterns),
            }
        });
    }

    pub(super) fn patterns(&mut self, patterns: &'d [Pattern]) {
        for pattern in patterns {
            self.pattern(pattern);
        }
    }
}
