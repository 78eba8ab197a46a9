//! A scripted server on the loopback interface: every answer that a server can give, and the bad ones too.
//!
//! Knows HTTP/1.1 just enough. Counts what beginnings it has seen, as a server that keeps them would.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, missing_docs)]

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A request as it came over the socket.
#[derive(Clone, Debug)]
pub struct Seen {
    pub number: usize,
    pub method: String,
    pub path: String,
    /// Everything before the body.
    pub head: String,
    pub body: String,
    pub came: Instant,
    /// Requests that were answered to the end before this one came.
    pub answered_before: usize,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub fn model(&self) -> String {
        self.json()["model"].as_str().unwrap_or("").to_owned()
    }

    /// All text of the prompt, in order.
    pub fn prompt(&self) -> String {
        let mut out = String::new();
        let body = self.json();
        collect(&body["system"], &mut out);
        for message in body["messages"].as_array().into_iter().flatten() {
            collect(&message["content"], &mut out);
        }
        out
    }
}

fn collect(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(text),
        Value::Array(parts) => parts.iter().for_each(|part| collect(&part["text"], out)),
        _ => {}
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A streamed answer, whole, in the dialect of the path.
    Words(String),
    /// The same, with so long a pause before each word.
    Slow(String, Duration),
    /// A whole JSON answer with this text as the message.
    Whole(String),
    /// A status with headers and a body.
    Status(u16, String, String),
    /// A stream that ends in the middle.
    Truncated(String),
    /// Status 200 and bytes that are no JSON.
    Malformed,
    /// Nothing for so long.
    Hang(Duration),
    /// The connection is closed without a byte.
    Close,
}

type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

pub struct Fake {
    pub base: String,
    state: Arc<State>,
}

struct State {
    script: Box<Script>,
    seen: Mutex<Vec<Seen>>,
    prompts: Mutex<Vec<String>>,
    answered: AtomicUsize,
    /// Numbers of the calls that no whole answer was sent to.
    in_flight: Mutex<HashSet<usize>>,
    most_in_flight: AtomicUsize,
    over: AtomicBool,
}

impl State {
    fn enter(&self, number: usize) {
        let mut in_flight = self.in_flight.lock().unwrap();
        in_flight.insert(number);
        self.most_in_flight
            .fetch_max(in_flight.len(), Ordering::SeqCst);
    }

    /// Before the end of the answer is sent: whoever has read it may call again at once.
    fn leave(&self, number: usize) {
        self.in_flight.lock().unwrap().remove(&number);
    }
}

