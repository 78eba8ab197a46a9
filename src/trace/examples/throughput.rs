//! How fast runs are read, beside a bare JSON parse of the same bytes: `... --example throughput -- FILE...`.
//!
//! Figures are MB per CPU second of one thread, the best of five, so that other work on the machine does not count.

use std::hint::black_box;

use looplint_model::{Domain, Settings, Source};
use looplint_trace::{Trace, Traces};

const N_TRIES: usize = 5;

fn main() {
    println!(
        "{:<28} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "file", "MB", "skip", "DOM", "tape", "read", "facts"
    );
    for name in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&name) else {
            continue;
        };
        let mut sources = Traces::decode(&name, bytes).sources;
        if sources.is_empty() {
            continue;
        }
        let source = sources.remove(0);
        let megabytes = source.text.len() as f64 / 1e6;
        let rate = |work: &dyn Fn(&Source)| {
            best(&source, work).map_or("-".to_string(), |seconds| {
                format!("{:.0}", megabytes / seconds)
            })
        };
        let short: String = name
            .rsplit('/')
            .next()
            .unwrap_or(&name)
            .chars()
            .take(28)
            .collect();
        println!(
            "{short:<28} {megabytes:>7.1} {:>9} {:>9} {:>9} {:>9} {:>9}",
            rate(&|source| skip(&source.text)),
            rate(&|source| dom(&source.text)),
            rate(&|source| {
                black_box(looplint_trace::json::n_values(&source.text));
            }),
            rate(
                &|source| Traces::open(source, &Settings::default(), |document, _, _| {
                    black_box(document.runs.len());
                })
            ),
            rate(
                &|source| Traces::open(source, &Settings::default(), |document, _, _| document
                    .runs
                    .iter()
                    .for_each(facts))
            ),
        );
    }
}

/// Checks the grammar and keeps nothing.
fn skip(text: &str) {
    for value in serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>() {
        black_box(value.is_ok());
    }
}

/// Keeps everything, in serde_json's own tree.
fn dom(text: &str) {
    for value in serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>() {
        black_box(value.is_ok());
    }
}

/// What nearly every rule asks for.
fn facts(run: &Trace<'_>) {
    black_box((
        run.call_facts().len(),
        run.repeats().len(),
        run.handoffs().len(),
        run.stops().len(),
    ));
    for at in 0..run.turns.len() {
        black_box((run.words(at).len(), run.news(at)));
    }
    for at in 0..run.calls.len() {
        black_box(run.ungrounded(at));
    }
}

fn best(source: &Source, work: &dyn Fn(&Source)) -> Option<f64> {
    let mut best: Option<f64> = None;
    for _ in 0..N_TRIES {
        let before = cpu_seconds()?;
        work(source);
        let took = cpu_seconds()? - before;
        best = Some(best.map_or(took, |best| best.min(took)));
    }
    best
}

/// Seconds this thread has run, as Linux counts them.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}
