//! Files that are not open: all of the workspace, checked in the background, answered piece by piece.
//!
//! Every file is one small job behind those that somebody waits for, and a scan stops when nobody wants it
//! any more. Does not walk folders itself.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use looplint_model::Source;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower_lsp_server::ls_types::{Uri, WorkspaceDiagnosticParams};

use crate::documents::Snapshot;
use crate::host::Profile;
use crate::paths;
use crate::report::{self, Task};
use crate::session::Session;

/// Reports that go out in one piece of an answer.
const PIECE_LEN: usize = 20;
/// Messages that may wait for the client before a scan waits with them.
const N_WAITING_MAX: usize = 64;
/// Files checked at the same time.
const N_AT_ONCE: usize = 2;
/// Files whose last result is remembered.
const REMEMBERED_MAX: usize = 100_000;
/// How long the disk must be quiet before it is looked at again.
const QUIET: Duration = Duration::from_millis(300);

/// What is known of scans.
#[derive(Default)]
pub(crate) struct Scans {
    /// The state of the disk that was last answered for.
    answered: AtomicU64,
    remembered: Mutex<HashMap<PathBuf, Remembered>>,
    cancels: Mutex<HashMap<String, Box<dyn Fn() + Send>>>,
    /// What is shown of files that are not open.
    shown: Mutex<HashSet<Uri>>,
}

struct Remembered {
    stamp: Option<u64>,
    profile: Weak<dyn Profile>,
    result_id: String,
    is_empty: bool,
}

impl Scans {
    /// Stops what shows its progress under `token`.
    pub(crate) fn cancel(&self, token: &Value) {
        if let Some(cancel) = lock(&self.cancels).get(&token.to_string()) {
            cancel();
        }
    }

    /// Has `cancel` called when the user stops what is shown under `token`.
    pub(crate) fn on_cancel(&self, token: &Value, cancel: impl Fn() + Send + 'static) {
        lock(&self.cancels).insert(token.to_string(), Box::new(cancel));
    }

    /// What was shown under `token` is over.
    pub(crate) fn forget_cancel(&self, token: &Value) {
        lock(&self.cancels).remove(&token.to_string());
    }

    /// A file was opened: what was shown of it before gives way to its own reports.
    pub(crate) fn opened(&self, session: &Session, uri: &Uri) {
        if lock(&self.shown).remove(uri) {
            session.clear(uri);
        }
    }

    /// Forgets what is remembered of files.
    pub(crate) fn clear(&self) {
        lock(&self.remembered).clear();
    }
}

/// What was found in a file.
struct Found {
    uri: Uri,
    version: Option<i32>,
    result_id: String,
    /// The diagnostics as a JSON list; `None` where they are those that the client has.
    items: Option<Arc<String>>,
    n_findings: usize,
}

impl Found {
    fn json(&self) -> String {
        let uri = json!(self.uri.as_str());
        let version = json!(self.version);
        let id = &self.result_id;
        match &self.items {
            Some(items) if id.is_empty() => {
                format!(r#"{{"kind":"full","uri":{uri},"version":{version},"items":{items}}}"#)
            }
            Some(items) => format!(
                r#"{{"kind":"full","uri":{uri},"version":{version},"resultId":"{id}","items":{items}}}"#
            ),
            None => format!(
                r#"{{"kind":"unchanged","uri":{uri},"version":{version},"resultId":"{id}"}}"#
            ),
        }
    }

    fn gone(uri: &str) -> Option<Found> {
        Some(Found {
            uri: uri.parse().ok()?,
            version: None,
            result_id: String::new(),
            items: Some(Arc::new("[]".to_owned())),
            n_findings: 0,
        })
    }
}

/// Stops a scan when it is dropped.
struct Scan {
    cancelled: Arc<AtomicBool>,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Drop for Scan {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }
}

enum Event {
    Files(usize),
    Checked(Option<Found>),
}

/// The result of `workspace/diagnostic`, as JSON text. Where the client has all there is, the answer waits
/// until something changes.
pub(crate) async fn answer(session: &Arc<Session>, params: WorkspaceDiagnosticParams) -> String {
    let wanted = {
        let state = session.lock();
        state.fallback.choices.workspace_diagnostics
    };
    if !wanted {
        return r#"{"items":[]}"#.to_owned();
    }
    let token = params.partial_result_params.partial_result_token;
    let mut disk = session.disk.subscribe();
    let answered = session.scans.answered.load(Ordering::SeqCst);
    // A client that streams asks again and again; one that asks once and without memory wants an answer.
    let is_loop = token.is_some() || !params.previous_result_ids.is_empty();
    if is_loop && *disk.borrow_and_update() + 1 == answered {
        let _ = disk.changed().await;
        tokio::time::sleep(QUIET).await;
    }
    let epoch = *disk.borrow_and_update();
    let known: HashMap<String, String> = params
        .previous_result_ids
        .into_iter()
        .map(|previous| (previous.uri.as_str().to_owned(), previous.value))
        .collect();
    let mut answer = Answer {
        session,
        token: token.map(|token| json!(token)),
        pending: Vec::new(),
        told: HashSet::new(),
    };
    let work_token = params.work_done_progress_params.work_done_token;
    let mut progress = Progress::begin(session, work_token.map(|token| json!(token)));
    answer.open_documents(&known).await;
    let mut scan = start(session, known.clone(), &progress);
    while let Some(event) = scan.events.recv().await {
        match event {
            Event::Files(n_files) => progress.n_files = n_files,
            Event::Checked(found) => {
                progress.step();
                if let Some(found) = found {
                    answer.add(found).await;
                }
            }
        }
    }
    for uri in known
        .keys()
        .filter(|uri| !answer.told.contains(*uri))
        .cloned()
        .collect::<Vec<_>>()
    {
        if let Some(gone) = Found::gone(&uri) {
            answer.add(gone).await;
        }
    }
    progress.end();
    session.scans.answered.store(epoch + 1, Ordering::SeqCst);
    answer.finish()
}

/// An answer that goes out in pieces where the client takes them.
struct Answer<'s> {
    session: &'s Arc<Session>,
    token: Option<Value>,
    pending: Vec<String>,
    told: HashSet<String>,
}

