//! The client against a scripted server: grouping, cache, failures, budget, cancellation.
#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, missing_docs)]

mod fake;

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use fake::{Fake, Reply, Seen};
use looplint_llm::budget::{Budget, Spent};
use looplint_llm::catalogue::Model;
use looplint_llm::client::{Client, Event, Job, Options, Outcome, Stop, block_on, first_model};
use looplint_llm::metrics::{Record, summary};
use looplint_llm::prompt::Prompt;
use looplint_llm::provider::{Key, Provider};
use looplint_llm::redact::Redactor;
use looplint_llm::route::{Need, Priority};
use looplint_llm::store::{BYTES_MAX, Store};
use looplint_llm::wire::Dialect;

const KEY: &str = "a-secret-that-has-no-shape-0451";

fn provider(name: &str, fake: &Fake) -> Provider {
    Provider {
        name: name.into(),
        base: fake.base.clone(),
        dialect: Dialect::OpenAi,
        key: Some(Key::new(KEY, "TEST_API_KEY")),
        local: true,
    }
}

/// A row that is asked the sooner the lower its latency is.
fn model(id: &str, provider: &str, latency_ms: f64) -> Model {
    Model {
        latency_ms,
        price_in: 1.0,
        price_out: 1.0,
        ..Model::unlisted(id, provider)
    }
}

fn options(fake: &Fake) -> Options {
    Options {
        providers: vec![provider("p", fake)],
        catalogue: vec![model("first", "p", 1.0), model("second", "p", 2.0)],
        priority: Priority::Speed,
        timeout: Duration::from_secs(20),
        ..Options::default()
    }
}

fn store(folder: &Path) -> Option<Store> {
    Some(Store::new(folder, BYTES_MAX))
}

/// `n` jobs with one beginning.
fn jobs(shared: &str, n: usize) -> Vec<Job> {
    let shared = format!("{shared} ").repeat(300);
    let prompt = |at| {
        Prompt::new(
            &Redactor::new(),
            "You explain.\n",
            &shared,
            &format!("Explain finding {at}."),
        )
    };
    (0..n).map(|at| Job::Explain(prompt(at))).collect()
}

/// Jobs of which each has another beginning.
fn apart(n: usize) -> Vec<Job> {
    (0..n)
        .flat_map(|at| jobs(&format!("file{at}"), 1))
        .collect()
}

fn run(options: Options, jobs: &[Job]) -> (Vec<Outcome>, Vec<Event>) {
    let client = Client::new(options).unwrap();
    let events = Mutex::new(Vec::new());
    let outcomes = block_on(client.run(jobs, &|event| events.lock().unwrap().push(event))).unwrap();
    (outcomes, events.into_inner().unwrap())
}

fn texts(outcomes: &[Outcome]) -> Vec<String> {
    outcomes
        .iter()
        .map(|outcome| {
            outcome
                .as_ref()
                .map_or_else(|stop| format!("!{stop}"), |answer| answer.text.clone())
        })
        .collect()
}

fn models(seen: &[Seen]) -> Vec<String> {
    seen.iter().map(Seen::model).collect()
}

fn outcomes_recorded(folder: &Path) -> Vec<String> {
    Store::new(folder, BYTES_MAX)
        .records()
        .into_iter()
        .map(|record| record.outcome)
        .collect()
}

/// Every byte of every file below a folder.
fn all_bytes(folder: &Path) -> String {
    let mut out = String::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            out.push_str(&all_bytes(&entry.path()));
        } else {
            out.push_str(&String::from_utf8_lossy(
                &std::fs::read(entry.path()).unwrap(),
            ));
        }
    }
    out
}

