//! What imported and builtin names stand for.
//!
//! Knows imports, aliases and star imports. Does not know what is in other modules.

use ruff_python_ast::{AnyNodeRef, Expr};

use crate::document::Document;
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::{BindingKind, Symbol};

/// Folders above a file that may say that it is one of tests.
const FOLDERS_MAX: usize = 4;

/// Modules whose `import *` replaces builtins such as `sum` and `any`.
const STARS_THAT_SHADOW: [&str; 10] = [
    "numpy", "pylab", "scipy", "sympy", "torch", "jax", "pyspark", "cupy", "gmpy2", "sage",
];

/// Builtins that such imports replace.
const SHADOWED: [&str; 14] = [
    "sum", "min", "max", "any", "all", "abs", "round", "pow", "sorted", "filter", "map", "range",
    "zip", "len",
];

impl<'d> Node<'d> {
    /// What a name or a chain of attributes stands for, by its qualified name: `numpy.array` for `np.array` after
    /// `import numpy as np`, `len` for the builtin. For a call, that of the function.
    /// None for anything that the program defines itself. A relative import begins with a dot.
    pub fn qualified_name(self) -> Option<String> {
        match self.ast() {
            AnyNodeRef::ExprName(name) => {
                self.document.qualified_of(self.symbol()?, name.id.as_str())
            }
            AnyNodeRef::ExprAttribute(attribute) => {
                let mut base = self.at(&*attribute.value).qualified_attribute_base()?;
                base.push('.');
                base.push_str(attribute.attr.as_str());
                Some(base)
            }
            // What a call gives has no name: `f()()` is not `f`.
            AnyNodeRef::ExprCall(call) if !call.func.is_call_expr() => {
                self.at(&*call.func).qualified_name()
            }
            _ => None,
        }
    }

    /// As [`Node::qualified_name`], but only names and attributes: `f().x` has none.
    fn qualified_attribute_base(self) -> Option<String> {
        matches!(self.kind(), Kind::Name | Kind::Attribute)
            .then(|| self.qualified_name())
            .flatten()
    }

    /// Whether it stands for the builtin `name`, or the imported `module.name`.
    pub fn is_qualified(self, name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name);
        let fits = match self.ast() {
            // An alias may have any name, so only plain builtins can be ruled out by the text.
            AnyNodeRef::ExprName(each) => name.contains('.') || each.id.as_str() == last,
            AnyNodeRef::ExprAttribute(each) => each.attr.as_str() == last,
            AnyNodeRef::ExprCall(call) if !call.func.is_call_expr() => {
                return self.at(&*call.func).is_qualified(name);
            }
            _ => false,
        };
        fits && self.qualified_name().as_deref() == Some(name)
    }

    /// The name of the builtin function or class that it stands for, for a call that of the function.
    pub fn builtin(self) -> Option<&'d str> {
        let name = match self.ast() {
            AnyNodeRef::ExprCall(call) => self.at(&*call.func),
            _ => self,
        };
        let AnyNodeRef::ExprName(each) = name.ast() else {
            return None;
        };
        let symbol = name.symbol()?;
        (symbol.is_unbound() && !self.document.may_be_shadowed(each.id.as_str()))
            .then_some(each.id.as_str())
    }
}

impl<'d> Document<'d> {
    /// The qualified name of what is imported as `symbol`, or of a builtin.
    pub(crate) fn qualified_of(&'d self, symbol: Symbol<'d>, name: &str) -> Option<String> {
        if symbol.is_unbound() {
            return (!self.may_be_shadowed(name)).then(|| name.to_owned());
        }
        let mut found: Option<String> = None;
        for binding in symbol.bindings() {
            // `try: import x / except ImportError: x = None` still means x.
            let is_fallback = binding.kind() == BindingKind::Assigned
                && matches!(binding.owner().ast(), AnyNodeRef::StmtAssign(each) if matches!(&*each.value, Expr::NoneLiteral(_)));
            if is_fallback {
                continue;
            }
            if binding.kind() != BindingKind::Imported {
                return None;
            }
            let import = imported(binding.target(), binding.owner())?;
            match &found {
                None => found = Some(import),
                Some(before) if *before == import => {}
                // Two homes of one thing: the first is as good.
                Some(before) if before.rsplit('.').next() == import.rsplit('.').next() => {}
                Some(_) => return None,
            }
        }
        found
    }

