//! What goes over the wire: requests as bodies, answers from bodies and streams.
//!
//! Pure: bytes in, bytes out. Knows the two dialects by their public documents. Does not know sockets, keys,
//! routing or what is asked.

mod anthropic;
mod openai;
mod sse;

use serde_json::Value;

use crate::failure::Failure;
use crate::prompt::Prompt;
use crate::redact::Redactor;

pub(crate) use sse::Lines;

/// How a server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `/chat/completions`, as OpenRouter, OpenAI, llama.cpp, Ollama and vLLM have it.
    #[default]
    OpenAi,
    /// `/v1/messages`.
    Anthropic,
}

/// Which server it is, where that changes what it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// Any other.
    #[default]
    Plain,
    OpenRouter,
    OpenAi,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) model: &'a str,
    pub(crate) prompt: &'a Prompt,
    pub(crate) output_max: u64,
    /// `None` for a model that takes none.
    pub(crate) temperature: Option<f64>,
    /// The shape of the answer; the answer is streamed where there is none.
    pub(crate) schema: Option<&'a Value>,
    pub(crate) flavour: Flavour,
    /// The slot of a llama.cpp server.
    pub(crate) slot: Option<u32>,
}

impl Request<'_> {
    /// The exact body.
    pub(crate) fn body(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::OpenAi => openai::body(self),
            Dialect::Anthropic => anthropic::body(self),
        }
        .to_string()
    }
}

/// What a call used, as the server counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub prompt: u64,
    /// Of these, tokens that the server had computed before.
    pub cached: u64,
    /// Of these, tokens that the server newly kept at a surcharge, as Anthropic counts them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub written: u64,
    /// Tokens of the answer.
    pub completion: u64,
    /// US dollars, where the server says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// By itself.
    Stop,
    /// At the limit of tokens.
    Length,
    /// A filter took it away.
    Filtered,
}

/// An answer as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) text: String,
    pub(crate) finish: Option<Finish>,
    pub(crate) usage: Usage,
    /// Whether the stream said that it is over.
    pub(crate) done: bool,
}

impl Reading {
    /// Takes one event of a stream and returns the text that it adds.
    pub(crate) fn event(
        &mut self,
        dialect: Dialect,
        data: &str,
        redactor: &Redactor,
    ) -> Result<String, Failure> {
        if data.trim() == "[DONE]" {
            self.done = true;
            return Ok(String::new());
        }
        let value = parse(data)?;
        fail_on_error(&value, redactor)?;
        let delta = match dialect {
            Dialect::OpenAi => openai::event(self, &value),
            Dialect::Anthropic => anthropic::event(self, &value),
        };
        self.text.push_str(&delta);
        Ok(delta)
    }

    /// Reads an answer that came whole.
    pub(crate) fn whole(
        dialect: Dialect,
        body: &str,
        redactor: &Redactor,
    ) -> Result<Reading, Failure> {
        let value = parse(body)?;
        fail_on_error(&value, redactor)?;
        let mut reading = Reading {
            done: true,
            ..Reading::default()
        };
        match dialect {
            Dialect::OpenAi => openai::whole(&mut reading, &value)?,
            Dialect::Anthropic => anthropic::whole(&mut reading, &value)?,
        }
        Ok(reading)
    }

    /// The answer at the end of its stream or body.
    ///
    /// # Errors
    /// It broke off, is empty, or was filtered.
    pub(crate) fn close(self) -> Result<Reading, Failure> {
        match self.finish {
            None => Err(Failure::Truncated),
            Some(Finish::Filtered) => {
                Err(Failure::Malformed("a filter took the answer away".into()))
            }
            Some(Finish::Length) if self.text.trim().is_empty() => Err(Failure::Malformed(
                "the tokens were used up before an answer".into(),
            )),
            Some(_) if self.text.trim().is_empty() => {
                Err(Failure::Malformed("an empty answer".into()))
            }
            Some(_) => Ok(self),
        }
    }
}

fn parse(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::Malformed(format!("no JSON at column {}", error.column())))
}

/// Servers also say errors with status 200, whole or in mid-stream.
fn fail_on_error(value: &Value, redactor: &Redactor) -> Result<(), Failure> {
    let Some(error) = value.get("error").filter(|error| !error.is_null()) else {
        return Ok(());
    };
    let code = error
        .get("code")
        .and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let status = match (code, error.get("type").and_then(Value::as_str)) {
        (Some(code @ 400..=599), _) => code as u16,
        (_, Some("overloaded_error")) => 529,
        (_, Some("rate_limit_error")) => 429,
        (_, Some("authentication_error" | "permission_error")) => 401,
        (_, Some("invalid_request_error" | "not_found_error")) => 400,
        _ => 500,
    };
    Err(Failure::of_status(
        status,
        None,
        &value.to_string(),
        redactor,
    ))
}

/// The schema without limits on text length, which hosted servers refuse; they are checked on arrival.
fn without_lengths(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for property in properties.values_mut().filter_map(Value::as_object_mut) {
            property.retain(|key, _| key != "minLength" && key != "maxLength");
        }
    }
    schema
}

fn number(value: &Value, path: &[&str]) -> Option<u64> {
    path.iter()
        .try_fold(value, |value, key| value.get(key))?
        .as_u64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    pub(super) fn prompt() -> Prompt {
        Prompt::new(&Redactor::new(), "SYSTEM\n\n", "SHARED\n\n", "QUESTION")
    }

    pub(super) fn request<'a>(prompt: &'a Prompt, schema: Option<&'a Value>) -> Request<'a> {
        Request {
            model: "m",
            prompt,
            output_max: 400,
            temperature: Some(0.0),
            schema,
            flavour: Flavour::Plain,
            slot: None,
        }
    }

    pub(super) fn streamed(dialect: Dialect, events: &[Value]) -> Result<Reading, Failure> {
        let mut reading = Reading::default();
        for event in events {
            reading.event(dialect, &event.to_string(), &Redactor::new())?;
        }
        Ok(reading)
    }

    #[test]
    fn errors_inside_a_good_status() {
        let codes = [
            (
                json!({"error": {"code": 429, "message": "slow down"}}),
                "429",
            ),
            (json!({"error": {"code": "502", "message": "x"}}), "502"),
            (
                json!({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}),
                "529",
            ),
            (json!({"error": {"type": "authentication_error"}}), "401"),
            (json!({"error": "what"}), "500"),
        ];
        for (body, code) in codes {
            assert_eq!(
                Reading::whole(Dialect::OpenAi, &body.to_string(), &Redactor::new())
                    .unwrap_err()
                    .code(),
                code
            );
        }
        for body in [
            "",
            "{",
            "null",
            "[]",
            "{\"choices\": []}",
            "{\"choices\": 3}",
            "<html>",
        ] {
            for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
                let failure = Reading::whole(dialect, body, &Redactor::new())
                    .and_then(Reading::close)
                    .unwrap_err();
                assert!(
                    matches!(failure.code().as_str(), "malformed" | "truncated"),
                    "{body}: {failure}"
                );
            }
        }
    }

    #[test]
    fn an_answer_without_its_end_or_without_words_is_none() {
        let reading = |text: &str, finish| Reading {
            text: text.into(),
            finish,
            ..Reading::default()
        };
        assert_eq!(reading("a", None).close().unwrap_err(), Failure::Truncated);
        assert!(reading(" \n", Some(Finish::Stop)).close().is_err());
        assert!(reading("", Some(Finish::Length)).close().is_err());
        assert!(reading("a", Some(Finish::Filtered)).close().is_err());
        assert!(reading("a", Some(Finish::Length)).close().is_ok());
    }
}
