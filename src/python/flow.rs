//! Where control goes: whether what a loop holds really repeats.
//!
//! Knows that an arm which ends in `raise`, `return` or `break` runs once, and that error paths are rare.
//! Does not know values: every condition may hold or not.

use ruff_python_ast::{self as ast, AnyNodeRef, Expr, Stmt};

use crate::index::span;
use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;

/// How often a place runs while a loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Multiplicity {
    /// At most once: after it the loop is left.
    Once,
    /// Only when something went wrong: in an `except` arm, a `raise` that is caught, the message of an `assert`.
    /// Also the code of tests, whose data is small, and what is printed or shown to a person.
    Rare,
    /// Once per iteration, as far as can be told.
    Repeated,
}

/// Where control may go after a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    /// To the next statement.
    pub falls: bool,
    /// To the next iteration of the innermost loop around.
    pub continues: bool,
    /// Out of the innermost loop around.
    pub breaks: bool,
    /// To a handler.
    pub raises: bool,
}

const FALLS: Ways = Ways {
    falls: true,
    continues: false,
    breaks: false,
    raises: false,
};
const NOWHERE: Ways = Ways {
    falls: false,
    continues: false,
    breaks: false,
    raises: false,
};

impl Ways {
    fn or(self, other: Ways) -> Ways {
        Ways {
            falls: self.falls || other.falls,
            continues: self.continues || other.continues,
            breaks: self.breaks || other.breaks,
            raises: self.raises || other.raises,
        }
    }

    /// These ways, going on to `next` where they fall through.
    fn then(self, next: impl FnOnce() -> Ways) -> Ways {
        if !self.falls {
            return self;
        }
        Ways {
            falls: false,
            ..self
        }
        .or(next())
    }
}

impl<'d> Node<'d> {
    /// The loops that run this place more than once, innermost first, up to the border of its function:
    /// all loops around it but those that are always left after it.
    pub fn loops(self) -> Vec<Loop<'d>> {
        self.all_loops()
            .filter(|each| self.multiplicity(*each) != Multiplicity::Once)
            .collect()
    }

    /// How often this place runs while `around` runs once. A loop that is not around it counts as [`Multiplicity::Once`].
    pub fn multiplicity(self, around: Loop<'d>) -> Multiplicity {
        if !around.repeats(self) || !may_come_back(self, around) || self.is_for_one_turn(around) {
            return Multiplicity::Once;
        }
        if self.is_rare_within(around) || self.is_in_test() || self.is_shown() {
            Multiplicity::Rare
        } else {
            Multiplicity::Repeated
        }
    }

    /// Whether it belongs to a test, by the conventions of pytest and unittest: a file of tests or of what helps them, a
    /// function called `test..`, a class called `Test..` or derived from a `..TestCase`.
    pub fn is_in_test(self) -> bool {
        if self.document.is_of_tests() {
            return true;
        }
        self.ancestors().any(|above| match above.ast() {
            AnyNodeRef::StmtFunctionDef(each) => {
                let rest = each.name.as_str().strip_prefix("test");
                rest.is_some_and(|rest| {
                    rest.starts_with(|next: char| next == '_' || next.is_uppercase())
                })
            }
            AnyNodeRef::StmtClassDef(each) => {
                let name = each.name.as_str();
                let is_case = |base: &Expr| above.at(base).source().ends_with("TestCase");
                name.starts_with("Test") && !name.starts_with("Testing")
                    || name.ends_with("TestCase")
                    || each
                        .arguments
                        .iter()
                        .any(|bases| bases.args.iter().any(is_case))
            }
            _ => false,
        })
    }
}

