//! The best of a collection, found by comparing one after the other, and taken out in each turn of a loop around.
//!
//! Knows how the best is kept and taken out, and whether what is compared belongs to each element alone: then one order
//! serves all turns. Does not know what a sort or a heap costs.

use ruff_python_ast::{AnyNodeRef, CmpOp, Expr, Stmt, StmtIf};

use crate::changed::{element_change, written_in};
use crate::flow::Multiplicity;
use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;
use crate::scope::Symbol;

/// Builtins that give the same for the same element.
const PLAIN: [&str; 12] = [
    "abs",
    "float",
    "getattr",
    "int",
    "isinstance",
    "len",
    "max",
    "min",
    "ord",
    "round",
    "str",
    "tuple",
];

/// A selection by hand.
#[derive(Clone, Debug)]
pub struct Selected<'d> {
    /// The collection, as the search names it.
    pub collection: Node<'d>,
    /// The loop that looks at all of it.
    pub search: Loop<'d>,
    /// The loop around.
    pub turns: Loop<'d>,
    /// What takes the best out.
    pub removal: Node<'d>,
}

impl<'d> Node<'d> {
    /// `for x in xs: if x.key < best.key: best = x` in a loop that goes on while there are any, and `xs.remove(best)` in that
    /// loop. Asked of the inner `for`.
    pub fn selected(self) -> Option<Selected<'d>> {
        let AnyNodeRef::StmtFor(each) = self.ast() else {
            return None;
        };
        let search = self.at(&*each.target).innermost_loop()?;
        let turns = search.parent().filter(|_| search.node() == self)?;
        let collection = gone_through(search.iterable()?)?;
        if !uses_up(turns, collection) || search.is_left_early() {
            return None;
        }
        let body = Body {
            collection,
            search,
            turns,
        };
        let kept = each.body.iter().find_map(|statement| match statement {
            Stmt::If(choice) => body.kept(self.at(statement), choice),
            _ => None,
        })?;
        let removal = turns.node().subtree().find(|part| {
            part.innermost_loop() == Some(turns)
                && body.takes_out(*part, &kept)
                && part.multiplicity(turns) == Multiplicity::Repeated
        })?;
        let belongs = each
            .body
            .iter()
            .all(|statement| body.is_of_element_alone(self.at(statement)));
        let stays = belongs && body.elements_stay() && body.starts_alone(&kept);
        stays.then_some(Selected {
            collection,
            search,
            turns,
            removal,
        })
    }
}

/// `xs` of `xs`, `enumerate(xs)`, `list(xs)` and `range(len(xs))`.
fn gone_through(iterable: Node<'_>) -> Option<Node<'_>> {
    match iterable.builtin() {
        Some("enumerate" | "list") => iterable.argument(0, ""),
        Some("range") => iterable
            .argument(1, "")
            .or_else(|| iterable.argument(0, ""))?
            .measured(),
        _ => matches!(iterable.kind(), Kind::Name | Kind::Attribute).then_some(iterable),
    }
}

/// Whether the loop goes on while the collection has any: `while xs`, `while len(xs) > 1`, `for _ in range(len(xs))`.
fn uses_up<'d>(turns: Loop<'d>, collection: Node<'d>) -> bool {
    match turns.node().ast() {
        AnyNodeRef::StmtWhile(each) => turns.node().at(&*each.test).mentions(collection),
        AnyNodeRef::StmtFor(_) if turns.kind() == LoopKind::For => {
            let last = turns
                .iterable()
                .filter(|iterable| iterable.builtin() == Some("range"));
            let measured = last.and_then(gone_through);
            measured.is_some_and(|measured| measured.source() == collection.source())
        }
        _ => false,
    }
}

/// The loops, and what is gone through.
#[derive(Clone, Copy)]
struct Body<'d> {
    collection: Node<'d>,
    search: Loop<'d>,
    turns: Loop<'d>,
}

impl<'d> Body<'d> {
    fn is_collection(self, node: Node<'d>) -> bool {
        node.kind() == self.collection.kind() && node.source() == self.collection.source()
    }

