//! From layers to one configuration: what is nearer wins, and remembers where it was written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use looplint_model::{Settings, Severity};

use super::error::Place;
use super::globs::Globs;
use super::keys::Kind;
use super::value::{Entry, IgnoreEntry, Layer, Value};
use crate::files::LEFT_OUT;
use crate::select::{Selection, Words};

/// All that was configured for some folder.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// Which rules run.
    pub(crate) selection: Selection,
    /// What domains and rules are told.
    pub(crate) settings: Settings,
    /// Percent of slowdown below which findings in code are left out; else those of little slowdown.
    pub(crate) min_slowdown: Option<f64>,
    /// The least severity that fails a run.
    pub(crate) fail_on: FailOn,
    /// How to report; empty for the default.
    pub(crate) output_format: Vec<String>,
    /// The file of old findings.
    pub(crate) baseline: Option<PathBuf>,
    /// Whether .gitignore holds.
    pub(crate) respect_gitignore: bool,
    /// Whether `exclude` holds for named files too.
    pub(crate) force_exclude: bool,
    /// What a walk leaves out.
    pub(crate) exclude: Globs,
    /// What is a trace; everything that looks like one where nothing was said.
    pub(crate) traces: Option<Globs>,
    /// Rules that do not run on some files.
    pub(crate) per_file_ignores: (Globs, Vec<Vec<String>>),
    /// Single findings that are silenced.
    pub(crate) ignores: Vec<IgnoreEntry>,
    /// Rules whose unsafe fixes count as safe.
    pub(crate) safe_fixes: Vec<String>,
    /// Rules whose safe fixes count as unsafe.
    pub(crate) unsafe_fixes: Vec<String>,
    /// Whom `--explain` and `--judge` ask: what was written for each key of [llm], paths from the root, and where.
    pub(crate) llm: BTreeMap<&'static str, (Value, Place)>,
    /// For each key that was written: what holds, and where each share of it was written.
    pub(crate) written: BTreeMap<&'static str, Vec<(Value, Place)>>,
}

/// Which findings fail a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// All.
    #[default]
    All,
    /// Those at least this severe.
    From(Severity),
    /// None.
    Never,
}

impl FailOn {
    fn parse(word: &str) -> FailOn {
        match Severity::parse(word) {
            Some(Severity::Info) => FailOn::All,
            Some(severity) => FailOn::From(severity),
            None => FailOn::Never,
        }
    }

    /// Whether a finding of this severity fails the run.
    pub(crate) fn fails(self, severity: Severity) -> bool {
        match self {
            FailOn::All => true,
            FailOn::From(least) => severity >= least,
            FailOn::Never => false,
        }
    }
}

/// Glob patterns, each with the folder it is relative to.
type Patterns = Vec<(String, PathBuf)>;

#[derive(Default)]
struct Lists {
    exclude: Option<Patterns>,
    extend_exclude: Patterns,
    traces: Option<Patterns>,
    per_file: Patterns,
}

