//! What a loop does beside what a finding is about: an estimate in nanoseconds per iteration.
//!
//! A page's figures were measured on a loop that does little else. Where the loop of a finding does more, the same
//! change gains less; the estimate says how much less. Knows what single operations cost, from the figures in
//! `work.txt` that a script measured. Does not know what code of other modules costs, and counts it as little.

use std::collections::HashMap;
use std::sync::OnceLock;

use looplint_model::{Span, Work};
use ruff_python_ast::{self as ast, AnyNodeRef, CmpOp, Expr, Stmt, UnaryOp};

use crate::dear;
use crate::document::Document;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::size::BOUNDED_MAX;
use crate::summary::Deed;
use crate::tables::{Sink, Work as Amount};

/// Calls inside one another that are followed.
const CALLS_MAX: u32 = 3;
/// Nodes that are looked at for one finding, at most.
const FUEL: u32 = 3_000;
/// Nanoseconds of a call of which nothing is known: as much as a short function takes.
const UNKNOWN_CALL_NS: f64 = 300.0;
/// Nanoseconds of what leaves the program, as little as it takes on one machine.
const QUERY_NS: f64 = 100_000.0;
const PROCESS_NS: f64 = 1_000_000.0;
const OPEN_NS: f64 = 10_000.0;
const FILE_NS: f64 = 2_000.0;
/// Nanoseconds of a call into a library that does much each time.
const LIBRARIES: [(&str, f64); 7] = [
    ("numpy.", 1_500.0),
    ("scipy.", 10_000.0),
    ("pandas.", 30_000.0),
    ("torch.", 5_000.0),
    ("tensorflow.", 20_000.0),
    ("matplotlib.", 30_000.0),
    ("sympy.", 10_000.0),
];
/// Words in the names of functions that start a process, or ask another one or a database.
const WAITING: [&str; 10] = [
    "command",
    "communicate",
    "download",
    "execute",
    "fetch",
    "popen",
    "query",
    "request",
    "subprocess",
    "urlopen",
];
/// Iterations of an inner loop over something that belongs to the item, such as the words of a line.
const ITEMS_OF_ITEM: f64 = 5.0;
/// How often an arm of an `if` is taken.
const ARM_SHARE: f64 = 0.5;

/// Nanoseconds of single operations, by name.
fn nanoseconds(operation: &str) -> Option<f64> {
    static TABLE: OnceLock<HashMap<&'static str, f64>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        include_str!("work.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(name, ns)| Some((name, ns.parse().ok()?)))
            .collect()
    });
    table.get(operation).copied()
}

fn ns(operation: &str) -> f64 {
    nanoseconds(operation).unwrap_or(0.0)
}

impl<'d> Document<'d> {
    /// What an iteration of the innermost loop around the finding at `span` does, without what the finding is about.
    /// None where no loop repeats it.
    pub fn work_around(&'d self, span: Span) -> Option<Work> {
        let about = self.narrowest(span);
        let around = about.loops().first().copied()?;
        let mut count = Count {
            about,
            around,
            calls: 0,
            fuel: FUEL,
            waits_count: !about.waits(),
            per_item: 0.0,
        };
        let ns = count.iteration(around);
        Some(Work {
            ns,
            ns_per_item: count.per_item,
        })
    }

    /// The innermost node that covers `span`.
    pub(crate) fn narrowest(&'d self, span: Span) -> Node<'d> {
        let covers = |node: &Node<'d>| {
            let own = node.span();
            own.start <= span.start && span.end <= own.end
        };
        let mut node = self.module();
        while node.span() != span || node.kind() == Kind::ExprStatement {
            match node.children().find(covers) {
                Some(child) => node = child,
                None => break,
            }
        }
        node
    }
}

struct Count<'d> {
    about: Node<'d>,
    around: Loop<'d>,
    calls: u32,
    fuel: u32,
    /// Whether what leaves the program counts: not where the finding is about that.
    waits_count: bool,
    /// Nanoseconds that come once for each of the n items that the finding's object has.
    per_item: f64,
}

