//! What is a handful by its nature, whatever the input: what somebody wrote out by hand at one place.
//!
//! Knows argument lists, bases and fields of classes, axes of arrays, settings, layers of networks, members of enums, parts
//! of paths, options and what is called like one of these. Does not know what a program is run with.

use ruff_python_ast::{self as ast, AnyNodeRef, Expr};

use crate::document::Document;
use crate::effects::Role;
use crate::few;
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::{Binding, BindingKind};
use crate::types::Type;

/// How many a handful is taken to be.
pub(crate) const HANDFUL: u64 = 8;

/// Attributes that hold what a class, a function or the shape of an array was written with.
const ATTRIBUTES: [&str; 18] = [
    "__members__",
    "__mro__",
    "__bases__",
    "__orig_bases__",
    "__slots__",
    "__annotations__",
    "__dataclass_fields__",
    "__args__",
    "__parameters__",
    "__type_params__",
    "__match_args__",
    "__defaults__",
    "__kwdefaults__",
    "__constraints__",
    "_fields",
    "model_fields",
    "shape",
    "ndim",
];

/// Names of the library for the same, for how the interpreter was started, and for its own words.
const LIBRARY: [&str; 9] = [
    "keyword.kwlist",
    "keyword.softkwlist",
    "sys.argv",
    "sys.path",
    "sys.meta_path",
    "sys.path_hooks",
    "sys.orig_argv",
    "sys.version_info",
    "sys.exc_info",
];

/// Functions that give the parts of a signature, a class or a command line.
const FUNCTIONS: [&str; 13] = [
    "importlib.metadata.entry_points",
    "importlib_metadata.entry_points",
    "pkg_resources.iter_entry_points",
    "inspect.getmro",
    "inspect.get_annotations",
    "dataclasses.fields",
    "typing.get_type_hints",
    "typing.get_args",
    "typing_extensions.get_type_hints",
    "typing_extensions.get_args",
    "getopt.getopt",
    "getopt.gnu_getopt",
    "os.path.split",
];

/// What separates the parts of a path, a dotted name, a version or a pair: there are as many parts as somebody wrote.
const SEPARATORS: [&str; 9] = [".", "/", "\\", "::", "-", "_", "=", "@", "=="];

/// The same by name.
const NAMED_SEPARATORS: [&str; 2] = ["os.sep", "os.path.sep"];

/// Libraries whose modules are networks of layers.
const NETWORKS: [&str; 3] = ["torch", "tensorflow", "flax"];

impl<'d> Node<'d> {
    /// About how many, where it is a handful by its nature.
    pub(crate) fn handful(self) -> Option<u64> {
        let is_handful = match self.ast() {
            AnyNodeRef::ExprName(name) => self.names_handful(name.id.as_str()),
            AnyNodeRef::ExprAttribute(each) => self.holds_handful(each),
            AnyNodeRef::ExprCall(_) => {
                let by_name = self
                    .qualified_name()
                    .is_some_and(|name| FUNCTIONS.contains(&name.as_str()));
                by_name
                    || match self.method() {
                        Some((_, "mro" | "__subclasses__")) => true,
                        Some((_, "split" | "rsplit")) => self.splits_in_parts(),
                        _ => false,
                    }
            }
            _ => false,
        };
        is_handful.then_some(HANDFUL)
    }

