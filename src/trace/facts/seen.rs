//! When a run first sees each number, name and identifier.
//!
//! Does not know which of them matter.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::facts::canon::hash;
use crate::run::{Role, Trace};

/// The first turn in which each token of a run's texts appears.
///
/// Goal, system text and declared tools count as turn 0. Arguments of calls do not count: a call does not ground itself.
#[derive(Debug, Default)]
pub struct Seen {
    first: FxHashMap<u64, u32>,
}

/// What a turn's words bring that no earlier text had: places in its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Numbers.
    pub numbers: Vec<Range<usize>>,
    /// Names: capitalised words that do not merely begin a sentence.
    pub names: Vec<Range<usize>>,
}

/// A value in a call's arguments that looks like an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// The value as text.
    pub value: String,
    /// The way to it through keys and places: `order.items[0]`.
    pub path: String,
}

impl Seen {
    /// Reads all texts of a run.
    pub(crate) fn of(trace: &Trace<'_>) -> Seen {
        let mut seen = Seen::default();
        let stated = [&trace.goal, &trace.policy].into_iter().flatten();
        // A goal taken from the turns is a turn's text anyway.
        for text in stated {
            seen.read(&text.text, 0);
        }
        for tool in &trace.tools {
            seen.read(&tool.name, 0);
            seen.read(tool.description.as_deref().unwrap_or_default(), 0);
            seen.read(
                tool.schema.as_ref().map_or("", |schema| &schema.raw.text),
                0,
            );
        }
        for (at, turn) in trace.turns.iter().enumerate() {
            seen.read(&turn.content.text, at as u32);
            for &call in &turn.results {
                let result = trace.calls.get(call).and_then(|call| call.result.as_ref());
                if let Some(result) =
                    result.filter(|result| result.content.span != turn.content.span)
                {
                    seen.read(&result.content.text, at as u32);
                }
            }
        }
        seen
    }

    fn read(&mut self, text: &str, turn: u32) {
        each_token(text, |token| {
            self.first.entry(key(token)).or_insert(turn);
        });
    }

    /// The turn (as a place) whose text first has `token`, a word, number or identifier in one piece.
    pub fn first(&self, token: &str) -> Option<usize> {
        self.first
            .get(&key(token.trim()))
            .map(|turn| *turn as usize)
    }

    /// What is new in `text`, which turn `turn` says.
    pub(crate) fn news(&self, text: &str, turn: usize) -> News {
        let mut news = News::default();
        let is_new = |token: &str| self.first(token).is_none_or(|first| first >= turn);
        for range in numbers(text) {
            if is_new(&text[range.clone()]) {
                news.numbers.push(range);
            }
        }
        for range in names(text) {
            if text[range.clone()].split_whitespace().any(is_new) {
                news.names.push(range);
            }
        }
        news
    }
}

/// Lower case, without the commas of large numbers.
fn key(token: &str) -> u64 {
    let token = token.trim_matches(|character: char| !character.is_alphanumeric());
    let number = token
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.'));
    if number {
        hash(&token.replace(',', ""))
    } else {
        hash(&token.to_lowercase())
    }
}

/// Gives each word, and each longer piece that `_-.@/:#+` hold together.
fn each_token(text: &str, mut give: impl FnMut(&str)) {
    let holds = |character: char| {
        matches!(
            character,
            '_' | '-' | '.' | '@' | '/' | ':' | '#' | '+' | ','
        )
    };
    let mut piece_start = None;
    let mut word_start = None;
    let mut n_words = 0;
    let end_word =
        |from: &mut Option<usize>, at: usize, n_words: &mut usize, give: &mut dyn FnMut(&str)| {
            if let Some(start) = from.take() {
                *n_words += 1;
                give(&text[start..at]);
            }
        };
    for (at, character) in text.char_indices() {
        if character.is_alphanumeric() {
            piece_start.get_or_insert(at);
            word_start.get_or_insert(at);
            continue;
        }
        end_word(&mut word_start, at, &mut n_words, &mut give);
        if holds(character) {
            continue;
        }
        if let Some(start) = piece_start.take()
            && n_words > 1
        {
            give(&text[start..at]);
        }
        n_words = 0;
    }
    end_word(&mut word_start, text.len(), &mut n_words, &mut give);
    if let Some(start) = piece_start
        && n_words > 1
    {
        give(&text[start..]);
    }
}

/// Numbers that stand alone: `12`, `1,234.5`, `40%` without the sign.
pub fn numbers(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let joined = |byte: Option<&u8>| {
        byte.is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') || *byte >= 0x80
        })
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit)
            || (matches!(bytes.get(at), Some(b',' | b'.'))
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
        {
            at += 1;
        }
        let alone = (start == 0 || !joined(bytes.get(start - 1)))
            && !bytes
                .get(at)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if alone {
            found.push(start..at);
        }
    }
    found
}

