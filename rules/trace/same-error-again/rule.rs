//! Another attempt at a change, refused in the same words.

use looplint_model::{Cost, Cx};
use looplint_trace::{Effect, ErrorClass, Kind, Node, Trace, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let refused: Vec<usize> = (0..run.calls.len()).filter(|&call| is_refusal(run, call)).collect();
    let facts = run.call_facts();
    let same = |a: usize, b: usize| {
        run.calls[a].name.text == run.calls[b].name.text
            && facts[a].result == facts[b].result
            && facts[a].key != facts[b].key
            && run.turn_of(&run.calls[a]).thread == run.turn_of(&run.calls[b]).thread
    };
    let mut told = Vec::new();
    for (at, &call) in refused.iter().enumerate() {
        let series = |other: &usize| run.calls[*other].name.text == run.calls[call].name.text && facts[*other].result == facts[call].result;
        let Some(&first) = refused[..at].iter().find(|&&earlier| same(earlier, call)) else { continue };
        // One finding for a series.
        if told.iter().any(series) {
            continue;
        }
        told.push(call);
        let again: Vec<usize> = refused.iter().copied().filter(|other| *other > first && series(other)).collect();
        let name = &run.calls[call].name.text;
        let mut finding = run.finding_at_call(
            cx,
            call,
            format!("`{name}` is called with other arguments and refused in the same words, {} times in all", again.len() + 1),
        );
        finding.suggestion = "let the model say what the error asks for before it tries again, and compute what the tool checks in front of it".into();
        finding.label = "the same refusal".into();
        finding.related = vec![run.related_call(first, "refused first")];
        finding.cost = Some(Cost::Run(run.waste(&again)));
        cx.report(finding);
    }
}

/// A change that the tool refused, for a reason that waiting does not mend.
fn is_refusal(run: &Trace<'_>, call: usize) -> bool {
    let facts = &run.call_facts()[call];
    let passing = |class| matches!(class, ErrorClass::Timeout | ErrorClass::RateLimit | ErrorClass::Unavailable | ErrorClass::NotFound);
    facts.effect == Effect::Change && facts.failure.as_ref().is_some_and(|failure| !passing(failure.class))
}
