//! The client against a real llama.cpp server. Run by `real_model.py`, which installs, starts and restarts it.
//!
//! What the model says is not judged: it is a small base model. That it is asked, streamed, cut, parsed, kept,
//! and that the server's own counters show the reuse, is.
#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use looplint_llm::catalogue::Model;
use looplint_llm::client::{Answer, Client, Event, Job, Options, block_on, first_model};
use looplint_llm::explain::{Topic, prompts};
use looplint_llm::judge::{Mode, Standing, question, verify};
use looplint_llm::metrics::summary;
use looplint_llm::pack::pack;
use looplint_llm::provider::at;
use looplint_llm::redact::Redactor;
use looplint_llm::run::{RunText, RunTurn};
use looplint_llm::store::{BYTES_MAX, Store};
use looplint_llm::tokens::Tokenizer;
use looplint_model::{Confidence, Finding, Page, Severity, Source, Span};

const PAGE: &str = "---\nsummary: A list is searched in a loop\ncost_before: O(n * m)\ncost_after: O(n + m)\n---\n\n`x in a_list` looks at every element until it finds one, and a loop does so again and again.\nBuild a set before the loop; a set finds an element in one step.\n";

const CODE: &str = "\
def matching(orders, names, cities, banned):
    found = []
    for order in orders:
        if order.name in names:
            found.append(order)
    for order in orders:
        if order.city in cities:
            found.append(order)
    for order in found:
        if order.name in banned:
            raise ValueError(order)
    return found
";

fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("run real_model.py, which sets {name}"))
}

fn options(output_max: u64, slots: bool) -> Options {
    let provider = at(&environment("LOOPLINT_REAL_URL"), None, &|_| None).unwrap();
    let id = block_on(first_model(&provider, Duration::from_secs(60)))
        .unwrap()
        .unwrap();
    let row = Model {
        output_max,
        context: 4096,
        ..Model::unlisted(&id, &provider.name)
    };
    Options {
        providers: vec![provider],
        catalogue: vec![row],
        timeout: Duration::from_secs(1200),
        store: Some(Store::new(
            PathBuf::from(environment("LOOPLINT_REAL_STORE")),
            BYTES_MAX,
        )),
        slots,
        ..Options::default()
    }
}

/// Explanations of the three findings, asked about a file of this name.
fn jobs(name: &str) -> Vec<Job> {
    let source = Source::new(name, CODE);
    let page = Page::of_rule("list-membership-in-loop", "python", PAGE, "");
    let finding = |text: &str| {
        let start = CODE.find(text).unwrap() as u32;
        Finding {
            rule: "list-membership-in-loop",
            domain: "python",
            span: Span::new(start, start + text.len() as u32),
            message: format!("`{text}` scans a list for each order; build a set before the loop"),
            suggestion: String::new(),
            label: String::new(),
            severity: Severity::Warning,
            confidence: Confidence::Proven,
            related: Vec::new(),
            cost: None,
            fix: None,
            run: None,
        }
    };
    let findings = [
        "order.name in names",
        "order.city in cities",
        "order.name in banned",
    ]
    .map(finding);
    let topic = Topic {
        source: &source,
        run: None,
        findings: findings.iter().map(|finding| (finding, &page)).collect(),
    };
    prompts(&topic, &Redactor::new())
        .into_iter()
        .map(Job::Explain)
        .collect()
}

fn explain(options: Options, name: &str) -> (Vec<Answer>, Vec<Event>) {
    let events = Mutex::new(Vec::new());
    let client = Client::new(options).unwrap();
    let outcomes =
        block_on(client.run(&jobs(name), &|event| events.lock().unwrap().push(event))).unwrap();
    let answers = outcomes.into_iter().map(Result::unwrap).collect();
    (answers, events.into_inner().unwrap())
}

fn warnings(events: &[Event]) -> Vec<&Event> {
    events
        .iter()
        .filter(|event| matches!(event, Event::Warning(_)))
        .collect()
}

