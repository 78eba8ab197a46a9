//! The text of an open document, and places in it as the protocol counts them.
//!
//! The three position encodings are the model's three units of columns.
//! Does not know what the text means.

use std::sync::Arc;

use looplint_model::{Columns, Source, Span};
use tower_lsp_server::ls_types::{Position, Range, TextDocumentContentChangeEvent};

/// A text that editors change piece by piece.
///
/// The line starts are kept beside the text and patched, so that a change of many pieces does not
/// read the whole text once for each.
#[derive(Debug)]
pub(crate) struct Text {
    source: Arc<Source>,
    starts: Vec<u32>,
}

impl Text {
    pub(crate) fn new(name: &str, text: String) -> Text {
        let starts = line_starts(&text, 0, true);
        Text {
            source: Arc::new(Source::new(name, text)),
            starts,
        }
    }

    /// The text as it is now; later changes leave it alone.
    pub(crate) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Applies `changes` one after another. A change without a range is the new text.
    pub(crate) fn change(
        &mut self,
        changes: Vec<TextDocumentContentChangeEvent>,
        columns: Columns,
    ) {
        let mut text = self.source.text.clone();
        for change in changes {
            match change.range {
                Some(range) => self.splice(&mut text, range, &change.text, columns),
                None => {
                    text = change.text;
                    self.starts = line_starts(&text, 0, true);
                }
            }
        }
        self.source = Arc::new(Source::new(self.source.name.clone(), text));
    }

    fn splice(&mut self, text: &mut String, range: Range, new: &str, columns: Columns) {
        let start = self.offset(text, range.start, columns);
        let end = self.offset(text, range.end, columns).max(start);
        // One line more above: a line feed put behind a lone carriage return joins it.
        let first = self
            .starts
            .partition_point(|&at| at <= start as u32)
            .saturating_sub(2);
        let after = self.starts.partition_point(|&at| at <= end as u32);
        let from = self.starts[first] as usize;
        let until = self.starts.get(after).map_or(text.len(), |&at| at as usize);
        text.replace_range(start..end, new);
        let until = until + new.len() - (end - start);
        let last = until == text.len() && after == self.starts.len();
        let fresh = line_starts(&text[from..until], from as u32, last);
        let grown = new.len() as i64 - (end - start) as i64;
        for at in &mut self.starts[after..] {
            *at = (i64::from(*at) + grown) as u32;
        }
        self.starts.splice(first..after, fresh);
    }

    fn offset(&self, text: &str, position: Position, columns: Columns) -> usize {
        let Some(&start) = self.starts.get(position.line as usize) else {
            return text.len();
        };
        let start = start as usize;
        let next = self.starts.get(position.line as usize + 1);
        let line = &text[start..next.map_or(text.len(), |&at| at as usize)];
        let line = line.trim_end_matches(['\n', '\r']);
        let wanted = position.character as usize;
        if columns == Columns::Utf8 {
            return start + floor(line, wanted);
        }
        let mut seen = 0;
        for (at, character) in line.char_indices() {
            seen += if columns == Columns::Utf16 {
                character.len_utf16()
            } else {
                1
            };
            if seen > wanted {
                return start + at;
            }
        }
        start + line.len()
    }
}

/// Where the lines of `text` begin, counted from `base`. The line behind the last line ending counts only for
/// the end of the document: in a piece it is the next piece's first.
fn line_starts(text: &str, base: u32, last: bool) -> Vec<u32> {
    let bytes = text.as_bytes();
    let mut starts = vec![base];
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
            starts.push(base + at as u32 + 1);
        }
    }
    if !last && starts.len() > 1 {
        starts.pop();
    }
    starts
}

