//! What the functions of a module do: found function by function, callees first, kept.
//!
//! Knows calls between functions of the module, through three steps at most. Does not know dynamic dispatch: a method
//! is taken to be the one that the class of the module defines.

use std::rc::Rc;

use ruff_python_ast::{AnyNodeRef, CmpOp, Expr};

use crate::document::Document;
use crate::effects::Role;
use crate::index::span;
use crate::kind::Kind;
use crate::memo::Asked;
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind};
use crate::summary::{ClassSummary, Deed, FunctionSummary, Purity, Subject, Summary, What};
use crate::tables::{self, Effect, Sink, Slot, Work};
use crate::types::{InCost, Type};

/// Calls that a deed is followed through.
pub const HOPS_MAX: usize = 3;

/// Functions inside one another that are looked at for one question.
const CALLS_MAX: u32 = 60;

/// Names for one thing that are followed.
const ALIASES_MAX: u32 = 8;

/// Deeds kept per function.
const DEEDS_MAX: usize = 12;

impl<'d> Node<'d> {
    /// The function of the module that this call runs: by name, as a method, or as the `__init__` of a class.
    pub fn callee(self) -> Option<Node<'d>> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return None;
        };
        let document = self.document;
        match self.at(&*call.func).ty() {
            Type::Function(local) => Some(document.at(local.id)),
            Type::Class(local) => match document.member_type(document.at(local.id), "__init__") {
                Type::Function(local) => Some(document.at(local.id)),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a function does; of a call, what its callee does. None for what the module does not define.
    pub fn summary(self) -> Option<Rc<FunctionSummary>> {
        match self.kind() {
            Kind::Function => Some(self.document.function_summary(self)),
            Kind::Call => self
                .callee()
                .map(|callee| self.document.function_summary(callee)),
            _ => None,
        }
    }

    /// The argument that a call passes as the parameter number `at` of the function that it runs, `self` included.
    pub fn passed(self, at: u32) -> Option<Node<'d>> {
        let callee = self.callee()?;
        let AnyNodeRef::StmtFunctionDef(function) = callee.ast() else {
            return None;
        };
        let parameter = function.parameters.iter_source_order().nth(at as usize)?;
        let skipped = usize::from(self.passes_receiver(callee));
        if skipped == 1 && at == 0 {
            return self.method().map(|(receiver, _)| receiver);
        }
        self.argument(at as usize - skipped, parameter.name().as_str())
    }

    /// Whether the callee's first parameter is filled by what stands before the dot, or by the new instance.
    pub(crate) fn passes_receiver(self, callee: Node<'d>) -> bool {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return false;
        };
        let AnyNodeRef::StmtFunctionDef(function) = callee.ast() else {
            return false;
        };
        if callee.parent_class().is_none() || is_static(callee) {
            return false;
        }
        match &*call.func {
            // `Class.method(x, ..)` passes `x` as `self`; `Class(..)` passes the new instance.
            Expr::Attribute(attribute) => {
                let is_class_method = function
                    .decorator_list
                    .iter()
                    .any(|each| matches!(&each.expression, Expr::Name(name) if name.id.as_str() == "classmethod"));
                is_class_method || !matches!(self.at(&*attribute.value).ty(), Type::Class(_))
            }
            _ => true,
        }
    }

    /// What this call does through the function of the module that it runs, with the object of the caller that it is
    /// done with, where that is an argument or an attribute of the receiver.
    pub fn deeds(self) -> Vec<(Deed, Option<Node<'d>>)> {
        let Some(summary) = self.summary() else {
            return Vec::new();
        };
        let subject = |deed: &Deed| match deed.subject {
            Subject::Parameter(at) => self.passed(at),
            _ => None,
        };
        summary
            .deeds
            .iter()
            .map(|deed| (deed.clone(), subject(deed)))
            .collect()
    }

    /// Where an expression's object comes from, seen from outside of its function.
    pub fn subject(self) -> Subject {
        self.subject_within(0)
    }

    fn subject_within(self, depth: u32) -> Subject {
        if depth > ALIASES_MAX {
            return Subject::Other;
        }
        match self.ast() {
            AnyNodeRef::ExprName(name) => {
                let Some(symbol) = self.symbol() else {
                    return Subject::Other;
                };
                let reaching = self.reaching();
                if let [binding] = reaching.as_slice() {
                    if binding.kind() == BindingKind::Parameter
                        && symbol.scope_kind() == ScopeKind::Function
                    {
                        return position(binding.target())
                            .map_or(Subject::Other, Subject::Parameter);
                    }
                    // Another name for the same thing.
                    if binding.kind() == BindingKind::Assigned
                        && symbol.scope_kind() == ScopeKind::Function
                        && let Some(value) = binding.owner().assigned_value()
                        && matches!(value.kind(), Kind::Name | Kind::Attribute)
                        && binding.target().parent() == Some(binding.owner())
                    {
                        return value.subject_within(depth + 1);
                    }
                }
                match symbol.scope_kind() {
                    ScopeKind::Module if !symbol.is_unbound() => {
                        Subject::Global(name.id.to_string())
                    }
                    _ => Subject::Other,
                }
            }
            AnyNodeRef::ExprAttribute(attribute) => {
                let value = self.at(&*attribute.value);
                let is_self = value.subject_within(depth + 1) == Subject::Parameter(0)
                    && self.function().is_some_and(|function| {
                        function.parent_class().is_some() && !is_static(function)
                    });
                if is_self {
                    return Subject::Attribute(attribute.attr.to_string());
                }
                // A part belongs to what it is a part of.
                match value.subject_within(depth + 1) {
                    whole @ (Subject::Attribute(_) | Subject::Parameter(_))
                        if value.kind() != Kind::Call =>
                    {
                        whole
                    }
                    _ => Subject::Other,
                }
            }
            AnyNodeRef::ExprCall(_) => match self.method() {
                Some((receiver, "items" | "keys" | "values")) => receiver.subject_within(depth + 1),
                // `range(n)` counts up to a number: nothing is gone through.
                _ if self.builtin() == Some("range") => match self.argument(0, "") {
                    Some(stop) if stop.builtin() == Some("len") => stop.subject_within(depth + 1),
                    _ => Subject::Other,
                },
                _ if matches!(
                    self.builtin(),
                    Some("enumerate" | "reversed" | "iter" | "len" | "zip")
                ) =>
                {
                    self.argument(0, "")
                        .map_or(Subject::Other, |first| first.subject_within(depth + 1))
                }
                _ => Subject::Other,
            },
            AnyNodeRef::ExprBoolOp(each) => match each.values.first() {
                Some(first) => self.at(first).subject_within(depth + 1),
                None => Subject::Other,
            },
            _ => Subject::Other,
        }
    }
}

