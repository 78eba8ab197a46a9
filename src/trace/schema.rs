//! Whether a value fits a tool's declared schema.
//!
//! Knows the keywords that tool schemas use: type, required, properties, additionalProperties, enum, const, items,
//! anyOf and oneOf. Any other keyword is taken to hold: a doubt is no finding.

use serde_json::Value;

/// Most faults that are gathered.
const FAULTS_MAX: usize = 4;

/// What speaks against `value`, each in a few words with the path; empty where it fits.
pub fn schema_faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    // OpenAI wraps the schema, Anthropic and MCP do not.
    let schema = schema
        .get("parameters")
        .filter(|inner| inner.is_object())
        .unwrap_or(schema);
    compare(schema, value, "", &mut faults);
    faults
}

fn compare(schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    if faults.len() >= FAULTS_MAX || schema.get("$ref").is_some() {
        return;
    }
    let at = || {
        if path.is_empty() {
            "the arguments".to_owned()
        } else {
            format!("`{path}`")
        }
    };
    if let Some(wanted) = schema.get("type")
        && !has_type(wanted, value)
    {
        faults.push(format!(
            "{} must be {}, not {}",
            at(),
            words_of(wanted),
            kind_of(value)
        ));
        return;
    }
    let allowed = schema.get("enum").and_then(Value::as_array);
    if allowed.is_some_and(|allowed| !allowed.contains(value)) {
        faults.push(format!("{} is none of the allowed values", at()));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        faults.push(format!("{} is not the one allowed value", at()));
    }
    for key in ["anyOf", "oneOf"] {
        let Some(choices) = schema.get(key).and_then(Value::as_array) else {
            continue;
        };
        if !choices
            .iter()
            .any(|choice| schema_faults(choice, value).is_empty())
        {
            faults.push(format!("{} fits none of the alternatives", at()));
        }
    }
    match value {
        Value::Object(fields) => compare_fields(schema, fields, path, faults),
        Value::Array(items) => {
            if let Some(each) = schema.get("items").filter(|each| each.is_object()) {
                for (number, item) in items.iter().enumerate() {
                    compare(each, item, &format!("{path}[{number}]"), faults);
                }
            }
        }
        _ => {}
    }
}

fn compare_fields(
    schema: &Value,
    fields: &serde_json::Map<String, Value>,
    path: &str,
    faults: &mut Vec<String>,
) {
    let inner = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            faults.push(format!("`{}` is missing", inner(name)));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    for (name, value) in fields {
        match properties.and_then(|properties| properties.get(name)) {
            Some(schema) => compare(schema, value, &inner(name), faults),
            None if closed => faults.push(format!("there is no field `{}`", inner(name))),
            None => {}
        }
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    match wanted {
        Value::Array(choices) => choices.iter().any(|choice| has_type(choice, value)),
        Value::String(name) => match name.to_lowercase().as_str() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "number" => value.is_number(),
            "integer" => {
                value.is_i64()
                    || value.is_u64()
                    || value.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            _ => true,
        },
        _ => true,
    }
}

fn words_of(wanted: &Value) -> String {
    match wanted {
        Value::String(name) => name.clone(),
        Value::Array(choices) => choices
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        _ => "something else".to_owned(),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_is_a_fault() {
        let schema = serde_json::json!({
            "type": "object", "required": ["id"], "additionalProperties": false,
            "properties": {"id": {"type": "integer"}, "kind": {"enum": ["a", "b"]}, "tags": {"items": {"type": "string"}}},
        });
        let faults = |value: Value| schema_faults(&schema, &value);
        assert!(faults(serde_json::json!({"id": 1.0, "kind": "a", "tags": ["x"]})).is_empty());
        assert_eq!(faults(serde_json::json!({})), ["`id` is missing"]);
        assert_eq!(
            faults(serde_json::json!({"id": "1"})),
            ["`id` must be integer, not string"]
        );
        assert_eq!(
            faults(serde_json::json!({"id": 1, "more": 2})),
            ["there is no field `more`"]
        );
        assert_eq!(
            faults(serde_json::json!({"id": 1, "tags": [3]})),
            ["`tags[0]` must be string, not number"]
        );
        assert_eq!(
            faults(serde_json::json!([])),
            ["the arguments must be object, not array"]
        );
    }
}
