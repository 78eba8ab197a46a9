//! Findings on the terminal, each with its explanation as it comes.
//!
//! Findings stand in the order of the report; words of a later one wait until it is its turn. What is written in
//! the end is what the report would have written. Does not know who is asked, or how.

use std::collections::BTreeSet;
use std::io::{self, Write};

use looplint_llm::client::Event;
use looplint_report::{Explanation, ExplanationWriter};

/// A finding and what is known of its explanation.
pub(super) struct Shown {
    /// The rule's id.
    pub(super) rule: &'static str,
    /// The finding as the report writes it.
    pub(super) text: Vec<u8>,
    /// What has come of the explanation.
    pub(super) words: String,
    /// How it ended; nothing is waited for where there is something.
    pub(super) end: End,
}

/// How an explanation ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// It has not.
    Open,
    /// With this.
    With(Explanation),
    /// With none.
    Without,
}

/// Writes findings and explanations.
pub(super) struct Live {
    shown: Vec<Shown>,
    /// The finding whose explanation is written now.
    at: usize,
    width: usize,
    writer: ExplanationWriter,
    pages: BTreeSet<&'static str>,
    out: Box<dyn Write + Send>,
    error: Option<io::Error>,
}

impl Live {
    /// Begins with the first finding.
    pub(super) fn new(shown: Vec<Shown>, width: usize, out: Box<dyn Write + Send>) -> Live {
        let mut live = Live {
            shown,
            at: 0,
            width,
            writer: ExplanationWriter::new(width),
            pages: BTreeSet::new(),
            out,
            error: None,
        };
        live.open();
        live.go_on();
        live
    }

    /// Takes in what happened to the explanation of finding `at`.
    pub(super) fn take(&mut self, at: usize, event: &Event) {
        match event {
            Event::Delta { text, .. } => {
                self.shown[at].words.push_str(text);
                if at == self.at {
                    let pushed = self.writer.push(text, &mut self.out);
                    self.note(pushed);
                }
            }
            Event::Restart { .. } => {
                self.shown[at].words.clear();
                if at == self.at && self.writer.has_begun() {
                    let note = "The answer broke off and is asked for again.";
                    let ended = self.writer.finish(note, &mut self.out);
                    self.note(ended);
                    self.writer = ExplanationWriter::new(self.width);
                }
            }
            Event::Done { .. } | Event::Failed { .. } | Event::Warning(_) => {}
        }
    }

    /// Ends the explanation of finding `at`.
    pub(super) fn end(&mut self, at: usize, end: End) {
        self.shown[at].end = end;
        self.go_on();
    }

    /// Whether nobody reads any more.
    pub(super) fn is_gone(&self) -> bool {
        self.error.is_some()
    }

    /// Writes what is left, without explanations that did not come.
    ///
    /// # Errors
    /// What was wrong with the output.
    pub(super) fn finish(mut self) -> io::Result<()> {
        for shown in &mut self.shown {
            if shown.end == End::Open {
                shown.end = End::Without;
            }
        }
        self.go_on();
        let flushed = self.out.flush();
        self.note(flushed);
        self.error.map_or(Ok(()), Err)
    }

    fn note(&mut self, done: io::Result<()>) {
        if let (Err(error), None) = (done, &self.error) {
            self.error = Some(error);
        }
    }

    /// Writes the finding that is next, and what has come of its explanation.
    fn open(&mut self) {
        let Some(shown) = self.shown.get(self.at) else {
            return;
        };
        let written = self
            .out
            .write_all(&shown.text)
            .and_then(|()| self.out.flush());
        self.writer = ExplanationWriter::new(self.width);
        let pushed = match &shown.end {
            End::Open => self.writer.push(&shown.words, &mut self.out),
            // Written by its end.
            End::With(_) | End::Without => Ok(()),
        };
        self.note(written);
        self.note(pushed);
    }

    /// Writes ends as far as they are known.
    fn go_on(&mut self) {
        while let Some(shown) = self.shown.get(self.at) {
            let written = match &shown.end {
                End::Open => return,
                End::With(explanation) => {
                    let explanation = explanation.once(shown.rule, &mut self.pages);
                    if self.writer.has_begun() {
                        // Its words stand there already, up to the last one.
                        self.writer.finish(&explanation.note, &mut self.out)
                    } else {
                        explanation.write(self.width, &mut self.out)
                    }
                }
                End::Without if self.writer.has_begun() => {
                    self.writer.finish("The rest did not come.", &mut self.out)
                }
                End::Without => Ok(()),
            };
            self.note(written);
            self.at += 1;
            self.open();
        }
    }
}
