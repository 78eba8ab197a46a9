//! The one traversal: gives every node its number, parent, scope and loop, and every name its bindings.
//!
//! Knows the order in which Python evaluates things and which parts of a loop run once.
//! Does not know types or flow.

use looplint_model::Span;
use ruff_python_ast::{
    self as ast, AnyNodeRef, Expr, ExprContext, HasNodeIndex, NodeIndex, Pattern, Stmt,
};
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;

use crate::kind::Kind;
use crate::loops::{LoopData, LoopKind};
use crate::scope::{BindingData, BindingKind, ScopeData, ScopeKind, SymbolData, UseData};

/// No node, scope, loop, symbol, binding or use.
pub(crate) const NONE: u32 = u32::MAX;

/// A node's row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeData<'d> {
    pub ast: AnyNodeRef<'d>,
    pub kind: Kind,
    pub parent: u32,
    /// One past the last node of the subtree; numbers are given in pre-order.
    pub end: u32,
    /// The scope that names in it are looked up in.
    pub scope: u32,
    /// The innermost loop that runs it once per iteration, inside its function.
    pub innermost: u32,
    /// Names and parameters: their symbol. Functions, lambdas, classes, comprehensions: the scope they open.
    pub extra: u32,
}

/// Everything that the traversal finds.
#[derive(Debug, Default)]
pub(crate) struct Index<'d> {
    pub nodes: Vec<NodeData<'d>>,
    pub scopes: Vec<ScopeData>,
    pub symbols: Vec<SymbolData<'d>>,
    pub bindings: Vec<BindingData>,
    pub uses: Vec<UseData>,
    pub loops: Vec<LoopData<'d>>,
    /// Nodes of `from m import *`.
    pub stars: Vec<u32>,
    /// All `return` and `yield` nodes are found by their function's scope.
    pub returns: Vec<(u32, u32)>,
    pub names: FxHashMap<&'d str, u32>,
}

pub(crate) fn span(range: impl Ranged) -> Span {
    let range = range.range();
    Span::new(range.start().to_u32(), range.end().to_u32())
}

/// Walks `module`.
pub(crate) fn index<'d>(module: &'d ast::ModModule, bytes: usize) -> Index<'d> {
    let mut builder = Builder {
        out: Index {
            nodes: Vec::with_capacity(bytes / 8 + 16),
            ..Index::default()
        },
        parent: NONE,
        scope: NONE,
        innermost: NONE,
        open: Vec::new(),
        spare: Vec::new(),
    };
    builder.module(module);
    builder.out
}

struct Builder<'d> {
    out: Index<'d>,
    parent: u32,
    scope: u32,
    innermost: u32,
    open: Vec<OpenScope>,
    /// Tables of closed scopes, used again.
    spare: Vec<FxHashMap<u32, Entry>>,
}

struct OpenScope {
    id: u32,
    kind: ScopeKind,
    entries: FxHashMap<u32, Entry>,
}

/// What a scope knows of a name until it closes. The lists are linked through `next`.
#[derive(Clone, Copy)]
struct Entry {
    bindings: List,
    /// Bindings by inner scopes that said `nonlocal`.
    outer_bindings: List,
    uses: List,
    global: bool,
    nonlocal: bool,
    captured: bool,
}

#[derive(Clone, Copy)]
struct List {
    first: u32,
    last: u32,
}

const EMPTY: List = List {
    first: NONE,
    last: NONE,
};

impl Default for Entry {
    fn default() -> Entry {
        Entry {
            bindings: EMPTY,
            outer_bindings: EMPTY,
            uses: EMPTY,
            global: false,
            nonlocal: false,
            captured: false,
        }
    }
}

fn append(list: &mut List, more: List, link: &mut dyn FnMut(u32, u32)) {
    if more.first == NONE {
        return;
    }
    if list.first == NONE {
        *list = more;
    } else {
        link(list.last, more.first);
        list.last = more.last;
    }
}

impl<'d> Builder<'d> {
    fn module(&mut self, module: &'d ast::ModModule) {
        let id = self.add(AnyNodeRef::ModModule(module));
        let scope = self.open_scope(ScopeKind::Module, id);
        self.out.nodes[id as usize].extra = scope;
        self.out.nodes[id as usize].scope = scope;
        let outer = std::mem::replace(&mut self.parent, id);
        self.body(&module.body);
        self.parent = outer;
        self.finish(id);
        self.close_scope();
        self.mark_symbols();
    }

    // Nodes

    fn add(&mut self, ast: AnyNodeRef<'d>) -> u32 {
        let id = self.out.nodes.len() as u32;
        ast.node_index().set(NodeIndex::from(id));
        self.out.nodes.push(NodeData {
            ast,
            kind: Kind::of(ast),
            parent: self.parent,
            end: id + 1,
            scope: self.scope,
            innermost: self.innermost,
            extra: NONE,
        });
        id
    }

    fn finish(&mut self, id: u32) {
        self.out.nodes[id as usize].end = self.out.nodes.len() as u32;
    }

