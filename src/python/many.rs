//! What says that there are many: positive evidence that a size is that of data, not of what somebody wrote by hand.
//!
//! Knows nouns for data, what a caller hands in, lines, rows and answers, worklists that are filled while they are
//! emptied, and chains that are followed link by link. Where nothing says so there may be many all the same; what only
//! costs where there are is then better not told. The opposite, that there are few, is in `few.rs` and `handful.rs`.

use ruff_python_ast::{self as ast, AnyNodeRef, Expr, Stmt};

use crate::data::{is_by_hand, is_free_number, is_many, is_number_of_many, is_queue};
use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;
use crate::scope::BindingKind;
use crate::types::Type;

/// Names and calls that are followed into one another, at most.
const DEPTH_MAX: u32 = 8;

/// Bindings of a name that are looked at, at most.
const BINDINGS_MAX: usize = 6;

/// A `range` to a constant of at least so many goes through many.
const MANY_MIN: i64 = 100;

/// Methods and functions that give the lines, matches, rows or files of something.
const GIVERS: [&str; 22] = [
    "chunks",
    "findall",
    "finditer",
    "fetchall",
    "glob",
    "groupby",
    "iter_content",
    "iter_lines",
    "iterdir",
    "iterlines",
    "iterrows",
    "itertuples",
    "listdir",
    "namelist",
    "readlines",
    "reader",
    "rglob",
    "scandir",
    "split",
    "splitlines",
    "tolist",
    "walk",
];

/// Methods that give the next part of a stream.
const READS: [&str; 6] = ["read", "recv", "read1", "readline", "receive", "get_data"];

/// Functions that hand on as many as they get.
const HANDS_ON: [&str; 11] = [
    "dict",
    "enumerate",
    "filter",
    "frozenset",
    "iter",
    "list",
    "map",
    "reversed",
    "set",
    "sorted",
    "tuple",
];

impl<'d> Loop<'d> {
    /// Whether something says that the loop turns many times.
    pub fn turns_many_times(self) -> bool {
        if self.extent().is_small() {
            return false;
        }
        match self.kind() {
            LoopKind::While => match self.node().ast() {
                AnyNodeRef::StmtWhile(each) => goes_on(self, each),
                _ => false,
            },
            _ => self.iterable().is_none_or(Node::is_of_many),
        }
    }
}

impl<'d> Node<'d> {
    /// Whether something says that a collection holds many: its name, where it comes from, or that a caller hands it in.
    pub fn is_of_many(self) -> bool {
        self.is_of_many_within(0)
    }

    /// Whether a list that is emptied from its front is a queue of data: what a caller hands in, what the loop fills
    /// while it empties it, or what is called a queue. A list that is emptied once moves little in all unless it is long.
    pub fn is_long_queue(self, around: Loop<'d>) -> bool {
        is_queue(self.last_name())
            || self.is_handed_in(0)
            || is_filled_with_data(around.node(), self)
            || self.is_kept_and_drained(around)
    }

    /// `while self.callbacks: self.callbacks.pop(0)()`, also by another name: what an object keeps is filled from
    /// elsewhere, and the loop takes all of it.
    fn is_kept_and_drained(self, around: Loop<'d>) -> bool {
        let AnyNodeRef::StmtWhile(each) = around.node().ast() else {
            return false;
        };
        let reaching = self.reaching();
        let held = match reaching.as_slice() {
            [binding] => binding.owner().assigned_value(),
            _ => None,
        };
        let is_kept = self.kind() == Kind::Attribute
            || held.is_some_and(|held| held.kind() == Kind::Attribute);
        let first = match &*each.test {
            Expr::BoolOp(all) => &all.values[0],
            test => test,
        };
        is_kept && around.node().at(first).source() == self.source()
    }

    /// Whether it is an argument of the function, or made of one.
    fn is_handed_in(self, depth: u32) -> bool {
        if depth > DEPTH_MAX {
            return false;
        }
        let of = |part: &'d Expr| self.at(part).is_handed_in(depth + 1);
        match self.ast() {
            AnyNodeRef::ExprName(_) => self.symbol().is_some_and(|symbol| {
                symbol
                    .bindings()
                    .take(BINDINGS_MAX)
                    .any(|binding| match binding.kind() {
                        BindingKind::Parameter => !is_by_hand(symbol.name()),
                        BindingKind::Assigned => {
                            let owner = binding.owner();
                            let value = owner
                                .assigned_value()
                                .filter(|_| binding.target().parent() == Some(owner));
                            value.is_some_and(|value| value.is_handed_in(depth + 1))
                        }
                        _ => false,
                    })
            }),
            AnyNodeRef::ExprSubscript(each) if each.slice.is_slice_expr() => of(&each.value),
            AnyNodeRef::ExprIf(each) => of(&each.body) || of(&each.orelse),
            AnyNodeRef::ExprCall(call) => {
                let copies = self.builtin().is_some_and(|name| HANDS_ON.contains(&name));
                copies && call.arguments.args.iter().any(of)
                    || matches!(self.method(), Some((receiver, "copy")) if receiver.is_handed_in(depth + 1))
            }
            _ => false,
        }
    }

