//! A model's words on a finding: asked for on a thread of their own, sent on to the client as they come.
//!
//! Off where the host has nobody to ask. Does not know who is asked or how; opens no connection itself.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use looplint_model::{Finding, Source, Span};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower_lsp_server::ls_types::{Position, Uri};

use crate::report::Spot;
use crate::session::Session;
use crate::text;

/// A progress bar is told of new words at most so often.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// Characters of the last words that a progress bar shows.
const TAIL: usize = 60;

/// Has a model explain findings.
pub trait Explainer: Send + Sync + 'static {
    /// The words of a model on `findings[at]`, which were found in `source`. Blocks; runs on a thread of its own.
    /// `place` is the file and the workspace folder that it is in. New words go to `on` as they come; `None` takes
    /// back all so far. Ends early where `stopper` is stopped.
    ///
    /// # Errors
    /// Why there are no words, as a sentence.
    fn explain(
        &self,
        source: &Source,
        place: (&Path, Option<&Path>),
        findings: &[Finding],
        at: usize,
        stopper: &Stopper,
        on: &(dyn Fn(Option<&str>) + Sync),
    ) -> Result<Explained, String>;
}

/// A model's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The words: prose, and nothing that is to be run.
    pub text: String,
    /// Who wrote them, in one line.
    pub note: String,
}

/// Stops what runs on another thread.
#[derive(Default)]
pub struct Stopper {
    stopped: AtomicBool,
    then: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
}

impl Stopper {
    /// Calls `then` when it is stopped; at once where it was.
    pub fn on_stop(&self, then: impl FnOnce() + Send + 'static) {
        let mut list = self.then.lock().unwrap_or_else(PoisonError::into_inner);
        if self.stopped.load(Ordering::SeqCst) {
            drop(list);
            return then();
        }
        list.push(Box::new(then));
    }

    /// Stops it.
    pub(crate) fn stop(&self) {
        let list = {
            let mut list = self.then.lock().unwrap_or_else(PoisonError::into_inner);
            self.stopped.store(true, Ordering::SeqCst);
            std::mem::take(&mut *list)
        };
        for then in list {
            then();
        }
    }
}

/// What is heard from the other thread.
enum News {
    Words(Option<String>),
    End(Result<Explained, String>),
}

/// Stops the other thread when nobody waits for it any more.
struct Waiting {
    stopper: Arc<Stopper>,
    news: mpsc::UnboundedReceiver<News>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.stopper.stop();
    }
}

/// Where words go while they come.
pub(crate) struct Stream {
    /// A name of the client's: each piece is sent in a notification `looplint/explanation` with it.
    pub(crate) name: Option<Value>,
    /// A place for progress.
    pub(crate) token: Option<Value>,
}

/// The words of a model on the finding of `rule` at a position; `None` where nobody can be asked, or there is no
/// such finding.
pub(crate) async fn words(
    session: &Arc<Session>,
    uri: &Uri,
    position: Position,
    rule: &str,
    stream: Stream,
) -> Option<Result<Explained, String>> {
    let explainer = session.host.explainer()?;
    let report = session.latest(uri.as_str()).await?;
    let at = {
        let piece = report.piece(uri.as_str())?;
        let offset = text::offset(&piece.source, position, session.columns());
        let spot = Spot {
            report: &report,
            piece,
        };
        let mut touching = spot.touching(Span::at(offset));
        touching.find(|(_, finding)| finding.rule == rule)?.0
    };
    let (folder, _) = session.lock().chosen(&report.path);
    let (sender, news) = mpsc::unbounded_channel();
    let stopper = Arc::new(Stopper::default());
    let mut waiting = Waiting {
        stopper: Arc::clone(&stopper),
        news,
    };
    let ask = move || {
        let words = sender.clone();
        let on = move |piece: Option<&str>| {
            let _ = words.send(News::Words(piece.map(str::to_owned)));
        };
        let place = (report.path.as_path(), folder.as_deref());
        let findings = &report.findings;
        let ended = explainer.explain(&report.source, place, findings, at, &stopper, &on);
        let _ = sender.send(News::End(ended));
    };
    let thread = std::thread::Builder::new().name("explanation".into());
    if let Err(error) = thread.spawn(ask) {
        return Some(Err(format!("No language model was asked: {error}.")));
    }
    let mut teller = Teller::begin(session, stream, rule, &waiting.stopper);
    let mut ended = None;
    while let Some(news) = waiting.news.recv().await {
        match news {
            News::Words(piece) => teller.take(piece.as_deref()),
            News::End(end) => ended = Some(end),
        }
    }
    ended.or_else(|| {
        Some(Err(
            "No language model answered: the question failed.".into()
        ))
    })
}

