//! The top-level statements of a module in groups whose findings depend on nothing else.
//!
//! After an edit, a group that reads as before gives the findings that it gave before, wherever it stands now.
//! Two statements belong to one group where one uses a name that the other binds, or where facts of one are
//! gathered from all of the file: uses of a module's name, callers of a private function, members of a class.
//! What everybody may depend on (imports, how imported names are used) is part of every key.
//! Does not know what was found.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use looplint_model::{Layout, Piece, Span};
use ruff_python_ast::AnyNodeRef;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::document::Document;
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind, Symbol};

/// The pieces of a document, in the order of the text; none where nothing can be said of them.
pub(crate) fn pieces<'d>(document: &'d Document<'d>) -> Vec<Piece> {
    if document.source.layout != Layout::Whole {
        return Vec::new();
    }
    let mut parts = Parts::of(document);
    parts.join_names();
    parts.join_members();
    parts.finish()
}

/// A run of statements that stand on lines of their own.
struct Part {
    span: Span,
    /// First node, and one past the last.
    nodes: (u32, u32),
    /// Whether it is read by everybody: imports, and what stands first.
    is_shared: bool,
    /// What names from elsewhere it uses and how the file uses them.
    outside: u64,
}

struct Parts<'d> {
    document: &'d Document<'d>,
    parts: Vec<Part>,
    /// The part of each node.
    of: Vec<u32>,
    /// The group of each part: the part that stands for it, or one on the way there.
    group: Vec<u32>,
}