#[test]
fn the_first_of_a_file_alone_then_the_rest_together() {
    let fake = Fake::new(|seen| {
        Reply::Slow(
            format!("answer to {}", &seen.prompt()[seen.prompt().len() - 3..]),
            Duration::from_millis(5),
        )
    });
    let (outcomes, events) = run(
        Options {
            concurrency: 3,
            ..options(&fake)
        },
        &jobs("file", 20),
    );
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(
        texts(&outcomes)[7].ends_with(" 7."),
        "{:?}",
        texts(&outcomes)[7]
    );
    let seen = fake.seen();
    assert_eq!(seen.len(), 20);
    assert!(
        seen[1..].iter().all(|one| one.answered_before >= 1),
        "the rest waited for the first"
    );
    assert!(
        (2..=3).contains(&fake.most_in_flight()),
        "{}",
        fake.most_in_flight()
    );
    // By the server's own count, all but the question was there already.
    for outcome in &outcomes[1..] {
        let usage = outcome.as_ref().unwrap().usage;
        assert!(usage.cached * 100 >= usage.prompt * 95, "{usage:?}");
    }
    let streamed: String = events
        .iter()
        .filter_map(|event| match event {
            Event::Delta { job: 3, text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(streamed, texts(&outcomes)[3]);
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, Event::Done { .. }))
            .count(),
        20
    );
}

#[test]
fn files_in_turn_do_not_drive_each_other_out_of_a_local_server() {
    let fake = Fake::saying("fine");
    let jobs: Vec<Job> = jobs("one", 4)
        .into_iter()
        .zip(jobs("two", 4))
        .flat_map(|(a, b)| [a, b])
        .collect();
    let (outcomes, _) = run(options(&fake), &jobs);
    assert!(outcomes.iter().all(Result::is_ok));
    let files: Vec<bool> = fake
        .seen()
        .iter()
        .map(|seen| seen.prompt().contains("two two"))
        .collect();
    assert_eq!(files, [false, false, false, false, true, true, true, true]);
}

#[test]
fn encryption_is_built_in() {
    let fake = Fake::saying("fine");
    let mut options = options(&fake);
    options.providers[0].local = false;
    // A handshake with a server that speaks none: an error, and one that is not "no such scheme".
    options.providers[0].base = fake.base.replace("http:", "https:");
    let (outcomes, _) = run(options, &jobs("file", 1));
    let Err(stop) = &outcomes[0] else {
        panic!("{outcomes:?}")
    };
    assert!(
        stop.to_string().contains("no connection: ") && !stop.to_string().contains("scheme"),
        "{stop}"
    );
    assert!(
        !format!("{:?}", fake.seen()).contains(KEY),
        "nothing was said before the handshake"
    );
}

#[test]
fn a_second_run_makes_no_call_and_gives_equal_bytes() {
    let fake = Fake::new(|seen| Reply::Words(format!("answer number {}", seen.number)));
    let folder = tempfile::tempdir().unwrap();
    let with = || Options {
        store: store(folder.path()),
        ..options(&fake)
    };
    let (first, _) = run(with(), &jobs("file", 5));
    assert_eq!(fake.n_calls(), 5);
    let (second, events) = run(with(), &jobs("file", 5));
    assert_eq!(fake.n_calls(), 5);
    assert_eq!(texts(&first), texts(&second));
    assert!(
        second
            .iter()
            .all(|outcome| outcome.as_ref().unwrap().from_cache)
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Delta { job: 4, .. }))
    );
    let all = summary(&Store::new(folder.path(), BYTES_MAX).records())
        .pop()
        .unwrap();
    assert_eq!((all.calls, all.hits, all.hit_rate), (5, 5, Some(0.5)));
    // Another question, another model: nothing kept fits.
    run(with(), &jobs("file", 6));
    assert_eq!(fake.n_calls(), 6);
    run(
        Options {
            model: Some("second".into()),
            ..with()
        },
        &jobs("file", 1),
    );
    assert_eq!(fake.n_calls(), 7);
}

