//! Reads JSON once into a flat tape of spans, without recursion and without giving up.
//!
//! Knows JSON's grammar and the ways it is broken in the wild: cut files, NaN, lone surrogates, repeated keys.
//! Does not know what any key means. A string is only measured here; [`super::Value`] unescapes it on demand.

use looplint_model::Span;
use memchr::memchr2;
use rustc_hash::FxHashMap;

use super::embedded::Origin;

/// A piece of a tape: a value or an object's key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// First byte of the value, quotes and brackets included.
    pub(crate) start: u32,
    /// One past its last byte.
    pub(crate) end: u32,
    /// Containers: the node after the last one inside. Strings: 1 where there is an escape.
    pub(crate) next: u32,
}

/// A JSON text and where its values are.
#[derive(Debug)]
pub struct Tape<'a> {
    pub(crate) text: &'a str,
    pub(crate) nodes: Vec<Node>,
    pub(crate) origin: Origin,
}

/// Something in a text that JSON does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub span: Span,
    /// What, in one line without a full stop.
    pub message: String,
    /// Whether the value ends here for want of the rest; else reading went on.
    pub fatal: bool,
}

/// How reading one value ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// The value's node, where there was at least its beginning.
    pub(crate) root: Option<u32>,
    /// First byte that was not read.
    pub(crate) end: usize,
    /// Whether the value is whole.
    pub(crate) whole: bool,
}

/// Repeats beyond this many nodes in a text are not looked for one by one but by a table.
const PAIRWISE_KEYS_MAX: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

impl<'a> Tape<'a> {
    /// An empty tape over `text`, whose byte 0 is at `origin`.
    pub(crate) fn new(text: &'a str, origin: Origin) -> Tape<'a> {
        Tape {
            text,
            nodes: Vec::with_capacity(text.len() / 64 + 8),
            origin,
        }
    }

    /// Reads one value that begins at or after `from` and ends at or before `to`.
    ///
    /// A broken value keeps what was whole in it; what is wrong goes to `faults`.
    pub(crate) fn read(&mut self, from: usize, to: usize, faults: &mut Vec<Fault>) -> Reading {
        let mut reader = Reader {
            bytes: &self.text.as_bytes()[..to],
            text: self.text,
            nodes: &mut self.nodes,
            faults,
            at: from,
            open: Vec::new(),
        };
        reader.skip_blank();
        if reader.at >= to {
            return Reading {
                root: None,
                end: to,
                whole: false,
            };
        }
        let root = reader.nodes.len() as u32;
        let whole = reader.value();
        let end = reader.at;
        let root = (self.nodes.len() as u32 > root).then_some(root);
        Reading { root, end, whole }
    }
}

struct Reader<'a, 'n> {
    bytes: &'a [u8],
    text: &'a str,
    nodes: &'n mut Vec<Node>,
    faults: &'n mut Vec<Fault>,
    at: usize,
    open: Vec<u32>,
}

impl Reader<'_, '_> {
    fn skip_blank(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// Reads a value with everything in it; `false` where it is cut or broken.
    fn value(&mut self) -> bool {
        let mut expect = Expect::Value;
        loop {
            self.skip_blank();
            let Some(&byte) = self.bytes.get(self.at) else {
                return self.give_up("the JSON ends in the middle of a value");
            };
            expect = match (expect, byte) {
                (Expect::ValueOrEnd, b']') | (Expect::KeyOrEnd, b'}') => self.close(),
                (Expect::CommaOrEnd, b']' | b'}') if self.closes(byte) => self.close(),
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    if self.in_object() {
                        Expect::Key
                    } else {
                        Expect::Value
                    }
                }
                (Expect::Key | Expect::KeyOrEnd, b'"') => {
                    if !self.string() {
                        return self.give_up("the JSON ends in the middle of a key");
                    }
                    Expect::Colon
                }
                (Expect::Colon, b':') => {
                    self.at += 1;
                    Expect::Value
                }
                (Expect::Value | Expect::ValueOrEnd, b'{') => self.enter(Expect::KeyOrEnd),
                (Expect::Value | Expect::ValueOrEnd, b'[') => self.enter(Expect::ValueOrEnd),
                (Expect::Value | Expect::ValueOrEnd, b'"') => {
                    if !self.string() {
                        return self.give_up("the JSON ends in the middle of a text");
                    }
                    Expect::CommaOrEnd
                }
                (Expect::Value | Expect::ValueOrEnd, _) => {
                    if !self.scalar() {
                        return self.give_up("this is not JSON");
                    }
                    Expect::CommaOrEnd
                }
                (Expect::Key | Expect::KeyOrEnd, _) => {
                    return self.give_up("expected a key in double quotes");
                }
                (Expect::Colon, _) => return self.give_up("expected `:` after the key"),
                (Expect::CommaOrEnd, _) => {
                    return self.give_up("expected `,` or the closing bracket");
                }
            };
            if expect == Expect::CommaOrEnd && self.open.is_empty() {
                return true;
            }
        }
    }

