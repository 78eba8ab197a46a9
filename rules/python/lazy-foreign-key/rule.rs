//! Related rows of Django models, fetched one by one as a loop comes to them.

use looplint_model::{Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{BindingKind, Kind, Loop, Multiplicity, Node, Python, Type, related_loops};

pub const ON: &[Kind] = &[Kind::Attribute];

/// What fetches related rows with the others, or gives something else than rows.
const FETCHES: [&str; 8] =
    ["select_related", "prefetch_related", "values", "values_list", "raw", "annotate", "from_queryset", "union"];

/// Names for one query set that are followed.
const ALIASES_MAX: u32 = 6;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprAttribute(each) = node.ast() else { return };
    let row = node.at(&*each.value);
    if row.kind() != Kind::Name || !each.ctx.is_load() {
        return;
    }
    let Type::Model(model) = row.ty() else { return };
    // The row itself is asked for only where something of it is: `book.author.name`.
    let Some(AnyNodeRef::ExprAttribute(further)) = node.parent().map(Node::ast) else { return };
    if further.attr.as_str() == "pk" || !is_foreign_key(node, &model, each.attr.as_str()) {
        return;
    }
    let Some(around) = row.all_loops().find(|each| each.target().is_some_and(|target| target.symbol() == row.symbol())) else {
        return;
    };
    if around.is_bounded() || node.multiplicity(around) != Multiplicity::Repeated {
        return;
    }
    let Some(iterable) = around.iterable() else { return };
    if !is_plain_query(iterable, 0) || is_set_or_seen_before(node, around) {
        return;
    }
    let (name, field) = (node.text(), each.attr.as_str());
    let advice = format!("fetch them with the rows: `.select_related(\"{field}\")`");
    let mut finding =
        cx.finding(node.span(), format!("`{name}` asks the database for one related row in every iteration; {advice}"));
    finding.suggestion = advice;
    finding.label = "one query each time".into();
    finding.related = related_loops(&[around]);
    finding.cost = Some(Cost::Code(node.cost_in_trips(&[around], "round trips")));
    cx.report(finding);
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

/// Whether rows come from a manager of a model and nothing on the way fetches what they refer to.
fn is_plain_query(rows: Node<'_>, depth: u32) -> bool {
    if depth > ALIASES_MAX {
        return false;
    }
    match rows.ast() {
        AnyNodeRef::ExprName(_) => {
            let reaching = rows.reaching();
            let [binding] = reaching.as_slice() else { return false };
            let plain = binding.kind() == BindingKind::Assigned && binding.target().kind() == Kind::Name;
            plain && binding.owner().assigned_value().is_some_and(|value| is_plain_query(value, depth + 1))
        }
        AnyNodeRef::ExprCall(_) => {
            if rows.builtin() == Some("list") {
                return rows.argument(0, "").is_some_and(|all| is_plain_query(all, depth + 1));
            }
            let Some((receiver, method)) = rows.method() else { return false };
            let is_query = matches!(rows.ty(), Type::QuerySet(_));
            is_query && !FETCHES.contains(&method) && rows.callee().is_none() && is_plain_query(receiver, depth + 1)
        }
        AnyNodeRef::ExprSubscript(each) => is_plain_query(rows.at(&*each.value), depth + 1),
        AnyNodeRef::ExprAttribute(each) => {
            let is_manager = matches!(rows.ty(), Type::Manager(model) if matches!(&*model, Type::Model(name) if has_usual_manager(rows, name)));
            is_manager && each.attr.as_str() == "objects" && rows.at(&*each.value).kind() == Kind::Name
        }
        _ => false,
    }
}

/// Whether the model has no manager of its own, which may fetch related rows by itself.
fn has_usual_manager(node: Node<'_>, name: &str) -> bool {
    class_named(node, name).is_some_and(|body| {
        !body
            .subtree()
            .any(|each| each.kind() == Kind::Assign && each.parent() == Some(body) && each.source().starts_with("objects"))
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
