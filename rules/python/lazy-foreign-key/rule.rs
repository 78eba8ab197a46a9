//! Related rows of Django models, fetched one by one as a loop comes to them.

use looplint_model::{Confidence, Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Kind, Loop, Multiplicity, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Attribute];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprAttribute(each) = node.ast() else { return };
    let row = node.at(&*each.value);
    if row.kind() != Kind::Name || !each.ctx.is_load() {
        return;
    }
    // The row itself is asked for only where something of it is: `book.author.name`, `author = book.author`.
    let is_kept = match node.parent().map(Node::ast) {
        Some(AnyNodeRef::ExprAttribute(further)) if further.attr.as_str() == "pk" => return,
        Some(AnyNodeRef::ExprAttribute(_)) => false,
        Some(AnyNodeRef::StmtAssign(_)) => true,
        _ => return,
    };
    let Some(around) = row.all_loops().find(|each| each.target().is_some_and(|target| target.symbol() == row.symbol())) else {
        return;
    };
    let ty = row.ty();
    let is_known = !is_kept && matches!(&ty, Type::Model(model) if is_foreign_key(node, model, each.attr.as_str()));
    // A name that the loop gives another value is not the row.
    let is_row_alone = row.symbol().is_some_and(|symbol| symbol.single_binding().is_some());
    let is_unseen = matches!(&ty, Type::Model(model) if class_named(node, model).is_none());
    let Some(iterable) = around.iterable() else { return };
    let is_related = iterable.gives_related_rows();
    let refers = || if is_kept { node.refers_by_name(around) } else { node.refers_by_form() };
    let is_by_form = || is_unseen && is_row_alone && refers();
    let is_caught = !is_known && node.is_fetched_when_read();
    if !is_known && !is_caught && !is_by_form() {
        return;
    }
    if around.is_bounded() || node.multiplicity(around) != Multiplicity::Repeated {
        return;
    }
    let is_plain = is_related || iterable.is_plain_query() || is_caught && gives_rows_alone(iterable);
    if !is_plain || is_set_or_seen_before(node, around) {
        return;
    }
    let (name, field) = (node.text(), each.attr.as_str());
    let advice = format!("fetch them with the rows: `.select_related(\"{field}\")`");
    let mut finding =
        cx.finding(node.span(), format!("`{name}` asks the database for one related row in every iteration; {advice}"));
    finding.suggestion = advice;
    finding.label = "one query each time".into();
    if !is_known {
        finding.confidence = Confidence::Likely;
    }
    finding.related = related_loops(&[around]);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&[around], "round trips")));
    cx.report(finding);
}

/// `book.pages.all()`: rows of whatever model, and no word on the way to it fetches what they refer to.
fn gives_rows_alone(iterable: Node<'_>) -> bool {
    let gives_rows = matches!(iterable.method(), Some((_, "all" | "filter" | "exclude" | "order_by" | "iterator")));
    let fetches = |part: Node<'_>| {
        matches!(part.method(), Some((_, "select_related" | "prefetch_related" | "annotate" | "values" | "values_list")))
    };
    gives_rows && !comes_with(iterable, &fetches, STEPS_MAX)
}

/// Names for one query that are followed.
const STEPS_MAX: u8 = 6;

/// Whether a query, or what gave one of its names its value, holds something that `fetches` knows.
fn comes_with<'d>(query: Node<'d>, fetches: &dyn Fn(Node<'_>) -> bool, steps: u8) -> bool {
    query.subtree().any(|part| {
        let earlier = || {
            let bindings = part.reaching();
            bindings.into_iter().filter_map(|each| each.owner().assigned_value()).any(|value| comes_with(value, fetches, steps - 1))
        };
        fetches(part) || steps > 0 && part.kind() == Kind::Name && earlier()
    })
}

/// Whether the model's field refers to one row of another model.
fn is_foreign_key(node: Node<'_>, model: &str, field: &str) -> bool {
    class_named(node, model).is_some_and(|class| {
        class.subtree().filter(|each| each.kind() == Kind::Assign && each.parent() == Some(class)).any(|each| {
            let AnyNodeRef::StmtAssign(assign) = each.ast() else { return false };
            let is_field = assign.targets.iter().any(|target| each.at(target).source() == field);
            let made_by = each.at(&*assign.value).qualified_name().unwrap_or_default();
            is_field && (made_by.ends_with(".ForeignKey") || made_by.ends_with(".OneToOneField"))
        })
    })
}

fn class_named<'d>(node: Node<'d>, name: &str) -> Option<Node<'d>> {
    node.document().of_kind(Kind::Class).find(|each| {
        matches!(each.ast(), AnyNodeRef::StmtClassDef(body) if body.name.as_str() == name)
    })
}

/// Whether the loop itself sets the related row, or an earlier place in it already has fetched it.
fn is_set_or_seen_before<'d>(node: Node<'d>, around: Loop<'d>) -> bool {
    around.whole().subtree().any(|other| {
        let AnyNodeRef::ExprAttribute(each) = other.ast() else { return false };
        other.source() == node.source()
            && (!each.ctx.is_load()
                || other.span().start < node.span().start
                    && around.repeats(other)
                    && other.parent().is_some_and(|parent| parent.kind() == Kind::Attribute))
    })
}
