//! `datetime.strptime` with a format that `fromisoformat` reads.

use looplint_model::{CodeCost, Cost, Cx, Finding, Fix, Safety};
use looplint_python::ast::AnyNodeRef;
use looplint_python::{Kind, Multiplicity, Node, Python, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

/// Formats whose every text `fromisoformat` reads the same on all supported versions.
const ISO: [&str; 5] =
    ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() || !node.is_qualified("datetime.datetime.strptime") {
        return;
    }
    let AnyNodeRef::ExprCall(call) = node.ast() else { return };
    let ([text, format], []) = (&*call.arguments.args, &*call.arguments.keywords) else { return };
    let Some(format) = node.at(format).constant_str().filter(|format| ISO.contains(format)) else { return };
    let repeats = |each: &_| node.multiplicity(*each) == Multiplicity::Repeated;
    let loops: Vec<_> = node.loops().into_iter().filter(|each| !each.is_bounded()).filter(repeats).collect();
    let Some((class, _)) = node.method().filter(|_| !loops.is_empty()) else { return };
    let text = node.at(text).source();
    let better = format!("{}.fromisoformat({text})", class.source());
    let mut finding = cx.finding(
        node.span(),
        format!("`strptime` interprets `{format}` in every iteration; `fromisoformat` reads the same text in compiled code"),
    );
    finding.suggestion = better.clone();
    finding.label = "goes through the format and a regular expression each time".into();
    finding.related = related_loops(&loops);
    let n = node.cost_in_trips(&loops, "").before.trim_end().to_owned();
    let cost = node.cost_in_trips(&loops, "");
    finding.cost = Some(Cost::Code(CodeCost { before: n.clone(), after: n, ..cost }));
    let safety = Safety::Unsafe("`fromisoformat` refuses single digits and accepts more than the format".into());
    let fix = Fix { title: "Use `fromisoformat`".into(), edits: vec![node.replace(better)], safety };
    let fix = (!node.holds_comment() && !text.contains('\n')).then_some(fix);
    cx.report(Finding { fix, ..finding });
}
