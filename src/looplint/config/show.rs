//! `looplint config`: the keys with their help, the schema; and what holds for a file, with its origin.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use looplint_engine::nearest;
use looplint_model::{OptionValue, Settings};

use super::find::Resolved;
use super::keys::{self, KEYS, Key};
use super::value::{IgnoreEntry, Value};
use super::{read, schema};
use crate::files;
use crate::select;
use crate::tell::hinted;

/// What `looplint config` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint config                     all keys
  looplint config per-file-ignores    one key with an example
  looplint config --schema > looplint.schema.json
  looplint check --show-settings src/a.py
                                      what holds for a file, and where it was written")]
pub(crate) struct Show {
    /// A key; all where none is named
    pub(crate) key: Option<String>,
    /// Print the JSON Schema of the configuration
    #[arg(long, conflicts_with = "key")]
    pub(crate) schema: bool,
}

/// Prints the keys, one key, or the schema.
///
/// # Errors
/// There is no such key, or standard output is gone.
pub(crate) fn run(arguments: &Show) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    if arguments.schema {
        serde_json::to_writer_pretty(&mut out, &schema::schema())?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    match &arguments.key {
        Some(name) => {
            let Some(key) = keys::key(name) else {
                let hint = match nearest(name, &keys::names()) {
                    Some(near) => {
                        format!("did you mean `{near}`? `looplint config` lists them all")
                    }
                    None => "`looplint config` lists them all".to_owned(),
                };
                return Err(hinted(format!("no key is called `{name}`"), hint));
            };
            out.write_all(help(key).as_bytes())?;
        }
        None => {
            let width = KEYS.iter().map(|key| key.name.len()).max().unwrap_or(0);
            for key in KEYS {
                let doc = key.doc.lines().next().unwrap_or("");
                writeln!(out, "{:width$}  {doc}", key.name)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn help(key: &Key) -> String {
    let mut text = format!("{}: {}\n\n{}\n\n", key.name, key.kind.wants(), key.doc);
    _ = writeln!(text, "Default: {}", key.default);
    if let keys::Kind::OneOf(words) = key.kind {
        _ = writeln!(text, "One of: {}", words.join(", "));
    }
    if let keys::Kind::Table(inner) = key.kind {
        let width = inner.iter().map(|key| key.name.len()).max().unwrap_or(0);
        for own in inner {
            let doc = own.doc.lines().next().unwrap_or("");
            _ = writeln!(text, "  {}.{:width$}  {doc}", key.name, own.name);
        }
    }
    if key.name == "rules" {
        for page in select::pages() {
            for option in &page.options {
                _ = writeln!(
                    text,
                    "  rules.{}.{} = {}  # {}",
                    page.id, option.name, option.default, option.summary
                );
            }
        }
    }
    text + "Example:\n  " + &key.example.replace('\n', "\n  ") + "\n"
}

/// What holds for a file: each key's value, with the place where it was written.
pub(crate) fn settings(resolved: &Resolved) -> String {
    let mut text = match &resolved.file {
        Some(file) => format!("# configuration file: {}\n", files::short(file)),
        None => "# no configuration file\n".to_owned(),
    };
    for key in KEYS {
        match resolved.config.written.get(key.name) {
            Some(shares) => {
                for (at, (value, place)) in shares.iter().enumerate() {
                    let sign = if at == 0 { "=" } else { "+=" };
                    _ = writeln!(text, "{} {sign} {}  # {place}", key.name, as_toml(value));
                }
            }
            None => _ = writeln!(text, "# {}: {}", key.name, key.default),
        }
    }
    _ = write!(text, "{}", options(&resolved.config.settings));
    let rules = resolved.config.selection.ids();
    text + "# rules that run: " + &rules.join(", ") + "\n"
}

/// The options of all rules with what holds for them.
fn options(settings: &Settings) -> String {
    let mut text = String::new();
    for page in select::pages() {
        for option in &page.options {
            let value = match settings.option(&page.id, &option.name) {
                Some(value) => option_toml(value).to_string(),
                None => option_toml(&read::option_kind(option).0).to_string(),
            };
            _ = writeln!(text, "# rules.{}.{}: {value}", page.id, option.name);
        }
    }
    text
}

fn as_toml(value: &Value) -> toml::Value {
    let texts = |texts: &[String]| {
        toml::Value::Array(texts.iter().cloned().map(toml::Value::String).collect())
    };
    match value {
        Value::Switch(on) => (*on).into(),
        Value::Integer(n) => i64::try_from(*n).unwrap_or(i64::MAX).into(),
        Value::Number(n) => (*n).into(),
        Value::Text(text) => text.clone().into(),
        Value::Version((major, minor)) => format!("{major}.{minor}").into(),
        Value::Texts(items) => texts(items),
        Value::RulesByGlob(by_glob) => by_glob
            .iter()
            .map(|(glob, rules)| (glob.clone(), texts(rules)))
            .collect::<toml::Table>()
            .into(),
        Value::Ignores(rules, entries) => {
            let mut items: Vec<toml::Value> = rules.iter().cloned().map(Into::into).collect();
            items.extend(entries.iter().map(ignore_toml));
            items.into()
        }
        Value::Options(options) => options
            .iter()
            .map(|(rule, options)| {
                let options: toml::Table = options
                    .iter()
                    .map(|(name, value)| (name.clone(), option_toml(value)))
                    .collect();
                (rule.clone(), options.into())
            })
            .collect::<toml::Table>()
            .into(),
        Value::Table(entries) => entries
            .iter()
            .map(|entry| (entry.key.name.to_owned(), as_toml(&entry.value)))
            .collect::<toml::Table>()
            .into(),
    }
}

fn ignore_toml(entry: &IgnoreEntry) -> toml::Value {
    let mut table = toml::Table::new();
    table.insert("rule".into(), entry.rule.clone().into());
    let texts = [
        ("path", &entry.path),
        ("run", &entry.run),
        ("pointer", &entry.pointer),
        ("fingerprint", &entry.fingerprint),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            table.insert(name.into(), text.clone().into());
        }
    }
    if let Some(turn) = entry.turn {
        table.insert("turn".into(), turn.into());
    }
    if !entry.reason.is_empty() {
        table.insert("reason".into(), entry.reason.clone().into());
    }
    if let Some((year, month, day)) = entry.expires {
        let date = format!("{year:04}-{month:02}-{day:02}");
        table.insert("expires".into(), date.into());
    }
    table.into()
}

fn option_toml(value: &OptionValue) -> toml::Value {
    match value {
        OptionValue::Bool(on) => (*on).into(),
        OptionValue::Integer(n) => (*n).into(),
        OptionValue::Float(n) => (*n).into(),
        OptionValue::Text(text) => text.clone().into(),
        OptionValue::List(texts) => {
            toml::Value::Array(texts.iter().cloned().map(toml::Value::String).collect())
        }
    }
}