    fn is_of_many_within(self, depth: u32) -> bool {
        if depth > DEPTH_MAX {
            return false;
        }
        let of = |part: &'d Expr| self.at(part).is_of_many_within(depth + 1);
        if self.is_of_many_by_type() {
            return true;
        }
        match self.ast() {
            AnyNodeRef::ExprName(name) => is_many(name.id.as_str()) || self.is_named_of_many(depth),
            AnyNodeRef::ExprAttribute(each) => is_many(each.attr.as_str()),
            AnyNodeRef::ExprSubscript(each) => {
                let is_key =
                    matches!(&*each.slice, Expr::StringLiteral(key) if is_many(key.value.to_str()));
                // An item of many is one of them.
                is_key || each.slice.is_slice_expr() && of(&each.value)
            }
            AnyNodeRef::ExprCall(call) => self.gives_many(call, depth),
            AnyNodeRef::ExprBinOp(each) => of(&each.left) || of(&each.right),
            AnyNodeRef::ExprBoolOp(each) => each.values.iter().any(of),
            AnyNodeRef::ExprIf(each) => of(&each.body) || of(&each.orelse),
            AnyNodeRef::ExprAwait(each) => of(&each.value),
            AnyNodeRef::ExprStarred(each) => of(&each.value),
            AnyNodeRef::ExprList(each) => each
                .elts
                .iter()
                .any(|one| matches!(one, Expr::Starred(_)) && of(one)),
            AnyNodeRef::ExprListComp(each) => each.generators.iter().any(|one| of(&one.iter)),
            AnyNodeRef::ExprSetComp(each) => each.generators.iter().any(|one| of(&one.iter)),
            AnyNodeRef::ExprGenerator(each) => each.generators.iter().any(|one| of(&one.iter)),
            AnyNodeRef::ExprDictComp(each) => each.generators.iter().any(|one| of(&one.iter)),
            _ => false,
        }
    }

    /// Open files, answers of a database, frames.
    fn is_of_many_by_type(self) -> bool {
        let has_type = matches!(self.kind(), Kind::Name | Kind::Attribute | Kind::Call);
        has_type
            && matches!(
                self.ty().without_none(),
                Type::File(_) | Type::QuerySet(_) | Type::Cursor | Type::Frame
            )
    }

    /// What a caller hands in, or what a name was given once.
    fn is_named_of_many(self, depth: u32) -> bool {
        let Some(symbol) = self.symbol() else {
            return false;
        };
        let is_argument = symbol
            .bindings()
            .next()
            .is_some_and(|first| first.kind() == BindingKind::Parameter);
        let name = symbol.name();
        if is_argument {
            // What a layer of a network is handed in is that of other layers; a text is mostly a short one.
            return !is_by_hand(name)
                && self.ty().without_none() != Type::Str
                && !self.document.is_of_networks();
        }
        self.only_value()
            .is_some_and(|value| value.is_of_many_within(depth + 1))
    }

    /// Whether a name or attribute is called after data; anything else, whether something says that there are many.
    pub fn is_called_many(self) -> bool {
        match self.ast() {
            AnyNodeRef::ExprName(name) => is_many(&name.id),
            AnyNodeRef::ExprAttribute(each) => is_many(&each.attr),
            _ => self.is_of_many(),
        }
    }

