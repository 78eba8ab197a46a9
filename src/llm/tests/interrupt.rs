//! Ctrl-C, as a terminal sends it: to a process of its own.
#![cfg(all(feature = "network", unix))]
#![allow(clippy::unwrap_used, missing_docs)]

mod fake;

use std::process::{Command, Stdio};
use std::time::Duration;

use fake::{Fake, Reply};
use looplint_llm::catalogue::Model;
use looplint_llm::client::{Client, Job, Options, Stop, block_on};
use looplint_llm::prompt::Prompt;
use looplint_llm::provider::Provider;
use looplint_llm::redact::Redactor;
use looplint_llm::store::{BYTES_MAX, Store};
use looplint_llm::wire::Dialect;

fn options(base: &str, folder: &str) -> Options {
    Options {
        providers: vec![Provider {
            name: "p".into(),
            base: base.into(),
            dialect: Dialect::OpenAi,
            key: None,
            local: true,
        }],
        catalogue: vec![Model::unlisted("m", "p")],
        store: Some(Store::new(folder, BYTES_MAX)),
        ..Options::default()
    }
}

fn jobs() -> Vec<Job> {
    let prompt = |at| {
        Prompt::new(
            &Redactor::new(),
            "s",
            "the same file",
            &format!("finding {at}"),
        )
    };
    (0..4).map(|at| Job::Explain(prompt(at))).collect()
}

#[test]
#[ignore = "the other process of the test below"]
fn interrupted() {
    let (base, folder) = (
        std::env::var("BASE").unwrap(),
        std::env::var("FOLDER").unwrap(),
    );
    let client = Client::new(options(&base, &folder)).unwrap();
    let outcomes = block_on(async {
        client.cancel().on_ctrl_c();
        client.run(&jobs(), &|_| {}).await
    });
    let outcomes = outcomes.unwrap();
    assert_eq!(outcomes[0].as_ref().unwrap().text, "fine");
    assert!(
        outcomes[1..]
            .iter()
            .all(|outcome| *outcome == Err(Stop::Cancelled)),
        "{outcomes:?}"
    );
}

#[test]
fn ctrl_c_leaves_what_was_done() {
    let fake = Fake::new(|seen| match seen.number {
        0 => Reply::Words("fine".into()),
        _ => Reply::Hang(Duration::from_secs(60)),
    });
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "interrupted"])
        .env("BASE", &fake.base)
        .env("FOLDER", folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while fake.n_calls() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert!(child.wait().unwrap().success());
    let before = fake.n_calls();
    let client = Client::new(options(&fake.base, folder.path().to_str().unwrap())).unwrap();
    let kept = block_on(client.run(&jobs()[..1], &|_| {})).unwrap();
    assert!(kept[0].as_ref().unwrap().from_cache && fake.n_calls() == before);
}
