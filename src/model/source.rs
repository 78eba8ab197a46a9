//! Text and places in it.
//!
//! Knows bytes, lines and columns. Does not know what the text means or which file it came from:
//! `Source::name` is only what to call it.

use std::sync::OnceLock;

use crate::lines::{Columns, LineIndex};

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

#[cfg(test)]
mod tests {
    use super::*;

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
