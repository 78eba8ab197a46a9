//! How many items: constants folded, the rest by name.
//!
//! Knows literals, ranges, slices, enums, constants of the module and what passes a size on.
//! Does not know what a program is run with; such a size has a name and no number.

use looplint_model::{Size, SizeOrigin};
use ruff_python_ast::{self as ast, AnyNodeRef, Expr, Number, UnaryOp};

use crate::effects::Role;
use crate::few;
use crate::handful::HANDFUL;
use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind};
use crate::types::Type;

/// A collection of at most this many items costs no more than a constant.
pub const BOUNDED_MAX: u64 = 16;

/// So many are bounded where they are written out: a scan of them grows with nothing.
const WRITTEN_MAX: u64 = 64;

/// What holds the layers of a neural network.
const NETWORK_CONTAINERS: [&str; 4] = [
    "torch.nn.ModuleList",
    "torch.nn.ModuleDict",
    "torch.nn.Sequential",
    "torch.nn.ParameterList",
];

/// Sizes of sizes that are followed, at most.
const DEPTH_MAX: u32 = 12;

/// Most characters of a name in a Big-O.
const NAME_MAX: usize = 24;

/// The number of items of a collection, or of iterations of a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// At most this many, where that is known; about this many where [`Extent::origin`] is an assumption.
    pub bound: Option<u64>,
    /// How it is known; [`SizeOrigin::Assumed`] where it is not, or only the name says so.
    pub origin: SizeOrigin,
    /// What to call it in a Big-O: `orders`, `self.items`, `n`.
    pub name: String,
}

impl Extent {
    /// Whether it is so small, whatever the input, that it counts as constant.
    pub fn is_bounded(&self) -> bool {
        let most = match self.origin {
            SizeOrigin::Literal | SizeOrigin::Constant => WRITTEN_MAX,
            SizeOrigin::Assumed => return false,
            _ => BOUNDED_MAX,
        };
        self.bound.is_some_and(|n| n <= most)
    }

