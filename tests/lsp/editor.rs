//! A small editor: starts the server, speaks the protocol, answers what it is asked and keeps what it is told.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The key of the user's own server.
pub(crate) const KEY: &str = "sk-test-0123456789abcdefghijklmnop";

/// A test that waits longer than this has found something.
const PATIENCE: Duration = Duration::from_secs(120);

/// An editor with one folder open and the server running.
pub(crate) struct Editor {
    folder: TempDir,
    child: Child,
    input: Arc<Mutex<Option<ChildStdin>>>,
    inbox: Receiver<Value>,
    kept: VecDeque<Value>,
    settings: Arc<Mutex<Settings>>,
    last_id: i64,
    /// What the server said it can do.
    pub(crate) answer: Value,
}

/// What the editor answers when it is asked for its settings: by scope, and for no scope.
#[derive(Default)]
pub(crate) struct Settings {
    /// Without a scope, or with one that is not named below.
    pub(crate) general: Value,
    /// For the folder of this name.
    pub(crate) of_folder: Vec<(String, Value)>,
}

/// What an editor says of itself.
pub(crate) struct Setup {
    pub(crate) files: Vec<(&'static str, String)>,
    pub(crate) capabilities: Value,
    pub(crate) options: Value,
    pub(crate) folders: Vec<&'static str>,
    pub(crate) settings: Settings,
    pub(crate) process: Option<u32>,
    /// What the server's command line says beside `server --stdio`.
    pub(crate) arguments: Vec<String>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            files: Vec::new(),
            capabilities: capabilities(),
            options: Value::Null,
            folders: vec![""],
            settings: Settings::default(),
            process: None,
            arguments: Vec::new(),
        }
    }
}

impl Setup {
    /// An editor that asks for reports itself.
    pub(crate) fn pulling() -> Setup {
        let mut setup = Setup::default();
        setup.capabilities["textDocument"]["diagnostic"] = json!({"dynamicRegistration": false});
        setup
    }

    pub(crate) fn encodings(mut self, encodings: &[&str]) -> Setup {
        self.capabilities["general"]["positionEncodings"] = json!(encodings);
        self
    }

    pub(crate) fn file(mut self, name: &'static str, text: &str) -> Setup {
        self.files.push((name, text.to_owned()));
        self
    }

    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Setup {
        self.arguments = arguments.iter().map(|&it| it.to_owned()).collect();
        self
    }

    pub(crate) fn options(mut self, options: Value) -> Setup {
        self.options = options;
        self
    }

    pub(crate) fn start(self) -> Editor {
        Editor::start(self)
    }
}

/// What a modern editor can do; reports are sent to it.
fn capabilities() -> Value {
    json!({
        "general": {"positionEncodings": ["utf-16"]},
        "textDocument": {
            "publishDiagnostics": {
                "relatedInformation": true, "versionSupport": true, "codeDescriptionSupport": true,
                "dataSupport": true, "tagSupport": {"valueSet": [1, 2]},
            },
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}},
                "dataSupport": true, "isPreferredSupport": true, "resolveSupport": {"properties": ["edit"]},
            },
            "hover": {"contentFormat": ["markdown"]},
            "documentSymbol": {"hierarchicalDocumentSymbolSupport": true},
            "foldingRange": {"lineFoldingOnly": true},
        },
        "notebookDocument": {"synchronization": {}},
        "window": {"workDoneProgress": true},
        "workspace": {
            "configuration": true, "workspaceFolders": true,
            "workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]},
            "diagnostics": {"refreshSupport": true},
        },
    })
}

/// The server's command.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_looplint"));
    command.args(arguments);
    command
}