    fn in_object(&self) -> bool {
        self.open
            .last()
            .is_some_and(|&node| self.bytes[self.nodes[node as usize].start as usize] == b'{')
    }

    fn closes(&self, byte: u8) -> bool {
        self.in_object() == (byte == b'}')
    }

    fn enter(&mut self, inside: Expect) -> Expect {
        self.open.push(self.nodes.len() as u32);
        self.push(self.at, self.at, 0);
        self.at += 1;
        inside
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        if let Some(node) = self.open.pop() {
            self.finish(node);
        }
        Expect::CommaOrEnd
    }

    fn finish(&mut self, node: u32) {
        let next = self.nodes.len() as u32;
        let container = &mut self.nodes[node as usize];
        container.end = self.at as u32;
        container.next = next;
        if self.bytes[container.start as usize] == b'{' {
            self.find_repeated_keys(node + 1, next);
        }
    }

    fn push(&mut self, start: usize, end: usize, next: u32) {
        self.nodes.push(Node {
            start: start as u32,
            end: end as u32,
            next,
        });
    }

    fn fault(&mut self, start: usize, end: usize, message: impl Into<String>, fatal: bool) {
        let span = Span::new(start as u32, end as u32);
        self.faults.push(Fault {
            span,
            message: message.into(),
            fatal,
        });
    }

    /// Says why, drops a key that has no value, and closes what is open.
    fn give_up(&mut self, message: &str) -> bool {
        let end = (self.at + 1).min(self.bytes.len()).max(self.at);
        let end = (end..=self.text.len())
            .find(|&end| self.text.is_char_boundary(end))
            .unwrap_or(end);
        self.fault(self.at, end, message, true);
        if let Some(&node) = self.open.last()
            && self.in_object()
        {
            self.drop_lone_key(node);
        }
        while let Some(node) = self.open.pop() {
            self.finish(node);
        }
        false
    }

    fn drop_lone_key(&mut self, object: u32) {
        let (mut at, end) = (object + 1, self.nodes.len() as u32);
        while at < end {
            let value = at + 1;
            if value >= end {
                self.nodes.truncate(at as usize);
                return;
            }
            at = after(self.nodes, self.bytes, value);
        }
    }

    /// Measures a string; `false` where its closing quote is missing.
    fn string(&mut self) -> bool {
        let start = self.at;
        let mut at = start + 1;
        let mut escaped = 0;
        loop {
            let Some(found) = self
                .bytes
                .get(at..)
                .and_then(|rest| memchr2(b'"', b'\\', rest))
            else {
                return false;
            };
            at += found;
            if self.bytes[at] == b'"' {
                break;
            }
            escaped = 1;
            at = self.escape(at);
        }
        self.at = at + 1;
        self.push(start, at + 1, escaped);
        true
    }

    /// Passes over the escape at `at` and says what is wrong with it.
    fn escape(&mut self, at: usize) -> usize {
        match self.bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at + 2,
            Some(b'u') => self.unicode_escape(at),
            Some(_) => {
                let width = self.text[at + 1..].chars().next().map_or(1, char::len_utf8);
                self.fault(
                    at,
                    at + 1 + width,
                    "no such escape in JSON; the character is kept as it is",
                    false,
                );
                at + 1 + width
            }
            None => at + 1,
        }
    }