/// Whether control can get from `node` to another iteration of `around`.
fn may_come_back<'d>(node: Node<'d>, around: Loop<'d>) -> bool {
    if !matches!(
        around.kind(),
        LoopKind::For | LoopKind::AsyncFor | LoopKind::While
    ) {
        return true;
    }
    let mut inner = node.statement();
    if inner == around.node() {
        // In the header: the condition of a `while`.
        return true;
    }
    let mut ways = ways_of(inner);
    // Any expression may raise what a `try` around it catches.
    let mut raises = true;
    while let Some(outer) = inner.parent() {
        let block = siblings(outer, inner);
        ways = ways.then(|| ways_of_all(outer, block));
        raises |= ways.raises;
        if outer == around.node() {
            return ways.falls || ways.continues;
        }
        match outer.ast() {
            AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_) => {
                let in_body = inner.all_loops().any(|each| each.node() == outer);
                if in_body && (ways.falls || ways.continues || ways.breaks) {
                    // The next iterations may leave in any way that the loop has.
                    let rest = ways_of(outer);
                    ways = Ways {
                        falls: true,
                        ..rest
                    };
                } else if in_body {
                    ways = NOWHERE;
                }
            }
            AnyNodeRef::StmtTry(each) => {
                let in_body = each
                    .body
                    .iter()
                    .any(|statement| outer.at(statement) == inner);
                if in_body {
                    ways = ways.then(|| ways_of_all(outer, &each.orelse));
                }
                if in_body && raises && !each.handlers.is_empty() {
                    for handler in &each.handlers {
                        let ast::ExceptHandler::ExceptHandler(handler) = handler;
                        ways = ways.or(ways_of_all(outer, &handler.body));
                    }
                    raises = ways.raises;
                }
                let in_final = each
                    .finalbody
                    .iter()
                    .any(|statement| outer.at(statement) == inner);
                if !in_final {
                    ways = finally(ways, outer, each);
                }
            }
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ModModule(_) => return false,
            _ => {}
        }
        inner = outer;
    }
    false
}

/// A `finally` that leaves overrules where control was going.
fn finally(ways: Ways, outer: Node<'_>, each: &ast::StmtTry) -> Ways {
    let last = ways_of_all(outer, &each.finalbody);
    if last.falls {
        ways.or(Ways {
            falls: false,
            ..last
        })
    } else {
        last
    }
}

/// The statements after `inner` in the block of `outer` that holds it.
pub(crate) fn siblings<'d>(outer: Node<'d>, inner: Node<'d>) -> &'d [Stmt] {
    let blocks: Vec<&'d [Stmt]> = match outer.ast() {
        AnyNodeRef::ModModule(each) => vec![&each.body],
        AnyNodeRef::StmtFunctionDef(each) => vec![&each.body],
        AnyNodeRef::StmtClassDef(each) => vec![&each.body],
        AnyNodeRef::StmtFor(each) => vec![&each.body, &each.orelse],
        AnyNodeRef::StmtWhile(each) => vec![&each.body, &each.orelse],
        AnyNodeRef::StmtIf(each) => vec![&each.body],
        AnyNodeRef::ElifElseClause(each) => vec![&each.body],
        AnyNodeRef::StmtWith(each) => vec![&each.body],
        AnyNodeRef::MatchCase(each) => vec![&each.body],
        AnyNodeRef::StmtTry(each) => vec![&each.body, &each.orelse, &each.finalbody],
        AnyNodeRef::ExceptHandlerExceptHandler(each) => vec![&each.body],
        _ => Vec::new(),
    };
    for block in blocks {
        let at = block.partition_point(|statement| outer.at(statement).id() < inner.id());
        if block
            .get(at)
            .is_some_and(|statement| outer.at(statement) == inner)
        {
            return &block[at + 1..];
        }
    }
    &[]
}

/// Whether control never gets past the end of `statements`.
pub(crate) fn never_falls(place: Node<'_>, statements: &[Stmt]) -> bool {
    !ways_of_all(place, statements).falls
}

/// Whether nothing but an error comes of `statements`: they end in a `raise`, and hold no other way out.
pub(crate) fn leads_to_raise(place: Node<'_>, statements: &[Stmt]) -> bool {
    let ways = ways_of_all(place, statements);
    let only_raises = ways.raises && !ways.falls && !ways.continues && !ways.breaks;
    let gives = |part: Node<'_>| matches!(part.kind(), Kind::Return | Kind::Yield);
    only_raises
        && !statements
            .iter()
            .any(|each| place.at(each).subtree().any(gives))
}

