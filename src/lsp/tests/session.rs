//! The session with a domain of a few lines, so that a test can make a check fail, wait, and be counted.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use looplint_engine::{Engine, Table};
use looplint_lsp::{Choices, FileChange, Govern, Host, Profile, serve};
use looplint_model::{
    Claim, Cost, Cx, Decoded, Domain, Finding, Page, Problem, Rule, Settings, Silence, Source, Span,
};
use serde_json::{Value, json};

/// Lines of text; a line with `TODO` is found.
struct Lines;

/// A line and the text that it is in.
type Line<'d> = (Span, &'d Source);

/// Checks so far of texts with `WAIT`, and whether they may go on.
static GATE: (Mutex<(usize, bool)>, Condvar) = (Mutex::new((0, false)), Condvar::new());

impl Domain for Lines {
    const NAME: &'static str = "python";
    const KINDS: usize = 1;
    type Kind = u8;
    type Document<'d> = &'d Source;
    type Node<'d> = Line<'d>;
    type Summary = ();

    fn claims(name: &str, _: &[u8]) -> Claim {
        if name.ends_with(".py") {
            Claim::Yes
        } else {
            Claim::No
        }
    }

    fn decode(name: &str, bytes: Vec<u8>) -> Decoded {
        Decoded {
            sources: vec![Source::new(name, String::from_utf8(bytes).unwrap())],
            problems: Vec::new(),
        }
    }

    fn open<R>(
        source: &Source,
        settings: &Settings,
        run: impl for<'d> FnOnce(&'d &'d Source, &'d Source, &'d Settings) -> R,
    ) -> R {
        assert!(!source.text.contains("PANIC"), "as planned");
        if source.text.contains("WAIT") {
            let mut gate = GATE.0.lock().unwrap();
            gate.0 += 1;
            GATE.1.notify_all();
            drop(GATE.1.wait_while(gate, |gate| !gate.1).unwrap());
        }
        run(&source, source, settings)
    }

    fn problems<'d>(_: &'d &'d Source) -> &'d [Problem] {
        &[]
    }

    fn index(_: u8) -> usize {
        0
    }

    fn walk<'d>(source: &'d &'d Source, visit: &mut dyn FnMut(u8, Line<'d>)) {
        for line in 1..=source.lines().len() {
            visit(0, (source.lines().span(&source.text, line), source));
        }
    }

    fn summarise<'d>(_: &'d &'d Source) {}

    fn silence<'d>(_: &'d &'d Source) -> Vec<Silence> {
        Vec::new()
    }
}

const README: &str = "---\nsummary: Something is left to do\n---\n# todo\n";

static TODO: Rule<Lines> = Rule::<Lines>::new("todo", &[0], Some(find), README, "");
static FAILS: Rule<Lines> = Rule::<Lines>::new("fails", &[0], Some(fail), README, "");

fn find<'d>((line, source): Line<'d>, cx: &mut Cx<'d, Lines>) {
    if source.slice(line).contains("TODO") {
        let finding = cx.finding(line, "something is left to do; do it");
        cx.report(finding);
    }
}

fn fail<'d>((line, source): Line<'d>, _: &mut Cx<'d, Lines>) {
    assert!(!source.slice(line).contains("FAIL"), "as planned");
}

struct Rules(Engine, Settings);

impl Profile for Rules {
    fn engine(&self) -> &Engine {
        &self.0
    }

    fn settings(&self) -> &Settings {
        &self.1
    }

    fn takes(&self, _: &Path, _: &str) -> bool {
        true
    }

    fn judge(&self, _: &Path, _: &Source, _: &mut Vec<Finding>) {}
}

struct World {
    profile: Arc<Rules>,
    client_runs: AtomicBool,
    n_looks: AtomicUsize,
}

impl World {
    fn new() -> World {
        let table = Table::new([&TODO, &FAILS], vec!["fails", "todo"]);
        World {
            profile: Arc::new(Rules(
                Engine::new(vec![Box::new(table)]),
                Settings::default(),
            )),
            client_runs: AtomicBool::new(true),
            n_looks: AtomicUsize::new(0),
        }
    }
}

impl Host for World {
    fn version(&self) -> &str {
        "1"
    }

    fn govern(&self, _: &Path, _: Option<&Path>, _: &Choices) -> Govern {
        Govern {
            file: None,
            profile: Ok(Arc::clone(&self.profile) as Arc<dyn Profile>),
        }
    }

    fn is_stale(&self) -> bool {
        self.n_looks.fetch_add(1, Ordering::SeqCst);
        false
    }

    fn files(&self, _: &Path, _: &Choices) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn stamp(&self, _: &Path) -> Option<u64> {
        None
    }

    fn runs(&self, _: u32) -> Option<bool> {
        Some(self.client_runs.load(Ordering::SeqCst))
    }

    fn silence(&self, _: &Path, _: Option<&Path>, _: &str) -> Option<FileChange> {
        None
    }

    fn page(&self, _: &str) -> Option<&'static Page> {
        panic!("as planned")
    }

    fn cost_line(&self, _: &Cost) -> String {
        String::new()
    }
}

/// A client in the same process.
struct Client {
    input: Option<PipeWriter>,
    output: BufReader<PipeReader>,
    kept: Vec<Value>,
    server: Option<JoinHandle<u8>>,
}