    fn gives_many(self, call: &'d ast::ExprCall, depth: u32) -> bool {
        let of = |part: &'d Expr| self.at(part).is_of_many_within(depth + 1);
        let arguments = &call.arguments.args;
        match self.builtin() {
            Some("range") => {
                let last = arguments.len().min(2).checked_sub(1);
                let counts = |at: usize| {
                    arguments
                        .get(at)
                        .is_some_and(|one| self.at(one).counts_many(depth + 1))
                };
                return counts(0) || last.is_some_and(counts);
            }
            Some("zip") => return arguments.iter().any(of),
            Some("vars" | "dir" | "globals") => return true,
            Some(name) if HANDS_ON.contains(&name) => return arguments.iter().any(of),
            Some(_) => return false,
            None => {}
        }
        if let Some((receiver, name)) = self.method() {
            let by_parts = match name {
                // What one name or path is split into is a handful.
                "split" => self
                    .argument(0, "sep")
                    .is_some_and(|by| matches!(by.constant_str(), Some("\n" | "\r\n"))),
                _ => GIVERS.contains(&name),
            };
            return match name {
                // A dict that is handed in holds what somebody wrote, unless its name says more.
                "items" | "keys" | "values" => receiver.is_called_many(),
                "copy" | "difference" | "union" | "all" => receiver.is_of_many_within(depth + 1),
                "from_iterable" => arguments.iter().any(of),
                _ => by_parts || is_many(name),
            };
        }
        let Some(name) = self.called_name() else {
            return false;
        };
        GIVERS.contains(&name)
            || is_many(name)
            || matches!(name, "chain" | "islice" | "deque" | "array" | "asarray")
                && arguments.iter().any(of)
    }

    /// Whether something says that a number is that of many.
    fn counts_many(self, depth: u32) -> bool {
        if depth > DEPTH_MAX {
            return false;
        }
        if let Some(n) = self.constant_int() {
            return n >= MANY_MIN;
        }
        match self.ast() {
            AnyNodeRef::ExprName(name) => match self.only_value() {
                Some(value) => value.counts_many(depth + 1) || is_number_of_many(&name.id),
                None => is_free_number(&name.id),
            },
            AnyNodeRef::ExprAttribute(each) => is_number_of_many(each.attr.as_str()),
            // `x.shape[0]`
            AnyNodeRef::ExprSubscript(each) => {
                matches!(&*each.value, Expr::Attribute(shape) if shape.attr.as_str() == "shape")
                    && self.at(&*each.slice).constant_int() == Some(0)
            }
            AnyNodeRef::ExprBinOp(each) => {
                self.at(&*each.left).counts_many(depth + 1)
                    || self.at(&*each.right).counts_many(depth + 1)
            }
            AnyNodeRef::ExprCall(_) => match self.builtin() {
                Some("len") => self
                    .argument(0, "")
                    .is_some_and(|of| !of.extent().is_small() && of.is_of_many_within(depth + 1)),
                Some("min" | "max" | "int") => self
                    .argument(0, "")
                    .is_some_and(|of| of.counts_many(depth + 1)),
                _ => false,
            },
            _ => false,
        }
    }
}

/// Whether something says that a `while` turns many times.
fn goes_on<'d>(around: Loop<'d>, each: &'d ast::StmtWhile) -> bool {
    let node = around.node();
    let test = node.at(&*each.test);
    let places: Vec<Node<'d>> = test
        .subtree()
        .filter(|part| matches!(part.kind(), Kind::Name | Kind::Attribute))
        .collect();
    let used_up = places
        .iter()
        .any(|place| takes_from(node, *place) && is_filled(node, *place));
    let follows = places.iter().any(|place| follows_chain(node, *place));
    used_up || follows || counts_through(test) || reads_on(around, each)
}

/// Whether the loop takes what it goes on with out of the collection: `queue.pop(0)`, `xs = xs[1:]`, `del xs[0]`.
fn takes_from<'d>(around: Node<'d>, place: Node<'d>) -> bool {
    let same = |other: Node<'d>| other.kind() == place.kind() && other.source() == place.source();
    around.subtree().any(|part| match part.ast() {
        AnyNodeRef::ExprCall(_) => part.method().is_some_and(|(receiver, name)| {
            same(receiver) && matches!(name, "pop" | "popleft" | "popitem")
        }),
        AnyNodeRef::StmtAssign(each) => {
            each.targets
                .iter()
                .any(|target| part.at(target).subtree().any(same))
                && part
                    .at(&*each.value)
                    .subtree()
                    .any(|value| match value.ast() {
                        AnyNodeRef::ExprSubscript(cut) => {
                            cut.slice.is_slice_expr() && same(value.at(&*cut.value))
                        }
                        // `head, *rest = rest`
                        _ => part.at(&*each.value) == value && same(value),
                    })
        }
        AnyNodeRef::StmtDelete(each) => each
            .targets
            .iter()
            .any(|target| part.at(target).mentions(place)),
        _ => false,
    })
}

/// Whether something says that there are many in a collection that a loop empties, or that the loop puts more of data in.
fn is_filled<'d>(around: Node<'d>, place: Node<'d>) -> bool {
    place.is_of_many() || is_filled_with_data(around, place)
}

