//! A loop that goes through everything again until a turn changes nothing.

use looplint_model::{CodeCost, Confidence, Cost, Cx};
use looplint_python::ast::{AnyNodeRef, Expr, Stmt, StmtWhile};
use looplint_python::{Kind, Loop, Node, Python, Role, Symbol, Type, related_loops};

pub const ON: &[Kind] = &[Kind::While];

/// What hands out a collection as it stands, or in another order.
const VIEWS: [&str; 6] = ["list", "tuple", "sorted", "enumerate", "reversed", "set"];

/// Parts of names in tests of whether numbers have come close enough: each turn moves all of them.
const CLOSE: [&str; 6] = ["eps", "tol", "delta", "diff", "thresh", "abs"];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtWhile(each) = node.ast() else { return };
    let Some((symbol, goes_on)) = flag(node, each) else { return };
    let statements = || each.body.iter();
    let is_reset = |one: &'d Stmt| sets(node.at(one), symbol) == Some(!goes_on);
    let Some(inner) = statements().filter(|one| one.is_for_stmt()).find(|one| changes(node.at(*one), symbol, goes_on)) else {
        return;
    };
    if !statements().any(is_reset) || node.is_in_test() {
        return;
    }
    let loops = || node.document().loops();
    let (Some(outer), Some(inner)) = (loops().find(|one| one.node() == node), loops().find(|one| one.node() == node.at(inner)))
    else {
        return;
    };
    let Some(all) = inner.iterable().and_then(gone_through) else { return };
    let stays = all.identity_change(outer).is_none() && !is_used_up(all, outer);
    if !stays || inner.is_small() || all.extent().is_small() || all.ty().is_one_shot() || swaps_or_approaches(inner) {
        return;
    }
    let name = all.text();
    let advice = "keep a list of what a change may have made due, and look at that alone";
    let mut finding = cx.finding(
        node.header_span(),
        format!("this loop goes through all of `{name}` again as long as a turn changes anything; {advice}"),
    );
    finding.suggestion = advice.into();
    finding.label = "looks at everything again for each round of changes".into();
    finding.confidence = Confidence::Possible;
    finding.related = related_loops(&[inner]);
    finding.cost = Some(Cost::Code(CodeCost { shape: "1", ..node.square_cost(all, &[inner]) }));
    cx.report(finding);
}

/// The name that a `while` asks whether to go on, and the value that lets it: `while changed`, `while not done`, and
/// `while True` that ends in `if not changed: break`.
fn flag<'d>(node: Node<'d>, each: &'d StmtWhile) -> Option<(Symbol<'d>, bool)> {
    let named = |test: &'d Expr| match test {
        Expr::Name(name) => Some((node.at(name).symbol()?, true)),
        Expr::UnaryOp(not) if not.op.is_not() => match &*not.operand {
            Expr::Name(name) => Some((node.at(name).symbol()?, false)),
            _ => None,
        },
        _ => None,
    };
    if !each.test.is_boolean_literal_expr() {
        return named(&each.test);
    }
    let Some(Stmt::If(last)) = each.body.last() else { return None };
    let (symbol, ends_on) = named(&last.test)?;
    matches!(last.body.as_slice(), [Stmt::Break(_)]).then_some((symbol, !ends_on))
}

/// The constant that a statement gives to the name.
fn sets<'d>(statement: Node<'d>, symbol: Symbol<'d>) -> Option<bool> {
    let AnyNodeRef::StmtAssign(each) = statement.ast() else { return None };
    let ([Expr::Name(name)], Expr::BooleanLiteral(value)) = (each.targets.as_slice(), &*each.value) else { return None };
    (statement.at(name).symbol() == Some(symbol)).then_some(value.value)
}

/// Whether a `for` says under a condition that there will be another turn.
fn changes<'d>(whole: Node<'d>, symbol: Symbol<'d>, goes_on: bool) -> bool {
    let is_conditional = |place: Node<'d>| {
        place.ancestors().take_while(|above| *above != whole).any(|above| matches!(above.kind(), Kind::If | Kind::Arm | Kind::Try))
    };
    whole.subtree().any(|part| sets(part, symbol) == Some(goes_on) && is_conditional(part))
}

/// The collection that a `for` goes through: `xs` of `list(xs)`, `enumerate(xs)`, `xs.items()` and `range(len(xs))`.
fn gone_through(iterable: Node<'_>) -> Option<Node<'_>> {
    match iterable.kind() {
        Kind::Name | Kind::Attribute => Some(iterable),
        Kind::Call => match iterable.method() {
            Some((receiver, "items" | "values" | "keys" | "copy" | "nodes" | "edges")) => gone_through(receiver),
            Some(_) => None,
            None => match iterable.builtin()? {
                "range" => {
                    let length = iterable.argument(0, "").filter(|end| end.builtin() == Some("len"))?;
                    gone_through(length.argument(0, "")?)
                }
                name if VIEWS.contains(&name) => gone_through(iterable.argument(0, "")?),
                _ => None,
            },
        },
        _ => None,
    }
}

/// Whether turns take from the collection what they are done with: then it gets shorter.
fn is_used_up<'d>(all: Node<'d>, outer: Loop<'d>) -> bool {
    let takes = |place: Node<'d>| {
        let call = place.parent().and_then(Node::parent);
        let by_method = call.and_then(Node::method).is_some_and(|(of, name)| {
            of == place && (name.starts_with("remove") || matches!(name, "pop" | "discard" | "clear" | "popitem" | "popleft" | "difference_update"))
        });
        by_method || place.ancestors().take(2).any(|above| above.kind() == Kind::Delete)
    };
    outer.whole().subtree().any(|part| part.kind() == all.kind() && part.source() == all.source() && takes(part))
}

/// Whether turns swap neighbours, which is sorting, or move numbers until they are close enough.
fn swaps_or_approaches(inner: Loop<'_>) -> bool {
    inner.whole().subtree().any(|part| match part.ast() {
        AnyNodeRef::StmtAssign(each) => {
            let is_pair = |expr: &Expr| matches!(expr, Expr::Tuple(pair) if pair.elts.iter().all(Expr::is_subscript_expr));
            let is_slice = |expr: &Expr| matches!(expr, Expr::Subscript(part) if part.slice.is_slice_expr());
            each.targets.iter().any(is_pair) && is_pair(&each.value) || each.targets.iter().any(is_slice)
        }
        AnyNodeRef::ExprCompare(each) => {
            let is_of_order = each.ops.iter().any(|op| !matches!(op.as_str(), "==" | "!=" | "in" | "not in" | "is" | "is not"));
            let words = part.source().to_lowercase();
            is_of_order && (CLOSE.iter().any(|word| words.contains(word)) || part.at(&*each.left).ty() == Type::Float)
        }
        _ => false,
    }) || inner.iterable().is_some_and(|all| all.role().role == Role::Mutates)
}