fn floor(line: &str, at: usize) -> usize {
    let mut at = at.min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The byte of `source` at `position`.
pub(crate) fn offset(source: &Source, position: Position, columns: Columns) -> u32 {
    let (line, column) = (position.line as usize + 1, position.character as usize + 1);
    source.lines().offset(&source.text, line, column, columns)
}

/// The protocol's place of a byte.
pub(crate) fn position(source: &Source, offset: u32, columns: Columns) -> Position {
    let offset = offset.min(source.text.len() as u32);
    let (line, column) = source.lines().line_column(&source.text, offset, columns);
    Position::new(line as u32 - 1, column as u32 - 1)
}

/// The protocol's range of a span.
pub(crate) fn range(source: &Source, span: Span, columns: Columns) -> Range {
    Range::new(
        position(source, span.start, columns),
        position(source, span.end, columns),
    )
}

/// The bytes of a range.
pub(crate) fn span(source: &Source, range: Range, columns: Columns) -> Span {
    let start = offset(source, range.start, columns);
    Span::new(start, offset(source, range.end, columns).max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITS: [Columns; 3] = [Columns::Utf8, Columns::Utf16, Columns::Utf32];
    const PIECES: [&str; 14] = [
        "a",
        "def",
        " ",
        "\n",
        "\r\n",
        "\r",
        "\u{e9}",
        "\u{65e5}\u{672c}",
        "\u{1f600}",
        "x\ny",
        "\t",
        "\n\n",
        "\u{1f468}\u{200d}\u{1f469}",
        "\u{2028}",
    ];

    /// Numbers that look random and are the same every time.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % sides.max(1) as u64) as usize
        }

        fn text(&mut self, n_pieces: usize) -> String {
            (0..self.roll(n_pieces + 1))
                .map(|_| PIECES[self.roll(PIECES.len())])
                .collect()
        }
    }

    fn width(character: char, columns: Columns) -> u32 {
        match columns {
            Columns::Utf8 => character.len_utf8() as u32,
            Columns::Utf16 => character.len_utf16() as u32,
            Columns::Utf32 => 1,
        }
    }

    /// Every place that can be addressed, with its byte: found by walking over the text character by character.
    fn slow_places(text: &str, columns: Columns) -> Vec<(Position, usize)> {
        let mut places = Vec::new();
        let (mut line, mut column) = (0, 0);
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            places.push((Position::new(line, column), at));
            let next = characters.peek().map(|&(_, next)| next);
            match character {
                '\r' if next == Some('\n') => {
                    characters.next();
                    (line, column) = (line + 1, 0);
                }
                '\n' | '\r' => (line, column) = (line + 1, 0),
                _ => column += width(character, columns),
            }
        }
        places.push((Position::new(line, column), text.len()));
        places
    }

    #[test]
    fn places_are_those_of_a_slow_walk() {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for _ in 0..400 {
            let text = Text::new("t", dice.text(40));
            let source = text.source();
            for columns in UNITS {
                for (place, at) in slow_places(&source.text, columns) {
                    assert_eq!(
                        position(source, at as u32, columns),
                        place,
                        "{:?}",
                        source.text
                    );
                    assert_eq!(
                        offset(source, place, columns) as usize,
                        at,
                        "{:?}",
                        source.text
                    );
                    assert_eq!(text.offset(&source.text, place, columns), at);
                }
            }
        }
    }

    #[test]
    fn changes_are_those_of_a_slow_editor() {
        let mut dice = Dice(0x2545_f491_4f6c_dd1d);
        for round in 0..600 {
            let columns = UNITS[round % 3];
            let mut text = Text::new("t", dice.text(30));
            let mut slow = text.source().text.clone();
            for _ in 0..5 {
                let mut changes = Vec::new();
                for _ in 0..=dice.roll(4) {
                    let places = slow_places(&slow, columns);
                    let from = dice.roll(places.len());
                    let to = from + dice.roll((places.len() - from).min(6));
                    let new = dice.text(4);
                    slow = format!("{}{new}{}", &slow[..places[from].1], &slow[places[to].1..]);
                    changes.push(TextDocumentContentChangeEvent {
                        range: Some(Range::new(places[from].0, places[to].0)),
                        range_length: None,
                        text: new,
                    });
                }
                text.change(changes, columns);
                assert_eq!(text.source().text, slow);
                assert_eq!(text.starts, line_starts(&slow, 0, true), "{slow:?}");
            }
        }
    }

    #[test]
    fn places_outside_the_text_are_its_nearest() {
        let mut text = Text::new("t", "ab\ncd".into());
        let at = |line, character| Position::new(line, character);
        let change = |range, new: &str| {
            vec![TextDocumentContentChangeEvent {
                range,
                range_length: None,
                text: new.into(),
            }]
        };
        text.change(
            change(Some(Range::new(at(0, 99), at(0, 99))), "X"),
            Columns::Utf16,
        );
        text.change(
            change(Some(Range::new(at(9, 0), at(12, 3))), "Y"),
            Columns::Utf16,
        );
        // An end before the begin is a client's mistake; nothing is taken away.
        text.change(
            change(Some(Range::new(at(1, 1), at(0, 0))), "Z"),
            Columns::Utf16,
        );
        assert_eq!(text.source().text, "abX\ncZdY");
        text.change(change(None, "new"), Columns::Utf16);
        assert_eq!(text.source().text, "new");
    }

    #[test]
    fn half_a_character_is_its_begin() {
        let mut text = Text::new("t", "\u{1f600}b".into());
        let inside = Position::new(0, 1);
        let changes = vec![TextDocumentContentChangeEvent {
            range: Some(Range::new(inside, inside)),
            range_length: None,
            text: "-".into(),
        }];
        text.change(changes, Columns::Utf16);
        assert_eq!(text.source().text, "-\u{1f600}b");
    }
}
