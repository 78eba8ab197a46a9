//! What several formats write alike: roles, content in parts, tools, usage, times, outcomes.
//!
//! Does not know which format it reads.

use std::borrow::Cow;

use looplint_model::Span;
use rustc_hash::FxHashMap;

use crate::builder::Builder;
use crate::json::{Shape, Value};
use crate::run::{Json, Role, Tokens, Tool};
use crate::text::Text;

/// The role that formats call by many names.
pub(crate) fn role(word: &str) -> Option<Role> {
    Some(match word.to_ascii_lowercase().as_str() {
        "system" | "developer" | "instructions" | "systemmessage" => Role::System,
        "user" | "human" | "customer" | "humanmessage" | "role_user" => Role::User,
        "assistant" | "ai" | "agent" | "model" | "bot" | "aimessage" | "role_agent" => Role::Agent,
        "tool" | "function" | "tool_response" | "tool_result" | "observation" | "ipython"
        | "environment" | "toolmessage" => Role::Tool,
        _ => return None,
    })
}

/// The role at the key `role`.
pub(crate) fn role_of(value: Value<'_>) -> Option<Role> {
    role(&value.text_at("role")?)
}

/// The words of a message's content: a string, parts with `text`, or any JSON as it stands.
pub(crate) fn content(value: Option<Value<'_>>) -> Option<Text<'_>> {
    let value = value?;
    match value.shape() {
        Shape::Text => Some(Text::of(value)),
        Shape::Array => Some(join(value.items().filter_map(part_text), value.span())),
        Shape::Object => part_text(value).or_else(|| Some(Text::of(value))),
        Shape::Null => None,
        Shape::Number | Shape::Bool => Some(Text::of(value)),
    }
}

/// The words of one part of a content list, where it has any.
pub(crate) fn part_text(part: Value<'_>) -> Option<Text<'_>> {
    if part.shape() == Shape::Text {
        return Some(Text::of(part));
    }
    let inner = part.any(&["text", "input_text", "output_text", "refusal", "content"])?;
    match inner.shape() {
        Shape::Text => Some(Text::of(inner)),
        Shape::Object => inner
            .get("value")
            .filter(|value| value.shape() == Shape::Text)
            .map(Text::of),
        _ => None,
    }
}

/// Joins texts by newlines; a single one keeps its exact place.
pub(crate) fn join<'d>(texts: impl Iterator<Item = Text<'d>>, span: Span) -> Text<'d> {
    let mut texts: Vec<Text<'d>> = texts.filter(|text| !text.text.is_empty()).collect();
    match texts.len() {
        0 => Text::apart("", span),
        1 => texts.remove(0),
        _ => {
            let all: Vec<&str> = texts.iter().map(|text| text.text.as_ref()).collect();
            Text::apart(all.join("\n"), span)
        }
    }
}