/// Whether a method gets no instance.
fn is_static(function: Node<'_>) -> bool {
    let AnyNodeRef::StmtFunctionDef(each) = function.ast() else {
        return false;
    };
    each.decorator_list.iter().any(
        |each| matches!(&each.expression, Expr::Name(name) if name.id.as_str() == "staticmethod"),
    )
}

/// The position of a parameter among its function's.
fn position(parameter: Node<'_>) -> Option<u32> {
    let function = parameter.parent()?;
    let mut parameters = function
        .children()
        .filter(|child| child.kind() == Kind::Parameter);
    parameters
        .position(|each| each == parameter)
        .map(|at| at as u32)
}

impl<'d> Document<'d> {
    /// What `function` does.
    pub(crate) fn function_summary(&'d self, function: Node<'d>) -> Rc<FunctionSummary> {
        match self.memo.summaries.borrow().get(function.id) {
            Some(Asked::Found(known)) => return known.clone(),
            Some(Asked::Open(_)) => {
                self.memo.recursive.borrow_mut().insert(function.id);
                return Rc::new(FunctionSummary {
                    recursive: true,
                    ..FunctionSummary::default()
                });
            }
            None => {}
        }
        let depth = self.memo.calls.get();
        if depth >= CALLS_MAX {
            return Rc::new(FunctionSummary::default());
        }
        let n = self.index.nodes.len();
        let summaries = &self.memo.summaries;
        summaries.borrow_mut().open(function.id, depth, n);
        self.memo.calls.set(depth + 1);
        let mut found = Finder::new(function).run();
        self.memo.calls.set(depth);
        found.recursive |= self.memo.recursive.borrow_mut().remove(&function.id);
        let found = Rc::new(found);
        summaries.borrow_mut().keep(function.id, found.clone(), n);
        found
    }