    /// Whether it is called like what is a handful: `column_names`, `record["columns"]`, `commit.parents`.
    pub(crate) fn is_few_by_name(self) -> bool {
        match self.ast() {
            AnyNodeRef::ExprName(_) => {
                let Some(symbol) = self.symbol() else {
                    return false;
                };
                // Fields of a schema are asked of something; a line that was split has fields too.
                let is_schema = !matches!(symbol.name(), "fields" | "flags");
                is_schema && few::is_few(symbol.name()) && !symbol.bindings().any(is_made_of_many)
                    || self.is_short_text()
                    || symbol.single_binding().is_some_and(is_option)
            }
            AnyNodeRef::ExprAttribute(each) => {
                let name = each.attr.as_str();
                // A list of such a name of one's own may be that of all nodes.
                few::is_few(name)
                    || name == "parents"
                    || few::is_constant(name)
                        && matches!(self.role().role, Role::Iterates | Role::Contains)
            }
            AnyNodeRef::ExprCall(_) => match self.method() {
                Some((_, "get" | "pop")) => self.argument(0, "").is_some_and(Node::is_key_of_few),
                // A network has thousands of them.
                Some((_, "parameters" | "named_parameters")) => false,
                Some((_, name)) => few::is_few(name) || name == "parents",
                None => false,
            },
            // `valid_units["px"]`: each of several lists of what is meant is one.
            AnyNodeRef::ExprSubscript(each) => {
                self.at(&*each.slice).is_key_of_few()
                    || matches!(&*each.value, Expr::Name(name) if few::is_listed(name.id.as_str()))
            }
            _ => false,
        }
    }

    /// A path or a pattern: a text, or bytes, that is a line at most.
    pub(crate) fn is_short_text(self) -> bool {
        matches!(self.ast(), AnyNodeRef::ExprName(name) if few::is_short_text(name.id.as_str()))
            && !matches!(
                self.ty().without_none(),
                Type::List(_) | Type::Tuple(_) | Type::TupleOf(_) | Type::Dict(..)
            )
    }

    /// The same of a number: `n_layers`.
    pub(crate) fn is_few_number_by_name(self) -> bool {
        few::is_few_of(self.last_name())
    }

    /// About how many a number is that is one of a handful: `x.ndim`.
    pub(crate) fn handful_number(self) -> Option<u64> {
        let is_one = match self.ast() {
            AnyNodeRef::ExprName(name) => self.names_handful(name.id.as_str()),
            AnyNodeRef::ExprAttribute(each) => self.holds_handful(each),
            _ => false,
        };
        is_one.then_some(HANDFUL)
    }

    /// Whether a text is split where the parts of a path or a dotted name are.
    fn splits_in_parts(self) -> bool {
        let Some(by) = self.argument(0, "sep") else {
            return false;
        };
        if let AnyNodeRef::ExprBytesLiteral(each) = by.ast() {
            let bytes: Vec<u8> = each.value.bytes().collect();
            return SEPARATORS.iter().any(|one| one.as_bytes() == bytes);
        }
        by.constant_str().is_some_and(|by| SEPARATORS.contains(&by))
            || NAMED_SEPARATORS.iter().any(|name| by.is_qualified(name))
    }

    /// `record["columns"]`: a key that names a handful.
    fn is_key_of_few(self) -> bool {
        matches!(self.ast(), AnyNodeRef::ExprStringLiteral(each) if few::is_few(each.value.to_str()))
    }

    fn names_handful(self, name: &str) -> bool {
        let Some(binding) = self.symbol().and_then(|symbol| symbol.single_binding()) else {
            return false;
        };
        match binding.kind() {
            // What a call wrote out.
            BindingKind::Rest => !self.is_spread_to(binding.target()),
            BindingKind::Keywords => true,
            // Nothing but an enum can be gone through among classes.
            BindingKind::Imported => {
                self.role().role == Role::Iterates
                    && (is_class_name(name) || few::is_constant(name))
            }
            BindingKind::Assigned => {
                let Some(value) = binding.owner().assigned_value() else {
                    return false;
                };
                // `opts, args = getopt.getopt(..)`: one of several that a handful gives; `n = x.ndim`.
                let options = value.kind() == Kind::Call
                    && value
                        .qualified_name()
                        .is_some_and(|name| name.starts_with("getopt."));
                options
                    || matches!(value.ast(), AnyNodeRef::ExprAttribute(each) if each.attr.as_str() == "ndim")
            }
            _ => false,
        }
    }