#[test]
fn a_refused_key_is_not_tried_again() {
    let fake = Fake::new(|_| {
        Reply::Status(
            401,
            String::new(),
            format!("{{\"error\": {{\"message\": \"bad key {KEY}\"}}}}"),
        )
    });
    let folder = tempfile::tempdir().unwrap();
    let (outcomes, events) = run(
        Options {
            store: store(folder.path()),
            ..options(&fake)
        },
        &jobs("file", 4),
    );
    assert_eq!(
        fake.n_calls(),
        1,
        "neither the next model nor the next job asks this provider"
    );
    let Err(Stop::Failed(tried)) = &outcomes[0] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(
        tried[0].1,
        "401 the key was refused: bad key [redacted:key]"
    );
    assert!(!format!("{outcomes:?}{events:?}").contains(KEY));
    assert_eq!(outcomes_recorded(folder.path()), ["401"]);
}

#[test]
fn another_provider_answers_where_one_refuses_the_key() {
    let (bad, good) = (
        Fake::new(|_| Reply::Status(403, String::new(), String::new())),
        Fake::saying("fine"),
    );
    let mut options = options(&bad);
    options.providers.push(provider("q", &good));
    options.catalogue.push(model("third", "q", 3.0));
    let (outcomes, _) = run(options, &jobs("file", 3));
    assert_eq!((bad.n_calls(), good.n_calls()), (1, 3));
    assert_eq!(texts(&outcomes), ["fine"; 3]);
}

#[test]
fn retry_after_is_honoured() {
    let fake = Fake::new(|seen| match seen.number {
        0 => Reply::Status(429, "retry-after: 1\r\n".into(), "{}".into()),
        _ => Reply::Words("fine".into()),
    });
    let folder = tempfile::tempdir().unwrap();
    let (outcomes, _) = run(
        Options {
            store: store(folder.path()),
            ..options(&fake)
        },
        &jobs("file", 1),
    );
    assert_eq!(texts(&outcomes), ["fine"]);
    let seen = fake.seen();
    assert_eq!(models(&seen), ["first", "first"]);
    // A lower bound, which no load can break.
    assert!(seen[1].came - seen[0].came >= Duration::from_secs(1));
    assert_eq!(outcomes_recorded(folder.path()), ["429", "ok"]);
}

#[test]
fn a_wait_that_is_too_long_goes_to_the_next() {
    let fake = Fake::new(|seen| match seen.model().as_str() {
        "first" => Reply::Status(429, "retry-after: 3600\r\n".into(), "{}".into()),
        _ => Reply::Words("fine".into()),
    });
    let (outcomes, _) = run(options(&fake), &jobs("file", 1));
    assert_eq!(
        (texts(&outcomes), models(&fake.seen())),
        (vec!["fine".into()], vec!["first".into(), "second".into()])
    );
}

#[test]
fn failures_go_to_the_next_candidate_and_are_recorded() {
    let long = Duration::from_secs(30);
    let replies = [
        (Reply::Status(500, String::new(), "{}".into()), "500"),
        (Reply::Status(503, String::new(), "<html>".into()), "503"),
        (
            Reply::Status(
                404,
                String::new(),
                "{\"error\": {\"message\": \"no such model\"}}".into(),
            ),
            "404",
        ),
        (
            Reply::Status(
                302,
                "location: http://127.0.0.1:1/\r\n".into(),
                String::new(),
            ),
            "302",
        ),
        (Reply::Hang(long), "timeout"),
        (Reply::Close, "connect"),
        (Reply::Malformed, "malformed"),
        (Reply::Truncated("half an ans".into()), "truncated"),
        (Reply::Words(String::new()), "malformed"),
        (
            Reply::Words("<think>only thoughts</think>".into()),
            "malformed",
        ),
    ];
    for (reply, code) in replies {
        let fake = Fake::new(move |seen| match seen.model().as_str() {
            "first" => reply.clone(),
            _ => Reply::Words("fine".into()),
        });
        let folder = tempfile::tempdir().unwrap();
        let options = || Options {
            timeout: Duration::from_secs(2),
            store: store(folder.path()),
            ..options(&fake)
        };
        let (outcomes, events) = run(options(), &jobs("file", 1));
        assert_eq!(texts(&outcomes), ["fine"], "{code}");
        assert_eq!(models(&fake.seen()), ["first", "second"], "{code}");
        assert_eq!(outcomes_recorded(folder.path()), [code, "ok"]);
        let restarts = events
            .iter()
            .filter(|event| matches!(event, Event::Restart { .. }))
            .count();
        assert_eq!(restarts, usize::from(code == "truncated"));
        // The failure was not kept: only the good answer was.
        let (again, _) = run(options(), &jobs("file", 1));
        assert_eq!(
            (texts(&again), fake.n_calls()),
            (vec!["fine".into()], 2),
            "{code}"
        );
        assert!(!all_bytes(folder.path()).contains("half an"), "{code}");
    }
}

