//! The control-flow graph of a function, lambda or module, made when it is first asked for.
//!
//! Knows every statement that moves control: branches, loops with `else`, `try` with all its arms, `with`, `match`,
//! `return`, `raise`, `break`, `continue`. Any unit inside a `try` may raise, before it and after it.
//! Does not know values: both sides of a condition may be taken, except for constants.

use ruff_python_ast::{self as ast, AnyNodeRef, Expr, Stmt};
use rustc_hash::FxHashMap;

use crate::flow::{is_true, never_returns};
use crate::node::Node;

/// A stretch of units that run one after another.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Simple statements, headers and targets, by node.
    pub units: Vec<u32>,
    /// The blocks that may run right before.
    pub before: Vec<u32>,
}

/// The graph of one frame. Block 0 is the entry.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub blocks: Vec<Block>,
    /// Block and position of each unit.
    pub places: FxHashMap<u32, (u32, u32)>,
}

impl Graph {
    /// The unit that holds `node`: block and position. The entry for parameters and what is nowhere else.
    pub(crate) fn place(&self, node: Node<'_>) -> (u32, u32) {
        let mut at = Some(node);
        while let Some(each) = at {
            if let Some(place) = self.places.get(&each.id) {
                return *place;
            }
            at = each.parent();
        }
        (0, 0)
    }
}

/// Builds the graph of `frame`.
pub(crate) fn graph(frame: Node<'_>) -> Graph {
    let mut builder = Builder {
        place: frame,
        graph: Graph::default(),
        current: Some(0),
        frames: Vec::new(),
    };
    builder.graph.blocks.push(Block::default());
    match frame.ast() {
        AnyNodeRef::StmtFunctionDef(each) => builder.body(&each.body),
        AnyNodeRef::ModModule(each) => builder.body(&each.body),
        AnyNodeRef::ExprLambda(each) => builder.unit(frame.at(&*each.body)),
        _ => {}
    }
    builder.graph
}

/// What a jump may have to leave.
enum Frame {
    Loop {
        head: u32,
        after: u32,
    },
    /// Exceptions go to `catch`.
    Try {
        catch: u32,
    },
    /// Every way out goes through `entry` first.
    Final {
        entry: u32,
        jumps: Vec<Jump>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Jump {
    Break,
    Continue,
    Return,
    Raise,
}

struct Builder<'d> {
    place: Node<'d>,
    graph: Graph,
    /// The block that is being filled; none after a jump.
    current: Option<u32>,
    frames: Vec<Frame>,
}

impl<'d> Builder<'d> {
    fn block(&mut self) -> u32 {
        self.graph.blocks.push(Block::default());
        self.graph.blocks.len() as u32 - 1
    }

    fn link(&mut self, from: Option<u32>, to: u32) {
        let Some(from) = from else { return };
        let before = &mut self.graph.blocks[to as usize].before;
        if !before.contains(&from) {
            before.push(from);
        }
    }

    /// A new block after the current one.
    fn next(&mut self) -> u32 {
        let next = self.block();
        self.link(self.current, next);
        self.current = Some(next);
        next
    }

    fn unit(&mut self, node: Node<'d>) {
        let raises_to = self.exception_target();
        if let Some(target) = raises_to {
            self.link(self.current, target);
            self.next();
        }
        let block = match self.current {
            Some(block) => block,
            // What nothing leads to still has a place.
            None => self.block(),
        };
        self.current = Some(block);
        let units = &mut self.graph.blocks[block as usize].units;
        units.push(node.id);
        let at = units.len() as u32 - 1;
        self.graph.places.insert(node.id, (block, at));
        if let Some(target) = raises_to {
            self.link(self.current, target);
        }
    }

