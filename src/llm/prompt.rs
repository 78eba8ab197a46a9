//! A prompt whose beginning many share.
//!
//! Three parts in a fixed order: what the model is told, what all prompts of one file or run share, and the
//! one question, last. A server that keeps what it computed for a beginning computes it once for all of them.
//! Every part passes the redactor when the prompt is made, and there is no other way to make one: text that
//! was not redacted cannot be sent. Does not know what is asked.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::redact::{Counts, Redactor};
use crate::route::Need;
use crate::tokens::Tokenizer;

/// A redacted prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    system: String,
    shared: String,
    question: String,
    redacted: Counts,
}

impl Prompt {
    /// A prompt of these parts, without their secrets. Each part is redacted by itself, so that equal parts
    /// stay equal whatever follows.
    pub fn new(redactor: &Redactor, system: &str, shared: &str, question: &str) -> Prompt {
        let mut redacted = Counts::new();
        let mut part = |text: &str| redactor.redact_counted(text, &mut redacted);
        let (system, shared, question) = (part(system), part(shared), part(question));
        Prompt {
            system,
            shared,
            question,
            redacted,
        }
    }

    /// What the model is told.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// What all prompts of one file or run share; ends where the question begins.
    pub fn shared(&self) -> &str {
        &self.shared
    }

    /// The one question.
    pub fn question(&self) -> &str {
        &self.question
    }

    /// What was taken out, by kind.
    pub fn redacted(&self) -> &Counts {
        &self.redacted
    }

    /// Number of bytes of all parts.
    pub fn n_bytes(&self) -> usize {
        self.system.len() + self.shared.len() + self.question.len()
    }

    /// Bytes that this prompt and another begin with alike.
    pub fn shared_with(&self, other: &Prompt) -> usize {
        let bytes = |prompt: &Prompt| {
            [prompt.system.as_str(), &prompt.shared, &prompt.question]
                .concat()
                .into_bytes()
        };
        bytes(self)
            .iter()
            .zip(&bytes(other))
            .take_while(|(a, b)| a == b)
            .count()
    }

    /// Names the beginning: prompts of one group have the same.
    pub fn prefix_id(&self) -> String {
        digest(&[&self.system, &self.shared])
    }

    /// Names the whole prompt, byte for byte.
    pub fn id(&self) -> String {
        digest(&[&self.system, &self.shared, &self.question])
    }

    /// Its size, for routing, with room for what a chat format puts around three parts.
    /// A tokenizer that is not asked for is given the bound of bytes, which spares unpacking its vocabulary.
    pub fn need(&self, output: u64, asked: &[Tokenizer]) -> Need {
        const AROUND: u64 = 64;
        let count = |tokenizer: Tokenizer| {
            let by = if asked.contains(&tokenizer) {
                tokenizer
            } else {
                Tokenizer::Bytes
            };
            let parts = [&self.system, &self.shared, &self.question];
            parts.iter().map(|part| by.count(part) as u64).sum::<u64>() + AROUND
        };
        Need {
            prompt_o200k: count(Tokenizer::O200k),
            prompt_cl100k: count(Tokenizer::Cl100k),
            prompt_bytes: count(Tokenizer::Bytes),
            output,
        }
    }
}

/// SHA-256 over the parts and their lengths, in hexadecimal.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Positions of the prompts by equal beginnings: groups by first appearance, members in order.
/// The first of a group is asked alone, the rest after it.
pub fn groups(prompts: &[Prompt]) -> Vec<Vec<usize>> {
    let mut ids: Vec<String> = Vec::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, prompt) in prompts.iter().enumerate() {
        let id = prompt.prefix_id();
        match ids.iter().position(|other| *other == id) {
            Some(group) => groups[group].push(at),
            None => {
                ids.push(id);
                groups.push(vec![at]);
            }
        }
    }
    groups
}

/// `text` as data with its name, so that a model can tell it from what it is told.
pub(crate) fn data(name: &str, text: &str) -> String {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("<<< {name}\n{text}{end}>>>\n\n")
}

/// At most `max` bytes of `text`, on a character border, and how many were left out.
pub(crate) fn clip(text: &str, max: usize) -> (&str, usize) {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (&text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(shared: &str, question: &str) -> Prompt {
        Prompt::new(&Redactor::new(), "You explain.", shared, question)
    }

    #[test]
    fn nothing_gets_in_unredacted() {
        let prompt = Prompt::new(
            &Redactor::new(),
            "ask a@b.org",
            "see /home/ann/x",
            "password = 'hunter22'",
        );
        let text = format!("{prompt:?}");
        assert!(
            !text.contains("a@b.org") && !text.contains("ann") && !text.contains("hunter22"),
            "{text}"
        );
        assert_eq!(prompt.redacted().values().sum::<usize>(), 3);
    }

    #[test]
    fn groups_by_beginning() {
        let prompts = [
            prompt("a", "1"),
            prompt("b", "1"),
            prompt("a", "2"),
            prompt("b", "1"),
        ];
        assert_eq!(groups(&prompts), [vec![0, 2], vec![1, 3]]);
        assert_eq!(prompts[1].id(), prompts[3].id());
        assert_ne!(prompts[0].id(), prompts[2].id());
        // Moving a border between parts is another prompt.
        assert_ne!(prompt("ab", "c").id(), prompt("a", "bc").id());
        assert_eq!(
            prompt("same", "12").shared_with(&prompt("same", "13")),
            "You explain.same1".len()
        );
    }

    #[test]
    fn published_digest() {
        // SHA-256 of eight zero bytes: the length of one empty part.
        assert_eq!(
            digest(&[""]),
            "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"
        );
    }
}
