//! Loops that turn a few times, whatever the input, and loops whose turns each do so much that nothing beside it counts.
//!
//! Knows loops that try again, trim to a limit or an end, look for a free name, climb, ask a person, run a network, or are
//! compiled.
//! Does not know how many items there are: that is `size`.

use ruff_python_ast::{self as ast, AnyNodeRef, BoolOp, CmpOp, Expr, Operator, Stmt, UnaryOp};

use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;

/// Attributes that lead one step up a tree. Such a way is as long as the tree is deep.
const UP: [&str; 8] = [
    "parent",
    "parentNode",
    "parent_node",
    "_parent",
    "__cause__",
    "__context__",
    "f_back",
    "tb_next",
];

impl<'d> Loop<'d> {
    /// Whether the loop is not over data: it tries again, trims to a limit, or looks for a name that is free.
    pub(crate) fn turns_a_few_times(self) -> bool {
        match self.node().ast() {
            AnyNodeRef::StmtFor(each) if self.kind() == LoopKind::For => self.tries_again(each),
            AnyNodeRef::StmtWhile(each) => {
                trims(self.node(), each)
                    || drops_end(self.node(), each)
                    || strips_signs(self.node(), each)
                    || looks_for_free(self.node(), each)
                    || divides(self.node(), each)
                    || asks_person(self.node(), each)
                    || walks_short_text(self.node(), each)
            }
            _ => false,
        }
    }

    /// Whether each turn runs a network, or a part of it that the loop goes over: beside that, what a loop over its layers,
    /// scales or tokens does to a tuple costs nothing.
    pub(crate) fn runs_network(self) -> bool {
        let node = self.node();
        if self.is_clause() || !node.document.is_of_networks() {
            return false;
        }
        let targets: Vec<&str> = self.target().map_or(Vec::new(), |target| {
            target
                .subtree()
                .filter(|part| part.kind() == Kind::Name)
                .map(Node::source)
                .collect()
        });
        self.whole().subtree().any(|part| {
            let AnyNodeRef::ExprCall(call) = part.ast() else {
                return false;
            };
            match &*call.func {
                Expr::Name(name) => {
                    matches!(name.id.as_str(), "self" | "model" | "model_forward")
                        || targets.contains(&name.id.as_str())
                }
                // `self.layers[i](x)`
                Expr::Subscript(each) => part.at(&*each.value).root().source() == "self",
                Expr::Attribute(each) => {
                    let of_model = matches!(
                        each.attr.as_str(),
                        "model" | "decoder" | "encoder" | "transformer"
                    );
                    of_model && part.at(&*each.value).root().source() == "self"
                }
                _ => false,
            }
        })
    }

    /// Whether a compiler takes the loop out of the interpreter's hands, and moves what stays the same by itself.
    pub(crate) fn is_compiled(self) -> bool {
        let node = self.node();
        let compiles = |above: Node<'d>| {
            let AnyNodeRef::StmtFunctionDef(each) = above.ast() else {
                return false;
            };
            each.decorator_list.iter().any(|one| {
                let text = node.at(&one.expression).source();
                let name = text.split('(').next().unwrap_or_default();
                let last = name.rsplit('.').next().unwrap_or_default();
                match last {
                    "njit" | "overload_method" | "overload_attribute" | "register_jitable" => true,
                    "jit" => name != "jit" || node.document.imports("numba"),
                    // What such a function gives back is compiled in the place of the other one.
                    "overload" => node.document.imports("numba"),
                    _ => false,
                }
            })
        };
        node.ancestors().any(compiles)
    }

    /// `for _ in range(retries)` around a `try`, left at the first success.
    fn tries_again(self, each: &'d ast::StmtFor) -> bool {
        let node = self.node();
        if node.at(&*each.iter).builtin() != Some("range") {
            return false;
        }
        let catches = each
            .body
            .iter()
            .any(|statement| matches!(statement, Stmt::Try(one) if !one.handlers.is_empty()));
        let target = node.at(&*each.target).symbol();
        // The number of the attempt is at most told or waited by.
        let is_number_used = || {
            target.is_some_and(|symbol| {
                symbol.uses().any(|place| {
                    let says = |above: Node<'d>| {
                        matches!(above.kind(), Kind::FString | Kind::Compare | Kind::BinOp)
                    };
                    node.contains(place) && !place.ancestors().take(3).any(says)
                })
            })
        };
        catches && self.is_left_early() && !is_number_used()
    }
}

