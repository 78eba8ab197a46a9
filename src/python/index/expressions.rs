//! The traversal of expressions: comprehensions, lambdas that are called per item, targets.

use looplint_model::Span;
use ruff_python_ast::{self as ast, AnyNodeRef, Expr, ExprContext};

use super::{Builder, NONE, span};
use crate::loops::{LoopData, LoopKind};
use crate::scope::{BindingKind, ScopeKind};

impl<'d> Builder<'d> {
    pub(super) fn optional(&mut self, expression: Option<&'d Expr>) {
        if let Some(expression) = expression {
            self.expression(expression);
        }
    }

    pub(super) fn expressions(&mut self, expressions: &'d [Expr]) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    /// A place that is bound: names in it get a binding of this kind, owned by `owner`.
    pub(super) fn target(&mut self, target: &'d Expr, kind: BindingKind, owner: u32) {
        match target {
            Expr::Name(name) => {
                let id = self.add(AnyNodeRef::ExprName(name));
                if kind == BindingKind::Augmented || kind == BindingKind::Deleted {
                    self.refer(name.id.as_str(), id);
                }
                self.bind(name.id.as_str(), kind, id, owner);
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                self.inside(AnyNodeRef::from(target), |this, _| {
                    for element in elts {
                        this.target(element, kind, owner);
                    }
                });
            }
            Expr::Starred(starred) => self.inside(AnyNodeRef::ExprStarred(starred), |this, _| {
                this.target(&starred.value, kind, owner);
            }),
            _ => self.expression(target),
        }
    }

    pub(super) fn expression(&mut self, expression: &'d Expr) {
        let node = AnyNodeRef::from(expression);
        match expression {
            Expr::Name(name) => {
                let id = self.add(node);
                if name.ctx != ExprContext::Invalid || !name.id.is_empty() {
                    self.refer(name.id.as_str(), id);
                }
            }
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => {
                self.add(node);
            }
            Expr::Attribute(each) => self.inside(node, |this, _| this.expression(&each.value)),
            Expr::Call(call) => self.call(call),
            Expr::BoolOp(each) => self.inside(node, |this, _| this.expressions(&each.values)),
            Expr::Named(each) => self.inside(node, |this, id| {
                this.target(&each.target, BindingKind::Named, id);
                this.expression(&each.value);
            }),
            Expr::BinOp(each) => self.inside(node, |this, _| {
                this.expression(&each.left);
                this.expression(&each.right);
            }),
            Expr::UnaryOp(each) => self.inside(node, |this, _| this.expression(&each.operand)),
            Expr::Lambda(lambda) => self.lambda(lambda, NONE),
            Expr::If(each) => self.inside(node, |this, _| {
                this.expression(&each.body);
                this.expression(&each.test);
                this.expression(&each.orelse);
            }),
            Expr::Dict(each) => self.inside(node, |this, _| {
                for item in &each.items {
                    this.optional(item.key.as_ref());
                    this.expression(&item.value);
                }
            }),
            Expr::Set(each) => self.inside(node, |this, _| this.expressions(&each.elts)),
            Expr::List(each) => self.inside(node, |this, _| this.expressions(&each.elts)),
            Expr::Tuple(each) => self.inside(node, |this, _| this.expressions(&each.elts)),
            Expr::ListComp(each) => self.comprehension(node, None, &each.elt, &each.generators),
            Expr::SetComp(each) => self.comprehension(node, None, &each.elt, &each.generators),
            Expr::Generator(each) => self.comprehension(node, None, &each.elt, &each.generators),
            Expr::DictComp(each) => {
                self.comprehension(node, each.key.as_deref(), &each.value, &each.generators);
            }
            Expr::Await(each) => self.inside(node, |this, _| this.expression(&each.value)),
            Expr::Yield(each) => self.inside(node, |this, _| {
                this.yields();
                this.optional(each.value.as_deref());
            }),
            Expr::YieldFrom(each) => self.inside(node, |this, _| {
                this.yields();
                this.expression(&each.value);
            }),
            Expr::Compare(each) => self.inside(node, |this, _| {
                this.expression(&each.left);
                this.expressions(&each.comparators);
            }),
            Expr::FString(each) => self.inside(node, |this, _| {
                for part in &each.value {
                    if let ast::FStringPart::FString(part) = part {
                        this.interpolated(&part.elements);
                    }
                }
            }),
            Expr::TString(each) => self.inside(node, |this, _| {
                for part in &each.value {
                    this.interpolated(&part.elements);
                }
            }),
            Expr::Subscript(each) => self.inside(node, |this, _| {
                this.expression(&each.value);
                this.expression(&each.slice);
            }),
            Expr::Starred(each) => self.inside(node, |this, _| this.expression(&each.value)),
            Expr::Slice(each) => self.inside(node, |this, _| {
                this.optional(each.lower.as_deref());
                this.optional(each.upper.as_deref());
                this.optional(each.step.as_deref());
            }),
        }
    }

    pub(super) fn interpolated(&mut self, elements: &'d ast::InterpolatedStringElements) {
        for element in elements {
            let ast::InterpolatedStringElement::Interpolation(field) = element else {
                continue;
            };
            self.expression(&field.expression);
            if let Some(format) = &field.format_spec {
                self.interpolated(&format.elements);
            }
        }
    }

    pub(super) fn yields(&mut self) {
        let function = self
            .open
            .iter()
            .rev()
            .find(|scope| scope.kind != ScopeKind::Comprehension);
        if let Some(function) = function {
            self.out.scopes[function.id as usize].is_generator = true;
        }
    }

    pub(super) fn lambda(&mut self, lambda: &'d ast::ExprLambda, innermost: u32) {
        self.inside(AnyNodeRef::ExprLambda(lambda), |this, id| {
            if let Some(each) = this.out.loops.get_mut(innermost as usize) {
                each.node = id;
            }
            if let Some(parameters) = &lambda.parameters {
                this.defaults(parameters);
            }
            this.in_scope(ScopeKind::Lambda, id, |this| {
                this.in_loop(innermost, |this| {
                    if let Some(parameters) = &lambda.parameters {
                        this.parameters(parameters);
                    }
                    this.expression(&lambda.body);
                });
            });
        });
    }

    pub(super) fn comprehension(
        &mut self,
        node: AnyNodeRef<'d>,
        key: Option<&'d Expr>,
        element: &'d Expr,
        clauses: &'d [ast::Comprehension],
    ) {
        self.inside(node, |this, id| {
            let first = this.out.loops.len() as u32;
            let mut parent = this.innermost;
            let whole = span(node);
            for clause in clauses {
                let inner = this.out.loops.len() as u32;
                this.out.loops.push(LoopData {
                    kind: if clause.is_async {
                        LoopKind::AsyncClause
                    } else {
                        LoopKind::Clause
                    },
                    node: NONE,
                    parent,
                    target: Some(&clause.target),
                    iterable: Some(&clause.iter),
                    header: Span::new(span(clause).start, span(&clause.iter).end),
                    body: whole,
                });
                parent = inner;
            }
            let outside = (this.scope, this.innermost);
            this.in_scope(ScopeKind::Comprehension, id, |this| {
                this.in_loop(parent, |this| {
                    this.optional(key);
                    this.expression(element);
                });
                for (at, clause) in clauses.iter().enumerate() {
                    this.clause(clause, first + at as u32, (at == 0).then_some(outside));
                }
            });
        });
    }

    /// One `for` of a comprehension. The first one's iterable is evaluated outside, once.
    pub(super) fn clause(
        &mut self,
        clause: &'d ast::Comprehension,
        id: u32,
        outside: Option<(u32, u32)>,
    ) {
        let outer = self.out.loops[id as usize].parent;
        self.in_loop(outer, |this| {
            this.inside(AnyNodeRef::Comprehension(clause), |this, node| {
                this.out.loops[id as usize].node = node;
                this.in_loop(id, |this| {
                    this.target(&clause.target, BindingKind::Loop, node)
                });
                match outside {
                    Some((scope, innermost)) => {
                        this.outside_comprehension(scope, innermost, &clause.iter)
                    }
                    None => this.expression(&clause.iter),
                }
                this.in_loop(id, |this| this.expressions(&clause.ifs));
            });
        });
    }

    pub(super) fn outside_comprehension(&mut self, scope: u32, innermost: u32, iterable: &'d Expr) {
        let Some(inner) = self.open.pop() else { return };
        let inner_scope = std::mem::replace(&mut self.scope, scope);
        self.in_loop(innermost, |this| this.expression(iterable));
        self.scope = inner_scope;
        self.open.push(inner);
    }

    pub(super) fn arguments(&mut self, arguments: &'d ast::Arguments) {
        for argument in arguments.iter_source_order() {
            match argument {
                ast::ArgOrKeyword::Arg(value) => self.expression(value),
                ast::ArgOrKeyword::Keyword(keyword) => {
                    self.inside(AnyNodeRef::Keyword(keyword), |this, _| {
                        this.expression(&keyword.value)
                    });
                }
            }
        }
    }

    pub(super) fn call(&mut self, call: &'d ast::ExprCall) {
        self.inside(AnyNodeRef::ExprCall(call), |this, _| {
            this.expression(&call.func);
            let Some((kind, lambda, iterable)) = applied_lambda(call) else {
                this.arguments(&call.arguments);
                return;
            };
            let inner = this.out.loops.len() as u32;
            this.out.loops.push(LoopData {
                kind,
                node: NONE,
                parent: this.innermost,
                target: None,
                iterable,
                header: span(&*call.func),
                body: span(&*lambda.body),
            });
            for argument in call.arguments.iter_source_order() {
                match argument {
                    ast::ArgOrKeyword::Arg(value) => this.argument(value, lambda, inner),
                    ast::ArgOrKeyword::Keyword(keyword) => {
                        this.inside(AnyNodeRef::Keyword(keyword), |this, _| {
                            this.argument(&keyword.value, lambda, inner);
                        });
                    }
                }
            }
        });
    }

    pub(super) fn argument(&mut self, value: &'d Expr, applied: &'d ast::ExprLambda, inner: u32) {
        match value {
            Expr::Lambda(lambda) if std::ptr::eq(lambda, applied) => self.lambda(lambda, inner),
            _ => self.expression(value),
        }
    }
}

/// The lambda that a call applies to each item of a collection, and the collection.
/// Whether `sorted` is still the builtin one is not known yet.
fn applied_lambda(call: &ast::ExprCall) -> Option<(LoopKind, &ast::ExprLambda, Option<&Expr>)> {
    let arguments = &call.arguments;
    if arguments.args.is_empty() && arguments.keywords.is_empty() {
        return None;
    }
    let (name, receiver) = match &*call.func {
        Expr::Name(name) => (name.id.as_str(), None),
        Expr::Attribute(attribute) => (attribute.attr.as_str(), Some(&*attribute.value)),
        _ => return None,
    };
    let lambda = |value: &'_ Expr| value.is_lambda_expr();
    match name {
        "sorted" | "min" | "max" | "sort" | "nsmallest" | "nlargest" | "groupby" => {
            let key = arguments.find_keyword("key").map(|keyword| &keyword.value);
            let key = key.or(if name == "groupby" {
                arguments.args.get(1)
            } else {
                None
            });
            let key = key.filter(|key| lambda(key))?.as_lambda_expr()?;
            let iterable = match name {
                "sort" => receiver,
                "nsmallest" | "nlargest" => arguments.args.get(1),
                _ => arguments.args.first(),
            };
            Some((LoopKind::KeyFunction, key, iterable))
        }
        "map" | "filter" | "reduce" | "starmap" | "filterfalse" | "takewhile" | "dropwhile" => {
            let function = arguments
                .args
                .first()
                .filter(|first| lambda(first))?
                .as_lambda_expr()?;
            let iterable = arguments.args.get(1).or(receiver)?;
            Some((LoopKind::MappedLambda, function, Some(iterable)))
        }
        _ => None,
    }
}