    pub(crate) fn may_be_shadowed(&'d self, name: &str) -> bool {
        !self.index.stars.is_empty()
            && SHADOWED.contains(&name)
            && self
                .index
                .stars
                .iter()
                .any(|star| match self.at(*star).ast() {
                    AnyNodeRef::StmtImportFrom(each) => each
                        .module
                        .as_ref()
                        .and_then(|module| module.as_str().split('.').next())
                        .is_some_and(|module| STARS_THAT_SHADOW.contains(&module)),
                    _ => false,
                })
    }

    /// Whether the module imports `module` or something of it, anywhere.
    pub fn imports(&'d self, module: &str) -> bool {
        let of = |name: &str| {
            name == module
                || name
                    .strip_prefix(module)
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        self.memo
            .imports
            .get_or_init(|| self.imported_modules())
            .iter()
            .any(|name| of(name))
    }

    /// Whether the module imports one of `modules` or something of it, anywhere.
    pub(crate) fn imports_any(&'d self, modules: &[&str]) -> bool {
        modules.iter().any(|module| self.imports(module))
    }

    /// Whether the file is one of a Django project: it imports Django, or asks `objects` of a class that it has from a module
    /// `models`. MongoEngine calls `objects` itself.
    pub(crate) fn is_of_django(&'d self) -> bool {
        *self.memo.of_django.get_or_init(|| {
            let asks_model = |each: Node<'d>| {
                let name = each.qualified_name().unwrap_or_default();
                let mut parts = name.rsplit('.').skip(1);
                let is_class = parts
                    .next()
                    .is_some_and(|class| class.starts_with(char::is_uppercase));
                let is_called = each.parent().is_some_and(|call| call.calls(each));
                is_class && parts.next() == Some("models") && !is_called
            };
            self.imports("django")
                || !self.imports_any(&["mongoengine", "flask_mongoengine"])
                    && self.attributes_of("objects").any(asks_model)
        })
    }

    /// Whether the file holds tests or what helps them: by its name, its folder, or because it imports what runs tests.
    /// Loops there run on data that somebody wrote by hand.
    pub(crate) fn is_of_tests(&'d self) -> bool {
        *self.memo.of_tests.get_or_init(|| {
            let mut parts = self.source.name.rsplit('/');
            let file = parts.next().unwrap_or_default();
            let stem = file.split('.').next().unwrap_or_default();
            let by_name =
                stem.starts_with("test_") || stem.ends_with("_test") || stem == "conftest";
            // Folders further up say where somebody works.
            let mut folders = parts.take(FOLDERS_MAX);
            by_name
                || folders.any(|folder| matches!(folder, "tests" | "test"))
                || self.of_kind(Kind::Import).any(runs_tests)
        })
    }

    fn imported_modules(&'d self) -> Vec<&'d str> {
        let mut modules = Vec::new();
        for node in self.of_kind(Kind::Import) {
            match node.ast() {
                AnyNodeRef::StmtImport(each) => {
                    modules.extend(each.names.iter().map(|alias| alias.name.as_str()));
                }
                AnyNodeRef::StmtImportFrom(each) if each.level == 0 => {
                    modules.extend(each.module.as_ref().map(|module| module.as_str()));
                }
                _ => {}
            }
        }
        modules
    }
}

/// Whether a module begins by importing pytest or unittest; a module that can test itself imports it at its end.
fn runs_tests(import: Node<'_>) -> bool {
    let is_one = |name: &str| matches!(name, "pytest" | "unittest");
    let imports = match import.ast() {
        AnyNodeRef::StmtImport(each) => each.names.iter().any(|alias| is_one(alias.name.as_str())),
        AnyNodeRef::StmtImportFrom(each) => {
            each.level == 0
                && each
                    .module
                    .as_ref()
                    .is_some_and(|module| is_one(module.as_str()))
        }
        _ => false,
    };
    imports && import.parent() == Some(import.document().module())
}

/// The qualified name that an import's alias binds.
fn imported(alias: Node<'_>, owner: Node<'_>) -> Option<String> {
    let AnyNodeRef::Alias(alias) = alias.ast() else {
        return None;
    };
    match owner.ast() {
        AnyNodeRef::StmtImportFrom(each) => {
            let mut name = ".".repeat(each.level as usize);
            if let Some(module) = &each.module {
                name.push_str(module.as_str());
                name.push('.');
            }
            name.push_str(alias.name.as_str());
            Some(name)
        }
        // `import a.b` binds `a`; `import a.b as c` binds `a.b`.
        _ if alias.asname.is_some() => Some(alias.name.as_str().to_owned()),
        _ => alias.name.as_str().split('.').next().map(str::to_owned),
    }
}
