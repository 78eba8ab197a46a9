//! How to ask: who, which model, within what.
//!
//! Knows which models the options leave to choose from. Does not know flags or files.

use std::time::Duration;

use crate::budget::Budget;
use crate::catalogue::Model;
use crate::provider::Provider;
use crate::route::{Caps, Priority};
use crate::store::Store;

/// How to ask.
#[derive(Debug)]
pub struct Options {
    /// Who can be asked.
    pub providers: Vec<Provider>,
    /// What is known of models.
    pub catalogue: Vec<Model>,
    /// The one model to ask; `None` to choose.
    pub model: Option<String>,
    /// What matters most in choosing.
    pub priority: Priority,
    /// What no chosen model may exceed.
    pub caps: Caps,
    /// What all calls may take together.
    pub budget: Budget,
    /// The most calls at once.
    pub concurrency: usize,
    /// The most time for one call.
    pub timeout: Duration,
    /// Observed latency goes before the catalogue's after so many calls.
    pub observed_after: usize,
    /// Where answers are kept; `None` to keep none.
    pub store: Option<Store>,
    /// Whether a llama.cpp server is asked to save and restore prompt states.
    pub slots: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            providers: Vec::new(),
            catalogue: crate::catalogue::built_in(),
            model: None,
            priority: Priority::default(),
            caps: Caps::default(),
            budget: Budget::default(),
            concurrency: 4,
            timeout: Duration::from_secs(120),
            observed_after: 5,
            store: None,
            slots: false,
        }
    }
}

/// Whether money is asked for this model at a price that nobody told us.
pub(super) fn is_unpriced(model: &Model, options: &Options) -> bool {
    let listed = options
        .catalogue
        .iter()
        .any(|row| row.id == model.id && row.provider == model.provider);
    let local = options
        .providers
        .iter()
        .any(|provider| provider.name == model.provider && provider.local);
    !listed && !local
}

/// The models to choose from.
pub(super) fn choices(options: &Options) -> Result<Vec<Model>, String> {
    let Some(first) = options.providers.first() else {
        return Err("no provider is configured: set OPENROUTER_API_KEY, OPENAI_API_KEY or ANTHROPIC_API_KEY, or name a base URL".into());
    };
    let has = |name: &str| {
        options
            .providers
            .iter()
            .any(|provider| provider.name == name)
    };
    let rows = options.catalogue.iter().filter(|row| has(&row.provider));
    let Some(wanted) = &options.model else {
        let models: Vec<Model> = rows.cloned().collect();
        if models.is_empty() {
            return Err(format!(
                "no model of the catalogue is at {}; name one",
                first.base
            ));
        }
        return Ok(models);
    };
    let models: Vec<Model> = rows.filter(|row| row.id == *wanted).cloned().collect();
    if !models.is_empty() {
        return Ok(models);
    }
    match options.providers.as_slice() {
        [only] => Ok(vec![Model::unlisted(wanted, &only.name)]),
        // Names with a slash are OpenRouter's.
        _ if wanted.contains('/') && has("openrouter") => {
            Ok(vec![Model::unlisted(wanted, "openrouter")])
        }
        _ => Err(format!(
            "`{wanted}` is in no catalogue and several providers have keys; name a base URL"
        )),
    }
}
