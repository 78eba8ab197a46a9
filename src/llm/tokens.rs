//! Counting tokens with a tokenizer that is named.
//!
//! Knows two published byte-pair vocabularies, shipped inside the binary, and plain bytes. Does not know a
//! model's own tokenizer where its maker keeps it to itself: `bytes` is the bound that holds for all of them,
//! since a byte-level tokenizer never makes more tokens than there are bytes.

use std::sync::LazyLock;

use tiktoken_rs::CoreBPE;

/// A tokenizer, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tokenizer {
    /// `o200k_base`: exact for OpenAI's models since GPT-4o; near, not exact, for others.
    #[default]
    O200k,
    /// `cl100k_base`: exact for GPT-4 and GPT-3.5.
    Cl100k,
    /// `bytes`: one token a byte. An upper bound for every byte-level tokenizer, loose by a factor of about four.
    Bytes,
}

static O200K: LazyLock<Option<CoreBPE>> = LazyLock::new(|| tiktoken_rs::o200k_base().ok());
static CL100K: LazyLock<Option<CoreBPE>> = LazyLock::new(|| tiktoken_rs::cl100k_base().ok());

/// A run of white space longer than this is counted in pieces: the vocabulary's pattern looks ahead over the
/// whole run, and its matcher gives up at about a million steps.
const WHITE_MAX: usize = 100_000;

impl Tokenizer {
    /// Every tokenizer, the default first.
    pub const ALL: [Tokenizer; 3] = [Tokenizer::O200k, Tokenizer::Cl100k, Tokenizer::Bytes];

    /// `o200k_base`, `cl100k_base` or `bytes`.
    pub const fn name(self) -> &'static str {
        match self {
            Tokenizer::O200k => "o200k_base",
            Tokenizer::Cl100k => "cl100k_base",
            Tokenizer::Bytes => "bytes",
        }
    }

    /// Reads what [`Tokenizer::name`] writes.
    pub fn parse(name: &str) -> Option<Tokenizer> {
        Tokenizer::ALL
            .into_iter()
            .find(|tokenizer| tokenizer.name() == name)
    }

    /// Number of tokens of `text`. Never more than its bytes.
    ///
    /// The first call of a vocabulary unpacks it, which takes a fifth of a second.
    pub fn count(self, text: &str) -> usize {
        let table = match self {
            Tokenizer::O200k => &*O200K,
            Tokenizer::Cl100k => &*CL100K,
            Tokenizer::Bytes => return text.len(),
        };
        // A vocabulary that cannot be unpacked leaves the bound that always holds.
        let Some(table) = table else {
            return text.len();
        };
        pieces(text)
            .map(|piece| table.encode_ordinary(piece).len())
            .sum()
    }
}

/// The text, cut inside every run of white space that the matcher could not take whole.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = rest.split_at(cut_at(rest));
        rest = after;
        Some(piece)
    })
}

fn cut_at(text: &str) -> usize {
    if text.len() <= WHITE_MAX {
        return text.len();
    }
    let mut run = 0;
    for (at, character) in text.char_indices() {
        run = if character.is_whitespace() {
            run + 1
        } else {
            0
        };
        if run == WHITE_MAX {
            return at + character.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_counts() {
        // Checked against the vocabulary's own first implementation.
        assert_eq!(Tokenizer::O200k.count("hello world"), 2);
        assert_eq!(Tokenizer::Cl100k.count("tiktoken is great!"), 6);
        assert_eq!(Tokenizer::Bytes.count("\u{e9}"), 2);
        assert_eq!(Tokenizer::O200k.count(""), 0);
    }

    #[test]
    fn names_round_trip() {
        for tokenizer in Tokenizer::ALL {
            assert_eq!(Tokenizer::parse(tokenizer.name()), Some(tokenizer));
        }
        assert_eq!(Tokenizer::parse("words"), None);
    }

    #[test]
    fn hostile_runs_neither_panic_nor_pass_the_bound() {
        let check = |tokenizer: Tokenizer, text: &str| {
            let count = tokenizer.count(text);
            assert!(
                count > 0 && count <= text.len(),
                "{count} of {}",
                text.len()
            );
        };
        // The vocabulary's own matcher gives up on a run of a million, so it never sees one.
        let long = " ".repeat(1_100_000) + "x";
        assert!(pieces(&long).all(|piece| piece.len() <= WHITE_MAX));
        assert_eq!(pieces(&long).collect::<String>(), long);
        check(Tokenizer::Cl100k, &long[long.len() - WHITE_MAX - 10..]);
        for text in [
            "\t \u{a0}".repeat(20_000) + "x",
            "\n".repeat(20_000),
            "a".repeat(20_000),
        ] {
            Tokenizer::ALL
                .iter()
                .for_each(|&tokenizer| check(tokenizer, &text));
        }
    }
}
