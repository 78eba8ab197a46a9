//! A piece of a program that runs by itself: the loop of a finding as it is and as it could be, with what it needs.
//!
//! Knows which statements belong together, which names come from outside and what their values look like. What needs
//! files, the network, other modules or values of which nothing is known cannot be closed, and it says why.
//! Does not run anything.

mod shapes;

use std::collections::{BTreeMap, BTreeSet};

use looplint_model::{Edit, Finding, Span};
use ruff_python_ast::{AnyNodeRef, Expr};

use crate::document::Document;
use crate::effects::Role;
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind, Symbol};
use crate::tables::Effect;

pub use shapes::Shape;

/// Functions and constants of the module that one kernel may need.
const NEEDS_MAX: usize = 40;

/// Modules of the standard library that only compute.
const MODULES: [&str; 30] = [
    "abc",
    "array",
    "base64",
    "bisect",
    "collections",
    "colorsys",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "html",
    "itertools",
    "json",
    "keyword",
    "math",
    "numbers",
    "operator",
    "os",
    "re",
    "statistics",
    "string",
    "textwrap",
    "typing",
];
const MORE_MODULES: [&str; 10] = [
    "unicodedata",
    "urllib",
    "struct",
    "types",
    "warnings",
    "logging",
    "sys",
    "posixpath",
    "__future__",
    "ast",
];
/// Methods of loggers: what is told to people is left out of a kernel.
const LOGGED: [&str; 7] = [
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "log",
];

/// A loop as it is and as it could be, with what both need.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// Imports, constants and functions of the module.
    pub prelude: String,
    /// `def run(..)`, as it is.
    pub before: String,
    /// `def run(..)`, as it could be.
    pub after: String,
    /// What `run` gets, in its order.
    pub inputs: Vec<(String, Shape)>,
}

impl<'d> Document<'d> {
    /// The loop of `finding` as a piece that runs by itself.
    ///
    /// # Errors
    /// It cannot be closed, or there is no fix: the reason, in words.
    pub fn kernel(&'d self, finding: &Finding) -> Result<Kernel, String> {
        let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty()) else {
            return Err("there is no rewritten code to measure against".into());
        };
        let region = self.region(finding, &fix.edits)?;
        let mut closing = Closing::new(self, region);
        closing.close()?;
        closing.kernel(&fix.edits)
    }

    /// The statements that belong to the finding: the outermost loop that repeats it and what the fix changes.
    fn region(&'d self, finding: &Finding, edits: &[Edit]) -> Result<Region<'d>, String> {
        let about = self.narrowest(finding.span);
        let named = |span: Span| finding.related.iter().any(|each| each.span == span);
        let repeating = about.all_loops().filter(|each| named(each.span())).last();
        let outermost = repeating.or_else(|| about.all_loops().next());
        let first = outermost.map_or(about, |each| each.whole()).statement();
        let mut region = Region { first, last: first };
        for edit in edits {
            if !is_import(edit) {
                region.take(edit.span)?;
            }
        }
        match region.first.function() {
            _ if region.first.kind() == Kind::Function => {
                Err("the fix changes the function's own line".into())
            }
            Some(function) if function.subtree().any(|each| each.kind() == Kind::Await) => {
                Err("the function waits (`await`)".into())
            }
            _ => Ok(region),
        }
    }
}

fn is_import(edit: &Edit) -> bool {
    let text = edit.text.trim_start();
    edit.span.is_empty() && (text.starts_with("import ") || text.starts_with("from "))
}

/// Statements next to one another.
#[derive(Clone, Copy)]
struct Region<'d> {
    first: Node<'d>,
    last: Node<'d>,
}

impl<'d> Region<'d> {
    /// From the start of the first line, so that it has its indentation.
    fn span(self) -> Span {
        let text = &self.first.document().source.text;
        let start = self.first.span().start as usize;
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        Span::new(line as u32, self.last.span().end)
    }

