//! Loops over the different values of an array, each once, and what compares an array whole with one of them.
//!
//! Knows `np.unique`, sets of an array, numbers up to its largest, and the numbered parts of an image. Does not know how many
//! values there are, but by what they are called.

use ruff_python_ast::{AnyNodeRef, CmpOp, Expr};

use crate::data;
use crate::dear;
use crate::few;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::types::Type;

/// Names and calls that are followed into one another, at most.
const DEPTH_MAX: u32 = 6;

/// Functions that give each value once.
const UNIQUE: [&str; 3] = ["numpy.unique", "pandas.unique", "numpy.unique_values"];

/// Functions that hand on what they go through.
const HANDS_ON: [&str; 7] = [
    "enumerate",
    "list",
    "reversed",
    "sorted",
    "tqdm",
    "tuple",
    "zip",
];

/// Functions that number the parts of an image: the array of numbers, and how many there are, at these places.
const NUMBERS_PARTS: [(&str, usize, usize); 3] = [
    ("scipy.ndimage.label", 0, 1),
    ("skimage.measure.label", 0, 1),
    ("cv2.connectedComponents", 1, 0),
];

/// What is called so has a few different values: classes that a model tells apart, letters, sessions of a measurement.
const CLASSES: &str = "\
    alphabet axis band bands base bases c cat channel channels class classes cls cohort cohorts fold folds gender hemi \
    hemis irrep irreps length lengths letter machine machines run runs sex size sizes split st strata stratum support \
    target targets y";

/// Nouns for groups of which there may be any number, beside those of data.
const GROUPS: &str = "cell cluster code component frame group id index key label object part particle region segment topic trace unit";

/// What draws, by the names that the world gives it.
const DRAWS: [&str; 6] = ["ax", "axes", "axs", "fig", "plt", "sns"];

impl<'d> Loop<'d> {
    /// Whether each turn draws or prints, for somebody who looks at a few.
    pub fn shows_each(self) -> bool {
        self.whole()
            .subtree()
            .filter(|part| part.kind() == Kind::Call)
            .any(|part| {
                let draws = part.method().is_some_and(|(receiver, _)| {
                    DRAWS.contains(&receiver.root().source())
                        || DRAWS.contains(&receiver.last_name())
                });
                draws || part.builtin() == Some("print")
            })
    }

    /// Whether each turn does more with whole arrays than a comparison: it makes one as long as another
    /// (`np.zeros(len(labels))`, `np.ones_like(labels)`), or solves equations.
    pub fn works_on_whole_arrays(self) -> bool {
        self.whole()
            .subtree()
            .filter(|part| part.kind() == Kind::Call)
            .any(|part| {
                if matches!(part.called_name(), Some("eig" | "eigh" | "svd")) {
                    return true;
                }
                let Some(name) = part.qualified_name() else {
                    return false;
                };
                let measures = |inner: Node<'d>| {
                    inner.builtin() == Some("len") || matches!(inner.last_name(), "shape" | "size")
                };
                name.contains(".linalg.")
                    || name.strip_prefix("numpy.").is_some_and(|kind| match kind {
                        "zeros_like" | "ones_like" | "full_like" | "empty_like" => true,
                        "zeros" | "ones" | "full" | "empty" => part.subtree().any(measures),
                        _ => false,
                    })
            })
    }
}

impl<'d> Node<'d> {
    /// The array of which each turn of a loop around gives this another value, and that loop: `label` of
    /// `for label in np.unique(labels)`, `values[at]` where the turns count through them. None where there are a few
    /// by what they are called.
    pub fn value_per_turn(self) -> Option<(Node<'d>, Loop<'d>)> {
        let name = match self.ast() {
            AnyNodeRef::ExprSubscript(each) => self.at(&*each.slice),
            _ => self,
        };
        let symbol = name.symbol()?;
        let around = self.all_loops().find(|each| each.gives(symbol))?;
        let of = match self.ast() {
            AnyNodeRef::ExprSubscript(each) => distinct(self.at(&*each.value), 0)?,
            _ => distinct(around.iterable()?, 0)?,
        };
        let mut names = around.iterable()?.subtree().chain([name, of.unwrapped()]);
        let is_few = names.any(is_of_classes);
        (!is_few).then_some((of, around))
    }