impl<'d> Count<'d> {
    fn iteration(&mut self, each: Loop<'d>) -> f64 {
        let node = each.node();
        ns("+for")
            + match node.ast() {
                AnyNodeRef::StmtFor(each) => {
                    self.expression(node, &each.target) + self.block(node, &each.body)
                }
                AnyNodeRef::StmtWhile(each) => {
                    self.expression(node, &each.test) + self.block(node, &each.body)
                }
                AnyNodeRef::Comprehension(clause) => self.clause(node, clause),
                _ => self.children(node),
            }
    }

    /// What a clause repeats: its conditions, the clauses after it and the element.
    fn clause(&mut self, node: Node<'d>, clause: &'d ast::Comprehension) -> f64 {
        let mut all: f64 = clause
            .ifs
            .iter()
            .map(|each| self.expression(node, each))
            .sum();
        let share = if clause.ifs.is_empty() {
            1.0
        } else {
            ARM_SHARE
        };
        let Some(whole) = node.parent() else {
            return all;
        };
        let own = node.span();
        for child in whole.children() {
            let later = child.kind() == Kind::Clause && child.span().start > own.start;
            if child.kind() != Kind::Clause {
                // The element stands before its clauses; a list's append is cheaper than a call.
                all += share * (self.of(child) + ns(".append") / 2.0);
            } else if later && !child.contains(self.about) && !self.about.contains(child) {
                all += share * self.of(child);
            }
        }
        all
    }

    fn block(&mut self, node: Node<'d>, body: &'d [Stmt]) -> f64 {
        body.iter().map(|each| self.of(node.at(each))).sum()
    }

    fn expression(&mut self, node: Node<'d>, expression: &'d Expr) -> f64 {
        self.of(node.at(expression))
    }

    fn children(&mut self, node: Node<'d>) -> f64 {
        node.children().map(|child| self.of(child)).sum()
    }

    fn of(&mut self, node: Node<'d>) -> f64 {
        self.fuel = self.fuel.saturating_sub(1);
        if self.fuel == 0 {
            return 0.0;
        }
        match node.ast() {
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => ns("+lambda"),
            AnyNodeRef::ExprLambda(_) => ns("+lambda"),
            AnyNodeRef::StmtFor(each) => {
                let header = self.expression(node, &each.iter);
                let scans = self.about.contains(node) || node.contains(self.about);
                header + self.nested(node, &each.iter, scans)
            }
            AnyNodeRef::StmtWhile(_) => ITEMS_OF_ITEM * self.children(node),
            AnyNodeRef::ExprListComp(each) => self.comprehension(node, &each.generators),
            AnyNodeRef::ExprSetComp(each) => self.comprehension(node, &each.generators),
            AnyNodeRef::ExprDictComp(each) => self.comprehension(node, &each.generators),
            AnyNodeRef::ExprGenerator(each) => self.comprehension(node, &each.generators),
            AnyNodeRef::StmtIf(each) => self.branches(node, each),
            AnyNodeRef::ExprIf(each) => {
                let arms = self.expression(node, &each.body) + self.expression(node, &each.orelse);
                ns("+branch") + self.expression(node, &each.test) + ARM_SHARE * arms
            }
            AnyNodeRef::StmtTry(each) => {
                ns("+try")
                    + self.block(node, &each.body)
                    + self.block(node, &each.orelse)
                    + self.block(node, &each.finalbody)
            }
            AnyNodeRef::ExprCall(call) => self.call(node, call),
            AnyNodeRef::ExprCompare(compare) => self.compare(node, compare),
            _ => own(node) + self.children(node),
        }
    }

    fn branches(&mut self, node: Node<'d>, each: &'d ast::StmtIf) -> f64 {
        let mut all = ns("+branch") + self.expression(node, &each.test);
        all += self.arm(node, &each.body);
        for clause in &each.elif_else_clauses {
            all += self.arm(node, &clause.body);
        }
        for clause in &each.elif_else_clauses {
            if let Some(test) = &clause.test {
                all += ARM_SHARE * self.expression(node, test);
            }
        }
        all
    }