    fn holds(self, span: Span) -> bool {
        let own = self.span();
        own.start <= span.start && span.end <= own.end
    }

    /// Grows until `span` is inside.
    fn take(&mut self, span: Span) -> Result<(), String> {
        while !self.holds(span) {
            let Some(parent) = self.first.parent() else {
                return Err("the fix changes what is far from the loop".into());
            };
            let inside = parent.span().start <= span.start && span.end <= parent.span().end;
            let is_border = matches!(parent.kind(), Kind::Function | Kind::Class | Kind::Module);
            if !inside && is_border {
                return Err("the fix changes what is outside of the function".into());
            }
            let siblings = || parent.children().filter(|each| each.ast().is_statement());
            let before = siblings()
                .filter(|each| each.span().start <= span.start)
                .last();
            let reached = siblings().find(|each| each.span().end >= span.end);
            match (before, reached) {
                (Some(before), Some(reached)) if inside => {
                    if before.span().start < self.first.span().start {
                        self.first = before;
                    }
                    if reached.span().end > self.last.span().end {
                        self.last = reached;
                    }
                    // An insertion before a statement stands between it and the one before.
                    if !self.holds(span) && !is_border {
                        self.climb(parent);
                    } else if !self.holds(span) {
                        return Err("the fix changes what is no part of a statement".into());
                    }
                }
                _ if is_border => {
                    return Err("the fix changes what is no part of a statement".into());
                }
                _ => self.climb(parent),
            }
        }
        Ok(())
    }

    fn climb(&mut self, parent: Node<'d>) {
        let statement = parent.statement();
        self.first = statement;
        self.last = statement;
    }

    fn nodes(self) -> impl Iterator<Item = Node<'d>> {
        let document = self.first.document();
        let end = self.last.data().end;
        (self.first.id()..end).map(move |id| document.at(id))
    }
}

struct Closing<'d> {
    document: &'d Document<'d>,
    region: Region<'d>,
    /// Lines that set names before the region, as the function does.
    begun: Vec<String>,
    /// Names that come from outside, with the places that read them.
    inputs: BTreeMap<String, Vec<Node<'d>>>,
    /// What the module defines, by name.
    needed: BTreeMap<String, String>,
    order: Vec<String>,
    /// Names that the region sets and other code reads: what both versions must agree on. A loop's own variable is
    /// gone where the loop became a comprehension.
    set: BTreeSet<String>,
}

