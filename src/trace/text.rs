//! A piece of a run's text and where its bytes stand in the file.
//!
//! Knows how JSON writes a text. Does not know what the text says.

use std::borrow::Cow;
use std::ops::Range;

use looplint_model::Span;

use crate::json::{Value, escaped_char};

/// A text of a run with its place in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<'d> {
    /// The text as the model or tool wrote it, escapes resolved.
    pub text: Cow<'d, str>,
    /// Where it stands, without its quotes; for a text joined from parts, all of them.
    pub span: Span,
    /// How the bytes at `span` write the text.
    pub coding: Coding,
}

/// How the bytes of a source write a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coding {
    /// Byte for byte.
    Plain,
    /// As a JSON string with escapes.
    Escaped,
    /// In some other way: several parts joined, or JSON inside a JSON string.
    #[default]
    Apart,
}

impl<'d> Text<'d> {
    /// The text of a JSON string, or the JSON itself where the value is not a string.
    pub fn of(value: Value<'d>) -> Text<'d> {
        let span = value.inner_span();
        let coding = match (value.is_direct(), value.is_escaped()) {
            (false, _) => Coding::Apart,
            (true, true) => Coding::Escaped,
            (true, false) => Coding::Plain,
        };
        let text = value.text().unwrap_or(Cow::Borrowed(value.raw()));
        Text { text, span, coding }
    }

    /// A text that stands somewhere in `span`, not byte for byte.
    pub fn apart(text: impl Into<Cow<'d, str>>, span: Span) -> Text<'d> {
        Text {
            text: text.into(),
            span,
            coding: Coding::Apart,
        }
    }

    /// Whether it says nothing.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The same text, borrowing nothing.
    pub fn into_owned(self) -> Text<'static> {
        Text {
            text: Cow::Owned(self.text.into_owned()),
            span: self.span,
            coding: self.coding,
        }
    }

    /// Where the bytes `range` of [`Text::text`] stand in `source`, the whole source's text;
    /// all of the text's span where its parts cannot be told apart.
    pub fn place(&self, source: &str, range: Range<usize>) -> Span {
        match self.coding {
            Coding::Plain => {
                let at = |offset: usize| self.span.start + offset.min(self.text.len()) as u32;
                Span::new(at(range.start), at(range.end.max(range.start)))
            }
            Coding::Escaped => self.escaped_place(source, range).unwrap_or(self.span),
            Coding::Apart => self.span,
        }
    }

    fn escaped_place(&self, source: &str, range: Range<usize>) -> Option<Span> {
        let raw = source.get(self.span.start as usize..self.span.end as usize)?;
        let start = written(raw, 0, 0, range.start);
        let end = written(raw, start.0, start.1, range.end.max(range.start));
        Some(Span::new(
            self.span.start + start.0 as u32,
            self.span.start + end.0 as u32,
        ))
    }
}

/// The offset in `raw` where the text's byte `wanted` is written, and the text's offset there,
/// counted on from `at` in `raw`, which writes the text's byte `here`.
fn written(raw: &str, mut at: usize, mut here: usize, wanted: usize) -> (usize, usize) {
    while here < wanted {
        let plain = memchr::memchr(b'\\', &raw.as_bytes()[at..]).unwrap_or(raw.len() - at);
        if here + plain >= wanted {
            return (at + wanted - here, wanted);
        }
        at += plain;
        here += plain;
        if at >= raw.len() {
            break;
        }
        let (character, width) = escaped_char(raw, at);
        at += width;
        here += character.map_or(0, char::len_utf8);
    }
    (at, here)
}
