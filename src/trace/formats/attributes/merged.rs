//! Google ADK logs the answers of calls made side by side in one step more, `(merged tools)`.
//!
//! Does not know how steps become a conversation.

use serde_json::Value;

use crate::builder::NewResult;
use crate::formats::steps::Step;
use crate::text::Text;

/// Gives merged answers back to the steps of the calls that they answer, and drops the steps that merged them.
pub(crate) fn unmerge(steps: &mut Vec<Step<'_>>) {
    let is_merged = |step: &Step<'_>| {
        let call = step.call.as_ref();
        call.is_some_and(|call| call.name.text.starts_with("(merged"))
    };
    if !steps.iter().any(is_merged) {
        return;
    }
    let mut answers = Vec::new();
    for step in steps.iter().filter(|step| is_merged(step)) {
        let merged = step.output_text.as_ref().map_or("", |text| &text.text);
        let Ok(Value::Array(items)) = serde_json::from_str(merged) else {
            continue;
        };
        answers.extend(items.into_iter().map(|item| (item, step.span)));
    }
    steps.retain(|step| !is_merged(step));
    for (item, span) in answers {
        let asked = |step: &&mut Step<'_>| {
            let call = step.call.as_ref();
            call.is_some_and(|call| call.id.is_some() && call.id.as_deref() == item["id"].as_str())
        };
        if let Some(call) = steps
            .iter_mut()
            .find(asked)
            .and_then(|step| step.call.as_mut())
        {
            let gave = Text::apart(item["response"].to_string(), span);
            let answer = call
                .result
                .get_or_insert_with(|| NewResult::new(Text::default(), span));
            if answer.content.is_blank() {
                answer.content = gave;
            }
        }
    }
}