    /// What the module offers and uses.
    pub fn summary(&'d self) -> Summary {
        let functions = self
            .of_kind(Kind::Function)
            .map(|function| (*self.function_summary(function)).clone());
        let classes = self.of_kind(Kind::Class).map(class_summary);
        let mut imports = Vec::new();
        for alias in self.of_kind(Kind::Alias) {
            let AnyNodeRef::Alias(each) = alias.ast() else {
                continue;
            };
            let bound = each.asname.as_ref().unwrap_or(&each.name).as_str();
            if let Some(symbol) = self.look_up(alias.data().scope, bound)
                && let Some(name) = self.qualified_of(symbol, bound)
            {
                imports.push((bound.to_owned(), name));
            }
        }
        Summary {
            functions: functions.collect(),
            classes: classes.collect(),
            imports,
        }
    }
}

fn class_summary(class: Node<'_>) -> ClassSummary {
    let AnyNodeRef::StmtClassDef(each) = class.ast() else {
        return ClassSummary::default();
    };
    let bases = each
        .arguments
        .iter()
        .flat_map(|arguments| &arguments.args)
        .map(|base| {
            let base = class.at(base);
            base.qualified_name()
                .unwrap_or_else(|| base.source().to_owned())
        });
    let mut attributes: Vec<(String, String)> = Vec::new();
    let (first, end) = class.document.index.scopes[class.data().extra as usize].symbols;
    for symbol in &class.document.index.symbols[first as usize..end as usize] {
        attributes.push((symbol.name.to_owned(), String::new()));
    }
    for store in class.subtree().filter(|node| node.is_of_self(class)) {
        if let AnyNodeRef::ExprAttribute(attribute) = store.ast()
            && !attributes
                .iter()
                .any(|(name, _)| name == attribute.attr.as_str())
        {
            attributes.push((attribute.attr.to_string(), String::new()));
        }
    }
    for (name, ty) in &mut attributes {
        *ty = class.document.member_type(class, name).to_string();
    }
    ClassSummary {
        name: dotted(class),
        bases: bases.collect(),
        attributes,
    }
}

/// The name of a definition with those of the classes around it.
pub(crate) fn dotted(definition: Node<'_>) -> String {
    let own = match definition.ast() {
        AnyNodeRef::StmtFunctionDef(each) => each.name.as_str(),
        AnyNodeRef::StmtClassDef(each) => each.name.as_str(),
        _ => "",
    };
    match definition.parent_class() {
        Some(class) => format!("{}.{own}", dotted(class)),
        None => own.to_owned(),
    }
}

/// Goes through the body of one function.
struct Finder<'d> {
    function: Node<'d>,
    found: FunctionSummary,
}

