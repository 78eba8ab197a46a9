//! How many items, or turns of a loop: a number where `count` finds one, a name in any case.
//!
//! Does not know what a program is run with; such a size has a name and no number.

use looplint_model::{Size, SizeOrigin};
use ruff_python_ast::{self as ast, AnyNodeRef, Expr, Number, UnaryOp};

use crate::count::DEPTH_MAX;
use crate::invariant::plain_value;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;

/// A collection of at most this many items costs no more than a constant.
pub const BOUNDED_MAX: u64 = 16;

/// So many are bounded where they are written out: a scan of them grows with nothing.
const WRITTEN_MAX: u64 = 64;

/// Most characters of a name in a Big-O.
const NAME_MAX: usize = 24;

/// The number of items of a collection, or of iterations of a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// At most this many, where that is known; about this many where [`Extent::origin`] is an assumption.
    pub bound: Option<u64>,
    /// How it is known; [`SizeOrigin::Assumed`] where it is not, or only the name says so.
    pub origin: SizeOrigin,
    /// What to call it in a Big-O: `orders`, `self.items`, `n`.
    pub name: String,
}

impl Extent {
    /// Whether it is so small, whatever the input, that it counts as constant.
    pub fn is_bounded(&self) -> bool {
        let most = match self.origin {
            SizeOrigin::Literal | SizeOrigin::Constant => WRITTEN_MAX,
            SizeOrigin::Assumed => return false,
            _ => BOUNDED_MAX,
        };
        self.bound.is_some_and(|n| n <= most)
    }

    /// Whether it is bounded, or so few by what it is called that comparing or copying all of them costs nothing:
    /// arguments, columns, plugins. What asks a database or unknown code for each of them still costs.
    pub fn is_small(&self) -> bool {
        self.is_bounded() || self.origin == SizeOrigin::Assumed && self.bound.is_some()
    }
}

impl<'d> Node<'d> {
    /// How many items a collection has; for a string its characters.
    pub fn extent(self) -> Extent {
        let count = self.count(0);
        Extent {
            bound: count.map(|count| count.n),
            origin: count.map_or(SizeOrigin::Assumed, |count| count.origin),
            name: self.size_name(),
        }
    }

    /// The size to state in a finding: as known, or as the settings assume.
    pub fn size(self) -> Size {
        match self.count(0) {
            Some(count) => Size {
                n: count.n,
                origin: count.origin,
            },
            None => Size {
                n: self.document.settings.assume_size,
                origin: SizeOrigin::Assumed,
            },
        }
    }

    /// What the size of this collection is called in a Big-O, in the program's own names.
    pub fn size_name(self) -> String {
        self.name_within(0)
    }

    fn name_within(self, depth: u32) -> String {
        if depth > DEPTH_MAX {
            return "n".into();
        }
        let part = |part: &Expr| self.at(part).name_within(depth + 1);
        match self.ast() {
            AnyNodeRef::ExprName(_) | AnyNodeRef::ExprAttribute(_) => {
                let text = self.source();
                let plain = text
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
                match plain && text.len() <= NAME_MAX {
                    true => text.to_owned(),
                    false => text
                        .rsplit('.')
                        .next()
                        .filter(|last| last.len() <= NAME_MAX)
                        .unwrap_or("n")
                        .to_owned(),
                }
            }
            AnyNodeRef::ExprCall(call) => {
                let passes = match self.builtin() {
                    Some("range") => {
                        let last = call.arguments.args.len().min(2).checked_sub(1);
                        last.and_then(|last| call.arguments.args.get(last))
                    }
                    Some(_) => call.arguments.args.first(),
                    None => None,
                };
                match (passes, self.method()) {
                    (Some(inner), _) => part(inner),
                    (
                        None,
                        Some((
                            receiver,
                            "items" | "keys" | "values" | "copy" | "split" | "splitlines" | "all"
                            | "strip",
                        )),
                    ) => receiver.name_within(depth + 1),
                    (None, Some((_, name))) => name.to_owned(),
                    (None, None) => part(&call.func),
                }
            }
            AnyNodeRef::ExprSubscript(each) => part(&each.value),
            AnyNodeRef::ExprListComp(each) => clause_name(self, &each.generators, depth),
            AnyNodeRef::ExprSetComp(each) => clause_name(self, &each.generators, depth),
            AnyNodeRef::ExprGenerator(each) => clause_name(self, &each.generators, depth),
            AnyNodeRef::ExprDictComp(each) => clause_name(self, &each.generators, depth),
            AnyNodeRef::ExprBinOp(each) => {
                let side = if self.at(&*each.left).constant_int().is_some() {
                    &each.right
                } else {
                    &each.left
                };
                part(side)
            }
            AnyNodeRef::ExprBoolOp(each) => each.values.first().map_or_else(|| "n".into(), part),
            AnyNodeRef::ExprIf(each) => part(&each.body),
            AnyNodeRef::ExprAwait(each) => part(&each.value),
            AnyNodeRef::ExprStarred(each) => part(&each.value),
            _ => "n".into(),
        }
    }

    /// The whole number that an expression is: written out, or a constant of the module.
    pub fn constant_int(self) -> Option<i64> {
        self.constant_int_within(0)
    }