    /// An arm that may be taken; the finding's own is.
    fn arm(&mut self, node: Node<'d>, body: &'d [Stmt]) -> f64 {
        let about = self.about;
        let holds = body.iter().any(|each| node.at(each).contains(about));
        let share = if holds { 1.0 } else { ARM_SHARE };
        share * self.block(node, body)
    }

    fn comprehension(&mut self, node: Node<'d>, clauses: &'d [ast::Comprehension]) -> f64 {
        let Some(first) = clauses.first() else {
            return 0.0;
        };
        let scans = self.about.contains(node) || node.contains(self.about);
        ns("+list") + self.expression(node, &first.iter) + self.nested(node, &first.iter, scans)
    }

    /// What a loop inside the finding's loop adds: nothing where it is what the finding is about.
    fn nested(&mut self, node: Node<'d>, iterable: &'d Expr, scans: bool) -> f64 {
        if scans {
            return 0.0;
        }
        let iterable = node.at(iterable);
        let once = ns("+for") + self.children(node);
        match iterable.extent().bound {
            Some(n) if n <= 8 * BOUNDED_MAX => n as f64 * once,
            // What was there before the loop has as many items as the finding's object, for all that is known.
            _ if self.is_from_outside(iterable) => {
                self.per_item += once;
                0.0
            }
            _ => ITEMS_OF_ITEM * once,
        }
    }

    fn is_from_outside(&self, iterable: Node<'d>) -> bool {
        iterable.kind() == Kind::Name && iterable.depth_gap().contains(&self.around)
    }

    fn compare(&mut self, node: Node<'d>, compare: &'d ast::ExprCompare) -> f64 {
        let all: f64 = compare
            .ops
            .iter()
            .map(|op| match op {
                CmpOp::In | CmpOp::NotIn => ns("+in"),
                _ => ns("+compare"),
            })
            .sum();
        all + self.children(node)
    }

    fn call(&mut self, node: Node<'d>, call: &'d ast::ExprCall) -> f64 {
        let arguments: f64 = node
            .children()
            .filter(|child| *child != node.at(&*call.func))
            .map(|child| self.of(child))
            .sum();
        let receiver = match &*call.func {
            Expr::Attribute(each) => self.expression(node, &each.value),
            _ => 0.0,
        };
        let own = if node == self.about {
            // What a function of the module does beside the scan that the finding is about.
            let callee = node.callee().filter(|_| self.waits_count);
            callee.map_or(0.0, |callee| self.callee(callee))
        } else {
            self.called(node, call)
        };
        arguments + receiver + own
    }

    fn called(&mut self, node: Node<'d>, call: &'d ast::ExprCall) -> f64 {
        if let Some(callee) = node.callee() {
            return self.callee(callee);
        }
        if let Some(known) = node.qualified_name().and_then(|name| nanoseconds(&name)) {
            return known;
        }
        if let Expr::Attribute(each) = &*call.func
            && let Some(known) = nanoseconds(&format!(".{}", each.attr))
        {
            return known;
        }
        if let Some(ns) = node.waiting_ns().filter(|_| self.waits_count) {
            return ns;
        }
        let name = node.qualified_name().unwrap_or_default();
        if let Some((_, ns)) = LIBRARIES
            .iter()
            .find(|(library, _)| name.starts_with(library))
        {
            return *ns;
        }
        match node.fact().map(|fact| fact.work) {
            Some(Amount::Constant) => ns(".get"),
            Some(_) => ns(".split"),
            None => UNKNOWN_CALL_NS,
        }
    }

