//! From TOML to a layer of settings: every key and value is looked at, every mistake has its place.

use std::ops::Range;
use std::path::Path;

use looplint_engine::nearest;
use looplint_model::{OptionValue, PageOption};
use looplint_report::Format;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::error::{Mistake, Place};
use super::globs;
use super::keys::{self, Key, Kind};
use super::requires;
use super::value::{Entry, IgnoreEntry, Layer, RuleOptions, Value};
use crate::select;

/// Reads the configuration in `text`: all of it for a file of ours, below [tool.looplint] in pyproject.toml.
pub(crate) struct Reader<'t> {
    text: &'t str,
    path: Option<&'t Path>,
    flag: &'t str,
    folder: &'t Path,
    mistakes: Vec<Mistake>,
}

impl<'t> Reader<'t> {
    /// A reader of the file `path`, whose globs are relative to `folder`.
    pub(crate) fn of_file(path: &'t Path, text: &'t str, folder: &'t Path) -> Reader<'t> {
        Reader {
            text,
            path: Some(path),
            flag: "",
            folder,
            mistakes: Vec::new(),
        }
    }

    /// A reader of what was given to `flag`.
    pub(crate) fn of_flag(flag: &'t str, text: &'t str, folder: &'t Path) -> Reader<'t> {
        Reader {
            text,
            path: None,
            flag,
            folder,
            mistakes: Vec::new(),
        }
    }

    /// The layer.
    ///
    /// # Errors
    /// What is wrong with it, in the order of the text.
    pub(crate) fn layer(mut self, pyproject: bool) -> Result<Layer, Vec<Mistake>> {
        let entries = match DeTable::parse(self.text) {
            Ok(document) if pyproject => match tool_table(document.get_ref()) {
                Some(table) => self.entries(table),
                None => Vec::new(),
            },
            Ok(document) => self.entries(document.get_ref()),
            Err(error) => {
                self.syntax(&error);
                Vec::new()
            }
        };
        if self.mistakes.is_empty() {
            return Ok(Layer {
                folder: self.folder.to_owned(),
                entries,
            });
        }
        self.mistakes.sort_by_key(|mistake| match &mistake.place {
            Place::File { span, .. } => span.start,
            Place::Flag(_) => 0,
        });
        Err(self.mistakes)
    }

    fn syntax(&mut self, error: &toml::de::Error) {
        let message = error.message().trim().replace('\n', ", ");
        self.wrong(error.span().unwrap_or(0..0), format!("not TOML: {message}"));
    }

    fn wrong(&mut self, span: Range<usize>, message: impl Into<String>) {
        let place = self.place(span);
        self.mistakes.push(Mistake {
            place,
            message: message.into(),
        });
    }

    fn place(&self, span: Range<usize>) -> Place {
        match self.path {
            Some(path) => Place::in_file(path, self.text, span),
            None => Place::Flag(self.flag.to_owned()),
        }
    }

    fn entries(&mut self, table: &DeTable<'_>) -> Vec<Entry> {
        self.entries_of(table, keys::KEYS)
    }

    /// What `table` says of `keys`.
    fn entries_of(&mut self, table: &DeTable<'_>, keys: &'static [Key]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (name, value) in table {
            let Some(key) = keys.iter().find(|key| key.name == name.get_ref().as_ref()) else {
                let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
                let message = unknown("key", name.get_ref(), &names);
                self.wrong(name.span(), message);
                continue;
            };
            if let Some(read) = self.value(key, value) {
                entries.push(Entry {
                    key,
                    value: read,
                    place: self.place(name.span()),
                });
            }
        }
        entries
    }

    fn value(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let read = match (key.kind, value.get_ref()) {
            (Kind::Switch, DeValue::Boolean(on)) => Some(Value::Switch(*on)),
            (Kind::Integer, DeValue::Integer(_)) => integer(value)
                .and_then(|n| u64::try_from(n).ok())
                .filter(|&n| n > 0)
                .map(Value::Integer),
            (Kind::Number, _) => number(value)
                .filter(|&n| n >= 0.0 && n.is_finite())
                .map(Value::Number),
            (Kind::Path | Kind::Text, DeValue::String(text)) => {
                Some(Value::Text(text.as_ref().to_owned())).filter(|_| !text.is_empty())
            }
            (Kind::OneOf(words), DeValue::String(text)) => {
                if !words.contains(&text.as_ref()) {
                    let message = one_of(key.name, text, words);
                    self.wrong(value.span(), message);
                    return None;
                }
                Some(Value::Text(text.as_ref().to_owned()))
            }
            (Kind::Version, _) => {
                let text = match value.get_ref() {
                    DeValue::String(text) => text.as_ref(),
                    DeValue::Float(float) => float.as_str(),
                    _ => "",
                };
                requires::version(text).map(Value::Version)
            }
            (Kind::Texts | Kind::Globs | Kind::Rules, DeValue::Array(items)) => {
                return self.texts(key, items).map(Value::Texts);
            }
            (Kind::Formats, DeValue::Array(items)) => {
                return self.texts(key, items).map(Value::Texts);
            }
            (Kind::Formats, DeValue::String(text)) => self
                .check_text(key.kind, text, value.span())
                .then(|| Value::Texts(vec![text.as_ref().to_owned()]))?
                .into(),
            (Kind::RulesByGlob, DeValue::Table(table)) => {
                return Some(self.rules_by_glob(key, table));
            }
            (Kind::Ignores, DeValue::Array(items)) => return Some(self.ignores(key, items)),
            (Kind::Options, DeValue::Table(table)) => {
                return Some(Value::Options(self.options(table)));
            }
            (Kind::Table(keys), DeValue::Table(table)) => {
                return Some(Value::Table(self.entries_of(table, keys)));
            }
            _ => None,
        };
        if read.is_none() {
            let message = format!("`{}` wants {}", key.name, key.kind.wants());
            self.wrong(value.span(), message);
        }
        read
    }

    fn texts(&mut self, key: &'static Key, items: &DeArray<'_>) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        let before = self.mistakes.len();
        for item in items.iter() {
            let DeValue::String(text) = item.get_ref() else {
                let message = format!("`{}` wants {}", key.name, key.kind.wants());
                self.wrong(item.span(), message);
                continue;
            };
            if self.check_text(key.kind, text, item.span()) {
                texts.push(text.as_ref().to_owned());
            }
        }
        (self.mistakes.len() == before).then_some(texts)
    }

    /// Whether one text of a list may stand there.
    fn check_text(&mut self, kind: Kind, text: &str, span: Range<usize>) -> bool {
        let message = match kind {
            Kind::Rules | Kind::RulesByGlob | Kind::Ignores => match select::is_word(text) {
                true => return true,
                false => unknown_rule(text),
            },
            Kind::Globs => match globs::check(text) {
                Ok(()) => return true,
                Err(why) => why,
            },
            Kind::Formats => {
                let name = text.split_once('=').map_or(text, |(name, _)| name);
                let Err(error) = name.parse::<Format>() else {
                    return true;
                };
                let names: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
                match nearest(name, &names) {
                    Some(near) => {
                        format!("no output format is called `{name}`; did you mean `{near}`")
                    }
                    None => error.to_string(),
                }
            }
            _ => return true,
        };
        self.wrong(span, message);
        false
    }

    fn rules_by_glob(&mut self, key: &'static Key, table: &DeTable<'_>) -> Value {
        let mut by_glob = Vec::new();
        for (glob, rules) in table {
            self.check_text(Kind::Globs, glob.get_ref(), glob.span());
            match rules.get_ref() {
                DeValue::Array(items) => {
                    let rules = self.texts(key, items).unwrap_or_default();
                    by_glob.push((glob.get_ref().as_ref().to_owned(), rules));
                }
                _ => self.wrong(rules.span(), "a glob wants a list of rules"),
            }
        }
        Value::RulesByGlob(by_glob)
    }

    fn ignores(&mut self, key: &'static Key, items: &DeArray<'_>) -> Value {
        let (mut rules, mut entries) = (Vec::new(), Vec::new());
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => {
                    if self.check_text(key.kind, text, item.span()) {
                        rules.push(text.as_ref().to_owned());
                    }
                }
                DeValue::Table(table) => entries.extend(self.ignore_entry(table, item.span())),
                _ => {
                    let message = format!("`{}` wants {}", key.name, key.kind.wants());
                    self.wrong(item.span(), message);
                }
            }
        }
        Value::Ignores(rules, entries)
    }

    fn ignore_entry(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<IgnoreEntry> {
        let mut entry = IgnoreEntry {
            place: self.place(span.clone()),
            rule: String::new(),
            path: None,
            glob: globs::Globs::default(),
            run: None,
            turn: None,
            pointer: None,
            fingerprint: None,
            reason: String::new(),
            expires: None,
        };
        let before = self.mistakes.len();
        for (name, value) in table {
            let text = match value.get_ref() {
                DeValue::String(text) => Some(text.as_ref().to_owned()),
                _ => None,
            };
            match (name.get_ref().as_ref(), text) {
                ("rule", Some(text)) => {
                    self.check_text(Kind::Ignores, &text, value.span());
                    entry.rule = text;
                }
                ("path", Some(text)) => {
                    self.check_text(Kind::Globs, &text, value.span());
                    entry.glob = globs::Globs::new([(text.as_str(), self.folder)]);
                    entry.path = Some(text);
                }
                ("run", Some(text)) => entry.run = Some(text),
                ("pointer", Some(text)) if text.is_empty() || text.starts_with('/') => {
                    entry.pointer = Some(text);
                }
                ("fingerprint", Some(text)) => entry.fingerprint = Some(text),
                ("reason", Some(text)) => entry.reason = text,
                ("turn", None) if integer(value).is_some() => entry.turn = integer(value),
                ("expires", _) if date(value).is_some() => entry.expires = date(value),
                (name_text, _) => {
                    let message = match name_text {
                        "rule" | "path" | "run" | "fingerprint" | "reason" => {
                            format!("`{name_text}` wants a text")
                        }
                        "pointer" => {
                            "`pointer` wants a JSON pointer such as \"/messages/4\"".into()
                        }
                        "turn" => "`turn` wants a whole number".into(),
                        "expires" => "`expires` wants a date such as 2027-01-31".into(),
                        _ => unknown("key", name_text, &keys::IGNORE_KEYS),
                    };
                    let at = if keys::IGNORE_KEYS.contains(&name_text) {
                        value.span()
                    } else {
                        name.span()
                    };
                    self.wrong(at, message);
                }
            }
        }
        if entry.rule.is_empty() && self.mistakes.len() == before {
            self.wrong(span, "a table [[ignore]] names its `rule`");
        }
        (self.mistakes.len() == before).then_some(entry)
    }

    fn options(&mut self, table: &DeTable<'_>) -> RuleOptions {
        let mut options = RuleOptions::new();
        for (id, value) in table {
            let Some(page) = select::find(id.get_ref()) else {
                self.wrong(id.span(), unknown_rule(id.get_ref()));
                continue;
            };
            let DeValue::Table(table) = value.get_ref() else {
                self.wrong(value.span(), "a rule wants a table of its options");
                continue;
            };
            for (name, value) in table {
                let option = page
                    .options
                    .iter()
                    .find(|option| option.name == name.get_ref().as_ref());
                let Some(option) = option else {
                    let names: Vec<&str> = page
                        .options
                        .iter()
                        .map(|option| option.name.as_str())
                        .collect();
                    let message = if names.is_empty() {
                        format!("`{}` has no options", page.id)
                    } else {
                        unknown(&format!("option of `{}`", page.id), name.get_ref(), &names)
                    };
                    self.wrong(name.span(), message);
                    continue;
                };
                let Some(read) = option_value(option, value) else {
                    let message = format!(
                        "`{}` wants {}; its default is {}",
                        option.name,
                        option_kind(option).1,
                        option.default
                    );
                    self.wrong(value.span(), message);
                    continue;
                };
                options
                    .entry(page.id.clone())
                    .or_default()
                    .insert(option.name.clone(), read);
            }
        }
        options
    }
}

