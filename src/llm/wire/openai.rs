//! The dialect of `/chat/completions`.
//!
//! Knows what OpenAI, OpenRouter and llama.cpp each want or tell beside the common part.

use serde_json::{Value, json};

use super::{Finish, Flavour, Reading, Request, number, without_lengths};
use crate::failure::Failure;

/// The body of a request. The prompt's parts stand in their order, so that equal beginnings stay equal.
pub(super) fn body(request: &Request<'_>) -> Value {
    let prompt = request.prompt;
    let mut body = json!({"model": request.model});
    // Only models that ask for it get a mark where their cache may end; for others the text is one.
    let marked = request.flavour == Flavour::OpenRouter && request.model.starts_with("anthropic/");
    let user = if marked {
        json!([
            {"type": "text", "text": prompt.shared(), "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": prompt.question()},
        ])
    } else {
        json!([prompt.shared(), prompt.question()].concat())
    };
    body["messages"] = json!([
        {"role": "system", "content": prompt.system()},
        {"role": "user", "content": user},
    ]);
    let limit = if request.flavour == Flavour::OpenAi {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    body[limit] = json!(request.output_max);
    if let Some(temperature) = request.temperature {
        body["temperature"] = json!(temperature);
    }
    match request.schema {
        Some(schema) => {
            let schema = if request.flavour == Flavour::Plain {
                schema.clone()
            } else {
                without_lengths(schema)
            };
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": true, "schema": schema},
            });
        }
        None => {
            body["stream"] = json!(true);
            body["stream_options"] = json!({"include_usage": true});
        }
    }
    match request.flavour {
        Flavour::OpenRouter => body["usage"] = json!({"include": true}),
        // Requests with one key reach the same machine, where the beginning is kept.
        Flavour::OpenAi => body["prompt_cache_key"] = json!(&prompt.prefix_id()[..32]),
        Flavour::Plain => {}
    }
    if let Some(slot) = request.slot {
        body["id_slot"] = json!(slot);
        body["cache_prompt"] = json!(true);
    }
    body
}

pub(super) fn event(reading: &mut Reading, value: &Value) -> String {
    usage(reading, value);
    let Some(choice) = value.pointer("/choices/0") else {
        return String::new();
    };
    finish(reading, choice);
    choice
        .pointer("/delta/content")
        .and_then(Value::as_str)
        .unwrap_or("")
        .to_owned()
}

pub(super) fn whole(reading: &mut Reading, value: &Value) -> Result<(), Failure> {
    usage(reading, value);
    let Some(choice) = value.pointer("/choices/0") else {
        return Err(Failure::Malformed("no choices".into()));
    };
    finish(reading, choice);
    reading.text = choice
        .pointer("/message/content")
        .and_then(Value::as_str)
        .unwrap_or("")
        .to_owned();
    Ok(())
}

fn finish(reading: &mut Reading, choice: &Value) {
    if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
        reading.finish = Some(match reason {
            "length" => Finish::Length,
            "content_filter" => Finish::Filtered,
            _ => Finish::Stop,
        });
    }
}

fn usage(reading: &mut Reading, value: &Value) {
    let usage = &mut reading.usage;
    if let Some(said) = value.get("usage").filter(|usage| usage.is_object()) {
        usage.prompt = number(said, &["prompt_tokens"]).unwrap_or(usage.prompt);
        usage.completion = number(said, &["completion_tokens"]).unwrap_or(usage.completion);
        usage.cached =
            number(said, &["prompt_tokens_details", "cached_tokens"]).unwrap_or(usage.cached);
        usage.usd = said.get("cost").and_then(Value::as_f64).or(usage.usd);
    }
    // llama.cpp counts what it reused by itself, and older ones only here.
    if let Some(cached) = number(value, &["timings", "cache_n"]) {
        usage.cached = cached;
        let fresh = number(value, &["timings", "prompt_n"]).unwrap_or(0);
        usage.prompt = usage.prompt.max(cached + fresh);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{prompt, request, streamed};
    use super::super::{Dialect, Usage};
    use super::*;
    use crate::redact::Redactor;

    #[test]
    fn a_plain_request() {
        let prompt = prompt();
        assert_eq!(
            request(&prompt, None).body(Dialect::OpenAi),
            concat!(
                r#"{"model":"m","messages":[{"role":"system","content":"SYSTEM\n\n"},"#,
                r#"{"role":"user","content":"SHARED\n\nQUESTION"}],"max_tokens":400,"temperature":0.0,"#,
                r#""stream":true,"stream_options":{"include_usage":true}}"#
            )
        );
    }

    #[test]
    fn what_each_server_wants_beside() {
        let prompt = prompt();
        let schema =
            json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 3}}});
        let mut request = request(&prompt, Some(&schema));
        let body = body(&request);
        assert!(body.get("stream").is_none());
        assert_eq!(body["response_format"]["json_schema"]["schema"], schema);
        (request.flavour, request.temperature) = (Flavour::OpenAi, None);
        let body = super::body(&request);
        assert!(body.get("temperature").is_none() && body.get("max_tokens").is_none());
        assert_eq!(body["max_completion_tokens"], 400);
        assert_eq!(
            body["response_format"]["json_schema"]["schema"]["properties"]["a"],
            json!({"type": "string"})
        );
        (request.flavour, request.model) = (Flavour::OpenRouter, "anthropic/claude");
        let body = super::body(&request);
        assert_eq!(
            body["messages"][1]["content"][0]["cache_control"]["type"],
            "ephemeral"
        );
        request.slot = Some(2);
        assert_eq!(super::body(&request)["id_slot"], 2);
    }

    #[test]
    fn a_stream_with_its_counts() {
        let reading = streamed(
            Dialect::OpenAi,
            &[
                json!({"choices": [{"delta": {"role": "assistant", "content": null}, "finish_reason": null}]}),
                json!({"choices": [{"delta": {"content": "Be"}}]}),
                json!({"choices": [{"delta": {"content": "cause"}}]}),
                json!({"choices": [{"delta": {}, "finish_reason": "length"}]}),
                json!({"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 8, "prompt_tokens_details": {"cached_tokens": 35}, "cost": 0.01}}),
            ],
        );
        let reading = reading.unwrap();
        assert_eq!(
            (reading.text.as_str(), reading.finish),
            ("Because", Some(Finish::Length))
        );
        assert_eq!(
            reading.usage,
            Usage {
                prompt: 50,
                cached: 35,
                written: 0,
                completion: 8,
                usd: Some(0.01)
            }
        );
    }

    #[test]
    fn the_count_of_llama_cpp_goes_first() {
        let body = json!({
            "choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 52, "completion_tokens": 1},
            "timings": {"cache_n": 35, "prompt_n": 17},
        });
        let reading = Reading::whole(Dialect::OpenAi, &body.to_string(), &Redactor::new()).unwrap();
        assert_eq!((reading.usage.prompt, reading.usage.cached), (52, 35));
    }
}