fn print_usage(what: &str, answers: &[Answer]) {
    for (at, answer) in answers.iter().enumerate() {
        let usage = answer.usage;
        println!(
            "{what} {}: prompt {} tokens, reused {}, answer {}",
            at + 1,
            usage.prompt,
            usage.cached,
            usage.completion
        );
    }
}

#[test]
#[ignore = "needs the server that real_model.py starts"]
fn first_start() {
    let (answers, events) = explain(options(40, false), "orders.py");
    print_usage("explanation", &answers);
    let n_deltas = events
        .iter()
        .filter(|event| matches!(event, Event::Delta { job: 0, .. }))
        .count();
    assert!(n_deltas > 3, "streamed in {n_deltas} pieces");
    for answer in &answers[1..] {
        assert!(
            answer.usage.cached * 10 >= answer.usage.prompt * 9,
            "the server reused {:?}",
            answer.usage
        );
    }
    let calls = || {
        summary(&options(40, false).store.unwrap().records())
            .pop()
            .unwrap()
            .calls
    };
    let before = calls();
    let (again, _) = explain(options(40, false), "orders.py");
    assert_eq!(calls(), before, "the second run makes no call");
    assert!(again.iter().all(|answer| answer.from_cache));
    let texts = |answers: &[Answer]| {
        answers
            .iter()
            .map(|answer| answer.text.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(&again), texts(&answers));
    println!(
        "second run: 0 calls, {} answers of equal bytes",
        again.len()
    );

    let turn = |number, role: &str, text: &str| RunTurn {
        number,
        role: role.into(),
        agent: String::new(),
        text: text.into(),
    };
    let run = RunText {
        id: "1".into(),
        goal: "Find the price of the lamp".into(),
        result: Some("42 euros".into()),
        turns: vec![
            turn(1, "user", "Find the price of the lamp"),
            turn(2, "assistant", "It is surely 42 euros, no need to look."),
        ],
    };
    let packed = pack(&run, &[], 1000, Tokenizer::O200k).unwrap();
    let modes = [Mode {
        name: "HALLUCINATION".into(),
        summary: "states what no tool returned".into(),
    }];
    let open = Standing::Open("the run failed and no rule fired".into());
    let asked = question(&run, &packed, &modes, &[], &open, &Redactor::new());
    let client = Client::new(options(500, false)).unwrap();
    let outcome = block_on(client.run(&[Job::Judge(asked.clone())], &|_| {}))
        .unwrap()
        .remove(0)
        .unwrap();
    let answer = asked.parse(&outcome.text).unwrap();
    println!(
        "verdict of the asked shape: {answer:?}, believed: {:?}",
        verify(&answer, &run, &packed)
    );

    let (answers, events) = explain(options(8, true), "kept.py");
    assert_eq!(warnings(&events), Vec::<&Event>::new());
    print_usage("with a slot", &answers);
}

#[test]
#[ignore = "needs the server that real_model.py starts"]
fn after_restart() {
    // Another length makes other requests, so nothing comes from the cache of answers.
    let (answers, events) = explain(options(9, true), "kept.py");
    print_usage("after a restart", &answers);
    assert_eq!(warnings(&events), Vec::<&Event>::new());
    let usage = answers[0].usage;
    assert!(
        !answers[0].from_cache && usage.cached * 10 >= usage.prompt * 9,
        "restored, and reused {usage:?}"
    );
}

#[test]
#[ignore = "needs the server that real_model.py starts"]
fn after_loss() {
    // The server was restarted with other flags: what was saved is not asked for.
    let (answers, events) = explain(options(10, true), "kept.py");
    print_usage("with other flags", &answers);
    println!("{:?}", warnings(&events));
    assert!(
        answers[0].usage.cached * 10 < answers[0].usage.prompt * 9,
        "nothing to reuse on the first call"
    );
}
