//! Loops around what waits for somebody else: a database, another service, a file.
//!
//! Knows loops that are meant to ask again (retries, pages, portions), the ways by which calls of the module's functions
//! lead to a place, and whether a function always gets there. Does not know what is asked.

use looplint_model::{CodeCost, Related, SizeOrigin};
use ruff_python_ast::AnyNodeRef;

use crate::flow::Multiplicity;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::summary::Deed;
use crate::types::Type;

/// Words in the names of what hands out many rows at a time.
const IN_PORTIONS: [&str; 8] = [
    "batch",
    "chunk",
    "page",
    "paginat",
    "slice",
    "group",
    "window",
    "partition",
];

impl<'d> Loop<'d> {
    /// Whether the loop waits for something (`while True`) or tries again.
    pub fn retries_or_waits(self) -> bool {
        match self.node().ast() {
            AnyNodeRef::StmtWhile(whole) => self.node().at(&*whole.test).kind() == Kind::Literal,
            AnyNodeRef::StmtFor(whole) => {
                // `for attempt in range(retries)`, left at the first success.
                let target = self.node().at(&*whole.target).source();
                target.trim_start_matches('_').starts_with("attempt") || target.contains("retry")
            }
            _ => false,
        }
    }

    /// Whether the loop goes over portions of many rows: then it does what is advised.
    pub fn is_in_portions(self) -> bool {
        let Some(iterable) = self.iterable() else {
            return false;
        };
        if iterable.builtin() == Some("range") && iterable.argument(2, "").is_some() {
            return true;
        }
        let words = iterable.source().to_lowercase();
        let target = self
            .target()
            .map_or(String::new(), |target| target.source().to_lowercase());
        IN_PORTIONS
            .iter()
            .any(|word| words.contains(word) || target.contains(word))
    }

    /// Whether the loop may be left before its end: `break` of its own, or `return`.
    pub fn is_left_early(self) -> bool {
        let whole = self.whole();
        whole.subtree().any(|node| match node.ast() {
            AnyNodeRef::StmtReturn(_) => node.frame() == whole.frame(),
            AnyNodeRef::StmtBreak(_) => node.innermost_loop() == Some(self),
            _ => false,
        })
    }
}

impl<'d> Node<'d> {
    /// The loops that ask once per item, innermost first: unbounded ones, up to the first that tries again, waits or
    /// goes over portions.
    pub fn asking_loops(self) -> Vec<Loop<'d>> {
        let mut loops = Vec::new();
        for each in self.loops() {
            if self.multiplicity(each) != Multiplicity::Repeated
                || each.retries_or_waits()
                || each.is_in_portions()
            {
                break;
            }
            if !each.is_bounded() {
                loops.push(each);
            }
        }
        loops
    }

    /// `O(n)` of something against `O(1)` of it: `what` is "round trips" or the like; `loops` innermost first.
    pub fn cost_in_trips(self, loops: &[Loop<'d>], what: &str) -> CodeCost {
        let n = loops
            .first()
            .map_or_else(|| "n".into(), |each| each.extent().name);
        let mut size = loops
            .first()
            .map_or_else(|| self.size(), |each| each.size());
        if size.origin == SizeOrigin::Assumed {
            size.n = self.document.settings.assume_size;
        }
        CodeCost {
            before: format!("O({n}) {what}"),
            after: format!("O(1) {what}"),
            depth: loops.len() as u32,
            size,
            shape: "1",
            curve: None,
        }
    }

    /// The places of a deed of this call's callee: the calls that lead there, then the place itself.
    /// None where one of them cannot be found.
    pub fn way_of(self, deed: &Deed) -> Option<Vec<Node<'d>>> {
        deed.chain
            .iter()
            .map(|&(start, end)| {
                self.document.nodes().find(|node| {
                    let span = node.span();
                    span.start == start
                        && (span.end == end
                            || node.kind() == Kind::For && node.header_span().end >= end)
                        && node.kind() != Kind::ExprStatement
                })
            })
            .collect()
    }

    /// The places of [`Node::way_of`] as places to point at; `what` says what is done at the last.
    pub fn related_way(way: &[Node<'d>], what: &str) -> Vec<Related> {
        way.iter()
            .enumerate()
            .map(|(at, place)| Related {
                span: match place.kind() {
                    Kind::For => place.header_span(),
                    _ => place.span(),
                },
                message: if at + 1 == way.len() {
                    what.to_owned()
                } else {
                    "which calls".to_owned()
                },
            })
            .collect()
    }

    /// Whether each call of its function gets to this place: no condition and no way out stands before it.
    pub fn is_always_reached(self) -> bool {
        let Some(function) = self.function() else {
            return false;
        };
        let conditional = self
            .ancestors()
            .take_while(|each| *each != function)
            .any(|each| {
                matches!(
                    each.kind(),
                    Kind::If
                        | Kind::Arm
                        | Kind::IfExpression
                        | Kind::BoolOp
                        | Kind::Except
                        | Kind::Match
                        | Kind::Case
                        | Kind::Lambda
                        | Kind::While
                )
            });
        let own = self.statement();
        let left_before = function.subtree().any(|each| {
            each.kind() == Kind::Return
                && each.frame() == function
                && each != own
                && each.span().start < self.span().start
        });
        !conditional && !left_before
    }

    /// Whether decorators may keep this function's answers or call it otherwise. For a call, its callee's.
    pub fn is_decorated(self) -> bool {
        let function = match self.kind() {
            Kind::Call => self.callee(),
            _ => Some(self),
        };
        let Some(AnyNodeRef::StmtFunctionDef(each)) = function.map(Node::ast) else {
            return false;
        };
        each.decorator_list.iter().any(|decorator| {
            let text = self.at(&decorator.expression).source();
            !matches!(text, "staticmethod" | "classmethod")
        })
    }

    /// Whether the call's receiver, or a connection that it is given, is another one in each iteration.
    pub fn asks_another(self, around: Loop<'d>) -> bool {
        let changes = |node: Node<'d>| node.identity_change(around).is_some();
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return true;
        };
        if self.method().is_some_and(|(receiver, _)| changes(receiver)) {
            return true;
        }
        call.arguments.iter_source_order().any(|each| {
            let value = self.at(each.value());
            is_channel(&value.ty()) && changes(value)
        })
    }
}

/// Whether it is a way to a database.
fn is_channel(ty: &Type) -> bool {
    matches!(
        ty.without_none(),
        Type::Connection | Type::Cursor | Type::Session | Type::Engine
    )
}

impl Node<'_> {
    /// Whether something between this place and `around` decides whether it runs.
    pub fn is_conditional_in(self, around: Loop<'_>) -> bool {
        let whole = around.whole().span();
        self.ancestors()
            .take_while(|each| whole.contains(each.span()) && each.span() != whole)
            .any(|each| {
                matches!(
                    each.kind(),
                    Kind::If
                        | Kind::Arm
                        | Kind::IfExpression
                        | Kind::BoolOp
                        | Kind::Case
                        | Kind::Except
                )
            })
    }
}
