//! The judge and the slots against a scripted server.
#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, missing_docs)]

mod fake;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fake::{Fake, Reply};
use looplint_llm::catalogue::Model;
use looplint_llm::client::{Client, Event, Job, Options, Stop, block_on};
use looplint_llm::judge::{Mode, Question, Standing, question, verify};
use looplint_llm::pack::{Packed, pack};
use looplint_llm::prompt::Prompt;
use looplint_llm::provider::Provider;
use looplint_llm::redact::Redactor;
use looplint_llm::run::{RunText, RunTurn};
use looplint_llm::store::{BYTES_MAX, Store};
use looplint_llm::tokens::Tokenizer;
use looplint_llm::wire::Dialect;
use serde_json::json;

fn asked() -> (RunText, Packed, Question) {
    let turn = |number, role: &str, text: &str| RunTurn {
        number,
        role: role.into(),
        agent: String::new(),
        text: text.into(),
    };
    let run = RunText {
        id: "1".into(),
        goal: "Find the price".into(),
        result: Some("42 euros".into()),
        turns: vec![
            turn(1, "user", "Find the price"),
            turn(2, "assistant", "It is surely 42 euros, no need to look."),
        ],
    };
    let redactor = Redactor::new();
    let packed = pack(&run, &[], 2000, Tokenizer::O200k).unwrap();
    let modes = [Mode {
        name: "HALLUCINATION".into(),
        summary: "made up".into(),
    }];
    let question = question(
        &run,
        &packed,
        &modes,
        &[],
        &Standing::Open("no rule fired".into()),
        &redactor,
    );
    (run, packed, question)
}

fn verdict(quote: &str) -> String {
    json!({"quote": quote, "reason": "no tool was called", "mode": "HALLUCINATION", "turn": 2, "confidence": 70}).to_string()
}

fn options(fake: &Fake, dialect: Dialect) -> Options {
    let base = match dialect {
        Dialect::OpenAi => fake.base.clone(),
        Dialect::Anthropic => fake.base.trim_end_matches("/v1").to_owned(),
    };
    Options {
        providers: vec![Provider {
            name: "custom".into(),
            base,
            dialect,
            key: None,
            local: true,
        }],
        catalogue: vec![
            Model::unlisted("first", "custom"),
            Model::unlisted("second", "custom"),
        ],
        timeout: Duration::from_secs(20),
        ..Options::default()
    }
}

#[test]
fn a_verdict_in_the_asked_shape_in_both_dialects() {
    for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
        let fake = Fake::new(|_| Reply::Whole(verdict("surely 42 euros")));
        let (run, packed, question) = asked();
        let client = Client::new(options(&fake, dialect)).unwrap();
        let outcomes = block_on(client.run(&[Job::Judge(question.clone())], &|_| {})).unwrap();
        let answer = outcomes[0].as_ref().unwrap();
        let ruling = verify(&question.parse(&answer.text).unwrap(), &run, &packed).unwrap();
        assert_eq!(
            (ruling.mode.as_deref(), ruling.turn, ruling.quote_turn),
            (Some("HALLUCINATION"), 2, 2)
        );
        assert_eq!(fake.n_calls(), 1, "one call");
        let body = fake.seen()[0].json();
        assert!(body.get("stream").is_none());
        let schema = match dialect {
            Dialect::OpenAi => &body["response_format"]["json_schema"]["schema"],
            Dialect::Anthropic => &body["tools"][0]["input_schema"],
        };
        assert_eq!(
            schema["properties"]["mode"]["enum"],
            json!(["HALLUCINATION", "NONE"])
        );
    }
}

#[test]
fn an_unparsable_verdict_is_a_failure_and_never_kept() {
    let fake = Fake::new(|seen| match seen.model().as_str() {
        "first" => Reply::Whole("I think it failed.".into()),
        _ => Reply::Whole(verdict("surely 42 euros")),
    });
    let folder = tempfile::tempdir().unwrap();
    let (_, _, question) = asked();
    let with = || Options {
        store: Some(Store::new(folder.path(), BYTES_MAX)),
        ..options(&fake, Dialect::OpenAi)
    };
    let ask = |options| {
        block_on(
            Client::new(options)
                .unwrap()
                .run(&[Job::Judge(question.clone())], &|_| {}),
        )
        .unwrap()
    };
    let outcome = ask(with());
    assert_eq!(outcome[0].as_ref().unwrap().model, "second");
    let again = ask(Options {
        model: Some("first".into()),
        ..with()
    });
    assert!(
        matches!(&again[0], Err(Stop::Failed(tried)) if tried[0].1.starts_with("malformed answer: not the asked object"))
    );
    // The verdict of the second is kept, and serves without a call.
    let before = fake.n_calls();
    assert!(ask(with())[0].as_ref().unwrap().from_cache);
    assert_eq!(fake.n_calls(), before);
}

#[test]
fn a_quote_that_is_not_there_is_dropped_without_another_call() {
    let fake = Fake::new(|_| Reply::Whole(verdict("surely 99 euros")));
    let folder = tempfile::tempdir().unwrap();
    let (run, packed, question) = asked();
    for _ in 0..2 {
        let with = Options {
            store: Some(Store::new(folder.path(), BYTES_MAX)),
            ..options(&fake, Dialect::OpenAi)
        };
        let outcomes = block_on(
            Client::new(with)
                .unwrap()
                .run(&[Job::Judge(question.clone())], &|_| {}),
        )
        .unwrap();
        let answer = question.parse(&outcomes[0].as_ref().unwrap().text).unwrap();
        assert_eq!(
            verify(&answer, &run, &packed).unwrap_err(),
            "the quote is not in the run"
        );
    }
    assert_eq!(fake.n_calls(), 1);
}