    /// The names that an `if`, or an arm of it, gives what is better than they were.
    fn kept(self, place: Node<'d>, choice: &'d StmtIf) -> Option<Vec<Symbol<'d>>> {
        let arms = choice.elif_else_clauses.iter();
        let tests = arms.clone().filter_map(|arm| arm.test.as_ref());
        let mut tests = std::iter::once(&*choice.test).chain(tests);
        let statements = choice.body.iter().chain(arms.flat_map(|arm| &arm.body));
        let targets = statements.filter_map(|statement| match statement {
            Stmt::Assign(each) => Some(&each.targets),
            _ => None,
        });
        let parts = targets
            .flatten()
            .flat_map(|target| place.at(target).subtree());
        let kept: Vec<Symbol<'d>> = parts.filter_map(Node::symbol).collect();
        let of_kept = |node: Node<'d>| {
            node.subtree()
                .any(|part| part.symbol().is_some_and(|one| kept.contains(&one)))
        };
        let of_element = |node: Node<'d>| {
            node.subtree().any(|part| {
                part.symbol().is_some_and(|one| {
                    !kept.contains(&one) && (self.search.gives(one) || self.binds(one))
                })
            })
        };
        let compares = |part: Node<'d>| {
            let AnyNodeRef::ExprCompare(compare) = part.ast() else {
                return false;
            };
            let ([CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE], [right]) =
                (&*compare.ops, &*compare.comparators)
            else {
                return false;
            };
            let (left, right) = (part.at(&*compare.left), part.at(right));
            of_kept(left) && of_element(right) || of_element(left) && of_kept(right)
        };
        let is_choice = tests.any(|test| place.at(test).subtree().any(compares));
        is_choice.then_some(kept)
    }

    /// Whether the search gives the name its value.
    fn binds(self, symbol: Symbol<'d>) -> bool {
        let mut bindings = symbol.bindings();
        bindings.any(|binding| self.search.node().contains(binding.target()))
    }

    /// `del xs[best]`, `xs.pop(best)`, `xs.remove(best)`, `xs.pop(xs.index(best))`.
    fn takes_out(self, part: Node<'d>, kept: &[Symbol<'d>]) -> bool {
        let is_kept = |node: Node<'d>| node.symbol().is_some_and(|one| kept.contains(&one));
        if let AnyNodeRef::StmtDelete(each) = part.ast() {
            let [Expr::Subscript(place)] = each.targets.as_slice() else {
                return false;
            };
            return self.is_collection(part.at(&*place.value)) && is_kept(part.at(&*place.slice));
        }
        let Some((receiver, "pop" | "remove" | "discard")) = part.method() else {
            return false;
        };
        let Some(first) = part.argument(0, "") else {
            return false;
        };
        let by_place = || {
            let of = first.method().filter(|(_, name)| *name == "index");
            of.is_some() && first.argument(0, "").is_some_and(is_kept)
        };
        self.is_collection(receiver) && (is_kept(first) || by_place())
    }

    /// Whether all that a part of the search asks belongs to the element: it names nothing that the turns change, and does
    /// nothing else.
    fn is_of_element_alone(self, part: Node<'d>) -> bool {
        if self.is_collection(part) {
            // `xs[at]`, `xs[best]`, but not `x in xs` or `near(x, xs)`.
            return part.parent().is_some_and(|parent| {
                matches!(parent.ast(), AnyNodeRef::ExprSubscript(each) if parent.at(&*each.value) == part && !parent.is_stored())
            });
        }
        match part.ast() {
            AnyNodeRef::ExprName(_) => return self.is_fixed(part),
            AnyNodeRef::ExprAttribute(each) => {
                let name = each.attr.as_str();
                let is_changed = part
                    .document
                    .stores_of(name)
                    .any(|store| self.turns.repeats(store));
                if is_changed || written_in(name, self.turns).is_some() {
                    return false;
                }
            }
            AnyNodeRef::ExprSubscript(each) => {
                let slice = part.at(&*each.slice).source();
                let mut others = self.turns.node().subtree();
                let is_changed = others.any(|other| {
                    matches!(other.ast(), AnyNodeRef::ExprSubscript(one) if one.ctx.is_store() && other.at(&*one.slice).source() == slice)
                });
                if is_changed || part.is_stored() {
                    return false;
                }
            }
            AnyNodeRef::ExprCall(_) => {
                let is_plain = part.builtin().is_some_and(|name| PLAIN.contains(&name));
                let arguments = part.children().skip(usize::from(is_plain));
                return (is_plain || part.purity().is_some())
                    && arguments
                        .into_iter()
                        .all(|each| self.is_of_element_alone(each));
            }
            AnyNodeRef::StmtAssign(_)
            | AnyNodeRef::StmtIf(_)
            | AnyNodeRef::StmtPass(_)
            | AnyNodeRef::StmtContinue(_) => {}
            AnyNodeRef::ElifElseClause(_) => {}
            _ if part.ast().is_statement() => return false,
            AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprGenerator(_)
            | AnyNodeRef::ExprLambda(_)
            | AnyNodeRef::ExprNamed(_)
            | AnyNodeRef::ExprAwait(_)
            | AnyNodeRef::ExprYield(_)
            | AnyNodeRef::ExprYieldFrom(_) => return false,
            _ => {}
        }
        part.children().all(|child| self.is_of_element_alone(child))
    }

    /// Whether a name stands for the element, the best so far, or what stays the same in all turns.
    fn is_fixed(self, name: Node<'d>) -> bool {
        let Some(symbol) = name.symbol() else {
            return true;
        };
        self.search.gives(symbol) || self.binds(symbol) || name.invariant(self.turns).is_ok()
    }

    /// Whether what the best is compared with at first is no more than an element or a number either.
    fn starts_alone(self, kept: &[Symbol<'d>]) -> bool {
        let bindings = kept.iter().flat_map(|symbol| symbol.bindings());
        let outside = bindings.filter(|each| {
            self.turns.repeats(each.target()) && !self.search.node().contains(each.target())
        });
        outside
            .filter_map(|each| each.owner().assigned_value())
            .all(|value| self.is_of_element_alone(value))
    }

    /// Whether no other loop of the turns changes the elements.
    fn elements_stay(self) -> bool {
        let loops = self.collection.document.loops();
        let others = loops.filter(|each| {
            self.turns.node().contains(each.node()) && each.node() != self.turns.node()
        });
        let mut changed = others.filter(|each| {
            each.iterable()
                .and_then(gone_through)
                .is_some_and(|one| self.is_collection(one))
        });
        !changed.any(|each| {
            let targets = each.target().into_iter().flat_map(Node::subtree);
            targets
                .filter_map(Node::symbol)
                .any(|symbol| element_change(symbol, each).is_some() && each != self.search)
        })
    }
}
