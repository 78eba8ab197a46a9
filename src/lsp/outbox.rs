//! What goes to the client: whole messages in one queue, written by a thread of their own.
//!
//! Reports are written here as finished JSON, past the protocol crate, which would build a tree of values for
//! every diagnostic first. A report that was not written yet gives way to a newer one of the same document,
//! so that a client that does not read cannot fill the memory.
//! Does not know what the messages say.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::AsyncWrite;

/// How long the end of a session waits for the client to read what was said.
const PATIENCE: Duration = Duration::from_secs(2);

/// The queue of messages to the client.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Frame>,
    closed: bool,
    writing: bool,
}

struct Frame {
    /// What the message replaces when that was not written yet.
    key: Option<String>,
    parts: Vec<Part>,
}

/// A JSON message in parts: a report of thousands of findings is kept anyway and not copied into each message.
#[derive(Debug)]
pub(crate) struct Message(Vec<Part>);

#[derive(Debug)]
enum Part {
    Own(Vec<u8>),
    Kept(Arc<String>),
}

impl Part {
    fn bytes(&self) -> &[u8] {
        match self {
            Part::Own(bytes) => bytes,
            Part::Kept(text) => text.as_bytes(),
        }
    }
}

impl Message {
    /// The same with more text at its end.
    pub(crate) fn then(mut self, text: impl Into<String>) -> Message {
        self.0.push(Part::Own(text.into().into_bytes()));
        self
    }

    /// The same with a text at its end that is kept elsewhere too.
    pub(crate) fn then_kept(mut self, text: &Arc<String>) -> Message {
        self.0.push(Part::Kept(Arc::clone(text)));
        self
    }

    /// The same with another message at its end.
    pub(crate) fn then_all(mut self, other: Message) -> Message {
        self.0.extend(other.0);
        self
    }
}

impl<T: Into<String>> From<T> for Message {
    fn from(text: T) -> Message {
        Message(Vec::new()).then(text)
    }
}

impl Outbox {
    /// A queue that `out` is fed from. `gone` is called when `out` takes no more.
    pub(crate) fn new(
        mut out: Box<dyn Write + Send>,
        gone: impl FnOnce() + Send + 'static,
    ) -> io::Result<Outbox> {
        let outbox = Outbox(Arc::new(Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
        }));
        let feeder = outbox.clone();
        std::thread::Builder::new()
            .name("looplint-out".into())
            .spawn(move || {
                if feeder.feed(out.as_mut()).is_err() {
                    feeder.close();
                    gone();
                }
            })?;
        Ok(outbox)
    }

    /// Sends a JSON message.
    pub(crate) fn send(&self, json: impl Into<Message>) {
        self.push(None, framed(json.into()));
    }

    /// Sends a JSON message in place of any older one of the same `key`.
    pub(crate) fn replace(&self, key: &str, json: impl Into<Message>) {
        self.push(Some(key.to_owned()), framed(json.into()));
    }

    fn push(&self, key: Option<String>, parts: Vec<Part>) {
        let mut queue = self.lock();
        if queue.closed {
            return;
        }
        if key.is_some() {
            queue.frames.retain(|frame| frame.key != key);
        }
        queue.frames.push_back(Frame { key, parts });
        self.0.changed.notify_all();
    }

    /// Number of messages that wait to be written.
    pub(crate) fn n_waiting(&self) -> usize {
        self.lock().frames.len()
    }

    /// Waits until all is written, or the client has not read for a while; then takes no more.
    pub(crate) fn finish(&self) {
        let queue = self.lock();
        let busy = |queue: &mut Queue| !queue.closed && (queue.writing || !queue.frames.is_empty());
        let waited = self.0.changed.wait_timeout_while(queue, PATIENCE, busy);
        drop(waited);
        self.close();
    }

    fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.frames.clear();
        self.0.changed.notify_all();
    }

    fn feed(&self, out: &mut dyn Write) -> io::Result<()> {
        loop {
            let mut queue = self.lock();
            queue.writing = false;
            self.0.changed.notify_all();
            let frame = loop {
                if let Some(frame) = queue.frames.pop_front() {
                    break frame;
                }
                if queue.closed {
                    return Ok(());
                }
                queue = self
                    .0
                    .changed
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
            };
            queue.writing = true;
            drop(queue);
            for part in &frame.parts {
                out.write_all(part.bytes())?;
            }
            out.flush()?;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn framed(message: Message) -> Vec<Part> {
    let length: usize = message.0.iter().map(|part| part.bytes().len()).sum();
    let header = Message::from(format!("Content-Length: {length}\r\n\r\n"));
    header.then_all(message).0
}

/// The protocol crate's way out. It hands over whole messages, because all that it writes is taken at once.
impl AsyncWrite for Outbox {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.push(None, vec![Part::Own(bytes.to_vec())]);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_newer_report_takes_the_place_of_one_that_waits() {
        let (mut reader, writer) = io::pipe().unwrap();
        let (hold, held) = std::sync::mpsc::channel();
        struct Slow(io::PipeWriter, std::sync::mpsc::Receiver<()>);
        impl Write for Slow {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.1.recv().ok();
                self.0.write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let outbox = Outbox::new(Box::new(Slow(writer, held)), || {}).unwrap();
        outbox.send("0");
        while outbox.lock().writing {
            std::thread::yield_now();
            if outbox.lock().frames.is_empty() {
                break;
            }
        }
        outbox.replace("a", "1");
        outbox.replace("b", "2");
        outbox.replace("a", "3");
        drop(hold);
        outbox.finish();
        drop(outbox);
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        let bodies: Vec<&str> = said.split("Content-Length: 1\r\n\r\n").collect();
        assert!(bodies.ends_with(&["2", "3"]), "{bodies:?}");
        assert!(
            bodies.contains(&"0") && !bodies.contains(&"1"),
            "{bodies:?}"
        );
    }
}
