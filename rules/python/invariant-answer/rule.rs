//! Calls of code that is not known, whose names say that they answer, asked the same in every turn of a loop.

use looplint_model::{Confidence, Cost, Cx, Related};
use looplint_python::tables;
use looplint_python::{Kind, Loop, LoopKind, Multiplicity, Node, Python, Role, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Call, Kind::Attribute];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.kind() == Kind::Attribute {
        return worked_out_anew(node, cx);
    }
    let Some(loops) = asks_again(node) else { return };
    // The call around it says the same of both.
    let is_part = node
        .ancestors()
        .take_while(|above| !matches!(above.kind(), Kind::Comprehension | Kind::For | Kind::Lambda))
        .any(|above| above.kind() == Kind::Call && asks_again(above).is_some());
    if is_part || node.is_in_test() || node.is_rare() || is_split_to_search(node) {
        return;
    }
    let what = node.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{what}` is asked the same in every iteration; call it once before the loop"),
    );
    finding.suggestion = if node.role().role == Role::Iterates {
        format!("make a list of `{what}` before the loop; a generator gives its items only once")
    } else {
        format!("keep the answer of `{what}` in a name before the loop")
    };
    finding.label = "the same call with the same arguments each time".into();
    finding.confidence = Confidence::Possible;
    finding.related = related_loops(&loops);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&loops, "calls")));
    cx.report(finding);
}

/// A property of the module that goes through a collection each time it is read.
fn worked_out_anew<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() || node.is_stored() || !node.is_worked_out_anew() {
        return;
    }
    let mut loops = Vec::new();
    for each in node.loops() {
        let waits = each.kind() == LoopKind::While || each.retries_or_waits();
        if waits || node.multiplicity(each) != Multiplicity::Repeated || !node.looks_at_the_same(each) {
            break;
        }
        if !each.is_small() {
            loops.push(each);
        }
    }
    let Some(&innermost) = loops.first() else { return };
    // One place tells of the loop.
    let is_told = || innermost.whole().subtree().take_while(|each| *each != node).any(|each| {
        each.kind() == Kind::Attribute && each.source() == node.source() && each.innermost_loop() == Some(innermost)
    });
    if node.is_conditional_in(innermost) || node.is_in_test() || is_told() {
        return;
    }
    let what = node.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{what}` is a property that is worked out anew in every iteration, and nothing that it looks at changes; read it once before the loop"),
    );
    finding.suggestion = format!("keep `{what}` in a name before the loop");
    finding.label = "goes through all of it again".into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(&loops);
    if let Some(getter) = node.getter() {
        finding.related.push(Related { span: getter.header_span(), message: "this property".into() });
    }
    finding.cost = Some(Cost::Code(node.cost_in_trips(&loops, "calls")));
    cx.report(finding);
}

/// `x in text.split(",")`: rebuilt-collection speaks for it.
fn is_split_to_search(node: Node<'_>) -> bool {
    let is_split = matches!(node.method(), Some((_, "split" | "rsplit" | "splitlines")));
    is_split && node.role().role == Role::Contains && matches!(node.ty(), Type::List(_))
}

/// The loops whose turns all ask the same and look at the answer, innermost first; never empty.
fn asks_again(node: Node<'_>) -> Option<Vec<Loop<'_>>> {
    node.all_loops().next()?;
    if !node.answers_dearly() {
        return None;
    }
    let loops = repeats(node);
    (!loops.is_empty() && is_asked(node, &loops)).then_some(loops)
}

/// Whether the loop wants the answer in each turn, and only looks at it.
fn is_asked<'d>(node: Node<'d>, loops: &[Loop<'d>]) -> bool {
    let Some(parent) = node.parent() else { return false };
    if node.is_acted_on() {
        return false;
    }
    let innermost = loops[0];
    // A text is short: a new one in each turn counts where the turn is as short, or where there are many.
    // In what is put together anew in each turn it does not.
    let is_dear_text = || (innermost.is_clause() || loops.len() > 1) && !is_put_together(node);
    let is_sure = innermost.is_clause() || !node.is_conditional_in(innermost);
    match node.role().role {
        Role::Contains => true,
        Role::Iterates => innermost.is_clause() || matches!(parent.kind(), Kind::For | Kind::Clause),
        // A text made in two steps, for all items that have something to compare.
        Role::Method if node.is_of_text() && node.method().is_some_and(|(of, _)| of.is_of_text()) => {
            !is_put_together(node) && (innermost.is_clause() || !guarded(node).is_conditional_in(innermost))
        }
        Role::Reads | Role::Method => {
            let is_used = !matches!(parent.kind(), Kind::ExprStatement | Kind::AugAssign);
            let is_sure = is_sure || node.is_made_to_compare() && !guarded(node).is_conditional_in(innermost);
            is_used && is_sure && (!node.is_of_text() || is_dear_text())
        }
        Role::Escapes => {
            let is_argument = matches!(parent.kind(), Kind::Call | Kind::Keyword);
            let is_often = loops.len() > 1 || !node.is_conditional_in(innermost);
            innermost.is_clause() || (is_argument && says_so(node) && is_often && (!node.is_of_text() || is_dear_text()))
        }
        // `answer = ask(x)` that nothing changes afterwards.
        Role::Aliases => {
            let is_asked_something = node.argument(0, "").is_some();
            let is_plain = parent.kind() == Kind::Assign && is_sure && !node.is_of_text();
            is_plain && is_asked_something && says_so(node) && !node.is_kept_in(innermost)
        }
        _ => false,
    }
}

/// Whether it goes into a longer text: `f"{name.upper()}_{row}"`.
fn is_put_together(node: Node<'_>) -> bool {
    node.ancestors().take_while(|above| above.expr().is_some() && above.kind() != Kind::Call).any(|above| {
        matches!(above.kind(), Kind::FString | Kind::BinOp)
    })
}

/// The whole of what `and` and `or` put together around it: `item.value and line.replace(..)`.
fn guarded(node: Node<'_>) -> Node<'_> {
    let within = |above: &Node<'_>| above.expr().is_some();
    node.ancestors().take_while(within).filter(|above| above.kind() == Kind::BoolOp).last().unwrap_or(node)
}

/// Whether a method's name says that it reads; functions are named for what they give.
fn says_so(node: Node<'_>) -> bool {
    let reads = |name| tables::guess(name) == tables::Guess::Reads;
    node.method().is_none_or(|(_, name)| reads(name)) || node.callee().is_some() || node.fact().is_some()
}

/// The loops in which neither what is asked nor the arguments change, innermost first.
fn repeats(node: Node<'_>) -> Vec<Loop<'_>> {
    let mut loops = Vec::new();
    for each in node.loops() {
        // A `while` waits for something to change.
        let is_while = each.kind() == LoopKind::While;
        let waits = is_while || each.retries_or_waits() || each.sleeps();
        if waits || node.multiplicity(each) != Multiplicity::Repeated || !node.is_asked_the_same(each) {
            break;
        }
        if !each.is_bounded() {
            loops.push(each);
        }
    }
    loops
}