/// The latter alone.
fn is_filled_with_data<'d>(around: Node<'d>, place: Node<'d>) -> bool {
    let is_place = |other: Node<'d>| other.source() == place.source();
    around.subtree().any(|part| match part.ast() {
        // `xs[:0] = lines`
        AnyNodeRef::StmtAssign(each) => {
            let fills = |target: &'d Expr| {
                matches!(target, Expr::Subscript(cut) if cut.slice.is_slice_expr() && is_place(part.at(&*cut.value)))
            };
            each.targets.iter().any(fills) && part.at(&*each.value).is_of_many()
        }
        AnyNodeRef::ExprCall(_) => {
            let Some((receiver, "extend" | "extendleft" | "append" | "insert")) = part.method() else {
                return false;
            };
            let last = part.argument(1, "").or_else(|| part.argument(0, ""));
            // Each of what an inner loop finds.
            let inner = || part.innermost_loop().filter(|inner| inner.node() != around);
            is_place(receiver)
                && last.is_some_and(|added| {
                    added.is_of_many()
                        || is_drawn_from_many(added)
                        || inner().and_then(Loop::iterable).is_some_and(Node::is_of_many)
                })
        }
        _ => false,
    })
}

/// `node = next(nodes)`: one after the other of many.
fn is_drawn_from_many(node: Node<'_>) -> bool {
    node.only_value().is_some_and(|drawn| {
        drawn.builtin() == Some("next") && drawn.argument(0, "").is_some_and(Node::is_of_many)
    })
}

/// `while node: .. node = node["next"]`, `w = pred[w]`: a chain through a dict or a list of links.
fn follows_chain<'d>(around: Node<'d>, place: Node<'d>) -> bool {
    let mentions = |part: Node<'d>| part.mentions(place);
    around.subtree().any(|part| {
        let AnyNodeRef::StmtAssign(each) = part.ast() else {
            return false;
        };
        let value = part.at(&*each.value);
        let is_own = matches!(each.targets.as_slice(), [target] if part.at(target).source() == place.source());
        is_own
            && mentions(value)
            && match value.ast() {
                AnyNodeRef::ExprIf(each) => each.body.is_subscript_expr(),
                AnyNodeRef::ExprSubscript(link) => !link.slice.is_slice_expr(),
                AnyNodeRef::ExprCall(_) => matches!(value.method(), Some((_, "get"))),
                AnyNodeRef::ExprAttribute(link) => matches!(link.attr.as_str(), "next" | "_next" | "next_node" | "link"),
                _ => false,
            }
    })
}

/// `while at < len(lines)`
fn counts_through(test: Node<'_>) -> bool {
    let AnyNodeRef::ExprCompare(compare) = test.ast() else {
        return false;
    };
    let ([ast::CmpOp::Lt | ast::CmpOp::LtE], [limit]) = (&*compare.ops, &*compare.comparators)
    else {
        return false;
    };
    let all = test.at(limit).measured();
    all.is_some_and(Node::is_called_many)
}

/// `while True: part = source.read(size)`, and it ends where there is no more.
fn reads_on<'d>(around: Loop<'d>, each: &'d ast::StmtWhile) -> bool {
    let node = around.node();
    let is_endless = matches!(&*each.test, Expr::BooleanLiteral(test) if test.value)
        || matches!(&*each.test, Expr::NumberLiteral(_));
    let reads = |part: Node<'d>| {
        let is_read = match part.method() {
            Some((_, name)) => READS.contains(&name),
            None => part.is_qualified("os.read"),
        };
        // One byte after the other is what a word or a number is read by.
        let one = part
            .argument(0, "")
            .or_else(|| part.argument(1, ""))
            .and_then(Node::constant_int);
        is_read && one != Some(1)
    };
    let in_test = match &*each.test {
        Expr::Named(named) => reads(node.at(&*named.value)),
        // `while part: .. part = source.read(size)`
        Expr::Name(part) => each.body.iter().any(|statement| {
            let Stmt::Assign(one) = statement else {
                return false;
            };
            let value = node.at(&*one.value);
            let is_own =
                matches!(one.targets.as_slice(), [Expr::Name(target)] if target.id == part.id);
            is_own && (reads(value) || value.builtin() == Some("next"))
        }),
        _ => false,
    };
    let reads_here = |statement: &'d Stmt| {
        let value = match statement {
            Stmt::Assign(one) => node.at(&*one.value),
            Stmt::AnnAssign(_) | Stmt::AugAssign(_) | Stmt::If(_) | Stmt::Try(_) => {
                node.at(statement)
            }
            _ => return false,
        };
        value
            .subtree()
            .any(|part| part.kind() == Kind::Call && reads(part))
    };
    in_test || is_endless && each.body.iter().any(reads_here)
}
