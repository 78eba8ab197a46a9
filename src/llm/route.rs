//! Which model to ask first, and which next.
//!
//! A pure function from candidates, a priority and caps to a ranking in which every term can be seen.
//! Knows prices, latencies and contexts. Does not know providers, keys or the network.

use crate::catalogue::Model;

/// What matters most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// The quickest answer.
    Speed,
    /// The cheapest.
    Cost,
    /// The best.
    Quality,
    /// A bit of each.
    #[default]
    Balanced,
}

impl Priority {
    /// Every priority.
    pub const ALL: [Priority; 4] = [
        Priority::Speed,
        Priority::Cost,
        Priority::Quality,
        Priority::Balanced,
    ];

    /// `speed`, `cost`, `quality` or `balanced`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Priority::Speed => "speed",
            Priority::Cost => "cost",
            Priority::Quality => "quality",
            Priority::Balanced => "balanced",
        }
    }

    /// Reads what [`Priority::as_str`] writes.
    pub fn parse(text: &str) -> Option<Priority> {
        Priority::ALL
            .into_iter()
            .find(|priority| priority.as_str() == text)
    }

    /// The weights of latency, cost and quality; they sum to 1.
    pub const fn weights(self) -> Weights {
        let (latency, cost, quality) = match self {
            Priority::Speed => (0.70, 0.20, 0.10),
            Priority::Cost => (0.20, 0.70, 0.10),
            Priority::Quality => (0.10, 0.20, 0.70),
            Priority::Balanced => (0.40, 0.30, 0.30),
        };
        Weights {
            latency,
            cost,
            quality,
        }
    }
}

/// How much each term counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// Of latency.
    pub latency: f64,
    /// Of cost.
    pub cost: f64,
    /// Of quality.
    pub quality: f64,
}

/// What no chosen model may exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Caps {
    /// Milliseconds on average.
    pub latency_ms_max: Option<f64>,
    /// US dollars per thousand prompt plus thousand answer tokens.
    pub price_per_1k_max: Option<f64>,
}

/// What is to be asked, in size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Tokens of the prompt by `o200k_base`.
    pub prompt_o200k: u64,
    /// Tokens of the prompt by `cl100k_base`.
    pub prompt_cl100k: u64,
    /// Bytes of the prompt: the bound for a tokenizer that is not known.
    pub prompt_bytes: u64,
    /// Tokens that the answer may take.
    pub output: u64,
}

impl Need {
    /// The most tokens that the prompt can be for this model.
    pub fn prompt(&self, model: &Model) -> u64 {
        use crate::tokens::Tokenizer;
        match model.counter() {
            Tokenizer::O200k => self.prompt_o200k,
            Tokenizer::Cl100k => self.prompt_cl100k,
            Tokenizer::Bytes => self.prompt_bytes,
        }
    }

    /// Tokens to allow for the answer, thinking included.
    pub fn output(&self, model: &Model) -> u64 {
        self.output
            .saturating_add(model.thinking)
            .min(model.output_max)
    }
}

/// A model and what was observed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The catalogue's row.
    pub model: Model,
    /// Mean milliseconds of the calls observed, where there were enough of them.
    pub observed_ms: Option<f64>,
}

impl Candidate {
    /// What routing goes by: the observed latency where there is one, else the catalogue's.
    pub fn latency_ms(&self) -> f64 {
        self.observed_ms.unwrap_or(self.model.latency_ms)
    }
}

/// One candidate's place, and every term that put it there.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// The candidate's position in the list that was given.
    pub candidate: usize,
    /// The model's name.
    pub model: String,
    /// The provider's name.
    pub provider: String,
    /// Milliseconds that were compared.
    pub latency_ms: f64,
    /// Whether these were observed.
    pub observed: bool,
    /// US dollars per thousand prompt plus thousand answer tokens.
    pub price_per_1k: f64,
    /// From 0 to 1.
    pub quality: f64,
    /// Latency from 0 (the quickest left) to 1 (the slowest left).
    pub latency_norm: f64,
    /// Cost from 0 (the cheapest left) to 1 (the dearest left).
    pub cost_norm: f64,
    /// Quality from 0 (the lowest left) to 1 (the highest left).
    pub quality_norm: f64,
    /// The weighted sum.
    pub score: f64,
}

/// A candidate that was left out, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Excluded {
    /// The model's name.
    pub model: String,
    /// The provider's name.
    pub provider: String,
    /// The cap or limit that it breaks, `latency cap 500 ms: takes 700 ms`.
    pub reason: String,
    cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Context,
    Latency,
    Price,
}

/// The ranking, best first, and who was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranking {
    /// Best first.
    pub ranked: Vec<Ranked>,
    /// In the order given.
    pub excluded: Vec<Excluded>,
}

