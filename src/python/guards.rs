//! Conditions that decide within a turn of a loop whether a place is reached: flags, and tests that are the same in
//! every turn, and keys of which only one turn has the one that is asked for.
//!
//! Knows which truth may be the same in all turns, so that the place is never reached. A comparison with the turn's
//! own element tells elements apart and is none. Does not know what is done at the place.

use ruff_python_ast::{AnyNodeRef, CmpOp};

use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::scope::BindingKind;
use crate::types::Type;

impl<'d> Node<'d> {
    /// The flag that may keep every turn of `around` from getting here: `order.done` in `order.done or order.id in ids`,
    /// in `if order.done:` or behind `if order.done: continue`, and any test that does not change in the loop. What is
    /// done before the loop in place of this is then done for nothing. A test of `about` itself is none: it says that
    /// there is something to be done.
    pub fn hinges_on(self, around: Loop<'d>, about: &[Node<'d>]) -> Option<Node<'d>> {
        let is_flag = |test: &Node<'d>| match test.kind() {
            Kind::Name => !test.is_found_in(around),
            Kind::Attribute | Kind::Subscript => true,
            Kind::Compare | Kind::Call => {
                test.is_operand_of_condition() && test.invariant(around).is_ok()
            }
            _ => false,
        };
        let decides = |test: &Node<'d>| {
            (test.holds_at(true, self) || test.holds_at(false, self))
                && test.statement().kind() != Kind::While
        };
        around
            .whole()
            .subtree()
            .filter(|test| around.repeats(*test) && !test.contains(self))
            .filter(|test| test.is_operand_of_condition() && decides(test))
            .find(|test| is_flag(test) && !about.iter().any(|each| test.is_about(*each)))
    }

    /// Whether only one turn of `around` gets here: `if key == "name"` in a loop over the items of a dict, whose keys are
    /// each another one, or over numbers that count up.
    pub(crate) fn is_for_one_turn(self, around: Loop<'d>) -> bool {
        let Some(key) = around.key_of_turn() else {
            return false;
        };
        let is_key = |side: Node<'d>| side.kind() == Kind::Name && side.symbol() == key.symbol();
        let is_fixed = |side: Node<'d>| side.kind() == Kind::Literal;
        let asks_for_one = |test: Node<'d>| match test.ast() {
            AnyNodeRef::ExprCompare(compare) if *compare.ops == [CmpOp::Eq] => {
                let (left, right) = (test.at(&*compare.left), test.at(&compare.comparators[0]));
                is_key(left) && is_fixed(right) || is_key(right) && is_fixed(left)
            }
            _ => false,
        };
        let mut inside = self;
        for above in self
            .ancestors()
            .take_while(|above| *above != around.whole())
        {
            let test = match above.ast() {
                AnyNodeRef::StmtIf(each) if inside.kind() != Kind::Arm => {
                    Some(above.at(&*each.test))
                }
                AnyNodeRef::ElifElseClause(each) => each.test.as_ref().map(|test| above.at(test)),
                AnyNodeRef::ExprIf(each) if above.at(&*each.body) == inside => {
                    Some(above.at(&*each.test))
                }
                _ => None,
            };
            let test = test.filter(|test| *test != inside);
            let is_asked = test.is_some_and(|test| match test.ast() {
                AnyNodeRef::ExprBoolOp(all) if all.op.is_and() => {
                    all.values.iter().any(|one| asks_for_one(test.at(one)))
                }
                _ => asks_for_one(test),
            });
            if is_asked {
                return true;
            }
            inside = above;
        }
        false
    }

    /// Whether its truth is asked right here, as a part of `and`, `or` and `not` or as a whole condition.
    fn is_operand_of_condition(self) -> bool {
        self.parent().is_some_and(|parent| match parent.ast() {
            AnyNodeRef::ExprBoolOp(_) | AnyNodeRef::ExprUnaryOp(_) => true,
            AnyNodeRef::ExprIf(each) => parent.at(&*each.test) == self,
            AnyNodeRef::StmtIf(each) => parent.at(&*each.test) == self,
            AnyNodeRef::ElifElseClause(each) => each
                .test
                .as_ref()
                .is_some_and(|test| parent.at(test) == self),
            AnyNodeRef::Comprehension(each) => each.ifs.iter().any(|test| parent.at(test) == self),
            _ => false,
        })
    }

    /// Whether this name is given its value in each turn: like a call, what was found tells elements apart.
    fn is_found_in(self, around: Loop<'d>) -> bool {
        self.symbol().is_some_and(|symbol| {
            symbol.bindings().any(|binding| {
                binding.kind() != BindingKind::Loop && around.whole().contains(binding.target())
            })
        })
    }

    /// Whether one of the two is a part of the other, as it is written.
    fn is_about(self, other: Node<'d>) -> bool {
        let holds = |whole: Node<'d>, part: Node<'d>| {
            whole.subtree().any(|each| each.source() == part.source())
        };
        let is_question = matches!(self.kind(), Kind::Compare | Kind::Call);
        holds(other, self) || is_question && holds(self, other)
    }
}

impl<'d> Loop<'d> {
    /// The name that has another value in each turn: the key of a dict's items, the number of `enumerate` or `range`.
    fn key_of_turn(self) -> Option<Node<'d>> {
        let (target, iterable) = (self.target()?, self.iterable()?);
        let first = || match target.ast() {
            AnyNodeRef::ExprTuple(pair) => pair.elts.first().map(|first| target.at(first)),
            _ => None,
        };
        match (iterable.method(), iterable.builtin()) {
            (Some((_, "items")), _) | (_, Some("enumerate")) => first(),
            (Some((_, "keys")), _) | (_, Some("range")) => Some(target),
            _ => matches!(iterable.ty().without_none(), Type::Dict(..)).then_some(target),
        }
    }
}