impl<'d> Finder<'d> {
    fn new(function: Node<'d>) -> Finder<'d> {
        let scope = &function.document.index.scopes[function.data().extra as usize];
        let header = function.header_span();
        let parameters = function.children().filter_map(|child| match child.ast() {
            AnyNodeRef::Parameter(each) => Some(each.name.to_string()),
            _ => None,
        });
        let found = FunctionSummary {
            name: dotted(function),
            header: (header.start, header.end),
            parameters: parameters.collect(),
            generator: scope.is_generator,
            purity: Purity::Pure,
            ..FunctionSummary::default()
        };
        Finder { function, found }
    }

    fn run(mut self) -> FunctionSummary {
        let AnyNodeRef::StmtFunctionDef(each) = self.function.ast() else {
            return self.found;
        };
        self.found.asynchronous = each.is_async;
        if each.is_async {
            self.worse(Purity::Effects);
        }
        self.found.returns = self
            .function
            .document
            .return_type(self.function)
            .to_string();
        for node in self.function.subtree() {
            // What a nested function or lambda does is done when that is called.
            if node.frame() == self.function {
                self.look_at(node);
            }
        }
        self.found.deeds.truncate(DEEDS_MAX);
        self.found
    }

    fn worse(&mut self, purity: Purity) {
        self.found.purity = self.found.purity.max(purity);
    }

    fn look_at(&mut self, node: Node<'d>) {
        match node.ast() {
            AnyNodeRef::ExprCall(_) => self.call(node),
            AnyNodeRef::ExprCompare(compare) => {
                for (op, right) in compare.ops.iter().zip(&compare.comparators) {
                    let right = node.at(right);
                    if matches!(op, CmpOp::In | CmpOp::NotIn) && is_scanned(right) {
                        self.deed(What::Scan, right, node);
                    }
                }
            }
            AnyNodeRef::StmtFor(each) => self.iterates(node.at(&*each.iter), node),
            AnyNodeRef::Comprehension(each) => self.iterates(node.at(&each.iter), node),
            AnyNodeRef::ExprName(_) => self.name(node),
            AnyNodeRef::ExprAttribute(_) => self.attribute(node),
            AnyNodeRef::ExprAwait(_) => self.worse(Purity::Effects),
            AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) | AnyNodeRef::StmtDelete(_) => {
                self.worse(Purity::Effects);
            }
            _ => {}
        }
    }

    fn iterates(&mut self, object: Node<'d>, place: Node<'d>) {
        self.deed(What::Iterate, object, place);
    }

    /// A use of a name: parameters may be changed or kept, names of the module may be read.
    fn name(&mut self, node: Node<'d>) {
        let Some(symbol) = node.symbol() else { return };
        if symbol.is_unbound() {
            return;
        }
        let subject = node.subject();
        let role = node.role().role;
        match subject {
            Subject::Parameter(at) => match role {
                Role::Mutates | Role::Stores | Role::Escapes => {
                    let is_receiver = at == 0 && self.function.parent_class().is_some();
                    // What is done to `self` is told by its attributes.
                    if !is_receiver || role == Role::Escapes {
                        push(&mut self.found.mutates, at);
                    }
                    self.worse(Purity::Effects);
                }
                Role::Aliases | Role::Returns => push(&mut self.found.keeps, at),
                _ => {}
            },
            Subject::Global(_) => {
                if matches!(role, Role::Mutates | Role::Stores | Role::Escapes) {
                    self.worse(Purity::Effects);
                } else if !is_constant(node) {
                    self.found.reads_globals = true;
                    self.worse(Purity::Reads);
                }
            }
            _ if symbol.owner() != self.function && symbol.scope_kind() == ScopeKind::Function => {
                self.found.reads_globals = true;
                self.worse(Purity::Reads);
            }
            _ => {}
        }
    }

