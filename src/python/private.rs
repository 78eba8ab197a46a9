//! Who else can see an object: whether a name is the only way to what it holds.
//!
//! Follows control back from a place to where the object was made, and knows the uses in between that only look at
//! it. What is left is a proof, for fixes: where anything is unsure the answer is no.
//! Does not know other threads, debuggers and `sys._getframe`.

use ruff_python_ast::{AnyNodeRef, CmpOp, UnaryOp};
use rustc_hash::FxHashSet;

use crate::flow::siblings;
use crate::graph::Graph;
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::{Binding, BindingKind, ScopeKind, Symbol};
use crate::types::Type;

/// Builtins that look through their arguments and let go of them.
const LOOKS: [&str; 17] = [
    "len",
    "bool",
    "str",
    "repr",
    "ascii",
    "sum",
    "sorted",
    "list",
    "tuple",
    "set",
    "frozenset",
    "dict",
    "any",
    "all",
    "isinstance",
    "type",
    "print",
];

/// Builtins that go through their arguments while their result is gone through.
const LAZY: [&str; 6] = ["enumerate", "zip", "reversed", "iter", "map", "filter"];

/// Methods of lists, sets and dictionaries whose results hold nothing of the receiver but its items.
const OWN_METHODS: [&str; 30] = [
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "popleft",
    "appendleft",
    "clear",
    "index",
    "count",
    "sort",
    "reverse",
    "copy",
    "add",
    "discard",
    "update",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "difference_update",
    "intersection_update",
    "issubset",
    "issuperset",
    "isdisjoint",
    "get",
    "setdefault",
    "popitem",
    "join",
    "startswith",
];

/// What was shown of an object that only one name holds.
#[derive(Clone, Debug)]
pub struct Private<'d> {
    /// What made the object, each time a new one of a builtin class; never empty.
    pub starts: Vec<Binding<'d>>,
    /// The uses of the name between there and the place that was asked for, but the caller's own.
    pub uses: Vec<Node<'d>>,
}

/// Functions that see all names of a frame.
const SEES_ALL: [&str; 6] = ["locals", "vars", "eval", "exec", "globals", "dir"];

impl<'d> Symbol<'d> {
    /// What made the object that the name holds whenever control is at `place`, where that is always a new list, set
    /// or dictionary, and where nothing on a way from there to `place` let anything else hold it.
    /// None where that is not sure. `own` are the uses and targets that the caller answers for.
    pub fn private_from(
        self,
        place: Node<'d>,
        own: &dyn Fn(Node<'d>) -> bool,
    ) -> Option<Private<'d>> {
        let frame = place.frame();
        let is_local = matches!(
            self.scope_kind(),
            ScopeKind::Function | ScopeKind::Module | ScopeKind::Lambda
        ) && self.owner() == frame;
        if !is_local || self.is_captured() || frame.sees_all_names() {
            return None;
        }
        let (ways, starts) = frame.graph(|graph| self.ways_to(graph, place, own))?;
        let may_be_before = |each: &Node<'d>| {
            let unit = frame.graph(|graph| graph.place(*each));
            ways.holds(unit)
                || each
                    .ancestors()
                    .take_while(|above| *above != frame)
                    .filter(|above| above.kind() == Kind::With && !above.contains(place))
                    // What a manager swallows goes on after the `with`.
                    .any(|with| {
                        with.children().any(|item| {
                            item.kind() == Kind::WithItem
                                && ways.holds(frame.graph(|graph| graph.place(item)))
                        })
                    })
        };
        let uses: Vec<Node<'d>> = self
            .uses()
            .filter(|each| !own(*each))
            .filter(may_be_before)
            .collect();
        let all_look = uses.iter().all(|each| each.only_looks(place));
        (all_look && !starts.is_empty()).then_some(Private { starts, uses })
    }

    /// The units on the ways from where the object was made to `place`, and where it was made.
    fn ways_to(
        self,
        graph: &Graph,
        place: Node<'d>,
        own: &dyn Fn(Node<'d>) -> bool,
    ) -> Option<(Ways, Vec<Binding<'d>>)> {
        let mut known = Vec::new();
        for binding in self.bindings() {
            let target = binding.target();
            let goes_on = matches!(
                binding.kind(),
                BindingKind::Augmented | BindingKind::Declared
            ) || own(target);
            if goes_on {
                continue;
            }
            if is_parameter(binding) || target.frame() != place.frame() {
                return None;
            }
            // A `with` that swallows may skip it.
            let may_be_skipped = target
                .ancestors()
                .take_while(|above| *above != place.frame())
                .any(|above| above.kind() == Kind::With && !above.contains(place));
            if may_be_skipped && self.single_binding().is_none() {
                return None;
            }
            known.push((graph.place(target), binding));
        }
        let mut ways = Ways::default();
        let mut starts: Vec<Binding<'d>> = Vec::new();
        let (block, at) = graph.place(place);
        let mut todo = vec![(block, at)];
        let mut seen = FxHashSet::default();
        while let Some((block, limit)) = todo.pop() {
            let last = known
                .iter()
                .filter(|((there, at), _)| *there == block && *at <= limit)
                .max_by_key(|((_, at), _)| *at);
            let from = last.map_or(0, |((_, at), _)| at + 1);
            ways.parts.push((block, from, limit));
            if let Some((_, binding)) = last {
                if binding.kind() != BindingKind::Deleted {
                    if !makes_new(*binding) {
                        return None;
                    }
                    if !starts.contains(binding) {
                        starts.push(*binding);
                    }
                }
                continue;
            }
            for before in &graph.blocks[block as usize].before {
                if seen.insert(*before) {
                    todo.push((*before, u32::MAX));
                }
            }
        }
        Some((ways, starts))
    }
}