impl Answer<'_> {
    async fn open_documents(&mut self, known: &HashMap<String, String>) {
        let open: Vec<String> = {
            let mut state = self.session.lock();
            let texts = state.documents.all().filter(|open| !open.is_notebook());
            texts.map(|open| open.uri.as_str().to_owned()).collect()
        };
        for uri in open {
            let Some(report) = self.session.latest(&uri).await else {
                continue;
            };
            let Some(piece) = report.piece(&uri) else {
                continue;
            };
            let result_id = piece.result_id();
            let same = known.get(&uri) == Some(&result_id);
            self.add(Found {
                uri: piece.uri.clone(),
                version: Some(piece.version),
                result_id,
                items: (!same).then(|| piece.items.clone()),
                n_findings: report.findings.len(),
            })
            .await;
        }
    }

    async fn add(&mut self, found: Found) {
        self.told.insert(found.uri.as_str().to_owned());
        self.pending.push(found.json());
        if self.pending.len() >= PIECE_LEN
            && let Some(token) = &self.token
        {
            let items = std::mem::take(&mut self.pending).join(",");
            let message = format!(
                r#"{{"jsonrpc":"2.0","method":"$/progress","params":{{"token":{token},"value":{{"items":[{items}]}}}}}}"#
            );
            self.session.outbox.send(message);
            while self.session.outbox.n_waiting() > N_WAITING_MAX {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    fn finish(self) -> String {
        format!(r#"{{"items":[{}]}}"#, self.pending.join(","))
    }
}

/// Checks all files and shows what is found in those that are not open; how many files and findings there are.
pub(crate) async fn show_all(session: &Arc<Session>, token: Option<Value>) -> (usize, usize) {
    let mut progress = Progress::begin(session, token);
    let mut scan = start(session, HashMap::new(), &progress);
    let mut shown = HashSet::new();
    let (mut n_files, mut n_findings) = (0, 0);
    while let Some(event) = scan.events.recv().await {
        match event {
            Event::Files(n_files) => progress.n_files = n_files,
            Event::Checked(found) => {
                n_files += 1;
                progress.step();
                if let Some(found) = found.filter(|found| found.n_findings > 0) {
                    n_findings += found.n_findings;
                    session.publish_list(
                        &found.uri,
                        found.items.as_ref().map_or("[]", |items| items.as_str()),
                    );
                    shown.insert(found.uri);
                }
            }
        }
    }
    progress.end();
    let before = std::mem::replace(&mut *lock(&session.scans.shown), shown.clone());
    for uri in before.difference(&shown) {
        session.clear(uri);
    }
    (n_files, n_findings)
}

fn start(session: &Arc<Session>, known: HashMap<String, String>, progress: &Progress<'_>) -> Scan {
    let (sender, events) = mpsc::unbounded_channel();
    let cancelled = Arc::clone(&progress.cancelled);
    let scan = Scan {
        cancelled: Arc::clone(&cancelled),
        events,
    };
    let own = Arc::clone(session);
    session.workers.patient(move || {
        let files = files(&own);
        let _ = sender.send(Event::Files(files.len()));
        let job = Arc::new(Job {
            session: own,
            files,
            next: AtomicUsize::new(0),
            known,
            cancelled,
            sender,
        });
        for _ in 0..N_AT_ONCE {
            step(Arc::clone(&job));
        }
    });
    scan
}

/// The files of all folders that are not open, each once.
fn files(session: &Session) -> Vec<PathBuf> {
    let (folders, open) = {
        let mut state = session.lock();
        let folders = state.folders.clone();
        let open: HashSet<PathBuf> = state
            .documents
            .all()
            .filter_map(|open| open.path.clone())
            .collect();
        (folders, open)
    };
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| session.host.files(&folder.path, &folder.chosen.choices))
        .filter(|file| !open.contains(file))
        .collect();
    files.sort();
    files.dedup();
    files
}

struct Job {
    session: Arc<Session>,
    files: Vec<PathBuf>,
    next: AtomicUsize,
    known: HashMap<String, String>,
    cancelled: Arc<AtomicBool>,
    sender: mpsc::UnboundedSender<Event>,
}

/// Checks the next file and queues up again behind whatever came in meanwhile.
fn step(job: Arc<Job>) {
    let workers = job.session.workers.clone();
    workers.patient(move || {
        let Some(file) = job.files.get(job.next.fetch_add(1, Ordering::SeqCst)) else {
            return;
        };
        if job.cancelled.load(Ordering::SeqCst) {
            return;
        }
        let found = check(&job.session, file, &job.known);
        if job.sender.send(Event::Checked(found)).is_ok() {
            step(Arc::clone(&job));
        }
    });
}

/// Checks a file; `None` where there is nothing to say of it.
fn check(session: &Arc<Session>, file: &Path, known: &HashMap<String, String>) -> Option<Found> {
    let uri = paths::uri(file)?;
    let (folder, chosen) = session.lock().chosen(file);
    if !chosen.choices.enable {
        return None;
    }
    let (governed, _) = session.profiles.get(file, folder.as_deref(), &chosen);
    let stamp = session.host.stamp(file);
    let has = known.get(uri.as_str());
    if let Some(before) = lock(&session.scans.remembered).get(file)
        && before.stamp == stamp
        && before.profile.ptr_eq(&Arc::downgrade(&governed.profile))
        && (has == Some(&before.result_id) || (before.is_empty && has.is_none()))
    {
        return has.map(|_| Found {
            uri,
            version: None,
            result_id: before.result_id.clone(),
            items: None,
            n_findings: 0,
        });
    }
    let bytes = session.host.read(file).ok()?;
    let name = paths::name(&uri, "");
    let task = Task {
        generation: 0,
        texts: vec![Snapshot {
            uri: uri.clone(),
            version: 0,
            source: Arc::new(Source::new(name.as_str(), "")),
            code: true,
        }],
        name,
        path: file.to_owned(),
        language: String::new(),
        notebook: false,
        enable: true,
        show_syntax_errors: chosen.choices.show_syntax_errors,
        columns: session.columns(),
        shows: session.features().shows,
    };
    let profile = Arc::downgrade(&governed.profile);
    let report = report::check_file(task, bytes, governed.profile, session.host.as_ref())?;
    let piece = report.pieces.first()?;
    let result_id = piece.result_id();
    let is_empty = *piece.items == "[]";
    remember(
        session,
        file,
        Remembered {
            stamp,
            profile,
            result_id: result_id.clone(),
            is_empty,
        },
    );
    if is_empty && has.is_none() {
        return None;
    }
    let same = has == Some(&result_id);
    Some(Found {
        uri,
        version: None,
        result_id,
        items: (!same).then(|| piece.items.clone()),
        n_findings: report.findings.len(),
    })
}

fn remember(session: &Session, file: &Path, what: Remembered) {
    let mut remembered = lock(&session.scans.remembered);
    if remembered.len() >= REMEMBERED_MAX {
        remembered.clear();
    }
    remembered.insert(file.to_owned(), what);
}

/// Progress that the client shows, where it gave or takes a token for it.
struct Progress<'s> {
    session: &'s Session,
    token: Option<Value>,
    cancelled: Arc<AtomicBool>,
    n_files: usize,
    n_done: usize,
    percent: usize,
}

impl<'s> Progress<'s> {
    fn begin(session: &'s Session, token: Option<Value>) -> Progress<'s> {
        let progress = Progress {
            session,
            token,
            cancelled: Arc::default(),
            n_files: 0,
            n_done: 0,
            percent: 0,
        };
        if let Some(token) = &progress.token {
            let cancelled = Arc::clone(&progress.cancelled);
            let cancel = move || cancelled.store(true, Ordering::SeqCst);
            session.scans.on_cancel(token, cancel);
        }
        progress.tell(
            &json!({"kind": "begin", "title": "looplint", "cancellable": true, "percentage": 0}),
        );
        progress
    }

    fn step(&mut self) {
        self.n_done += 1;
        let percent = self.n_done * 100 / self.n_files.max(1);
        if percent > self.percent {
            self.percent = percent;
            let message = format!("{} of {} files", self.n_done, self.n_files);
            self.tell(&json!({"kind": "report", "message": message, "percentage": percent}));
        }
    }

    fn end(&self) {
        let message = format!("{} files checked", self.n_done);
        self.tell(&json!({"kind": "end", "message": message}));
    }

    fn tell(&self, value: &Value) {
        if let Some(token) = &self.token {
            self.session
                .notify("$/progress", &json!({"token": token, "value": value}));
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            self.session.scans.forget_cancel(token);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