    fn attribute(&mut self, node: Node<'d>) {
        let AnyNodeRef::ExprAttribute(each) = node.ast() else {
            return;
        };
        let is_method = node.parent().is_some_and(|call| {
            call.method()
                .is_some_and(|(receiver, _)| receiver == node.at(&*each.value))
        });
        let value = node.at(&*each.value);
        let Subject::Attribute(name) = node.subject() else {
            if !each.ctx.is_load()
                && value.root().subject() == Subject::Other
                && !is_local(value.root(), self.function)
            {
                self.worse(Purity::Effects);
            }
            return;
        };
        let changed = !each.ctx.is_load()
            || matches!(
                node.role().role,
                Role::Mutates | Role::Stores | Role::Escapes
            );
        if changed && !is_method {
            push(&mut self.found.writes, name);
            self.worse(Purity::Effects);
        } else if !is_method {
            push(&mut self.found.reads, name);
            self.worse(Purity::Reads);
        }
    }

    fn call(&mut self, node: Node<'d>) {
        if node.is_rare() {
            return;
        }
        if let Some(fact) = node.fact() {
            return self.known_call(node, fact);
        }
        let Some(callee) = node.callee() else {
            let may_act = match node.method() {
                Some((_, name)) => tables::guess(name) != tables::Guess::Reads,
                None => true,
            };
            // A guess about a method is no proof of purity.
            let _ = may_act;
            return self.worse(Purity::Effects);
        };
        // A recursion does what the rest of the function does.
        if callee == self.function {
            self.found.recursive = true;
            return;
        }
        let summary = self.function.document.function_summary(callee);
        let own = node
            .method()
            .is_some_and(|(receiver, _)| receiver.subject() == Subject::Parameter(0));
        for attribute in if own { summary.writes.as_slice() } else { &[] } {
            push(&mut self.found.writes, attribute.clone());
        }
        for attribute in if own { summary.reads.as_slice() } else { &[] } {
            push(&mut self.found.reads, attribute.clone());
        }
        self.found.reads_globals |= summary.reads_globals;
        // Changing an object that this function made is nobody else's business.
        let only_own_objects = summary.purity == Purity::Effects
            && summary.name.ends_with("__init__")
            && summary.mutates.is_empty();
        self.worse(if only_own_objects {
            Purity::Reads
        } else {
            summary.purity
        });
        for deed in &summary.deeds {
            self.inherit(node, deed);
        }
    }

    /// A callee's deed, told in this function's terms.
    fn inherit(&mut self, call: Node<'d>, deed: &Deed) {
        if deed.chain.len() > HOPS_MAX {
            return;
        }
        let subject = match &deed.subject {
            Subject::Parameter(at) => call.passed(*at).map_or(Subject::Other, Node::subject),
            Subject::Attribute(name) => match call.method() {
                Some((receiver, _)) if receiver.subject() == Subject::Parameter(0) => {
                    Subject::Attribute(name.clone())
                }
                _ => Subject::Other,
            },
            other => other.clone(),
        };
        if deed.what.is_linear() && subject == Subject::Other {
            return;
        }
        let here = call.span();
        let mut chain = vec![(here.start, here.end)];
        chain.extend(&deed.chain);
        let repeated = deed.repeated || is_repeated(call);
        self.add(Deed {
            what: deed.what,
            subject,
            chain,
            repeated,
        });
    }

    fn known_call(&mut self, node: Node<'d>, fact: &tables::Fact) {
        match fact.effect {
            Effect::Pure | Effect::Fresh => {}
            Effect::Reads => {
                self.found.reads_globals = true;
                self.worse(Purity::Reads);
            }
            // What it changes is seen at the uses of the receiver and the arguments.
            Effect::Mutates => {}
            Effect::Outside if node.only_reads_files() => {
                self.found.reads_globals = true;
                self.worse(Purity::Reads);
            }
            Effect::Outside | Effect::Unknown => self.worse(Purity::Effects),
        }
        if let Some(what) = fact.sink.and_then(sink_deed) {
            let place = node.span();
            let file = (what == What::File).then(|| node.file()).flatten();
            self.add(Deed {
                what,
                subject: file.map_or(Subject::Other, Node::subject),
                chain: vec![(place.start, place.end)],
                repeated: is_repeated(node),
            });
        }
        let slot = match fact.work {
            Work::Linear(slot) | Work::NLogN(slot) => slot,
            Work::UpTo(slot) => slot,
            Work::LinearAll => Slot::Argument(0),
            _ => return,
        };
        let object = match slot {
            Slot::Receiver => node.method().map(|(receiver, _)| receiver),
            Slot::Argument(at) => node.argument(usize::from(at), ""),
            Slot::Key => None,
        };
        let Some(object) = object else { return };
        let ty = object.ty();
        // Searching a text costs by the text's length, which is another matter.
        if matches!(ty, Type::Str | Type::Bytes) {
            return;
        }
        let searches = matches!(fact.name, "index" | "count" | "remove" | "__contains__");
        if node.searches_on() {
            return;
        }
        self.deed(
            if searches { What::Scan } else { What::Compute },
            object,
            node,
        );
    }

