//! What the functions of a module do: found function by function, callees first, kept.
//!
//! Knows calls between functions of the module, through three steps at most. Does not know dynamic dispatch: a method
//! is taken to be the one that the class of the module defines.

use std::rc::Rc;

use ruff_python_ast::{AnyNodeRef, Expr};

use crate::document::Document;
use crate::finder::Finder;
use crate::kind::Kind;
use crate::memo::Asked;
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind};
use crate::summary::{ClassSummary, Deed, FunctionSummary, Subject, Summary};
use crate::types::Type;

/// Functions inside one another that are looked at for one question.
const CALLS_MAX: u32 = 60;

/// Names for one thing that are followed.
const ALIASES_MAX: u32 = 8;

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
