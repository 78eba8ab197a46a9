//! What is searched and small in practice, whatever its name: what somebody hands in as a choice or declares.
//!
//! Knows optional parameters, attributes that keep a parameter of `__init__`, questions for what is written out, for classes
//! and for kinds, checks of what was handed in, and drawing. Does not know names: that is `few`, nor files: that
//! is `purpose`.

use ruff_python_ast::{AnyNodeRef, CmpOp, Expr, Stmt};

use crate::effects::Role;
use crate::few;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::scan::Scan;
use crate::scope::{Binding, BindingKind, Symbol};
use crate::size::BOUNDED_MAX;

/// What a function's name begins with that draws what it goes over: a mark takes thousands of comparisons.
const DRAWS: [&str; 4] = ["plot_", "_plot_", "draw_", "_draw_"];

impl<'d> Scan<'d> {
    /// Whether what the place asks for, or where it searches, says that there is little to search. Loops over data say
    /// otherwise: `for order in orders: if order.status in statuses`.
    pub(crate) fn is_among_few(&self, site: Node<'d>) -> bool {
        site.document().sees_little()
            || site.is_in_drawing()
            || few::is_of_declarations(self.object.last_name())
            || site.asked().is_some_and(Node::is_kind_or_written)
            || site.is_check()
            || self.object.is_choice() && !self.loops.iter().any(|each| goes_over_data(*each))
    }
}

impl<'d> Node<'d> {
    /// What a search looks for: `x` of `x in xs` and `xs.index(x)`.
    fn asked(self) -> Option<Node<'d>> {
        match self.ast() {
            AnyNodeRef::ExprCompare(compare) => Some(self.at(&*compare.left)),
            AnyNodeRef::ExprCall(_) => match self.method() {
                Some((_, "index" | "count" | "remove")) => self.argument(0, ""),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the function says that it draws.
    fn is_in_drawing(self) -> bool {
        self.function()
            .is_some_and(|function| match function.ast() {
                AnyNodeRef::StmtFunctionDef(each) => DRAWS
                    .iter()
                    .any(|start| each.name.as_str().starts_with(start)),
                _ => false,
            })
    }

    /// Whether it is a list or dict by what is done to it, and so nothing that a set can hold: `x.append(..)`, `x[i] = ..`.
    pub fn is_used_as_container(self) -> bool {
        self.kind() == Kind::Name
            && self.symbol().is_some_and(|symbol| {
                symbol
                    .uses()
                    .any(|each| match each.parent().map(Node::ast) {
                        Some(AnyNodeRef::ExprAttribute(one)) => matches!(
                            one.attr.as_str(),
                            "append" | "extend" | "insert" | "sort" | "reverse" | "setdefault"
                        ),
                        Some(AnyNodeRef::ExprSubscript(one)) => {
                            one.ctx.is_store() && each.at(&*one.value) == each
                        }
                        _ => false,
                    })
            })
    }

    /// Whether it is a number that a caller may leave out, and is then a few: `def mean(values, n=6)`.
    pub fn is_few_by_default(self) -> bool {
        let binding = self
            .symbol()
            .and_then(Symbol::single_binding)
            .filter(|one| one.kind() == BindingKind::Parameter);
        let default = binding.and_then(|one| one.target().default_value());
        default
            .and_then(Node::constant_int)
            .is_some_and(|n| n.unsigned_abs() <= BOUNDED_MAX)
    }

    /// Whether what was handed in is checked: `if name not in names: raise ..`, `assert name in names`. As many are given
    /// as somebody names.
    fn is_check(self) -> bool {
        if self.kind() != Kind::Compare {
            return false;
        }
        self.parent().is_some_and(|above| match above.ast() {
            AnyNodeRef::StmtAssert(_) => true,
            AnyNodeRef::StmtIf(each) => {
                let is_missing = matches!(self.ast(), AnyNodeRef::ExprCompare(compare) if *compare.ops == [CmpOp::NotIn]);
                is_missing
                    && above.at(&*each.test) == self
                    && matches!(each.body.last(), Some(Stmt::Raise(_)))
            }
            _ => false,
        })
    }

    /// A text that is written out is looked for among texts that somebody wrote; a class among classes, a kind among kinds.
    fn is_kind_or_written(self) -> bool {
        let is_class = |each: Node<'d>| {
            each.builtin() == Some("type") && each.kind() == Kind::Call
                || matches!(each.ast(), AnyNodeRef::ExprAttribute(one) if one.attr.as_str() == "__class__")
        };
        match self.ast() {
            AnyNodeRef::ExprStringLiteral(_) | AnyNodeRef::ExprBytesLiteral(_) => true,
            AnyNodeRef::ExprAttribute(each) => {
                is_class(self)
                    || is_class(self.at(&*each.value))
                    || few::is_kind(each.attr.as_str())
            }
            AnyNodeRef::ExprSubscript(each) => {
                matches!(&*each.slice, Expr::StringLiteral(key) if few::is_kind(key.value.to_str()))
            }
            AnyNodeRef::ExprName(name) => few::is_kind(name.id.as_str()),
            _ => is_class(self),
        }
    }

    /// Whether it is what a caller may choose or leave out, and is not filled here.
    fn is_choice(self) -> bool {
        match self.ast() {
            AnyNodeRef::ExprName(name) => {
                !few::is_of_data(name.id.as_str())
                    && self.symbol().is_some_and(Symbol::is_optional_parameter)
            }
            AnyNodeRef::ExprAttribute(each) => {
                let name = each.attr.as_str();
                !few::is_of_data(name) && self.keeps_parameter(name)
            }
            _ => false,
        }
    }

    /// `self.skipped`, to which `__init__` gives its parameter `skipped` and nothing of the module adds.
    fn keeps_parameter(self, name: &str) -> bool {
        let Some(class) = self.class().filter(|_| self.root().source() == "self") else {
            return false;
        };
        let stores = self.document.attribute_stores(class, name);
        let keeps = |store: &Node<'d>| {
            let is_init = store.function().is_some_and(|function| {
                matches!(function.ast(), AnyNodeRef::StmtFunctionDef(each) if each.name.as_str() == "__init__")
            });
            let value = store.statement().assigned_value();
            is_init && value.is_some_and(|value| value.copied().is_some_and(Symbol::is_parameter))
        };
        !stores.is_empty()
            && stores.iter().all(keeps)
            && !self
                .document
                .attributes_of(name)
                .any(|each| each.role().role == Role::Mutates)
    }