impl<'d> Closing<'d> {
    fn new(document: &'d Document<'d>, region: Region<'d>) -> Closing<'d> {
        Closing {
            document,
            region,
            begun: Vec::new(),
            inputs: BTreeMap::new(),
            needed: BTreeMap::new(),
            order: Vec::new(),
            set: BTreeSet::new(),
        }
    }

    fn close(&mut self) -> Result<(), String> {
        for node in self.region.nodes() {
            self.look(node, true)?;
        }
        Ok(())
    }

    /// What one node needs from outside.
    fn look(&mut self, node: Node<'d>, in_region: bool) -> Result<(), String> {
        match node.ast() {
            AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) => {
                Err("it writes names of another scope".into())
            }
            AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_) => {
                self.import(node).map(|_| ())
            }
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) | AnyNodeRef::ExprAwait(_) => {
                Err("it hands values out between its iterations".into())
            }
            AnyNodeRef::ExprCall(_) => self.effects(node),
            AnyNodeRef::ExprName(name) if name.ctx.is_load() => self.name(node, in_region),
            AnyNodeRef::ExprName(name) => {
                let is_read_outside = |symbol: Symbol<'d>| {
                    symbol.scope_kind() == ScopeKind::Function
                        && symbol.uses().any(|each| !self.region.holds(each.span()))
                };
                if in_region && node.symbol().is_some_and(is_read_outside) {
                    self.set.insert(name.id.to_string());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn effects(&mut self, call: Node<'d>) -> Result<(), String> {
        if call
            .method()
            .is_some_and(|(receiver, name)| is_logger(receiver) && LOGGED.contains(&name))
        {
            return Ok(());
        }
        if call.is_qualified("print") || call.is_qualified("warnings.warn") {
            return Ok(());
        }
        if matches!(
            call.builtin(),
            Some(
                "open"
                    | "input"
                    | "exec"
                    | "eval"
                    | "compile"
                    | "__import__"
                    | "globals"
                    | "locals"
            )
        ) {
            return Err(format!("`{}` reaches outside", call.text()));
        }
        match call.fact().map(|fact| (fact.effect, fact.sink.is_some())) {
            Some((Effect::Outside | Effect::Reads, _) | (_, true)) => {
                Err(format!("`{}` reaches outside", call.text()))
            }
            _ => Ok(()),
        }
    }

    fn name(&mut self, node: Node<'d>, in_region: bool) -> Result<(), String> {
        let Some(symbol) = node.symbol() else {
            return Ok(());
        };
        if is_annotation(node) {
            return Ok(());
        }
        if symbol.is_unbound() {
            return match node.builtin() {
                Some(_) => Ok(()),
                None => Err(format!("`{}` is bound nowhere", symbol.name())),
            };
        }
        match symbol.scope_kind() {
            ScopeKind::Comprehension | ScopeKind::Lambda => Ok(()),
            ScopeKind::Module => self.need(symbol),
            ScopeKind::Class => Err(format!("`{}` belongs to a class body", symbol.name())),
            ScopeKind::Function if in_region => self.local(node, symbol),
            ScopeKind::Function => Ok(()),
        }
    }

    /// A name of the function: set inside, begun right before, or an input.
    fn local(&mut self, node: Node<'d>, symbol: Symbol<'d>) -> Result<(), String> {
        let name = symbol.name();
        if self
            .begun
            .iter()
            .any(|line| line.starts_with(&format!("{name} = ")))
        {
            return Ok(());
        }
        let inside = |span: Span| self.region.holds(span);
        let owner = symbol.owner();
        if inside(owner.span()) && owner.kind() == Kind::Function {
            return Ok(());
        }
        let outside: Vec<_> = (node.reaching().into_iter())
            .filter(|binding| !inside(binding.target().span()))
            .collect();
        if outside.is_empty() {
            return Ok(());
        }
        if let [binding] = outside.as_slice() {
            if binding.kind() == BindingKind::Function {
                return Err(format!("`{name}` is a function inside the function"));
            }
            let owner = binding.owner();
            let plain =
                binding.kind() == BindingKind::Assigned && binding.target().parent() == Some(owner);
            if let Some(value) = owner
                .assigned_value()
                .filter(|value| plain && is_beginning(*value))
                .filter(|_| !self.is_filled_before(symbol))
            {
                for part in value.subtree().collect::<Vec<_>>() {
                    self.look(part, false)?;
                }
                self.begun.push(format!("{name} = {}", value.source()));
                return Ok(());
            }
        }
        self.inputs.entry(name.to_owned()).or_default().push(node);
        Ok(())
    }

    /// Whether something before the region changes what the name stands for: then its first value says nothing.
    fn is_filled_before(&self, symbol: Symbol<'d>) -> bool {
        let start = self.region.span().start;
        symbol.uses().any(|each| {
            each.span().start < start
                && matches!(
                    each.role().role,
                    Role::Mutates | Role::Stores | Role::Escapes | Role::Aliases
                )
        })
    }

    /// A name of the module: imported, a constant, a function.
    fn need(&mut self, symbol: Symbol<'d>) -> Result<(), String> {
        let name = symbol.name();
        if self.needed.contains_key(name) {
            return Ok(());
        }
        if self.needed.len() >= NEEDS_MAX {
            return Err("it needs too much of the module".into());
        }
        if name == "logger" || name == "log" || name == "_logger" || name == "LOG" {
            self.keep(name, format!("{name} = _Quiet()"));
            return Ok(());
        }
        let Some(binding) = symbol.single_binding() else {
            return Err(format!("the module sets `{name}` in several places"));
        };
        let owner = binding.owner();
        match binding.kind() {
            BindingKind::Imported => {
                let text = self.import(owner)?;
                self.keep(name, text);
                Ok(())
            }
            BindingKind::Function => self.function(name, owner),
            BindingKind::Assigned if binding.target().parent() == Some(owner) => {
                let Some(value) = owner.assigned_value() else {
                    return Err(format!("nothing is known of `{name}`"));
                };
                self.needed.insert(name.to_owned(), String::new());
                for part in value.subtree().collect::<Vec<_>>() {
                    self.look(part, false)?;
                }
                self.keep(name, format!("{name} = {}", value.source()));
                Ok(())
            }
            BindingKind::Class => Err(format!("`{name}` is a class of the program")),
            _ => Err(format!("nothing is known of `{name}`")),
        }
    }

    fn keep(&mut self, name: &str, text: String) {
        self.needed.insert(name.to_owned(), text);
        self.order.push(name.to_owned());
    }

    fn function(&mut self, name: &str, owner: Node<'d>) -> Result<(), String> {
        let AnyNodeRef::StmtFunctionDef(function) = owner.ast() else {
            return Err(format!("nothing is known of `{name}`"));
        };
        if !function.decorator_list.is_empty() || function.is_async {
            return Err(format!("`{name}` is decorated or asynchronous"));
        }
        // Known before its body is looked at: it may call itself.
        self.needed.insert(name.to_owned(), String::new());
        for part in owner.subtree().collect::<Vec<_>>() {
            self.look(part, false)?;
        }
        self.keep(name, dedented(owner.source(), indent_of(owner)));
        Ok(())
    }

    fn import(&mut self, owner: Node<'d>) -> Result<String, String> {
        let owner = owner.statement();
        let modules: Vec<&str> = match owner.ast() {
            AnyNodeRef::StmtImport(each) => {
                each.names.iter().map(|name| name.name.as_str()).collect()
            }
            AnyNodeRef::StmtImportFrom(each) if each.level == 0 => {
                each.module.iter().map(|module| module.as_str()).collect()
            }
            _ => {
                return Err(format!(
                    "it needs another module of the program: `{}`",
                    owner.text()
                ));
            }
        };
        for module in modules {
            let root = module.split('.').next().unwrap_or(module);
            if !MODULES.contains(&root) && !MORE_MODULES.contains(&root) {
                return Err(format!("it needs the module `{module}`"));
            }
        }
        Ok(dedented(owner.source(), indent_of(owner)))
    }

    fn kernel(self, edits: &[Edit]) -> Result<Kernel, String> {
        let span = self.region.span();
        let text = self.document.source.slice(span);
        let indent = indent_of(self.region.first);
        let mut prelude = String::from(PRELUDE);
        for name in &self.order {
            if let Some(text) = self.needed.get(name) {
                prelude += text;
                prelude.push('\n');
            }
        }
        let mut inside = Vec::new();
        for edit in edits {
            if is_import(edit) {
                prelude += edit.text.trim();
                prelude.push('\n');
            } else {
                let at = |at: u32| at - span.start;
                inside.push(Edit {
                    span: Span::new(at(edit.span.start), at(edit.span.end)),
                    text: edit.text.clone(),
                });
            }
        }
        let fix = looplint_model::Fix {
            title: String::new(),
            edits: inside,
            safety: looplint_model::Safety::Guidance,
        };
        let Some(after) = fix.apply(text) else {
            return Err("the edits of the fix do not fit".into());
        };
        let mut inputs = Vec::new();
        for (name, uses) in &self.inputs {
            let Some(first) = uses.first() else { continue };
            let shape = first
                .shape(uses, 0)
                .map_err(|why| format!("`{name}`: {why}"))?;
            inputs.push((name.clone(), shape));
        }
        let function = |body: &str| self.text(&dedented(body, indent), &inputs);
        Ok(Kernel {
            before: function(text),
            after: function(&after),
            prelude,
            inputs,
        })
    }

    fn text(&self, body: &str, inputs: &[(String, Shape)]) -> String {
        let names: Vec<&str> = inputs.iter().map(|(name, _)| name.as_str()).collect();
        let mut text = format!("def run({}):\n", names.join(", "));
        let mut push = |line: &str| {
            text.push_str("    ");
            text.push_str(line);
            text.push('\n');
        };
        for line in &self.begun {
            push(line);
        }
        // A line that goes on inside a string keeps its own beginning.
        for line in body.lines() {
            push(line);
        }
        let mut given: BTreeSet<&str> = self.set.iter().map(String::as_str).collect();
        given.extend(
            self.begun
                .iter()
                .filter_map(|line| line.split(" = ").next()),
        );
        let given: Vec<String> = given.iter().map(|name| format!("{name:?}")).collect();
        push(&format!("return _state(locals(), [{}])", given.join(", ")));
        text
    }
}

/// What every kernel has.
const PRELUDE: &str = "\
from __future__ import annotations
class _Quiet:
    def __getattr__(self, name): return lambda *a, **k: None
def print(*a, **k): pass
def _state(space, names): return [space.get(name) for name in names]
";

fn is_logger(receiver: Node<'_>) -> bool {
    let text = receiver.source();
    let last = text.rsplit('.').next().unwrap_or(text);
    matches!(
        last,
        "logger" | "log" | "_logger" | "LOG" | "logging" | "warnings"
    )
}

/// Whether an assigned value is what something begins as: a literal, an empty collection.
fn is_beginning(value: Node<'_>) -> bool {
    match value.ast() {
        AnyNodeRef::ExprCall(call) => {
            let empty = call.arguments.args.is_empty() && call.arguments.keywords.is_empty();
            let name = value.qualified_name().unwrap_or_default();
            let factory = matches!(
                name.as_str(),
                "collections.defaultdict" | "collections.deque" | "collections.Counter"
            );
            let made = matches!(
                name.as_str(),
                "list" | "dict" | "set" | "str" | "bytearray" | "collections.OrderedDict"
            );
            made && empty || factory && call.arguments.args.iter().all(Expr::is_name_expr)
        }
        AnyNodeRef::ExprList(_)
        | AnyNodeRef::ExprDict(_)
        | AnyNodeRef::ExprSet(_)
        | AnyNodeRef::ExprTuple(_) => value
            .subtree()
            .all(|part| part == value || part.kind() == Kind::Literal),
        AnyNodeRef::ExprUnaryOp(each) => each.operand.is_number_literal_expr(),
        _ => value.kind() == Kind::Literal,
    }
}

/// Whether a name is only read by type checkers.
fn is_annotation(node: Node<'_>) -> bool {
    let mut inside = node;
    for above in node.ancestors() {
        match above.ast() {
            AnyNodeRef::StmtAnnAssign(each) => return above.at(&*each.annotation) == inside,
            AnyNodeRef::Parameter(each) => {
                return each
                    .annotation
                    .as_ref()
                    .is_some_and(|each| above.at(&**each) == inside);
            }
            AnyNodeRef::StmtFunctionDef(each) => {
                return each
                    .returns
                    .as_ref()
                    .is_some_and(|each| above.at(&**each) == inside);
            }
            _ if above.ast().is_statement() => return false,
            _ => inside = above,
        }
    }
    false
}

/// The blanks before a statement.
fn indent_of(statement: Node<'_>) -> usize {
    let text = &statement.document().source.text;
    let start = statement.span().start as usize;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    text[line..start]
        .bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

/// Lines without the first `indent` blanks.
fn dedented(text: &str, indent: usize) -> String {
    let line = |line: &str| {
        let blanks = line
            .bytes()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        line[blanks.min(indent)..].to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
