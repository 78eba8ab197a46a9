//! A judge of JSON by a draft-07 schema, for the keywords that the official SARIF schema uses and no others.

#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The official SARIF 2.1.0 schema. It is part of the sources of the crate serde-sarif, which cargo brings into its
/// registry; `LOOPLINT_SARIF_SCHEMA` names another copy. `None` where there is neither a copy nor a network.
pub(crate) fn sarif_schema() -> Option<Value> {
    let path = std::env::var_os("LOOPLINT_SARIF_SCHEMA")
        .map(PathBuf::from)
        .or_else(in_registry)
        .or_else(|| fetch().and_then(|()| in_registry()));
    let Some(path) = path else {
        eprintln!("skipped: no SARIF schema here, and serde-sarif could not be fetched");
        return None;
    };
    let text = std::fs::read_to_string(&path).expect("the schema can be read");
    Some(serde_json::from_str(&text).expect("the schema is JSON"))
}

fn in_registry() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            Some(
                Path::new(&std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"))?)
                    .join(".cargo"),
            )
        })?;
    let registries = std::fs::read_dir(home.join("registry/src")).ok()?;
    registries
        .flatten()
        .map(|registry| registry.path().join("serde-sarif-0.8.0/src/schema.json"))
        .find(|path| path.is_file())
}

/// Lets cargo bring the crate's sources; nothing of it is built.
fn fetch() -> Option<()> {
    let folder = std::env::temp_dir().join(format!("looplint-sarif-schema-{}", std::process::id()));
    std::fs::create_dir_all(&folder).ok()?;
    let manifest = "[package]\nname = \"schema\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n[dependencies]\nserde-sarif = \"=0.8.0\"\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).ok()?;
    std::fs::write(folder.join("lib.rs"), "").ok()?;
    let status = Command::new(env!("CARGO"))
        .arg("fetch")
        .arg("--quiet")
        .current_dir(&folder)
        .status();
    let _ = std::fs::remove_dir_all(&folder);
    status.ok()?.success().then_some(())
}

/// What is wrong with `value`, each with its place.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    judge(schema, schema, value, "", &mut faults);
    faults
}

fn judge(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let rules = schema.as_object().expect("a schema is an object");
    for (keyword, rule) in rules {
        let fits = match keyword.as_str() {
            "$ref" => {
                let pointer = rule.as_str().and_then(|link| link.strip_prefix('#'));
                let target = root
                    .pointer(pointer.expect("a local reference"))
                    .expect("it exists");
                judge(root, target, value, at, faults);
                true
            }
            "type" => match rule {
                Value::Array(kinds) => kinds.iter().any(|kind| is(kind, value)),
                kind => is(kind, value),
            },
            "enum" => rule
                .as_array()
                .is_some_and(|choices| choices.contains(value)),
            "required" => rule.as_array().is_some_and(|keys| {
                !value.is_object()
                    || keys
                        .iter()
                        .all(|key| value.get(key.as_str().unwrap()).is_some())
            }),
            "properties" => {
                for (key, schema) in rule.as_object().into_iter().flatten() {
                    if let Some(value) = value.get(key) {
                        judge(root, schema, value, &format!("{at}/{key}"), faults);
                    }
                }
                true
            }
            "additionalProperties" => additional(root, rules, rule, value, at, faults),
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    judge(root, rule, value, &format!("{at}/{index}"), faults);
                }
                true
            }
            "minItems" => value
                .as_array()
                .is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "uniqueItems" => value.as_array().is_none_or(|items| {
                items
                    .iter()
                    .enumerate()
                    .all(|(index, item)| !items[..index].contains(item))
            }),
            "minimum" => value
                .as_f64()
                .is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value
                .as_f64()
                .is_none_or(|number| number <= rule.as_f64().unwrap()),
            "format" => value
                .as_str()
                .is_none_or(|text| has_format(rule.as_str().unwrap(), text)),
            "anyOf" | "oneOf" => {
                let n = rule.as_array().into_iter().flatten().filter(|schema| {
                    let mut inner = Vec::new();
                    judge(root, schema, value, at, &mut inner);
                    inner.is_empty()
                });
                let n = n.count();
                if keyword == "oneOf" { n == 1 } else { n > 0 }
            }
            // Patterns are only on GUIDs, languages and versions, none of which looplint writes.
            "pattern" => true,
            "description" | "default" | "title" | "$schema" | "$id" | "definitions" => true,
            other => panic!("the judge does not know `{other}`"),
        };
        if !fits {
            faults.push(format!("{at}: {keyword} {rule}"));
        }
    }
}

fn additional(
    root: &Value,
    rules: &serde_json::Map<String, Value>,
    rule: &Value,
    value: &Value,
    at: &str,
    faults: &mut Vec<String>,
) -> bool {
    let known = rules.get("properties");
    let others = value.as_object().into_iter().flatten();
    let others = others.filter(|(key, _)| known.is_none_or(|known| known.get(key).is_none()));
    let mut fits = true;
    for (key, value) in others {
        match rule {
            Value::Bool(allowed) => fits &= *allowed,
            schema => judge(root, schema, value, &format!("{at}/{key}"), faults),
        }
    }
    fits
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a type is a name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the judge does not know the type `{other}`"),
    }
}

fn has_format(format: &str, text: &str) -> bool {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    let encoded = text
        .split('%')
        .skip(1)
        .all(|part| part.len() >= 2 && part.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    match format {
        "uri" => plain && encoded && text.contains(':'),
        "uri-reference" => plain && encoded,
        other => panic!("the judge does not know the format `{other}`"),
    }
}