    fn unicode_escape(&mut self, at: usize) -> usize {
        let Some(unit) = hex4(self.bytes, at + 2) else {
            self.fault(at, at + 2, "`\\u` needs four hexadecimal digits", false);
            return at + 2;
        };
        match unit {
            0xD800..=0xDBFF => {
                let low = (self.bytes.get(at + 6..at + 8) == Some(b"\\u"))
                    .then(|| hex4(self.bytes, at + 8))
                    .flatten();
                if matches!(low, Some(0xDC00..=0xDFFF)) {
                    return at + 12;
                }
                self.fault(
                    at,
                    at + 6,
                    "half of a surrogate pair; read as U+FFFD",
                    false,
                );
            }
            0xDC00..=0xDFFF => self.fault(
                at,
                at + 6,
                "half of a surrogate pair; read as U+FFFD",
                false,
            ),
            _ => {}
        }
        at + 6
    }

    fn scalar(&mut self) -> bool {
        let start = self.at;
        let length = self.bytes[start..]
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')))
            .unwrap_or(self.bytes.len() - start);
        let word = &self.bytes[start..start + length];
        match word {
            b"true" | b"false" | b"null" => {}
            b"NaN" | b"Infinity" | b"-Infinity" => {
                let name = &self.text[start..start + length];
                self.fault(
                    start,
                    start + length,
                    format!("{name} is not JSON; read as no number"),
                    false,
                );
            }
            _ if is_number(word) => {}
            _ => return false,
        }
        self.at = start + length;
        self.push(start, self.at, 0);
        true
    }

    fn find_repeated_keys(&mut self, first: u32, end: u32) {
        let mut few: [u32; PAIRWISE_KEYS_MAX] = [0; PAIRWISE_KEYS_MAX];
        let mut n_keys = 0;
        let mut at = first;
        while at < end {
            if n_keys == few.len() {
                return self.find_repeated_keys_by_table(first, end);
            }
            few[n_keys] = at;
            n_keys += 1;
            at = after(self.nodes, self.bytes, at + 1);
        }
        for later in 1..n_keys {
            for earlier in 0..later {
                if self.key(few[earlier]) == self.key(few[later]) {
                    self.say_repeated(few[later]);
                    break;
                }
            }
        }
    }

    fn find_repeated_keys_by_table(&mut self, first: u32, end: u32) {
        let bytes = self.bytes;
        let mut seen: FxHashMap<&[u8], ()> = FxHashMap::default();
        let mut repeated = Vec::new();
        let mut at = first;
        while at < end {
            let Node {
                start, end: stop, ..
            } = self.nodes[at as usize];
            if seen
                .insert(&bytes[start as usize..stop as usize], ())
                .is_some()
            {
                repeated.push(at);
            }
            at = after(self.nodes, bytes, at + 1);
        }
        for node in repeated {
            self.say_repeated(node);
        }
    }

    fn key(&self, node: u32) -> &[u8] {
        let Node { start, end, .. } = self.nodes[node as usize];
        &self.bytes[start as usize..end as usize]
    }

    fn say_repeated(&mut self, node: u32) {
        let Node { start, end, .. } = self.nodes[node as usize];
        let key = self.text[start as usize..end as usize]
            .chars()
            .take(60)
            .collect::<String>();
        self.fault(
            start as usize,
            end as usize,
            format!("the key {key} comes twice; the last one counts"),
            false,
        );
    }
}

/// The node after the value at `at` and everything in it.
pub(crate) fn after(nodes: &[Node], bytes: &[u8], at: u32) -> u32 {
    match nodes.get(at as usize) {
        Some(node) if matches!(bytes[node.start as usize], b'{' | b'[') => node.next.max(at + 1),
        _ => at + 1,
    }
}

/// The value of the four hexadecimal digits at `at`.
pub(crate) fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.iter().try_fold(0, |sum, &digit| {
        Some(sum * 16 + (digit as char).to_digit(16)?)
    })
}

fn is_number(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    let whole = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if whole == 0 {
        return false;
    }
    if whole == digits.len() {
        return true;
    }
    std::str::from_utf8(word).is_ok_and(|word| !word.ends_with('.') && word.parse::<f64>().is_ok())
}
