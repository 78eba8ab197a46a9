//! The JSON Schema of `looplint.toml`, made of the description of the keys and of the rules' pages.

use looplint_model::{OptionValue, Page};
use looplint_report::Format;
use serde_json::{Map, Value, json};

use super::keys::{KEYS, Key, Kind};
use super::read::option_kind;
use crate::select;

/// The schema, draft 7, as editors read it.
pub(crate) fn schema() -> Value {
    let properties: Map<String, Value> = KEYS
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let words: Vec<&str> = select::words();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://github.com/looplint/looplint/blob/main/looplint.schema.json",
        "title": "looplint",
        "description": "Configuration of looplint: looplint.toml, .looplint.toml or [tool.looplint] in pyproject.toml.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "definitions": {
            "rule": { "type": "string", "enum": words },
            "rules": { "type": "array", "items": { "$ref": "#/definitions/rule" } },
        },
    })
}

fn property(key: &Key) -> Value {
    let mut property = kind(key.kind);
    if let Value::Object(fields) = &mut property {
        let doc = key.doc.replace('\n', " ");
        fields.insert("description".into(), doc.into());
    }
    property
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Integer => json!({ "type": "integer", "minimum": 1 }),
        Kind::Number => json!({ "type": "number", "minimum": 0 }),
        Kind::Path | Kind::Text => json!({ "type": "string" }),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
        Kind::Version => json!({
            "type": ["string", "number"],
            "pattern": "^(3\\.[0-9]+(\\.[0-9]+)?|(py)?3[0-9]+)$",
        }),
        Kind::Texts | Kind::Globs => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Rules => json!({ "$ref": "#/definitions/rules" }),
        Kind::Formats => {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
            let one = json!({
                "type": "string",
                "pattern": format!("^({})(=.+)?$", names.join("|")),
            });
            json!({ "oneOf": [one.clone(), { "type": "array", "items": one }] })
        }
        Kind::RulesByGlob => json!({
            "type": "object",
            "additionalProperties": { "$ref": "#/definitions/rules" },
        }),
        Kind::Ignores => json!({
            "type": "array",
            "items": { "oneOf": [{ "$ref": "#/definitions/rule" }, ignore_entry()] },
        }),
        Kind::Options => {
            let pages = select::pages();
            let rules: Map<String, Value> = pages
                .into_iter()
                .filter(|page| !page.options.is_empty())
                .map(|page| (page.id.clone(), options(page)))
                .collect();
            json!({ "type": "object", "properties": rules, "additionalProperties": false })
        }
        Kind::Table(keys) => {
            let properties: Map<String, Value> = keys
                .iter()
                .map(|key| (key.name.to_owned(), property(key)))
                .collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
    }
}

fn ignore_entry() -> Value {
    json!({
        "type": "object",
        "properties": {
            "rule": { "$ref": "#/definitions/rule" },
            "path": { "type": "string", "description": "A glob for the file." },
            "run": { "type": "string", "description": "The run's id." },
            "turn": { "type": "integer", "description": "The turn's number." },
            "pointer": {
                "type": "string",
                "pattern": "^(/.*)?$",
                "description": "A JSON pointer to what the finding lies in; in a file of lines its first part is the line's number from 0.",
            },
            "fingerprint": { "type": "string", "description": "The finding's fingerprint in the JSON report." },
            "reason": { "type": "string", "description": "Why." },
            "expires": { "description": "The last day on which it holds, 2027-01-31." },
        },
        "required": ["rule"],
        "additionalProperties": false,
    })
}

fn options(page: &Page) -> Value {
    let properties: Map<String, Value> = page
        .options
        .iter()
        .map(|option| {
            let mut schema = match option_kind(option).0 {
                OptionValue::Bool(on) => json!({ "type": "boolean", "default": on }),
                OptionValue::Integer(n) => json!({ "type": "integer", "default": n }),
                OptionValue::Float(n) => json!({ "type": "number", "default": n }),
                OptionValue::Text(text) => json!({ "type": "string", "default": text }),
                OptionValue::List(texts) => {
                    json!({ "type": "array", "items": { "type": "string" }, "default": texts })
                }
            };
            schema["description"] = option.summary.clone().into();
            (option.name.clone(), schema)
        })
        .collect();
    json!({
        "type": "object",
        "description": page.summary,
        "properties": properties,
        "additionalProperties": false,
    })
}
