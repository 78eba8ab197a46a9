//! Paraphrased searches with the same results.

use looplint_model::{Cost, Cx};
use looplint_trace::{Kind, Node, Trace, Traces, WordSet, content_words};

pub const ON: &[Kind] = &[Kind::Run];

/// Likeness of two queries from which on they are the same question.
const SAME_QUESTION: f64 = 0.6;
/// Likeness of two results from which on the second brings nothing.
const SAME_ANSWER: f64 = 0.8;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let queries: Vec<(usize, WordSet)> = (0..run.calls.len()).filter(|&call| !run.is_note(call)).filter_map(|call| Some((call, query(run, call)?))).collect();
    for (at, (call, words)) in queries.iter().enumerate() {
        let earlier = queries[..at].iter().find(|(other, before)| {
            run.call_facts()[*other].key != run.call_facts()[*call].key
                && run.calls[*other].name.text == run.calls[*call].name.text
                && words.likeness(before) >= SAME_QUESTION
                && same_answer(run, *other, *call)
        });
        let Some((earlier, _)) = earlier else { continue };
        let mut finding = run.finding_at_call(cx, *call, "this search was asked before in other words, and brings nothing new");
        finding.suggestion = "show the model the queries it asked, and ask for another angle".into();
        finding.label = "asked before".into();
        finding.related = vec![run.related_call(*earlier, "asked first")];
        finding.cost = Some(Cost::Run(run.waste(&[*call])));
        cx.report(finding);
        return;
    }
}

/// The words of a call's only text argument, where it has several.
fn query(run: &Trace<'_>, call: usize) -> Option<WordSet> {
    let arguments = run.calls[call].arguments.as_ref()?;
    let fields = arguments.ok()?.as_object()?;
    let mut texts = fields.values().filter_map(|value| value.as_str()).filter(|text| text.split_whitespace().count() >= 3);
    let words = content_words(texts.next()?);
    (texts.next().is_none() && words.len() >= 3).then_some(words)
}

fn same_answer(run: &Trace<'_>, a: usize, b: usize) -> bool {
    let (Some(a), Some(b)) = (&run.calls[a].result, &run.calls[b].result) else { return false };
    let (a, b) = (content_words(&a.content.text), content_words(&b.content.text));
    !a.is_empty() && a.likeness(&b) >= SAME_ANSWER
}
