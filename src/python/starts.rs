//! Where a value that grows in a loop starts: anew in each turn, once before the others, or under a key that comes back.
//!
//! Knows tests that only the first iteration passes and dictionaries that keep what was there. Does not know what
//! growing costs.

use ruff_python_ast::{AnyNodeRef, CmpOp};

use crate::growth::grows;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::types::{DictKind, Type};

impl<'d> Node<'d> {
    /// Whether an item `d[k]` is one that iterations of `around` come back to although the key varies, and that none
    /// of them starts anew for a key that was there.
    pub fn comes_back(self, around: Loop<'d>) -> bool {
        let AnyNodeRef::ExprSubscript(each) = self.ast() else {
            return false;
        };
        let (container, key) = (self.at(&*each.value), self.at(&*each.slice));
        keys_come_back(container, key, around, true)
            && !around.whole().subtree().any(|node| {
                let AnyNodeRef::StmtAssign(assign) = node.ast() else {
                    return false;
                };
                let starts = assign
                    .targets
                    .iter()
                    .any(|target| node.at(target).source() == self.source());
                let is_guarded = node
                    .ancestors()
                    .take_while(|above| around.whole().contains(*above))
                    .any(|above| matches!(above.kind(), Kind::If | Kind::Arm | Kind::Except));
                starts && !is_guarded
            })
    }
}

/// Whether the loop puts things under keys that come back: a `defaultdict`, `setdefault` or, where `by_tests` says that
/// it is enough, a test whether the key is there. Then each value grows over many iterations, although the key varies.
fn keys_come_back<'d>(
    container: Node<'d>,
    key: Node<'d>,
    around: Loop<'d>,
    by_tests: bool,
) -> bool {
    if container.identity_change(around).is_some() {
        return false;
    }
    let same =
        |other: Node<'d>| other.kind() == container.kind() && other.source() == container.source();
    matches!(container.ty(), Type::Dict(DictKind::Default, _)) && !is_each_once(key, around)
        || around.whole().subtree().any(|node| match node.ast() {
            AnyNodeRef::ExprCall(_) => node
                .method()
                .is_some_and(|(receiver, name)| name == "setdefault" && same(receiver)),
            AnyNodeRef::ExprCompare(compare) if by_tests => {
                compare.ops.iter().any(|op| op.is_in() || op.is_not_in())
                    && node.at(&*compare.left).source() == key.source()
                    && compare.comparators.iter().any(|right| same(node.at(right)))
            }
            _ => false,
        })
}

/// Whether the loop's variable takes each value of the key once: an index, or the keys of a dict or set.
fn is_each_once<'d>(key: Node<'d>, around: Loop<'d>) -> bool {
    let Some(iterable) = around.iterable() else {
        return false;
    };
    let is_given = key.symbol().is_some_and(|symbol| around.gives(symbol));
    let distinct = matches!(
        iterable.ty().without_none(),
        Type::Dict(..)
            | Type::Set(_)
            | Type::FrozenSet(_)
            | Type::Keys(_)
            | Type::Items(_)
            | Type::Range
    ) || matches!(iterable.builtin(), Some("enumerate" | "range" | "set"));
    is_given && distinct
}

/// Whether an iteration of `around` gives the target a value that is not made of its old one.
pub(crate) fn starts_anew<'d>(target: Node<'d>, around: Loop<'d>) -> bool {
    let whole = around.node();
    if let Some(symbol) = target.symbol() {
        return symbol
            .bindings()
            .filter(|binding| whole.contains(binding.target()))
            .map(|binding| binding.target().statement())
            .any(|statement| !grows(statement, target) && !begins_once(statement, target, around));
    }
    let value = match target.ast() {
        AnyNodeRef::ExprAttribute(each) => target.at(&*each.value),
        AnyNodeRef::ExprSubscript(each) => {
            let key = target.at(&*each.slice);
            let container = target.at(&*each.value);
            // The last of a list that gets more is another one each time.
            let moves = key.constant_int().is_some_and(|at| at < 0) && gets_more(container, around);
            if moves {
                return true;
            }
            if key.invariant(around).is_err() {
                return !keys_come_back(container, key, around, false);
            }
            container
        }
        _ => return true,
    };
    if value.identity_change(around).is_some() {
        return true;
    }
    whole.subtree().any(|node| match node.ast() {
        AnyNodeRef::StmtAssign(each) => {
            !grows(node, target)
                && !begins_once(node, target, around)
                && each.targets.iter().any(|one| {
                    let one = node.at(one);
                    one.subtree().any(|part| {
                        part.kind() == target.kind() && part.source() == target.source()
                    }) && !matches!(one.kind(), Kind::Subscript if one != target)
                })
        }
        AnyNodeRef::StmtAnnAssign(each) => node.at(&*each.target).source() == target.source(),
        AnyNodeRef::StmtDelete(each) => each
            .targets
            .iter()
            .any(|one| node.at(one).source() == target.source()),
        _ => false,
    })
}

/// `if text is None: text = line`, `if not rows: rows = part`, `if i == 0: rows = part`: what the first iteration alone
/// does, so that the others find what was there.
fn begins_once<'d>(statement: Node<'d>, target: Node<'d>, around: Loop<'d>) -> bool {
    let whole = around.node();
    let is_target = |part: Node<'d>| part.source() == target.source();
    let inside = |above: &Node<'d>| *above != whole;
    statement.ancestors().take_while(inside).any(|above| {
        let AnyNodeRef::StmtIf(each) = above.ast() else {
            return false;
        };
        let test = above.at(&*each.test);
        let is_then = each
            .body
            .iter()
            .any(|one| above.at(one).contains(statement));
        let (is_about, says_empty) = match test.ast() {
            AnyNodeRef::ExprUnaryOp(not) => (is_target(test.at(&*not.operand)), not.op.is_not()),
            AnyNodeRef::ExprCompare(compare) => {
                let ([op], [right]) = (&*compare.ops, &*compare.comparators) else {
                    return false;
                };
                let (left, right) = (test.at(&*compare.left), test.at(right));
                let asked = match left.builtin() {
                    Some("len") => left.argument(0, ""),
                    _ => Some(left),
                };
                let is_nothing = right.expr().is_some_and(|each| each.is_none_literal_expr())
                    || right.constant_int() == Some(0)
                    || right.constant_str() == Some("");
                let counts = left.symbol().is_some_and(|symbol| around.gives(symbol));
                let is_about = is_nothing && (counts || asked.is_some_and(is_target));
                (is_about, matches!(op, CmpOp::Is | CmpOp::Eq))
            }
            _ => (is_target(test), false),
        };
        is_about && is_then == says_empty
    })
}

/// Whether the loop, or a method that it calls, appends to the list.
fn gets_more<'d>(list: Node<'d>, around: Loop<'d>) -> bool {
    around.node().subtree().any(|node| {
        node.method().is_some_and(|(receiver, method)| {
            matches!(method, "append" | "extend" | "insert") && receiver.source() == list.source()
        })
    })
}