/// Tells the client of new words.
struct Teller<'s> {
    session: &'s Session,
    stream: Stream,
    words: String,
    told: Instant,
}

impl<'s> Teller<'s> {
    fn begin(
        session: &'s Session,
        stream: Stream,
        rule: &str,
        stopper: &Arc<Stopper>,
    ) -> Teller<'s> {
        if let Some(token) = &stream.token {
            let stopper = Arc::clone(stopper);
            session.scans.on_cancel(token, move || stopper.stop());
        }
        let teller = Teller {
            session,
            stream,
            words: String::new(),
            told: Instant::now(),
        };
        let title = format!("looplint explains {rule}");
        teller.progress(&json!({"kind": "begin", "title": title, "cancellable": true}));
        teller
    }

    fn take(&mut self, piece: Option<&str>) {
        match piece {
            Some(piece) => self.words.push_str(piece),
            None => self.words.clear(),
        }
        if let Some(name) = &self.stream.name {
            let params = match piece {
                Some(piece) => json!({"stream": name, "text": piece}),
                None => json!({"stream": name, "restart": true}),
            };
            self.session.notify("looplint/explanation", &params);
        }
        if self.told.elapsed() >= REPORT_EVERY {
            self.told = Instant::now();
            let skipped = self.words.chars().count().saturating_sub(TAIL);
            let tail: String = self.words.chars().skip(skipped).collect();
            self.progress(&json!({"kind": "report", "message": tail}));
        }
    }

    fn progress(&self, value: &Value) {
        if let Some(token) = &self.stream.token {
            let params = json!({"token": token, "value": value});
            self.session.notify("$/progress", &params);
        }
    }
}

impl Drop for Teller<'_> {
    fn drop(&mut self) {
        self.progress(&json!({"kind": "end"}));
        if let Some(token) = &self.stream.token {
            self.session.scans.forget_cancel(token);
        }
    }
}

/// The words as Markdown that shows them and does nothing else: no picture is fetched, no link made, no HTML.
pub(crate) fn markdown(explained: &Explained) -> String {
    format!(
        "{}\n\n*{}*\n\n---\n\n",
        tamed(&explained.text),
        tamed(&explained.note)
    )
}

fn tamed(words: &str) -> String {
    let has_code = words.matches('`').count().is_multiple_of(2) && !words.contains("``");
    let mut out = String::with_capacity(words.len());
    let mut in_code = false;
    for character in words.chars() {
        match character {
            '`' if has_code => {
                in_code = !in_code;
                out.push('`');
            }
            _ if in_code => out.push(character),
            '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '#' | '|' | '~' => {
                out.push('\\');
                out.push(character);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shown_and_do_nothing() {
        assert_eq!(tamed("a `names[0] < 3` b"), "a `names[0] < 3` b");
        assert_eq!(
            tamed("![x](http://h/?k) <img src=x>"),
            "\\!\\[x\\](http://h/?k) &lt;img src=x&gt;"
        );
        // A lone backtick must not hide what follows from the escapes.
        assert_eq!(tamed("` ![x](y)"), "\\` \\!\\[x\\](y)");
        assert_eq!(tamed("`` ![x](y) ``"), "\\`\\` \\!\\[x\\](y) \\`\\`");
    }

    #[test]
    fn what_was_stopped_before_is_told_at_once() {
        let stopper = Stopper::default();
        let (sender, heard) = std::sync::mpsc::channel();
        let own = sender.clone();
        stopper.on_stop(move || own.send(1).unwrap());
        stopper.stop();
        stopper.on_stop(move || sender.send(2).unwrap());
        assert_eq!(heard.iter().collect::<Vec<_>>(), [1, 2]);
    }
}