fn ways_of_all(place: Node<'_>, statements: &[Stmt]) -> Ways {
    let mut ways = FALLS;
    for statement in statements {
        ways = ways.then(|| ways_of(place.at(statement)));
        if !ways.falls {
            break;
        }
    }
    ways
}

fn ways_of(statement: Node<'_>) -> Ways {
    if let Some(known) = statement.document.memo.ways.borrow().get(&statement.id) {
        return *known;
    }
    let found = find_ways(statement);
    statement
        .document
        .memo
        .ways
        .borrow_mut()
        .insert(statement.id, found);
    found
}

fn find_ways(statement: Node<'_>) -> Ways {
    let all = |statements: &[Stmt]| ways_of_all(statement, statements);
    match statement.ast() {
        AnyNodeRef::StmtReturn(_) => NOWHERE,
        AnyNodeRef::StmtRaise(_) => Ways {
            raises: true,
            ..NOWHERE
        },
        AnyNodeRef::StmtBreak(_) => Ways {
            breaks: true,
            ..NOWHERE
        },
        AnyNodeRef::StmtContinue(_) => Ways {
            continues: true,
            ..NOWHERE
        },
        AnyNodeRef::StmtAssert(each) if is_false(&each.test) => Ways {
            raises: true,
            ..NOWHERE
        },
        AnyNodeRef::StmtExpr(each) if never_returns(statement, &each.value) => NOWHERE,
        AnyNodeRef::StmtIf(each) => {
            let mut ways = all(&each.body);
            for arm in &each.elif_else_clauses {
                ways = ways.or(all(&arm.body));
            }
            let is_complete = each
                .elif_else_clauses
                .last()
                .is_some_and(|arm| arm.test.is_none());
            if is_complete { ways } else { ways.or(FALLS) }
        }
        AnyNodeRef::StmtFor(each) => {
            let body = all(&each.body);
            let mut ways = Ways {
                raises: body.raises,
                ..NOWHERE
            };
            ways.falls = body.breaks;
            ways.or(all(&each.orelse))
        }
        AnyNodeRef::StmtWhile(each) => {
            let body = all(&each.body);
            let mut ways = Ways {
                raises: body.raises,
                ..NOWHERE
            };
            ways.falls = body.breaks;
            if is_true(&each.test) {
                ways
            } else {
                ways.or(all(&each.orelse))
            }
        }
        AnyNodeRef::StmtWith(each) => all(&each.body),
        AnyNodeRef::StmtMatch(each) => {
            let mut ways = NOWHERE;
            for case in &each.cases {
                ways = ways.or(all(&case.body));
            }
            let is_complete = each
                .cases
                .iter()
                .any(|case| case.guard.is_none() && case.pattern.is_irrefutable());
            if is_complete { ways } else { ways.or(FALLS) }
        }
        AnyNodeRef::StmtTry(each) => {
            let body = all(&each.body);
            let mut ways = body.then(|| all(&each.orelse));
            if !each.handlers.is_empty() {
                ways.raises = false;
                for handler in &each.handlers {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    ways = ways.or(all(&handler.body));
                }
            }
            finally(ways, statement, each)
        }
        _ => FALLS,
    }
}

/// `sys.exit()` and its like.
pub(crate) fn never_returns(place: Node<'_>, value: &Expr) -> bool {
    let Expr::Call(call) = value else {
        return false;
    };
    match &*call.func {
        Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
        Expr::Attribute(attribute) => {
            let owner = place.document.source.slice(span(&*attribute.value));
            matches!(
                (owner, attribute.attr.as_str()),
                ("sys", "exit") | ("os", "_exit" | "abort")
            )
        }
        _ => false,
    }
}

pub(crate) fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(each) => each.value,
        Expr::NumberLiteral(each) => each
            .value
            .as_int()
            .is_some_and(|int| int.as_i64() != Some(0)),
        _ => false,
    }
}

fn is_false(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(each) => !each.value,
        Expr::NumberLiteral(each) => each
            .value
            .as_int()
            .is_some_and(|int| int.as_i64() == Some(0)),
        _ => false,
    }
}