    /// Whether a call in the module spreads a collection over the function's `*xs`, other than that itself.
    fn is_spread_to(self, rest: Node<'d>) -> bool {
        let Some(AnyNodeRef::StmtFunctionDef(function)) = rest.parent().map(Node::ast) else {
            return false;
        };
        let name = function.name.as_str();
        if rest.parent().and_then(Node::parent_class).is_some() {
            return false;
        }
        self.document.of_kind(Kind::Call).any(|call| {
            let spreads = |each: &'d Expr| match each {
                Expr::Starred(spread) => {
                    let of = call.at(&*spread.value);
                    of.kind() == Kind::Name && of.source() != rest.source().trim_start_matches('*')
                }
                _ => false,
            };
            match call.ast() {
                AnyNodeRef::ExprCall(each) => {
                    each.func.is_name_expr()
                        && call.called_name() == Some(name)
                        && each.arguments.args.iter().any(spreads)
                }
                _ => false,
            }
        })
    }

    fn holds_handful(self, each: &'d ast::ExprAttribute) -> bool {
        let name = each.attr.as_str();
        if ATTRIBUTES.contains(&name) {
            return true;
        }
        let value = self.at(&*each.value);
        if name == "parameters" {
            return self.is_signature(value);
        }
        if self.is_network_part(value) {
            return true;
        }
        let Some(qualified) = self.qualified_name() else {
            return false;
        };
        LIBRARY.contains(&qualified.as_str())
            || qualified.starts_with("django.conf.settings.")
            || self.role().role == Role::Iterates && is_class_name(name)
    }

    /// `inspect.signature(f)`, or a name for it; `sig` is one by convention.
    fn is_signature(self, value: Node<'d>) -> bool {
        if value.source().ends_with("sig") || value.source().ends_with("signature") {
            return true;
        }
        let made = value.only_value().unwrap_or(value);
        made.is_qualified("inspect.signature")
            || made.qualified_name().as_deref() == Some("inspect.signature")
    }

    /// `self.stages` or `config.depths` of a network: as many as its author configured, and each does so much work
    /// that the loop over them is none that costs.
    fn is_network_part(self, value: Node<'d>) -> bool {
        if !self.document.is_of_networks() {
            return false;
        }
        match value.source() {
            "config" | "self.config" => true,
            "self" => self.class().is_some_and(|class| {
                class.children().any(|child| {
                    matches!(child.ast(), AnyNodeRef::StmtFunctionDef(each) if matches!(each.name.as_str(), "forward" | "call"))
                })
            }),
            _ => false,
        }
    }
}

impl<'d> Document<'d> {
    /// Whether the file is about networks of layers.
    pub(crate) fn is_of_networks(&'d self) -> bool {
        self.imports_any(&NETWORKS)
    }
}

/// A parameter that is a handful where it is not given, or that picks some by hand: `how=("a", "b")`, `exclude=()`.
fn is_option(binding: Binding<'_>) -> bool {
    if binding.kind() != BindingKind::Parameter {
        return false;
    }
    binding.target().default_value().is_some_and(|default| {
        few::is_pick(binding.symbol().name())
            || default.children().next().is_some() && default.extent().is_bounded()
    })
}

/// `levels = [0] * n`, `columns = [.. for .. in range(n)]`: what the value says goes before what the name says.
fn is_made_of_many(binding: Binding<'_>) -> bool {
    let Some(value) = binding.owner().assigned_value() else {
        return false;
    };
    match value.ast() {
        AnyNodeRef::ExprBinOp(each) => each.op == ast::Operator::Mult,
        AnyNodeRef::ExprListComp(each) => each
            .generators
            .iter()
            .any(|clause| value.at(&clause.iter).builtin() == Some("range")),
        _ => false,
    }
}

/// `Color` and not `COLORS`.
fn is_class_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
}