/// The table [tool.looplint].
pub(crate) fn tool_table<'v, 'i>(document: &'v DeTable<'i>) -> Option<&'v DeTable<'i>> {
    table_at(document, "tool").and_then(|tool| table_at(tool, "looplint"))
}

/// The table `name` in `table`.
pub(crate) fn table_at<'v, 'i>(table: &'v DeTable<'i>, name: &str) -> Option<&'v DeTable<'i>> {
    match table.get(name)?.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("unknown {what} `{word}`; did you mean `{near}`"),
        None if known.len() < 10 => {
            format!("unknown {what} `{word}`; known are {}", known.join(", "))
        }
        None => format!("unknown {what} `{word}`; `looplint config` lists them"),
    }
}

fn unknown_rule(word: &str) -> String {
    let words = select::words();
    let same = words.iter().find(|known| known.eq_ignore_ascii_case(word));
    match same.copied().or_else(|| nearest(word, &words)) {
        Some(near) => format!("no rule is called `{word}`; did you mean `{near}`"),
        None => format!("no rule is called `{word}`; `looplint rules` lists them"),
    }
}

fn one_of(name: &str, word: &str, words: &[&str]) -> String {
    match nearest(word, words) {
        Some(near) => format!("`{word}` is nothing for `{name}`; did you mean `{near}`"),
        None => format!(
            "`{word}` is nothing for `{name}`; one of {}",
            words.join(", ")
        ),
    }
}

