//! What is a handful by its nature, whatever the input: what somebody wrote out by hand at one place.
//!
//! Knows argument lists, bases and fields of classes, axes of arrays, settings, layers of networks, members of enums, and
//! loops that try again, trim or look for a free name. Does not know what a program is run with.

use ruff_python_ast::{self as ast, AnyNodeRef, CmpOp, Expr, Operator, Stmt};

use crate::effects::Role;
use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;
use crate::scope::BindingKind;

/// How many a handful is taken to be.
pub(crate) const HANDFUL: u64 = 8;

/// Attributes that hold what a class, a function or the shape of an array was written with.
const ATTRIBUTES: [&str; 17] = [
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

/// Names of the library for the same, and for how the interpreter was started.
const LIBRARY: [&str; 7] = [
    "sys.argv",
    "sys.path",
    "sys.meta_path",
    "sys.path_hooks",
    "sys.orig_argv",
    "sys.version_info",
    "sys.exc_info",
];

/// Functions that give the parts of a signature, a class or a command line.
const FUNCTIONS: [&str; 10] = [
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
                by_name || matches!(self.method(), Some((_, "mro")))
            }
            _ => false,
        };
        is_handful.then_some(HANDFUL)
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
            BindingKind::Imported => self.role().role == Role::Iterates && is_class_name(name),
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
        let made = match value.symbol().and_then(|symbol| symbol.single_binding()) {
            Some(binding) => binding.owner().assigned_value(),
            None => Some(value),
        };
        made.is_some_and(|made| {
            made.is_qualified("inspect.signature")
                || made.qualified_name().as_deref() == Some("inspect.signature")
        })
    }

    /// `self.stages` or `config.depths` of a network: as many as its author configured, and each does so much work
    /// that the loop over them is none that costs.
    fn is_network_part(self, value: Node<'d>) -> bool {
        if !NETWORKS.iter().any(|name| self.document.imports(name)) {
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

impl<'d> Loop<'d> {
    /// Whether the loop is not over data: it tries again, trims to a limit, or looks for a name that is free.
    pub(crate) fn turns_a_few_times(self) -> bool {
        match self.node().ast() {
            AnyNodeRef::StmtFor(each) if self.kind() == LoopKind::For => self.tries_again(each),
            AnyNodeRef::StmtWhile(each) => {
                trims(self.node(), each)
                    || looks_for_free(self.node(), each)
                    || divides(self.node(), each)
            }
            _ => false,
        }
    }

    /// `for _ in range(retries)` around a `try`, left at the first success.
    fn tries_again(self, each: &'d ast::StmtFor) -> bool {
        let node = self.node();
        if node.at(&*each.iter).builtin() != Some("range") {
            return false;
        }
        let catches = each
            .body
            .iter()
            .any(|statement| matches!(statement, Stmt::Try(one) if !one.handlers.is_empty()));
        let target = node.at(&*each.target).symbol();
        // The number of the attempt is at most told or waited by.
        let is_number_used = || {
            target.is_some_and(|symbol| {
                symbol.uses().any(|place| {
                    let says = |above: Node<'d>| {
                        matches!(above.kind(), Kind::FString | Kind::Compare | Kind::BinOp)
                    };
                    node.contains(place) && !place.ancestors().take(3).any(says)
                })
            })
        };
        catches && self.is_left_early() && !is_number_used()
    }
}

/// `while len(xs) > limit: xs.pop(0)`: what is one too many goes.
fn trims<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    let Expr::Compare(compare) = &*each.test else {
        return false;
    };
    let ([op], [right]) = (&*compare.ops, &*compare.comparators) else {
        return false;
    };
    let (measured, limit) = match op {
        CmpOp::Gt | CmpOp::GtE => (node.at(&*compare.left), node.at(right)),
        CmpOp::Lt | CmpOp::LtE => (node.at(right), node.at(&*compare.left)),
        _ => return false,
    };
    let drains = limit.constant_int().is_some_and(|limit| limit <= 1);
    measured.builtin() == Some("len")
        && !drains
        && each.body.iter().all(|statement| takes_one(node, statement))
}