/// `while len(xs) > limit: xs.pop(0)`: what is one too many goes.
fn trims<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    let Expr::Compare(compare) = &*each.test else {
        return false;
    };
    let ([op], [right]) = (&*compare.ops, &*compare.comparators) else {
        return false;
    };
    let (measured, limit) = match op {
        CmpOp::Gt | CmpOp::GtE => (node.at(&*compare.left), node.at(right)),
        CmpOp::Lt | CmpOp::LtE => (node.at(right), node.at(&*compare.left)),
        _ => return false,
    };
    let drains = limit.constant_int().is_some_and(|limit| limit <= 1);
    measured.builtin() == Some("len")
        && !drains
        && each.body.iter().all(|statement| takes_one(node, statement))
}

fn takes_one<'d>(node: Node<'d>, statement: &'d Stmt) -> bool {
    match statement {
        Stmt::Expr(call) => matches!(
            node.at(&*call.value).method(),
            Some((_, "pop" | "popleft" | "popitem" | "remove" | "discard"))
        ),
        Stmt::Delete(_) => true,
        Stmt::Assign(each) => match (&*each.value, each.targets.as_slice()) {
            (Expr::Subscript(cut), [target]) => {
                cut.slice.is_slice_expr()
                    && node.at(&*cut.value).source() == node.at(target).source()
            }
            _ => false,
        },
        _ => false,
    }
}

/// `while lines and not lines[0]: lines.pop(0)`, `while path.startswith("/"): path = path[1:]`: the blank ones, or those
/// of one kind, at one end.
fn drops_end<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    let asks = match &*each.test {
        Expr::BoolOp(test) if test.op == BoolOp::And => {
            test.values.iter().any(|value| asks_end(node.at(value)))
        }
        Expr::BoolOp(test) => test.values.iter().all(|value| asks_end(node.at(value))),
        test => asks_end(node.at(test)),
    };
    asks && each.body.iter().any(|statement| takes_one(node, statement))
}

/// Whether a condition asks one end of something for what is written out.
fn asks_end(test: Node<'_>) -> bool {
    let is_end = |value: Node<'_>| {
        let value = match value.method() {
            Some((receiver, "strip")) => receiver,
            _ => value,
        };
        let AnyNodeRef::ExprSubscript(part) = value.ast() else {
            return false;
        };
        match &*part.slice {
            Expr::Slice(cut) => {
                let int = |bound: &Option<Box<Expr>>| {
                    bound
                        .as_ref()
                        .map(|bound| value.at(&**bound).constant_int())
                };
                matches!(
                    (int(&cut.lower), int(&cut.upper)),
                    (None | Some(Some(0)), Some(Some(1..=4))) | (Some(Some(-4..=-1)), None)
                )
            }
            place => matches!(value.at(place).constant_int(), Some(-1 | 0)),
        }
    };
    let is_written = |value: Node<'_>| {
        value.kind() == Kind::Literal
            || matches!(value.kind(), Kind::Tuple | Kind::List | Kind::Set)
                && value.children().all(|part| part.kind() == Kind::Literal)
    };
    match test.ast() {
        AnyNodeRef::ExprUnaryOp(not) => not.op == UnaryOp::Not && is_end(test.at(&*not.operand)),
        AnyNodeRef::ExprCompare(compare) => match (&*compare.ops, &*compare.comparators) {
            ([CmpOp::Eq | CmpOp::In], [right]) => {
                is_end(test.at(&*compare.left)) && is_written(test.at(right))
            }
            _ => false,
        },
        AnyNodeRef::ExprCall(_) => {
            matches!(test.method(), Some((_, "startswith" | "endswith")))
                && test.argument(0, "").is_some_and(is_written)
        }
        _ => false,
    }
}

/// `while url: if url.endswith(")"): ..; continue .. break`: signs of a few kinds at the ends of a text.
fn strips_signs<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    let (Some(Stmt::Break(_)), Expr::Name(_)) = (each.body.last(), &*each.test) else {
        return false;
    };
    let n_tests = each.body.len() - 1;
    let asks = |statement: &'d Stmt| match statement {
        Stmt::If(one) => match &*one.test {
            Expr::BoolOp(all) => all.values.iter().any(|value| asks_end(node.at(value))),
            test => asks_end(node.at(test)),
        },
        _ => false,
    };
    n_tests > 0 && each.body[..n_tests].iter().all(asks)
}

