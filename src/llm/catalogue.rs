//! The models that routing may choose from: price, context, quality, latency.
//!
//! Knows the rows that come with looplint and how a user's rows go over them. Does not know which provider
//! there is a key for, and never guesses a figure: a model that no row names has unknown prices.

use serde::{Deserialize, Serialize};

use crate::tokens::Tokenizer;
use crate::wire::Usage;

/// What a token costs that a server keeps for later, over one that it does not: Anthropic's five-minute cache.
const WRITE_FACTOR: f64 = 1.25;

/// One model at one provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name that the provider knows it by.
    pub id: String,
    /// `openrouter`, `openai`, `anthropic`, or the user's own name for a base URL.
    pub provider: String,
    /// US dollars per million prompt tokens.
    pub price_in: f64,
    /// US dollars per million prompt tokens that the provider had cached; `price_in` where none is given.
    #[serde(default)]
    pub price_cached: Option<f64>,
    /// US dollars per million answer tokens.
    pub price_out: f64,
    /// Tokens that prompt and answer may have together.
    pub context: u64,
    /// Tokens that an answer may have.
    #[serde(default = "unlimited")]
    pub output_max: u64,
    /// Milliseconds that an answer takes on average, until enough calls were observed.
    pub latency_ms: f64,
    /// From 0 to 1.
    pub quality: f64,
    /// Name of its tokenizer; `bytes` where it is not public.
    #[serde(default = "bytes")]
    pub tokenizer: String,
    /// Whether it takes a temperature.
    #[serde(default = "yes")]
    pub temperature: bool,
    /// Tokens to allow on top of the answer, for thinking.
    #[serde(default)]
    pub thinking: u64,
}

fn unlimited() -> u64 {
    u64::MAX
}

fn bytes() -> String {
    Tokenizer::Bytes.name().to_owned()
}

fn yes() -> bool {
    true
}

impl Model {
    /// US dollars per thousand prompt tokens plus per thousand answer tokens: what routing compares.
    pub fn price_per_1k(&self) -> f64 {
        (self.price_in + self.price_out) / 1000.0
    }

    /// The tokenizer that bounds this model's counts.
    pub fn counter(&self) -> Tokenizer {
        Tokenizer::parse(&self.tokenizer).unwrap_or(Tokenizer::Bytes)
    }

    /// US dollars for a call: what the server says it cost, else by this row's prices.
    pub fn price(&self, usage: &Usage) -> f64 {
        if let Some(usd) = usage.usd {
            return usd;
        }
        let cached = usage.cached.min(usage.prompt);
        let fresh = (usage.prompt - cached) as f64 * self.price_in;
        let again = cached as f64 * self.price_cached.unwrap_or(self.price_in);
        let kept = usage.written as f64 * self.price_in * (WRITE_FACTOR - 1.0);
        (fresh + again + kept + usage.completion as f64 * self.price_out) / 1e6
    }

    /// The most that a call can cost, in US dollars.
    pub fn price_max(&self, prompt: u64, completion: u64) -> f64 {
        (prompt as f64 * self.price_in * WRITE_FACTOR + completion as f64 * self.price_out) / 1e6
    }

