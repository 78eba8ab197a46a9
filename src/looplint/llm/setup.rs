//! From flags, configuration and environment to what the client wants to know.
//!
//! Knows which word wins over which, where keys may come from and where answers are kept. Does not know what is asked.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use looplint_llm::budget::Budget;
use looplint_llm::catalogue::{self, Model};
use looplint_llm::client::{Client, Options, block_on, first_model};
use looplint_llm::provider::{self, CUSTOM_KEY, Provider};
use looplint_llm::redact::Redactor;
use looplint_llm::route::{Caps, Priority};
use looplint_llm::store::{BYTES_MAX, Store};
use looplint_llm::wire::Dialect;

use super::Arguments;
use crate::config::{Place, Value};
use crate::tell::hinted;

/// What the configuration says for each key of [llm], and where.
type Written = BTreeMap<&'static str, (Value, Place)>;

/// Variables that hold keys: none of their values is ever sent as text.
const KEYS: [&str; 4] = [
    "OPENROUTER_API_KEY",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    CUSTOM_KEY,
];
/// How long a server may take to say what it serves.
const HELLO: Duration = Duration::from_secs(20);
/// Stands for a model that only the server can name.
const UNNAMED: &str = "[the first model that the server lists]";

/// Flags and configuration together.
pub(crate) struct Wanted<'w> {
    flags: &'w Arguments,
    written: &'w Written,
    variables: BTreeMap<String, String>,
}

/// Who is asked, and how.
pub(crate) struct Setup {
    /// How to ask; or why nobody can be asked, as a sentence.
    pub(crate) options: Result<Options, String>,
    /// Takes secrets out of what is sent.
    pub(crate) redactor: Redactor,
}