    /// Whether the loop writes into the array, under this name.
    pub fn is_written_in(self, around: Loop<'d>) -> bool {
        let array = self.unwrapped();
        let is_own = |target: &'d Expr, part: Node<'d>| {
            let target = part.at(target);
            target.kind() != Kind::Name && target.unwrapped().source() == array.source()
        };
        around.whole().subtree().any(|part| match part.ast() {
            AnyNodeRef::StmtAssign(each) => each.targets.iter().any(|one| is_own(one, part)),
            AnyNodeRef::StmtAugAssign(each) => {
                part.at(&*each.target).unwrapped().source() == array.source()
            }
            _ => false,
        })
    }

    /// The array that a comparison goes through whole to find where it has `value`, and that value: both sides of
    /// `labels == label`, `points[:, 0] == number`.
    pub fn array_compared(self) -> Option<(Node<'d>, Node<'d>)> {
        let AnyNodeRef::ExprCompare(each) = self.ast() else {
            return None;
        };
        let ([CmpOp::Eq], [right]) = (&*each.ops, &*each.comparators) else {
            return None;
        };
        let (left, right) = (self.at(&*each.left), self.at(right));
        let sides = [(left, right), (right, left)];
        let is_one = |value: Node<'d>| matches!(value.kind(), Kind::Name | Kind::Subscript);
        sides
            .into_iter()
            .find(|(array, value)| array.is_whole_array() && is_one(*value))
    }

    /// Whether a mask is kept as it is: for each value one as long as the array is what was wanted.
    pub fn is_kept_mask(self) -> bool {
        let keeps = |mask: Node<'d>| {
            mask.parent().is_some_and(|parent| match parent.ast() {
                AnyNodeRef::ExprCall(_) => matches!(parent.method(), Some((_, "append"))),
                AnyNodeRef::StmtAssign(each) => each
                    .targets
                    .iter()
                    .any(|target| parent.at(target).kind() == Kind::Subscript),
                AnyNodeRef::ExprYield(_)
                | AnyNodeRef::ExprDictComp(_)
                | AnyNodeRef::ExprListComp(_)
                | AnyNodeRef::ExprList(_) => true,
                _ => false,
            })
        };
        keeps(self)
            || self
                .given_name()
                .is_some_and(|symbol| symbol.uses().any(keeps))
    }

    /// An array by its type, or columns and parts of one: not `labels[at]`.
    fn is_whole_array(self) -> bool {
        match self.ast() {
            AnyNodeRef::ExprName(_) | AnyNodeRef::ExprAttribute(_) => {
                self.ty().without_none() == Type::Array
                    || numbering(self).is_some_and(|(at, of, _)| at == of)
            }
            AnyNodeRef::ExprSubscript(each) => {
                let is_part = match &*each.slice {
                    Expr::Tuple(parts) => parts
                        .elts
                        .iter()
                        .any(|part| part.is_slice_expr() || part.is_ellipsis_literal_expr()),
                    slice => slice.is_slice_expr(),
                };
                is_part && self.at(&*each.value).is_whole_array()
            }
            _ => false,
        }
    }

    /// `labels` of `labels[mask].ravel().tolist()`.
    fn unwrapped(self) -> Node<'d> {
        let inner = match self.ast() {
            AnyNodeRef::ExprSubscript(each) => self.at(&*each.value),
            AnyNodeRef::ExprCall(_) => match self.method() {
                Some((
                    receiver,
                    "astype" | "copy" | "flatten" | "ravel" | "reshape" | "tolist",
                )) => receiver,
                _ => return self,
            },
            AnyNodeRef::ExprAttribute(each)
                if matches!(each.attr.as_str(), "flat" | "values" | "T") =>
            {
                self.at(&*each.value)
            }
            _ => return self,
        };
        inner.unwrapped()
    }

    /// Whether this and the other are the same array, or parts of it.
    pub fn is_of_same_array(self, other: Node<'d>) -> bool {
        let (own, other) = (self.unwrapped(), other.unwrapped());
        own.source() == other.source() && own.symbol() == other.symbol()
    }
}