    fn inside(&mut self, ast: AnyNodeRef<'d>, children: impl FnOnce(&mut Self, u32)) {
        let id = self.add(ast);
        let outer = std::mem::replace(&mut self.parent, id);
        children(self, id);
        self.parent = outer;
        self.finish(id);
    }

    fn in_loop(&mut self, innermost: u32, children: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.innermost, innermost);
        children(self);
        self.innermost = outer;
    }

    fn in_scope(&mut self, kind: ScopeKind, node: u32, children: impl FnOnce(&mut Self)) {
        let scope = self.open_scope(kind, node);
        self.out.nodes[node as usize].extra = scope;
        children(self);
        self.close_scope();
    }

    // Scopes and names

    fn open_scope(&mut self, kind: ScopeKind, node: u32) -> u32 {
        let id = self.out.scopes.len() as u32;
        self.out.scopes.push(ScopeData {
            kind,
            node,
            parent: self.scope,
            symbols: (0, 0),
            is_generator: false,
        });
        let entries = self.spare.pop().unwrap_or_default();
        self.open.push(OpenScope { id, kind, entries });
        self.scope = id;
        id
    }

    fn close_scope(&mut self) {
        let Some(mut scope) = self.open.pop() else {
            return;
        };
        self.scope = self.open.last().map_or(NONE, |outer| outer.id);
        let first = self.out.symbols.len() as u32;
        let mut entries: Vec<(u32, Entry)> = scope.entries.drain().collect();
        // Numbers are given in the order of first appearance, so that runs agree.
        entries.sort_unstable_by_key(|(name, _)| *name);
        for (name, entry) in entries {
            let outermost = self.open.is_empty();
            if entry.global && !outermost {
                self.pass(0, name, entry, true, scope.kind);
            } else if outermost || (entry.bindings.first != NONE && !entry.nonlocal) {
                self.close_symbol(name, entry, scope.id);
            } else if let Some(outer) = self
                .open
                .iter()
                .rposition(|outer| outer.kind != ScopeKind::Class)
            {
                self.pass(outer, name, entry, false, scope.kind);
            }
        }
        self.out.scopes[scope.id as usize].symbols = (first, self.out.symbols.len() as u32);
        self.spare.push(scope.entries);
    }

    /// Hands a name that a closing scope does not own to the scope at `outer` in the stack.
    fn pass(&mut self, outer: usize, name: u32, entry: Entry, owns: bool, from: ScopeKind) {
        let Builder { out, open, .. } = self;
        let target = open[outer].entries.entry(name).or_default();
        let mut link_use = |last: u32, first: u32| out.uses[last as usize].next = first;
        append(&mut target.uses, entry.uses, &mut link_use);
        let mut link_binding = |last: u32, first: u32| out.bindings[last as usize].next = first;
        let list = if owns {
            &mut target.bindings
        } else {
            &mut target.outer_bindings
        };
        append(list, entry.bindings, &mut link_binding);
        append(
            &mut target.outer_bindings,
            entry.outer_bindings,
            &mut link_binding,
        );
        // Comprehensions and class bodies run on the spot; functions and lambdas keep the name for later.
        target.captured |=
            entry.captured || matches!(from, ScopeKind::Function | ScopeKind::Lambda);
    }

    fn close_symbol(&mut self, name: u32, mut entry: Entry, scope: u32) {
        let Builder { out, .. } = self;
        let mut link_binding = |last: u32, first: u32| out.bindings[last as usize].next = first;
        append(&mut entry.bindings, entry.outer_bindings, &mut link_binding);
        out.symbols.push(SymbolData {
            name: "",
            name_id: name,
            scope,
            bindings: entry.bindings.first,
            uses: entry.uses.first,
            captured: entry.captured,
            written_elsewhere: entry.outer_bindings.first != NONE,
        });
    }

    /// Writes each symbol's number into its bindings and uses.
    fn mark_symbols(&mut self) {
        let Index {
            symbols,
            bindings,
            uses,
            nodes,
            names,
            ..
        } = &mut self.out;
        let mut texts = vec![""; names.len()];
        for (text, id) in names.iter() {
            texts[*id as usize] = text;
        }
        for (id, symbol) in symbols.iter_mut().enumerate() {
            symbol.name = texts[symbol.name_id as usize];
            let mut at = symbol.bindings;
            while let Some(binding) = bindings.get_mut(at as usize) {
                binding.symbol = id as u32;
                let target = &mut nodes[binding.target as usize];
                if matches!(target.kind, Kind::Name | Kind::Parameter) {
                    target.extra = id as u32;
                }
                at = binding.next;
            }
            let mut at = symbol.uses;
            while let Some(each) = uses.get(at as usize) {
                nodes[each.node as usize].extra = id as u32;
                at = each.next;
            }
        }
    }

    fn name(&mut self, name: &'d str) -> u32 {
        let next = self.out.names.len() as u32;
        *self.out.names.entry(name).or_insert(next)
    }

    fn entry(&mut self, level: usize, name: u32) -> &mut Entry {
        self.open[level].entries.entry(name).or_default()
    }

    fn bind(&mut self, name: &'d str, kind: BindingKind, target: u32, owner: u32) {
        // A walrus inside a comprehension binds outside of it.
        let level = if kind == BindingKind::Named {
            self.open
                .iter()
                .rposition(|scope| scope.kind != ScopeKind::Comprehension)
                .unwrap_or(0)
        } else {
            self.open.len() - 1
        };
        let name = self.name(name);
        let at = self.out.bindings.len() as u32;
        self.out.bindings.push(BindingData {
            symbol: NONE,
            kind,
            target,
            owner,
            next: NONE,
        });
        let mut list = self.entry(level, name).bindings;
        let bindings = &mut self.out.bindings;
        append(
            &mut list,
            List {
                first: at,
                last: at,
            },
            &mut |last, first| {
                bindings[last as usize].next = first;
            },
        );
        self.entry(level, name).bindings = list;
    }

    fn refer(&mut self, name: &'d str, node: u32) {
        let name = self.name(name);
        let at = self.out.uses.len() as u32;
        self.out.uses.push(UseData { node, next: NONE });
        let level = self.open.len() - 1;
        let mut list = self.entry(level, name).uses;
        let uses = &mut self.out.uses;
        append(
            &mut list,
            List {
                first: at,
                last: at,
            },
            &mut |last, first| {
                uses[last as usize].next = first;
            },
        );
        self.entry(level, name).uses = list;
    }

    // Statements

    fn body(&mut self, body: &'d [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'d Stmt) {
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

    fn try_statement(&mut self, each: &'d ast::StmtTry) {
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

    fn for_loop(&mut self, each: &'d ast::StmtFor) {
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

    fn while_loop(&mut self, each: &'d ast::StmtWhile) {
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

    fn function(&mut self, function: &'d ast::StmtFunctionDef) {
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

    fn class(&mut self, class: &'d ast::StmtClassDef) {
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

    fn decorators(&mut self, decorators: &'d [ast::Decorator]) {
        for decorator in decorators {
            self.inside(AnyNodeRef::Decorator(decorator), |this, _| {
                this.expression(&decorator.expression);
            });
        }
    }

    /// Defaults are evaluated once, where the function is defined.
    fn defaults(&mut self, parameters: &'d ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            self.optional(parameter.default.as_deref());
        }
    }

    fn parameters(&mut self, parameters: &'d ast::Parameters) {
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

    fn type_parameters(&mut self, parameters: Option<&'d ast::TypeParams>) {
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

    fn pattern(&mut self, pattern: &'d Pattern) {
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

    fn patterns(&mut self, patterns: &'d [Pattern]) {
        for pattern in patterns {
            self.pattern(pattern);
        }
    }

    // Expressions

    fn optional(&mut self, expression: Option<&'d Expr>) {
        if let Some(expression) = expression {
            self.expression(expression);
        }
    }

    fn expressions(&mut self, expressions: &'d [Expr]) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    /// A place that is bound: names in it get a binding of this kind, owned by `owner`.
    fn target(&mut self, target: &'d Expr, kind: BindingKind, owner: u32) {
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

    fn expression(&mut self, expression: &'d Expr) {
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

    fn interpolated(&mut self, elements: &'d ast::InterpolatedStringElements) {
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

    fn yields(&mut self) {
        let function = self
            .open
            .iter()
            .rev()
            .find(|scope| scope.kind != ScopeKind::Comprehension);
        if let Some(function) = function {
            self.out.scopes[function.id as usize].is_generator = true;
        }
    }

    fn lambda(&mut self, lambda: &'d ast::ExprLambda, innermost: u32) {
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

    fn comprehension(
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
    fn clause(&mut self, clause: &'d ast::Comprehension, id: u32, outside: Option<(u32, u32)>) {
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

    fn outside_comprehension(&mut self, scope: u32, innermost: u32, iterable: &'d Expr) {
        let Some(inner) = self.open.pop() else { return };
        let inner_scope = std::mem::replace(&mut self.scope, scope);
        self.in_loop(innermost, |this| this.expression(iterable));
        self.scope = inner_scope;
        self.open.push(inner);
    }

    fn arguments(&mut self, arguments: &'d ast::Arguments) {
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

    fn call(&mut self, call: &'d ast::ExprCall) {
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

    fn argument(&mut self, value: &'d Expr, applied: &'d ast::ExprLambda, inner: u32) {
        match value {
            Expr::Lambda(lambda) if std::ptr::eq(lambda, applied) => self.lambda(lambda, inner),
            _ => self.expression(value),
        }
    }
}

fn body_span(body: &[Stmt], whole: Span) -> Span {
    match (body.first(), body.last()) {
        (Some(first), Some(last)) => span(first).cover(span(last)),
        _ => whole,
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
