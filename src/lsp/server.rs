//! The protocol's methods, each in a few lines: what to read from the request and whom to ask.
//!
//! Does not know how anything is found.

use std::io::{self, Read, Write};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::*;
use tower_lsp_server::{LanguageServer, LspService, Server};

use crate::choices::{Choices, SECTION};
use crate::documents::Open;
use crate::features::Features;
use crate::guard::Guard;
use crate::host::Host;
use crate::inbox::Inbox;
use crate::outbox::Outbox;
use crate::session::{Folder, Session};
use crate::tell::Loudness;
use crate::{actions, commands, hover, marks, paths};

/// Requests that may be under way at once.
const N_REQUESTS_MAX: usize = 64;
/// How long checks wait for the client to say what its settings are.
const SETTINGS_PATIENCE: Duration = Duration::from_secs(2);
/// How often to see whether the client still runs.
const ALIVE_EVERY: Duration = Duration::from_secs(3);
/// How long the requests that are under way when the input ends may take.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// Serves one client until it says `exit`, closes `input`, or is gone; the process's exit code.
///
/// # Errors
/// The threads that read and write cannot be started.
pub fn serve(
    host: Arc<dyn Host>,
    input: Box<dyn Read + Send>,
    output: Box<dyn Write + Send>,
) -> io::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let over = Arc::new(Notify::new());
    let closed = Arc::clone(&over);
    let outbox = Outbox::new(output, move || closed.notify_one())?;
    let ended = Arc::new(Notify::new());
    let inbox = Inbox::new(input, outbox.clone(), Arc::clone(&ended))?;
    let session = Arc::new(Session::new(host, outbox.clone(), runtime.handle().clone()));
    hear_panics(&session);
    runtime.block_on(async {
        let own = Arc::clone(&session);
        let quit = Arc::clone(&over);
        let (service, socket) = LspService::build(move |client| {
            own.set_client(client);
            Looplint { session: own, quit }
        })
        .custom_method("looplint/status", Looplint::status)
        .finish();
        let guard = Guard::new(service, Arc::clone(&session));
        let pulls = guard.pulls();
        let serving = Server::new(inbox, outbox.clone(), socket)
            .concurrency_level(N_REQUESTS_MAX)
            .serve(guard);
        let input_ended = async {
            ended.notified().await;
            pulls.end_waiting();
            tokio::time::sleep(END_PATIENCE).await;
        };
        tokio::select! {
            () = serving => {}
            () = over.notified() => {}
            () = input_ended => {}
        }
    });
    let rudely = session.exited.load(Ordering::SeqCst) && !session.shut_down.load(Ordering::SeqCst);
    session.workers.close();
    outbox.finish();
    // Requests to a client that is gone wait for ever; nothing waits for them.
    runtime.shutdown_background();
    Ok(u8::from(rudely))
}

/// Says in the client's log where something panicked; the session goes on.
fn hear_panics(session: &Arc<Session>) {
    static HEARING: Mutex<Vec<Weak<Session>>> = Mutex::new(Vec::new());
    let hearing = || HEARING.lock().unwrap_or_else(PoisonError::into_inner);
    let is_first = hearing().is_empty();
    hearing().push(Arc::downgrade(session));
    if !is_first {
        return;
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = format!("looplint failed and goes on: {panic}");
        for session in hearing().iter().filter_map(Weak::upgrade) {
            session.log(Loudness::Error, &message);
        }
        before(panic);
    }));
}

/// The methods of one connection.
pub(crate) struct Looplint {
    session: Arc<Session>,
    quit: Arc<Notify>,
}

impl Looplint {
    async fn status(&self, params: TextDocumentIdentifier) -> Result<Value> {
        let path = paths::path(&params.uri).unwrap_or_default();
        let governed = self.session.governed(path).await;
        let status = |governed| self.session.status(&params.uri, &governed);
        Ok(governed.map_or(Value::Null, status))
    }

    /// Ends the session when the client's process is gone. One that cannot be seen from here at the start,
    /// because it runs in another container, is not watched.
    fn watch_process(&self, process: u32) {
        let host = Arc::clone(&self.session.host);
        let quit = Arc::clone(&self.quit);
        if host.runs(process) != Some(true) {
            return;
        }
        let watch = move || {
            while host.runs(process) != Some(false) {
                std::thread::sleep(ALIVE_EVERY);
            }
            quit.notify_one();
        };
        let started = std::thread::Builder::new()
            .name("looplint-alive".into())
            .spawn(watch);
        if let Err(error) = started {
            let message = format!("looplint cannot watch the editor's process: {error}");
            self.session.log(Loudness::Warning, &message);
        }
    }

