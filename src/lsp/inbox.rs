//! What comes from the client: messages cut out of the stream and looked at before the protocol crate sees them.
//!
//! The crate ends the session at the first message that is not JSON-RPC; here such a message is answered and
//! the next one read. Does not know any method.

use std::io::{self, BufRead, BufReader, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use serde_json::{Value, json};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{Notify, mpsc};

use crate::outbox::Outbox;

/// Messages that may wait for the server.
const QUEUE_LEN: usize = 64;
/// A body of more bytes is not read: no editor sends one.
const BODY_BYTES_MAX: usize = 1 << 30;
/// A header line of more bytes is none.
const HEADER_BYTES_MAX: u64 = 64 << 10;

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;

/// The stream of messages that the protocol crate reads.
pub(crate) struct Inbox {
    frames: mpsc::Receiver<Vec<u8>>,
    frame: Vec<u8>,
    done: usize,
}

impl Inbox {
    /// Reads `input` on a thread of its own until its end; what is no message is answered through `outbox`.
    ///
    /// `ended` is told when there is no more to read.
    pub(crate) fn new(
        input: Box<dyn Read + Send>,
        outbox: Outbox,
        ended: Arc<Notify>,
    ) -> io::Result<Inbox> {
        let (sender, frames) = mpsc::channel(QUEUE_LEN);
        std::thread::Builder::new()
            .name("looplint-in".into())
            .spawn(move || {
                read_all(BufReader::with_capacity(64 << 10, input), &outbox, &sender);
                ended.notify_one();
            })?;
        Ok(Inbox {
            frames,
            frame: Vec::new(),
            done: 0,
        })
    }
}

impl AsyncRead for Inbox {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.done == self.frame.len() {
            // No frame at all is the end of the stream.
            self.frame = ready!(self.frames.poll_recv(cx)).unwrap_or_default();
            self.done = 0;
        }
        let rest = &self.frame[self.done..];
        let n = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..n]);
        self.done += n;
        if self.done == self.frame.len() {
            self.frame = Vec::new();
            self.done = 0;
        }
        Poll::Ready(Ok(()))
    }
}

fn read_all(mut input: impl BufRead, outbox: &Outbox, sender: &mpsc::Sender<Vec<u8>>) {
    let mut lost = false;
    // An input that fails is an input that ended.
    while let Ok(Some(message)) = read_message(&mut input) {
        let vetted = match message {
            Framed::Body(body) => {
                lost = false;
                vet(body)
            }
            // What follows a broken header is garbage up to the next good one, and one answer is enough.
            Framed::Lost if lost => continue,
            Framed::Lost => {
                lost = true;
                Vetted::Answer(error(
                    Value::Null,
                    PARSE_ERROR,
                    "a header without Content-Length",
                ))
            }
        };
        match vetted {
            Vetted::Pass(body) => {
                let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
                frame.extend_from_slice(&body);
                if sender.blocking_send(frame).is_err() {
                    return;
                }
            }
            Vetted::Answer(answer) => outbox.send(answer),
            Vetted::Drop => {}
        }
    }
}

enum Framed {
    Body(Vec<u8>),
    Lost,
}

/// The next message; `None` at the end of the input.
fn read_message(input: &mut impl BufRead) -> io::Result<Option<Framed>> {
    let mut length = None;
    let mut any = false;
    loop {
        let mut line = Vec::new();
        if input
            .by_ref()
            .take(HEADER_BYTES_MAX)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(None);
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            if any {
                break;
            }
            continue;
        }
        any = true;
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            continue;
        };
        // Garbage without a line end may stand right before a header.
        let name = line[..colon].to_ascii_lowercase();
        if name.ends_with(b"content-length") {
            length = std::str::from_utf8(line[colon + 1..].trim_ascii())
                .ok()
                .and_then(|text| text.parse().ok())
                .filter(|&length: &usize| length <= BODY_BYTES_MAX);
        }
    }
    let Some(length) = length else {
        return Ok(Some(Framed::Lost));
    };
    let mut body = Vec::with_capacity(length.min(1 << 20));
    input.by_ref().take(length as u64).read_to_end(&mut body)?;
    // A body that breaks off is the end of the input.
    Ok((body.len() == length).then_some(Framed::Body(body)))
}

enum Vetted {
    Pass(Vec<u8>),
    Answer(String),
    Drop,
}

/// Whether the protocol crate can read a body.
fn vet(body: Vec<u8>) -> Vetted {
    if body.trim_ascii().is_empty() {
        return Vetted::Drop;
    }
    let (body, value) = match parse(body) {
        Ok(parsed) => parsed,
        Err(why) => return Vetted::Answer(error(Value::Null, PARSE_ERROR, &why)),
    };
    match fault(&value) {
        None => Vetted::Pass(body),
        Some(why) => {
            let id = value
                .get("id")
                .filter(|id| is_id(id))
                .cloned()
                .unwrap_or_default();
            Vetted::Answer(error(id, INVALID_REQUEST, why))
        }
    }
}

