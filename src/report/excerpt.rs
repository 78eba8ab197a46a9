//! The few lines of a source that a terminal shows for one finding.
//!
//! A line of a data file may be megabytes long, so lines are cut to windows around what is marked; characters that
//! could steer a terminal are replaced. Does not know what the marks mean.

use std::collections::BTreeMap;
use std::ops::Range;

use codespan_reporting::files::{Error, Files};
use looplint_model::{Columns, Layout, Source, Span};

use crate::words::{is_unsafe, one_line};

/// The lines around some marks, as codespan reads them.
pub(crate) struct Excerpt<'a> {
    source: &'a Source,
    spans: Vec<Span>,
    text: String,
    lines: BTreeMap<usize, Range<usize>>,
    marks: Vec<Range<usize>>,
}

impl<'a> Excerpt<'a> {
    /// The lines that hold `marks`, the first of which is the place itself; about `width` characters of each.
    pub(crate) fn new(source: &'a Source, marks: &[Span], width: usize) -> Excerpt<'a> {
        let mut excerpt = Excerpt {
            source,
            spans: marks.to_vec(),
            text: String::new(),
            lines: BTreeMap::new(),
            marks: vec![0..0; marks.len()],
        };
        for line in lines_of(source, marks) {
            excerpt.add_line(line, marks, width);
        }
        excerpt
    }

    /// Which cell the mark number `at` is in, which is codespan's file id, and where it is in the excerpt.
    pub(crate) fn mark(&self, at: usize) -> (usize, Range<usize>) {
        let span = self.spans.get(at).copied().unwrap_or_default();
        let cell = self.source.position(span.start, Columns::Utf8).cell;
        (cell, self.marks.get(at).cloned().unwrap_or(0..0))
    }

    /// Copies line number `line` (from 1) and notes where the marks' ends come to lie.
    fn add_line(&mut self, line: usize, marks: &[Span], width: usize) {
        let span = self.source.lines().span(&self.source.text, line);
        let start = self.text.len();
        let mut ends: Vec<(u32, usize, bool)> = Vec::new();
        for (at, mark) in marks.iter().enumerate() {
            if mark.start >= span.start && mark.start <= span.end {
                ends.push((mark.start, at, false));
            }
            if mark.end >= span.start && mark.end <= span.end {
                ends.push((mark.end, at, true));
            }
        }
        ends.sort_unstable();
        let mut ends = ends.into_iter().peekable();
        let mut done = span.start;
        for window in windows(self.source, span, marks, width) {
            if window.start > done {
                self.text.push('…');
            }
            for (at, character) in self.source.slice(window).char_indices() {
                while let Some((_, mark, is_end)) =
                    ends.next_if(|(offset, ..)| *offset <= window.start + at as u32)
                {
                    self.set_mark(mark, is_end);
                }
                self.text.push(shown(character));
            }
            while let Some((_, mark, is_end)) = ends.next_if(|(offset, ..)| *offset <= window.end) {
                self.set_mark(mark, is_end);
            }
            done = window.end;
        }
        if done < span.end {
            self.text.push('…');
        }
        for (_, mark, is_end) in ends {
            self.set_mark(mark, is_end);
        }
        self.lines.insert(line - 1, start..self.text.len());
        self.text.push('\n');
    }

    fn set_mark(&mut self, mark: usize, is_end: bool) {
        let at = self.text.len();
        if let Some(range) = self.marks.get_mut(mark) {
            if is_end {
                range.end = at;
            } else {
                *range = at..at;
            }
        }
    }
}

/// The lines to show: all that a mark touches, and a single line between two shown ones.
fn lines_of(source: &Source, marks: &[Span]) -> Vec<usize> {
    let index = source.lines();
    let mut lines: Vec<usize> = Vec::new();
    for mark in marks {
        lines.extend(index.line(mark.start)..=index.line(mark.end));
    }
    lines.sort_unstable();
    lines.dedup();
    let gaps: Vec<usize> = lines
        .windows(2)
        .filter(|pair| pair[1] - pair[0] == 2)
        .map(|pair| pair[0] + 1)
        .collect();
    lines.extend(gaps);
    lines.sort_unstable();
    lines
}

/// The parts of a line to show: the whole of a short one, else a part around each mark.
pub(crate) fn windows(source: &Source, line: Span, marks: &[Span], width: usize) -> Vec<Span> {
    let text = source.slice(line);
    if text.len() <= width || (text.len() <= width * 4 && text.chars().count() <= width) {
        return vec![line];
    }
    let on_line: Vec<Span> = marks
        .iter()
        .filter(|mark| mark.start <= line.end && mark.end >= line.start)
        .copied()
        .collect();
    let share = (width / on_line.len().max(1)).max(24);
    let mut windows: Vec<Span> = on_line
        .iter()
        .map(|mark| window(source, line, *mark, share))
        .collect();
    if windows.is_empty() {
        windows.push(window(source, line, Span::at(line.start), share));
    }
    windows.sort_unstable();
    let mut merged: Vec<Span> = Vec::new();
    for window in windows {
        match merged.last_mut() {
            Some(last) if window.start <= last.end + 3 => *last = last.cover(window),
            _ => merged.push(window),
        }
    }
    merged
}

/// About `share` characters of `line` with the start of `mark` in them.
fn window(source: &Source, line: Span, mark: Span, share: usize) -> Span {
    let start = mark.start.clamp(line.start, line.end);
    let end = mark.end.clamp(start, line.end);
    let before = source.slice(Span::new(line.start, start));
    let after = source.slice(Span::new(start, line.end));
    let marked = source
        .slice(Span::new(start, end))
        .chars()
        .take(share * 2 / 3)
        .count();
    // What one side does not need goes to the other.
    let spare = share - marked;
    let n_before = before.chars().rev().take(spare).count();
    let n_after = after.chars().skip(marked).take(spare).count();
    let n_lead = n_before.min((spare / 2).max(spare - n_after));
    let n_trail = spare - n_lead;
    let lead = before
        .char_indices()
        .rev()
        .take(n_lead)
        .last()
        .map_or(before.len(), |(at, _)| at);
    let trail = after
        .char_indices()
        .nth(marked + n_trail)
        .map_or(after.len(), |(at, _)| at);
    Span::new(line.start + lead as u32, start + trail as u32)
}

/// The character, or a picture of it where it could do more than stand in its place.
pub(crate) fn shown(character: char) -> char {
    match character {
        '\t' => '\t',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ if is_unsafe(character) => '\u{fffd}',
        _ => character,
    }
}

impl<'a> Files<'a> for Excerpt<'_> {
    /// The notebook cell's number, 0 elsewhere.
    type FileId = usize;
    type Name = String;
    type Source = &'a str;

