//! Types of expressions by what they are made of.
//!
//! Knows displays, operators, subscripts and attributes. Calls are in `calls`, names in `names`.

use looplint_model::Confidence;
use ruff_python_ast::{self as ast, AnyNodeRef, Expr, UnaryOp};

use super::{ELEMENTS_MAX, Typed, is_constant, library, operator};
use crate::node::Node;
use crate::tables;
use crate::types::{Index, Type};

impl<'d> Node<'d> {
    pub(super) fn find_type(self) -> Typed {
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
    pub(super) fn elements(self, elements: &'d [Expr]) -> Type {
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

    pub(super) fn type_of_tuple(self, elements: &'d [Expr]) -> Typed {
        if elements.iter().any(Expr::is_starred_expr) || elements.len() > ELEMENTS_MAX {
            return Typed::proven(Type::tuple_of(self.elements(elements)));
        }
        let items: Vec<Type> = elements
            .iter()
            .map(|element| self.at(element).infer().ty)
            .collect();
        Typed::proven(Type::tuple(items))
    }

    pub(super) fn type_of_dict(self, each: &'d ast::ExprDict) -> Typed {
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
    pub(super) fn type_of_bool_op(self, each: &'d ast::ExprBoolOp) -> Typed {
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

    /// Comparing arrays and columns compares item by item; what is not known may be an array.
    pub(super) fn type_of_compare(self, each: &'d ast::ExprCompare) -> Typed {
        use ast::CmpOp::{In, Is, IsNot, NotIn};
        if each
            .ops
            .iter()
            .all(|op| matches!(op, In | NotIn | Is | IsNot))
        {
            return Typed::proven(Type::Bool);
        }
        let left = self.at(&*each.left).infer().ty;
        match left {
            Type::Array | Type::Series | Type::Frame => Typed::proven(left),
            Type::Unknown | Type::Library(_) => Typed::unknown(),
            _ => Typed::proven(Type::Bool),
        }
    }

    pub(super) fn type_of_subscript(self, each: &'d ast::ExprSubscript) -> Typed {
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
        let may_be_slice = matches!(index, Index::Value(Type::Unknown))
            && matches!(
                value.ty,
                Type::List(_) | Type::TupleOf(_) | Type::Sequence(_)
            );
        let given = value.map(|ty| ty.subscripted(index));
        if may_be_slice {
            return given.at_most(Confidence::Likely);
        }
        given
    }

    pub(super) fn type_of_attribute(self, each: &'d ast::ExprAttribute) -> Typed {
        let name = each.attr.as_str();
        let value = self.at(&*each.value).infer();
        match &value.ty {
            Type::Instance(_) | Type::Class(_) => {
                return self.document.type_of_member(&value.ty, name);
            }
            Type::Union(members)
                if members.iter().any(|each| matches!(each, Type::Instance(_))) =>
            {
                let each = |member: &Type| match member {
                    Type::Instance(_) => self.document.type_of_member(member, name).ty,
                    other => tables::attribute(other, name).unwrap_or_default(),
                };
                let members = members.iter().filter(|member| **member != Type::None);
                return Typed {
                    ty: Type::union(members.map(each)),
                    ..value
                };
            }
            Type::Module(_) | Type::Unknown => {
                if let Some(manager) = self.manager_of_unseen_model(name) {
                    return manager;
                }
                if let Some(qualified) = self.qualified_name() {
                    return Typed::proven(library(&qualified));
                }
            }
            _ => {}
        }
        match tables::attribute(&value.ty, name) {
            Some(ty) => Typed { ty, ..value },
            None if matches!(&value.ty, Type::Model(model) if self.document.relates(model, name).is_some()) => {
                value.map(|ty| match ty {
                    Type::Model(model) => self.document.relates(model, name).unwrap_or_default(),
                    _ => Type::Unknown,
                })
            }
            None if value.ty.is_unknown() => Typed::unknown(),
            None if matches!(value.ty, Type::Model(_)) && self.is_manager_by_form() => {
                Typed::shown(
                    Type::Manager(Type::Unknown.into()),
                    Confidence::Likely,
                    self.span(),
                )
            }
            // Classes of libraries have attributes that the tables do not list.
            None if matches!(value.ty, Type::Object(_))
                && tables::method(&value.ty, name).is_none() =>
            {
                Typed::unknown()
            }
            None => value.map(|ty| Type::Method((ty.clone(), name.into()).into())),
        }
    }

    /// `Order.objects`, where `Order` is imported from elsewhere, and `model.objects` in a Django project: a manager, by its
    /// name.
    fn manager_of_unseen_model(self, name: &str) -> Option<Typed> {
        if name == "query" {
            return self.query_of_unseen_model();
        }
        if name != "objects" {
            return None;
        }
        let qualified = self.qualified_name().unwrap_or_default();
        let model = qualified.rsplit('.').nth(1).unwrap_or_default();
        let is_imported = qualified.matches('.').count() >= 2;
        let row = if is_imported && model.starts_with(char::is_uppercase) {
            Type::Model(model.into())
        } else if self.document.is_of_django() {
            // `model.objects`, `self.model.objects`: of whatever model.
            Type::Unknown
        } else {
            return None;
        };
        Some(Typed::proven(Type::Manager(row.into())).at_most(Confidence::Likely))
    }
}
