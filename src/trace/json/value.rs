//! A value on a tape: what it is, what is in it, and where it stands in the text.
//!
//! Knows JSON. Does not know any trace format.

use std::borrow::Cow;

use looplint_model::Span;

use super::embedded::{Embedded, Origin};
use super::tape::{Tape, after, hex4};

/// A value on a tape. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    tape: &'a Tape<'a>,
    at: u32,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{}`
    Object,
    /// `[]`
    Array,
    /// `""`
    Text,
    /// A number; also NaN and the infinities, which are read as no number.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

impl<'a> Value<'a> {
    pub(crate) fn new(tape: &'a Tape<'a>, at: u32) -> Value<'a> {
        Value { tape, at }
    }

    /// What it is.
    pub fn shape(self) -> Shape {
        match self.tape.text.as_bytes()[self.node().start as usize] {
            b'{' => Shape::Object,
            b'[' => Shape::Array,
            b'"' => Shape::Text,
            b't' | b'f' => Shape::Bool,
            b'n' => Shape::Null,
            _ => Shape::Number,
        }
    }

    /// The value's bytes as they stand, quotes and brackets included.
    pub fn raw(self) -> &'a str {
        let node = self.node();
        &self.tape.text[node.start as usize..node.end as usize]
    }

    /// Where it stands in the source, quotes and brackets included.
    pub fn span(self) -> Span {
        let node = self.node();
        self.tape.origin.place(Span::new(node.start, node.end))
    }

    /// Where its inside stands: a text without its quotes, any other value as it is.
    pub fn inner_span(self) -> Span {
        let node = self.node();
        match self.shape() {
            Shape::Text => self
                .tape
                .origin
                .place(Span::new(node.start + 1, node.end - 1)),
            _ => self.span(),
        }
    }

    /// Whether a place in the text is the same place in the source, byte for byte.
    pub fn is_direct(self) -> bool {
        matches!(self.tape.origin, Origin::Itself)
    }

    /// The text of a string; borrowed where it has no escape.
    pub fn text(self) -> Option<Cow<'a, str>> {
        if self.shape() != Shape::Text {
            return None;
        }
        let node = self.node();
        let inside = &self.tape.text[node.start as usize + 1..node.end as usize - 1];
        Some(if node.next == 0 {
            Cow::Borrowed(inside)
        } else {
            Cow::Owned(unescape(inside))
        })
    }

    /// Whether it is a string with an escape in it.
    pub fn is_escaped(self) -> bool {
        self.shape() == Shape::Text && self.node().next != 0
    }

    /// Whether it is exactly the string `wanted`.
    pub fn is_text(self, wanted: &str) -> bool {
        self.text().is_some_and(|text| text == wanted)
    }

    /// The text of a string that is not blank.
    pub fn some_text(self) -> Option<Cow<'a, str>> {
        self.text().filter(|text| !text.trim().is_empty())
    }

    /// `true` or `false`.
    pub fn bool(self) -> Option<bool> {
        (self.shape() == Shape::Bool).then(|| self.raw() == "true")
    }

    /// A finite number; also one written as a string, as OTLP writes 64-bit numbers.
    pub fn number(self) -> Option<f64> {
        let number = match self.shape() {
            Shape::Number => self.raw().parse::<f64>().ok(),
            Shape::Text => self.text().and_then(|text| text.trim().parse::<f64>().ok()),
            _ => None,
        };
        number.filter(|number| number.is_finite())
    }

    /// A whole number that is not negative, as [`Value::number`] reads it.
    pub fn count(self) -> Option<u64> {
        let digits = match self.shape() {
            Shape::Number => Cow::Borrowed(self.raw()),
            Shape::Text => self.text()?,
            _ => return None,
        };
        let exact = digits.trim().parse::<u64>().ok();
        exact.or_else(|| {
            self.number()
                .filter(|number| *number >= 0.0)
                .map(|number| number as u64)
        })
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.shape() == Shape::Null
    }

    /// Whether it says nothing: `null`, a blank string, `{}` or `[]`.
    pub fn is_blank(self) -> bool {
        match self.shape() {
            Shape::Null => true,
            Shape::Text => self.some_text().is_none(),
            Shape::Object | Shape::Array => self.node().next <= self.at + 1,
            Shape::Number | Shape::Bool => false,
        }
    }

    /// The value of `key` in an object; of a key that comes twice, the last. `null` counts as absent.
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        if self.shape() != Shape::Object {
            return None;
        }
        let mut found = None;
        let mut at = self.at + 1;
        while at < self.node().next {
            if self.key_is(at, key) {
                found = Some(Value {
                    tape: self.tape,
                    at: at + 1,
                });
            }
            at = self.after(at + 1);
        }
        found.filter(|value| !value.is_null())
    }

    /// The value at the end of a path of keys.
    pub fn path(self, keys: &[&str]) -> Option<Value<'a>> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The value of the first of `keys` that is there.
    pub fn any(self, keys: &[&str]) -> Option<Value<'a>> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// The text at `key`.
    pub fn text_at(self, key: &str) -> Option<Cow<'a, str>> {
        self.get(key)?.text()
    }

    /// Whether `key` is there and not `null`.
    pub fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether the text at `key` is exactly `wanted`.
    pub fn says(self, key: &str, wanted: &str) -> bool {
        self.get(key).is_some_and(|value| value.is_text(wanted))
    }

    /// The elements of an array, nothing for other values.
    pub fn items(self) -> Items<'a> {
        let end = if self.shape() == Shape::Array {
            self.node().next
        } else {
            0
        };
        Items {
            tape: self.tape,
            at: self.at + 1,
            end,
        }
    }

    /// The keys and values of an object, nothing for other values. `null` is given too.
    pub fn entries(self) -> Entries<'a> {
        let end = if self.shape() == Shape::Object {
            self.node().next
        } else {
            0
        };
        Entries {
            tape: self.tape,
            at: self.at + 1,
            end,
        }
    }

    /// Number of elements or keys.
    pub fn len(self) -> usize {
        match self.shape() {
            Shape::Object => self.entries().count(),
            _ => self.items().count(),
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The text of a string that looks as if JSON stood in it.
    pub fn unpack(self) -> Option<Embedded> {
        let text = self.text()?;
        let begins = text.trim_start().as_bytes().first().copied();
        if !matches!(begins, Some(b'{' | b'[' | b'"')) {
            return None;
        }
        let node = self.node();
        let inside = Span::new(node.start + 1, node.end - 1);
        Some(Embedded::new(text.into_owned(), self.tape, inside))
    }

    fn node(self) -> super::tape::Node {
        self.tape.nodes[self.at as usize]
    }

    fn after(self, at: u32) -> u32 {
        after(&self.tape.nodes, self.tape.text.as_bytes(), at)
    }

    fn key_is(self, at: u32, key: &str) -> bool {
        let node = self.tape.nodes[at as usize];
        let inside = &self.tape.text.as_bytes()[node.start as usize + 1..node.end as usize - 1];
        if node.next == 0 {
            inside == key.as_bytes()
        } else {
            Value {
                tape: self.tape,
                at,
            }
            .is_text(key)
        }
    }
}

/// The elements of an array.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    tape: &'a Tape<'a>,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if self.at >= self.end {
            return None;
        }
        let value = Value {
            tape: self.tape,
            at: self.at,
        };
        self.at = value.after(self.at);
        Some(value)
    }
}

/// The keys and values of an object.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    tape: &'a Tape<'a>,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Cow<'a, str>, Value<'a>);

    fn next(&mut self) -> Option<(Cow<'a, str>, Value<'a>)> {
        if self.at >= self.end {
            return None;
        }
        let key = Value {
            tape: self.tape,
            at: self.at,
        };
        let value = Value {
            tape: self.tape,
            at: self.at + 1,
        };
        self.at = value.after(self.at + 1);
        Some((key.text().unwrap_or_default(), value))
    }
}

/// The text that an escaped one stands for. What cannot be read becomes U+FFFD or stays as it is.
pub(crate) fn unescape(inside: &str) -> String {
    let mut out = String::with_capacity(inside.len());
    let bytes = inside.as_bytes();
    let mut done = 0;
    while let Some(found) = memchr::memchr(b'\\', &bytes[done..]) {
        let at = done + found;
        out.push_str(&inside[done..at]);
        let (character, width) = escaped_char(inside, at);
        out.extend(character);
        done = at + width;
    }
    out.push_str(&inside[done..]);
    out
}

/// The character that the escape at `at` stands for, and how many bytes the escape takes.
pub(crate) fn escaped_char(text: &str, at: usize) -> (Option<char>, usize) {
    let bytes = text.as_bytes();
    let character = match bytes.get(at + 1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return unicode_char(bytes, at),
        Some(_) => {
            let kept = text[at + 1..].chars().next();
            return (kept, 1 + kept.map_or(0, char::len_utf8));
        }
        None => return (None, 1),
    };
    (Some(character), 2)
}

fn unicode_char(bytes: &[u8], at: usize) -> (Option<char>, usize) {
    let Some(unit) = hex4(bytes, at + 2) else {
        return (Some('u'), 2);
    };
    if (0xD800..0xDC00).contains(&unit)
        && bytes.get(at + 6..at + 8) == Some(b"\\u")
        && let Some(low @ 0xDC00..=0xDFFF) = hex4(bytes, at + 8)
    {
        let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        return (char::from_u32(code), 12);
    }
    (Some(char::from_u32(unit).unwrap_or('\u{fffd}')), 6)
}