/// Ranks the candidates: score = w_latency * (1 - latency) + w_cost * (1 - cost) + w_quality * quality, each term
/// min-max normalised over the candidates that caps and context leave. A term in which all are equal is 0 for all.
/// Equal scores keep the order given.
///
/// # Errors
/// No candidate is left: the caps that left none are named. The caller ends with exit code 2.
pub fn rank(
    candidates: &[Candidate],
    priority: Priority,
    caps: Caps,
    need: Need,
) -> Result<Ranking, String> {
    let mut left = Vec::new();
    let mut excluded = Vec::new();
    for (at, candidate) in candidates.iter().enumerate() {
        match exclusion(candidate, caps, need) {
            None => left.push((at, candidate)),
            Some((cause, reason)) => excluded.push(Excluded {
                model: candidate.model.id.clone(),
                provider: candidate.model.provider.clone(),
                reason,
                cause,
            }),
        }
    }
    if left.is_empty() {
        return Err(why_none(candidates, &excluded, caps, need));
    }
    let latency = Scale::of(left.iter().map(|(_, candidate)| candidate.latency_ms()));
    let cost = Scale::of(
        left.iter()
            .map(|(_, candidate)| candidate.model.price_per_1k()),
    );
    let quality = Scale::of(left.iter().map(|(_, candidate)| candidate.model.quality));
    let weights = priority.weights();
    let mut ranked: Vec<Ranked> = left
        .into_iter()
        .map(|(at, candidate)| {
            let model = &candidate.model;
            let latency_norm = latency.norm(candidate.latency_ms());
            let cost_norm = cost.norm(model.price_per_1k());
            let quality_norm = quality.norm(model.quality);
            Ranked {
                candidate: at,
                model: model.id.clone(),
                provider: model.provider.clone(),
                latency_ms: candidate.latency_ms(),
                observed: candidate.observed_ms.is_some(),
                price_per_1k: model.price_per_1k(),
                quality: model.quality,
                latency_norm,
                cost_norm,
                quality_norm,
                score: weights.latency * (1.0 - latency_norm)
                    + weights.cost * (1.0 - cost_norm)
                    + weights.quality * quality_norm,
            }
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(Ranking { ranked, excluded })
}

/// Least and greatest of one term.
struct Scale {
    least: f64,
    greatest: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Scale {
        let start = Scale {
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
        };
        values.fold(start, |scale, value| Scale {
            least: scale.least.min(value),
            greatest: scale.greatest.max(value),
        })
    }

    fn norm(&self, value: f64) -> f64 {
        let width = self.greatest - self.least;
        if width > 0.0 {
            (value - self.least) / width
        } else {
            0.0
        }
    }
}

fn exclusion(candidate: &Candidate, caps: Caps, need: Need) -> Option<(Cause, String)> {
    let model = &candidate.model;
    let wanted = need.prompt(model).saturating_add(need.output(model));
    if wanted > model.context {
        let how = model.counter().name();
        let reason = format!(
            "context {}: prompt and answer may take {wanted} tokens by `{how}`",
            model.context
        );
        return Some((Cause::Context, reason));
    }
    let takes = candidate.latency_ms();
    if let Some(cap) = caps.latency_ms_max
        && takes > cap
    {
        return Some((
            Cause::Latency,
            format!("latency cap {cap} ms: takes {takes:.0} ms"),
        ));
    }
    let costs = model.price_per_1k();
    if let Some(cap) = caps.price_per_1k_max
        && costs > cap
    {
        return Some((
            Cause::Price,
            format!("price cap ${cap} per 1k: costs ${costs:.5}"),
        ));
    }
    None
}

fn why_none(candidates: &[Candidate], excluded: &[Excluded], caps: Caps, need: Need) -> String {
    if candidates.is_empty() {
        return "no model to choose from: no provider is configured".to_owned();
    }
    let mut parts = Vec::new();
    let broken = |cause| excluded.iter().any(|one| one.cause == cause);
    if let Some(cap) = caps.latency_ms_max
        && broken(Cause::Latency)
    {
        let best = candidates
            .iter()
            .map(Candidate::latency_ms)
            .fold(f64::INFINITY, f64::min);
        parts.push(format!(
            "the latency cap of {cap} ms (the quickest takes {best:.0} ms)"
        ));
    }
    if let Some(cap) = caps.price_per_1k_max
        && broken(Cause::Price)
    {
        let best = candidates
            .iter()
            .map(|one| one.model.price_per_1k())
            .fold(f64::INFINITY, f64::min);
        parts.push(format!(
            "the price cap of ${cap} per 1k tokens (the cheapest costs ${best:.5})"
        ));
    }
    if broken(Cause::Context) {
        let largest = candidates
            .iter()
            .map(|one| one.model.context)
            .max()
            .unwrap_or(0);
        parts.push(format!(
            "the context (the largest holds {largest} tokens; the prompt has {} bytes)",
            need.prompt_bytes
        ));
    }
    format!("no model satisfies {}", parts.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: &str, latency_ms: f64, per_1k: f64, quality: f64) -> Candidate {
        let mut model = Model::unlisted(id, "p");
        (model.latency_ms, model.quality) = (latency_ms, quality);
        model.price_in = per_1k * 1000.0;
        Candidate {
            model,
            observed_ms: None,
        }
    }

    fn vector() -> Vec<Candidate> {
        vec![
            candidate("flash-lite", 400.0, 0.00175, 0.78),
            candidate("mini", 700.0, 0.00525, 0.85),
            candidate("sonnet", 900.0, 0.018, 0.92),
            candidate("pro", 1100.0, 0.014, 0.93),
            candidate("gpt", 1200.0, 0.0175, 0.96),
            candidate("opus", 1500.0, 0.030, 0.98),
        ]
    }

    fn top(priority: Priority) -> Vec<(String, String)> {
        let ranking = rank(&vector(), priority, Caps::default(), Need::default()).unwrap();
        ranking
            .ranked
            .into_iter()
            .map(|one| (one.model, format!("{:.3}", one.score)))
            .collect()
    }

    fn pair(model: &str, score: &str) -> (String, String) {
        (model.to_owned(), score.to_owned())
    }

    #[test]
    fn the_published_vector() {
        assert_eq!(top(Priority::Speed)[0], pair("flash-lite", "0.900"));
        assert_eq!(top(Priority::Cost)[0], pair("flash-lite", "0.900"));
        assert_eq!(top(Priority::Balanced)[0], pair("flash-lite", "0.700"));
        let quality = top(Priority::Quality);
        assert_eq!(
            quality[..3],
            [
                pair("gpt", "0.746"),
                pair("opus", "0.700"),
                pair("pro", "0.675")
            ]
        );
    }

    #[test]
    fn the_built_in_rows_are_that_vector() {
        let rows: Vec<Candidate> = crate::catalogue::built_in()
            .into_iter()
            .filter(|model| model.provider == "openrouter")
            .map(|model| Candidate {
                model,
                observed_ms: None,
            })
            .collect();
        let ranking = rank(&rows, Priority::Quality, Caps::default(), Need::default()).unwrap();
        assert_eq!(ranking.ranked[0].model, "openai/gpt-5.4");
        assert!((ranking.ranked[0].score - 0.746).abs() < 5e-4);
    }

    #[test]
    fn terms_are_normalised_over_those_that_are_left() {
        let caps = Caps {
            price_per_1k_max: Some(0.01),
            ..Caps::default()
        };
        let ranking = rank(&vector(), Priority::Quality, caps, Need::default()).unwrap();
        assert_eq!(ranking.excluded.len(), 4);
        assert_eq!(ranking.ranked[0].model, "mini");
        assert_eq!(
            (ranking.ranked[0].quality_norm, ranking.ranked[0].cost_norm),
            (1.0, 1.0)
        );
        assert!(ranking.excluded[0].reason.contains("price cap $0.01"));
    }

    #[test]
    fn impossible_caps_are_named() {
        let caps = Caps {
            latency_ms_max: Some(100.0),
            ..Caps::default()
        };
        let why = rank(&vector(), Priority::Speed, caps, Need::default()).unwrap_err();
        assert!(
            why.contains("latency cap of 100 ms") && why.contains("quickest takes 400 ms"),
            "{why}"
        );
        assert!(!why.contains("price"), "{why}");
        let caps = Caps {
            latency_ms_max: Some(500.0),
            price_per_1k_max: Some(0.001),
        };
        let why = rank(&vector(), Priority::Speed, caps, Need::default()).unwrap_err();
        assert!(
            why.contains("latency cap") && why.contains("price cap"),
            "{why}"
        );
        assert!(
            rank(&[], Priority::Speed, Caps::default(), Need::default())
                .unwrap_err()
                .contains("no provider")
        );
    }

    #[test]
    fn a_small_context_is_never_chosen() {
        let mut candidates = vector();
        candidates[0].model.context = 1000;
        let need = |prompt_bytes, output| Need {
            prompt_bytes,
            output,
            ..Need::default()
        };
        let ranking = rank(
            &candidates,
            Priority::Speed,
            Caps::default(),
            need(900, 100),
        )
        .unwrap();
        assert_eq!(ranking.ranked[0].model, "flash-lite");
        let ranking = rank(
            &candidates,
            Priority::Speed,
            Caps::default(),
            need(900, 101),
        )
        .unwrap();
        assert!(ranking.ranked.iter().all(|one| one.model != "flash-lite"));
        assert!(ranking.excluded[0].reason.contains("context 1000"));
        let one = [candidates.remove(0)];
        assert!(
            rank(&one, Priority::Speed, Caps::default(), need(2000, 1))
                .unwrap_err()
                .contains("the context")
        );
    }

    #[test]
    fn what_was_observed_goes_before_the_catalogue() {
        let mut candidates = vector();
        candidates[0].observed_ms = Some(9000.0);
        let ranking = rank(
            &candidates,
            Priority::Speed,
            Caps::default(),
            Need::default(),
        )
        .unwrap();
        assert_eq!(ranking.ranked[0].model, "mini");
        assert!(
            ranking
                .ranked
                .iter()
                .any(|one| one.observed && one.latency_norm == 1.0)
        );
    }

    #[test]
    fn one_candidate_alone_is_chosen() {
        let ranking = rank(
            &vector()[5..],
            Priority::Cost,
            Caps::default(),
            Need::default(),
        )
        .unwrap();
        assert!((ranking.ranked[0].score - 0.9).abs() < 1e-12);
    }
}
