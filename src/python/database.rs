//! What asks a database, by what is said to it, where nothing shows the type of what is spoken to.
//!
//! Knows how SQL begins, what SQLAlchemy's statements are, and methods that hardly anything but a database has. Takes a
//! file that imports SQLAlchemy to speak to it by a `session`. Evidence, never proof. Does not know what is asked.

use looplint_model::Confidence;
use ruff_python_ast::AnyNodeRef;

use crate::infer::Typed;
use crate::kind::Kind;
use crate::node::Node;
use crate::tables::{self, Fact};
use crate::types::Type;

/// Words that statements about rows begin with.
const VERBS: [&str; 7] = [
    "select", "insert", "update", "delete", "replace", "merge", "with",
];

/// Methods that take a statement, of DB-API cursors and of asyncpg and its like.
const STATEMENT_METHODS: [(&str, &str); 9] = [
    ("execute", "execute"),
    ("executemany", "executemany"),
    ("exec_driver_sql", "execute"),
    ("fetch", "execute"),
    ("fetchrow", "execute"),
    ("fetchval", "execute"),
    ("fetch_all", "execute"),
    ("fetch_one", "execute"),
    ("fetch_val", "execute"),
];

/// Methods that only MongoDB's collections have.
const COLLECTION_METHODS: [&str; 9] = [
    "count_documents",
    "delete_one",
    "find_one",
    "find_one_and_update",
    "insert_many",
    "insert_one",
    "replace_one",
    "update_many",
    "update_one",
];

/// SQLAlchemy's statements.
const STATEMENTS: [&str; 5] = [
    "sqlalchemy.Delete",
    "sqlalchemy.Insert",
    "sqlalchemy.Select",
    "sqlalchemy.TextClause",
    "sqlalchemy.Update",
];

/// Libraries on top of SQLAlchemy.
const SQLALCHEMY: [&str; 3] = ["sqlalchemy", "flask_sqlalchemy", "sqlmodel"];

/// Libraries whose sessions speak to servers.
const OTHER_SESSIONS: [&str; 5] = ["requests", "httpx", "aiohttp", "boto3", "tensorflow"];

impl<'d> Node<'d> {
    /// The fact on a call of a method whose receiver is of unknown type, by what it is given or called.
    pub(crate) fn fact_of_database(
        self,
        receiver: Node<'d>,
        method: &str,
    ) -> Option<&'static Fact> {
        if COLLECTION_METHODS.contains(&method) {
            let collection = Type::Object("pymongo.Collection".into());
            return tables::method(&collection, method);
        }
        if let Some((_, like)) = STATEMENT_METHODS.iter().find(|(name, _)| *name == method)
            && self.argument(0, "").is_some_and(Node::is_sql)
        {
            return tables::method(&Type::Cursor, like);
        }
        let takes_statement = matches!(method, "execute" | "scalar" | "scalars" | "exec");
        if takes_statement
            && self
                .argument(0, "")
                .is_some_and(Node::is_statement_of_library)
        {
            return tables::method(&Type::Session, method);
        }
        // `session.get(User, key)`
        let is_row = || {
            let model = self.argument(0, "");
            self.argument(1, "").is_some()
                && model.is_some_and(|model| model.source().starts_with(char::is_uppercase))
        };
        (method == "get" && receiver.is_session_by_name(false) && is_row())
            .then(|| tables::method(&Type::Session, method))?
    }

    /// What a method gives whose receiver is of unknown type: a cursor, or SQLAlchemy's query.
    pub(crate) fn type_from_database(self) -> Option<Typed> {
        let is_given = || self.argument(0, "").is_some();
        let ty = match self.method()? {
            (_, "cursor") if !is_given() => Type::Cursor,
            (receiver, "query") if is_given() && receiver.is_session_by_name(true) => query(),
            _ => return None,
        };
        Some(Typed::shown(ty, Confidence::Likely, self.span()))
    }

    /// Whether a text, also one that is put together, begins as a statement about rows.
    fn is_sql(self) -> bool {
        let text = match self.ast() {
            AnyNodeRef::ExprStringLiteral(each) => Some(each.value.to_str()),
            AnyNodeRef::ExprFString(_) => {
                let quoted = self
                    .source()
                    .trim_start_matches(|each: char| each.is_ascii_alphabetic());
                Some(quoted.trim_start_matches(['"', '\'']))
            }
            AnyNodeRef::ExprBinOp(each) => return self.at(&*each.left).is_sql(),
            AnyNodeRef::ExprCall(_) => {
                return match self.method() {
                    Some((text, "format" | "strip" | "join")) => text.is_sql(),
                    _ => {
                        self.is_qualified("textwrap.dedent")
                            && self.argument(0, "").is_some_and(Node::is_sql)
                    }
                };
            }
            AnyNodeRef::ExprName(_) => return self.only_value().is_some_and(Node::is_sql),
            _ => None,
        };
        let Some(text) = text else {
            return false;
        };
        let mut words = text.split_whitespace();
        let verb = words.next().unwrap_or_default().to_ascii_lowercase();
        VERBS.contains(&verb.as_str()) && words.next().is_some()
    }

    /// `select(..)`, `update(..)`, `text(..)` of SQLAlchemy, with what was added to it.
    fn is_statement_of_library(self) -> bool {
        matches!(self.ty().without_none(), Type::Object(name) if STATEMENTS.contains(&&*name))
    }

    /// `session`, `self.db_session`, `db.session`, `db` in a file that imports SQLAlchemy and no library whose sessions
    /// are others; `asks` where it is given a query, which no other session takes.
    pub(crate) fn is_session_by_name(self, asks: bool) -> bool {
        let named = match self.ast() {
            AnyNodeRef::ExprCall(call) => self.at(&*call.func),
            _ => self,
        };
        let is_of_sqlalchemy = || {
            self.document.imports_any(&SQLALCHEMY) && !self.document.imports_any(&OTHER_SESSIONS)
        };
        match named.last_name().to_ascii_lowercase().as_str() {
            "db" => self.kind() != Kind::Call && is_of_sqlalchemy(),
            name => name.ends_with("session") && (asks || is_of_sqlalchemy()),
        }
    }
}

/// SQLAlchemy's query.
pub(crate) fn query() -> Type {
    Type::Object("sqlalchemy.orm.Query".into())
}