impl Editor {
    fn start(setup: Setup) -> Editor {
        let folder = TempDir::with_prefix("looplint-lsp-").unwrap();
        // So that no configuration above the folder is found.
        write(&folder.path().join("looplint.toml"), "");
        for (name, text) in &setup.files {
            write(&folder.path().join(name), text);
        }
        let mut child = command(&["server", "--stdio"])
            .args(&setup.arguments)
            .current_dir(folder.path())
            .env("LOOPLINT_CACHE_DIR", folder.path().join(".cache"))
            .env_remove("OPENROUTER_API_KEY")
            .env_remove("OPENAI_API_KEY")
            .env_remove("ANTHROPIC_API_KEY")
            .env("LOOPLINT_LLM_API_KEY", KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = Arc::new(Mutex::new(child.stdin.take()));
        let output = child.stdout.take().unwrap();
        let settings = Arc::new(Mutex::new(setup.settings));
        let (sender, inbox) = channel();
        let answerer = (Arc::clone(&input), Arc::clone(&settings));
        std::thread::spawn(move || hear(output, &answerer.0, &answerer.1, &sender));
        let mut editor = Editor {
            folder,
            child,
            input,
            inbox,
            kept: VecDeque::new(),
            settings,
            last_id: 0,
            answer: Value::Null,
        };
        let folders: Vec<Value> = setup
            .folders
            .iter()
            .map(|name| json!({"uri": editor.uri(name), "name": name}))
            .collect();
        editor.answer = editor.request(
            "initialize",
            json!({
                "processId": setup.process,
                "rootUri": editor.uri(""),
                "workspaceFolders": folders,
                "capabilities": setup.capabilities,
                "initializationOptions": setup.options,
            }),
        );
        editor.notify("initialized", json!({}));
        editor
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().canonicalize().unwrap();
        if name.is_empty() {
            folder
        } else {
            folder.join(name)
        }
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        let path = self.path(name).to_string_lossy().replace('\\', "/");
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("file://{slash}{path}")
    }

    /// Writes a file as another program would.
    pub(crate) fn write(&self, name: &str, text: &str) {
        write(&self.path(name), text);
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn set_settings(&self, settings: Settings) {
        *self.settings.lock().unwrap() = settings;
    }

    pub(crate) fn send_raw(&self, bytes: &[u8]) {
        let mut input = self.input.lock().unwrap();
        let input = input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    fn send(&self, message: &Value) {
        self.send_raw(&framed(message));
    }

    pub(crate) fn notify(&self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and gives its number.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The whole answer to a request.
    pub(crate) fn answer_to(&mut self, id: i64) -> Value {
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    /// The result of a request.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        let answer = self.answer_to(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The first message that is wanted; those before it are kept for later.
    pub(crate) fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at).unwrap();
        }
        let end = Instant::now() + PATIENCE;
        loop {
            match self
                .inbox
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(message) if wanted(&message) => return message,
                Ok(message) => self.kept.push_back(message),
                Err(RecvTimeoutError::Timeout) => panic!("nothing came; kept {:#?}", self.kept),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the server is gone; kept {:#?}", self.kept)
                }
            }
        }
    }

    /// All messages so far that are wanted, and no longer kept.
    pub(crate) fn take(&mut self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.kept.extend(self.inbox.try_iter());
        let (taken, kept) = self.kept.drain(..).partition(|message| wanted(message));
        self.kept = kept;
        taken.into()
    }

    pub(crate) fn open(&self, name: &str, text: &str) {
        self.open_as(name, language(name), text);
    }

    pub(crate) fn open_as(&self, name: &str, language: &str, text: &str) {
        let document =
            json!({"uri": self.uri(name), "languageId": language, "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Replaces the whole text.
    pub(crate) fn change(&self, name: &str, version: i64, text: &str) {
        self.change_by(name, version, json!([{"text": text}]));
    }

    pub(crate) fn change_by(&self, name: &str, version: i64, changes: Value) {
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": self.uri(name), "version": version}, "contentChanges": changes}),
        );
    }

    pub(crate) fn save(&self, name: &str) {
        self.notify("textDocument/didSave", self.document(name));
    }

    pub(crate) fn close(&self, name: &str) {
        self.notify("textDocument/didClose", self.document(name));
    }

    pub(crate) fn document(&self, name: &str) -> Value {
        json!({"textDocument": {"uri": self.uri(name)}})
    }

    /// The next report that is sent for a document; of a version, where one is named.
    pub(crate) fn pushed(&mut self, name: &str, version: Option<i64>) -> Vec<Value> {
        let uri = self.uri(name);
        self.pushed_at(&uri, version)
    }

    pub(crate) fn pushed_at(&mut self, uri: &str, version: Option<i64>) -> Vec<Value> {
        let message = self.wait(|message| {
            is_report(message, uri)
                && version.is_none_or(|version| message["params"]["version"] == version)
        });
        list(&message["params"]["diagnostics"])
    }

    /// The report that a document has now.
    pub(crate) fn pull(&mut self, name: &str) -> Vec<Value> {
        let params = self.document(name);
        list(&self.request("textDocument/diagnostic", params)["items"])
    }

    /// Changes the document to and fro until its report is as wanted.
    pub(crate) fn until(&mut self, name: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let end = Instant::now() + PATIENCE;
        loop {
            let found = self.pull(name);
            if wanted(&found) {
                return found;
            }
            assert!(Instant::now() < end, "still {found:#?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub(crate) fn actions(&mut self, name: &str, range: &Value, only: Option<&str>) -> Vec<Value> {
        let only = only.map(|kind| vec![kind]);
        let mut params = self.document(name);
        params["range"] = range.clone();
        params["context"] = json!({"diagnostics": [], "only": only});
        list(&self.request("textDocument/codeAction", params))
    }

    /// The edits of a chosen action on a document.
    pub(crate) fn edits(&mut self, name: &str, action: &Value) -> Vec<Value> {
        let resolved = self.request("codeAction/resolve", action.clone());
        let changes = list(&resolved["edit"]["documentChanges"]);
        let own: Vec<Value> = changes
            .iter()
            .filter(|change| change["textDocument"]["uri"] == self.uri(name).as_str())
            .flat_map(|change| list(&change["edits"]))
            .collect();
        assert!(!own.is_empty(), "{resolved:#}");
        own
    }

    /// The text in Markdown at a position.
    pub(crate) fn hover(&mut self, name: &str, position: &Value) -> String {
        let mut params = self.document(name);
        params["position"] = position.clone();
        let hover = self.request("textDocument/hover", params);
        hover["contents"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Closes the server's input.
    pub(crate) fn hang_up(&self) {
        self.input.lock().unwrap().take();
    }

    /// Waits for the server's end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "the server still runs");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn framed(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(crate) fn is_report(message: &Value, uri: &str) -> bool {
    message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
}

pub(crate) fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// The rules that a report names, in its order.
pub(crate) fn rules(found: &[Value]) -> Vec<&str> {
    found
        .iter()
        .map(|each| each["code"].as_str().unwrap())
        .collect()
}

/// The text after edits whose columns are UTF-16 units.
pub(crate) fn edited(text: &str, edits: &[Value]) -> String {
    let mut places: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let place = |end: &str| offset(text, &edit["range"][end]);
            (
                place("start"),
                place("end"),
                edit["newText"].as_str().unwrap(),
            )
        })
        .collect();
    places.sort();
    let mut out = text.to_owned();
    for (start, end, new) in places.into_iter().rev() {
        out.replace_range(start..end, new);
    }
    out
}

fn offset(text: &str, position: &Value) -> usize {
    let line = position["line"].as_u64().unwrap() as usize;
    let mut left = position["character"].as_u64().unwrap() as usize;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let mut at = start;
    for character in text[start..].chars() {
        if left < character.len_utf16() || character == '\n' {
            break;
        }
        left -= character.len_utf16();
        at += character.len_utf8();
    }
    at
}

fn language(name: &str) -> &'static str {
    match Path::new(name)
        .extension()
        .and_then(|ending| ending.to_str())
    {
        Some("py") => "python",
        Some("jsonl") => "jsonl",
        Some("json") => "json",
        _ => "plaintext",
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Reads messages until the server's output ends; what it asks is answered at once.
fn hear(
    output: ChildStdout,
    input: &Mutex<Option<ChildStdin>>,
    settings: &Mutex<Settings>,
    sender: &Sender<Value>,
) {
    let mut output = BufReader::new(output);
    while let Some(message) = read(&mut output) {
        if message.get("id").is_some() && message.get("method").is_some() {
            let result = reply(&message, &settings.lock().unwrap());
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
            if let Some(input) = input.lock().unwrap().as_mut() {
                let _ = input.write_all(&framed(&answer));
            }
        }
        if sender.send(message).is_err() {
            return;
        }
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some((_, value)) => length = value.parse().unwrap(),
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).unwrap())
}

fn reply(message: &Value, settings: &Settings) -> Value {
    if message["method"] != "workspace/configuration" {
        return Value::Null;
    }
    let items = list(&message["params"]["items"]);
    let of = |item: &Value| {
        assert_eq!(item["section"], "looplint");
        let scope = item["scopeUri"].as_str().unwrap_or_default();
        let own = settings
            .of_folder
            .iter()
            .find(|(name, _)| scope.ends_with(name));
        own.map_or(settings.general.clone(), |(_, value)| value.clone())
    };
    items.iter().map(of).collect()
}
