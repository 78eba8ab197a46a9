//! How many items an expression has, where the program says it.
//!
//! Knows literals, ranges, slices, enums, constants of the module and what passes a size on.

use looplint_model::SizeOrigin;
use ruff_python_ast::{self as ast, AnyNodeRef, Expr};

use crate::effects::Role;
use crate::few;
use crate::handful::HANDFUL;
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind};
use crate::size::BOUNDED_MAX;
use crate::types::Type;

/// What holds the layers of a neural network.
const NETWORK_CONTAINERS: [&str; 4] = [
    "torch.nn.ModuleList",
    "torch.nn.ModuleDict",
    "torch.nn.Sequential",
    "torch.nn.ParameterList",
];

/// Sizes of sizes that are followed, at most.
pub(crate) const DEPTH_MAX: u32 = 12;

/// A number of items and how it is known.
#[derive(Clone, Copy)]
pub(crate) struct Count {
    pub n: u64,
    pub origin: SizeOrigin,
}

impl Count {
    /// What a name says.
    fn by_name() -> Count {
        Count {
            n: HANDFUL,
            origin: SizeOrigin::Assumed,
        }
    }

    /// So many, known no better than either of the two that it is made of.
    pub(crate) fn joined(self, other: Count, n: u64) -> Count {
        let origin = match other.origin {
            SizeOrigin::Assumed => SizeOrigin::Assumed,
            _ => self.origin,
        };
        Count { n, origin }
    }
}

impl<'d> Node<'d> {
    pub(crate) fn count(self, depth: u32) -> Option<Count> {
        if depth > DEPTH_MAX {
            return None;
        }
        let found = match self.ast() {
            AnyNodeRef::ExprList(ast::ExprList { elts, .. })
            | AnyNodeRef::ExprTuple(ast::ExprTuple { elts, .. })
            | AnyNodeRef::ExprSet(ast::ExprSet { elts, .. }) => self.display(elts, depth),
            AnyNodeRef::ExprDict(each) => {
                let plain = each.items.iter().all(|item| item.key.is_some());
                plain.then(|| literal(each.items.len() as u64))
            }
            AnyNodeRef::ExprStringLiteral(each) => {
                Some(literal(each.value.to_str().chars().count() as u64))
            }
            AnyNodeRef::ExprBytesLiteral(each) => Some(literal(each.value.bytes().count() as u64)),
            AnyNodeRef::ExprName(_) => self.asked_count().or_else(|| self.named_count(depth)),
            AnyNodeRef::ExprAttribute(each) => self.attribute_count(each, depth),
            AnyNodeRef::ExprCall(call) => self.call_count(call, depth),
            AnyNodeRef::ExprSubscript(each) => self.slice_count(each, depth),
            AnyNodeRef::ExprListComp(each) => self.clauses_count(&each.generators, depth),
            AnyNodeRef::ExprSetComp(each) => self.clauses_count(&each.generators, depth),
            AnyNodeRef::ExprGenerator(each) => self.clauses_count(&each.generators, depth),
            AnyNodeRef::ExprDictComp(each) => self.clauses_count(&each.generators, depth),
            AnyNodeRef::ExprIf(each) => {
                let body = self.at(&*each.body).count(depth + 1)?;
                let other = self.at(&*each.orelse).count(depth + 1)?;
                Some(if body.n >= other.n { body } else { other })
            }
            AnyNodeRef::ExprBinOp(each) => self.sum_count(each, depth),
            AnyNodeRef::ExprStarred(each) => self.at(&*each.value).count(depth + 1),
            _ => None,
        };
        let by_nature = || {
            self.handful().map(|n| Count {
                n,
                origin: SizeOrigin::Constant,
            })
        };
        found
            .or_else(by_nature)
            .or_else(|| self.count_by_type())
            .or_else(|| self.is_few_by_name().then(Count::by_name))
    }

    /// A tuple whose items are each known has their number.
    fn count_by_type(self) -> Option<Count> {
        if !matches!(
            self.kind(),
            Kind::Name | Kind::Attribute | Kind::Subscript | Kind::Call
        ) {
            return None;
        }
        match self.ty() {
            // An empty one is what is there before there are any.
            Type::Tuple(items) if !items.is_empty() => Some(Count {
                n: items.len() as u64,
                origin: SizeOrigin::Annotation,
            }),
            _ => None,
        }
    }