#[test]
fn the_only_candidate_is_asked_once_more() {
    let fake = Fake::new(|seen| match seen.number {
        0 => Reply::Status(500, String::new(), "{}".into()),
        _ => Reply::Words("fine".into()),
    });
    let (outcomes, _) = run(
        Options {
            model: Some("first".into()),
            ..options(&fake)
        },
        &jobs("file", 1),
    );
    assert_eq!((texts(&outcomes), fake.n_calls()), (vec!["fine".into()], 2));
    let broken = Fake::new(|_| Reply::Status(500, String::new(), "{}".into()));
    let (outcomes, _) = run(
        Options {
            model: Some("first".into()),
            ..options(&broken)
        },
        &jobs("file", 1),
    );
    assert!(
        matches!(&outcomes[0], Err(Stop::Failed(tried)) if tried[0].1 == "500 the server failed")
    );
    assert_eq!(broken.n_calls(), 2);
}

#[test]
fn three_failures_in_a_row_cool_a_model_down() {
    let fake = Fake::new(|seen| match seen.model().as_str() {
        "first" => Reply::Status(500, String::new(), "{}".into()),
        _ => Reply::Words("fine".into()),
    });
    let (outcomes, _) = run(
        Options {
            concurrency: 1,
            ..options(&fake)
        },
        &apart(8),
    );
    assert_eq!(texts(&outcomes), ["fine"; 8]);
    // With one call at a time, each of the eight begins with the first model until it is cooled down.
    let n_first = models(&fake.seen())
        .iter()
        .filter(|model| *model == "first")
        .count();
    assert!((3..=8).contains(&n_first), "{n_first}");
    let mut again = options(&fake);
    again.concurrency = 1;
    let before = fake.n_calls();
    let client = Client::new(again).unwrap();
    for job in apart(6) {
        block_on(client.run(&[job], &|_| {})).unwrap();
    }
    let asked = models(&fake.seen()[before..]);
    assert_eq!(
        asked.iter().filter(|model| *model == "first").count(),
        3,
        "{asked:?}"
    );
}

#[test]
fn money_is_never_overspent() {
    let fake = Fake::new(|_| Reply::Whole("word ".repeat(50)));
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options {
        store: store(folder.path()),
        ..options(&fake)
    };
    options.catalogue = vec![Model {
        price_in: 100.0,
        price_out: 100.0,
        ..model("dear", "p", 1.0)
    }];
    options.budget = Budget {
        usd: Some(0.5),
        seconds: None,
    };
    let (outcomes, _) = run(options, &apart(12));
    let spent: f64 = Store::new(folder.path(), BYTES_MAX)
        .records()
        .iter()
        .map(|record| record.usd)
        .sum();
    let answered = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(
        (1..12).contains(&answered) && spent > 0.0 && spent <= 0.5,
        "{answered} answers for ${spent}"
    );
    assert!(
        outcomes
            .iter()
            .any(|outcome| matches!(outcome, Err(Stop::Budget(Spent::Money { .. }))))
    );
    assert_eq!(fake.n_calls(), answered);
}