/// `while at < len(path)`, also by a name for that length.
fn walks_short_text<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    let Expr::Compare(compare) = &*each.test else {
        return false;
    };
    let ([CmpOp::Lt | CmpOp::LtE | CmpOp::NotEq], [limit]) = (&*compare.ops, &*compare.comparators)
    else {
        return false;
    };
    let text = node.at(limit).measured();
    text.is_some_and(Node::is_short_text)
}

/// `while not answer: answer = input()`: as many turns as somebody has patience for.
fn asks_person<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    each.body.iter().any(|statement| {
        let value = match statement {
            Stmt::Assign(one) => &one.value,
            _ => return false,
        };
        node.at(&**value)
            .subtree()
            .any(|part| matches!(part.builtin(), Some("input" | "raw_input")))
    })
}

/// `while name in names: name += "_"`: the first name or number that is free is near.
fn looks_for_free<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    let test = node.at(&*each.test);
    let asked: Vec<Node<'d>> = test
        .subtree()
        .filter_map(|part| match part.ast() {
            AnyNodeRef::ExprCompare(compare) => match &*compare.ops {
                [CmpOp::In] => Some(part.at(&*compare.left)),
                [CmpOp::Gt | CmpOp::GtE | CmpOp::NotEq] => {
                    let counts = part.at(&*compare.left);
                    matches!(counts.method(), Some((_, "count"))).then(|| counts.argument(0, ""))?
                }
                _ => None,
            },
            _ => None,
        })
        .collect();
    let mentions = |target: Node<'d>| asked.iter().any(|one| one.mentions(target));
    let mut changes = false;
    let plain = each.body.iter().all(|statement| {
        let (target, value) = match statement {
            Stmt::Assign(one) => match one.targets.as_slice() {
                [target] => (node.at(target), node.at(&*one.value)),
                _ => return false,
            },
            Stmt::AugAssign(one) => (node.at(&*one.target), node.at(&*one.value)),
            _ => return false,
        };
        if target.kind() == Kind::Name && mentions(target) {
            changes = true;
        }
        is_made_up(value)
    });
    changes && plain
}

/// `while n: n //= 10`, `while path: path, name = os.path.split(path)`, `while node: node = node.parent`: as many turns as
/// there are digits, folders or levels.
fn divides<'d>(node: Node<'d>, each: &'d ast::StmtWhile) -> bool {
    let test = node.at(&*each.test);
    let asked: Vec<&str> = test
        .subtree()
        .filter(|part| part.kind() == Kind::Name)
        .map(Node::source)
        .collect();
    let is_asked = |target: &Expr| match target {
        Expr::Tuple(pair) => pair
            .elts
            .iter()
            .any(|one| asked.contains(&node.at(one).source())),
        one => asked.contains(&node.at(one).source()),
    };
    each.body.iter().any(|statement| match statement {
        Stmt::AugAssign(one) => {
            matches!(one.op, Operator::FloorDiv | Operator::RShift) && is_asked(&one.target)
        }
        Stmt::Assign(one) => {
            let [target] = one.targets.as_slice() else {
                return false;
            };
            let value = node.at(&*one.value);
            let cuts = match value.ast() {
                AnyNodeRef::ExprBinOp(each) => {
                    matches!(each.op, Operator::FloorDiv | Operator::RShift)
                }
                AnyNodeRef::ExprAttribute(each) => UP.contains(&each.attr.as_str()),
                AnyNodeRef::ExprCall(_) => ["divmod", "os.path.split", "os.path.dirname"]
                    .iter()
                    .any(|name| value.is_qualified(name)),
                _ => false,
            };
            cuts && is_asked(target)
                && value
                    .subtree()
                    .any(|part| part.kind() == Kind::Name && asked.contains(&part.source()))
        }
        _ => false,
    })
}

/// Whether a value is put together here, and not read from somewhere.
fn is_made_up(value: Node<'_>) -> bool {
    value.subtree().all(|part| match part.ast() {
        AnyNodeRef::ExprSubscript(each) => each.slice.is_slice_expr(),
        AnyNodeRef::ExprAttribute(each) => each.attr.as_str() == "format",
        AnyNodeRef::ExprCall(_) => {
            part.builtin().is_some_and(|name| {
                matches!(
                    name,
                    "str" | "next" | "len" | "min" | "chr" | "int" | "repr"
                )
            }) || matches!(part.method(), Some((_, "format")))
        }
        _ => true,
    })
}
