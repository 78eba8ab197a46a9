//! Loops around what waits for somebody else: a database, another service, a file.
//!
//! Knows loops that are meant to ask again (retries, pages, portions), the ways by which calls of the module's functions
//! lead to a place, and whether a function always gets there. Does not know what is asked.

use looplint_model::{CodeCost, Related, SizeOrigin};
use ruff_python_ast::{self as ast, AnyNodeRef};

use crate::flow::Multiplicity;
use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;
use crate::summary::{Deed, Purity, Subject, What};
use crate::tables::Sink;
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

/// Methods that write a single row.
const OF_ONE_ROW: [&str; 7] = [
    "create",
    "acreate",
    "get_or_create",
    "update_or_create",
    "insert_one",
    "save",
    "asave",
];

impl<'d> Loop<'d> {
    /// Whether the loop waits for something (`while True`) or tries again.
    pub fn retries_or_waits(self) -> bool {
        match self.node().ast() {
            AnyNodeRef::StmtWhile(whole) => self.node().at(&*whole.test).kind() == Kind::Literal,
            AnyNodeRef::StmtFor(whole) => {
                // `for attempt in range(retries)`, left at the first success.
                let target = self.node().at(&*whole.target).source();
                let endless = self.node().at(&*whole.iter).is_qualified("itertools.count");
                endless
                    || target.trim_start_matches('_').starts_with("attempt")
                    || target.contains("retry")
            }
            _ => false,
        }
    }

    /// Whether the loop sleeps between its turns: it waits for something else to change.
    pub fn sleeps(self) -> bool {
        self.kind() == LoopKind::While
            && self.whole().subtree().any(|part| {
                part.kind() == Kind::Call
                    && (part
                        .fact()
                        .is_some_and(|fact| fact.sink == Some(Sink::Sleep))
                        || part.method().is_some_and(|(_, name)| name == "sleep"))
            })
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

/// What names of functions that write files begin or end with.
const WRITERS: [&str; 8] = [
    "write", "save", "dump", "store", "touch", "patch", "edit", "append",
];

impl<'d> Node<'d> {
    /// Whether a call reads the same file in each iteration of `around`, itself or through a function of the module, and
    /// nothing in the loop seems to change the file: no writing, no process, no waiting.
    pub fn rereads(self, around: Loop<'d>) -> bool {
        self.rereads_but_for(None, around)
    }

    /// The same where an inner loop gives the file, one of the same files in each iteration of `around`.
    pub fn rereads_but_for(self, given: Option<Loop<'d>>, around: Loop<'d>) -> bool {
        let Some(file) = self.file_read() else {
            return false;
        };
        let is_for = matches!(around.kind(), LoopKind::For | LoopKind::Clause);
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return false;
        };
        let stays = |value: Node<'d>| {
            // An open file goes on where it was.
            !matches!(value.ty().without_none(), Type::File(_))
                && match given {
                    Some(inner) => value.invariant_but_for(inner, around).is_ok(),
                    None => value.invariant(around).is_ok(),
                }
        };
        is_for
            && !around.retries_or_waits()
            && stays(file)
            && call
                .arguments
                .iter_source_order()
                .all(|each| stays(self.at(each.value())))
            && !around
                .whole()
                .subtree()
                .any(|other| other != self && around.repeats(other) && other.may_change_file(file))
    }

