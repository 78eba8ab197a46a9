//! An explanation as people read it: indented, wrapped, written as it comes.
//!
//! What is written piece by piece is byte for byte what is written at once. Does not know who wrote the words;
//! the note under them says so.

use std::collections::BTreeSet;
use std::io::{self, Write};

const INDENT: &str = "    ";

/// What a finding is explained with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The words.
    pub text: String,
    /// Where they come from, in one line.
    pub note: String,
    /// The model that wrote them; `None` for the text of the rule's page.
    pub model: Option<String>,
}

impl Explanation {
    /// The same, but the text of a rule's page only where `seen` does not hold the rule yet.
    #[must_use]
    pub fn once<'r>(&self, rule: &'r str, seen: &mut BTreeSet<&'r str>) -> Explanation {
        if self.model.is_some() || seen.insert(rule) {
            return self.clone();
        }
        let why = self.note.split_inclusive(". ").next().unwrap_or("");
        Explanation {
            note: format!("{} The page of `{rule}` stands above.", why.trim_end()),
            ..Explanation::default()
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, width: usize, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = ExplanationWriter::new(width);
        writer.push(&self.text, out)?;
        writer.finish(&self.note, out)
    }
}

/// Writes an explanation while it comes. Nothing is written before the first words.
#[derive(Debug)]
pub struct ExplanationWriter {
    width: usize,
    /// Characters of the line so far; 0 at its beginning.
    column: usize,
    /// What has come of the next word.
    word: String,
    /// Inside a fence of code, which is written as it is.
    verbatim: bool,
    /// What has come of a line that is code, or may be.
    line: String,
    begun: bool,
}

impl ExplanationWriter {
    /// A writer of lines of at most `width` characters, where words allow it.
    pub fn new(width: usize) -> ExplanationWriter {
        ExplanationWriter {
            width: width.clamp(40, 100),
            column: 0,
            word: String::new(),
            verbatim: false,
            line: String::new(),
            begun: false,
        }
    }

    /// Whether anything was written.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Writes more words; the last one waits until it is seen to be whole.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn push(&mut self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        for character in text.chars() {
            let as_is = self.verbatim || !self.line.is_empty();
            match character {
                '\n' if as_is => self.end_verbatim(out)?,
                '\n' => {
                    self.end_word(out)?;
                    self.end_line(out)?;
                }
                _ if as_is => self.line.push(character),
                // Code, tables and lists begin like this; their lines stay as they are.
                '`' | '|' | '-' | '#' | ' ' | '\t' if self.column == 0 && self.word.is_empty() => {
                    self.line.push(character);
                }
                _ if character.is_whitespace() => self.end_word(out)?,
                _ => self.word.push(character),
            }
        }
        out.flush()
    }

    /// Ends it with a line that says where it comes from.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(&mut self, note: &str, out: &mut dyn Write) -> io::Result<()> {
        if !self.line.is_empty() {
            self.end_verbatim(out)?;
        }
        self.end_word(out)?;
        if self.column > 0 {
            self.end_line(out)?;
        }
        self.begin(out)?;
        writeln!(out, "{INDENT}{note}\n")?;
        out.flush()
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        writeln!(out, "  explanation:")
    }

    fn end_word(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.word.is_empty() {
            return Ok(());
        }
        self.begin(out)?;
        let n_characters = self.word.chars().count();
        if self.column > 0 && self.column + 1 + n_characters > self.width {
            self.end_line(out)?;
        }
        let gap = if self.column == 0 { INDENT } else { " " };
        write!(out, "{gap}{}", self.word)?;
        self.column += gap.len() + n_characters;
        self.word.clear();
        Ok(())
    }

    fn end_line(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        self.column = 0;
        writeln!(out)
    }

    fn end_verbatim(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        if self.line.trim_start().starts_with("```") {
            self.verbatim = !self.verbatim;
        }
        match self.line.trim_end() {
            "" => writeln!(out)?,
            line => writeln!(out, "{INDENT}{line}")?,
        }
        self.line.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[&str]) -> String {
        let mut out = Vec::new();
        let mut writer = ExplanationWriter::new(40);
        for piece in pieces {
            writer.push(piece, &mut out).unwrap();
        }
        writer.finish("Who wrote it.", &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const WORDS: &str = "Each order looks through all names, so the time grows with both.\n\nBuild a set:\n\n```python\nseen = set(names)   # two  spaces stay\n```\n`x` too\n- one\nend";

    #[test]
    fn words_are_wrapped_and_code_is_not() {
        assert_eq!(
            written(&[WORDS]),
            "  explanation:\n    Each order looks through all names,\n    so the time grows with both.\n\n    Build a set:\n\n    ```python\n    seen = set(names)   # two  spaces stay\n    ```\n    `x` too\n    - one\n    end\n    Who wrote it.\n\n"
        );
    }

    #[test]
    fn pieces_are_no_different_from_the_whole() {
        for at in (0..WORDS.len()).filter(|&at| WORDS.is_char_boundary(at)) {
            let (head, tail) = WORDS.split_at(at);
            assert_eq!(written(&[head, tail]), written(&[WORDS]), "{at}");
        }
        let letters: Vec<String> = WORDS.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        assert_eq!(written(&letters), written(&[WORDS]));
    }

    #[test]
    fn nothing_at_all_is_the_note_alone() {
        assert_eq!(written(&[]), "  explanation:\n    Who wrote it.\n\n");
    }
}
