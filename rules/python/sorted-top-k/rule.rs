//! `sorted(xs)[:3]`: everything put in order for the sake of a few.

use looplint_model::{CodeCost, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::{AnyNodeRef, Expr};
use looplint_python::{BOUNDED_MAX, Kind, Monomial, Node, Python, big_o};

pub const ON: &[Kind] = &[Kind::Subscript];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let AnyNodeRef::ExprSubscript(each) = node.ast() else { return };
    let (Expr::Call(call), Expr::Slice(slice)) = (&*each.value, &*each.slice) else { return };
    let sorted = node.at(call);
    if sorted.builtin() != Some("sorted") || !each.ctx.is_load() || slice.lower.is_some() || slice.step.is_some() {
        return;
    }
    let Some(k) = slice.upper.as_ref().and_then(|upper| node.at(&**upper).constant_int()) else { return };
    if k < 1 || u64::try_from(k).is_ok_and(|k| k > BOUNDED_MAX) || call.arguments.find_keyword("reverse").is_some() {
        return;
    }
    let Some(all) = sorted.argument(0, "") else { return };
    if all.kind() == Kind::Starred || all.extent().is_small() || node.is_rare() || node.is_in_test() {
        return;
    }
    let is_single = call.arguments.args.len() == 1 && call.arguments.keywords.is_empty();
    let inside: String = if is_single {
        // A generator stands without parentheses where it is the only argument.
        let needs_some = all.kind() == Kind::Comprehension && !all.source().starts_with(['(', '[', '{']);
        if needs_some { format!("({}))", all.source()) } else { format!("{})", all.source()) }
    } else {
        let arguments = sorted.source()[sorted.at(&*call.func).source().len()..].trim_start();
        arguments.strip_prefix('(').unwrap_or(arguments).to_owned()
    };
    let found = node.import_module("heapq", "nsmallest");
    let (function, import) = found.clone().unwrap_or_else(|| ("heapq.nsmallest".into(), None));
    let written = format!("{function}({k}, {inside}");
    let name = all.size_name();
    let mut finding = cx.finding(
        node.span(),
        format!("`{}` puts everything in order to take {k}; `heapq.nsmallest` keeps only {k}", node.text()),
    );
    finding.suggestion = written.split_whitespace().collect::<Vec<_>>().join(" ");
    finding.label = "sorts all for a few".into();
    finding.cost = Some(Cost::Code(CodeCost {
        before: big_o(&[Monomial::of(name.clone()).log(name.clone())]),
        after: big_o(&[Monomial::of(name)]),
        shape: "1",
        ..node.scan_cost(all, &[])
    }));
    let mut edits: Vec<_> = import.into_iter().chain([node.replace(written)]).collect();
    edits.sort();
    let safety = Safety::Unsafe("it is slower where the elements are almost in order, nan may come in another order, and what cannot be compared raises another error".into());
    let fix = Fix { title: "Use `heapq.nsmallest`".into(), edits, safety };
    let fix = (!node.holds_comment() && found.is_some()).then_some(fix);
    cx.report(Finding { fix, ..finding });
}