fn integer(value: &Spanned<DeValue<'_>>) -> Option<i64> {
    match value.get_ref() {
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok(),
        _ => None,
    }
}

fn number(value: &Spanned<DeValue<'_>>) -> Option<f64> {
    match value.get_ref() {
        DeValue::Float(n) => n.as_str().parse().ok(),
        _ => integer(value).map(|n| n as f64),
    }
}

/// A date, bare or as text.
fn date(value: &Spanned<DeValue<'_>>) -> Option<(u16, u8, u8)> {
    let parsed: toml::value::Datetime = match value.get_ref() {
        DeValue::Datetime(datetime) => *datetime,
        DeValue::String(text) => text.parse().ok()?,
        _ => return None,
    };
    parsed.date.map(|date| (date.year, date.month, date.day))
}

/// The kind of an option, told by its default, and how to say it.
pub(crate) fn option_kind(option: &PageOption) -> (OptionValue, &'static str) {
    let parsed = DeValue::parse(&option.default).ok();
    match parsed.as_ref().map(Spanned::get_ref) {
        Some(DeValue::Boolean(on)) => (OptionValue::Bool(*on), "true or false"),
        Some(DeValue::Integer(n)) => (
            OptionValue::Integer(i64::from_str_radix(n.as_str(), n.radix()).unwrap_or(0)),
            "a whole number",
        ),
        Some(DeValue::Float(n)) => (
            OptionValue::Float(n.as_str().parse().unwrap_or(0.0)),
            "a number",
        ),
        Some(DeValue::Array(items)) => (
            OptionValue::List(strings(items).unwrap_or_default()),
            "a list of texts",
        ),
        Some(DeValue::String(text)) => (OptionValue::Text(text.as_ref().to_owned()), "a text"),
        _ => (OptionValue::Text(option.default.clone()), "a text"),
    }
}

fn option_value(option: &PageOption, value: &Spanned<DeValue<'_>>) -> Option<OptionValue> {
    match (option_kind(option).0, value.get_ref()) {
        (OptionValue::Bool(_), DeValue::Boolean(on)) => Some(OptionValue::Bool(*on)),
        (OptionValue::Integer(_), _) => integer(value).map(OptionValue::Integer),
        (OptionValue::Float(_), _) => number(value).map(OptionValue::Float),
        (OptionValue::Text(_), DeValue::String(text)) => {
            Some(OptionValue::Text(text.as_ref().to_owned()))
        }
        (OptionValue::List(_), DeValue::Array(items)) => strings(items).map(OptionValue::List),
        _ => None,
    }
}

fn strings(items: &DeArray<'_>) -> Option<Vec<String>> {
    items
        .iter()
        .map(|item| match item.get_ref() {
            DeValue::String(text) => Some(text.as_ref().to_owned()),
            _ => None,
        })
        .collect()
}