    /// A function of the module: the call and what its body does, as far as it is followed.
    fn callee(&mut self, callee: Node<'d>) -> f64 {
        let AnyNodeRef::StmtFunctionDef(function) = callee.ast() else {
            return ns("+instance");
        };
        if self.calls == CALLS_MAX {
            return UNKNOWN_CALL_NS;
        }
        self.calls += 1;
        let body = self.block(callee, &function.body);
        self.calls -= 1;
        let made = if function.name.as_str() == "__init__" {
            ns("+instance")
        } else {
            0.0
        };
        ns("+call") + made + body
    }
}

impl<'d> Node<'d> {
    /// Whether something in it leaves the program, itself or through a function of the module.
    fn waits(self) -> bool {
        let leaves = |deed: &Deed| !deed.what.is_linear();
        self.subtree().any(|part| {
            part.kind() == Kind::Call
                && (part.waiting_ns().is_some()
                    || part.connects()
                    || part
                        .summary()
                        .is_some_and(|summary| summary.deeds.iter().any(leaves)))
        })
    }

    /// `httpx.Client(..)`, `make_session(..)`
    fn connects(self) -> bool {
        let words = self.called_name().map(dear::words).unwrap_or_default();
        let last = words.last().map(String::as_str);
        matches!(last, Some("client" | "connection" | "connect" | "session"))
    }

    /// How long a call takes that leaves the program, as far as its table or its name says so.
    fn waiting_ns(self) -> Option<f64> {
        if let Some(fact) = self.fact() {
            return match fact.sink? {
                Sink::Query | Sink::RowWrite | Sink::BulkWrite | Sink::Commit => Some(QUERY_NS),
                Sink::Request | Sink::Connect | Sink::Process | Sink::Sleep => Some(PROCESS_NS),
                Sink::Open => Some(OPEN_NS),
                Sink::FileRead | Sink::FileSystem => Some(FILE_NS),
                Sink::Fetch | Sink::FileWrite | Sink::Print => None,
            };
        }
        let says_so = |word: &String| WAITING.iter().any(|waits| word.ends_with(waits));
        let is_named = dear::words(self.called_name()?).iter().any(says_so);
        is_named.then_some(QUERY_NS)
    }
}

/// What a node costs without what is in it.
fn own(node: Node<'_>) -> f64 {
    let items = |n: usize, empty: &str| ns(empty) / 2.0 * n.max(1) as f64;
    match node.ast() {
        AnyNodeRef::ExprBinOp(_) => ns("+binary"),
        AnyNodeRef::ExprUnaryOp(each) => match each.op {
            UnaryOp::Not => ns("+not"),
            _ if each.operand.is_number_literal_expr() => 0.0,
            _ => ns("+unary"),
        },
        AnyNodeRef::ExprAttribute(each) if each.ctx.is_store() => ns("+store-attribute"),
        AnyNodeRef::ExprAttribute(_) => ns("+attribute"),
        AnyNodeRef::ExprSubscript(each) if each.ctx.is_store() => ns("+store-subscript"),
        AnyNodeRef::ExprSubscript(each) if each.slice.is_slice_expr() => ns("+slice"),
        AnyNodeRef::ExprSubscript(_) => ns("+subscript"),
        AnyNodeRef::ExprTuple(each) if each.ctx.is_load() => items(each.elts.len(), "+tuple"),
        AnyNodeRef::ExprList(each) if each.ctx.is_load() => items(each.elts.len(), "+list"),
        AnyNodeRef::ExprSet(each) => items(each.elts.len(), "+set"),
        AnyNodeRef::ExprDict(each) => items(each.items.len(), "+dict"),
        AnyNodeRef::ExprFString(each) => each
            .value
            .elements()
            .filter_map(|element| element.as_interpolation())
            .map(|part| match part.format_spec {
                Some(_) => ns("+format"),
                None => ns("+fstring"),
            })
            .sum(),
        AnyNodeRef::StmtAugAssign(_) => ns("+augmented"),
        AnyNodeRef::StmtWith(_) => ns("+with"),
        AnyNodeRef::StmtRaise(_) => ns("+raise"),
        AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => ns("+yield"),
        AnyNodeRef::ExprAwait(_) => ns("+yield"),
        _ => 0.0,
    }
}
