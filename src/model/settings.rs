//! What a user chose, as far as domains and rules need it.
//!
//! Does not know where the choices were written.

use std::collections::BTreeMap;

/// The choices that reach domains and rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The Python version that code is written for, `(3, 11)`.
    pub target_version: (u8, u8),
    /// The n to assume where the program does not tell.
    pub assume_size: u64,
    /// Options of rules, by rule id and option name.
    pub options: BTreeMap<String, BTreeMap<String, OptionValue>>,
    /// Tools whose repeated calls are polling, not loops; `*` stands for any text.
    pub polling_tools: Vec<String>,
    /// A tool call this slow, in milliseconds, counts as slow.
    pub slow_call_ms: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            target_version: (3, 11),
            assume_size: 1000,
            options: BTreeMap::new(),
            polling_tools: Vec::new(),
            slow_call_ms: 5000,
        }
    }
}

/// The value of a rule's option.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

impl Settings {
    /// The option `name` of `rule`, where the user set one.
    pub fn option(&self, rule: &str, name: &str) -> Option<&OptionValue> {
        self.options.get(rule)?.get(name)
    }
}
