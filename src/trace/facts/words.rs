//! Words and shingles of texts, and how much two texts share.
//!
//! Knows English stop words and scripts without spaces. Does not know what words mean.

use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use rustc_hash::{FxHashSet, FxHasher};

/// A set of words or shingles: their hashes, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordSet(Vec<u64>);

/// Words that say nothing about what a text is about.
const STOP: &str = " the and for that this with you are was were from have has had will would can could should not but they \
    their them then than there here what when where which who whom how why your our its into onto about over under been \
    being does did done also any all some such only each other more most very just please need needs use used using let \
    lets now next following based provided provide given get one two step steps task tasks information result results \
    data may might must shall these those his her him she himself herself itself because before after while during \
    between both own same too out off down again further once yes first second make made like want well ";

impl WordSet {
    /// No words.
    pub(crate) const NONE: WordSet = WordSet(Vec::new());

    fn of(mut hashes: Vec<u64>) -> WordSet {
        hashes.sort_unstable();
        hashes.dedup();
        WordSet(hashes)
    }

    /// Number of different words.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of words in both.
    pub fn shared(&self, other: &WordSet) -> usize {
        let (mut left, mut right, mut n) = (0, 0, 0);
        while let (Some(a), Some(b)) = (self.0.get(left), other.0.get(right)) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => left += 1,
                std::cmp::Ordering::Greater => right += 1,
                std::cmp::Ordering::Equal => {
                    n += 1;
                    left += 1;
                    right += 1;
                }
            }
        }
        n
    }

    /// Shared words over all words (Jaccard): 0 to 1; 0 where either is empty.
    pub fn likeness(&self, other: &WordSet) -> f64 {
        let shared = self.shared(other);
        match self.len() + other.len() - shared {
            0 => 0.0,
            all => shared as f64 / all as f64,
        }
    }

    /// The share of our words that `other` has too, 0 to 1.
    pub fn covered_by(&self, other: &WordSet) -> f64 {
        if self.is_empty() {
            0.0
        } else {
            self.shared(other) as f64 / self.len() as f64
        }
    }

    /// Adds the words of `other`.
    pub fn add(&mut self, other: &WordSet) {
        self.add_all([other]);
    }

    /// Adds the words of all `others`, sorting once.
    pub fn add_all<'w>(&mut self, others: impl IntoIterator<Item = &'w WordSet>) {
        for other in others {
            self.0.extend_from_slice(&other.0);
        }
        self.0.sort_unstable();
        self.0.dedup();
    }
}

/// The words of a text that say what it is about: lower case, stop words left out.
pub fn content_words(text: &str) -> WordSet {
    let mut hashes = Vec::new();
    each_word(text, |word| {
        let long = word.chars().nth(2).is_some()
            || word.bytes().all(|byte| byte.is_ascii_digit())
            || !word.is_ascii();
        if long && !is_stop(word) {
            hashes.push(hash(word));
        }
    });
    WordSet::of(hashes)
}

/// Every run of `n` words of a text, stop words included; a shorter text is one shingle.
pub fn shingles(text: &str, n: usize) -> WordSet {
    let mut words = Vec::new();
    each_word(text, |word| words.push(hash(word)));
    if words.is_empty() || n == 0 {
        return WordSet::default();
    }
    WordSet::of(words.windows(n.min(words.len())).map(hash).collect())
}

static STOP_SET: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| STOP.split_ascii_whitespace().collect());

fn is_stop(word: &str) -> bool {
    STOP_SET.contains(word)
}

fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Gives each word in lower case; letters of scripts without spaces are words of their own.
fn each_word(text: &str, mut give: impl FnMut(&str)) {
    let mut word = String::new();
    for character in text.chars() {
        if character.is_alphanumeric()
            || (matches!(character, '\'' | '\u{2019}') && !word.is_empty())
        {
            if is_spaceless(character) {
                flush(&mut word, &mut give);
                word.push(character);
                flush(&mut word, &mut give);
            } else if character.is_ascii() {
                word.push(character.to_ascii_lowercase());
            } else {
                word.extend(character.to_lowercase());
            }
        } else {
            flush(&mut word, &mut give);
        }
    }
    flush(&mut word, &mut give);
}

fn flush(word: &mut String, give: &mut impl FnMut(&str)) {
    let bare = word.trim_end_matches(['\'', '\u{2019}']);
    let bare = bare
        .strip_suffix("'s")
        .or(bare.strip_suffix("\u{2019}s"))
        .unwrap_or(bare);
    if !bare.is_empty() {
        give(bare);
    }
    word.clear();
}

/// Chinese, Japanese and Thai letters.
fn is_spaceless(character: char) -> bool {
    matches!(character, '\u{0e00}'..='\u{0e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{2fa1f}')
}