#[test]
fn a_budget_of_nothing_makes_no_call_and_unknown_prices_are_refused() {
    let fake = Fake::saying("fine");
    let nothing = Budget {
        usd: Some(0.0),
        seconds: None,
    };
    let (outcomes, _) = run(
        Options {
            budget: nothing,
            ..options(&fake)
        },
        &jobs("file", 2),
    );
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Err(Stop::Budget(_))))
    );
    let (outcomes, _) = run(
        Options {
            budget: Budget {
                usd: None,
                seconds: Some(0.0),
            },
            ..options(&fake)
        },
        &jobs("file", 2),
    );
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Err(Stop::Budget(Spent::Time(_)))))
    );
    assert_eq!(fake.n_calls(), 0);
    let mut options = Options {
        budget: nothing,
        model: Some("new-model".into()),
        ..options(&fake)
    };
    assert!(
        Client::new(Options {
            providers: options.providers.clone(),
            catalogue: Vec::new(),
            ..options_like(&options)
        })
        .is_ok(),
        "a local server costs nothing"
    );
    options.providers[0].local = false;
    assert!(
        Client::new(options)
            .unwrap_err()
            .contains("the price of `new-model` is not known")
    );
}

fn options_like(options: &Options) -> Options {
    Options {
        budget: options.budget,
        model: options.model.clone(),
        ..Options::default()
    }
}

#[test]
fn time_runs_out_in_mid_call() {
    let fake = Fake::new(|seen| match seen.number {
        0 => Reply::Words("fine".into()),
        _ => Reply::Hang(Duration::from_secs(30)),
    });
    let budget = Budget {
        usd: None,
        seconds: Some(3.0),
    };
    let (outcomes, _) = run(
        Options {
            budget,
            concurrency: 1,
            ..options(&fake)
        },
        &jobs("file", 3),
    );
    assert_eq!(texts(&outcomes)[0], "fine");
    assert!(
        outcomes[1..]
            .iter()
            .all(|outcome| matches!(outcome, Err(Stop::Budget(Spent::Time(_))))),
        "{outcomes:?}"
    );
}

#[test]
fn stopping_leaves_what_was_done() {
    let fake = Fake::new(|seen| match seen.number {
        0 => Reply::Words("fine".into()),
        _ => Reply::Hang(Duration::from_secs(30)),
    });
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(Options {
        store: store(folder.path()),
        concurrency: 2,
        ..options(&fake)
    })
    .unwrap();
    let cancel = client.cancel();
    let stop_at_first = move |event| {
        if matches!(event, Event::Done { .. }) {
            cancel.cancel();
        }
    };
    let outcomes = block_on(client.run(&jobs("file", 5), &stop_at_first)).unwrap();
    assert_eq!(texts(&outcomes)[0], "fine");
    assert!(
        outcomes[1..]
            .iter()
            .all(|outcome| *outcome == Err(Stop::Cancelled)),
        "{outcomes:?}"
    );
    let before = fake.n_calls();
    let (again, _) = run(
        Options {
            store: store(folder.path()),
            ..options(&fake)
        },
        &jobs("file", 1),
    );
    assert_eq!(
        (texts(&again), fake.n_calls()),
        (vec!["fine".into()], before)
    );
}

#[test]
fn a_call_under_way_is_dropped_and_recorded() {
    let fake = Fake::new(|_| Reply::Slow("word ".repeat(1000), Duration::from_millis(20)));
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(Options {
        store: store(folder.path()),
        ..options(&fake)
    })
    .unwrap();
    let cancel = client.cancel();
    let stop = move |event| {
        if matches!(event, Event::Delta { .. }) {
            cancel.cancel();
        }
    };
    let outcomes = block_on(client.run(&jobs("file", 2), &stop)).unwrap();
    assert_eq!(outcomes, [Err(Stop::Cancelled), Err(Stop::Cancelled)]);
    assert_eq!(outcomes_recorded(folder.path()), ["cancelled"]);
    assert!(!folder.path().join("answers").exists());
}