impl<'w> Wanted<'w> {
    /// What the user wants.
    ///
    /// # Errors
    /// The file of keys cannot be read.
    pub(crate) fn new(flags: &'w Arguments, written: &'w Written) -> Result<Wanted<'w>> {
        let mut variables = BTreeMap::new();
        if let Some(path) = &flags.env_file {
            let text = fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            variables = provider::env_file(&text);
        }
        Ok(Wanted {
            flags,
            written,
            variables,
        })
    }

    fn variable(&self, name: &str) -> Option<String> {
        let own = env::var(name).ok().filter(|value| !value.is_empty());
        own.or_else(|| self.variables.get(name).cloned())
    }

    fn text(&self, flag: Option<&String>, key: &str) -> Option<String> {
        let written = || match self.written.get(key) {
            Some((Value::Text(text), _)) => Some(text.clone()),
            _ => None,
        };
        flag.filter(|text| !text.is_empty())
            .cloned()
            .or_else(written)
    }

    fn number(&self, flag: Option<f64>, key: &str) -> Option<f64> {
        let written = || match self.written.get(key) {
            Some((Value::Number(number), _)) => Some(*number),
            Some((Value::Integer(number), _)) => Some(*number as f64),
            _ => None,
        };
        flag.or_else(written)
    }

    fn base_url(&self) -> Option<String> {
        self.text(self.flags.base_url.as_ref(), "base-url")
    }

    /// Takes out keys, the home folder and whatever looks like a secret.
    pub(crate) fn redactor(&self) -> Redactor {
        let home = env::var("HOME").or_else(|_| env::var("USERPROFILE"));
        let redactor = match home {
            Ok(home) => Redactor::new().with_literal(home.trim_end_matches(['/', '\\']), "home"),
            Err(_) => Redactor::new(),
        };
        KEYS.iter()
            .filter_map(|name| self.variable(name))
            .fold(redactor, |redactor, key| {
                redactor.with_literal(key.trim(), "key")
            })
    }

    /// Everybody who can be asked.
    ///
    /// # Errors
    /// The base URL is none, or a key cannot be sent.
    pub(crate) fn providers(&self) -> Result<Vec<Provider>> {
        let lookup = |name: &str| self.variable(name);
        let Some(base_url) = self.base_url() else {
            return provider::from_keys(&lookup).map_err(usage);
        };
        let dialect = self
            .text(self.flags.dialect.as_ref(), "dialect")
            .map(|word| match word.as_str() {
                "anthropic" => Dialect::Anthropic,
                _ => Dialect::OpenAi,
            });
        let place = match self.written.get("base-url") {
            Some((_, place @ Place::File { .. })) if self.flags.base_url.is_none() => Some(place),
            _ => None,
        };
        let at = |lookup| provider::at(&base_url, dialect, lookup);
        let Some(place) = place else {
            return Ok(vec![at(&lookup).map_err(usage)?]);
        };
        // A folder from elsewhere may name its own server; the key of the user's server is not for it.
        let without = |name: &str| self.variable(name).filter(|_| name != CUSTOM_KEY);
        let provider = at(&without).map_err(|why| usage(format!("{place}: {why}")))?;
        if provider.local {
            return Ok(vec![at(&lookup).map_err(usage)?]);
        }
        Ok(vec![provider])
    }

    /// The models that are known.
    ///
    /// # Errors
    /// The catalogue file cannot be read, or is none.
    pub(crate) fn catalogue(&self) -> Result<Vec<Model>> {
        let path = match (&self.flags.catalogue, self.text(None, "catalogue")) {
            (Some(path), _) => path.clone(),
            (None, Some(path)) => PathBuf::from(path),
            (None, None) => return Ok(catalogue::built_in()),
        };
        let text = fs::read_to_string(&path)
            .with_context(|| format!("the catalogue {} cannot be read", path.display()))?;
        let rows = catalogue::parse(&text)
            .map_err(|why| usage(format!("the catalogue {}: {why}", path.display())))?;
        Ok(catalogue::merged(catalogue::built_in(), rows))
    }

    /// What no model may exceed.
    pub(crate) fn caps(&self) -> Caps {
        Caps {
            latency_ms_max: self.number(self.flags.latency_ms_max, "max-latency-ms"),
            price_per_1k_max: self.number(self.flags.price_max, "max-price"),
        }
    }

    /// What matters most.
    pub(crate) fn priority(&self) -> Priority {
        self.text(self.flags.priority.as_ref(), "priority")
            .and_then(|word| Priority::parse(&word))
            .unwrap_or_default()
    }

    /// How to ask, with everybody who can be asked; opens no connection.
    ///
    /// # Errors
    /// A flag or a key of the configuration makes no sense.
    pub(crate) fn options(&self) -> Result<Options> {
        let budget = match self.text(self.flags.budget.as_ref(), "budget") {
            Some(text) => Budget::parse(&text).map_err(usage)?,
            None => Budget::default(),
        };
        let defaults = Options::default();
        let timeout = match self.number(self.flags.timeout, "timeout") {
            Some(seconds) if seconds > 0.0 && seconds.is_finite() => {
                Duration::from_secs_f64(seconds.min(86_400.0))
            }
            Some(seconds) => {
                return Err(usage(format!(
                    "a call cannot take {seconds} s; give it more"
                )));
            }
            None => defaults.timeout,
        };
        let concurrency = self.flags.concurrency.map(|n| n as f64);
        let concurrency = self.number(concurrency, "concurrency");
        let slots = matches!(self.written.get("slots"), Some((Value::Switch(true), _)));
        Ok(Options {
            providers: self.providers()?,
            catalogue: self.catalogue()?,
            model: self.text(self.flags.model.as_ref(), "model"),
            priority: self.priority(),
            caps: self.caps(),
            budget,
            concurrency: concurrency.map_or(defaults.concurrency, |n| n.max(1.0) as usize),
            timeout,
            store: (!self.flags.no_cache).then(store).flatten(),
            slots: self.flags.slots || slots,
            ..defaults
        })
    }

    /// Who is asked; a server of the user's is asked for the name of its model where nobody named one.
    ///
    /// # Errors
    /// A flag or a key of the configuration makes no sense.
    pub(crate) fn setup(&self) -> Result<Setup> {
        let redactor = self.redactor();
        let mut options = self.options()?;
        let unnamed = match options.providers.as_slice() {
            [] => {
                return Ok(Setup {
                    options: Err("No language model is configured.".into()),
                    redactor,
                });
            }
            [only] if options.model.is_none() => {
                let is_known = |row: &Model| row.provider == only.name;
                (!options.catalogue.iter().any(is_known)).then(|| only.clone())
            }
            _ => None,
        };
        if let Some(provider) = unnamed {
            if self.flags.dry_run {
                options.model = Some(UNNAMED.to_owned());
            } else {
                match block_on(first_model(&provider, HELLO.min(options.timeout)))? {
                    Ok(name) => options.model = Some(name),
                    Err(why) => {
                        return Ok(Setup {
                            options: Err(format!("No language model answered: {why}.")),
                            redactor,
                        });
                    }
                }
            }
        }
        Ok(Setup {
            options: Ok(options),
            redactor,
        })
    }
}

impl Setup {
    /// A client, or why there is none, as a sentence.
    ///
    /// # Errors
    /// The options contradict each other: the model is nowhere, a budget cannot be kept, caps leave no model.
    pub(crate) fn client(self) -> Result<Result<Client, String>> {
        match self.options {
            Ok(options) => client(options).map(Ok),
            Err(why) => Ok(Err(why)),
        }
    }
}

/// A client that has somebody to ask, as far as caps go.
pub(crate) fn client(options: Options) -> Result<Client> {
    let client = Client::new(options).map_err(usage)?;
    client.route(Default::default()).map_err(usage)?;
    Ok(client)
}

/// Where answers and figures are kept; `None` where there is no place for them.
pub(crate) fn store() -> Option<Store> {
    let folder = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = || folder("HOME").or_else(|| folder("USERPROFILE"));
    let under = |base: Option<PathBuf>, name: &str| base.map(|base| base.join(Path::new(name)));
    let own = folder("LOOPLINT_CACHE_DIR");
    let cache = own.or_else(|| {
        let usual = if cfg!(windows) {
            folder("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            under(home(), "Library/Caches")
        } else {
            folder("XDG_CACHE_HOME").or_else(|| under(home(), ".cache"))
        };
        under(usual, "looplint")
    })?;
    Some(Store::new(cache.join("llm"), BYTES_MAX))
}

/// A mistake in how looplint was called.
fn usage(why: String) -> anyhow::Error {
    hinted(why, "")
}