/// Stretches of blocks: block, first and last unit.
#[derive(Default)]
struct Ways {
    parts: Vec<(u32, u32, u32)>,
}

impl Ways {
    fn holds(&self, (block, at): (u32, u32)) -> bool {
        self.parts
            .iter()
            .any(|(own, from, to)| *own == block && *from <= at && at <= *to)
    }
}

fn is_parameter(binding: Binding<'_>) -> bool {
    matches!(
        binding.kind(),
        BindingKind::Parameter | BindingKind::Rest | BindingKind::Keywords
    )
}

/// Whether the binding gives this one name a new list, set or dictionary of the builtin class.
fn makes_new(binding: Binding<'_>) -> bool {
    let owner = binding.owner();
    let is_plain = match owner.ast() {
        AnyNodeRef::StmtAssign(each) => {
            each.targets.len() == 1 && owner.at(&each.targets[0]) == binding.target()
        }
        AnyNodeRef::StmtAnnAssign(each) => owner.at(&*each.target) == binding.target(),
        _ => false,
    };
    is_plain && owner.assigned_value().is_some_and(Node::is_new)
}

impl<'d> Node<'d> {
    /// Whether it makes a list, set or dictionary of the builtin class that nobody holds yet.
    pub fn is_new(self) -> bool {
        match self.ast() {
            AnyNodeRef::ExprList(_)
            | AnyNodeRef::ExprSet(_)
            | AnyNodeRef::ExprDict(_)
            | AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_) => true,
            AnyNodeRef::ExprCall(_) => {
                matches!(self.builtin(), Some("list" | "set" | "dict" | "sorted"))
            }
            AnyNodeRef::ExprIf(each) => {
                self.at(&*each.body).is_new() && self.at(&*each.orelse).is_new()
            }
            _ => false,
        }
    }

    /// Whether its class is a builtin one for certain, and no subclass: it is made on the spot, or by every binding of
    /// the name.
    pub fn is_made_here(self) -> bool {
        self.is_new()
            || self.kind() == Kind::Name && {
                let reaching = self.reaching();
                !reaching.is_empty()
                    && reaching.iter().all(|binding| makes_new(*binding))
                    && self.symbol().is_some_and(|symbol| !symbol.is_captured())
            }
    }

    /// Whether it stands after `earlier` in the same block.
    pub fn follows_in_block(self, earlier: Node<'d>) -> bool {
        self.parent() == earlier.parent()
            && self.parent().is_some_and(|parent| {
                siblings(parent, earlier)
                    .iter()
                    .any(|one| parent.at(one) == self)
            })
    }

    /// Whether only its truth is asked for.
    pub fn is_tested(self) -> bool {
        let Some(parent) = self.parent() else {
            return false;
        };
        match parent.ast() {
            AnyNodeRef::StmtIf(_) | AnyNodeRef::StmtWhile(_) | AnyNodeRef::ElifElseClause(_) => {
                true
            }
            AnyNodeRef::StmtAssert(each) => parent.at(&*each.test) == self,
            AnyNodeRef::ExprIf(each) => parent.at(&*each.test) == self,
            AnyNodeRef::ExprUnaryOp(each) => each.op == UnaryOp::Not,
            AnyNodeRef::Comprehension(each) => {
                parent.at(&each.iter) != self && parent.at(&each.target) != self
            }
            AnyNodeRef::ExprBoolOp(_) => parent.is_tested(),
            _ => false,
        }
    }

    /// Whether anything in the frame sees all of its names.
    pub fn sees_all_names(self) -> bool {
        self.subtree().any(|each| match each.ast() {
            AnyNodeRef::ExprName(name) => {
                SEES_ALL.contains(&name.id.as_str())
                    && each.symbol().is_some_and(Symbol::is_unbound)
            }
            _ => false,
        })
    }

    /// Whether this use of a list, set or dictionary looks at it or changes it, and holds it no longer than that.
    /// A loop through it must have ended before control is at `place`.
    pub(crate) fn only_looks(self, place: Node<'d>) -> bool {
        let Some(parent) = self.parent() else {
            return false;
        };
        if self.is_tested() {
            return true;
        }
        match parent.ast() {
            AnyNodeRef::ExprAttribute(each) => {
                let Some(call) = parent
                    .parent()
                    .filter(|call| call.method().is_some_and(|(receiver, _)| receiver == self))
                else {
                    return false;
                };
                match each.attr.as_str() {
                    "keys" | "values" | "items" => call.only_looks(place),
                    name => OWN_METHODS.contains(&name),
                }
            }
            AnyNodeRef::ExprSubscript(each) => parent.at(&*each.value) == self,
            AnyNodeRef::ExprCall(call) => {
                let is_first = call
                    .arguments
                    .args
                    .first()
                    .is_some_and(|one| parent.at(one) == self);
                match parent.builtin() {
                    Some("min" | "max") => is_first && call.arguments.args.len() == 1,
                    Some("sum") => is_first,
                    Some(name) if LOOKS.contains(&name) => parent.at(&*call.func) != self,
                    Some(name) if LAZY.contains(&name) => {
                        parent.at(&*call.func) != self && parent.only_looks(place)
                    }
                    _ => false,
                }
            }
            AnyNodeRef::ExprFString(_) | AnyNodeRef::StmtExpr(_) | AnyNodeRef::StmtDelete(_) => {
                true
            }
            AnyNodeRef::ExprBinOp(each) => {
                let (left, right) = (parent.at(&*each.left), parent.at(&*each.right));
                is_plain(&if left == self { right } else { left }.ty())
            }
            AnyNodeRef::ExprCompare(each) => {
                let ([op], [right]) = (&*each.ops, &*each.comparators) else {
                    return false;
                };
                let right = parent.at(right);
                match op {
                    CmpOp::Is | CmpOp::IsNot => true,
                    CmpOp::In | CmpOp::NotIn => right == self,
                    _ => {
                        let left = parent.at(&*each.left);
                        is_plain(&if left == self { right } else { left }.ty())
                    }
                }
            }
            AnyNodeRef::ExprIf(_) | AnyNodeRef::ExprBoolOp(_) => parent.only_looks(place),
            AnyNodeRef::StmtFor(_) => !parent.contains(place),
            AnyNodeRef::Comprehension(_) => {
                let whole = parent.parent();
                whole.is_some_and(|whole| !whole.is_lazy() && !whole.contains(place))
            }
            AnyNodeRef::ExprStarred(_) => true,
            AnyNodeRef::ExprYieldFrom(_) => true,
            AnyNodeRef::StmtAssign(each) => {
                parent.at(&*each.value) == self
                    && each
                        .targets
                        .iter()
                        .all(|one| one.is_tuple_expr() || one.is_list_expr())
            }
            AnyNodeRef::StmtAugAssign(each) => {
                let target = parent.at(&*each.target);
                target == self || is_plain(&target.ty())
            }
            _ => false,
        }
    }

    /// Whether it does its work later: a generator expression, `map` or `filter` that nothing goes through on the spot.
    pub fn is_lazy(self) -> bool {
        let is_lazy = match self.ast() {
            AnyNodeRef::ExprGenerator(_) => true,
            AnyNodeRef::ExprCall(_) => self.builtin().is_some_and(|name| LAZY.contains(&name)),
            _ => false,
        };
        if !is_lazy {
            return false;
        }
        let Some(parent) = self.parent() else {
            return true;
        };
        let AnyNodeRef::ExprCall(call) = parent.ast() else {
            return true;
        };
        let is_argument = call.arguments.args.iter().any(|one| parent.at(one) == self);
        let is_joined = matches!(parent.method(), Some((text, "join")) if text.ty() == Type::Str);
        let is_used = is_joined
            || matches!(
                parent.builtin(),
                Some(
                    "list"
                        | "tuple"
                        | "set"
                        | "frozenset"
                        | "dict"
                        | "sorted"
                        | "sum"
                        | "min"
                        | "max"
                        | "any"
                        | "all"
                )
            );
        !(is_argument && is_used)
    }
}

/// Whether all values of the type are of builtin classes, whose operators let go of their operands.
pub(crate) fn is_plain(ty: &Type) -> bool {
    ty.is_all(|member| {
        member.is_builtin_collection()
            || matches!(member, Type::None | Type::Bool | Type::Int | Type::Float)
    })
}
