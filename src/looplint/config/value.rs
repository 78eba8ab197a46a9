//! What was read from one configuration: values with their places.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use looplint_model::OptionValue;

use super::error::Place;
use super::globs::Globs;
use super::keys::Key;

/// One file's or flag's share of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    /// What globs and paths are relative to; absolute.
    pub(crate) folder: PathBuf,
    /// The keys that were written.
    pub(crate) entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: &'static Key,
    /// What was written.
    pub(crate) value: Value,
    /// Where.
    pub(crate) place: Place,
}

/// Options of rules, by rule and name.
pub(crate) type RuleOptions = BTreeMap<String, BTreeMap<String, OptionValue>>;

/// A value, read as its key's kind says.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Of a switch.
    Switch(bool),
    /// A whole number.
    Integer(u64),
    /// A number.
    Number(f64),
    /// A word or a path as written.
    Text(String),
    /// A Python version.
    Version((u8, u8)),
    /// Texts, globs, rules or formats.
    Texts(Vec<String>),
    /// Rules by glob.
    RulesByGlob(Vec<(String, Vec<String>)>),
    /// Rules and tables of `ignore`.
    Ignores(Vec<String>, Vec<IgnoreEntry>),
    /// Options by rule.
    Options(RuleOptions),
    /// The keys of a table.
    Table(Vec<Entry>),
}

/// A table [[ignore]]: which findings are silenced, why and until when.
#[derive(Clone, Debug)]
pub(crate) struct IgnoreEntry {
    /// Where it was written.
    pub(crate) place: Place,
    /// The rule.
    pub(crate) rule: String,
    /// A glob for the file.
    pub(crate) path: Option<String>,
    /// The same, ready to match.
    pub(crate) glob: Globs,
    /// The run's id.
    pub(crate) run: Option<String>,
    /// The turn's number.
    pub(crate) turn: Option<i64>,
    /// A JSON pointer to what the finding lies in.
    pub(crate) pointer: Option<String>,
    /// The finding's fingerprint.
    pub(crate) fingerprint: Option<String>,
    /// Why.
    pub(crate) reason: String,
    /// The last day on which it holds: year, month, day.
    pub(crate) expires: Option<(u16, u8, u8)>,
}

impl IgnoreEntry {
    /// Whether it speaks about the file of this absolute path.
    pub(crate) fn covers(&self, path: &Path) -> bool {
        self.path.is_none() || self.glob.holds(path)
    }
}
