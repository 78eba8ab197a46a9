//! Rows that a loop gets from a relation of a Django row, and what those rows refer to in turn, by the form of what is
//! asked of them.
//!
//! Knows what only a manager is asked, what no value of a field has, and a `try` that waits for `DoesNotExist`. Does not
//! know which loops ask: that is for `waits`; nor single calls: that is for `rows`.

use ruff_python_ast::{AnyNodeRef, Expr};

use crate::data::is_several;
use crate::dear::words;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::tables;
use crate::types::{DictKind, Type};
use crate::waits::FETCHES;

/// Steps of a chain of calls and names that are followed.
const STEPS_MAX: u8 = 8;

/// Calls that fetch rows with other rows.
const FETCHES_BESIDE: [&str; 4] = [
    "Prefetch",
    "prefetch_related",
    "prefetch_related_objects",
    "select_related",
];

/// Methods of query sets and managers that give rows.
const GIVES_ROWS: [&str; 9] = [
    "all", "distinct", "exclude", "filter", "iterator", "order_by", "reverse", "defer", "only",
];

/// What values of fields have themselves, where it is not called: dates, files, numbers, places, colours of an enumeration.
const OF_VALUES: [&str; 43] = [
    "alpha2",
    "alpha3",
    "amount",
    "coords",
    "currency",
    "data",
    "date",
    "day",
    "days",
    "denominator",
    "extent",
    "file",
    "geojson",
    "height",
    "hex",
    "hour",
    "imag",
    "int",
    "items",
    "keys",
    "label",
    "lower",
    "microsecond",
    "minute",
    "month",
    "national_number",
    "numerator",
    "path",
    "real",
    "second",
    "seconds",
    "size",
    "storage",
    "time",
    "tzinfo",
    "upper",
    "url",
    "value",
    "values",
    "width",
    "x",
    "y",
    "year",
];

/// What is called so holds a value that has a name or a code itself: files, countries, members of an enumeration.
const NAMED_VALUES: [&str; 27] = [
    "attachment",
    "avatar",
    "background",
    "color",
    "country",
    "cover",
    "currency",
    "document",
    "file",
    "flag",
    "icon",
    "image",
    "kind",
    "language",
    "level",
    "logo",
    "media",
    "photo",
    "picture",
    "role",
    "state",
    "status",
    "thumbnail",
    "timezone",
    "type",
    "upload",
    "video",
];

/// Last words of properties that make an object which is no row: `page.specific`, `translation.stats`.
const MADE: [&str; 7] = [
    "api",
    "cache",
    "handler",
    "helper",
    "serializer",
    "specific",
    "stats",
];

/// The same, where another word says which: `payment.payment_provider`, `channel.type_instance`. Alone each may be a row.
const MADE_OF_A_KIND: [&str; 5] = ["backend", "instance", "provider", "set", "storage"];

impl<'d> Node<'d> {
    /// Whether it goes through a relation of a row whose model is not seen, and nothing on the way fetches what the rows
    /// refer to: `order.positions.all()`, `list(component.unit_set.filter(state=1).order_by("id"))`, also by a name.
    pub fn gives_related_rows(self) -> bool {
        self.document().is_of_django() && self.gives_related_rows_within(STEPS_MAX)
    }