/// The array whose different values, each once, an iterable gives.
fn distinct(iterable: Node<'_>, depth: u32) -> Option<Node<'_>> {
    if depth > DEPTH_MAX {
        return None;
    }
    let inner = |node| distinct(node, depth + 1);
    match iterable.ast() {
        AnyNodeRef::ExprName(_) => match iterable.only_value() {
            Some(value) => inner(value),
            None => first_unpacked(iterable)
                .filter(|value| is_unique(*value))
                .and_then(inner),
        },
        AnyNodeRef::ExprSubscript(each) if each.slice.is_slice_expr() => {
            inner(iterable.at(&*each.value))
        }
        AnyNodeRef::ExprCall(_) => {
            let first = iterable.argument(0, "");
            match iterable.builtin() {
                Some("set" | "frozenset") => return first.filter(|of| is_of_groups(*of)),
                Some("range") => return numbered(iterable).filter(|of| is_of_groups(*of)),
                _ if is_unique(iterable) => return first,
                _ => {}
            }
            if iterable
                .called_name()
                .is_some_and(|name| HANDS_ON.contains(&name))
            {
                return inner(first?);
            }
            match iterable.method() {
                Some((receiver, "unique")) if first.is_none() => Some(receiver),
                Some((receiver, "tolist")) => inner(receiver),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_unique(call: Node<'_>) -> bool {
    UNIQUE.iter().any(|name| call.is_qualified(name))
}

/// `np.unique(labels, return_counts=True)` of the first of several names that get its parts.
fn first_unpacked(name: Node<'_>) -> Option<Node<'_>> {
    let binding = name.symbol()?.single_binding()?;
    let target = binding.target();
    let AnyNodeRef::ExprTuple(targets) = target.parent()?.ast() else {
        return None;
    };
    let is_first = targets
        .elts
        .first()
        .is_some_and(|first| target.at(first) == target);
    binding.owner().assigned_value().filter(|_| is_first)
}

/// The array that is numbered up to the end of a `range`: `range(labels.max() + 1)`, `range(1, n + 1)` after
/// `labels, n = ndimage.label(image)`.
fn numbered(range: Node<'_>) -> Option<Node<'_>> {
    let last = range.argument(1, "").or_else(|| range.argument(0, ""))?;
    let number = match last.ast() {
        AnyNodeRef::ExprBinOp(each) => last.at(&*each.left),
        _ => last,
    };
    largest(number, 0).or_else(|| {
        let (_, of, _) = numbering(number).filter(|(at, _, n)| at == n)?;
        let AnyNodeRef::ExprTuple(targets) =
            number.symbol()?.single_binding()?.target().parent()?.ast()
        else {
            return None;
        };
        targets.elts.get(of).map(|one| range.at(one))
    })
}

/// Where a name stands among what a function gives that numbers the parts of an image; where that function gives the
/// array, and where how many there are.
fn numbering(name: Node<'_>) -> Option<(usize, usize, usize)> {
    let binding = name.symbol()?.single_binding()?;
    let value = binding.owner().assigned_value()?;
    let (_, of, n) = NUMBERS_PARTS
        .iter()
        .find(|(known, _, _)| value.is_qualified(known))?;
    let target = binding.target();
    match target.parent()?.ast() {
        AnyNodeRef::ExprTuple(targets) => {
            let at = targets
                .elts
                .iter()
                .position(|one| target.at(one) == target)?;
            Some((at, *of, *n))
        }
        // `labels = measure.label(image)`
        _ => Some((*of, *of, *n)),
    }
}

/// The array of which a number is the largest value: `x.max()`, `np.max(x)`, `int(x.max()) + 1`, or a name for it.
fn largest(number: Node<'_>, depth: u32) -> Option<Node<'_>> {
    if depth > DEPTH_MAX {
        return None;
    }
    if let Some(value) = number.only_value() {
        return largest(value, depth + 1);
    }
    match number.ast() {
        AnyNodeRef::ExprBinOp(each) => largest(number.at(&*each.left), depth + 1),
        AnyNodeRef::ExprCall(_) => {
            let first = number.argument(0, "");
            if matches!(number.builtin(), Some("int" | "max")) {
                let of = first?;
                return if number.builtin() == Some("max") {
                    Some(of)
                } else {
                    largest(of, depth + 1)
                };
            }
            if ["numpy.max", "numpy.amax"]
                .iter()
                .any(|name| number.is_qualified(name))
            {
                return first;
            }
            number
                .method()
                .filter(|(_, name)| *name == "max" && first.is_none())
                .map(|(receiver, _)| receiver)
        }
        _ => None,
    }
}

/// Whether an array is called after groups or data of which there may be any number. A set of an array, and counting up
/// to its largest number, are for a few otherwise; `np.unique` sorts, and is for any.
fn is_of_groups(array: Node<'_>) -> bool {
    let name = array.unwrapped().last_name();
    let words = dear::words(name);
    let Some(last) = words.last() else {
        return false;
    };
    let singular = last.strip_suffix('s').unwrap_or(last);
    data::is_many(name) || is_in(GROUPS, singular)
}

fn is_in(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// Whether what is called so has one of a few values.
fn is_of_classes(node: Node<'_>) -> bool {
    let name = node.last_name();
    let is_class = |word: &String| is_in(CLASSES, word);
    few::is_kind(name) || few::is_few(name) || dear::words(name).iter().any(is_class)
}
