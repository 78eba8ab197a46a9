//! What classes of the module derive from.
//!
//! Knows bases in the module and, through the tables, those of libraries; Django's models among them.
//! Does not know classes of other modules of the program, but for what their names give away.

use ruff_python_ast::{AnyNodeRef, Expr};

use super::Typed;
use crate::document::Document;
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::BindingKind;
use crate::tables;
use crate::types::Type;

/// Classes above one another that are followed.
const CLASSES_MAX: usize = 12;

impl<'d> Document<'d> {
    /// The class and those of the module that it derives from, nearest first.
    pub(crate) fn own_classes(&'d self, class: Node<'d>) -> Vec<Node<'d>> {
        let mut all = vec![class];
        let mut at = 0;
        while let Some(each) = all.get(at).copied() {
            at += 1;
            for base in each.bases() {
                if let Some(own) = base.own_class()
                    && !all.contains(&own)
                    && all.len() < CLASSES_MAX
                {
                    all.push(own);
                }
            }
        }
        all
    }

    /// The type by the tables of what a class of the module derives from, for members that the module does not
    /// define.
    pub(crate) fn library_base(&'d self, class: Node<'d>) -> Option<Type> {
        if let Some(known) = self.memo.bases.borrow().get(&class.id) {
            return known.clone();
        }
        let found = self.find_library_base(class);
        self.memo.bases.borrow_mut().insert(class.id, found.clone());
        found
    }

    fn find_library_base(&'d self, class: Node<'d>) -> Option<Type> {
        let AnyNodeRef::StmtClassDef(each) = class.ast() else {
            return None;
        };
        for own in self.own_classes(class) {
            for base in own.bases() {
                let Some(name) = base.qualified_name() else {
                    continue;
                };
                if is_model(&name) && self.imports("django") {
                    return Some(Type::Model(each.name.as_str().into()));
                }
                if let Some(known) = tables::class(&name) {
                    return Some(known);
                }
            }
        }
        None
    }

    /// The type of a field that a base of the class declares on the spot:
    /// `class Point(NamedTuple("Point", [("x", int)]))`.
    pub(super) fn field_of_base(&'d self, class: Node<'d>, name: &str) -> Option<Typed> {
        for own in self.own_classes(class) {
            for base in own.bases().filter(|base| base.kind() == Kind::Call) {
                if !matches!(base.called_name(), Some("NamedTuple")) {
                    continue;
                }
                let AnyNodeRef::ExprList(fields) = base.argument(1, "fields")?.ast() else {
                    continue;
                };
                for field in &fields.elts {
                    if let Expr::Tuple(pair) = field
                        && let [key, annotation] = pair.elts.as_slice()
                        && own.at(key).constant_str() == Some(name)
                    {
                        return Some(
                            Typed::proven(own.at(annotation).annotation())
                                .shown_by(own.at(field).span()),
                        );
                    }
                }
            }
        }
        None
    }

    /// What an instance of the module's class is to the tables; the type itself for anything else.
    pub(crate) fn as_library(&'d self, ty: &Type) -> Type {
        match ty {
            Type::Instance(local) => self.library_base(self.at(local.id)).unwrap_or_default(),
            Type::Class(local) => match self.library_base(self.at(local.id)) {
                Some(Type::Model(name)) => Type::ModelClass(name),
                _ => Type::Unknown,
            },
            other => other.clone(),
        }
    }
}

/// What makes a Django model's field that refers to many rows.
const TO_MANY: [&str; 1] = ["ManyToManyField"];

/// What makes a field that refers to one row, and gives that row a manager of those that refer to it.
const TO_ONE: [&str; 2] = ["ForeignKey", "ManyToManyField"];

impl<'d> Document<'d> {
    /// The manager that rows of a model of the module have under `name`: a field that refers to many rows, or the way
    /// back of a field of another model. None for anything else.
    pub(crate) fn relates(&'d self, model: &str, name: &str) -> Option<Type> {
        if !self.imports("django") {
            return None;
        }
        let manager = |of: &str| Some(Type::Manager(Type::Model(of.into()).into()));
        for class in self.of_kind(Kind::Class) {
            let AnyNodeRef::StmtClassDef(body) = class.ast() else {
                continue;
            };
            for (field, call) in class.fields() {
                let made_by = call.qualified_name().unwrap_or_default();
                let maker = made_by.rsplit('.').next().unwrap_or_default();
                let target = call.argument(0, "to").map_or("", Node::source);
                let target = target.trim_matches(['"', '\'']);
                if body.name.as_str() == model && field == name && TO_MANY.contains(&maker) {
                    return manager(target);
                }
                if target == model && TO_ONE.contains(&maker) {
                    let back = match call.ast() {
                        AnyNodeRef::ExprCall(each) => each.arguments.find_keyword("related_name"),
                        _ => None,
                    };
                    let is_back = match back.map(|back| call.at(&back.value)) {
                        Some(back) => back.constant_str() == Some(name),
                        None => name == format!("{}_set", body.name.as_str().to_lowercase()),
                    };
                    if is_back {
                        return manager(body.name.as_str());
                    }
                }
            }
        }
        None
    }
}

impl<'d> Node<'d> {
    /// The names in a class body that are given what a call makes, with the calls.
    fn fields(self) -> impl Iterator<Item = (&'d str, Node<'d>)> {
        self.children().filter_map(|statement| {
            let AnyNodeRef::StmtAssign(assign) = statement.ast() else {
                return None;
            };
            let [target] = assign.targets.as_slice() else {
                return None;
            };
            let value = statement.at(&*assign.value);
            (value.kind() == Kind::Call).then(|| (statement.at(target).source(), value))
        })
    }

    /// The bases that a class names.
    pub fn bases(self) -> impl Iterator<Item = Node<'d>> {
        let arguments = match self.ast() {
            AnyNodeRef::StmtClassDef(each) => each.arguments.as_deref(),
            _ => None,
        };
        arguments
            .into_iter()
            .flat_map(|arguments| &arguments.args)
            .map(move |base| self.at(base))
    }

    /// The class of the module that a name stands for.
    fn own_class(self) -> Option<Node<'d>> {
        let binding = self.symbol()?.single_binding()?;
        (binding.kind() == BindingKind::Class).then(|| binding.owner())
    }
}

/// Whether a qualified name is Django's `Model`, or by its name an abstract model of the program.
fn is_model(name: &str) -> bool {
    name == "django.db.models.Model"
        || name == "django.contrib.gis.db.models.Model"
        || name.ends_with("Model") && !name.starts_with("pydantic") && !name.ends_with("BaseModel")
}
