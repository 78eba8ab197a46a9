//! What the tables know of a call.
//!
//! Knows how to find a call's row: by qualified name, or by the receiver's type. Does not know what the rows say.

use ruff_python_ast::AnyNodeRef;

use crate::kind::Kind;
use crate::memo::Asked;
use crate::node::Node;
use crate::relations::related_row;
use crate::tables::{self, Fact, Sink};
use crate::types::Type;

impl<'d> Node<'d> {
    /// What the tables say about this call; none where the callee is not known, or where the receiver may be of
    /// several types that disagree on effect, cost or sink.
    pub fn fact(self) -> Option<&'static Fact> {
        let facts = &self.document.memo.facts;
        if let Some(Asked::Found(known)) = facts.borrow().get(self.id) {
            return *known;
        }
        let found = self.find_fact();
        // While a type is being found the receiver's may not be all there is to it.
        if self.kind() == Kind::Call && !self.document.is_typing() {
            let n = self.document.index.nodes.len();
            facts.borrow_mut().keep(self.id, found, n);
        }
        found
    }

    fn find_fact(self) -> Option<&'static Fact> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return None;
        };
        if let Some(fact) = self
            .qualified_name()
            .and_then(|name| tables::function(&name))
        {
            return Some(fact);
        }
        if let Some((receiver, method)) = self.method() {
            let ty = receiver.ty().without_none();
            if ty.is_unknown() {
                return self
                    .fact_of_database(receiver, method)
                    .or_else(|| self.row_written());
            }
            // What a model that is not seen does of its own when a row of it goes is not known.
            if ty == related_row() && matches!(method, "save" | "delete") {
                return self.row_written();
            }
            let mut facts = ty.members().iter().map(|member| match member {
                // What a class of the module does not define, its library base does.
                Type::Instance(_) | Type::Class(_) if self.callee().is_none() => {
                    tables::method(&self.document.as_library(member), method)
                }
                other => tables::method(other, method),
            });
            let Some(first) = facts.next()? else {
                let is_attribute_of_row = matches!(ty, Type::Method(_));
                return is_attribute_of_row.then(|| self.rows_tied())?;
            };
            let agrees = |fact: &Fact| {
                fact.effect == first.effect && fact.work == first.work && fact.sink == first.sink
            };
            return facts.all(|fact| fact.is_some_and(agrees)).then_some(first);
        }
        match self.at(&*call.func).ty() {
            Type::Library(name) => tables::function(&name),
            _ => None,
        }
    }

    /// `xs.index(x, start)`: the search goes on where the last one ended, and all of them together go through once.
    pub fn searches_on(self) -> bool {
        matches!(self.method(), Some((_, "index" | "find")))
            && self
                .argument(1, "")
                .is_some_and(|start| start.constant_int().is_none())
    }

    /// The path that a call of a library opens or reads: the receiver of `path.read_text()`, the first argument of
    /// `open(path)`. None for what goes on in an open file, and for what reads files of its own choice.
    pub fn file(self) -> Option<Node<'d>> {
        const OPENERS: [&str; 6] = [
            "open",
            "io.open",
            "codecs.open",
            "gzip.open",
            "bz2.open",
            "lzma.open",
        ];
        if let Some((receiver, name)) = self.method()
            && receiver.ty().without_none() == Type::Path
        {
            return matches!(name, "open" | "read_text" | "read_bytes").then_some(receiver);
        }
        let name = self.qualified_name()?;
        OPENERS
            .contains(&name.as_str())
            .then(|| self.argument(0, "file"))?
    }

    /// The folder whose names a call of a library lists: `os.listdir(folder)`, `glob.glob(folder + "/*")`.
    pub fn listed(self) -> Option<Node<'d>> {
        let name = self.qualified_name()?;
        matches!(name.as_str(), "os.listdir" | "glob.glob").then(|| self.argument(0, "path"))?
    }

    /// Whether a call of a library reaches outside only to read files, and leaves them as they are.
    pub fn only_reads_files(self) -> bool {
        let Some(fact) = self.fact() else {
            return false;
        };
        if self.listed().is_some() {
            return true;
        }
        match fact.sink {
            Some(Sink::FileRead) => true,
            Some(Sink::Open) => {
                let at = usize::from(self.method().is_none() || self.qualified_name().is_some());
                match self.argument(at, "mode") {
                    None => true,
                    Some(mode) => mode
                        .constant_str()
                        .is_some_and(|mode| !mode.contains(['w', 'a', 'x', '+'])),
                }
            }
            _ => false,
        }
    }

    /// Whether the expression takes from an iterator that a name holds: then it gives something else each time.
    pub fn drains(self) -> bool {
        self.subtree().any(|part| {
            matches!(part.kind(), Kind::Name | Kind::Attribute) && part.ty().is_one_shot()
        })
    }
}