#[test]
fn the_key_is_nowhere_but_in_its_header() {
    let fake = Fake::new(|seen| match seen.number {
        0 => Reply::Words(format!("you sent {KEY}")),
        1 => Reply::Status(500, format!("x-echo: {KEY}\r\n"), format!("{KEY} {KEY}")),
        2 => Reply::Status(
            400,
            String::new(),
            format!("{{\"error\": {{\"message\": \"{}\"}}}}", &KEY.repeat(200)),
        ),
        _ => Reply::Malformed,
    });
    let folder = tempfile::tempdir().unwrap();
    let options = || Options {
        store: store(folder.path()),
        concurrency: 1,
        ..options(&fake)
    };
    let mut jobs = jobs("file", 3);
    jobs.push(Job::Explain(Prompt::new(
        &Redactor::new().with_literal(KEY, "key"),
        "s",
        &format!("KEY = '{KEY}'"),
        "q",
    )));
    let client = Client::new(options()).unwrap();
    let printed = client.dry_run(&jobs).unwrap();
    let (outcomes, events) = run(options(), &jobs);
    let errors: Vec<String> = outcomes
        .iter()
        .filter_map(|outcome| Some(outcome.as_ref().err()?.to_string()))
        .collect();
    assert!(!errors.is_empty());
    let ours = format!(
        "{client:?}{:?}{printed}{errors:?}{}",
        options(),
        all_bytes(folder.path()).replace("you sent", "")
    );
    let said_by_model = format!("{events:?}");
    // The model's own words are not ours to vouch for, but they are redacted of the key all the same.
    assert!(
        !ours.contains(KEY) && !said_by_model.contains(KEY),
        "{ours} {said_by_model}"
    );
    assert!(printed.contains("authorization: Bearer [key from TEST_API_KEY]"));
    for seen in fake.seen() {
        assert!(seen.head.contains(&format!("authorization: Bearer {KEY}")));
        assert!(!seen.body.contains(KEY) && !seen.path.contains(KEY));
    }
}

#[test]
fn a_dry_run_prints_the_bytes_that_are_sent() {
    let fake = Fake::saying("fine");
    let jobs = jobs("file", 3);
    let printed = Client::new(options(&fake)).unwrap().dry_run(&jobs).unwrap();
    assert_eq!(fake.n_calls(), 0);
    run(
        Options {
            concurrency: 1,
            ..options(&fake)
        },
        &jobs,
    );
    let mut at = 0;
    for seen in fake.seen() {
        let found = printed[at..].find(&seen.body);
        at += found.unwrap() + seen.body.len();
    }
    assert!(printed.starts_with(&format!("POST {}/chat/completions\n", fake.base)));
}

#[test]
fn secrets_in_code_do_not_leave() {
    let fake = Fake::saying("fine");
    let code = "password = 'hunter2hunter'\npath = '/home/ann/x'\nmail('ann@shop.example.org', '4111 1111 1111 1111')\n";
    let prompt = Prompt::new(&Redactor::new(), "s", code, "q");
    run(options(&fake), &[Job::Explain(prompt)]);
    let body = &fake.seen()[0].body;
    for secret in ["hunter2", "ann", "4111"] {
        assert!(!body.contains(secret), "{secret}");
    }
}

