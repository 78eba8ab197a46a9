//! Calls written as text: `Thought: / Action: / Action Input: / Observation:` and `<action>tool: ... parameters: ...`.
//!
//! Works on messages that were read already. Does not know where they came from.

use std::ops::Range;

use crate::builder::{Message, NewCall, NewResult};
use crate::facts::Pattern;
use crate::run::Role;
use crate::text::Text;

static ACTION: Pattern = Pattern::new(
    r"(?m)^\s*\**Action\**\s*:\s*\**\s*(?P<tool>[\w .-]{1,80}?)\s*\**\s*\n+\s*\**Action Input\**\s*:\s*(?P<input>(?s:.*?))(?:\n\s*\**Observation\**\s*:|\z)",
);

static TAGGED: Pattern = Pattern::new(
    r"(?s)<action>\s*tool:\s*(?P<tool>[\w.-]{1,80})\s*parameters:\s*(?P<input>.*?)\s*</action>",
);

static OBSERVATION: Pattern = Pattern::new(r"(?m)^\s*\**Observation(?: \d+)?\**\s*:\s*");

/// Where a message's text makes a call: the tool's name and its input.
fn action(text: &str) -> Option<(Range<usize>, Range<usize>)> {
    let tagged = text.contains("<action>");
    if !tagged && !text.contains("Action Input") {
        return None;
    }
    let pattern = if tagged { &TAGGED } else { &ACTION };
    let found = pattern.regex()?.captures(text)?;
    Some((found.name("tool")?.range(), found.name("input")?.range()))
}

/// Whether agents of these messages write their calls as text: at least one does, and none calls in another way.
pub(crate) fn is(messages: &[Message<'_>]) -> bool {
    messages.iter().all(|message| message.calls.is_empty())
        && messages
            .iter()
            .any(|message| message.role == Role::Agent && action(&message.content.text).is_some())
}

/// Turns the calls in texts into calls, and what the next message observes into their results.
pub(crate) fn read(messages: &mut [Message<'_>]) {
    for at in 0..messages.len() {
        if messages[at].role != Role::Agent {
            continue;
        }
        let Some((tool, input)) = action(&messages[at].content.text) else {
            continue;
        };
        let message = &messages[at];
        let text = &message.content;
        let name = Text::apart(text.text[tool].trim().to_string(), text.span);
        let mut call = NewCall::new(name, message.span);
        let own_end = input.end;
        let input = text.text[input].trim().to_string();
        call.free = !input.starts_with(['{', '[']);
        call.arguments = Some(Text::apart(input, text.span));
        call.result = own_observation(text, own_end);
        let answered = call.result.is_some();
        messages[at].calls.push(call);
        if !answered && let Some(next) = messages.get_mut(at + 1) {
            observe(next);
        }
    }
}

/// Some transcripts keep the observation in the same message.
fn own_observation<'d>(text: &Text<'d>, from: usize) -> Option<NewResult<'d>> {
    let found = OBSERVATION.find(&text.text[from..])?;
    let seen = text.text[from + found.end..].trim();
    (!seen.is_empty()).then(|| NewResult::new(Text::apart(seen.to_string(), text.span), text.span))
}

/// A message after a call that observes, or that a tool or the harness wrote: its newest observation is the result,
/// since prompts may repeat the whole history.
fn observe(message: &mut Message<'_>) {
    if message.role == Role::Agent || !message.results.is_empty() {
        return;
    }
    let text = &message.content;
    let last = OBSERVATION
        .regex()
        .and_then(|pattern| pattern.find_iter(&text.text).last());
    let content = match last {
        Some(found) => Text::apart(text.text[found.end()..].trim().to_string(), text.span),
        None if message.role == Role::System => return,
        None => text.clone(),
    };
    message.results.push(NewResult::new(content, message.span));
    message.role = Role::Tool;
}