    /// Whether it is bounded, or so few by what it is called that comparing or copying all of them costs nothing:
    /// arguments, columns, plugins. What asks a database or unknown code for each of them still costs.
    pub fn is_small(&self) -> bool {
        self.is_bounded() || self.origin == SizeOrigin::Assumed && self.bound.is_some()
    }
}

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
    /// How many items a collection has; for a string its characters.
    pub fn extent(self) -> Extent {
        let count = self.count(0);
        Extent {
            bound: count.map(|count| count.n),
            origin: count.map_or(SizeOrigin::Assumed, |count| count.origin),
            name: self.size_name(),
        }
    }

    /// The size to state in a finding: as known, or as the settings assume.
    pub fn size(self) -> Size {
        match self.count(0) {
            Some(count) => Size {
                n: count.n,
                origin: count.origin,
            },
            None => Size {
                n: self.document.settings.assume_size,
                origin: SizeOrigin::Assumed,
            },
        }
    }

    /// What the size of this collection is called in a Big-O, in the program's own names.
    pub fn size_name(self) -> String {
        self.name_within(0)
    }

    fn name_within(self, depth: u32) -> String {
        if depth > DEPTH_MAX {
            return "n".into();
        }
        let part = |part: &Expr| self.at(part).name_within(depth + 1);
        match self.ast() {
            AnyNodeRef::ExprName(_) | AnyNodeRef::ExprAttribute(_) => {
                let text = self.source();
                let plain = text
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
                match plain && text.len() <= NAME_MAX {
                    true => text.to_owned(),
                    false => text
                        .rsplit('.')
                        .next()
                        .filter(|last| last.len() <= NAME_MAX)
                        .unwrap_or("n")
                        .to_owned(),
                }
            }
            AnyNodeRef::ExprCall(call) => {
                let passes = match self.builtin() {
                    Some("range") => {
                        let last = call.arguments.args.len().min(2).checked_sub(1);
                        last.and_then(|last| call.arguments.args.get(last))
                    }
                    Some(_) => call.arguments.args.first(),
                    None => None,
                };
                match (passes, self.method()) {
                    (Some(inner), _) => part(inner),
                    (
                        None,
                        Some((
                            receiver,
                            "items" | "keys" | "values" | "copy" | "split" | "splitlines" | "all"
                            | "strip",
                        )),
                    ) => receiver.name_within(depth + 1),
                    (None, Some((_, name))) => name.to_owned(),
                    (None, None) => part(&call.func),
                }
            }
            AnyNodeRef::ExprSubscript(each) => part(&each.value),
            AnyNodeRef::ExprListComp(each) => clause_name(self, &each.generators, depth),
            AnyNodeRef::ExprSetComp(each) => clause_name(self, &each.generators, depth),
            AnyNodeRef::ExprGenerator(each) => clause_name(self, &each.generators, depth),
            AnyNodeRef::ExprDictComp(each) => clause_name(self, &each.generators, depth),
            AnyNodeRef::ExprBinOp(each) => {
                let side = if self.at(&*each.left).constant_int().is_some() {
                    &each.right
                } else {
                    &each.left
                };
                part(side)
            }
            AnyNodeRef::ExprBoolOp(each) => each.values.first().map_or_else(|| "n".into(), part),
            AnyNodeRef::ExprIf(each) => part(&each.body),
            AnyNodeRef::ExprAwait(each) => part(&each.value),
            AnyNodeRef::ExprStarred(each) => part(&each.value),
            _ => "n".into(),
        }
    }

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
            AnyNodeRef::ExprName(_) => self.named_count(depth),
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
            return symbol.count_of_bindings(depth);
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
            AnyNodeRef::ExprName(_) => {
                let value = self
                    .symbol()
                    .and_then(|symbol| symbol.single_binding())
                    .filter(|binding| binding.target().parent() == Some(binding.owner()))
                    .and_then(|binding| binding.owner().assigned_value());
                self.count_as_number()
                    .or_else(|| value.and_then(|value| value.few(depth + 1)))
            }
            AnyNodeRef::ExprAttribute(_) => self.count_as_number(),
            _ => None,
        }
    }

    fn slice_count(self, each: &'d ast::ExprSubscript, depth: u32) -> Option<Count> {
        let Expr::Slice(slice) = &*each.slice else {
            return self.at(&*each.value).longest_value(depth + 1);
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
            _ => None,
        }
    }

    /// The whole number that an expression is: written out, or a constant of the module.
    pub fn constant_int(self) -> Option<i64> {
        self.constant_int_within(0)
    }

    fn constant_int_within(self, depth: u32) -> Option<i64> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.ast() {
            AnyNodeRef::ExprNumberLiteral(each) => match &each.value {
                Number::Int(int) => int.as_i64(),
                _ => None,
            },
            AnyNodeRef::ExprUnaryOp(each) if each.op == UnaryOp::USub => self
                .at(&*each.operand)
                .constant_int_within(depth + 1)?
                .checked_neg(),
            AnyNodeRef::ExprBinOp(each) => {
                let left = self.at(&*each.left).constant_int_within(depth + 1)?;
                let right = self.at(&*each.right).constant_int_within(depth + 1)?;
                match each.op {
                    ast::Operator::Add => left.checked_add(right),
                    ast::Operator::Sub => left.checked_sub(right),
                    ast::Operator::Mult => left.checked_mul(right),
                    ast::Operator::FloorDiv => left.checked_div_euclid(right),
                    ast::Operator::Pow => left.checked_pow(u32::try_from(right).ok()?),
                    ast::Operator::LShift => left.checked_shl(u32::try_from(right).ok()?),
                    _ => None,
                }
            }
            AnyNodeRef::ExprName(_) => {
                let binding = self.symbol()?.single_binding()?;
                if binding.kind() != BindingKind::Assigned
                    || binding.target().parent() != Some(binding.owner())
                {
                    return None;
                }
                binding
                    .owner()
                    .assigned_value()?
                    .constant_int_within(depth + 1)
            }
            _ => None,
        }
    }

    /// The string that an expression is: written out, or a constant of the module.
    pub fn constant_str(self) -> Option<&'d str> {
        match self.ast() {
            AnyNodeRef::ExprStringLiteral(each) => Some(each.value.to_str()),
            AnyNodeRef::ExprName(_) => {
                let binding = self.symbol()?.single_binding()?;
                match binding.owner().assigned_value()?.ast() {
                    AnyNodeRef::ExprStringLiteral(each)
                        if binding.target().parent() == Some(binding.owner()) =>
                    {
                        Some(each.value.to_str())
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The right side of an assignment or walrus.
    pub fn assigned_value(self) -> Option<Node<'d>> {
        let value = match self.ast() {
            AnyNodeRef::StmtAssign(each) => &each.value,
            AnyNodeRef::StmtAnnAssign(each) => each.value.as_ref()?,
            AnyNodeRef::StmtAugAssign(each) => &each.value,
            AnyNodeRef::ExprNamed(each) => &each.value,
            _ => return None,
        };
        Some(self.at(&**value))
    }
}

impl<'d> Loop<'d> {
    /// How many iterations the loop makes; for `while` not known.
    pub fn extent(self) -> Extent {
        match self.iterable() {
            Some(iterable) => iterable.extent(),
            None => Extent {
                bound: None,
                origin: SizeOrigin::Assumed,
                name: self.while_name(),
            },
        }
    }

    /// The size to state in a finding.
    pub fn size(self) -> Size {
        let extent = self.extent();
        let assumed = self.node().document.settings.assume_size;
        Size {
            n: extent.bound.unwrap_or(assumed),
            origin: extent.origin,
        }
    }

    /// `while i < len(xs)` and `while queue` are bounded by what they look at.
    fn while_name(self) -> String {
        let node = self.node();
        let AnyNodeRef::StmtWhile(each) = node.ast() else {
            return "n".into();
        };
        let test = match &*each.test {
            Expr::Compare(compare) => compare.comparators.first().unwrap_or(&compare.left),
            Expr::BoolOp(bool_op) => bool_op.values.first().unwrap_or(&each.test),
            other => other,
        };
        match test {
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) => node.at(test).size_name(),
            _ => "n".into(),
        }
    }

    /// Whether it makes so few iterations, whatever the input, that it multiplies nothing.
    pub fn is_bounded(self) -> bool {
        self.kind() != LoopKind::While && self.extent().is_bounded() || self.is_bounded_by_turns()
    }

    /// Whether it makes so few iterations that scans, copies and comparisons in it cost nothing: it is bounded, or goes over
    /// what is called like a handful.
    pub fn is_small(self) -> bool {
        self.kind() != LoopKind::While && self.extent().is_small() || self.is_bounded_by_turns()
    }

    fn is_bounded_by_turns(self) -> bool {
        self.turns_a_few_times() || self.runs_network()
    }
}

pub(crate) fn literal(n: u64) -> Count {
    Count {
        n,
        origin: SizeOrigin::Literal,
    }
}

fn clause_name(node: Node<'_>, clauses: &[ast::Comprehension], depth: u32) -> String {
    clauses.first().map_or_else(
        || "n".into(),
        |clause| node.at(&clause.iter).name_within(depth + 1),
    )
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