/// The body's value, and the body with half surrogates replaced where it had any: editors that keep text
/// in UTF-16 send them, and refusing the change would leave the server with an old text.
fn parse(body: Vec<u8>) -> Result<(Vec<u8>, Value), String> {
    let text = String::from_utf8(body).map_err(|_| "the message is not UTF-8".to_owned())?;
    match serde_json::from_str(&text) {
        Ok(value) => Ok((text.into_bytes(), value)),
        Err(error) => {
            let whole = replace_half_surrogates(&text);
            match serde_json::from_str(&whole) {
                Ok(value) => Ok((whole.into_bytes(), value)),
                Err(_) => Err(format!("the message is not JSON: {error}")),
            }
        }
    }
}

/// Why a value is no message.
fn fault(value: &Value) -> Option<&'static str> {
    let Some(object) = value.as_object() else {
        return Some("a message must be an object");
    };
    if object.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Some("`jsonrpc` must be \"2.0\"");
    }
    if object.get("id").is_some_and(|id| !is_id(id)) {
        return Some("`id` must be a whole number or a text");
    }
    if let Some(method) = object.get("method") {
        return (!method.is_string()).then_some("`method` must be a text");
    }
    let answered = match object.get("error") {
        Some(error) => {
            error.get("code").is_some_and(Value::is_i64)
                && error.get("message").is_some_and(Value::is_string)
        }
        None => object.contains_key("result"),
    };
    if answered && object.contains_key("id") {
        None
    } else {
        Some("a message must have a `method`, or an `id` with a `result` or an `error`")
    }
}

fn is_id(value: &Value) -> bool {
    value.is_i64() || value.is_string() || value.is_null()
}

fn error(id: Value, code: i64, message: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}).to_string()
}

/// Puts U+FFFD for every `\ud800` to `\udfff` that has no partner.
fn replace_half_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let n = match (surrogate(rest), rest.get(6..).and_then(surrogate)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(_), _) => {
                out.push('\u{fffd}');
                rest = &rest[6..];
                continue;
            }
            // The backslash and what it escapes, which may be another backslash.
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&rest[..n]);
        rest = &rest[n..];
    }
    out.push_str(rest);
    out
}

fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let unit = u32::from_str_radix(digits, 16).ok()?;
    (0xd800..=0xdfff).contains(&unit).then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> String {
        match vet(body.as_bytes().to_vec()) {
            Vetted::Pass(body) => String::from_utf8(body).unwrap(),
            Vetted::Answer(answer) => {
                let answer: Value = serde_json::from_str(&answer).unwrap();
                format!("{} for {}", answer["error"]["code"], answer["id"])
            }
            Vetted::Drop => "dropped".into(),
        }
    }

    #[test]
    fn what_is_no_message_is_answered() {
        for (body, wanted) in [
            ("", "dropped"),
            ("{", "-32700 for null"),
            ("[]", "-32600 for null"),
            (r#"{"jsonrpc":"2.0"}"#, "-32600 for null"),
            (r#"{"jsonrpc":"1.0","id":7,"method":"a"}"#, "-32600 for 7"),
            (
                r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#,
                "-32600 for null",
            ),
            (
                r#"{"jsonrpc":"2.0","id":"x","method":3}"#,
                "-32600 for \"x\"",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":"a"}}"#,
                "-32600 for 1",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"params":1e999}"#,
                "-32700 for null",
            ),
        ] {
            assert_eq!(said(body), wanted, "{body}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(said(&deep), "-32700 for null");
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
            r#"{"jsonrpc":"2.0","method":"a","params":[]}"#,
            r#"{"jsonrpc":"2.0","id":"1","method":"a"}"#,
        ] {
            assert_eq!(said(body), body);
        }
    }

    #[test]
    fn half_a_surrogate_does_not_lose_the_text() {
        let body = |text: &str| format!(r#"{{"jsonrpc":"2.0","method":"a","params":["{text}"]}}"#);
        for (text, wanted) in [
            (r"a\ud83d", "a\u{fffd}"),
            (r"\ude00b", "\u{fffd}b"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}\\ud83d\\ude00"),
            (r"\\ud83d\ud83d", "\\\\ud83d\u{fffd}"),
        ] {
            assert_eq!(said(&body(text)), body(wanted));
        }
    }

    #[test]
    fn headers_of_any_case_and_garbage_between_messages() {
        let stream = "content-length:2\nX-Other: 1\n\n{}garbage\r\n\r\nContent-Length: nine\r\n\r\nContent-Length: 3\r\n\r\n{ }Content-Length: 9\r\n\r\n{";
        let mut input = io::Cursor::new(stream);
        let mut seen = Vec::new();
        while let Some(message) = read_message(&mut input).unwrap() {
            seen.push(match message {
                Framed::Body(body) => String::from_utf8(body).unwrap(),
                Framed::Lost => "lost".into(),
            });
        }
        assert_eq!(seen, ["{}", "lost", "lost", "{ }"]);
    }
}
