//! What the running time of each function of a module grows with.
//!
//! A function costs as much as its costliest place: the loops around it, times what is gone through there,
//! times what a function of the module that is called there costs. Loops of bounded size count as one.
//! Does not know what functions of other modules cost, nor recursion, nor loops that end early.

use std::collections::HashMap;

use looplint_model::Span;
use ruff_python_ast::{AnyNodeRef, CmpOp};

use crate::cost::{Monomial, big_o};
use crate::deeds::dotted;
use crate::document::Document;
use crate::finder::is_scanned;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::tables::{Slot, Work};
use crate::types::Type;

/// Calls that are followed into one another.
const CALLS_MAX: u32 = 32;

/// What a function's running time grows with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionCost {
    /// Its name, with that of its class: `Store.find`.
    pub name: String,
    /// Its header.
    pub header: Span,
    /// The cost of its costliest place: `O(orders * customers)`.
    pub cost: String,
    /// Number of sizes that are multiplied there.
    pub degree: u32,
    /// The costliest place; the header where nothing grows.
    pub at: Span,
    /// The function of the module that is called there, where the cost is that one's too.
    pub through: Option<String>,
}

/// The costliest place of a function.
#[derive(Clone)]
struct Costly<'d> {
    cost: Monomial,
    at: Span,
    through: Option<Node<'d>>,
}

impl<'d> Document<'d> {
    /// The cost of each function and method, in the order of the text.
    pub fn function_costs(&'d self) -> Vec<FunctionCost> {
        let mut costs = Costs {
            known: HashMap::new(),
            depth: 0,
        };
        self.of_kind(Kind::Function)
            .map(|function| {
                let costly = costs.of(function);
                FunctionCost {
                    name: dotted(function),
                    header: function.header_span(),
                    cost: big_o(std::slice::from_ref(&costly.cost)),
                    degree: costly.cost.degree(),
                    at: costly.at,
                    through: costly.through.map(dotted),
                }
            })
            .collect()
    }
}

/// The functions seen so far; `None` while one is looked at.
struct Costs<'d> {
    known: HashMap<u32, Option<Costly<'d>>>,
    depth: u32,
}

impl<'d> Costs<'d> {
    fn of(&mut self, function: Node<'d>) -> Costly<'d> {
        let nothing = Costly {
            cost: Monomial::one(),
            at: function.header_span(),
            through: None,
        };
        match self.known.get(&function.id()) {
            Some(known) => return known.clone().unwrap_or(nothing),
            None if self.depth >= CALLS_MAX => return nothing,
            None => {}
        }
        self.known.insert(function.id(), None);
        self.depth += 1;
        let mut most = nothing;
        // What a nested function or lambda does is done when that is called.
        for node in function.subtree().filter(|node| node.frame() == function) {
            let found = self.at(node);
            if let Some(costly) = found.filter(|found| found.cost.outgrows(&most.cost)) {
                most = costly;
            }
        }
        self.depth -= 1;
        self.known.insert(function.id(), Some(most.clone()));
        most
    }

    /// What one place costs while its function runs once; `None` where that is nothing to speak of.
    fn at(&mut self, node: Node<'d>) -> Option<Costly<'d>> {
        let own = match node.ast() {
            AnyNodeRef::StmtFor(each) => loop_of(node.at(&*each.iter)),
            AnyNodeRef::Comprehension(each) => loop_of(node.at(&each.iter)),
            AnyNodeRef::StmtWhile(_) => while_loop(node),
            AnyNodeRef::ExprCompare(compare) => {
                let scanned =
                    compare
                        .ops
                        .iter()
                        .zip(&compare.comparators)
                        .find_map(|(op, right)| {
                            let right = node.at(right);
                            let scans = matches!(op, CmpOp::In | CmpOp::NotIn) && is_scanned(right);
                            (scans && !right.extent().is_bounded()).then_some(right)
                        });
                scanned.map(|right| (Monomial::of(right.size_name()), None))
            }
            AnyNodeRef::ExprCall(_) => match node.fact() {
                Some(_) => worked(node).map(|cost| (cost, None)),
                None => self.called(node),
            },
            _ => None,
        };
        let (cost, through) = own.filter(|_| !node.is_rare())?;
        Some(Costly {
            cost: Monomial::of_loops(node.loops()).product(&cost),
            at: place(node),
            through,
        })
    }

    /// What a function of the module costs, with the sizes of its parameters in the caller's names.
    fn called(&mut self, call: Node<'d>) -> Option<(Monomial, Option<Node<'d>>)> {
        let callee = call.callee()?;
        let cost = self.of(callee).cost;
        if cost.degree() == 0 {
            return None;
        }
        let parameters: Vec<&str> = callee
            .children()
            .filter_map(|child| match child.ast() {
                AnyNodeRef::Parameter(each) => Some(each.name.as_str()),
                _ => None,
            })
            .collect();
        let named = cost.renamed(|name| {
            let at = parameters.iter().position(|parameter| *parameter == name)?;
            let passed = call.passed(u32::try_from(at).ok()?)?;
            Some(passed.size_name())
        });
        Some((named, Some(callee)))
    }
}

type Own<'d> = Option<(Monomial, Option<Node<'d>>)>;

fn loop_of<'d>(iterable: Node<'d>) -> Own<'d> {
    let extent = iterable.extent();
    (!extent.is_bounded()).then(|| (Monomial::of(extent.name), None))
}

fn while_loop<'d>(node: Node<'d>) -> Own<'d> {
    let own: Option<Loop<'d>> = node.document().loops().find(|each| each.node() == node);
    let extent = own?.extent();
    (!extent.is_bounded()).then(|| (Monomial::of(extent.name), None))
}

/// What a call of a known function goes through.
fn worked(node: Node<'_>) -> Option<Monomial> {
    let fact = node.fact()?;
    let (slot, sorts) = match fact.work {
        Work::Linear(slot) | Work::UpTo(slot) => (slot, false),
        Work::NLogN(slot) => (slot, true),
        Work::LinearAll => (Slot::Argument(0), false),
        _ => return None,
    };
    let object = match slot {
        Slot::Receiver => node.method().map(|(receiver, _)| receiver),
        Slot::Argument(at) => node.argument(usize::from(at), ""),
        Slot::Key => None,
    }?;
    // Searching a text costs by the text's length, which is another matter.
    if object.extent().is_bounded() || matches!(object.ty(), Type::Str | Type::Bytes) {
        return None;
    }
    let name = object.size_name();
    let cost = Monomial::of(name.clone());
    Some(if sorts { cost.log(name) } else { cost })
}

/// The header of a loop, the whole of anything else.
fn place(node: Node<'_>) -> Span {
    match node.kind() {
        Kind::For | Kind::While => node.header_span(),
        _ => node.span(),
    }
}