    fn set_folders(&self, folders: Vec<WorkspaceFolder>) {
        let mut state = self.session.lock();
        for folder in folders {
            if let Some(path) = paths::path(&folder.uri) {
                let chosen = Arc::clone(&state.fallback);
                state.folders.retain(|other| other.uri != folder.uri);
                state.folders.push(Folder {
                    uri: folder.uri,
                    path,
                    chosen,
                });
            }
        }
    }

    fn register(&self) {
        let wanted = Value::Array(self.session.features().registrations());
        let Ok(wanted) = serde_json::from_value::<Vec<Registration>>(wanted) else {
            return;
        };
        if wanted.is_empty() {
            return;
        }
        let session = Arc::clone(&self.session);
        self.session.ask(|client| async move {
            if let Err(error) = client.register_capability(wanted).await {
                let message = format!("the editor watches no files for looplint: {error}");
                session.log(Loudness::Warning, &message);
            }
        });
    }

    /// Asks the client for its settings, folder by folder; checks begin when it answered or was waited for.
    fn ask_settings(&self) {
        if !self.session.features().configuration {
            self.session.set_ready();
            return;
        }
        let folders: Vec<Uri> = {
            let state = self.session.lock();
            state
                .folders
                .iter()
                .map(|folder| folder.uri.clone())
                .collect()
        };
        let session = Arc::clone(&self.session);
        self.session.ask(|client| async move {
            let scopes = std::iter::once(None).chain(folders.iter().cloned().map(Some));
            let items = scopes
                .map(|scope_uri| ConfigurationItem {
                    scope_uri,
                    section: Some(SECTION.into()),
                })
                .collect();
            let answer = tokio::time::timeout(SETTINGS_PATIENCE, client.configuration(items)).await;
            if let Ok(Ok(values)) = answer {
                let mut values = values.into_iter();
                let fallback = values.next().unwrap_or_default();
                take_settings(&session, &fallback, &folders, values);
            }
            session.set_ready();
        });
    }
}

/// Puts the client's settings into force; `null` is no word on them.
fn take_settings(
    session: &Arc<Session>,
    fallback: &Value,
    folders: &[Uri],
    each: impl Iterator<Item = Value>,
) {
    let mut changed = false;
    let mut said = Vec::new();
    let mut read = |value: &Value| {
        if value.is_null() {
            return None;
        }
        let (choices, faults) = Choices::read(value);
        said.extend(faults);
        Some(choices)
    };
    {
        let mut state = session.lock();
        if let Some(choices) = read(fallback) {
            let before = Arc::clone(&state.fallback);
            state.fallback = state.number(&before, choices);
            changed |= !Arc::ptr_eq(&before, &state.fallback);
        }
        let fallback = Arc::clone(&state.fallback);
        for (uri, value) in folders.iter().zip(each) {
            let choices = read(&value).unwrap_or_else(|| fallback.choices.clone());
            let Some(at) = state.folders.iter().position(|folder| folder.uri == *uri) else {
                continue;
            };
            let before = Arc::clone(&state.folders[at].chosen);
            let same = if fallback.choices == choices {
                &fallback
            } else {
                &before
            };
            let chosen = state.number(same, choices);
            changed |= !Arc::ptr_eq(&before, &chosen);
            state.folders[at].chosen = chosen;
        }
    }
    said.sort();
    said.dedup();
    for fault in said {
        session.show(Loudness::Warning, &format!("looplint: {fault}"));
    }
    if changed {
        session.recheck();
    }
}