    fn exception_target(&self) -> Option<u32> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Try { catch } => Some(*catch),
            Frame::Final { entry, .. } => Some(*entry),
            Frame::Loop { .. } => None,
        })
    }

    fn expression(&mut self, expression: &'d Expr) {
        self.unit(self.place.at(expression));
    }

    fn body(&mut self, body: &'d [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn jump(&mut self, jump: Jump) {
        for frame in self.frames.iter_mut().rev() {
            let target = match frame {
                Frame::Final { entry, jumps } => {
                    if !jumps.contains(&jump) {
                        jumps.push(jump);
                    }
                    *entry
                }
                Frame::Loop { after, .. } if jump == Jump::Break => *after,
                Frame::Loop { head, .. } if jump == Jump::Continue => *head,
                Frame::Try { catch } if jump == Jump::Raise => *catch,
                _ => continue,
            };
            self.link(self.current, target);
            break;
        }
        self.current = None;
    }

    fn statement(&mut self, statement: &'d Stmt) {
        let node = self.place.at(statement);
        match statement {
            Stmt::If(each) => self.branches(each),
            Stmt::For(each) => self.for_loop(each),
            Stmt::While(each) => self.while_loop(each),
            Stmt::Try(each) => self.try_statement(each),
            Stmt::With(each) => {
                for item in &each.items {
                    self.unit(self.place.at(item));
                }
                let may_swallow = each
                    .items
                    .iter()
                    .any(|item| swallows(self.place.at(&item.context_expr)));
                if !may_swallow {
                    return self.body(&each.body);
                }
                let after = self.block();
                self.frames.push(Frame::Try { catch: after });
                self.body(&each.body);
                self.frames.pop();
                self.link(self.current, after);
                self.current = Some(after);
            }
            Stmt::Match(each) => self.match_statement(each),
            Stmt::ClassDef(each) => {
                // The body runs on the spot; the name is bound after it.
                self.body(&each.body);
                self.unit(node);
            }
            Stmt::Return(_) => {
                self.unit(node);
                self.jump(Jump::Return);
            }
            Stmt::Raise(_) => {
                self.unit(node);
                self.jump(Jump::Raise);
            }
            Stmt::Break(_) => self.jump(Jump::Break),
            Stmt::Continue(_) => self.jump(Jump::Continue),
            Stmt::Expr(each) => {
                self.unit(node);
                if never_returns(node, &each.value) {
                    self.jump(Jump::Raise);
                }
            }
            _ => self.unit(node),
        }
    }

    fn branches(&mut self, each: &'d ast::StmtIf) {
        self.expression(&each.test);
        let after = self.block();
        let mut otherwise = self.current;
        self.next();
        self.body(&each.body);
        self.link(self.current, after);
        for arm in &each.elif_else_clauses {
            self.current = otherwise;
            self.next();
            if let Some(test) = &arm.test {
                self.expression(test);
                otherwise = self.current;
                self.next();
            } else {
                otherwise = None;
            }
            self.body(&arm.body);
            self.link(self.current, after);
        }
        self.link(otherwise, after);
        self.current = Some(after);
        self.forget_if_unreached(after);
    }

    /// A join that nothing leads to is no place to go on from.
    fn forget_if_unreached(&mut self, block: u32) {
        if self.graph.blocks[block as usize].before.is_empty() {
            self.current = None;
        }
    }

    fn for_loop(&mut self, each: &'d ast::StmtFor) {
        self.expression(&each.iter);
        let head = self.next();
        let after = self.block();
        self.next();
        self.frames.push(Frame::Loop { head, after });
        self.unit(self.place.at(&*each.target));
        self.body(&each.body);
        self.link(self.current, head);
        self.frames.pop();
        self.current = Some(head);
        self.next();
        self.body(&each.orelse);
        self.link(self.current, after);
        self.current = Some(after);
        self.forget_if_unreached(after);
    }

    fn while_loop(&mut self, each: &'d ast::StmtWhile) {
        let head = self.next();
        let after = self.block();
        self.expression(&each.test);
        let tested = self.current;
        self.next();
        self.frames.push(Frame::Loop { head, after });
        self.body(&each.body);
        self.link(self.current, head);
        self.frames.pop();
        self.current = if is_true(&each.test) { None } else { tested };
        if self.current.is_some() {
            self.next();
        }
        self.body(&each.orelse);
        self.link(self.current, after);
        self.current = Some(after);
        self.forget_if_unreached(after);
    }

    fn match_statement(&mut self, each: &'d ast::StmtMatch) {
        self.expression(&each.subject);
        let after = self.block();
        for case in &each.cases {
            let from = self.current;
            self.next();
            self.unit(self.place.at(&case.pattern));
            if let Some(guard) = &case.guard {
                self.expression(guard);
            }
            // A pattern that fails may have captured some names before.
            let failed = self.block();
            self.link(from, failed);
            self.link(self.current, failed);
            self.next();
            self.body(&case.body);
            self.link(self.current, after);
            let always = case.guard.is_none() && case.pattern.is_irrefutable();
            self.current = (!always).then_some(failed);
        }
        self.link(self.current, after);
        self.current = Some(after);
        self.forget_if_unreached(after);
    }

    fn try_statement(&mut self, each: &'d ast::StmtTry) {
        let after = self.block();
        let has_final = !each.finalbody.is_empty();
        let entry = if has_final { self.block() } else { after };
        if has_final {
            self.frames.push(Frame::Final {
                entry,
                jumps: Vec::new(),
            });
        }
        let catch = (!each.handlers.is_empty()).then(|| self.block());
        if let Some(catch) = catch {
            self.frames.push(Frame::Try { catch });
        }
        self.body(&each.body);
        if catch.is_some() {
            self.frames.pop();
        }
        self.body(&each.orelse);
        self.link(self.current, entry);
        if let Some(catch) = catch {
            for handler in &each.handlers {
                let ast::ExceptHandler::ExceptHandler(handler) = handler;
                self.current = Some(catch);
                self.next();
                self.unit(self.place.at(handler));
                self.body(&handler.body);
                self.link(self.current, entry);
            }
            self.current = Some(catch);
            self.jump(Jump::Raise);
        }
        if has_final {
            let Some(Frame::Final { jumps, .. }) = self.frames.pop() else {
                return;
            };
            self.current = Some(entry);
            self.body(&each.finalbody);
            let end = self.current;
            for jump in jumps.into_iter().chain([Jump::Raise]) {
                self.current = end;
                self.jump(jump);
            }
            self.link(end, after);
        }
        self.current = Some(after);
        self.forget_if_unreached(after);
    }
}

/// A context manager that may end its block early and go on.
fn swallows(manager: Node<'_>) -> bool {
    match manager.qualified_name().as_deref() {
        Some("contextlib.suppress" | "pytest.raises" | "pytest.warns") => true,
        _ => matches!(
            manager.method(),
            Some((_, "assertRaises" | "assertRaisesRegex"))
        ),
    }
}