    fn deed(&mut self, what: What, object: Node<'d>, place: Node<'d>) {
        if object.extent().is_small() || place.is_rare() {
            return;
        }
        let subject = object.subject();
        if subject == Subject::Other {
            return;
        }
        let span = match place.ast() {
            AnyNodeRef::StmtFor(each) => {
                let whole = place.span();
                looplint_model::Span::new(whole.start, span(&*each.iter).end)
            }
            _ => place.span(),
        };
        let repeated = is_repeated(place);
        self.add(Deed {
            what,
            subject,
            chain: vec![(span.start, span.end)],
            repeated,
        });
    }

    fn add(&mut self, deed: Deed) {
        let known = self
            .found
            .deeds
            .iter()
            .any(|known| known.what == deed.what && known.subject == deed.subject);
        if !known || deed.repeated {
            self.found.deeds.push(deed);
        }
    }
}

fn push<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// Whether `x in this` compares one item after another.
pub(crate) fn is_scanned(object: Node<'_>) -> bool {
    matches!(
        object.ty().without_none().scan_cost_of_in(),
        InCost::Scan | InCost::MostlyScan
    )
}

/// Whether a loop of the function, not a small one, repeats the place.
fn is_repeated(place: Node<'_>) -> bool {
    place.loops().iter().any(|each| !each.is_bounded())
}

/// Whether a name is bound in the function: what is done to its object may still be the function's own business.
fn is_local<'d>(name: Node<'d>, function: Node<'d>) -> bool {
    name.symbol()
        .is_some_and(|symbol| symbol.owner() == function)
        && name.reaching().iter().all(|binding| {
            binding.kind() == BindingKind::Assigned
                && binding.owner().assigned_value().is_some_and(|value| {
                    matches!(
                        value.kind(),
                        Kind::Call | Kind::List | Kind::Dict | Kind::Set | Kind::Comprehension
                    )
                })
        })
}

/// A name of the module that always means the same: a function, class or import, or something assigned once that
/// cannot change.
fn is_constant(name: Node<'_>) -> bool {
    let Some(binding) = name.symbol().and_then(|symbol| symbol.single_binding()) else {
        return false;
    };
    match binding.kind() {
        BindingKind::Function | BindingKind::Class | BindingKind::Imported => true,
        BindingKind::Assigned => {
            name.ty().is_mutable().is_no() || !binding.symbol().is_mutated_or_escapes()
        }
        _ => false,
    }
}

fn sink_deed(sink: Sink) -> Option<What> {
    Some(match sink {
        Sink::Query => What::Query,
        Sink::RowWrite | Sink::BulkWrite => What::Write,
        Sink::Commit => What::Commit,
        Sink::Request | Sink::Connect => What::Request,
        Sink::Open | Sink::FileRead | Sink::FileSystem => What::File,
        Sink::Process => What::Process,
        Sink::Sleep => What::Sleep,
        // The rows of a query that already ran.
        Sink::Fetch => return None,
        Sink::FileWrite | Sink::Print => return None,
    })
}