    fn name(&'a self, cell: usize) -> Result<String, Error> {
        let name = one_line(&self.source.name);
        Ok(match self.source.layout {
            Layout::Cells(_) if cell > 0 => format!("{name}:cell {cell}"),
            _ => name.into_owned(),
        })
    }

    fn source(&'a self, _cell: usize) -> Result<&'a str, Error> {
        Ok(&self.text)
    }

    fn line_index(&'a self, _cell: usize, byte: usize) -> Result<usize, Error> {
        let line = self
            .lines
            .iter()
            .rev()
            .find(|(_, range)| range.start <= byte);
        line.map(|(index, _)| *index).ok_or(Error::FileMissing)
    }

    fn line_number(&'a self, _cell: usize, index: usize) -> Result<usize, Error> {
        let start = self.source.lines().start(&self.source.text, index + 1);
        Ok(self.source.position(start, Columns::Utf8).line.max(1))
    }

    /// Only the start of a mark is ever asked for; it has the column of the text before it was cut.
    fn column_number(&'a self, _cell: usize, _index: usize, byte: usize) -> Result<usize, Error> {
        let at = self.marks.iter().position(|mark| mark.start == byte);
        let span = at
            .and_then(|at| self.spans.get(at))
            .copied()
            .unwrap_or_default();
        Ok(self.source.position(span.start, Columns::Utf32).column)
    }

    fn line_range(&'a self, _cell: usize, index: usize) -> Result<Range<usize>, Error> {
        let Some(range) = self.lines.get(&index) else {
            return Err(Error::LineTooLarge {
                given: index,
                max: self.lines.len(),
            });
        };
        Ok(range.clone())
    }
}