/// Tools as OpenAI, Anthropic, MCP and others declare them: a list with `name` and a schema somewhere.
pub(crate) fn tools(list: Option<Value<'_>>) -> Vec<Tool<'_>> {
    let Some(list) = list else { return Vec::new() };
    list.items().filter_map(tool).collect()
}

/// One declared tool.
pub(crate) fn tool(value: Value<'_>) -> Option<Tool<'_>> {
    if let Some(name) = value.text() {
        return Some(Tool {
            name,
            description: None,
            schema: None,
            span: value.span(),
        });
    }
    let inside = value.get("function").unwrap_or(value);
    let name = inside.any(&["name", "tool_name"])?.text()?;
    let schema = inside.any(&[
        "parameters",
        "input_schema",
        "inputSchema",
        "json_schema",
        "args_schema",
        "schema",
    ]);
    let schema = schema.filter(|schema| matches!(schema.shape(), Shape::Object | Shape::Text));
    Some(Tool {
        name,
        description: inside.text_at("description"),
        schema: schema.map(|schema| Json::new(Text::of(schema))),
        span: value.span(),
    })
}

/// Token counts under the names that providers and tracers use.
pub(crate) fn usage(value: Option<Value<'_>>) -> Tokens {
    let Some(value) = value else {
        return Tokens::default();
    };
    let count = |keys: &[&str]| keys.iter().find_map(|key| value.get(key)?.count());
    let input = count(&[
        "input_tokens",
        "prompt_tokens",
        "inputTokens",
        "promptTokens",
        "input",
        "prompt_token_count",
    ]);
    let output = count(&[
        "output_tokens",
        "completion_tokens",
        "outputTokens",
        "completionTokens",
        "output",
        "candidates_token_count",
    ]);
    let cached = count(&["cache_read_input_tokens"]).unwrap_or(0)
        + count(&["cache_creation_input_tokens"]).unwrap_or(0);
    Tokens {
        input: input.map(|input| input + cached),
        output,
    }
}

/// A point in time in milliseconds since 1970: ISO 8601, or a number in seconds, milliseconds, micro- or nanoseconds.
pub(crate) fn time_ms(value: Option<Value<'_>>) -> Option<f64> {
    let value = value?;
    if value.shape() == Shape::Text
        && let Some(time) = value.text().and_then(|text| iso_ms(&text))
    {
        return Some(time);
    }
    let number = value.number()?;
    Some(match number.abs() {
        n if n < 1e11 => number * 1e3,
        n if n < 1e14 => number,
        n if n < 1e17 => number / 1e3,
        _ => number / 1e6,
    })
}

/// `2025-05-12T20:27:36.123+02:00` in milliseconds since 1970.
pub(crate) fn iso_ms(text: &str) -> Option<f64> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    if bytes.len() < 19 || bytes[4] != b'-' || bytes[7] != b'-' || !matches!(bytes[10], b'T' | b' ')
    {
        return None;
    }
    let days = days_since_1970(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let seconds = days * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    let rest = &text[19..];
    let digits = rest.strip_prefix(['.', ',']).map_or(0, |rest| {
        rest.bytes().take_while(u8::is_ascii_digit).count()
    });
    let fraction = if digits == 0 {
        0.0
    } else {
        format!("0.{}", &rest[1..=digits]).parse::<f64>().ok()?
    };
    let zone = &rest[if digits == 0 { 0 } else { digits + 1 }..];
    let offset = zone_minutes(zone)?;
    Some((seconds - offset * 60) as f64 * 1e3 + fraction * 1e3)
}

fn zone_minutes(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None | Some(b'Z' | b'z') => return Some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    let digits: String = zone[1..].chars().filter(char::is_ascii_digit).collect();
    let hours = digits.get(0..2)?.parse::<i64>().ok()?;
    let minutes = digits
        .get(2..4)
        .map_or(Some(0), |minutes| minutes.parse::<i64>().ok())?;
    Some(sign * (hours * 60 + minutes))
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, counted in years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The run's outcome where the wrapper around its messages states one.
pub(crate) fn outcome<'d>(builder: &mut Builder<'d>, wrapper: Value<'d>) {
    for key in [
        "is_successful",
        "success",
        "successful",
        "is_correct",
        "passed",
        "resolved",
    ] {
        if let Some(value) = wrapper.get(key)
            && let Some(passed) = truth(value)
        {
            return builder.outcome(passed, key, value.span());
        }
    }
    if let Some(value) = wrapper.get("reward")
        && let Some(reward) = value.number().filter(|_| value.shape() == Shape::Number)
    {
        builder.outcome(
            reward >= 1.0,
            format!("reward {}", value.raw()),
            value.span(),
        );
    }
}

fn truth(value: Value<'_>) -> Option<bool> {
    match value.shape() {
        Shape::Bool => value.bool(),
        Shape::Text => match value.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "pass" | "passed" | "success" => Some(true),
            "false" | "no" | "fail" | "failed" | "failure" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The first of `keys` that holds a text or number, as a run's id.
pub(crate) fn id<'d>(value: Value<'d>, keys: &[&str]) -> Option<Cow<'d, str>> {
    keys.iter().find_map(|key| {
        let value = value.get(key)?;
        match value.shape() {
            Shape::Text => value.some_text(),
            Shape::Number => Some(Cow::Borrowed(value.raw())),
            _ => None,
        }
    })
}

/// Values by the id that `id` gives them, in the order in which the ids first appear.
pub(crate) fn group_by<'d>(
    values: &[Value<'d>],
    id: impl Fn(Value<'d>) -> Option<Cow<'d, str>>,
) -> Vec<(Option<Cow<'d, str>>, Vec<Value<'d>>)> {
    let mut groups: Vec<(Option<Cow<'d, str>>, Vec<Value<'d>>)> = Vec::new();
    let mut places: FxHashMap<Option<Cow<'d, str>>, usize> = FxHashMap::default();
    for value in values {
        let id = id(*value);
        let next = groups.len();
        let at = *places.entry(id.clone()).or_insert(next);
        if at == next {
            groups.push((id, Vec::new()));
        }
        groups[at].1.push(*value);
    }
    groups
}