impl Client {
    fn start(world: &Arc<World>, capabilities: &Value) -> Client {
        let (server_input, input) = io::pipe().unwrap();
        let (output, server_output) = io::pipe().unwrap();
        let host = Arc::clone(world) as Arc<dyn Host>;
        let server = std::thread::spawn(move || {
            serve(host, Box::new(server_input), Box::new(server_output)).unwrap()
        });
        let mut client = Client {
            input: Some(input),
            output: BufReader::new(output),
            kept: Vec::new(),
            server: Some(server),
        };
        let params = json!({"processId": 7, "capabilities": capabilities});
        client.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}));
        client.wait(|message| message["id"] == 0);
        client.notify("initialized", &json!({}));
        client
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let input = self.input.as_mut().unwrap();
        input.write_all(frame.as_bytes()).unwrap();
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn open(&mut self, text: &str) {
        let document =
            json!({"uri": "file:///a.py", "languageId": "python", "version": 1, "text": text});
        self.notify("textDocument/didOpen", &json!({"textDocument": document}));
    }

    fn change(&mut self, version: i64, text: &str) {
        let document = json!({"uri": "file:///a.py", "version": version});
        let params = json!({"textDocument": document, "contentChanges": [{"text": text}]});
        self.notify("textDocument/didChange", &params);
    }

    fn next(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            match line.trim().split_once(": ") {
                Some((_, value)) => length = value.parse().unwrap(),
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next();
            if wanted(&message) {
                return message;
            }
            self.kept.push(message);
        }
    }

    /// Version and messages of the next report.
    fn report(&mut self) -> (i64, Vec<String>) {
        let report = self.wait(|message| message["method"] == "textDocument/publishDiagnostics");
        let found = report["params"]["diagnostics"].as_array().unwrap();
        let messages = found
            .iter()
            .map(|each| each["message"].as_str().unwrap().to_owned());
        (
            report["params"]["version"].as_i64().unwrap(),
            messages.collect(),
        )
    }

    /// Whether something was logged that has these words.
    fn was_told(&self, words: &str) -> bool {
        self.kept.iter().any(|message| {
            let text = message["params"]["message"].as_str();
            message["method"] == "window/logMessage"
                && text.is_some_and(|text| text.contains(words))
        })
    }

    fn end(mut self) -> u8 {
        self.input.take();
        self.server.take().unwrap().join().unwrap()
    }
}

#[test]
fn a_panic_is_told_and_the_session_goes_on() {
    let world = Arc::new(World::new());
    let mut client = Client::start(&world, &json!({}));
    client.open("TODO\nPANIC\n");
    let (_, messages) = client.report();
    assert_eq!(
        messages,
        ["the python reader failed on this file; it was not checked"]
    );
    assert!(client.was_told("looplint failed and goes on") && client.was_told("as planned"));
    client.change(2, "TODO\nFAIL\n");
    let (version, messages) = client.report();
    assert_eq!((version, messages.len()), (2, 2));
    assert!(
        messages[1].contains("rule `fails` failed on this file"),
        "{messages:?}"
    );
    // Looking for the page of a finding fails too.
    let position =
        json!({"textDocument": {"uri": "file:///a.py"}, "position": {"line": 0, "character": 1}});
    client.send(
        &json!({"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": position}),
    );
    assert_eq!(
        client.wait(|message| message["id"] == 1)["result"],
        Value::Null
    );
    client.change(3, "TODO\n");
    assert_eq!(
        client.report(),
        (3, vec!["something is left to do; do it".to_owned()])
    );
    assert_eq!(client.end(), 0);
}

#[test]
fn what_is_overtaken_is_never_told_and_the_newest_is_checked_once() {
    let world = Arc::new(World::new());
    let mut client = Client::start(&world, &json!({}));
    client.open("WAIT\nTODO\nTODO\n");
    drop(
        GATE.1
            .wait_while(GATE.0.lock().unwrap(), |gate| gate.0 == 0)
            .unwrap(),
    );
    for version in 2..=30 {
        client.change(version, "WAIT\nTODO\n");
    }
    // An answer comes when all that was sent before it is taken in.
    client.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "nonsense", "params": {}}));
    client.wait(|message| message["id"] == 1);
    GATE.0.lock().unwrap().1 = true;
    GATE.1.notify_all();
    let (version, messages) = client.report();
    assert_eq!((version, messages.len()), (30, 1));
    assert_eq!(GATE.0.lock().unwrap().0, 2);
    assert_eq!(client.end(), 0);
}

#[test]
fn a_client_that_is_gone_ends_the_session() {
    let world = Arc::new(World::new());
    let mut client = Client::start(&world, &json!({}));
    world.client_runs.store(false, Ordering::SeqCst);
    let server = client.server.take().unwrap();
    assert_eq!(server.join().unwrap(), 0);
    drop(client);
}

#[test]
fn a_client_that_does_not_tell_its_settings_is_not_waited_for_for_ever() {
    let world = Arc::new(World::new());
    let asked = json!({"workspace": {"configuration": true}});
    let mut client = Client::start(&world, &asked);
    client.open("TODO\n");
    client.wait(|message| message["method"] == "workspace/configuration");
    assert_eq!(client.report().0, 1);
    assert_eq!(client.end(), 0);
}

#[test]
fn the_disk_is_not_looked_at_for_every_key() {
    let world = Arc::new(World::new());
    let mut client = Client::start(&world, &json!({}));
    client.open("TODO\n");
    client.report();
    let start = std::time::Instant::now();
    for version in 2..100 {
        client.change(version, "TODO\n");
        client.report();
    }
    let n_looks_max = start.elapsed().as_secs() as usize + 2;
    assert!(world.n_looks.load(Ordering::SeqCst) <= n_looks_max);
    assert_eq!(client.end(), 0);
}