    fn display(self, elements: &'d [Expr], depth: u32) -> Option<Count> {
        let mut n = 0u64;
        for element in elements {
            n += match element {
                Expr::Starred(starred) => self.at(&*starred.value).count(depth + 1)?.n,
                _ => 1,
            };
        }
        Some(literal(n))
    }

    fn named_count(self, depth: u32) -> Option<Count> {
        let symbol = self.symbol()?;
        let Some(binding) = symbol.single_binding() else {
            return self
                .count_of_texts()
                .or_else(|| symbol.count_of_bindings(depth));
        };
        let owner = binding.owner();
        match binding.kind() {
            BindingKind::Assigned => {
                let value = owner.assigned_value()?;
                if binding.target().parent() != Some(owner) {
                    return None;
                }
                let constant = matches!(symbol.scope_kind(), ScopeKind::Module | ScopeKind::Class);
                let by_name = constant && few::is_constant(symbol.name());
                let stays = value.ty().is_mutable().is_no() || by_name && !symbol.is_mutated();
                let count = value.count(depth + 1)?;
                let count = match stays {
                    true => count,
                    false => count.plus(symbol.added(depth)?),
                };
                Some(Count {
                    n: count.n,
                    origin: match count.origin {
                        SizeOrigin::Assumed => SizeOrigin::Assumed,
                        _ if constant => SizeOrigin::Constant,
                        origin => origin,
                    },
                })
            }
            BindingKind::Class => enum_count(owner),
            _ => None,
        }
    }

    /// `self.layers = nn.ModuleList(..)`: the layers of a network are as many as its author wrote or configured,
    /// and each does so much work that the loop over them is none that costs.
    fn holds_network_layers(self, class: Node<'d>, attribute: &str) -> bool {
        self.document
            .attribute_stores(class, attribute)
            .iter()
            .any(|store| {
                let value = store.statement().assigned_value();
                value.is_some_and(|value| {
                    NETWORK_CONTAINERS
                        .iter()
                        .any(|name| value.is_qualified(name))
                })
            })
    }

    fn attribute_count(self, each: &'d ast::ExprAttribute, depth: u32) -> Option<Count> {
        let (Type::Instance(class) | Type::Class(class)) = self.at(&*each.value).ty() else {
            return None;
        };
        let class = self.document.at(class.id);
        if self.holds_network_layers(class, each.attr.as_str()) {
            return Some(Count {
                n: BOUNDED_MAX,
                origin: SizeOrigin::Constant,
            });
        }
        if !self
            .document
            .attribute_stores(class, each.attr.as_str())
            .is_empty()
        {
            return None;
        }
        let symbol = self
            .document
            .own_symbol(class.data().extra, each.attr.as_str())?;
        let owner = symbol.single_binding()?.owner();
        if owner.is_property() {
            return owner.written_answer()?.count(depth + 1);
        }
        let value = owner.assigned_value()?;
        let count = value.count(depth + 1)?;
        // A list on the class may grow anywhere, unless the module shows that it is a constant.
        let is_constant = || {
            let uses = self.document.attributes_of(each.attr.as_str());
            uses.map(|node| node.role().role).all(|role| {
                matches!(
                    role,
                    Role::Reads | Role::Contains | Role::Iterates | Role::Method
                )
            })
        };
        (!value.ty().is_mutable().is_yes() || is_constant()).then_some(Count {
            origin: SizeOrigin::Constant,
            ..count
        })
    }

