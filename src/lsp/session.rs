//! The session: what is open, what is checked when, and who waits for it.
//!
//! A document has at most one check under way. A change during a check makes its result worthless: it is
//! dropped and the newest text checked once, however many changes came in between. All state is taken under one
//! lock before anything waits, so changes are applied in the order in which they arrive.
//! Does not know how a document is checked or how an answer looks; `tell.rs` says it to the client.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use looplint_model::Columns;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::Uri;

use crate::choices::Choices;
use crate::documents::{Documents, Open};
use crate::features::Features;
use crate::host::{Host, Trouble};
use crate::outbox::Outbox;
use crate::profiles::{Governed, LOOK_AGAIN, Numbered, Profiles};
use crate::report::{self, Report, Task};
use crate::workers::Workers;
use crate::workspace::Scans;

/// Everything that lives as long as the connection.
pub(crate) struct Session {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) outbox: Outbox,
    pub(crate) workers: Workers,
    pub(crate) profiles: Profiles,
    pub(crate) runtime: Handle,
    features: OnceLock<Features>,
    client: OnceLock<Client>,
    /// Whether requests are answered: between `initialize` and `shutdown`.
    pub(crate) serving: AtomicBool,
    pub(crate) shut_down: AtomicBool,
    pub(crate) exited: AtomicBool,
    /// Grows whenever something on the disk may have changed.
    pub(crate) disk: watch::Sender<u64>,
    pub(crate) scans: Scans,
    state: Mutex<State>,
}

/// What changes.
pub(crate) struct State {
    pub(crate) documents: Documents,
    pub(crate) folders: Vec<Folder>,
    /// The choices for what lies in no folder.
    pub(crate) fallback: Arc<Numbered>,
    /// Whether the client's settings are known, or waited for long enough.
    ready: bool,
    n_generations: u64,
    n_choices: u64,
    /// Configurations that are broken, by the file that was found.
    pub(crate) troubled: HashMap<Option<PathBuf>, Arc<Trouble>>,
}

/// A folder of the workspace.
#[derive(Clone)]
pub(crate) struct Folder {
    pub(crate) uri: Uri,
    pub(crate) path: PathBuf,
    pub(crate) chosen: Arc<Numbered>,
}

