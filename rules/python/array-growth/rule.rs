//! `a = np.append(a, x)` and `a = np.concatenate((a, x))` in a loop.

use looplint_model::{Cost, Cx};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Growth, Kind, Monomial, Node, Python, big_o, related_loops};

pub const ON: &[Kind] = &[Kind::Assign];

/// Functions that take a sequence of arrays and make one.
const JOINERS: [&str; 6] = [
    "numpy.concatenate", "numpy.hstack", "numpy.vstack", "numpy.dstack", "numpy.column_stack", "numpy.row_stack",
];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::StmtAssign(each) = node.ast() else { return };
    let [target] = each.targets.as_slice() else { return };
    let target = node.at(target);
    let value = node.at(&*each.value).arm_with(target);
    let Some(function) = grows_by(value, target) else { return };
    let Some(growth) = Growth::of(target) else { return };
    // What doubles each time is copied twice in all.
    let mentions = value.subtree().filter(|part| part.kind() == target.kind() && part.source() == target.source());
    if growth.is_cut() || mentions.count() > 1 {
        return;
    }
    // What looks at all that there is so far in each turn cannot wait for the end.
    if !growth.is_of_many() || growth.is_looked_at() {
        return;
    }
    let name = target.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{function}` copies the whole array `{name}` in every iteration; collect in a list and make one array, or allocate it before the loop"),
    );
    finding.suggestion = "collect in a list and make one array after the loop".into();
    finding.label = "copies the whole array".into();
    finding.related = related_loops(&growth.loops);
    let trips = growth.outermost().extent().name;
    let mut cost = target.scan_cost(target, &growth.loops);
    cost.before = big_o(&[Monomial::of(&trips).times(&trips)]);
    cost.after = big_o(&[Monomial::of(&trips)]);
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// The function that makes `target` longer by a copy.
fn grows_by<'d>(value: Node<'d>, target: Node<'d>) -> Option<String> {
    if value.kind() != Kind::Call {
        return None;
    }
    let first = value.argument(0, "")?;
    let same = |part: Node<'d>| part.source() == target.source();
    let name = value.qualified_name()?;
    let grows = match name.as_str() {
        "numpy.append" | "numpy.insert" => same(first),
        joiner if JOINERS.contains(&joiner) => {
            matches!(first.kind(), Kind::List | Kind::Tuple) && first.children().any(same)
        }
        _ => false,
    };
    grows.then(|| name.replace("numpy.", "np."))
}
