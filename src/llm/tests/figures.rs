//! The figures that the documentation quotes: `cargo test --release -p looplint-llm --test figures -- --ignored --nocapture`.
#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, missing_docs)]

mod fake;

use std::time::{Duration, Instant};

use fake::{Fake, Reply};
use futures_util::future::join_all;
use looplint_llm::catalogue::Model;
use looplint_llm::client::{Client, Job, Options, Outcome, block_on};
use looplint_llm::explain::{Topic, prompts};
use looplint_llm::metrics::summary;
use looplint_llm::pack::pack;
use looplint_llm::prompt::Prompt;
use looplint_llm::provider::Provider;
use looplint_llm::redact::Redactor;
use looplint_llm::run::{RunText, RunTurn};
use looplint_llm::store::{BYTES_MAX, Store};
use looplint_llm::tokens::Tokenizer;
use looplint_llm::wire::Dialect;
use looplint_model::{Confidence, Finding, Page, Severity, Source, Span};

const PAGE: &str = "---\nsummary: A list is searched in a loop\ncost_before: O(n * m)\ncost_after: O(n + m)\n---\n\n`x in a_list` looks at every element until it finds one, and a loop does so again and again.\nBuild a set before the loop; a set finds an element in one step.\n";

fn file_with_findings(n_lines: usize, n_findings: usize) -> Vec<Prompt> {
    let text: String = (0..n_lines)
        .map(|at| format!("    if order_{at} in names: found.append(order_{at})\n"))
        .collect();
    let source = Source::new("shop/orders.py", text);
    let page = Page::of_rule("list-membership-in-loop", "python", PAGE, "");
    let findings: Vec<Finding> = (0..n_findings)
        .map(|at| {
            let start = (at * source.text.len() / n_findings) as u32;
            Finding {
                rule: "list-membership-in-loop",
                domain: "python",
                span: Span::new(start, start + 20),
                message:
                    "`order in names` scans a list for each order; build a set before the loop"
                        .into(),
                suggestion: String::new(),
                label: String::new(),
                severity: Severity::Warning,
                confidence: Confidence::Proven,
                related: Vec::new(),
                cost: None,
                fix: None,
                run: None,
            }
        })
        .collect();
    let topic = Topic {
        source: &source,
        run: None,
        findings: findings.iter().map(|finding| (finding, &page)).collect(),
    };
    prompts(&topic, &Redactor::new())
}

fn options(fake: &Fake) -> Options {
    Options {
        providers: vec![Provider {
            name: "p".into(),
            base: fake.base.clone(),
            dialect: Dialect::OpenAi,
            key: None,
            local: true,
        }],
        catalogue: vec![Model::unlisted("m", "p")],
        concurrency: 8,
        ..Options::default()
    }
}

fn print_calls(what: &str, fake: &Fake, outcomes: &[Outcome]) {
    let usages: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().unwrap().usage)
        .collect();
    let prompt: u64 = usages.iter().map(|usage| usage.prompt).sum();
    let cached: u64 = usages.iter().map(|usage| usage.cached).sum();
    println!(
        "{what}: {} calls, {prompt} prompt tokens, {} computed anew",
        fake.n_calls(),
        prompt - cached
    );
}

#[test]
#[ignore = "prints figures"]
fn sharing_grouping_and_keeping() {
    for n_lines in [10, 50, 300, 1000] {
        let prompts = file_with_findings(n_lines, 20);
        let least = prompts
            .iter()
            .flat_map(|a| {
                prompts
                    .iter()
                    .map(move |b| a.shared_with(b) as f64 / a.n_bytes().min(b.n_bytes()) as f64)
            })
            .fold(1.0, f64::min);
        println!(
            "{n_lines} lines: prompts of {} bytes share at least {:.2} %",
            prompts[0].n_bytes(),
            least * 100.0
        );
    }
    let jobs: Vec<Job> = file_with_findings(300, 20)
        .into_iter()
        .map(Job::Explain)
        .collect();
    let slow =
        |_: &fake::Seen| Reply::Slow("It searches a list. ".repeat(5), Duration::from_millis(2));
    let fake = Fake::new(slow);
    let apart = block_on(join_all(jobs.iter().map(|job| async {
        Client::new(options(&fake))
            .unwrap()
            .run(std::slice::from_ref(job), &|_| {})
            .await
            .remove(0)
    })));
    print_calls("without grouping", &fake, &apart.unwrap());

    let folder = tempfile::tempdir().unwrap();
    let with = |fake: &Fake| Options {
        store: Some(Store::new(folder.path(), BYTES_MAX)),
        ..options(fake)
    };
    let fake = Fake::new(slow);
    let grouped = block_on(Client::new(with(&fake)).unwrap().run(&jobs, &|_| {})).unwrap();
    print_calls("with grouping", &fake, &grouped);
    block_on(Client::new(with(&fake)).unwrap().run(&jobs, &|_| {})).unwrap();
    let all = summary(&Store::new(folder.path(), BYTES_MAX).records())
        .pop()
        .unwrap();
    println!(
        "a second run: {} calls in all, {} answers kept, hit rate {:?}",
        all.calls, all.hits, all.hit_rate
    );
}

/// Seconds that this thread was on a processor, which other work on the machine does not change.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ')
        .next()
        .and_then(|ns| ns.parse::<f64>().ok())
        .unwrap_or(f64::NAN)
        / 1e9
}

#[test]
#[ignore = "prints figures"]
fn packing_a_long_run() {
    let turns = (0..10_000)
        .map(|at| RunTurn {
            number: at,
            role: if at % 2 == 0 { "assistant" } else { "tool" }.into(),
            agent: String::new(),
            text: format!(
                "step {at}: {}",
                "some output of a tool, with numbers 12345 and words\n".repeat(at as usize % 17)
            ),
        })
        .collect();
    let run = RunText {
        id: "long".into(),
        goal: "Find the words and numbers".into(),
        result: Some("done".into()),
        turns,
    };
    let n_bytes: usize = run.turns.iter().map(|turn| turn.text.len()).sum();
    let start = Instant::now();
    Tokenizer::O200k.count("x");
    println!(
        "unpacking the vocabulary: {:.2} s",
        start.elapsed().as_secs_f64()
    );
    for budget in [2_000, 8_000, 32_000, 128_000, 1_000_000, 10_000_000] {
        let (start, on) = (Instant::now(), cpu());
        let packed = pack(&run, &[5000, 9000], budget, Tokenizer::O200k).unwrap();
        println!(
            "10,000 turns, {n_bytes} bytes, at most {budget}: {} tokens, {} turns shown, {:.2} s, {:.2} CPU s",
            packed.tokens,
            packed.shown.len(),
            start.elapsed().as_secs_f64(),
            cpu() - on
        );
    }
}
