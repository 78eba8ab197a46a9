//! A layer around the protocol crate: answers requests for reports itself, and keeps a panic from ending the session.
//!
//! A report goes out as the JSON text that the check wrote; through the crate it would be built again as a tree of
//! values and written a second time. Does not know what a report says.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::{AbortHandle, BoxFuture, abortable};
use serde_json::{Value, json};
use tower_lsp_server::jsonrpc::{Error, Id, Request, Response};
use tower_lsp_server::{ExitedError, LspService};
use tower_service::Service;

use std::sync::atomic::Ordering;

use crate::outbox::Message;
use crate::pull;
use crate::server::Looplint;
use crate::session::Session;
use crate::tell::Loudness;

/// The protocol crate's service with the layer around it.
pub(crate) struct Guard {
    inner: LspService<Looplint>,
    session: Arc<Session>,
    pulls: Pulls,
}

/// The requests for reports that are under way.
#[derive(Clone, Default)]
pub(crate) struct Pulls(Arc<Mutex<HashMap<Id, Running>>>);

/// A request that is under way.
struct Running {
    handle: AbortHandle,
    /// Whether it may wait for something to change.
    waits: bool,
}

impl Pulls {
    /// Ends all of them.
    fn end_all(&self) {
        self.with(|pulls| {
            pulls
                .drain()
                .for_each(|(_, running)| running.handle.abort())
        });
    }

    /// Ends those that wait for something to change.
    pub(crate) fn end_waiting(&self) {
        self.with(|pulls| {
            let waiting = pulls.values().filter(|running| running.waits);
            waiting.for_each(|running| running.handle.abort());
        });
    }

    fn with<R>(&self, change: impl FnOnce(&mut HashMap<Id, Running>) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Guard {
    pub(crate) fn new(inner: LspService<Looplint>, session: Arc<Session>) -> Guard {
        Guard {
            inner,
            session,
            pulls: Pulls::default(),
        }
    }

    pub(crate) fn pulls(&self) -> Pulls {
        self.pulls.clone()
    }

    fn pull(&self, request: Request, id: Id) -> Answer {
        let session = Arc::clone(&self.session);
        let pulls = self.pulls.clone();
        let (method, _, params) = request.into_parts();
        let waits = method == "workspace/diagnostic";
        let own = id.clone();
        let answer = async move {
            let result = pull::answer(&session, &method, params.unwrap_or_default()).await;
            match result {
                Ok(result) => {
                    let head = format!(r#"{{"jsonrpc":"2.0","id":{},"result":"#, json!(own));
                    let message = Message::from(head).then_all(result).then("}");
                    session.outbox.send(message);
                    None
                }
                Err(error) => Some(Response::from_error(own, error)),
            }
        };
        let (answer, handle) = abortable(answer);
        pulls.with(|pulls| pulls.insert(id.clone(), Running { handle, waits }));
        async move {
            let answered = answer.await;
            pulls.with(|pulls| pulls.remove(&id));
            let cancelled = |_| Some(Response::from_error(id, Error::request_cancelled()));
            Ok(answered.unwrap_or_else(cancelled))
        }
        .boxed()
    }

    fn note(&self, request: &Request) {
        match request.method() {
            "$/cancelRequest" => {
                let id = request.params().and_then(|params| params.get("id"));
                let id = id.and_then(|id| serde_json::from_value::<Id>(id.clone()).ok());
                let running = id.and_then(|id| self.pulls.with(|pulls| pulls.remove(&id)));
                if let Some(running) = running {
                    running.handle.abort();
                }
            }
            "window/workDoneProgress/cancel" => {
                let token = request.params().and_then(|params| params.get("token"));
                self.session.scans.cancel(token.unwrap_or(&Value::Null));
            }
            "exit" => {
                self.session.exited.store(true, Ordering::SeqCst);
                self.pulls.end_all();
            }
            _ => {}
        }
    }
}

type Answer = BoxFuture<'static, Result<Option<Response>, ExitedError>>;

impl Service<Request> for Guard {
    type Response = Option<Response>;
    type Error = ExitedError;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ExitedError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Answer {
        self.note(&request);
        let id = request.id().cloned();
        let pulls = matches!(
            request.method(),
            "textDocument/diagnostic" | "workspace/diagnostic"
        );
        let answer = match &id {
            Some(id) if pulls && self.session.is_serving() => self.pull(request, id.clone()),
            _ => self.inner.call(request),
        };
        let session = Arc::clone(&self.session);
        async move {
            match AssertUnwindSafe(answer).catch_unwind().await {
                Ok(answered) => answered,
                Err(_) => {
                    session.log(Loudness::Error, "a request failed; looplint goes on");
                    Ok(id.map(|id| Response::from_error(id, Error::internal_error())))
                }
            }
        }
        .boxed()
    }
}
