//! Types of expressions and names.
//!
//! A name's type is the union over the bindings that can give it its value; each type comes with the places that
//! show it and with how sure it is. Knows annotations, literals, calls through the tables, classes and functions of
//! the module. Does not know other modules, and says so rather than guess.

use looplint_model::{Confidence, Span};
use ruff_python_ast::{self as ast, AnyNodeRef, Expr, Number, UnaryOp};
use rustc_hash::FxHashMap;

use crate::document::Document;
use crate::elements::{begins_empty, filled, settled};
use crate::kind::Kind;
use crate::memo::Progress;
use crate::narrow::narrowed;
use crate::node::Node;
use crate::scope::{Binding, BindingKind, ScopeKind, Symbol};
use crate::tables;
use crate::types::{DictKind, Index, Local, Operator, Type};

/// A type with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// The type.
    pub ty: Type,
    /// How sure it is. [`Confidence::Proven`]: every binding shows it.
    pub confidence: Confidence,
    /// The places that show it, for related locations; a few at most.
    pub proof: Vec<Span>,
}

/// Most places kept as proof.
const PROOF_MAX: usize = 4;

/// Expressions looked at for one question, at most.
const FUEL: u32 = 4_000;

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
            proof: Vec::new(),
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
            proof: Vec::new(),
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
        if memo.depth.get() == 0 {
            memo.fuel.set(FUEL);
            memo.tainted.set(false);
        }
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
        match memo.types.borrow().get(&self.id) {
            Some(Progress::Done(known)) => return known.clone(),
            Some(Progress::Open) => {
                memo.tainted.set(true);
                return Typed::proven(Type::Never);
            }
            None => {}
        }
        let (depth, fuel) = (memo.depth.get(), memo.fuel.get());
        if depth > DEPTH_MAX || fuel == 0 {
            memo.tainted.set(true);
            return Typed::unknown();
        }
        memo.fuel.set(fuel - 1);
        memo.depth.set(depth + 1);
        memo.types.borrow_mut().insert(self.id, Progress::Open);
        let found = self.find_type();
        memo.depth.set(depth);
        let mut types = memo.types.borrow_mut();
        // What was found while a type was asked for inside of itself holds for that question only.
        if memo.tainted.get() && depth > 0 {
            types.remove(&self.id);
        } else {
            types.insert(self.id, Progress::Done(found.clone()));
        }
        found
    }

    fn find_type(self) -> Typed {
        let part = |part: &Expr| self.at(part).infer();
        match self.ast() {
            AnyNodeRef::ExprName(_) | AnyNodeRef::Parameter(_) => self.type_of_name(),
            AnyNodeRef::ExprAttribute(each) => self.type_of_attribute(each),
            AnyNodeRef::ExprCall(call) => self.type_of_call(call),
            AnyNodeRef::ExprSubscript(each) => self.type_of_subscript(each),
            AnyNodeRef::ExprList(each) => Typed::proven(Type::list(self.elements(&each.elts))),
            AnyNodeRef::ExprSet(each) => Typed::proven(Type::set(self.elements(&each.elts))),
            AnyNodeRef::ExprTuple(each) => self.type_of_tuple(&each.elts),
            AnyNodeRef::ExprDict(each) => self.type_of_dict(each),
            AnyNodeRef::ExprListComp(each) => Typed::proven(Type::list(part(&each.elt).ty)),
            AnyNodeRef::ExprSetComp(each) => Typed::proven(Type::set(part(&each.elt).ty)),
            AnyNodeRef::ExprDictComp(each) => {
                let key = each
                    .key
                    .as_deref()
                    .map_or(Type::Unknown, |key| part(key).ty);
                Typed::proven(Type::dict(key, part(&each.value).ty))
            }
            AnyNodeRef::ExprGenerator(each) => {
                let item = part(&each.elt).ty;
                let is_async = each.generators.iter().any(|clause| clause.is_async);
                Typed::proven(if is_async {
                    Type::AsyncIterator(item.into())
                } else {
                    Type::iterator(item)
                })
            }
            AnyNodeRef::ExprBoolOp(each) => self.type_of_bool_op(each),
            AnyNodeRef::ExprIf(each) => part(&each.body).join(part(&each.orelse)),
            AnyNodeRef::ExprNamed(each) => part(&each.value),
            AnyNodeRef::ExprBinOp(each) => {
                let (left, right) = (part(&each.left), part(&each.right));
                let ty = left.ty.binary(operator(each.op), &right.ty);
                Typed {
                    confidence: left.confidence.max(right.confidence),
                    ..Typed::proven(ty)
                }
            }
            AnyNodeRef::ExprUnaryOp(each) => match each.op {
                UnaryOp::Not => Typed::proven(Type::Bool),
                _ => part(&each.operand).map(|ty| match ty {
                    Type::Bool => Type::Int,
                    other => other.clone(),
                }),
            },
            AnyNodeRef::ExprCompare(each) => self.type_of_compare(each),
            AnyNodeRef::ExprLambda(each) => {
                Typed::proven(Type::Callable(part(&each.body).ty.into()))
            }
            AnyNodeRef::ExprAwait(each) => part(&each.value).map(Type::awaited),
            AnyNodeRef::ExprStarred(each) => part(&each.value),
            AnyNodeRef::Keyword(each) => part(&each.value),
            _ => Typed::unknown(),
        }
    }

    /// The join of a display's elements; [`Type::Never`] for none.
    fn elements(self, elements: &'d [Expr]) -> Type {
        if elements.len() > ELEMENTS_MAX && !elements.iter().all(is_constant) {
            return Type::Unknown;
        }
        let mut all = Type::Never;
        for element in elements.iter().take(ELEMENTS_MAX) {
            let each = match element {
                Expr::Starred(starred) => self.at(&*starred.value).infer().ty.iterated(),
                _ => self.at(element).infer().ty,
            };
            all = all.join(&each);
            if all.is_unknown() {
                break;
            }
        }
        all
    }

    fn type_of_tuple(self, elements: &'d [Expr]) -> Typed {
        if elements.iter().any(Expr::is_starred_expr) || elements.len() > ELEMENTS_MAX {
            return Typed::proven(Type::tuple_of(self.elements(elements)));
        }
        let items: Vec<Type> = elements
            .iter()
            .map(|element| self.at(element).infer().ty)
            .collect();
        Typed::proven(Type::tuple(items))
    }

    fn type_of_dict(self, each: &'d ast::ExprDict) -> Typed {
        let (mut keys, mut values) = (Type::Never, Type::Never);
        for item in each.items.iter().take(ELEMENTS_MAX) {
            let value = self.at(&item.value).infer().ty;
            let (key, value) = match &item.key {
                Some(key) => (self.at(key).infer().ty, value),
                None => match value {
                    Type::Dict(_, pair) | Type::Mapping(pair) => (pair.0.clone(), pair.1.clone()),
                    _ => (Type::Unknown, Type::Unknown),
                },
            };
            (keys, values) = (keys.join(&key), values.join(&value));
        }
        Typed::proven(Type::dict(keys, values))
    }

    /// `a or b` is `b` or what is true of `a`, which is not `None`.
    fn type_of_bool_op(self, each: &'d ast::ExprBoolOp) -> Typed {
        let last = each.values.len().saturating_sub(1);
        let mut all: Option<Typed> = None;
        for (at, value) in each.values.iter().enumerate() {
            let mut part = self.at(value).infer();
            if at < last && each.op == ast::BoolOp::Or {
                part = part.map(Type::without_none);
            }
            all = Some(match all {
                None => part,
                Some(all) => all.join(part),
            });
        }
        all.unwrap_or_else(Typed::unknown)
    }

    /// Comparing arrays and columns compares item by item.
    fn type_of_compare(self, each: &'d ast::ExprCompare) -> Typed {
        let left = self.at(&*each.left).infer().ty;
        Typed::proven(match left {
            Type::Array => Type::Array,
            Type::Series => Type::Series,
            Type::Frame => Type::Frame,
            _ => Type::Bool,
        })
    }

    fn type_of_subscript(self, each: &'d ast::ExprSubscript) -> Typed {
        let value = self.at(&*each.value).infer();
        let index_type;
        let index = match &*each.slice {
            Expr::Slice(_) => Index::Slice,
            other => match self.at(other).constant_int() {
                Some(at) => Index::At(at),
                None => {
                    index_type = self.at(other).infer().ty;
                    Index::Value(&index_type)
                }
            },
        };
        value.map(|ty| ty.subscripted(index))
    }

    fn type_of_attribute(self, each: &'d ast::ExprAttribute) -> Typed {
        let name = each.attr.as_str();
        let value = self.at(&*each.value).infer();
        match &value.ty {
            Type::Instance(class) | Type::Class(class) => {
                return self
                    .document
                    .type_of_member(self.document.at(class.id), name);
            }
            Type::Module(_) | Type::Unknown => {
                if let Some(qualified) = self.qualified_name() {
                    return Typed::proven(library(&qualified));
                }
            }
            _ => {}
        }
        match tables::attribute(&value.ty, name) {
            Some(ty) => Typed { ty, ..value },
            None if value.ty.is_unknown() => Typed::unknown(),
            None => value.map(|ty| Type::Method((ty.clone(), name.into()).into())),
        }
    }

    fn type_of_call(self, call: &'d ast::ExprCall) -> Typed {
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
            return self.type_of_library_call(&name, &arguments());
        }
        let function = self.at(&*call.func).infer();
        match &function.ty {
            Type::Class(class) => Typed {
                ty: Type::Instance(class.clone()),
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
            _ => Typed::unknown(),
        }
    }

    fn type_of_method(self, receiver: Typed, name: &str, arguments: &[Type]) -> Typed {
        if receiver.ty == Type::Never {
            return receiver;
        }
        if let Type::Instance(class) | Type::Class(class) = &receiver.ty {
            let member = self
                .document
                .type_of_member(self.document.at(class.id), name);
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
                _ => Typed::unknown(),
            };
        }
        let ty = tables::result_of(&receiver.ty, name, arguments);
        Typed {
            confidence: receiver.confidence,
            ..Typed::proven(ty)
        }
    }

    fn type_of_library_call(self, name: &str, arguments: &[Type]) -> Typed {
        let ty = match name {
            "open" | "io.open" => {
                let mode = self.argument(1, "mode");
                match mode {
                    None => tables::opened(Some("r")),
                    Some(mode) => tables::opened(mode.constant_str()),
                }
            }
            "super" | "type" | "getattr" => Type::Unknown,
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
    fn begins_as(self, name: &str, arguments: &[Type]) -> Option<Type> {
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

    // Names

    fn type_of_name(self) -> Typed {
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
    fn type_of_target(self, owner: Node<'d>) -> Typed {
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
    fn type_given(self) -> Typed {
        let part = |part: &Expr| self.at(part).infer();
        match self.ast() {
            AnyNodeRef::StmtAssign(each) => part(&each.value).shown_by(self.span()),
            AnyNodeRef::StmtAnnAssign(each) => match &each.value {
                Some(value) => part(value).shown_by(self.span()),
                None => Typed::unknown(),
            },
            AnyNodeRef::StmtFor(each) => part(&each.iter).map(Type::iterated),
            AnyNodeRef::Comprehension(each) => part(&each.iter).map(Type::iterated),
            AnyNodeRef::WithItem(each) => part(&each.context_expr)
                .map(tables::entered)
                .shown_by(self.span()),
            AnyNodeRef::ExprNamed(each) => part(&each.value).shown_by(self.span()),
            _ => Typed::unknown(),
        }
    }

    /// The type after `x += y`: lists grow in place, numbers and strings become new ones.
    fn type_grown(self, target: Node<'d>) -> Typed {
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

    /// Whether an attribute is one of `self` in a method of `class`.
    pub(crate) fn is_of_self(self, class: Node<'d>) -> bool {
        let AnyNodeRef::ExprAttribute(each) = self.ast() else {
            return false;
        };
        let Some(symbol) = self.at(&*each.value).symbol() else {
            return false;
        };
        symbol.bindings().any(|binding| {
            binding.kind() == BindingKind::Parameter
                && binding.target().receiver_class().is_some_and(
                    |of| matches!(of, Type::Instance(local) | Type::Class(local) if local.id == class.id),
                )
        })
    }

    /// A list, set or dictionary written out, or one repeated.
    fn is_display(self) -> bool {
        match self.ast() {
            AnyNodeRef::ExprList(_) | AnyNodeRef::ExprSet(_) | AnyNodeRef::ExprDict(_) => true,
            AnyNodeRef::ExprBinOp(each) => {
                each.op == ast::Operator::Mult && each.left.is_list_expr()
            }
            _ => false,
        }
    }

    fn parameter_type(self) -> Typed {
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
        match self.default_value() {
            Some(default) if default.kind() != Kind::Name => {
                // `None` says nothing about what callers pass.
                let typed = default.infer().map(|ty| {
                    if *ty == Type::None {
                        Type::Unknown
                    } else {
                        ty.clone()
                    }
                });
                typed.at_most(Confidence::Likely).shown_by(self.span())
            }
            _ => Typed::unknown(),
        }
    }

    /// What a lambda that is applied to each item of a collection gets as its only parameter.
    fn mapped_item(self) -> Option<Typed> {
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

    /// The type of `self` or `cls`: the first parameter of a function in a class body.
    fn receiver_class(self) -> Option<Type> {
        let function = self.parent()?;
        let AnyNodeRef::StmtFunctionDef(each) = function.ast() else {
            return None;
        };
        let class = function.parent_class()?;
        let first = each.parameters.iter_source_order().next()?;
        if self.at(first.as_parameter()) != self {
            return None;
        }
        let AnyNodeRef::StmtClassDef(class_ast) = class.ast() else {
            return None;
        };
        let local = Local {
            id: class.id(),
            name: class_ast.name.as_str().into(),
        };
        let decorated = |name: &str| {
            each.decorator_list.iter().any(|decorator| {
                matches!(&decorator.expression, Expr::Name(found) if found.id.as_str() == name)
            })
        };
        if decorated("staticmethod") {
            return None;
        }
        let is_class = decorated("classmethod")
            || matches!(
                each.name.as_str(),
                "__new__" | "__init_subclass__" | "__class_getitem__"
            );
        Some(if is_class {
            Type::Class(local)
        } else {
            Type::Instance(local)
        })
    }

    /// The class in whose body a definition stands.
    pub fn parent_class(self) -> Option<Node<'d>> {
        let scope = self.document.index.scopes.get(self.data().scope as usize)?;
        (scope.kind == ScopeKind::Class).then(|| self.document.at(scope.node))
    }
}

impl<'d> Symbol<'d> {
    /// The type over all its bindings.
    pub fn typed(self) -> Typed {
        let memo = &self.document.memo;
        if memo.depth.get() == 0 {
            memo.fuel.set(FUEL);
            memo.tainted.set(false);
        }
        settle(self.infer())
    }

    fn infer(self) -> Typed {
        let memo = &self.document.memo;
        match memo.symbols.borrow().get(&self.id) {
            Some(Progress::Done(known)) => return known.clone(),
            Some(Progress::Open) => {
                memo.tainted.set(true);
                return Typed::proven(Type::Never);
            }
            None => {}
        }
        memo.symbols.borrow_mut().insert(self.id, Progress::Open);
        let depth = memo.depth.replace(memo.depth.get() + 1);
        let found = self.find_type();
        memo.depth.set(depth);
        let mut symbols = memo.symbols.borrow_mut();
        if memo.tainted.get() && depth > 0 {
            symbols.remove(&self.id);
        } else {
            symbols.insert(self.id, Progress::Done(found.clone()));
        }
        found
    }

    fn find_type(self) -> Typed {
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
    fn annotated(self) -> Option<Typed> {
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
    fn type_given(self) -> Option<Typed> {
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

    fn type_of_function(self) -> Typed {
        let owner = self.owner();
        let name = self.symbol().name().into();
        Typed::proven(Type::Function(Local {
            id: owner.id(),
            name,
        }))
    }
}

impl<'d> Document<'d> {
    /// The type of a member of a class of the module, by the class body and what methods assign to `self`.
    fn type_of_member(&'d self, class: Node<'d>, name: &str) -> Typed {
        if self.memo.depth.get() > DEPTH_MAX {
            return Typed::unknown();
        }
        let scope = class.data().extra;
        let mut all: Option<Typed> = None;
        if let Some(symbol) = self.own_symbol(scope, name) {
            let in_body = symbol.infer();
            if let Type::Function(local) = &in_body.ty
                && self.at(local.id).is_property()
            {
                return self.type_of_return(self.at(local.id));
            }
            if symbol.annotated().is_some() {
                return in_body;
            }
            // A class attribute that is `None` is a placeholder for what the methods assign.
            if in_body.ty != Type::None {
                all = Some(in_body);
            }
        }
        for store in self.attribute_stores(class, name) {
            let owner = store.statement();
            let each = match owner.ast() {
                AnyNodeRef::StmtAnnAssign(each) => {
                    let ty = owner.at(&*each.annotation).annotation();
                    if !ty.is_unknown() {
                        return Typed::proven(ty).shown_by(owner.span());
                    }
                    owner.type_given()
                }
                AnyNodeRef::StmtAugAssign(_) => continue,
                AnyNodeRef::StmtAssign(_) => store.type_of_target(owner),
                AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWith(_) => Typed::unknown(),
                _ => continue,
            };
            all = Some(match all {
                None => each,
                Some(all) => all.join(each),
            });
        }
        if let Some(found) = &mut all
            && begins_empty(&found.ty)
        {
            found.ty = filled(
                &found.ty,
                self.attributes_of(name)
                    .filter(|each| each.is_of_self(class)),
            );
        }
        match all {
            Some(all) if all.ty != Type::Never => all.map(|ty| {
                // `None` until it is set: reading it as such would raise.
                if ty.members().len() > 1 {
                    ty.without_none()
                } else {
                    ty.clone()
                }
            }),
            _ => Typed::unknown(),
        }
    }

    /// The symbol that a scope itself owns.
    pub(crate) fn own_symbol(&'d self, scope: u32, name: &str) -> Option<Symbol<'d>> {
        let name = *self.index.names.get(name)?;
        let (first, end) = self.index.scopes.get(scope as usize)?.symbols;
        let symbols = &self.index.symbols[first as usize..end as usize];
        let found = symbols
            .binary_search_by_key(&name, |symbol| symbol.name_id)
            .ok()?;
        Some(Symbol {
            id: first + found as u32,
            document: self,
        })
    }

    /// All stores to an attribute of this name, of whatever object.
    pub(crate) fn stores_of(&'d self, name: &str) -> impl Iterator<Item = Node<'d>> {
        self.attributes_of(name).filter(|node| match node.ast() {
            AnyNodeRef::ExprAttribute(each) => !each.ctx.is_load(),
            _ => false,
        })
    }

    /// All reads of and stores to an attribute of this name, of whatever object.
    pub(crate) fn attributes_of(&'d self, name: &str) -> impl Iterator<Item = Node<'d>> {
        let attributes = self.memo.attributes.get_or_init(|| {
            let mut attributes: FxHashMap<&'d str, Vec<u32>> = FxHashMap::default();
            for node in self.nodes() {
                if let AnyNodeRef::ExprAttribute(each) = node.ast() {
                    attributes
                        .entry(each.attr.as_str())
                        .or_default()
                        .push(node.id);
                }
            }
            attributes
        });
        attributes
            .get(name)
            .into_iter()
            .flatten()
            .map(|id| self.at(*id))
    }

    /// All `self.name = ..` in the methods of `class`.
    pub(crate) fn attribute_stores(&'d self, class: Node<'d>, name: &str) -> Vec<Node<'d>> {
        self.stores_of(name)
            .filter(|store| store.is_of_self(class))
            .collect()
    }

    /// Whether a type is being found. Types never rest on summaries, which rest on types.
    pub(crate) fn is_typing(&self) -> bool {
        self.memo.depth.get() > 0
    }

    /// The type of a member of a class of the module.
    pub(crate) fn member_type(&'d self, class: Node<'d>, name: &str) -> Type {
        let memo = &self.memo;
        if memo.depth.get() == 0 {
            memo.fuel.set(FUEL);
            memo.tainted.set(false);
        }
        settle(self.type_of_member(class, name)).ty
    }

    /// What calling a function of the module gives.
    pub(crate) fn return_type(&'d self, function: Node<'d>) -> Type {
        let memo = &self.memo;
        if memo.depth.get() == 0 {
            memo.fuel.set(FUEL);
            memo.tainted.set(false);
        }
        settle(self.type_of_return(function)).ty
    }

    /// What calling a function of the module gives.
    fn type_of_return(&'d self, function: Node<'d>) -> Typed {
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
            let item = Type::Unknown.into();
            return Typed::proven(if each.is_async {
                Type::AsyncIterator(item)
            } else {
                Type::Iterator(item)
            });
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
        let all = all.unwrap_or_else(|| Typed::proven(Type::None));
        if each.is_async {
            all.map(|ty| Type::Awaitable(ty.clone().into()))
        } else {
            all
        }
    }
}

impl Node<'_> {
    /// Whether a function is a property: read like an attribute.
    pub fn is_property(self) -> bool {
        let AnyNodeRef::StmtFunctionDef(each) = self.ast() else {
            return false;
        };
        each.decorator_list
            .iter()
            .any(|decorator| match &decorator.expression {
                Expr::Name(name) => matches!(
                    name.id.as_str(),
                    "property" | "cached_property" | "lazyproperty"
                ),
                Expr::Attribute(attribute) => matches!(
                    attribute.attr.as_str(),
                    "cached_property" | "setter" | "getter"
                ),
                _ => false,
            })
    }
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
