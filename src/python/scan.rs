//! A scan that loops repeat: one object gone through again and again.
//!
//! Knows which loops multiply a scan, what it costs and which places show it. It is what the rules about
//! searching, counting and recomputing have in common. Does not know what the scan is for.

use looplint_model::{CodeCost, Related};
use ruff_python_ast::{AnyNodeRef, Expr};

use crate::flow::Multiplicity;
use crate::infer::Typed;
use crate::kind::Kind;
use crate::loops::{Loop, LoopKind};
use crate::node::Node;

/// An object that is gone through in every iteration of some loops, while it stays the same object.
#[derive(Clone, Debug)]
pub struct Scan<'d> {
    /// What is gone through.
    pub object: Node<'d>,
    /// The loops that repeat it, innermost first; never empty, none of them small.
    pub loops: Vec<Loop<'d>>,
}

impl<'d> Scan<'d> {
    /// The scan of `object` at `site`. None where nothing repeats it, or where the object or all loops are so small
    /// that it costs no more than a constant.
    pub fn of(site: Node<'d>, object: Node<'d>) -> Option<Scan<'d>> {
        let gap = object.depth_gap();
        let repeats = |each: &Loop<'d>| {
            !each.is_small() && site.multiplicity(*each) == Multiplicity::Repeated
        };
        let loops: Vec<Loop<'d>> = gap.into_iter().filter(repeats).collect();
        if loops.is_empty() || object.extent().is_small() {
            return None;
        }
        let scan = Scan { object, loops };
        (!scan.is_among_few(site)).then_some(scan)
    }

    /// Whether an earlier place of the same loop, of a shape that `found` knows, does the same with the same object: the
    /// loop is told of once.
    pub fn follows(&self, site: Node<'d>, found: impl Fn(Node<'d>) -> Option<Node<'d>>) -> bool {
        self.innermost()
            .whole()
            .subtree()
            .take_while(|each| *each != site)
            .filter_map(|each| Some((each, found(each)?)))
            .any(|(place, object)| {
                object.source() == self.object.source()
                    && Scan::of(place, object).is_some_and(|other| other.loops == self.loops)
            })
    }

    /// Whether the loops take elements out of the object's middle, put some in before others, or reorder them: positions
    /// that were looked up once would not hold. At its end elements come and go without that.
    pub fn moves_elements(&self) -> bool {
        let is_same = |node: Node<'d>| node.source() == self.object.source();
        let moves = |call: Node<'d>, method: &str| match method {
            "pop" => call
                .argument(0, "")
                .is_some_and(|at| at.constant_int() != Some(-1)),
            _ => matches!(method, "remove" | "insert" | "sort" | "reverse"),
        };
        let takes_from = |part: Node<'d>, target: &Expr| {
            let of = target.as_subscript_expr().map(|each| part.at(&*each.value));
            of.is_some_and(is_same)
        };
        let changes = |part: Node<'d>| match part.ast() {
            AnyNodeRef::ExprCall(_) => part
                .method()
                .is_some_and(|(receiver, method)| moves(part, method) && is_same(receiver)),
            AnyNodeRef::StmtDelete(each) => each.targets.iter().any(|one| takes_from(part, one)),
            _ => false,
        };
        self.outermost().whole().subtree().any(changes)
    }

    /// The innermost of the loops.
    pub fn innermost(&self) -> Loop<'d> {
        self.loops[0]
    }

    /// The outermost of the loops: what is done once goes before it.
    pub fn outermost(&self) -> Loop<'d> {
        self.loops[self.loops.len() - 1]
    }

    /// Whether the object is not changed while the outermost loop runs.
    pub fn is_unchanged(&self) -> bool {
        self.object.invariant(self.outermost()).is_ok()
    }

    /// `O(n*m)` against `O(n+m)`, in the program's own names.
    pub fn cost(&self) -> CodeCost {
        self.object.scan_cost(self.object, &self.loops)
    }

    /// The loops, and the places that show the object's type.
    pub fn related(&self, typed: &Typed) -> Vec<Related> {
        let mut related = related_loops(&self.loops);
        let own = self.object.span();
        related.extend(
            typed
                .proof
                .iter()
                .filter(|span| !span.overlaps(own))
                .map(|&span| Related {
                    span,
                    message: format!(
                        "shows that `{}` is a {}",
                        self.object.text(),
                        kind_of(typed)
                    ),
                }),
        );
        related
    }
}

/// The loops as places to point at.
pub fn related_loops(loops: &[Loop<'_>]) -> Vec<Related> {
    loops
        .iter()
        .map(|each| Related {
            span: each.span(),
            message: format!("{} repeats it", each.words()),
        })
        .collect()
}

impl<'d> Node<'d> {
    /// The receiver of a bound method given as `key=xs.index`, and what the function sorts or compares by it. None for
    /// other keywords and methods.
    pub fn bound_key(self, method: &str) -> Option<(Node<'d>, Node<'d>)> {
        let AnyNodeRef::Keyword(keyword) = self.ast() else {
            return None;
        };
        let AnyNodeRef::ExprAttribute(attribute) = self.at(&keyword.value).ast() else {
            return None;
        };
        let is_key = keyword
            .arg
            .as_ref()
            .is_some_and(|name| name.as_str() == "key");
        if !is_key || attribute.attr.as_str() != method {
            return None;
        }
        let call = self.ancestors().find(|above| above.kind() == Kind::Call)?;
        let sorted = match call.method() {
            Some((receiver, "sort")) => receiver,
            _ if matches!(call.builtin(), Some("sorted" | "min" | "max")) => {
                call.argument(0, "")?
            }
            _ => return None,
        };
        Some((self.at(&*attribute.value), sorted))
    }
}

impl Loop<'_> {
    /// What to call the loop in a message.
    pub fn words(self) -> &'static str {
        match self.kind() {
            LoopKind::For | LoopKind::AsyncFor | LoopKind::While => "this loop",
            LoopKind::Clause | LoopKind::AsyncClause => "this comprehension",
            LoopKind::KeyFunction => "the key function",
            LoopKind::MappedLambda => "the mapped function",
        }
    }
}

fn kind_of(typed: &Typed) -> String {
    let shown = typed.ty.without_none().to_string();
    shown.split('[').next().unwrap_or(&shown).to_owned()
}