impl Config {
    /// Folds `layers`, the farthest first.
    pub(crate) fn new<'l>(layers: impl IntoIterator<Item = &'l Layer>) -> Config {
        let mut config = Config {
            respect_gitignore: true,
            ..Config::default()
        };
        let mut lists = Lists::default();
        for layer in layers {
            let mut words = Words::default();
            for entry in &layer.entries {
                config.apply(&layer.folder, entry, &mut words, &mut lists);
                config.remember(entry);
            }
            config.selection.layers.push(words);
        }
        let root = Path::new("/");
        let default = || {
            LEFT_OUT
                .map(|name| (name.to_owned(), root.to_owned()))
                .to_vec()
        };
        let mut exclude = lists.exclude.unwrap_or_else(default);
        exclude.extend(lists.extend_exclude);
        config.exclude = globs(&exclude);
        config.traces = lists.traces.as_ref().map(globs);
        config.per_file_ignores.0 = globs(&lists.per_file);
        config
    }

    fn apply(&mut self, folder: &Path, entry: &Entry, words: &mut Words, lists: &mut Lists) {
        match (entry.key.name, entry.value.clone()) {
            ("assume-size", Value::Integer(n)) => self.settings.assume_size = n,
            ("baseline", Value::Text(path)) => self.baseline = Some(folder.join(path)),
            ("exclude", Value::Texts(texts)) => lists.exclude = Some(patterns(texts, folder)),
            ("extend-exclude", Value::Texts(texts)) => {
                lists.extend_exclude.extend(patterns(texts, folder));
            }
            ("extend-safe-fixes", Value::Texts(rules)) => self.safe_fixes.extend(rules),
            ("extend-unsafe-fixes", Value::Texts(rules)) => self.unsafe_fixes.extend(rules),
            ("extend-select", Value::Texts(rules)) => words.extend = rules,
            ("fail-on", Value::Text(word)) => self.fail_on = FailOn::parse(&word),
            ("force-exclude", Value::Switch(on)) => self.force_exclude = on,
            ("ignore", Value::Ignores(rules, entries)) => {
                words.ignore = rules;
                self.ignores.extend(entries);
            }
            ("llm", Value::Table(entries)) => {
                for entry in entries {
                    let value = match (entry.key.kind, entry.value) {
                        (Kind::Path, Value::Text(path)) => {
                            Value::Text(folder.join(path).to_string_lossy().into_owned())
                        }
                        (_, value) => value,
                    };
                    self.llm.insert(entry.key.name, (value, entry.place));
                }
            }
            ("min-slowdown", Value::Number(pct)) => self.min_slowdown = Some(pct),
            ("output-format", Value::Texts(formats)) => self.output_format = formats,
            ("per-file-ignores", Value::RulesByGlob(by_glob)) => {
                for (glob, rules) in by_glob {
                    lists.per_file.push((glob, folder.to_owned()));
                    self.per_file_ignores.1.push(rules);
                }
            }
            ("polling-tools", Value::Texts(tools)) => self.settings.polling_tools = tools,
            ("respect-gitignore", Value::Switch(on)) => self.respect_gitignore = on,
            ("rules", Value::Options(options)) => {
                for (rule, options) in options {
                    self.settings
                        .options
                        .entry(rule)
                        .or_default()
                        .extend(options);
                }
            }
            ("select", Value::Texts(rules)) => words.select = Some(rules),
            ("slow-call-ms", Value::Integer(ms)) => self.settings.slow_call_ms = ms,
            ("target-version", Value::Version(version)) => self.settings.target_version = version,
            ("traces", Value::Texts(texts)) => lists.traces = Some(patterns(texts, folder)),
            // `extend` was followed while the files were read.
            _ => {}
        }
    }

    fn remember(&mut self, entry: &Entry) {
        let adds = matches!(
            entry.key.name,
            "ignore" | "llm" | "per-file-ignores" | "rules"
        ) || entry.key.name.starts_with("extend-");
        let shares = self.written.entry(entry.key.name).or_default();
        if !adds {
            shares.clear();
        }
        shares.push((entry.value.clone(), entry.place.clone()));
    }

    /// Whether `per-file-ignores` switches `rule` of `domain` off on the file of this absolute path.
    pub(crate) fn ignored_on(&self, path: &Path) -> Vec<&str> {
        let (globs, rules) = &self.per_file_ignores;
        let holding = globs.holding(path);
        holding
            .into_iter()
            .filter_map(|at| rules.get(at))
            .flatten()
            .map(String::as_str)
            .collect()
    }
}

fn patterns(texts: Vec<String>, folder: &Path) -> Patterns {
    texts
        .into_iter()
        .map(|text| (text, folder.to_owned()))
        .collect()
}

fn globs(patterns: &Patterns) -> Globs {
    Globs::new(
        patterns
            .iter()
            .map(|(pattern, folder)| (pattern.as_str(), folder.as_path())),
    )
}