    fn constant_int_within(self, depth: u32) -> Option<i64> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.ast() {
            AnyNodeRef::ExprNumberLiteral(each) => match &each.value {
                Number::Int(int) => int.as_i64(),
                _ => None,
            },
            AnyNodeRef::ExprUnaryOp(each) if each.op == UnaryOp::USub => self
                .at(&*each.operand)
                .constant_int_within(depth + 1)?
                .checked_neg(),
            AnyNodeRef::ExprBinOp(each) => {
                let left = self.at(&*each.left).constant_int_within(depth + 1)?;
                let right = self.at(&*each.right).constant_int_within(depth + 1)?;
                match each.op {
                    ast::Operator::Add => left.checked_add(right),
                    ast::Operator::Sub => left.checked_sub(right),
                    ast::Operator::Mult => left.checked_mul(right),
                    ast::Operator::FloorDiv => left.checked_div_euclid(right),
                    ast::Operator::Pow => left.checked_pow(u32::try_from(right).ok()?),
                    ast::Operator::LShift => left.checked_shl(u32::try_from(right).ok()?),
                    _ => None,
                }
            }
            AnyNodeRef::ExprName(_) => self.only_value()?.constant_int_within(depth + 1),
            _ => None,
        }
    }

    /// The string that an expression is: written out, or a constant of the module.
    pub fn constant_str(self) -> Option<&'d str> {
        match self.ast() {
            AnyNodeRef::ExprStringLiteral(each) => Some(each.value.to_str()),
            AnyNodeRef::ExprName(_) => {
                let binding = self.symbol()?.single_binding()?;
                match binding.owner().assigned_value()?.ast() {
                    AnyNodeRef::ExprStringLiteral(each)
                        if binding.target().parent() == Some(binding.owner()) =>
                    {
                        Some(each.value.to_str())
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What a name stands for that is given a value at one place only, and that value whole.
    pub(crate) fn only_value(self) -> Option<Node<'d>> {
        plain_value(self.symbol()?.single_binding()?)
    }

    /// What a name stands for here, where one assignment alone reaches it, and gives it that value whole.
    pub(crate) fn reaching_value(self) -> Option<Node<'d>> {
        let reaching = self.reaching();
        let [binding] = reaching.as_slice() else {
            return None;
        };
        plain_value(*binding)
    }

    /// The collection whose length a number is, also by a name for it: `lines` of `len(lines)`.
    pub(crate) fn measured(self) -> Option<Node<'d>> {
        let length = self.only_value().unwrap_or(self);
        (length.builtin() == Some("len")).then(|| length.argument(0, ""))?
    }

    /// The right side of an assignment or walrus.
    pub fn assigned_value(self) -> Option<Node<'d>> {
        let value = match self.ast() {
            AnyNodeRef::StmtAssign(each) => &each.value,
            AnyNodeRef::StmtAnnAssign(each) => each.value.as_ref()?,
            AnyNodeRef::StmtAugAssign(each) => &each.value,
            AnyNodeRef::ExprNamed(each) => &each.value,
            _ => return None,
        };
        Some(self.at(&**value))
    }
}

impl<'d> Loop<'d> {
    /// How many iterations the loop makes; for `while` not known.
    pub fn extent(self) -> Extent {
        match self.iterable() {
            Some(iterable) => iterable.extent(),
            None => Extent {
                bound: None,
                origin: SizeOrigin::Assumed,
                name: self.while_name(),
            },
        }
    }

    /// The size to state in a finding.
    pub fn size(self) -> Size {
        let extent = self.extent();
        let assumed = self.node().document.settings.assume_size;
        Size {
            n: extent.bound.unwrap_or(assumed),
            origin: extent.origin,
        }
    }

    /// `while i < len(xs)` and `while queue` are bounded by what they look at.
    fn while_name(self) -> String {
        let node = self.node();
        let AnyNodeRef::StmtWhile(each) = node.ast() else {
            return "n".into();
        };
        let test = match &*each.test {
            Expr::Compare(compare) => compare.comparators.first().unwrap_or(&compare.left),
            Expr::BoolOp(bool_op) => bool_op.values.first().unwrap_or(&each.test),
            other => other,
        };
        match test {
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) => node.at(test).size_name(),
            _ => "n".into(),
        }
    }

    /// Whether it makes so few iterations, whatever the input, that it multiplies nothing.
    pub fn is_bounded(self) -> bool {
        self.kind() != LoopKind::While && self.extent().is_bounded() || self.is_bounded_by_turns()
    }

    /// Whether it makes so few iterations that scans, copies and comparisons in it cost nothing: it is bounded, or goes over
    /// what is called like a handful.
    pub fn is_small(self) -> bool {
        self.kind() != LoopKind::While && self.extent().is_small() || self.is_bounded_by_turns()
    }

    fn is_bounded_by_turns(self) -> bool {
        self.turns_a_few_times() || self.runs_network() || self.is_compiled()
    }
}

fn clause_name(node: Node<'_>, clauses: &[ast::Comprehension], depth: u32) -> String {
    clauses.first().map_or_else(
        || "n".into(),
        |clause| node.at(&clause.iter).name_within(depth + 1),
    )
}