/// A server with slots that forgets everything but its files when it restarts.
struct Slots {
    saved: AtomicBool,
    n_saves: AtomicUsize,
    n_restores: AtomicUsize,
    effective: AtomicBool,
}

fn serving_slots(slots: &'static Slots) -> Fake {
    Fake::new(move |seen| {
        let ok = |body: serde_json::Value| Reply::Status(200, String::new(), body.to_string());
        match seen.path.as_str() {
            "/props" => ok(json!({"model_path": "m.gguf", "total_slots": 1})),
            "/slots/0?action=save" => {
                slots.saved.store(true, Ordering::SeqCst);
                slots.n_saves.fetch_add(1, Ordering::SeqCst);
                ok(json!({"n_saved": 1000}))
            }
            "/slots/0?action=restore" if slots.saved.load(Ordering::SeqCst) => {
                slots.n_restores.fetch_add(1, Ordering::SeqCst);
                ok(json!({"n_restored": 1000}))
            }
            "/slots/0?action=restore" => Reply::Status(400, String::new(), "{}".into()),
            _ => {
                let cached = if slots.effective.load(Ordering::SeqCst) && seen.number > 0 {
                    950
                } else {
                    0
                };
                ok(json!({
                    "choices": [{"message": {"content": "because"}, "finish_reason": "stop"}],
                    "timings": {"cache_n": cached, "prompt_n": 1000 - cached},
                }))
            }
        }
    })
}

fn explain_with_slots(fake: &Fake, folder: &std::path::Path, question: &str) -> Vec<String> {
    let with = Options {
        store: Some(Store::new(folder, BYTES_MAX)),
        slots: true,
        model: Some("first".into()),
        ..options(fake, Dialect::OpenAi)
    };
    let shared = "shared text of a file ".repeat(200);
    let jobs: Vec<Job> = (0..3)
        .map(|at| {
            Job::Explain(Prompt::new(
                &Redactor::new(),
                "s",
                &shared,
                &format!("{question} {at}"),
            ))
        })
        .collect();
    let warnings = Mutex::new(Vec::new());
    let on = |event| {
        if let Event::Warning(text) = event {
            warnings.lock().unwrap().push(text);
        }
    };
    let outcomes = block_on(Client::new(with).unwrap().run(&jobs, &on)).unwrap();
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    warnings.into_inner().unwrap()
}

#[test]
fn slots_are_saved_restored_and_believed_by_the_servers_count_only() {
    static SLOTS: Slots = Slots {
        saved: AtomicBool::new(false),
        n_saves: AtomicUsize::new(0),
        n_restores: AtomicUsize::new(0),
        effective: AtomicBool::new(true),
    };
    let fake = serving_slots(&SLOTS);
    let folder = tempfile::tempdir().unwrap();
    let counts = || {
        (
            SLOTS.n_saves.load(Ordering::SeqCst),
            SLOTS.n_restores.load(Ordering::SeqCst),
        )
    };
    assert_eq!(
        explain_with_slots(&fake, folder.path(), "one"),
        Vec::<String>::new()
    );
    assert_eq!(counts(), (1, 0));
    // Later, with other questions about the same file: restored, effective, not saved again.
    assert_eq!(
        explain_with_slots(&fake, folder.path(), "two"),
        Vec::<String>::new()
    );
    assert_eq!(counts(), (1, 1));
    let chats: Vec<_> = fake
        .seen()
        .into_iter()
        .filter(|seen| seen.path.ends_with("/completions"))
        .collect();
    assert!(
        chats
            .iter()
            .all(|seen| seen.json()["id_slot"] == 0 && seen.json()["cache_prompt"] == true)
    );
    assert_eq!(fake.most_in_flight(), 1, "one slot, one call at a time");
    // A restore that the server's own count does not confirm is said loudly, and forgotten.
    SLOTS.effective.store(false, Ordering::SeqCst);
    let warnings = explain_with_slots(&fake, folder.path(), "three");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with(
        "WARNING: restoring the slot had no effect: the server restored 1000 tokens and reused 0"
    ));
    explain_with_slots(&fake, folder.path(), "four");
    assert_eq!(counts(), (2, 2), "saved anew");
    // The server lost its file: said, and saved anew.
    SLOTS.saved.store(false, Ordering::SeqCst);
    let warnings = explain_with_slots(&fake, folder.path(), "five");
    assert!(
        warnings[0].contains("could not be restored"),
        "{warnings:?}"
    );
}

#[test]
fn a_server_without_slots_still_answers() {
    let fake = Fake::new(|seen| match seen.path.as_str() {
        "/v1/chat/completions" => Reply::Words("because".into()),
        _ => Reply::Status(404, String::new(), "{}".into()),
    });
    let folder = tempfile::tempdir().unwrap();
    let warnings = explain_with_slots(&fake, folder.path(), "one");
    assert!(warnings[0].contains("no slots are used"), "{warnings:?}");
}