    fn gives_related_rows_within(self, steps: u8) -> bool {
        let Some(left) = steps.checked_sub(1) else {
            return false;
        };
        match self.ast() {
            AnyNodeRef::ExprName(_) => self
                .reaching_value()
                .is_some_and(|value| value.gives_related_rows_within(left)),
            AnyNodeRef::ExprCall(call) => {
                if self.builtin() == Some("list") {
                    let all = self.argument(0, "");
                    return all.is_some_and(|all| all.gives_related_rows_within(left));
                }
                let Some((receiver, method)) = self.method() else {
                    return false;
                };
                if !GIVES_ROWS.contains(&method) || FETCHES.contains(&method) {
                    return false;
                }
                // `filter(lambda ..)` and `filter("text")` are those of other libraries.
                let takes_lookups = matches!(method, "filter" | "exclude");
                let has_form =
                    !takes_lookups || call.arguments.args.iter().all(|each| each.is_call_expr());
                let is_all = method == "all" && call.arguments.is_empty();
                let is_lookup = takes_lookups && !call.arguments.keywords.is_empty();
                match receiver.ast() {
                    AnyNodeRef::ExprCall(_) => has_form && receiver.gives_related_rows_within(left),
                    AnyNodeRef::ExprAttribute(relation) => {
                        (is_all || is_lookup && has_form)
                            && is_unseen(&receiver.ty())
                            && relation.attr.as_str() != "objects"
                            && !self.is_fetched_beside(relation.attr.as_str())
                            && !(is_all && receiver.comes_with_many(left))
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether it is of one of many rows that were handed in, or come from what is not seen: who fetched them may have
    /// fetched this with them, for all of them at once.
    fn comes_with_many(self, steps: u8) -> bool {
        let row = self.root();
        let gives = |each: &Loop<'d>| row.symbol().is_some_and(|symbol| each.gives(symbol));
        let rows = row.all_loops().find(gives).and_then(|each| each.iterable());
        rows.is_some_and(|rows| !rows.is_plain_query() && !rows.gives_related_rows_within(steps))
    }

    /// Whether the function says somewhere that this relation is to be fetched with what goes through it:
    /// `Role.objects.prefetch_related("permissions__content_type")`, then `role.permissions.all()`.
    fn is_fetched_beside(self, relation: &str) -> bool {
        let fetches = |part: Node<'d>| {
            let name = part.called_name();
            name.is_some_and(|name| FETCHES_BESIDE.contains(&name))
                && part.source().contains(relation)
        };
        self.frame()
            .subtree()
            .any(|part| part.kind() == Kind::Call && fetches(part))
    }

    /// Whether `book.author`, of a row whose model is in another file, is another row: something is read of it that no value
    /// of a field has.
    pub fn refers_by_form(self) -> bool {
        let AnyNodeRef::ExprAttribute(own) = self.ast() else {
            return false;
        };
        self.parent()
            .is_some_and(|further| further.reads_of_row(own.attr.as_str()))
    }

    /// Whether this attribute is read of what a row has as its `field`, and is nothing that a value has.
    fn reads_of_row(self, field: &str) -> bool {
        let AnyNodeRef::ExprAttribute(further) = self.ast() else {
            return false;
        };
        let read = further.attr.as_str();
        let is_called = self.parent().is_some_and(|call| call.calls(self));
        let has_name_itself = || {
            let words = words(field);
            words
                .iter()
                .any(|word| NAMED_VALUES.contains(&word.as_str()))
        };
        let is_hidden = |name: &str| name.starts_with('_') || name.starts_with(char::is_uppercase);
        // What a property puts together, or a field that holds anything.
        let holds_any = matches!(
            field,
            "attrs"
                | "config"
                | "data"
                | "db"
                | "extra"
                | "info"
                | "meta"
                | "options"
                | "params"
                | "settings"
        );
        // What a row makes itself, rather than refers to.
        let parts = words(field);
        let makes = match parts.as_slice() {
            [] => false,
            // `choice.translated`
            [one] => one.ends_with("ed") || one.ends_with("handler") || is_made(one),
            [.., last] => is_made(last) || MADE_OF_A_KIND.contains(&last.as_str()),
        };
        // `addon.addon`: what the row stands for.
        let is_itself = matches!(further.value.as_ref(), Expr::Attribute(own) if matches!(&*own.value, Expr::Name(row) if row.id.as_str() == field));
        let is_of_value = if is_called {
            is_asked_of_values(read) || is_several(field)
        } else {
            OF_VALUES.contains(&read)
        };
        let is_own_name = matches!(read, "name" | "code") && has_name_itself();
        let is_value = is_of_value
            || holds_any
            || is_hidden(field)
            || is_hidden(read)
            || field.ends_with("class");
        !is_value && !is_own_name && !makes && !is_itself
    }

    /// Whether `execution.status`, of a row that `around` goes through, is kept by a name of which something is read that
    /// no value of a field has: `status = execution.status`, then `status.weight`.
    pub fn refers_by_name(self, around: Loop<'d>) -> bool {
        let AnyNodeRef::ExprAttribute(own) = self.ast() else {
            return false;
        };
        let Some(statement) = self
            .parent()
            .filter(|parent| parent.assigned_value() == Some(self))
        else {
            return false;
        };
        let AnyNodeRef::StmtAssign(assign) = statement.ast() else {
            return false;
        };
        let [target] = assign.targets.as_slice() else {
            return false;
        };
        let target = self.at(target);
        let Some(symbol) = target.symbol() else {
            return false;
        };
        let is_this = |place: Node<'d>| {
            let reaching = place.reaching();
            matches!(reaching.as_slice(), [only] if only.target() == target)
        };
        let shows = |place: Node<'d>| {
            let further = place.parent();
            further.is_some_and(|further| further.reads_of_row(own.attr.as_str()))
        };
        symbol
            .uses()
            .any(|place| around.repeats(place) && shows(place) && is_this(place))
    }

    /// Whether a `try` around this attribute waits for its row not to be there, and for nothing else: then reading it asks
    /// the database. `try: page.content.text except Content.DoesNotExist: ..`
    pub fn is_fetched_when_read(self) -> bool {
        let Some(around) = self.ancestors().find(|above| {
            matches!(
                above.kind(),
                Kind::Try | Kind::For | Kind::While | Kind::Function
            )
        }) else {
            return false;
        };
        let AnyNodeRef::StmtTry(each) = around.ast() else {
            return false;
        };
        let waits = each.handlers.iter().any(|handler| {
            let caught = handler
                .as_except_handler()
                .and_then(|one| one.type_.as_deref());
            caught.is_some_and(|one| around.at(one).source().ends_with("DoesNotExist"))
        });
        // What else may raise it is a call.
        let [only] = each.body.as_slice() else {
            return false;
        };
        let only = around.at(only);
        waits && only.contains(self) && only.subtree().all(|part| part.kind() != Kind::Call)
    }
}

/// Whether nothing, or nothing but the form of what it is asked, says what a relation gives.
fn is_unseen(relation: &Type) -> bool {
    match relation.without_none() {
        Type::Unknown => true,
        Type::Manager(row) => row.is_unknown(),
        // What no table lists for a row.
        Type::Method(_) => true,
        _ => false,
    }
}

/// A row of a model that is not seen, nor its name: no class is called so.
pub(crate) fn related_row() -> Type {
    Type::Model("related row".into())
}

fn is_made(word: &str) -> bool {
    MADE.contains(&word)
}

/// Whether a method of this name is one of a value that a field may hold, or of a manager.
fn is_asked_of_values(name: &str) -> bool {
    let values = [
        Type::Str,
        Type::Bytes,
        Type::Path,
        Type::File(Type::Bytes.into()),
        Type::Object("datetime.datetime".into()),
        Type::Object("datetime.timedelta".into()),
        Type::Object("decimal.Decimal".into()),
        Type::Int,
        Type::Float,
        Type::List(Type::Unknown.into()),
        Type::Dict(DictKind::Plain, (Type::Unknown, Type::Unknown).into()),
        Type::Manager(Type::Unknown.into()),
        Type::QuerySet(Type::Unknown.into()),
    ];
    values.iter().any(|ty| tables::method(ty, name).is_some())
}