    /// What a function returns that does nothing else.
    fn written_answer(self) -> Option<Node<'d>> {
        let AnyNodeRef::StmtFunctionDef(each) = self.ast() else {
            return None;
        };
        match each.body.last()? {
            ast::Stmt::Return(one) if each.body.len() <= 2 => {
                one.value.as_ref().map(|value| self.at(&**value))
            }
            _ => None,
        }
    }

    fn call_count(self, call: &'d ast::ExprCall, depth: u32) -> Option<Count> {
        let argument = |at: usize| {
            call.arguments
                .args
                .get(at)
                .map(|argument| self.at(argument))
        };
        match self.method() {
            Some((receiver, "items" | "keys" | "values" | "copy" | "tolist" | "to_list")) => {
                return receiver.count(depth + 1);
            }
            Some((receiver, "split")) if self.argument(0, "").is_none() => {
                let words = receiver.constant_str()?.split_whitespace().count();
                return Some(literal(words as u64));
            }
            Some((receiver, "get")) => return receiver.longest_value(depth + 1),
            // What two have in common is no more than either has.
            Some((receiver, "intersection")) => {
                let other = || argument(0)?.count(depth + 1);
                return receiver.count(depth + 1).or_else(other);
            }
            _ => {}
        }
        match self.qualified_name()?.as_str() {
            "range" => self.range_count(call, depth),
            "dict" if call.arguments.args.is_empty() => {
                let named = call
                    .arguments
                    .keywords
                    .iter()
                    .all(|each| each.arg.is_some());
                named.then(|| literal(call.arguments.keywords.len() as u64))
            }
            "numpy.array" | "numpy.asarray" | "enumerate" | "reversed" | "sorted" | "list"
            | "tuple" | "set" | "frozenset" | "iter" | "dict" | "filter" => {
                argument(usize::from(self.builtin() == Some("filter")))?.count(depth + 1)
            }
            "map" => argument(1)?.count(depth + 1),
            "zip" => {
                let counts = call
                    .arguments
                    .args
                    .iter()
                    .filter_map(|each| self.at(each).count(depth + 1));
                counts.min_by_key(|count| count.n)
            }
            "itertools.islice" => {
                let stop = argument(1)?.constant_int()?;
                Some(Count {
                    n: u64::try_from(stop).ok()?,
                    origin: SizeOrigin::Constant,
                })
            }
            _ => None,
        }
    }

    fn range_count(self, call: &'d ast::ExprCall, depth: u32) -> Option<Count> {
        let args = &call.arguments.args;
        let int = |at: usize| args.get(at).and_then(|each| self.at(each).constant_int());
        let n = match args.len() {
            1 => match int(0) {
                Some(stop) => stop,
                None => {
                    // `range(len(xs))` is as long as `xs`.
                    let stop = self.at(&args[0]);
                    if stop.builtin() != Some("len") {
                        // `range(x.ndim)`: a number that is a handful.
                        return stop.count_as_number();
                    }
                    return stop.argument(0, "")?.count(depth + 1);
                }
            },
            2 | 3 => {
                let few = |at: usize| args.get(at).and_then(|each| self.at(each).few(depth + 1));
                let counted = match (int(0), int(1)) {
                    (Some(start), None) if start >= 0 => few(1),
                    (None, Some(stop)) if stop >= -1 => few(0),
                    _ => None,
                };
                if counted.is_some() {
                    return counted;
                }
                let (start, stop) = (int(0)?, int(1)?);
                let step = if args.len() == 3 { int(2)? } else { 1 };
                if step == 0 {
                    return None;
                }
                let width = if step > 0 {
                    stop.checked_sub(start)?
                } else {
                    start.checked_sub(stop)?
                };
                let step = i64::try_from(step.unsigned_abs()).ok()?;
                width.max(0).checked_add(step - 1)? / step
            }
            _ => return None,
        };
        Some(Count {
            n: u64::try_from(n.max(0)).ok()?,
            origin: SizeOrigin::Range,
        })
    }

    /// A number that is one of a handful: `x.ndim`, or by its name.
    fn count_as_number(self) -> Option<Count> {
        let known = self.handful_number().map(|n| Count {
            n,
            origin: SizeOrigin::Constant,
        });
        known.or_else(|| self.is_few_number_by_name().then(Count::by_name))
    }

    /// The same, of a number made of one: `len(self.layers) - 1`.
    fn few(self, depth: u32) -> Option<Count> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.ast() {
            AnyNodeRef::ExprBinOp(each) if each.op == ast::Operator::Sub => {
                self.at(&*each.left).few(depth + 1)
            }
            AnyNodeRef::ExprCall(_) if self.builtin() == Some("len") => self
                .argument(0, "")
                .and_then(|of| of.count(depth + 1))
                .filter(|count| count.n <= BOUNDED_MAX),
            AnyNodeRef::ExprName(_) => self
                .count_as_number()
                .or_else(|| self.only_value()?.few(depth + 1)),
            AnyNodeRef::ExprAttribute(_) => self.count_as_number(),
            _ => None,
        }
    }

    fn slice_count(self, each: &'d ast::ExprSubscript, depth: u32) -> Option<Count> {
        let Expr::Slice(slice) = &*each.slice else {
            let value = self.at(&*each.value);
            let one = self
                .at(&*each.slice)
                .constant_str()
                .and_then(|key| value.value_under(key));
            return match one {
                Some(one) => one.count(depth + 1),
                None => value.longest_value(depth + 1),
            };
        };
        let whole = self.at(&*each.value).count(depth + 1);
        let int =
            |part: &Option<Box<Expr>>| part.as_ref().map(|part| self.at(&**part).constant_int());
        let taken = match (int(&slice.lower), int(&slice.upper)) {
            (None, Some(Some(stop))) if stop >= 0 => Some(stop),
            (Some(Some(start)), None) if start < 0 => Some(-start),
            (Some(Some(start)), Some(Some(stop)))
                if (start >= 0) == (stop >= 0) && stop >= start =>
            {
                Some(stop - start)
            }
            _ => None,
        };
        match (taken, whole) {
            // A cut is exact where what it is cut from is only called so.
            (Some(n), Some(whole)) if whole.origin != SizeOrigin::Assumed => Some(Count {
                n: (n as u64).min(whole.n),
                ..whole
            }),
            (Some(n), Some(_)) => Some(Count {
                n: n as u64,
                origin: SizeOrigin::Constant,
            }),
            (Some(n), None) => Some(Count {
                n: n as u64,
                origin: SizeOrigin::Constant,
            }),
            (None, whole) => whole,
        }
    }

    /// The longest of the values of a constant dict or list of collections.
    fn longest_value(self, depth: u32) -> Option<Count> {
        if depth > DEPTH_MAX {
            return None;
        }
        let display = match self.kind() {
            Kind::Dict | Kind::List | Kind::Tuple => self,
            Kind::Name => {
                let symbol = self.symbol()?;
                let binding = symbol.single_binding()?;
                let value = binding.owner().assigned_value()?;
                let stays =
                    binding.target().parent() == Some(binding.owner()) && !symbol.may_grow();
                stays.then_some(value)?
            }
            _ => return None,
        };
        let values: Vec<&'d Expr> = match display.ast() {
            AnyNodeRef::ExprDict(each) => each.items.iter().map(|item| &item.value).collect(),
            AnyNodeRef::ExprList(each) => each.elts.iter().collect(),
            AnyNodeRef::ExprTuple(each) => each.elts.iter().collect(),
            _ => return None,
        };
        let mut longest = None;
        for value in values {
            let count = self.at(value).count(depth + 1)?;
            if longest.is_none_or(|longest: Count| longest.n < count.n) {
                longest = Some(count);
            }
        }
        longest
    }

    fn clauses_count(self, clauses: &'d [ast::Comprehension], depth: u32) -> Option<Count> {
        let mut all: Option<Count> = None;
        for clause in clauses {
            let count = self.at(&clause.iter).count(depth + 1)?;
            all = Some(match all {
                None => count,
                Some(all) => all.joined(count, all.n.saturating_mul(count.n)),
            });
        }
        all
    }

    fn sum_count(self, each: &'d ast::ExprBinOp, depth: u32) -> Option<Count> {
        let (left, right) = (self.at(&*each.left), self.at(&*each.right));
        match each.op {
            ast::Operator::Add => {
                let (a, b) = (left.count(depth + 1)?, right.count(depth + 1)?);
                Some(a.joined(b, a.n.saturating_add(b.n)))
            }
            ast::Operator::Mult => {
                let times = |side: Node<'d>| {
                    let few = || side.handful_number().and_then(|n| i64::try_from(n).ok());
                    side.constant_int().or_else(few)
                };
                let (times, one) = match times(left) {
                    Some(times) => (times, right),
                    None => (times(right)?, left),
                };
                let one = one.count(depth + 1)?;
                Some(Count {
                    n: one.n.saturating_mul(u64::try_from(times).ok()?),
                    ..one
                })
            }
            ast::Operator::BitAnd => left.count(depth + 1).or_else(|| right.count(depth + 1)),
            _ => None,
        }
    }
}

pub(crate) fn literal(n: u64) -> Count {
    Count {
        n,
        origin: SizeOrigin::Literal,
    }
}

/// The number of members of an enum class.
fn enum_count(class: Node<'_>) -> Option<Count> {
    let AnyNodeRef::StmtClassDef(each) = class.ast() else {
        return None;
    };
    let members = each
        .body
        .iter()
        .filter(|statement| statement.is_assign_stmt())
        .count() as u64;
    (class.is_enum() && members > 0).then_some(Count {
        n: members,
        origin: SizeOrigin::Constant,
    })
}
