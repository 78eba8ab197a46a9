//! Types of attributes of the module's own classes.
//!
//! Knows class bodies, what methods assign to `self`, properties and base classes.
//! Does not know what other modules add to an object.

use looplint_model::Confidence;
use ruff_python_ast::{AnyNodeRef, Expr};
use rustc_hash::FxHashMap;

use super::{DEPTH_MAX, Typed};
use crate::document::Document;
use crate::elements::{begins_empty, filled};
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind, Symbol};
use crate::tables;
use crate::types::{Local, Type};

impl<'d> Node<'d> {
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

    /// What an object is most likely compared with: another of its class. `def __eq__(self, other)`
    pub(super) fn compared_class(self) -> Option<Type> {
        let AnyNodeRef::StmtFunctionDef(each) = self.parent()?.ast() else {
            return None;
        };
        let compares = matches!(
            each.name.as_str(),
            "__eq__" | "__ne__" | "__lt__" | "__le__" | "__gt__" | "__ge__"
        );
        let mut parameters = each.parameters.iter_source_order();
        let first = self.at(parameters.next().filter(|_| compares)?.as_parameter());
        let is_second = self.at(parameters.next()?.as_parameter()) == self;
        is_second.then(|| first.receiver_class())?
    }

    /// The type of `self` or `cls`: the first parameter of a function in a class body.
    pub(super) fn receiver_class(self) -> Option<Type> {
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

    /// Whether a class is an enum, by its bases.
    pub fn is_enum(self) -> bool {
        self.bases().any(|base| {
            let name = base.source();
            name.ends_with("Enum") || name.ends_with("Flag") || name.ends_with("Choices")
        })
    }

    /// The class in whose body a definition stands.
    pub fn parent_class(self) -> Option<Node<'d>> {
        let scope = self.document.index.scopes.get(self.data().scope as usize)?;
        (scope.kind == ScopeKind::Class).then(|| self.document.at(scope.node))
    }
}

impl<'d> Document<'d> {
    /// The type of a member of a class of the module or of an instance: by the class bodies, by what methods assign
    /// to `self`, else by the base class from a library.
    pub(super) fn type_of_member(&'d self, receiver: &Type, name: &str) -> Typed {
        let (Type::Instance(local) | Type::Class(local)) = receiver else {
            return Typed::unknown();
        };
        if self.memo.depth.get() > DEPTH_MAX {
            return Typed::unknown();
        }
        for own in self.own_classes(self.at(local.id)) {
            if let Some(found) = self.type_of_own_member(own, name) {
                // A member of an enum is an instance of it, whatever was assigned.
                let is_member = matches!(receiver, Type::Class(_)) && own.is_enum();
                if is_member && !matches!(found.ty, Type::Function(_)) {
                    return Typed::proven(Type::Instance(local.clone()));
                }
                return found;
            }
        }
        if let Some(field) = self.field_of_base(self.at(local.id), name) {
            return field;
        }
        let base = self.as_library(receiver);
        if base.is_unknown() {
            return Typed::unknown();
        }
        let ty = tables::attribute(&base, name)
            .unwrap_or_else(|| Type::Method((base, name.into()).into()));
        Typed::proven(ty).at_most(Confidence::Likely)
    }

    /// The same for one class without its bases; none where it has no such member.
    fn type_of_own_member(&'d self, class: Node<'d>, name: &str) -> Option<Typed> {
        let scope = class.data().extra;
        let mut all: Option<Typed> = None;
        let mut placeholder = false;
        if let Some(symbol) = self.own_symbol(scope, name) {
            let getter = symbol.bindings().find(|binding| {
                binding.kind() == BindingKind::Function && binding.owner().is_property()
            });
            if let Some(getter) = getter {
                let given = self.type_of_return(getter.owner());
                return Some(given.at_most(Confidence::Likely));
            }
            let in_body = symbol.infer();
            if symbol.annotated().is_some() {
                return Some(in_body);
            }
            if in_body.ty == Type::None {
                placeholder = true;
            } else {
                all = Some(in_body);
            }
        }
        for store in self.attribute_stores(class, name) {
            let owner = store.statement();
            let each = match owner.ast() {
                AnyNodeRef::StmtAnnAssign(each) => {
                    let ty = owner.at(&*each.annotation).annotation();
                    if !ty.is_unknown() {
                        return Some(Typed::proven(ty).shown_by(owner.span()));
                    }
                    owner.type_given()
                }
                AnyNodeRef::StmtAugAssign(_) => continue,
                // `None` until it is set: reading it as such would raise.
                AnyNodeRef::StmtAssign(each) if each.value.is_none_literal_expr() => {
                    placeholder = true;
                    continue;
                }
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
        if all.is_none() && placeholder {
            return Some(Typed::proven(Type::None));
        }
        let all = all?;
        if all.ty == Type::Never {
            return Some(Typed::unknown());
        }
        Some(all)
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
                Expr::Attribute(attribute) => {
                    matches!(attribute.attr.as_str(), "cached_property" | "getter")
                }
                _ => false,
            })
    }
}