    /// The name that the value is, or is a copy of: `x`, `x or []`, `list(x)`, `[] if x is None else x`.
    fn copied(self) -> Option<Symbol<'d>> {
        match self.ast() {
            AnyNodeRef::ExprName(_) => self.symbol(),
            AnyNodeRef::ExprBoolOp(each) => self.at(each.values.first()?).copied(),
            AnyNodeRef::ExprIf(each) => {
                let other = || self.at(&*each.orelse).copied();
                self.at(&*each.body).copied().or_else(other)
            }
            AnyNodeRef::ExprCall(_) if matches!(self.builtin(), Some("list" | "tuple")) => {
                self.argument(0, "")?.copied()
            }
            AnyNodeRef::ExprList(each) => match each.elts.as_slice() {
                [Expr::Starred(one)] => self.at(&*one.value).copied(),
                [one] => self.at(one).copied(),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<'d> Symbol<'d> {
    fn is_parameter(self) -> bool {
        self.bindings()
            .any(|binding| binding.kind() == BindingKind::Parameter)
    }

    /// A parameter that may be left out, and that is neither given another value nor added to.
    fn is_optional_parameter(self) -> bool {
        let is_optional = |binding: Binding<'d>| {
            binding.kind() == BindingKind::Parameter && binding.target().default_value().is_some()
        };
        self.single_binding().is_some_and(is_optional) && !self.is_mutated()
    }
}

impl<'d> Loop<'d> {
    /// Whether the elements are there because no set or dict would hold them: `try: return list(dict.fromkeys(xs))`,
    /// `except TypeError: pass`, and only then the loop.
    pub fn goes_over_what_sets_refuse(self) -> bool {
        let (Some(iterable), Some(function)) = (self.iterable(), self.node().function()) else {
            return false;
        };
        let refuses = |call: Node<'d>| {
            let hashes = matches!(call.builtin(), Some("set" | "frozenset" | "hash"))
                || matches!(call.method(), Some((of, "fromkeys")) if of.source() == "dict");
            hashes
                && call
                    .argument(0, "")
                    .is_some_and(|of| of.source() == iterable.source())
        };
        let is_tried = |above: Node<'d>| match above.ast() {
            AnyNodeRef::StmtTry(each) => each
                .handlers
                .iter()
                .any(|handler| above.at(handler).source().starts_with("except TypeError")),
            AnyNodeRef::StmtWith(each) => each
                .items
                .iter()
                .any(|item| above.at(item).source().contains("suppress(TypeError")),
            _ => false,
        };
        function
            .subtree()
            .take_while(|part| *part != self.node())
            .filter(|part| part.kind() == Kind::Call && refuses(*part))
            .any(|call| {
                call.ancestors()
                    .take_while(|above| *above != function)
                    .any(is_tried)
            })
    }
}

/// Whether the loop goes over what is called data.
fn goes_over_data(each: Loop<'_>) -> bool {
    each.iterable().is_some_and(|iterable| {
        let name = iterable.size_name();
        few::is_of_data(name.rsplit('.').next().unwrap_or(&name))
    })
}