impl<'d> Parts<'d> {
    fn of(document: &'d Document<'d>) -> Parts<'d> {
        let text = document.source.text.as_str();
        let mut parts: Vec<Part> = Vec::new();
        let mut end_before = 0;
        for statement in document.module().children() {
            let (span, nodes) = (statement.span(), (statement.id, statement.data().end));
            let cut = line_break(text, end_before, span.start);
            end_before = span.end;
            let is_shared = !matches!(statement.kind(), Kind::Function | Kind::Class)
                && (parts.is_empty()
                    || statement.subtree().any(|node| node.kind() == Kind::Import));
            match (parts.last_mut(), cut) {
                (Some(last), None) => {
                    last.nodes.1 = nodes.1;
                    last.is_shared |= is_shared;
                }
                (last, cut) => {
                    let start = cut.filter(|_| last.is_some()).unwrap_or(0);
                    if let Some(last) = last {
                        last.span.end = start;
                    }
                    parts.push(Part {
                        span: Span::new(start, text.len() as u32),
                        nodes,
                        is_shared,
                        outside: 0,
                    });
                }
            }
        }
        let mut of = vec![0; document.index.nodes.len()];
        for (at, part) in parts.iter().enumerate() {
            of[part.nodes.0 as usize..part.nodes.1 as usize].fill(at as u32);
        }
        Parts {
            document,
            group: (0..parts.len() as u32).collect(),
            parts,
            of,
        }
    }

    fn part(&self, node: Node<'d>) -> u32 {
        self.of[node.id as usize]
    }

    fn root(&mut self, mut part: u32) -> u32 {
        while self.group[part as usize] != part {
            let above = self.group[self.group[part as usize] as usize];
            self.group[part as usize] = above;
            part = above;
        }
        part
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.group[a.max(b) as usize] = a.min(b);
    }

    /// Joins what shares a name of the module, and notes how names from elsewhere are used.
    fn join_names(&mut self) {
        let document = self.document;
        let mut functions: FxHashMap<u32, u32> = FxHashMap::default();
        for symbol in document.symbols_of(0) {
            let is_imported = symbol
                .bindings()
                .all(|binding| binding.kind() == BindingKind::Imported);
            if is_imported {
                self.note(symbol);
                continue;
            }
            let Some(first) = symbol.bindings().next() else {
                continue;
            };
            let home = self.part(first.target());
            for binding in symbol.bindings() {
                self.join(home, self.part(binding.target()));
                if binding.kind() == BindingKind::Function {
                    functions.insert(symbol.name_id(), home);
                }
            }
            for each in symbol.uses() {
                self.join(home, self.part(each));
            }
        }
        // Whether a function is only ever called is asked of all names that are spelt like it.
        for symbol in document
            .symbols()
            .filter(|symbol| symbol.scope_kind() != ScopeKind::Module)
        {
            if let Some(home) = functions.get(&symbol.name_id()) {
                self.join(*home, self.part(symbol.owner()));
            }
        }
    }

    /// Names that are imported or bound nowhere say what the file as a whole does with them.
    fn note(&mut self, symbol: Symbol<'d>) {
        let mut shapes: FxHashSet<u64> = FxHashSet::default();
        let mut users: Vec<u32> = symbol
            .bindings()
            .map(|each| self.part(each.target()))
            .collect();
        let mut summary = hashed(&(
            symbol.name(),
            symbol.is_unbound(),
            symbol.is_captured(),
            symbol.is_written_elsewhere(),
        ));
        for each in symbol.uses() {
            users.push(self.part(each));
            let shape = shape(each);
            if shapes.insert(shape) {
                summary = summary.wrapping_add(shape);
            }
        }
        users.dedup();
        for user in users {
            let part = &mut self.parts[user as usize];
            part.outside = part.outside.wrapping_add(hashed(&summary));
        }
    }

    /// Members of classes that are looked for in all of the file.
    fn join_members(&mut self) {
        let document = self.document;
        for class in document.of_kind(Kind::Class) {
            let home = self.part(class);
            for symbol in document.symbols_of(class.data().extra) {
                let name = symbol.name();
                let is_private = name.starts_with('_') && !name.ends_with("__");
                let is_method = |kind| matches!(kind, BindingKind::Function | BindingKind::Class);
                let is_value = symbol.bindings().any(|binding| !is_method(binding.kind()));
                if is_private || is_value {
                    for each in document.attributes_of(name) {
                        self.join(home, self.part(each));
                    }
                }
            }
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        let n_parts = self.parts.len();
        let text = self.document.source.text.as_str();
        let broken = self.broken_from();
        let shared: Vec<usize> = (0..n_parts)
            .filter(|at| self.parts[*at].is_shared)
            .collect();
        let everybody = self.everybody(&shared);
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); n_parts];
        for at in 0..n_parts {
            let root = self.root(at as u32) as usize;
            groups[root].push(at);
        }
        let mut pieces: Vec<Piece> = Vec::with_capacity(n_parts);
        for part in &self.parts {
            pieces.push(Piece {
                nodes: part.nodes,
                key: None,
                on: Arc::default(),
            });
        }
        for members in groups {
            let mut hasher = DefaultHasher::new();
            everybody.hash(&mut hasher);
            for at in &members {
                let part = &self.parts[*at];
                text[part.span.start as usize..part.span.end as usize].hash(&mut hasher);
                part.outside.hash(&mut hasher);
            }
            let group = hasher.finish();
            let mut on: Vec<usize> = shared.iter().chain(&members).copied().collect();
            on.sort_unstable();
            on.dedup();
            if on.iter().any(|at| self.parts[*at].span.end > broken) {
                continue;
            }
            let on: Arc<[Span]> = on.iter().map(|at| self.parts[*at].span).collect();
            for (number, at) in members.iter().enumerate() {
                pieces[*at].key = Some(hashed(&(group, number)));
                pieces[*at].on = Arc::clone(&on);
            }
        }
        pieces
    }

    /// Where the text begins that may read otherwise because of a mistake in it or before it.
    fn broken_from(&self) -> u32 {
        let problems = self.document.problems.iter();
        problems
            .map(|problem| problem.span.map_or(0, |span| span.start))
            .min()
            .unwrap_or(u32::MAX)
    }

    /// What everybody may depend on.
    fn everybody(&self, shared: &[usize]) -> u64 {
        let document = self.document;
        let text = document.source.text.as_str();
        let mut hasher = DefaultHasher::new();
        document.newline().hash(&mut hasher);
        for at in shared {
            let span = self.parts[*at].span;
            text[span.start as usize..span.end as usize].hash(&mut hasher);
        }
        // Where a new import goes: behind those that the file begins with.
        let leading = document
            .module()
            .children()
            .take_while(|statement| matches!(statement.kind(), Kind::Import | Kind::ExprStatement));
        leading.count().hash(&mut hasher);
        for import in document.of_kind(Kind::Import) {
            import.source().hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// One past the line break between two statements; `None` where they share a line.
fn line_break(text: &str, end: u32, start: u32) -> Option<u32> {
    let between = &text[end as usize..start.max(end) as usize];
    let at = between.find(['\n', '\r'])?;
    if between[..at].contains([';', '\\']) {
        return None;
    }
    let length = if between[at..].starts_with("\r\n") {
        2
    } else {
        1
    };
    Some(end + (at + length) as u32)
}

/// How a name is used, as far as somebody elsewhere may care: what is done with its object.
fn shape(each: Node<'_>) -> u64 {
    let Some(parent) = each.parent() else {
        return 0;
    };
    let called = |call: Node<'_>| match call.ast() {
        AnyNodeRef::ExprCall(one) => hashed(&call.at(&*one.func).source()),
        _ => 0,
    };
    match parent.ast() {
        AnyNodeRef::ExprAttribute(one) => {
            let is_called = parent
                .parent()
                .is_some_and(|call| call.kind() == Kind::Call);
            hashed(&(1, one.attr.as_str(), one.ctx.is_load(), is_called))
        }
        AnyNodeRef::ExprCall(one) if parent.at(&*one.func) == each => 2,
        AnyNodeRef::ExprCall(_) => hashed(&(3, called(parent))),
        AnyNodeRef::ExprSubscript(one) => hashed(&(4, one.ctx.is_load())),
        _ => hashed(&(5, parent.kind(), parent.parent().map(called))),
    }
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