#[test]
fn the_other_dialect() {
    let fake = Fake::saying("because of this");
    let mut options = options(&fake);
    options.providers[0] = Provider {
        dialect: Dialect::Anthropic,
        base: fake.base.trim_end_matches("/v1").to_owned(),
        ..options.providers[0].clone()
    };
    let (outcomes, _) = run(options, &jobs("file", 3));
    assert_eq!(texts(&outcomes), ["because of this"; 3]);
    let seen = &fake.seen()[0];
    assert_eq!(seen.path, "/v1/messages");
    assert!(
        seen.head.contains(&format!("x-api-key: {KEY}"))
            && seen.head.contains("anthropic-version: 2023-06-01")
    );
    assert_eq!(
        seen.json()["messages"][0]["content"][0]["cache_control"]["type"],
        "ephemeral"
    );
    let usage = outcomes[2].as_ref().unwrap().usage;
    assert!(usage.cached * 100 >= usage.prompt * 95 && usage.completion > 0);
}

#[test]
fn servers_that_do_not_stream_serve_too() {
    let fake = Fake::new(|_| Reply::Whole("because of this".into()));
    let (outcomes, events) = run(options(&fake), &jobs("file", 1));
    assert_eq!(texts(&outcomes), ["because of this"]);
    assert_eq!(
        events[0],
        Event::Delta {
            job: 0,
            text: "because of this".into()
        }
    );
}

#[test]
fn what_was_observed_changes_who_is_asked() {
    let fake = Fake::saying("fine");
    let folder = tempfile::tempdir().unwrap();
    let slow = Record {
        model: "first".into(),
        provider: "p".into(),
        outcome: "ok".into(),
        ms: 9000.0,
        ..Record::default()
    };
    let kept = Store::new(folder.path(), BYTES_MAX);
    let first = |_: &Store| {
        let client = Client::new(Options {
            store: store(folder.path()),
            ..options(&fake)
        })
        .unwrap();
        client.route(Need::default()).unwrap().ranked.remove(0)
    };
    for _ in 0..4 {
        kept.record(&slow).unwrap();
        assert_eq!(first(&kept).model, "first");
    }
    kept.record(&slow).unwrap();
    assert_eq!(first(&kept).model, "second");
}

#[test]
fn nobody_to_ask_is_said() {
    let error = |options: Options| Client::new(options).unwrap_err();
    assert!(error(Options::default()).contains("OPENROUTER_API_KEY"));
    let fake = Fake::saying("x");
    assert!(
        error(Options {
            catalogue: Vec::new(),
            ..options(&fake)
        })
        .contains("name one")
    );
    let mut options = options(&fake);
    options.caps.latency_ms_max = Some(0.5);
    let (outcomes, _) = run(options, &jobs("file", 1));
    assert!(
        matches!(&outcomes[0], Err(Stop::NoModel(why)) if why.contains("latency cap of 0.5 ms"))
    );
    assert_eq!(fake.n_calls(), 0);
}

#[test]
fn no_server_at_all() {
    let fake = Fake::saying("x");
    let mut options = options(&fake);
    // A port that was ours and is closed now.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    options.providers[0].base = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let (outcomes, _) = run(options, &jobs("file", 1));
    let Err(stop) = &outcomes[0] else {
        panic!("{outcomes:?}")
    };
    assert!(
        stop.to_string().to_lowercase().contains("refused"),
        "{stop}"
    );
}

#[test]
fn a_server_tells_its_models() {
    let fake = Fake::new(|seen| match seen.path.as_str() {
        "/v1/models" => Reply::Status(
            200,
            String::new(),
            "{\"data\": [{\"id\": \"gemma\"}, {\"id\": \"other\"}]}".into(),
        ),
        _ => Reply::Malformed,
    });
    let ask =
        |provider: &Provider| block_on(first_model(provider, Duration::from_secs(20))).unwrap();
    assert_eq!(ask(&provider("p", &fake)), Ok("gemma".into()));
    let empty = Fake::new(|_| Reply::Status(200, String::new(), "{\"data\": []}".into()));
    assert!(
        ask(&provider("p", &empty))
            .unwrap_err()
            .contains("does not tell its models")
    );
}
