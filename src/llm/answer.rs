//! Makes a model's words fit to be shown: no control characters, no thoughts, at most so many words.
//!
//! Works on a stream, so that what was shown while it came is what is kept. Knows nothing of the question.

/// The most words that an explanation may have.
pub const WORDS_MAX: usize = 120;

/// What stands where an answer was cut.
const CUT: &str = " \u{2026}";

/// Cleans an answer as it comes.
#[derive(Debug)]
pub struct Cleaner {
    words_max: usize,
    n_words: usize,
    in_word: bool,
    started: bool,
    cut: bool,
    /// White space that is only shown when a word follows.
    pending: String,
    thinking: Thinking,
    /// The beginning of the answer, or of a mark inside a thought, that is not decided yet.
    held: String,
    guard: Guard,
    /// What was shown so far.
    shown: String,
}

/// Holds back what may become a secret, and lets the rest through.
#[derive(Default)]
struct Guard {
    secrets: Vec<String>,
    tail: String,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guard")
    }
}

impl Guard {
    fn pass(&mut self, text: &str) -> String {
        let mut out = String::new();
        for character in text.chars() {
            self.tail.push(character);
            if let Some(secret) = self
                .secrets
                .iter()
                .find(|secret| self.tail.ends_with(*secret))
            {
                self.tail.truncate(self.tail.len() - secret.len());
                out.push_str(&self.tail);
                out.push_str("[redacted:key]");
                self.tail.clear();
                continue;
            }
            let may_begin = |at: &usize| {
                self.secrets
                    .iter()
                    .any(|secret| secret.starts_with(&self.tail[*at..]))
            };
            let held = self
                .tail
                .char_indices()
                .map(|(at, _)| at)
                .find(may_begin)
                .unwrap_or(self.tail.len());
            out.extend(self.tail.drain(..held));
        }
        out
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thinking {
    /// Nothing but white space or the beginning of `<think>` was seen.
    Unknown,
    /// Inside a thought.
    Yes,
    /// The answer itself.
    No,
}

impl Default for Cleaner {
    fn default() -> Cleaner {
        Cleaner::new(WORDS_MAX)
    }
}

impl Cleaner {
    /// A cleaner that shows at most `words_max` words.
    pub fn new(words_max: usize) -> Cleaner {
        Cleaner {
            words_max,
            n_words: 0,
            in_word: false,
            started: false,
            cut: false,
            pending: String::new(),
            thinking: Thinking::Unknown,
            held: String::new(),
            guard: Guard::default(),
            shown: String::new(),
        }
    }

    /// Never shows these texts, however they are cut: a server may repeat a key that it was sent.
    #[must_use]
    pub(crate) fn without<'s>(mut self, secrets: impl Iterator<Item = &'s str>) -> Cleaner {
        self.guard.secrets = secrets.map(str::to_owned).collect();
        self
    }

    /// What of `part` can be shown now.
    pub fn push(&mut self, part: &str) -> String {
        let mut out = String::new();
        for character in part.chars() {
            self.take(character, &mut out);
        }
        let out = self.guard.pass(&out);
        self.shown.push_str(&out);
        out
    }

    /// What is left to show when the answer ends, `truncated` where it stopped at the token limit.
    pub fn finish(&mut self, truncated: bool) -> String {
        let mut out = String::new();
        if self.thinking == Thinking::Unknown {
            self.thinking = Thinking::No;
            for character in std::mem::take(&mut self.held).chars() {
                self.show(character, &mut out);
            }
        }
        if truncated && !self.cut && self.started {
            self.cut = true;
            out.push_str(CUT);
        }
        let mut out = self.guard.pass(&out);
        out.push_str(&std::mem::take(&mut self.guard.tail));
        self.shown.push_str(&out);
        out
    }

    /// All that was shown.
    pub fn text(&self) -> &str {
        &self.shown
    }

    fn take(&mut self, character: char, out: &mut String) {
        match self.thinking {
            Thinking::No => self.show(character, out),
            Thinking::Unknown => {
                self.held.push(character);
                let seen = self.held.trim_start();
                if seen == "<think>" {
                    self.thinking = Thinking::Yes;
                    self.held.clear();
                } else if !"<think>".starts_with(seen) {
                    self.thinking = Thinking::No;
                    for character in std::mem::take(&mut self.held).chars() {
                        self.show(character, out);
                    }
                }
            }
            Thinking::Yes => {
                self.held.push(character);
                if self.held.ends_with("</think>") {
                    self.thinking = Thinking::No;
                    self.held.clear();
                } else if self.held.len() > 64 && !self.held.contains('<') {
                    self.held.clear();
                } else if self.held.len() > 64 {
                    let keep = self.held.rfind('<').unwrap_or(0);
                    self.held.drain(..keep);
                    if self.held.len() > 64 {
                        self.held.clear();
                    }
                }
            }
        }
    }

    fn show(&mut self, character: char, out: &mut String) {
        if self.cut || is_unsafe(character) {
            return;
        }
        if character.is_whitespace() {
            self.in_word = false;
            if self.started {
                self.pending
                    .push(if character == '\n' { '\n' } else { ' ' });
            }
            return;
        }
        if !self.in_word {
            if self.n_words == self.words_max {
                self.cut = true;
                out.push_str(CUT);
                return;
            }
            self.in_word = true;
            self.n_words += 1;
        }
        // At most one empty line, never a run of blanks.
        if self.pending.contains('\n') {
            let n_lines = self.pending.matches('\n').count().min(2);
            out.push_str(&"\n".repeat(n_lines));
        } else if !self.pending.is_empty() {
            out.push(' ');
        }
        self.pending.clear();
        self.started = true;
        out.push(character);
    }
}

/// Characters that steer a terminal or turn the direction of text: a model must not say them.
fn is_unsafe(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t' | '\r'))
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// One line of a server's words, fit for a message: no control characters, at most 300 of them.
pub(crate) fn one_line(text: &str) -> String {
    let mut cleaner = Cleaner::new(60);
    cleaner.push(text);
    cleaner.finish(false);
    cleaner
        .text()
        .replace('\n', " ")
        .chars()
        .take(300)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same text whether it comes whole or in pieces of any size.
    fn cleaned(text: &str, words_max: usize) -> String {
        let mut whole = Cleaner::new(words_max);
        let mut seen = whole.push(text);
        seen.push_str(&whole.finish(false));
        assert_eq!(seen, whole.text());
        for size in 1..6 {
            let mut parts = Cleaner::new(words_max);
            let characters: Vec<char> = text.chars().collect();
            for part in characters.chunks(size) {
                parts.push(&part.iter().collect::<String>());
            }
            parts.finish(false);
            assert_eq!(parts.text(), whole.text());
        }
        seen
    }

    #[test]
    fn at_most_so_many_words() {
        assert_eq!(cleaned("one two three", 3), "one two three");
        assert_eq!(cleaned("one two three four", 3), "one two three \u{2026}");
        let long = "word ".repeat(500);
        assert_eq!(cleaned(&long, WORDS_MAX).matches("word").count(), WORDS_MAX);
    }

    #[test]
    fn blanks_and_lines_are_tidied() {
        assert_eq!(
            cleaned("  a   b\t c\n\n\n\nd \n e  \n", 99),
            "a b c\n\nd\ne"
        );
        assert_eq!(cleaned("   ", 9), "");
    }

    #[test]
    fn no_terminal_tricks() {
        assert_eq!(
            cleaned("a\u{1b}[31mred\u{7} \u{202e}x\u{200b}y\r\nz", 99),
            "a[31mred xy\nz"
        );
    }

    #[test]
    fn a_key_that_is_repeated_is_not_shown() {
        let secrets = ["key-key-key-0451", "pin-0"];
        for size in 1..20 {
            let mut cleaner = Cleaner::new(99).without(secrets.iter().copied());
            let text: Vec<char> = "a key-key-key-key-0451 b key-key- c pin-0 d key"
                .chars()
                .collect();
            let mut seen = String::new();
            for part in text.chunks(size) {
                seen.push_str(&cleaner.push(&part.iter().collect::<String>()));
            }
            seen.push_str(&cleaner.finish(false));
            assert_eq!(
                seen,
                "a key-[redacted:key] b key-key- c [redacted:key] d key"
            );
            assert_eq!(seen, cleaner.text());
        }
    }

    #[test]
    fn thoughts_are_not_shown() {
        assert_eq!(
            cleaned("<think>so <b> it is </think>\n\nThe answer.", 99),
            "The answer."
        );
        assert_eq!(
            cleaned(
                &format!("<think>{}</think>ok", "long < thought ".repeat(40)),
                99
            ),
            "ok"
        );
        assert_eq!(cleaned("<thin", 99), "<thin");
        assert_eq!(cleaned("a <think>b</think>", 99), "a <think>b</think>");
        assert_eq!(cleaned("<think>never ends", 99), "");
    }

    #[test]
    fn a_limit_on_tokens_is_marked() {
        let mut cleaner = Cleaner::new(9);
        cleaner.push("half a sen");
        cleaner.finish(true);
        assert_eq!(cleaner.text(), "half a sen \u{2026}");
        let mut empty = Cleaner::new(9);
        empty.finish(true);
        assert_eq!(empty.text(), "");
    }
}
