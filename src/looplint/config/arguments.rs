//! The flags that say what a configuration file may say too; they win over every file.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::error::{Errors, Mistake, Place};
use super::keys::LEVELS;
use super::read::Reader;
use super::value::Layer;
use crate::tell::hinted;

/// Flags of every command that checks something.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Configuration")]
#[group(skip)]
pub(crate) struct Arguments {
    /// A configuration file instead of those that would be found, or one setting; may be repeated
    #[arg(long, value_name = "FILE|KEY=VALUE")]
    pub(crate) config: Vec<String>,
    /// Look at no configuration file
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Run only these rules: ids, `python`, `trace` or ALL
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(crate) select: Option<Vec<String>>,
    /// Run these rules too
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(crate) extend_select: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(crate) ignore: Vec<String>,
    /// Leave a rule out on files that a glob matches
    #[arg(long, value_delimiter = ',', value_name = "GLOB:RULE")]
    pub(crate) per_file_ignores: Vec<String>,
    /// Files and folders that a walk leaves out, instead of those of the configuration
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(crate) exclude: Option<Vec<String>>,
    /// Files and folders that a walk leaves out too
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(crate) extend_exclude: Vec<String>,
    /// Leave excluded files out also where they are named
    #[arg(long)]
    pub(crate) force_exclude: bool,
    /// Check files that .gitignore leaves out too
    #[arg(long)]
    pub(crate) no_respect_gitignore: bool,
    /// Keep code findings whose estimated slowdown is at least N percent; 0 keeps all
    #[arg(long, value_name = "N")]
    pub(crate) min_slowdown: Option<f64>,
    /// The n to assume where the program does not tell
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) assume_size: Option<u64>,
    /// The Python version that the code is written for: 3.11
    #[arg(long, value_name = "VERSION")]
    pub(crate) target_version: Option<String>,
    /// Exit with 1 only for findings at least this severe
    #[arg(long, value_name = "LEVEL", value_parser = LEVELS)]
    pub(crate) fail_on: Option<String>,
}

impl Arguments {
    /// The file that was named, and a layer for each flag that was given, the weakest first.
    ///
    /// # Errors
    /// What is wrong with a flag's value.
    pub(crate) fn layers(&self, folder: &Path) -> Result<(Option<PathBuf>, Vec<Layer>)> {
        let mut file: Option<PathBuf> = None;
        let mut layers = Vec::new();
        for word in &self.config {
            let is_setting = word.contains('=') && !Path::new(word).exists();
            if is_setting {
                layers.push(setting(word, folder)?);
            } else if file.replace(PathBuf::from(word)).is_some() {
                let hint = "let one extend the other: extend = \"FILE\"";
                return Err(hinted("--config names two files", hint));
            }
        }
        if file.is_some() && self.isolated {
            let hint = "name the file, or look at none";
            return Err(hinted("--isolated contradicts --config FILE", hint));
        }
        // One layer for all flags: the most exact word of --select and --ignore wins.
        let mut all = toml::Table::new();
        let mut mistakes = Vec::new();
        let mut one = Layer {
            folder: folder.to_owned(),
            entries: Vec::new(),
        };
        for (key, value) in self.values()? {
            all.clear();
            all.insert(key.to_owned(), value);
            let text = all.to_string();
            match Reader::of_flag(&format!("--{key}"), &text, folder).layer(false) {
                Ok(layer) => one.entries.extend(layer.entries),
                Err(wrong) => mistakes.extend(wrong),
            }
        }
        if !mistakes.is_empty() {
            return Err(Errors(mistakes).into());
        }
        layers.push(one);
        Ok((file, layers))
    }

    /// The flags as keys with TOML values.
    fn values(&self) -> Result<Vec<(&'static str, toml::Value)>> {
        let mut values = Vec::new();
        let mut list = |key, texts: &[String]| {
            let items = texts.iter().cloned().map(toml::Value::String).collect();
            values.push((key, toml::Value::Array(items)));
        };
        if let Some(rules) = &self.select {
            list("select", rules);
        }
        if let Some(globs) = &self.exclude {
            list("exclude", globs);
        }
        for (key, texts) in [
            ("extend-select", &self.extend_select),
            ("ignore", &self.ignore),
            ("extend-exclude", &self.extend_exclude),
        ] {
            if !texts.is_empty() {
                list(key, texts);
            }
        }
        if !self.per_file_ignores.is_empty() {
            values.push(("per-file-ignores", by_glob(&self.per_file_ignores)?));
        }
        if self.force_exclude {
            values.push(("force-exclude", true.into()));
        }
        if self.no_respect_gitignore {
            values.push(("respect-gitignore", false.into()));
        }
        if let Some(pct) = self.min_slowdown {
            values.push(("min-slowdown", pct.into()));
        }
        if let Some(n) = self.assume_size {
            let n = i64::try_from(n).unwrap_or(i64::MAX);
            values.push(("assume-size", n.into()));
        }
        if let Some(version) = &self.target_version {
            values.push(("target-version", version.clone().into()));
        }
        if let Some(level) = &self.fail_on {
            values.push(("fail-on", level.clone().into()));
        }
        Ok(values)
    }
}

fn by_glob(words: &[String]) -> Result<toml::Value> {
    let mut table = toml::Table::new();
    for word in words {
        let Some((glob, rule)) = word.rsplit_once(':') else {
            let what = format!("`{word}` is not GLOB:RULE");
            return Err(hinted(what, "write it as tests/**:list-membership-in-loop"));
        };
        let rules = table
            .entry(glob)
            .or_insert_with(|| toml::Value::Array(Vec::new()));
        if let toml::Value::Array(rules) = rules {
            rules.push(rule.into());
        }
    }
    Ok(table.into())
}

/// Reads `KEY=VALUE` as TOML; a bare word needs no quotes.
fn setting(word: &str, folder: &Path) -> Result<Layer> {
    let flag = format!("--config {word}");
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    let is_toml = toml::de::DeTable::parse(word).is_ok();
    let quoted = toml::Value::String(value.trim().to_owned()).to_string();
    let text = match is_toml {
        true => word.to_owned(),
        false => format!("{key} = {quoted}"),
    };
    Reader::of_flag(&flag, &text, folder)
        .layer(false)
        .map_err(|mistakes| {
            let followed: Vec<Mistake> = mistakes;
            Errors(followed).into()
        })
        .and_then(|layer| match extends(&layer) {
            true => Err(Errors(vec![Mistake {
                place: Place::Flag(flag.clone()),
                message: "`extend` belongs into a file; name the file itself with --config".into(),
            }])
            .into()),
            false => Ok(layer),
        })
}

fn extends(layer: &Layer) -> bool {
    layer.entries.iter().any(|entry| entry.key.name == "extend")
}