/// Runs of capitalised words that do not merely begin a sentence.
fn names(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut sentence_begins = true;
    let mut open: Option<(Range<usize>, bool)> = None;
    for (start, word) in words_with_place(text) {
        let bare = word.trim_matches(|character: char| !character.is_alphanumeric());
        let from = start + word.find(bare).unwrap_or(0);
        let capital =
            bare.chars().next().is_some_and(char::is_uppercase) && bare.chars().nth(2).is_some();
        open = match (open.take(), capital) {
            (Some((range, first)), true) => Some((range.start..from + bare.len(), first)),
            (None, true) => Some((from..from + bare.len(), sentence_begins)),
            (Some((range, first)), false) => {
                keep(&mut found, text, range, first);
                None
            }
            (None, false) => None,
        };
        let ends = word.ends_with(['.', '!', '?', ':', ';', ',', ')', '*']);
        sentence_begins = word.ends_with(['.', '!', '?', ':']) || bare.is_empty();
        if ends && let Some((range, first)) = open.take() {
            keep(&mut found, text, range, first);
        }
        if text[start + word.len()..].starts_with(['\n', '\r']) {
            sentence_begins = true;
            if let Some((range, first)) = open.take() {
                keep(&mut found, text, range, first);
            }
        }
    }
    if let Some((range, first)) = open {
        keep(&mut found, text, range, first);
    }
    found
}

/// A single word at a sentence's beginning is no name.
fn keep(found: &mut Vec<Range<usize>>, text: &str, range: Range<usize>, first: bool) {
    if !first || text[range.clone()].contains(' ') {
        found.push(range);
    }
}

fn words_with_place(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let base = text.as_ptr() as usize;
    text.split_whitespace()
        .map(move |word| (word.as_ptr() as usize - base, word))
}

impl Trace<'_> {
    /// The values in a call's arguments that look like identifiers: a digit and at least four letters, digits, `-` or `_`.
    pub fn identifiers(&self, call: usize) -> Vec<Identifier> {
        let mut found = Vec::new();
        let arguments = self
            .calls
            .get(call)
            .and_then(|call| call.arguments.as_ref());
        if let Some(value) = arguments.and_then(|arguments| arguments.ok()) {
            walk(value, &mut String::new(), 0, &mut found);
        }
        found
    }

    /// The turn, as a place, whose text first mentions `value`, in any case and as a part of a longer text too.
    pub fn first_mention(&self, value: &str) -> Option<usize> {
        if let Some(turn) = self.seen().first(value) {
            return Some(turn);
        }
        let value = value.to_lowercase();
        let has = |text: &str| {
            memchr::memmem::find(text.to_lowercase().as_bytes(), value.as_bytes()).is_some()
        };
        let stated = [&self.goal, &self.policy]
            .into_iter()
            .flatten()
            .any(|text| has(&text.text));
        if stated
            || self.tools.iter().any(|tool| {
                tool.schema
                    .as_ref()
                    .is_some_and(|schema| has(&schema.raw.text))
            })
        {
            return Some(0);
        }
        (0..self.turns.len()).find(|&at| {
            let turn = &self.turns[at];
            let result = |&call: &usize| self.calls.get(call).and_then(|call| call.result.as_ref());
            has(&turn.content.text)
                || turn
                    .results
                    .iter()
                    .filter_map(result)
                    .any(|result| has(&result.content.text))
        })
    }

    /// Identifiers in a call's arguments that no text before the call's turn mentions, nor the turn's own words where a person says them.
    pub fn ungrounded(&self, call: usize) -> Vec<Identifier> {
        let Some(turn) = self.calls.get(call).map(|call| call.turn) else {
            return Vec::new();
        };
        let said_by_agent = self
            .turns
            .get(turn)
            .is_some_and(|turn| turn.role == Role::Agent);
        let grounded = |first: usize| {
            first < turn || (first == turn && !said_by_agent) || (first == 0 && turn == 0)
        };
        let mut identifiers = self.identifiers(call);
        identifiers
            .retain(|identifier| !self.first_mention(&identifier.value).is_some_and(grounded));
        identifiers
    }
}

fn walk(value: &serde_json::Value, path: &mut String, depth: usize, found: &mut Vec<Identifier>) {
    use serde_json::Value as V;
    if depth > 64 {
        return;
    }
    let length = path.len();
    match value {
        V::Object(map) => {
            for (key, value) in map {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                walk(value, path, depth + 1, found);
                path.truncate(length);
            }
        }
        V::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                path.push_str(&format!("[{at}]"));
                walk(value, path, depth + 1, found);
                path.truncate(length);
            }
        }
        V::String(text) if is_identifier(text) => found.push(Identifier {
            value: text.clone(),
            path: path.clone(),
        }),
        V::Number(number) => {
            let value = number.to_string();
            if is_identifier(&value) && !value.contains('.') {
                found.push(Identifier {
                    value,
                    path: path.clone(),
                });
            }
        }
        _ => {}
    }
}

fn is_identifier(text: &str) -> bool {
    let text = text.strip_prefix('#').unwrap_or(text);
    text.len() >= 4
        && text.len() <= 80
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && !is_date(text)
}

/// `2024-05-16`, which people say in words.
fn is_date(text: &str) -> bool {
    let digits =
        |part: &str, n: usize| part.len() == n && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts[..], [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
}
