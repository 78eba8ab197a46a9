//! Query sets and rows of databases, known by the form of what is called on them, where no class is seen.
//!
//! Knows words that only one object mapper has: `filter_by(task=..)`, `save(update_fields=..)`. Does not know which loops
//! ask: that is for `waits`; nor what rows refer to: that is for `relations`.

use looplint_model::Confidence;
use ruff_python_ast::{AnyNodeRef, ExprCall, ExprContext};

use crate::database::query;
use crate::infer::Typed;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::scope::{BindingKind, Symbol};
use crate::tables::{self, Fact};
use crate::types::Type;

/// Methods of query sets that other classes of a Django program hardly have.
const OF_QUERY_SETS: [&str; 3] = ["select_related", "prefetch_related", "select_for_update"];

/// What is asked of `Order.query`, which Flask gives the classes of SQLAlchemy.
const OF_QUERIES: [&str; 10] = [
    "filter_by",
    "filter",
    "join",
    "outerjoin",
    "options",
    "order_by",
    "get",
    "all",
    "first",
    "with_entities",
];

/// Keywords that the `save` of a Django row takes, and no other.
const OF_SAVE: [&str; 4] = ["update_fields", "using", "force_insert", "force_update"];

impl<'d> Node<'d> {
    /// The query set, query or model that a call gives whose receiver is not known: `rows.filter(owner=user)`,
    /// `apps.get_model("shop", "Order")`.
    pub(crate) fn query_by_form(self, call: &'d ExprCall) -> Option<Typed> {
        let (receiver, name) = self.method()?;
        let arguments = &call.arguments;
        let is_django = || self.document().is_of_django();
        let ty = match name {
            "filter_by" if arguments.args.is_empty() && !arguments.keywords.is_empty() => query(),
            // A lookup; what a decorator or a search engine filters by is written as a text first.
            "filter" | "exclude" => {
                let is_lookup = arguments.keywords.iter().any(|each| each.arg.is_some())
                    && !arguments.args.iter().any(|each| each.is_literal_expr());
                if !is_lookup || !is_django() {
                    return None;
                }
                Type::QuerySet(Type::Unknown.into())
            }
            _ if OF_QUERY_SETS.contains(&name) && is_django() => {
                Type::QuerySet(Type::Unknown.into())
            }
            // Migrations of Django.
            "get_model" if receiver.last_name() == "apps" => {
                let last = self.argument(1, "model_name").or(self.argument(0, ""))?;
                let model = last.constant_str()?.rsplit('.').next()?;
                Type::ModelClass(model.into())
            }
            _ => return None,
        };
        let typed = Typed::shown(ty, Confidence::Likely, self.span());
        Some(typed)
    }

    /// `Order.query`, where `Order` is imported from elsewhere and asked as SQLAlchemy is.
    pub(crate) fn query_of_unseen_model(self) -> Option<Typed> {
        let qualified = self.qualified_name()?;
        let model = qualified.rsplit('.').nth(1)?;
        let asked = match self.parent()?.ast() {
            AnyNodeRef::ExprAttribute(each) => each.attr.as_str(),
            _ => return None,
        };
        let is_query = qualified.matches('.').count() >= 2
            && model.starts_with(char::is_uppercase)
            && OF_QUERIES.contains(&asked);
        is_query.then(|| Typed::shown(query(), Confidence::Likely, self.span()))
    }

    /// What a call does that ties rows together through an attribute of a row whose model is in another file:
    /// `unit.labels.add(label)`.
    pub(crate) fn rows_tied(self) -> Option<&'static Fact> {
        let (receiver, name) = self.method()?;
        let AnyNodeRef::ExprAttribute(attribute) = receiver.ast() else {
            return None;
        };
        if !matches!(name, "add" | "set") || self.argument(0, "").is_none() {
            return None;
        }
        let row = self.at(&*attribute.value);
        let Type::Model(model) = row.ty().without_none() else {
            return None;
        };
        let is_seen = self.document().of_kind(Kind::Class).any(|class| {
            matches!(class.ast(), AnyNodeRef::StmtClassDef(body) if body.name.as_str() == &*model)
        });
        let of_rows = Type::Manager(Type::Model(model).into());
        (!is_seen).then(|| tables::method(&of_rows, name))?
    }

    /// What a call does that by its form writes a row of Django: `row.save(update_fields=["state"])`, and in a loop that
    /// sets what it holds, `row.state = done; row.save()`.
    pub(crate) fn row_written(self) -> Option<&'static Fact> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return None;
        };
        let (receiver, "save") = self.method()? else {
            return None;
        };
        let arguments = &call.arguments;
        let names_only = arguments.args.is_empty();
        let is_of_rows = arguments.keywords.iter().any(|each| {
            each.arg
                .as_ref()
                .is_some_and(|name| OF_SAVE.contains(&name.as_str()))
        });
        let is_plain = || arguments.keywords.is_empty() && self.document().is_of_django();
        let is_set_first =
            || receiver.kind() == Kind::Name && receiver.symbol().is_some_and(is_set_in_its_loop);
        let writes = names_only && (is_of_rows || is_plain() && is_set_first());
        writes.then(|| tables::method(&Type::Model("row".into()), "save"))?
    }

    /// Whether `row.lines` is asked for what only a manager gives: `row.lines.all()`, `row.lines.count()`.
    pub(crate) fn is_manager_by_form(self) -> bool {
        let call = self.parent().and_then(Node::parent);
        let Some((call, (receiver, name))) = call.and_then(|call| Some((call, call.method()?)))
        else {
            return false;
        };
        let AnyNodeRef::ExprCall(asked) = call.ast() else {
            return false;
        };
        let arguments = &asked.arguments;
        let has_form = match name {
            "all" | "exists" | "count" | "first" | "last" => arguments.is_empty(),
            "filter" | "exclude" | "get" => {
                arguments.args.is_empty() && !arguments.keywords.is_empty()
            }
            name => OF_QUERY_SETS.contains(&name),
        };
        receiver == self && has_form
    }
}

impl Loop<'_> {
    /// `for language in languages`: a program speaks a few.
    pub(crate) fn goes_through_languages(self) -> bool {
        self.target()
            .is_some_and(|target| matches!(target.source(), "lang" | "language" | "locale"))
    }
}

/// Whether the name is the variable of a loop and something of it is set: `for row in rows: row.state = done`.
fn is_set_in_its_loop(symbol: Symbol<'_>) -> bool {
    let mut bindings = symbol.bindings();
    let is_item = bindings.all(|binding| binding.kind() == BindingKind::Loop);
    let is_other = ["form", "serializer"]
        .iter()
        .any(|word| symbol.name().contains(word));
    let is_set = |place: Node<'_>| {
        place.parent().is_some_and(|parent| {
            matches!(parent.ast(), AnyNodeRef::ExprAttribute(each) if each.ctx == ExprContext::Store)
        })
    };
    is_item && !is_other && symbol.uses().any(is_set)
}