    /// A model that no row names, at a server of the user's own: nothing is known of it, and on this machine
    /// nothing is to pay.
    pub fn unlisted(id: &str, provider: &str) -> Model {
        Model {
            id: id.to_owned(),
            provider: provider.to_owned(),
            price_in: 0.0,
            price_cached: None,
            price_out: 0.0,
            context: u64::MAX,
            output_max: u64::MAX,
            latency_ms: 0.0,
            quality: 0.0,
            tokenizer: bytes(),
            temperature: true,
            thinking: 0,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    model: Vec<Model>,
}

/// The rows that come with looplint.
pub fn built_in() -> Vec<Model> {
    // The file is part of the binary; the test below reads it strictly.
    parse(include_str!("catalogue.toml")).unwrap_or_default()
}

/// Reads the rows of a catalogue file.
///
/// # Errors
/// What is wrong and where, in one line or a few: not TOML, an unknown or missing key, a figure out of range.
pub fn parse(text: &str) -> Result<Vec<Model>, String> {
    let file: File =
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    for model in &file.model {
        check(model).map_err(|what| format!("model `{}`: {what}", model.id))?;
    }
    Ok(file.model)
}

fn check(model: &Model) -> Result<(), String> {
    let prices = [
        model.price_in,
        model.price_out,
        model.price_cached.unwrap_or(0.0),
        model.latency_ms,
    ];
    if prices
        .iter()
        .any(|value| !value.is_finite() || *value < 0.0)
    {
        return Err("prices and latency are numbers from 0".into());
    }
    if !(0.0..=1.0).contains(&model.quality) {
        return Err(format!("quality {} is not between 0 and 1", model.quality));
    }
    if model.context == 0 || model.id.is_empty() || model.provider.is_empty() {
        return Err("`id`, `provider` and `context` must not be empty".into());
    }
    if Tokenizer::parse(&model.tokenizer).is_none() {
        return Err(format!("no tokenizer is called `{}`", model.tokenizer));
    }
    Ok(())
}

/// The built-in rows with the user's over them: a row with the same id and provider is replaced in place,
/// a new one comes last.
pub fn merged(mut rows: Vec<Model>, user: Vec<Model>) -> Vec<Model> {
    for model in user {
        match rows
            .iter_mut()
            .find(|row| row.id == model.id && row.provider == model.provider)
        {
            Some(row) => *row = model,
            None => rows.push(model),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_is_whole() {
        let rows = parse(include_str!("catalogue.toml")).unwrap();
        assert_eq!(
            rows.len(),
            include_str!("catalogue.toml")
                .matches("\n[[model]]\n")
                .count()
        );
        assert!(rows.len() >= 6);
        for (at, row) in rows.iter().enumerate() {
            assert!(
                row.price_cached.unwrap_or(0.0) <= row.price_in,
                "{}",
                row.id
            );
            assert!(
                !rows[..at]
                    .iter()
                    .any(|other| other.id == row.id && other.provider == row.provider)
            );
        }
    }

    #[test]
    fn a_users_row_replaces_or_adds() {
        let user = parse("[[model]]\nid = \"gpt-5.4\"\nprovider = \"openai\"\nprice_in = 1\nprice_out = 2\ncontext = 10\nlatency_ms = 3\nquality = 0.5\n\n[[model]]\nid = \"mine\"\nprovider = \"local\"\nprice_in = 0\nprice_out = 0\ncontext = 4096\nlatency_ms = 9\nquality = 0.1\n").unwrap();
        let n = built_in().len();
        let rows = merged(built_in(), user);
        assert_eq!(rows.len(), n + 1);
        assert_eq!(
            rows.iter()
                .find(|row| row.id == "gpt-5.4")
                .unwrap()
                .price_in,
            1.0
        );
        assert_eq!(rows.last().unwrap().counter(), Tokenizer::Bytes);
    }

    #[test]
    fn a_bad_row_is_named() {
        let row = "[[model]]\nid = \"m\"\nprovider = \"p\"\nprice_in = 1\nprice_out = 2\ncontext = 10\nlatency_ms = 3\n";
        assert!(
            parse(&format!("{row}quality = 7\n"))
                .unwrap_err()
                .contains("model `m`: quality 7")
        );
        assert!(
            parse(&format!("{row}quality = 1\ntokenizer = \"x\"\n"))
                .unwrap_err()
                .contains("`x`")
        );
        assert!(
            parse(&format!("{row}quality = 1\nspeed = 1\n"))
                .unwrap_err()
                .contains("speed")
        );
        assert!(parse(row).unwrap_err().contains("quality"));
        assert!(parse(&format!("{row}quality = nan\n")).is_err());
    }

    #[test]
    fn cached_tokens_cost_less() {
        let rows = built_in();
        let row = rows.iter().find(|row| row.id == "gpt-5.4").unwrap();
        let price = |prompt, cached, completion| {
            row.price(&Usage {
                prompt,
                cached,
                completion,
                ..Usage::default()
            })
        };
        assert!((price(1_000_000, 0, 0) - 2.5).abs() < 1e-12);
        assert!((price(1_000_000, 1_000_000, 0) - 0.25).abs() < 1e-12);
        assert!((price(0, 5, 1_000_000) - 15.0).abs() < 1e-12);
        assert_eq!(
            row.price(&Usage {
                prompt: 9,
                usd: Some(0.5),
                ..Usage::default()
            }),
            0.5
        );
        let written = Usage {
            prompt: 1_000_000,
            written: 1_000_000,
            completion: 10,
            ..Usage::default()
        };
        assert!(row.price(&written) <= row.price_max(1_000_000, 10) + 1e-12);
        assert!((row.price_per_1k() - 0.0175).abs() < 1e-12);
    }
}