    /// The path that a call reads from, itself or through a function of the module that does nothing else.
    fn file_read(self) -> Option<Node<'d>> {
        if self.fact().is_some() {
            return self
                .only_reads_files()
                .then(|| self.file().or_else(|| self.listed()))?;
        }
        let summary = self.summary()?;
        let quiet = summary.purity <= Purity::Reads
            && summary.reads.is_empty()
            && !summary.generator
            && !self.is_decorated();
        let deed = summary
            .deeds
            .iter()
            .find(|deed| deed.what == What::File)
            .filter(|_| quiet)?;
        match deed.subject {
            Subject::Parameter(at) => self.passed(at),
            _ => None,
        }
    }

    fn may_change_file(self, file: Node<'d>) -> bool {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return matches!(self.kind(), Kind::Await | Kind::Yield);
        };
        if let Some(fact) = self.fact() {
            return match fact.sink {
                Some(Sink::FileWrite | Sink::Process | Sink::Sleep) => true,
                Some(Sink::Open) => !self.only_reads_files(),
                _ => false,
            };
        }
        let name = match &*call.func {
            ast::Expr::Name(name) => name.id.as_str(),
            ast::Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        };
        let writes = name
            .split('_')
            .any(|word| WRITERS.contains(&word) && name != "append");
        let gets_it = call
            .arguments
            .iter_source_order()
            .any(|each| self.at(each.value()).source() == file.source());
        writes
            || gets_it
                && self
                    .summary()
                    .is_none_or(|known| known.purity > Purity::Reads)
    }

    /// The loops that ask once per item, innermost first: unbounded ones, up to the first that tries again, waits or
    /// goes over portions.
    pub fn asking_loops(self) -> Vec<Loop<'d>> {
        // What makes or writes one row does it for one item, whatever the item's name: the pages of a book, groups.
        let is_of_one = matches!(self.method(), Some((_, name)) if OF_ONE_ROW.contains(&name));
        let mut loops = Vec::new();
        for each in self.loops() {
            if self.multiplicity(each) != Multiplicity::Repeated
                || each.retries_or_waits()
                || each.is_in_portions() && !is_of_one
            {
                break;
            }
            if !each.is_bounded() && !each.goes_through_languages() {
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

/// What fetches related rows with the others, or gives something else than rows.
pub(crate) const FETCHES: [&str; 8] = [
    "select_related",
    "prefetch_related",
    "values",
    "values_list",
    "raw",
    "annotate",
    "from_queryset",
    "union",
];

/// Names for one query set that are followed.
const ALIASES_MAX: u32 = 6;

impl<'d> Node<'d> {
    /// Whether rows come from a manager of a model and nothing on the way fetches what they refer to.
    pub fn is_plain_query(self) -> bool {
        self.is_plain_within(0)
    }

    fn is_plain_within(self, depth: u32) -> bool {
        if depth > ALIASES_MAX {
            return false;
        }
        match self.ast() {
            AnyNodeRef::ExprName(_) => self
                .reaching_value()
                .is_some_and(|value| value.is_plain_within(depth + 1)),
            AnyNodeRef::ExprCall(_) => {
                if self.builtin() == Some("list") {
                    return self
                        .argument(0, "")
                        .is_some_and(|all| all.is_plain_within(depth + 1));
                }
                let Some((receiver, method)) = self.method() else {
                    return false;
                };
                matches!(self.ty(), Type::QuerySet(_))
                    && !FETCHES.contains(&method)
                    && self.callee().is_none()
                    && receiver.is_plain_within(depth + 1)
            }
            AnyNodeRef::ExprSubscript(each) => self.at(&*each.value).is_plain_within(depth + 1),
            AnyNodeRef::ExprAttribute(each) => {
                let is_manager = matches!(self.ty(), Type::Manager(model) if matches!(&*model, Type::Model(name) if self.has_usual_manager(name)));
                is_manager
                    && each.attr.as_str() == "objects"
                    && self.at(&*each.value).kind() == Kind::Name
            }
            _ => false,
        }
    }

    /// Whether the model has no manager of its own, which may fetch related rows by itself. One of another file is taken
    /// to have none.
    fn has_usual_manager(self, model: &str) -> bool {
        let class = self.document.of_kind(Kind::Class).find(|each| {
            matches!(each.ast(), AnyNodeRef::StmtClassDef(body) if body.name.as_str() == model)
        });
        class.is_none_or(|body| {
            !body
                .children()
                .any(|each| each.kind() == Kind::Assign && each.source().starts_with("objects"))
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
    /// Whether something between this place and `around` decides whether it runs. A condition itself runs: the test of
    /// an `if`, what `and` looks at first, and the test of an `elif`, which most turns come to.
    pub fn is_conditional_in(self, around: Loop<'_>) -> bool {
        let whole = around.whole().span();
        let mut below = self;
        for each in self.ancestors() {
            if !whole.contains(each.span()) || each.span() == whole {
                return false;
            }
            let is_asked_first = match each.ast() {
                AnyNodeRef::StmtIf(test) => below == each.at(&*test.test),
                AnyNodeRef::ElifElseClause(arm) => {
                    arm.test.as_ref().is_some_and(|test| below == each.at(test))
                }
                AnyNodeRef::ExprIf(test) => below == each.at(&*test.test),
                AnyNodeRef::ExprBoolOp(all) => below == each.at(&all.values[0]),
                _ => !matches!(each.kind(), Kind::Case | Kind::Except),
            };
            // An arm hangs below the `if` whose test came before.
            let is_arm = below.kind() == Kind::Arm;
            if !is_asked_first && !is_arm {
                return true;
            }
            below = each;
        }
        false
    }
}
