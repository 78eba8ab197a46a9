//! What calls took: one record per attempt, and figures over them.
//!
//! Knows counts, times and money. A record holds words of fixed vocabularies and names of models: nothing that
//! was sent or answered, and no key, can get into it. Does not know where records are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stats::percentile;

/// One attempt, or one answer from the cache.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Milliseconds since 1970.
    pub at: u64,
    /// The model's name.
    pub model: String,
    /// The provider's name.
    pub provider: String,
    /// `explain` or `judge`.
    pub ask: String,
    /// `ok`, `cache`, or why it failed: a status, `timeout`, `connect`, `truncated`, `malformed`, `cancelled`.
    pub outcome: String,
    /// Milliseconds it took.
    pub ms: f64,
    /// Tokens of the prompt.
    pub prompt: u64,
    /// Of these, tokens that the server had computed before.
    pub cached: u64,
    /// Tokens of the answer.
    pub completion: u64,
    /// US dollars.
    pub usd: f64,
}

/// The figures of one model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The model's name.
    pub model: String,
    /// The provider's name.
    pub provider: String,
    /// Attempts made over the network.
    pub calls: u64,
    /// Of these, answered.
    pub ok: u64,
    /// Attempts by why they failed.
    pub failures: BTreeMap<String, u64>,
    /// Answers that came from the cache.
    pub hits: u64,
    /// `hits / (hits + ok)`; `None` where neither was.
    pub hit_rate: Option<f64>,
    /// Milliseconds of answered calls: half of them took at most so long.
    pub p50_ms: Option<f64>,
    /// 95 of 100 took at most so long.
    pub p95_ms: Option<f64>,
    /// 99 of 100 took at most so long.
    pub p99_ms: Option<f64>,
    /// Tokens of prompts.
    pub prompt_tokens: u64,
    /// Of these, tokens that the server had computed before.
    pub cached_tokens: u64,
    /// Tokens of answers.
    pub completion_tokens: u64,
    /// US dollars.
    pub usd: f64,
}

/// Figures per model, by provider and name, then those of all together under the name `all`.
pub fn summary(records: &[Record]) -> Vec<Figures> {
    let mut models: BTreeMap<(&str, &str), Vec<&Record>> = BTreeMap::new();
    for record in records {
        models
            .entry((record.provider.as_str(), record.model.as_str()))
            .or_default()
            .push(record);
    }
    let mut rows: Vec<Figures> = models
        .into_iter()
        .map(|((provider, model), records)| figures(provider, model, &records))
        .collect();
    rows.push(figures("", "all", &records.iter().collect::<Vec<_>>()));
    rows
}

fn figures(provider: &str, model: &str, records: &[&Record]) -> Figures {
    let mut row = Figures {
        model: model.into(),
        provider: provider.into(),
        ..Figures::default()
    };
    let mut times = Vec::new();
    for record in records {
        match record.outcome.as_str() {
            "cache" => {
                row.hits += 1;
                continue;
            }
            "ok" => {
                row.ok += 1;
                times.push(record.ms);
            }
            why => *row.failures.entry(why.to_owned()).or_default() += 1,
        }
        row.calls += 1;
        row.prompt_tokens += record.prompt;
        row.cached_tokens += record.cached;
        row.completion_tokens += record.completion;
        row.usd += record.usd;
    }
    let answered = row.hits + row.ok;
    row.hit_rate = (answered > 0).then(|| row.hits as f64 / answered as f64);
    row.p50_ms = percentile(&times, 50.0);
    row.p95_ms = percentile(&times, 95.0);
    row.p99_ms = percentile(&times, 99.0);
    row
}

/// Mean milliseconds of the last 50 answered calls of each model that has at least `calls_min`, by provider
/// and name.
pub fn observed(records: &[Record], calls_min: usize) -> BTreeMap<(String, String), f64> {
    let mut times: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for record in records.iter().rev().filter(|record| record.outcome == "ok") {
        let times = times
            .entry((record.provider.clone(), record.model.clone()))
            .or_default();
        if times.len() < 50 {
            times.push(record.ms);
        }
    }
    times
        .into_iter()
        .filter(|(_, times)| times.len() >= calls_min.max(1))
        .map(|(model, times)| (model, times.iter().sum::<f64>() / times.len() as f64))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(model: &str, outcome: &str, ms: f64) -> Record {
        Record {
            model: model.into(),
            provider: "p".into(),
            outcome: outcome.into(),
            ms,
            prompt: 100,
            cached: 40,
            completion: 10,
            usd: 0.01,
            ..Record::default()
        }
    }

    #[test]
    fn figures_per_model_and_of_all() {
        let mut records: Vec<Record> = (1..=100)
            .map(|ms| record("a", "ok", f64::from(ms)))
            .collect();
        records.push(record("a", "429", 5.0));
        records.push(record("b", "cache", 0.0));
        let rows = summary(&records);
        assert_eq!(rows.len(), 3);
        assert_eq!(
            (rows[0].calls, rows[0].ok, rows[0].hit_rate),
            (101, 100, Some(0.0))
        );
        assert_eq!(
            (rows[0].p50_ms, rows[0].p95_ms, rows[0].p99_ms),
            (Some(50.0), Some(95.0), Some(99.0))
        );
        assert_eq!(rows[0].failures, BTreeMap::from([("429".into(), 1)]));
        assert_eq!(
            (rows[1].calls, rows[1].hits, rows[1].p50_ms, rows[1].usd),
            (0, 1, None, 0.0)
        );
        assert_eq!(
            (
                rows[2].model.as_str(),
                rows[2].prompt_tokens,
                rows[2].cached_tokens
            ),
            ("all", 10_100, 4040)
        );
        assert!((rows[2].usd - 1.01).abs() < 1e-9);
        assert_eq!(summary(&[])[0].hit_rate, None);
    }

    #[test]
    fn latency_counts_after_enough_calls() {
        let mut records = vec![record("a", "ok", 1000.0); 4];
        assert!(observed(&records, 5).is_empty());
        records.push(record("a", "500", 9.0));
        assert!(observed(&records, 5).is_empty());
        records.push(record("a", "ok", 2000.0));
        assert_eq!(
            observed(&records, 5)[&("p".to_owned(), "a".to_owned())],
            1200.0
        );
        records.extend(vec![record("a", "ok", 10.0); 50]);
        assert_eq!(
            observed(&records, 5)[&("p".to_owned(), "a".to_owned())],
            10.0
        );
    }
}