impl Session {
    pub(crate) fn new(host: Arc<dyn Host>, outbox: Outbox, runtime: Handle) -> Session {
        let fallback = Arc::new(Numbered {
            number: 0,
            choices: Choices::default(),
        });
        Session {
            profiles: Profiles::new(Arc::clone(&host)),
            host,
            outbox,
            workers: Workers::new(),
            runtime,
            features: OnceLock::new(),
            client: OnceLock::new(),
            serving: AtomicBool::new(false),
            shut_down: AtomicBool::new(false),
            exited: AtomicBool::new(false),
            disk: watch::Sender::new(0),
            scans: Scans::default(),
            state: Mutex::new(State {
                documents: Documents::default(),
                folders: Vec::new(),
                fallback,
                ready: false,
                n_generations: 0,
                n_choices: 0,
                troubled: HashMap::new(),
            }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_features(&self, features: Features) {
        let _ = self.features.set(features);
    }

    pub(crate) fn features(&self) -> &Features {
        static NONE: OnceLock<Features> = OnceLock::new();
        self.features
            .get()
            .unwrap_or_else(|| NONE.get_or_init(Features::default))
    }

    pub(crate) fn columns(&self) -> Columns {
        self.features().encoding.0
    }

    pub(crate) fn set_client(&self, client: Client) {
        let _ = self.client.set(client);
    }

    /// Runs a request to the client beside everything else: nothing may wait for a client that may not answer.
    pub(crate) fn ask<F: Future<Output = ()> + Send + 'static>(
        self: &Arc<Self>,
        ask: impl FnOnce(Client) -> F,
    ) {
        if let Some(client) = self.client.get() {
            self.runtime.spawn(ask(client.clone()));
        }
    }

    pub(crate) fn is_serving(&self) -> bool {
        self.serving.load(Ordering::SeqCst)
    }

    /// Changes a document, or opens it, and has it checked where reports are pushed.
    pub(crate) fn change(
        self: &Arc<Self>,
        uri: &Uri,
        change: impl FnOnce(&mut State, u64) -> Vec<Uri>,
    ) {
        let mut state = self.lock();
        state.n_generations += 1;
        let generation = state.n_generations;
        let gone = change(&mut state, generation);
        if let Some(open) = state.documents.get(uri.as_str()) {
            open.generation = generation;
            if self.is_pushed(open) {
                self.start(&mut state, uri.as_str());
            }
        }
        for cell in gone {
            self.clear(&cell);
        }
    }

    /// Forgets a document; what is shown of it goes with it.
    pub(crate) fn close(&self, uri: &Uri) {
        let closed = self.lock().documents.close(uri.as_str());
        let Some(open) = closed.filter(|open| open.pushed) else {
            return;
        };
        for text in open.snapshots() {
            self.clear(&text.uri);
        }
    }

    /// Whether the client waits to be sent reports of this document.
    fn is_pushed(&self, open: &Open) -> bool {
        // No client is known to ask for the cells of a notebook, so they are sent until one does.
        !self.features().pull || (open.is_notebook() && !open.pulled)
    }

    /// Checks may begin: the client's settings are known.
    pub(crate) fn set_ready(self: &Arc<Self>) {
        let mut state = self.lock();
        if !std::mem::replace(&mut state.ready, true) {
            self.start_due(&mut state);
        }
    }

    /// Has every open document looked at again: what governs it may have changed.
    pub(crate) fn recheck(self: &Arc<Self>) {
        let mut state = self.lock();
        for open in state.documents.all() {
            open.looked = None;
        }
        self.start_due(&mut state);
        drop(state);
        let features = self.features();
        let (diagnostics, hints, lenses) = (
            features.pull && features.refresh,
            features.refresh_hints,
            features.refresh_lenses,
        );
        self.ask(move |client| async move {
            // A client that refuses asks again by itself at the next change.
            if diagnostics {
                let _ = client.workspace_diagnostic_refresh().await;
            }
            if hints {
                let _ = client.inlay_hint_refresh().await;
            }
            if lenses {
                let _ = client.code_lens_refresh().await;
            }
        });
        self.disk.send_modify(|epoch| *epoch += 1);
    }

    fn start_due(self: &Arc<Self>, state: &mut State) {
        let due: Vec<String> = state
            .documents
            .all()
            .filter(|open| self.is_pushed(open) || !open.waiters.is_empty())
            .map(|open| open.uri.as_str().to_owned())
            .collect();
        for uri in due {
            self.start(state, &uri);
        }
    }

    /// The report of the document's newest text; `None` where it is not open or cannot be checked.
    pub(crate) async fn latest(self: &Arc<Self>, uri: &str) -> Option<Arc<Report>> {
        let report = {
            let mut state = self.lock();
            let open = state.documents.get(uri)?;
            let is_fresh = open
                .looked
                .is_some_and(|looked| looked.elapsed() < LOOK_AGAIN);
            if let Some(report) = open.current().filter(|_| is_fresh) {
                return Some(Arc::clone(report));
            }
            let (sender, report) = oneshot::channel();
            open.waiters.push(sender);
            self.start(&mut state, uri);
            report
        };
        report.await.ok()
    }

    /// Puts a worker on a document, unless one is on it already.
    fn start(self: &Arc<Self>, state: &mut State, uri: &str) {
        if !state.ready {
            return;
        }
        let (columns, shows) = (self.columns(), self.features().shows);
        let State {
            documents,
            folders,
            fallback,
            ..
        } = state;
        let Some(open) = documents.get(uri).filter(|open| !open.running) else {
            return;
        };
        open.running = true;
        let folder = folder_of(folders, open.path.as_deref());
        let chosen = folder.map_or_else(|| Arc::clone(fallback), |it| Arc::clone(&it.chosen));
        let folder = folder.map(|folder| folder.path.clone());
        let path = open
            .path
            .clone()
            .unwrap_or_else(|| folder.as_deref().unwrap_or(Path::new("")).join(&open.name));
        let task = Task {
            generation: open.generation,
            name: open.name.clone(),
            path,
            language: open.language.clone(),
            notebook: open.is_notebook(),
            texts: open.snapshots(),
            enable: chosen.choices.enable,
            show_syntax_errors: chosen.choices.show_syntax_errors,
            columns,
            shows,
        };
        let known = open.latest.clone();
        let key = open.uri.as_str().to_owned();
        let session = Arc::clone(self);
        self.workers.urgent(move || {
            let generation = task.generation;
            let work = || session.work(task, folder.as_deref(), &chosen, known);
            let report = catch_unwind(AssertUnwindSafe(work));
            session.finish(&key, generation, report.ok());
        });
    }

    fn work(
        self: &Arc<Self>,
        task: Task,
        folder: Option<&Path>,
        chosen: &Numbered,
        known: Option<Arc<Report>>,
    ) -> (Arc<Report>, Governed) {
        let (governed, changed) = self.profiles.get(&task.path, folder, chosen);
        self.note(&governed);
        if changed {
            self.recheck();
        }
        let profile = Arc::clone(&governed.profile);
        let report = match known {
            Some(known)
                if known.generation == task.generation && Arc::ptr_eq(&known.profile, &profile) =>
            {
                known
            }
            known => {
                let before = known.as_deref();
                Arc::new(report::check(task, profile, self.host.as_ref(), before))
            }
        };
        (report, governed)
    }

    /// Takes a finished check; `None` for one that panicked.
    fn finish(self: &Arc<Self>, uri: &str, generation: u64, done: Option<(Arc<Report>, Governed)>) {
        let mut state = self.lock();
        let Some(open) = state.documents.get(uri) else {
            return;
        };
        open.running = false;
        if open.generation != generation {
            if self.is_pushed(open) || !open.waiters.is_empty() {
                self.start(&mut state, uri);
            }
            return;
        }
        open.looked = Some(Instant::now());
        let Some((report, governed)) = done else {
            open.waiters.clear();
            return;
        };
        self.tell_status(open, &governed);
        for waiter in open.waiters.drain(..) {
            let _ = waiter.send(Arc::clone(&report));
        }
        let same = open
            .latest
            .as_ref()
            .is_some_and(|latest| Arc::ptr_eq(latest, &report));
        open.latest = Some(Arc::clone(&report));
        // Sent under the lock: a report never overtakes the one of a newer text, nor the end of the document.
        if !same && self.is_pushed(open) && (report.domain.is_some() || open.pushed) {
            self.publish(open, &report);
        }
    }

    /// The user's choices where a document lies.
    pub(crate) fn choices_of(&self, uri: &Uri) -> Choices {
        let mut state = self.lock();
        let path = state
            .documents
            .get(uri.as_str())
            .and_then(|open| open.path.clone());
        let folder = folder_of(&state.folders, path.as_deref());
        let chosen = folder.map_or(&state.fallback, |folder| &folder.chosen);
        chosen.choices.clone()
    }

    /// What governs a path, looked up on a worker.
    pub(crate) async fn governed(self: &Arc<Self>, path: PathBuf) -> Option<Governed> {
        let (folder, chosen) = self.lock().chosen(&path);
        let session = Arc::clone(self);
        self.on_worker(move || session.profiles.get(&path, folder.as_deref(), &chosen))
            .await
            .map(|(governed, _)| governed)
    }

    /// Runs `work` on a worker and waits for it; `None` where it panicked.
    pub(crate) async fn on_worker<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Option<R> {
        let (sender, done) = oneshot::channel();
        self.workers.urgent(move || {
            let _ = sender.send(work());
        });
        done.await.ok()
    }
}

impl State {
    /// The folder that holds `path`, and the choices that hold there.
    pub(crate) fn chosen(&self, path: &Path) -> (Option<PathBuf>, Arc<Numbered>) {
        match folder_of(&self.folders, Some(path)) {
            Some(folder) => (Some(folder.path.clone()), Arc::clone(&folder.chosen)),
            None => (None, Arc::clone(&self.fallback)),
        }
    }

    /// Gives choices a number of their own, unless they are `before`.
    pub(crate) fn number(&mut self, before: &Arc<Numbered>, choices: Choices) -> Arc<Numbered> {
        if before.choices == choices {
            return Arc::clone(before);
        }
        self.n_choices += 1;
        Arc::new(Numbered {
            number: self.n_choices,
            choices,
        })
    }
}

/// The innermost folder that holds `path`; for what has no path the only one.
fn folder_of<'f>(folders: &'f [Folder], path: Option<&Path>) -> Option<&'f Folder> {
    match (path, folders) {
        (Some(path), _) => folders
            .iter()
            .filter(|folder| path.starts_with(&folder.path))
            .max_by_key(|folder| folder.path.components().count()),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}
