//! Text and places in it.
//!
//! Knows bytes, lines and columns. Does not know what the text means or which file it came from:
//! `Source::name` is only what to call it.

use std::sync::OnceLock;

/// A half-open range of bytes in a [`Source`]'s text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes.
    pub const fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The empty span at `at`.
    pub const fn at(at: u32) -> Span {
        Span { start: at, end: at }
    }

    /// Number of bytes covered.
    pub const fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether nothing is covered.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `other` lies wholly inside.
    pub const fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share a byte.
    pub const fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The smallest span that covers both.
    pub fn cover(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }
}

/// One text to check: a Python file, the joined code cells of a notebook, or a stretch of a trace file.
#[derive(Debug)]
pub struct Source {
    /// What to call it in reports: the path as the user gave it, with `/` between folders.
    pub name: String,
    /// The text, always UTF-8; spans count its bytes.
    pub text: String,
    /// How the text lies in the file it came from.
    pub layout: Layout,
    /// Name of the encoding the file was in; a fix is written back in the same one.
    pub encoding: &'static str,
    /// Whether the file began with a byte order mark, which is not part of the text.
    pub bom: bool,
    lines: OnceLock<LineIndex>,
}

/// How a source's text lies in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// The text is the file.
    #[default]
    Whole,
    /// The text is the code cells of a notebook, one after another, each ending in a newline.
    Cells(Vec<Cell>),
    /// The text is a run of whole lines cut out of a larger file.
    Part {
        /// Lines of the file before this text.
        lines_before: u64,
        /// Bytes of the file before this text.
        bytes_before: u64,
    },
    /// The text is what was kept of a longer one, see [`crate::thin`].
    Pieces {
        /// Where each kept piece stood, in the order of the text.
        pieces: Vec<Piece>,
        /// How the longer text lay in its file.
        of: Box<Layout>,
        /// Bytes of the longer text.
        n_bytes: u64,
    },
}

/// A stretch of a line that was kept of a longer text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins in the kept text, with the mark of what is left out before it.
    pub start: u32,
    /// Where it begins without that mark.
    pub body: u32,
    /// Its line in the file, from 1.
    pub line: usize,
    /// Columns in the file at which it begins, from 1, in bytes, UTF-16 units and characters.
    pub columns: [usize; 3],
}

/// A code cell of a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Position among all the notebook's cells, markdown included, from 1.
    pub number: usize,
    /// The cell's text inside [`Source::text`].
    pub span: Span,
    /// The notebook's own id of the cell, where it has one.
    pub id: Option<String>,
    /// Where each line of the cell is in the notebook's file; empty where that is not known.
    pub file_lines: Vec<FileLine>,
}

/// Where a line of a cell is in the notebook's file, which tools that know no notebooks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLine {
    /// Line of the file, from 1.
    pub line: u32,
    /// Column of the file at which the JSON string begins that holds the line, from 1, in UTF-16 units.
    pub start: u32,
    /// Column after that string.
    pub end: u32,
}

/// A place a person can go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Cell number from 1 in a notebook, else 0.
    pub cell: usize,
    /// Line from 1, in the cell or the file.
    pub line: usize,
    /// Column from 1, in the unit that was asked for.
    pub column: usize,
}

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

impl Source {
    /// A text that is its whole file, in UTF-8.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source::laid_out(name, text, Layout::Whole)
    }

    /// A text that lies in its file as `layout` says.
    pub fn laid_out(name: impl Into<String>, text: impl Into<String>, layout: Layout) -> Source {
        Source {
            name: name.into(),
            text: text.into(),
            layout,
            encoding: "utf-8",
            bom: false,
            lines: OnceLock::new(),
        }
    }

    /// The line starts, found once and kept.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The text that `span` covers; empty where the span is not on character borders.
    pub fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// Where `offset` is, for a person or a protocol: in its file, and in its cell in a notebook.
    pub fn position(&self, offset: u32, columns: Columns) -> Position {
        let (line, column) = self.lines().line_column(&self.text, offset, columns);
        match &self.layout {
            Layout::Whole => Position {
                cell: 0,
                line,
                column,
            },
            Layout::Part { lines_before, .. } => Position {
                cell: 0,
                line: line + *lines_before as usize,
                column,
            },
            Layout::Pieces { pieces, .. } => {
                let after = pieces.partition_point(|piece| piece.start <= offset);
                let Some(piece) = pieces[..after].last() else {
                    return Position {
                        cell: 0,
                        line,
                        column,
                    };
                };
                let units = |offset| self.lines().units(&self.text, piece.start, offset, columns);
                Position {
                    cell: 0,
                    line: piece.line,
                    column: piece.columns[columns as usize] + units(offset.max(piece.body))
                        - units(piece.body),
                }
            }
            Layout::Cells(cells) => {
                let Some(cell) = cell_at(cells, offset) else {
                    return Position {
                        cell: 0,
                        line,
                        column,
                    };
                };
                let first = self.lines().line(cell.span.start);
                Position {
                    cell: cell.number,
                    line: line - first + 1,
                    column,
                }
            }
        }
    }
}

impl Source {
    /// Where `span` starts and ends in its file, for tools that know lines of files only.
    /// In a notebook the lines are those of the file where they are known, and the columns span whole strings.
    pub fn file_range(&self, span: Span, columns: Columns) -> (Position, Position) {
        let (start, end) = (
            self.position(span.start, columns),
            self.position(span.end, columns),
        );
        let Layout::Cells(cells) = &self.layout else {
            return (start, end);
        };
        let line_in_file = |offset: u32, at: Position| {
            cell_at(cells, offset)?.file_lines.get(at.line - 1).copied()
        };
        let first = line_in_file(span.start, start);
        let last = line_in_file(span.end, end);
        let (Some(first), Some(last)) = (first, last) else {
            return (start, end);
        };
        let position = |cell, line: u32, column: u32| Position {
            cell,
            line: line as usize,
            column: column as usize,
        };
        (
            position(start.cell, first.line, first.start),
            position(end.cell, last.line, last.end),
        )
    }
}

/// The cell that holds `offset`; the end of a cell belongs to it.
fn cell_at(cells: &[Cell], offset: u32) -> Option<&Cell> {
    let after = cells.partition_point(|cell| cell.span.start <= offset);
    after.checked_sub(1).and_then(|at| cells.get(at))
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

    fn units(&self, text: &str, start: u32, end: u32, columns: Columns) -> usize {
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

    #[test]
    fn a_notebook_position_is_in_its_cell() {
        let cells = vec![
            Cell {
                number: 2,
                span: Span::new(0, 4),
                id: None,
                file_lines: Vec::new(),
            },
            Cell {
                number: 5,
                span: Span::new(4, 12),
                id: None,
                file_lines: Vec::new(),
            },
        ];
        let source = Source::laid_out("n.ipynb", "a\nb\nfoo\nbar\n", Layout::Cells(cells));
        let position = source.position(9, Columns::Utf8);
        assert_eq!((position.cell, position.line, position.column), (5, 2, 2));
    }
}