fn takes_one<'d>(node: Node<'d>, statement: &'d Stmt) -> bool {
    match statement {
        Stmt::Expr(call) => matches!(
            node.at(&*call.value).method(),
            Some((_, "pop" | "popleft" | "popitem" | "remove" | "discard"))
        ),
        Stmt::Delete(_) => true,
        Stmt::Assign(each) => match (&*each.value, each.targets.as_slice()) {
            (Expr::Subscript(cut), [target]) => {
                cut.slice.is_slice_expr()
                    && node.at(&*cut.value).source() == node.at(target).source()
            }
            _ => false,
        },
        _ => false,
    }
}

/// `while name in names: name += "_"`: the first name or number that is free is near.
fn looks_for_free<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    let test = node.at(&*each.test);
    let asked: Vec<Node<'d>> = test
        .subtree()
        .filter_map(|part| match part.ast() {
            AnyNodeRef::ExprCompare(compare) => match &*compare.ops {
                [CmpOp::In] => Some(part.at(&*compare.left)),
                [CmpOp::Gt | CmpOp::GtE | CmpOp::NotEq] => {
                    let counts = part.at(&*compare.left);
                    matches!(counts.method(), Some((_, "count"))).then(|| counts.argument(0, ""))?
                }
                _ => None,
            },
            _ => None,
        })
        .collect();
    let mentions = |target: Node<'d>| asked.iter().any(|one| one.mentions(target));
    let mut changes = false;
    let plain = each.body.iter().all(|statement| {
        let (target, value) = match statement {
            Stmt::Assign(one) => match one.targets.as_slice() {
                [target] => (node.at(target), node.at(&*one.value)),
                _ => return false,
            },
            Stmt::AugAssign(one) => (node.at(&*one.target), node.at(&*one.value)),
            _ => return false,
        };
        if target.kind() == Kind::Name && mentions(target) {
            changes = true;
        }
        is_made_up(value)
    });
    changes && plain
}

/// `while n: n //= 10`, `while path: path, name = os.path.split(path)`: as many turns as there are digits or folders.
fn divides<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    let test = node.at(&*each.test);
    let asked: Vec<&str> = test
        .subtree()
        .filter(|part| part.kind() == Kind::Name)
        .map(Node::source)
        .collect();
    let is_asked = |target: &Expr| match target {
        Expr::Tuple(pair) => pair
            .elts
            .iter()
            .any(|one| asked.contains(&node.at(one).source())),
        one => asked.contains(&node.at(one).source()),
    };
    each.body.iter().any(|statement| match statement {
        Stmt::AugAssign(one) => {
            matches!(one.op, Operator::FloorDiv | Operator::RShift) && is_asked(&one.target)
        }
        Stmt::Assign(one) => {
            let [target] = one.targets.as_slice() else {
                return false;
            };
            let value = node.at(&*one.value);
            let cuts = match value.ast() {
                AnyNodeRef::ExprBinOp(each) => {
                    matches!(each.op, Operator::FloorDiv | Operator::RShift)
                }
                AnyNodeRef::ExprCall(_) => ["divmod", "os.path.split", "os.path.dirname"]
                    .iter()
                    .any(|name| value.is_qualified(name)),
                _ => false,
            };
            cuts && is_asked(target)
                && value
                    .subtree()
                    .any(|part| part.kind() == Kind::Name && asked.contains(&part.source()))
        }
        _ => false,
    })
}

/// Whether a value is put together here, and not read from somewhere.
fn is_made_up(value: Node<'_>) -> bool {
    value.subtree().all(|part| match part.ast() {
        AnyNodeRef::ExprSubscript(each) => each.slice.is_slice_expr(),
        AnyNodeRef::ExprAttribute(each) => each.attr.as_str() == "format",
        AnyNodeRef::ExprCall(_) => {
            part.builtin().is_some_and(|name| {
                matches!(
                    name,
                    "str" | "next" | "len" | "min" | "chr" | "int" | "repr"
                )
            }) || matches!(part.method(), Some((_, "format")))
        }
        _ => true,
    })
}

/// `Color` and not `COLORS`.
fn is_class_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
}