impl Fake {
    pub fn new(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let state = Arc::new(State {
            script: Box::new(script),
            seen: Mutex::default(),
            prompts: Mutex::default(),
            answered: AtomicUsize::new(0),
            in_flight: Mutex::default(),
            most_in_flight: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Fake { base, state }
    }

    /// One that always says these words.
    pub fn saying(words: &str) -> Fake {
        let words = words.to_owned();
        Fake::new(move |_| Reply::Words(words.clone()))
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    pub fn n_calls(&self) -> usize {
        self.seen().len()
    }

    pub fn most_in_flight(&self) -> usize {
        self.state.most_in_flight.load(Ordering::SeqCst)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        let address = self
            .base
            .trim_start_matches("http://")
            .trim_end_matches("/v1");
        let _ = TcpStream::connect(address);
    }
}

fn serve(stream: TcpStream, state: &State) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(seen) = read(&mut reader, state) {
        state.enter(seen.number);
        let reply = (state.script)(&seen);
        let ok = answer(&mut stream, &seen, &reply, state);
        state.leave(seen.number);
        if ok.is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>, state: &State) -> Option<Seen> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = head.split_whitespace();
    let mut all = state.seen.lock().unwrap();
    let seen = Seen {
        number: all.len(),
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        head: head.clone(),
        body: String::from_utf8(body).unwrap(),
        came: Instant::now(),
        answered_before: state.answered.load(Ordering::SeqCst),
    };
    all.push(seen.clone());
    Some(seen)
}

fn answer(
    stream: &mut TcpStream,
    seen: &Seen,
    reply: &Reply,
    state: &State,
) -> std::io::Result<()> {
    match reply {
        Reply::Words(words) => say(stream, seen, words, Duration::ZERO, state),
        Reply::Slow(words, pause) => say(stream, seen, words, *pause, state),
        Reply::Whole(words) => {
            let body = whole(seen, words, counts(seen, words, state));
            remember(seen, state);
            plain(stream, 200, "", &body)
        }
        Reply::Status(status, headers, body) => {
            state.answered.fetch_add(1, Ordering::SeqCst);
            state.leave(seen.number);
            plain(stream, *status, headers, body)
        }
        Reply::Malformed => plain(stream, 200, "", "<html>not JSON</html>"),
        Reply::Truncated(words) => {
            begin(stream)?;
            for word in words.split_inclusive(' ') {
                event(stream, &delta(seen, word))?;
            }
            chunk(stream, b"data: {\"choices\": [{\"del")?;
            stream.shutdown(std::net::Shutdown::Both)?;
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
        Reply::Hang(pause) => {
            std::thread::sleep(*pause);
            Err(std::io::ErrorKind::TimedOut.into())
        }
        Reply::Close => Err(std::io::ErrorKind::ConnectionAborted.into()),
    }
}

fn plain(stream: &mut TcpStream, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
}

fn begin(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    )
}

fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    write!(stream, "{:x}\r\n", bytes.len())?;
    stream.write_all(bytes)?;
    stream.write_all(b"\r\n")?;
    stream.flush()
}

fn event(stream: &mut TcpStream, data: &Value) -> std::io::Result<()> {
    chunk(stream, format!("data: {data}\n\n").as_bytes())
}

fn is_anthropic(seen: &Seen) -> bool {
    seen.path.ends_with("/messages")
}

fn delta(seen: &Seen, word: &str) -> Value {
    if is_anthropic(seen) {
        return json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": word}});
    }
    json!({"choices": [{"delta": {"content": word}, "finish_reason": null}]})
}

fn say(
    stream: &mut TcpStream,
    seen: &Seen,
    words: &str,
    pause: Duration,
    state: &State,
) -> std::io::Result<()> {
    let (prompt, cached, completion) = counts(seen, words, state);
    begin(stream)?;
    if is_anthropic(seen) {
        let usage = json!({"input_tokens": prompt - cached, "cache_read_input_tokens": cached, "output_tokens": 1});
        event(
            stream,
            &json!({"type": "message_start", "message": {"usage": usage}}),
        )?;
    }
    for word in words.split_inclusive(' ') {
        std::thread::sleep(pause);
        event(stream, &delta(seen, word))?;
    }
    remember(seen, state);
    if is_anthropic(seen) {
        let usage = json!({"output_tokens": completion});
        event(
            stream,
            &json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}),
        )?;
        event(stream, &json!({"type": "message_stop"}))?;
    } else {
        event(
            stream,
            &json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
        )?;
        event(
            stream,
            &json!({"choices": [], "usage": usage_of(prompt, cached, completion)}),
        )?;
        chunk(stream, b"data: [DONE]\n\n")?;
    }
    chunk(stream, b"")
}

fn usage_of(prompt: usize, cached: usize, completion: usize) -> Value {
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "prompt_tokens_details": {"cached_tokens": cached}})
}

fn whole(seen: &Seen, words: &str, (prompt, cached, completion): (usize, usize, usize)) -> String {
    if is_anthropic(seen) {
        let block = match serde_json::from_str::<Value>(words) {
            Ok(input) if seen.json()["tool_choice"].is_object() => {
                json!({"type": "tool_use", "name": "verdict", "input": input})
            }
            _ => json!({"type": "text", "text": words}),
        };
        let usage = json!({"input_tokens": prompt - cached, "cache_read_input_tokens": cached, "output_tokens": completion});
        return json!({"content": [block], "stop_reason": "end_turn", "usage": usage}).to_string();
    }
    let choice =
        json!({"message": {"role": "assistant", "content": words}, "finish_reason": "stop"});
    json!({"choices": [choice], "usage": usage_of(prompt, cached, completion)}).to_string()
}

/// A beginning can be reused once a request that had it was answered.
fn remember(seen: &Seen, state: &State) {
    state.prompts.lock().unwrap().push(seen.prompt());
    state.answered.fetch_add(1, Ordering::SeqCst);
    state.leave(seen.number);
}

/// Prompt, of it seen before, and answer, all in "tokens" of four bytes.
fn counts(seen: &Seen, words: &str, state: &State) -> (usize, usize, usize) {
    let prompt = seen.prompt();
    let prompts = state.prompts.lock().unwrap();
    let common = |other: &String| {
        prompt
            .bytes()
            .zip(other.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let cached = prompts.iter().map(common).max().unwrap_or(0) / 4;
    (prompt.len() / 4, cached, words.len().div_ceil(4))
}
