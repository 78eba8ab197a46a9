//! A change that is refused because of the agent's own change before it.

use looplint_model::{Cost, Cx};
use looplint_trace::{Effect, ErrorClass, Kind, Node, Role, Trace, Traces};

pub const ON: &[Kind] = &[Kind::Run];

/// Words by which a tool says that the thing is no longer in a state that allows the call. That money or seats do not
/// suffice is no such word: it may have been so before.
const STATE: [&str; 10] = [
    "non-",
    "no longer",
    "cannot be",
    "can't be",
    "locked",
    "already been",
    "in its current state",
    "current status",
    "not in a state",
    "is closed",
];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for refused in 0..run.calls.len() {
        let Some(earlier) = blocked_by(run, refused) else { continue };
        let (first, second) = (&run.calls[earlier], &run.calls[refused]);
        let mut finding = run.finding_at_call(
            cx,
            earlier,
            format!("`{}` comes first, and then `{}` of the same thing is refused for its state; the other order would have done both", first.name.text, second.name.text),
        );
        finding.suggestion = format!("plan all changes of one thing before the first of them, and call `{}` before `{}`", second.name.text, first.name.text);
        finding.label = "this came too early".into();
        finding.related = vec![run.related_call(refused, "refused")];
        finding.cost = Some(Cost::Run(run.waste(&[refused])));
        cx.report(finding);
        return;
    }
}

/// The agent's own change, in the same stretch of work, that put the thing into the state for which `refused` fails.
fn blocked_by(run: &Trace<'_>, refused: usize) -> Option<usize> {
    let facts = run.call_facts();
    let call = &run.calls[refused];
    let failure = facts[refused].failure.as_ref().filter(|_| facts[refused].effect == Effect::Change)?;
    let of_state = !matches!(failure.class, ErrorClass::Timeout | ErrorClass::RateLimit | ErrorClass::Unavailable | ErrorClass::Auth | ErrorClass::UnknownTool);
    let said = call.result.as_ref()?.content.text.to_lowercase();
    let head: String = said.chars().take(400).collect();
    if !of_state || !STATE.iter().any(|words| head.contains(words)) {
        return None;
    }
    let things = run.identifiers(refused);
    (0..refused).rev().find(|&earlier| {
        let other = &run.calls[earlier];
        let person = run.turns[other.turn..call.turn].iter().any(|turn| turn.role == Role::User);
        let same_thing = run.identifiers(earlier).iter().any(|one| things.iter().any(|thing| thing.value == one.value));
        facts[earlier].effect == Effect::Change
            && facts[earlier].failure.is_none()
            && other.result.is_some()
            && other.name.text != call.name.text
            && run.turn_of(other).thread == run.turn_of(call).thread
            && same_thing
            && !person
    })
}
