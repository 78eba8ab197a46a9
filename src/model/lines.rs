//! Lines and columns of a text.

use crate::source::Span;

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Bytes of UTF-8.
    Utf8,
    /// Code units of UTF-16, as SARIF and most editors count.
    Utf16,
    /// Unicode scalar values, as people count.
    Utf32,
}

/// Where each line begins. Lines end in `\n`, `\r\n` or a lone `\r`, as Python and editors have it.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    ascii: bool,
    /// UTF-16 units and characters before each multiple of [`STRIDE`] bytes; empty for ASCII.
    /// A line of a data file may be megabytes long, and many places on it are asked for.
    marks: Vec<(u32, u32)>,
}

/// Bytes between two remembered counts.
const STRIDE: usize = 1024;

impl LineIndex {
    /// Reads the line starts of `text`.
    pub fn new(text: &str) -> LineIndex {
        let bytes = text.as_bytes();
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
        starts.push(0);
        for (at, &byte) in bytes.iter().enumerate() {
            let ends = byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends {
                starts.push(at as u32 + 1);
            }
        }
        let ascii = text.is_ascii();
        let marks = if ascii {
            Vec::new()
        } else {
            count_marks(bytes)
        };
        LineIndex {
            starts,
            ascii,
            marks,
        }
    }

    /// Number of lines; a text that ends in a newline has an empty last one.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never: even an empty text has one line.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The line of `offset`, from 1.
    pub fn line(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }

    /// First byte of `line` (from 1); the end of the text for a line past the last.
    pub fn start(&self, text: &str, line: usize) -> u32 {
        match self.starts.get(line.saturating_sub(1)) {
            Some(&start) => start,
            None => text.len() as u32,
        }
    }

    /// The span of `line` (from 1) without its line ending.
    pub fn span(&self, text: &str, line: usize) -> Span {
        let start = self.start(text, line);
        let end = self.start(text, line + 1);
        let body = text.get(start as usize..end as usize).unwrap_or("");
        Span::new(
            start,
            start + body.trim_end_matches(['\n', '\r']).len() as u32,
        )
    }

    /// Line and column of `offset`, both from 1.
    pub fn line_column(&self, text: &str, offset: u32, columns: Columns) -> (usize, usize) {
        let line = self.line(offset);
        let start = self.start(text, line);
        (line, 1 + self.units(text, start, offset, columns))
    }

    /// The byte at `line` and `column`, both from 1.
    /// A column past the end of its line is the line's end, a line past the last is the text's end,
    /// and a column inside a character is that character's start.
    pub fn offset(&self, text: &str, line: usize, column: usize, columns: Columns) -> u32 {
        if line == 0 || line > self.len() {
            return text.len() as u32;
        }
        let span = self.span(text, line);
        let wanted = column.saturating_sub(1);
        if self.ascii {
            return span.end.min(
                span.start
                    .saturating_add(u32::try_from(wanted).unwrap_or(u32::MAX)),
            );
        }
        let body = text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("");
        let mut seen = 0;
        for (at, character) in body.char_indices() {
            let width = width(character, columns);
            if seen + width > wanted {
                return span.start + at as u32;
            }
            seen += width;
        }
        span.end
    }

    /// Columns from `start` to `end`, two bytes of one line.
    pub(crate) fn units(&self, text: &str, start: u32, end: u32, columns: Columns) -> usize {
        if self.ascii || columns == Columns::Utf8 {
            return (end - start) as usize;
        }
        let (units, characters) = self.before(text, end);
        let (units_before, characters_before) = self.before(text, start);
        match columns {
            Columns::Utf16 => (units - units_before) as usize,
            _ => (characters - characters_before) as usize,
        }
    }

    /// UTF-16 units and characters that start before `offset`.
    fn before(&self, text: &str, offset: u32) -> (u32, u32) {
        let bytes = text.as_bytes();
        let offset = floor_char(text, offset as usize);
        let at = (offset / STRIDE).min(self.marks.len().saturating_sub(1));
        let (units, characters) = self.marks.get(at).copied().unwrap_or((0, 0));
        let (more_units, more) = count(&bytes[(at * STRIDE).min(offset)..offset]);
        (units + more_units, characters + more)
    }
}

fn count_marks(bytes: &[u8]) -> Vec<(u32, u32)> {
    let mut marks = Vec::with_capacity(bytes.len() / STRIDE + 1);
    let (mut units, mut characters) = (0, 0);
    for block in bytes.chunks(STRIDE) {
        marks.push((units, characters));
        let (more_units, more) = count(block);
        units += more_units;
        characters += more;
    }
    marks
}

/// UTF-16 units and characters whose first byte is in `bytes`.
fn count(bytes: &[u8]) -> (u32, u32) {
    let characters = bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u32;
    let pairs = bytes.iter().filter(|&&byte| byte >= 0xf0).count() as u32;
    (characters + pairs, characters)
}

fn width(character: char, columns: Columns) -> usize {
    match columns {
        Columns::Utf8 => character.len_utf8(),
        Columns::Utf16 => character.len_utf16(),
        Columns::Utf32 => 1,
    }
}

fn floor_char(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_what_they_say() {
        let text = "a\u{1f600}b\r\nsecond\rthird";
        let lines = LineIndex::new(text);
        assert_eq!(lines.len(), 3);
        let b = text.find('b').unwrap() as u32;
        assert_eq!(lines.line_column(text, b, Columns::Utf8), (1, 6));
        assert_eq!(lines.line_column(text, b, Columns::Utf16), (1, 4));
        assert_eq!(lines.line_column(text, b, Columns::Utf32), (1, 3));
        for columns in [Columns::Utf8, Columns::Utf16, Columns::Utf32] {
            for (at, _) in text
                .char_indices()
                .filter(|(_, c)| *c != '\n' && *c != '\r')
            {
                let (line, column) = lines.line_column(text, at as u32, columns);
                assert_eq!(lines.offset(text, line, column, columns), at as u32);
            }
        }
        assert_eq!(lines.offset(text, 1, 99, Columns::Utf16), b + 1);
        assert_eq!(lines.offset(text, 99, 1, Columns::Utf16), text.len() as u32);
    }

    #[test]
    fn columns_of_a_long_line_are_those_of_a_slow_count() {
        let text = "ab\u{e9}\u{65e5}\u{1f600}c".repeat(700) + "\nsecond \u{1f600}";
        let lines = LineIndex::new(&text);
        for (at, _) in text.char_indices() {
            let line_start = text[..at].rfind('\n').map_or(0, |found| found + 1);
            let before = &text[line_start..at];
            for (columns, expected) in [
                (Columns::Utf8, before.len()),
                (Columns::Utf16, before.encode_utf16().count()),
                (Columns::Utf32, before.chars().count()),
            ] {
                let (_, column) = lines.line_column(&text, at as u32, columns);
                assert_eq!(column, expected + 1, "byte {at}, {columns:?}");
            }
        }
    }
}
