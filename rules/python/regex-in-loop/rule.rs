//! Functions of `re` called with the same pattern in every iteration.

use looplint_model::{CodeCost, Cost, Cx};
use looplint_python::{Kind, Multiplicity, Node, Python, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

/// Functions whose first argument is the pattern.
const FUNCTIONS: [&str; 8] = ["search", "match", "fullmatch", "findall", "finditer", "split", "sub", "subn"];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() {
        return;
    }
    let Some(name) = node.qualified_name() else { return };
    let Some(function) = name.strip_prefix("re.").filter(|name| FUNCTIONS.contains(name)) else { return };
    let Some(pattern) = node.argument(0, "pattern") else { return };
    if pattern.constant_str().is_none() {
        return;
    }
    let repeats = |each: &_| node.multiplicity(*each) == Multiplicity::Repeated;
    let loops: Vec<_> = node.loops().into_iter().filter(|each| !each.is_bounded()).filter(repeats).collect();
    if loops.is_empty() {
        return;
    }
    let advice = format!("compile it once before the loop and call its `{function}`");
    let mut finding = cx.finding(
        node.span(),
        format!("`re.{function}` looks the compiled pattern up in every iteration; {advice}"),
    );
    finding.suggestion = advice;
    finding.label = "finds the pattern in the cache of `re` each time".into();
    finding.related = related_loops(&loops);
    let cost = node.cost_in_trips(&loops, "");
    let n = cost.before.trim_end().to_owned();
    finding.cost = Some(Cost::Code(CodeCost { before: n.clone(), after: n, ..cost }));
    cx.report(finding);
}