impl LanguageServer for Looplint {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let features = Features::read(&params);
        let (choices, said) = params
            .initialization_options
            .as_ref()
            .map(Choices::read)
            .unwrap_or_default();
        for fault in said {
            self.session.log(Loudness::Warning, &fault);
        }
        let answer = json!({
            "capabilities": features.answer(&choices),
            "serverInfo": {"name": "looplint", "version": self.session.host.version()},
        });
        {
            let mut state = self.session.lock();
            let before = Arc::clone(&state.fallback);
            state.fallback = state.number(&before, choices);
        }
        #[expect(
            deprecated,
            reason = "clients older than workspace folders send only the root"
        )]
        let root = params.root_uri.map(|uri| WorkspaceFolder {
            uri,
            name: String::new(),
        });
        self.set_folders(
            params
                .workspace_folders
                .unwrap_or_else(|| root.into_iter().collect()),
        );
        if let Some(process) = params.process_id {
            self.watch_process(process);
        }
        self.session.set_features(features);
        self.session.serving.store(true, Ordering::SeqCst);
        serde_json::from_value(answer).map_err(|_| Error::internal_error())
    }

    async fn initialized(&self, _: InitializedParams) {
        self.register();
        self.ask_settings();
    }

    async fn shutdown(&self) -> Result<()> {
        self.session.serving.store(false, Ordering::SeqCst);
        self.session.shut_down.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let uri = params.text_document.uri.clone();
        self.session.scans.opened(&self.session, &uri);
        self.session.change(&uri, |state, generation| {
            state.documents.open(params.text_document, generation);
            Vec::new()
        });
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let columns = self.session.columns();
        let target = params.text_document;
        self.session.change(&target.uri, |state, _| {
            if let Some(open) = state.documents.get(target.uri.as_str()) {
                open.change(target.version, params.content_changes, columns);
            }
            Vec::new()
        });
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.saved(&params.text_document.uri);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.session.close(&params.text_document.uri);
        self.session.disk.send_modify(|epoch| *epoch += 1);
    }

    async fn notebook_did_open(&self, params: DidOpenNotebookDocumentParams) {
        let notebook = params.notebook_document;
        let uri = notebook.uri.clone();
        self.session.change(&uri, |state, generation| {
            state.documents.open_notebook(
                notebook.uri,
                notebook.version,
                notebook.cells,
                params.cell_text_documents,
                generation,
            );
            Vec::new()
        });
    }

    async fn notebook_did_change(&self, params: DidChangeNotebookDocumentParams) {
        let columns = self.session.columns();
        let target = params.notebook_document;
        let Some(cells) = params.change.cells else {
            return;
        };
        self.session.change(&target.uri, |state, _| {
            state
                .documents
                .change_notebook(target.uri.as_str(), target.version, cells, columns)
        });
    }

    async fn notebook_did_save(&self, params: DidSaveNotebookDocumentParams) {
        self.saved(&params.notebook_document.uri);
    }

    async fn notebook_did_close(&self, params: DidCloseNotebookDocumentParams) {
        self.session.close(&params.notebook_document.uri);
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        if self.session.features().configuration {
            self.ask_settings();
            return;
        }
        let folders: Vec<Uri> = {
            let state = self.session.lock();
            state
                .folders
                .iter()
                .map(|folder| folder.uri.clone())
                .collect()
        };
        let each = folders.iter().map(|_| params.settings.clone());
        take_settings(&self.session, &params.settings, &folders, each);
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        {
            let mut state = self.session.lock();
            for removed in &params.event.removed {
                state.folders.retain(|folder| folder.uri != removed.uri);
            }
        }
        self.set_folders(params.event.added);
        self.ask_settings();
        self.session.recheck();
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        self.session.profiles.look_again();
        self.session.recheck();
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        actions::list(&self.session, params).await
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        actions::resolve(&self.session, action).await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        Ok(hover::hover(&self.session, params.text_document_position_params).await)
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        Ok(marks::inlay_hints(&self.session, params).await)
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        Ok(marks::code_lenses(&self.session, &params.text_document.uri).await)
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        Ok(marks::symbols(&self.session, &params.text_document.uri).await)
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        Ok(marks::folds(&self.session, &params.text_document.uri).await)
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        commands::run(&self.session, params).await
    }
}

impl Looplint {
    /// A file was written: what is on the disk counts again.
    fn saved(&self, uri: &Uri) {
        self.session.disk.send_modify(|epoch| *epoch += 1);
        let session = Arc::clone(&self.session);
        let uri = uri.as_str().to_owned();
        // A client that watches no files still says when it saves one.
        let is_pushed = {
            let mut state = session.lock();
            state
                .documents
                .get(&uri)
                .is_some_and(|open: &mut Open| open.pushed)
        };
        if is_pushed {
            self.session
                .runtime
                .spawn(async move { session.latest(&uri).await });
        }
    }
}
