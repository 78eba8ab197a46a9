//! The dialect of `/v1/messages`.
//!
//! A schema is asked for as a tool that must be called; its input is the answer. Cache breakpoints end the
//! system text and the shared part.

use serde_json::{Value, json};

use super::{Finish, Reading, Request, number, without_lengths};
use crate::failure::Failure;

const TOOL: &str = "verdict";

/// The body of a request.
pub(super) fn body(request: &Request<'_>) -> Value {
    let prompt = request.prompt;
    let breakpoint = json!({"type": "ephemeral"});
    let mut body = json!({
        "model": request.model,
        "max_tokens": request.output_max,
        "system": [{"type": "text", "text": prompt.system(), "cache_control": breakpoint}],
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": prompt.shared(), "cache_control": breakpoint},
            {"type": "text", "text": prompt.question()},
        ]}],
    });
    if let Some(temperature) = request.temperature {
        body["temperature"] = json!(temperature);
    }
    match request.schema {
        Some(schema) => {
            body["tools"] = json!([{
                "name": TOOL,
                "description": "Hands in the verdict.",
                "input_schema": without_lengths(schema),
            }]);
            body["tool_choice"] = json!({"type": "tool", "name": TOOL});
        }
        None => body["stream"] = json!(true),
    }
    body
}

pub(super) fn event(reading: &mut Reading, value: &Value) -> String {
    match value.get("type").and_then(Value::as_str) {
        Some("message_start") => usage(reading, value.pointer("/message/usage")),
        Some("message_delta") => {
            usage(reading, value.get("usage"));
            finish(reading, value.get("delta"));
        }
        Some("message_stop") => reading.done = true,
        Some("content_block_delta") => {
            return value
                .pointer("/delta/text")
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_owned();
        }
        _ => {}
    }
    String::new()
}

pub(super) fn whole(reading: &mut Reading, value: &Value) -> Result<(), Failure> {
    let Some(blocks) = value.get("content").and_then(Value::as_array) else {
        return Err(Failure::Malformed("no content".into()));
    };
    usage(reading, value.get("usage"));
    finish(reading, Some(value));
    for block in blocks {
        match block.get("type").and_then(Value::as_str) {
            Some("text") => reading
                .text
                .push_str(block.get("text").and_then(Value::as_str).unwrap_or("")),
            // The input is the whole answer; words around it are not.
            Some("tool_use") => {
                reading.text = block.get("input").map(Value::to_string).unwrap_or_default();
                break;
            }
            _ => {}
        }
    }
    Ok(())
}

fn finish(reading: &mut Reading, value: Option<&Value>) {
    if let Some(reason) = value
        .and_then(|value| value.get("stop_reason"))
        .and_then(Value::as_str)
    {
        reading.finish = Some(match reason {
            "max_tokens" | "model_context_window_exceeded" => Finish::Length,
            "refusal" => Finish::Filtered,
            _ => Finish::Stop,
        });
    }
}

/// Here the prompt's count leaves out what was read from or written to the cache; ours includes it.
fn usage(reading: &mut Reading, said: Option<&Value>) {
    let Some(said) = said else { return };
    if let Some(fresh) = number(said, &["input_tokens"]) {
        let read = number(said, &["cache_read_input_tokens"]).unwrap_or(0);
        let written = number(said, &["cache_creation_input_tokens"]).unwrap_or(0);
        reading.usage.prompt = fresh + read + written;
        reading.usage.cached = read;
        reading.usage.written = written;
    }
    if let Some(completion) = number(said, &["output_tokens"]) {
        reading.usage.completion = completion;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{prompt, request, streamed};
    use super::super::{Dialect, Usage};
    use super::*;
    use crate::redact::Redactor;

    #[test]
    fn breakpoints_end_what_is_shared() {
        let prompt = prompt();
        let body = body(&request(&prompt, None));
        assert_eq!(body["system"][0]["cache_control"]["type"], "ephemeral");
        let content = body["messages"][0]["content"].as_array().unwrap();
        assert_eq!(
            content[0],
            json!({"type": "text", "text": "SHARED\n\n", "cache_control": {"type": "ephemeral"}})
        );
        assert_eq!(content[1], json!({"type": "text", "text": "QUESTION"}));
        assert_eq!(
            (&body["max_tokens"], &body["stream"]),
            (&json!(400), &json!(true))
        );
    }

    #[test]
    fn a_stream_with_its_counts() {
        let reading = streamed(
            Dialect::Anthropic,
            &[
                json!({"type": "message_start", "message": {"usage": {"input_tokens": 10, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 5, "output_tokens": 1}}}),
                json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
                json!({"type": "ping"}),
                json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Because"}}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 12}}),
                json!({"type": "message_stop"}),
            ],
        );
        let reading = reading.unwrap();
        assert_eq!(
            (reading.text.as_str(), reading.finish, reading.done),
            ("Because", Some(Finish::Stop), true)
        );
        assert_eq!(
            reading.usage,
            Usage {
                prompt: 105,
                written: 5,
                cached: 90,
                completion: 12,
                usd: None
            }
        );
        let broken = streamed(
            Dialect::Anthropic,
            &[json!({"type": "error", "error": {"type": "overloaded_error", "message": "x"}})],
        );
        assert_eq!(broken.unwrap_err().code(), "529");
    }

    #[test]
    fn a_verdict_is_the_input_of_a_tool() {
        let prompt = prompt();
        let schema =
            json!({"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}});
        let body = body(&request(&prompt, Some(&schema)));
        assert_eq!(
            body["tool_choice"],
            json!({"type": "tool", "name": "verdict"})
        );
        assert!(
            body["tools"][0]["input_schema"]["properties"]["a"]
                .get("maxLength")
                .is_none()
        );
        let answer = json!({
            "content": [{"type": "text", "text": "Here:"}, {"type": "tool_use", "name": "verdict", "input": {"a": "b"}}],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 3, "output_tokens": 4},
        });
        let reading =
            Reading::whole(Dialect::Anthropic, &answer.to_string(), &Redactor::new()).unwrap();
        assert_eq!(
            (reading.text.as_str(), reading.finish),
            (r#"{"a":"b"}"#, Some(Finish::Stop))
        );
    }
}
