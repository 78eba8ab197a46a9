//! A `for` statement that does nothing but append to a list made right before it.

use looplint_model::{CodeCost, Cost, Cx, Edit, Finding, Fix, Safety, Span};
use looplint_python::ast::{AnyNodeRef, Stmt, StmtFor};
use looplint_python::{Kind, Node, Python};

pub const ON: &[Kind] = &[Kind::For];

/// The parts of `for target in iterable: [if test:] list.append(element)`.
struct Shape<'d> {
    list: Node<'d>,
    element: Node<'d>,
    test: Option<Node<'d>>,
    append: Node<'d>,
}

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtFor(each) = node.ast() else { return };
    let Some(shape) = shape(node, each) else { return };
    let Some(start) = start_of(node, shape.list) else { return };
    let list = shape.list.text();
    let name = node.at(&*each.iter).size_name();
    let mut finding = cx.finding(
        shape.append.span(),
        format!("the loop does nothing but append to `{list}`; a comprehension builds it with less bytecode"),
    );
    let code = comprehension(node, each, &shape);
    finding.suggestion = format!("{list} = {code}").replace('\n', " ");
    finding.label = "one method call per element".into();
    finding.cost = Some(Cost::Code(CodeCost {
        before: format!("O({name})"),
        after: format!("O({name})"),
        depth: 1,
        size: node.at(&*each.iter).size(),
        shape: if shape.test.is_some() { "filtered" } else { "1" },
        curve: None,
    }));
    let fix = fix(node, start, &list, &code);
    cx.report(Finding { fix, ..finding });
}

fn shape<'d>(node: Node<'d>, each: &'d StmtFor) -> Option<Shape<'d>> {
    if each.is_async || !each.orelse.is_empty() {
        return None;
    }
    let (test, body) = match each.body.as_slice() {
        [Stmt::If(only)] if only.elif_else_clauses.is_empty() => {
            (Some(node.at(&*only.test)), only.body.as_slice())
        }
        body => (None, body),
    };
    let [Stmt::Expr(only)] = body else { return None };
    let append = node.at(&*only.value);
    let (list, "append") = append.method()? else { return None };
    let element = append.argument(0, "")?;
    let reads_itself = |part: Node<'d>| part.mentions(list);
    let suspends = node.subtree().any(|part| matches!(part.kind(), Kind::Await | Kind::Yield | Kind::Named));
    let plain = list.kind() == Kind::Name && element.kind() != Kind::Starred && !suspends;
    (plain && !reads_itself(element) && !test.is_some_and(reads_itself) && !reads_itself(node.at(&*each.iter)))
        .then_some(Shape { list, element, test, append })
}

/// The `list = []` right before the loop.
fn start_of<'d>(node: Node<'d>, list: Node<'d>) -> Option<Node<'d>> {
    let before = node.parent()?.children().take_while(|child| *child != node).last()?;
    let AnyNodeRef::StmtAssign(assign) = before.ast() else { return None };
    let [target] = assign.targets.as_slice() else { return None };
    let value = before.at(&*assign.value);
    let is_empty = value.kind() == Kind::List && value.children().next().is_none();
    (is_empty && before.at(target).source() == list.source()).then_some(before)
}

fn comprehension<'d>(node: Node<'d>, each: &'d StmtFor, shape: &Shape<'d>) -> String {
    let test = shape.test.map_or(String::new(), |test| format!(" if {}", closed(test)));
    format!(
        "[{} for {} in {}{test}]",
        closed(shape.element),
        node.at(&*each.target).source(),
        closed(node.at(&*each.iter))
    )
}

/// The text of a part with the parentheses that a comprehension asks for.
fn closed(part: Node<'_>) -> String {
    let text = part.source();
    let is_open = match part.ast() {
        AnyNodeRef::ExprTuple(each) => !each.parenthesized,
        AnyNodeRef::ExprGenerator(each) => !each.parenthesized,
        AnyNodeRef::ExprIf(_) | AnyNodeRef::ExprLambda(_) | AnyNodeRef::ExprNamed(_) => true,
        _ => false,
    };
    if is_open { format!("({text})") } else { text.to_owned() }
}

/// Whether the loop's variable is looked at or bound anywhere else: a comprehension keeps its own to itself.
fn is_used_elsewhere<'d>(target: Node<'d>, node: Node<'d>) -> bool {
    target.subtree().filter(|each| each.kind() == Kind::Name).any(|name| {
        let Some(symbol) = name.symbol() else { return true };
        let is_elsewhere = |each: Node<'d>| !node.contains(each);
        symbol.uses().any(is_elsewhere) || symbol.bindings().any(|binding| is_elsewhere(binding.target()))
    })
}

fn fix<'d>(node: Node<'d>, start: Node<'d>, list: &str, code: &str) -> Option<Fix> {
    let span = Span::new(start.span().start, node.span().end);
    let document = node.document();
    let between = document.source.slice(Span::new(start.span().end, node.span().start));
    let AnyNodeRef::StmtFor(each) = node.ast() else { return None };
    let is_local = node.function().is_some() && !node.frame().sees_all_names();
    let shows = !is_local || node.is_in_class_body() || is_used_elsewhere(node.at(&*each.target), node);
    if shows || node.holds_comment() || between.contains('#') || code.contains('\n') {
        return None;
    }
    let edits = vec![Edit { span, text: format!("{list} = {code}") }];
    let safety = Safety::Unsafe("the loop's variable is gone afterwards, and so is a list half built when something raises".into());
    Some(Fix { title: "Build the list with a comprehension".into(), edits, safety })
}
