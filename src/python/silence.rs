//! Comments that ask for silence.
//!
//! `# looplint: ignore[rule, rule] reason` silences its logical line, or the next one where it stands alone;
//! `disable[..]` holds until its `enable[..]` or the end of the block; `file-ignore[..]` for the whole file.
//! Does not know which rules there are.

use looplint_model::{Silence, SilenceScope, Span};
use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::Ranged;

use crate::document::Document;
use crate::index::span;

const MARK: &str = "looplint:";

/// All silencing comments of a document.
pub(crate) fn silences(document: &Document<'_>) -> Vec<Silence> {
    let text = &document.source.text;
    if memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).is_none() {
        return Vec::new();
    }
    let tokens: &[Token] = document.tokens;
    let mut found = Vec::new();
    let mut open: Vec<(Silence, u32)> = Vec::new();
    let mut level = 0u32;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind() {
            TokenKind::Indent => level += 1,
            TokenKind::Dedent => {
                level = level.saturating_sub(1);
                // A region ends with the block that it began in.
                while open.last().is_some_and(|(_, opened)| *opened > level) {
                    found.extend(
                        open.pop()
                            .map(|(region, _)| until(region, token.start().to_u32())),
                    );
                }
            }
            TokenKind::Comment => {
                let place = span(token.range());
                let Some(request) = read(document.source.slice(place), place) else {
                    continue;
                };
                match request.verb {
                    Verb::Ignore => {
                        found.push(request.silence(logical_line(tokens, at), SilenceScope::Line))
                    }
                    Verb::File => {
                        let whole = Span::new(0, text.len() as u32);
                        found.push(request.silence(whole, SilenceScope::File));
                    }
                    Verb::Disable => {
                        let rest = Span::new(place.start, text.len() as u32);
                        let level = level + indents_after(tokens, at);
                        open.push((request.silence(rest, SilenceScope::Region), level));
                    }
                    Verb::Enable => {
                        let names: Vec<&str> = request
                            .rules
                            .iter()
                            .map(|(name, _)| name.as_str())
                            .collect();
                        close(&mut open, &mut found, &names, place.start);
                    }
                }
            }
            _ => {}
        }
    }
    found.extend(open.into_iter().map(|(region, _)| region));
    found.sort_by_key(|silence| silence.comment);
    found
}

/// A comment that opens a block comes before the block's indent.
fn indents_after(tokens: &[Token], at: usize) -> u32 {
    tokens[at..]
        .iter()
        .take_while(|token| {
            matches!(
                token.kind(),
                TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Indent
            )
        })
        .filter(|token| token.kind() == TokenKind::Indent)
        .count() as u32
}

/// Ends the regions of the rules that `enable` names; of all rules where it names none.
fn close(open: &mut Vec<(Silence, u32)>, found: &mut Vec<Silence>, names: &[&str], end: u32) {
    let mut still = Vec::new();
    for (region, level) in open.drain(..) {
        let (ends, goes_on): (Vec<_>, Vec<_>) = region
            .rules
            .iter()
            .cloned()
            .partition(|(rule, _)| names.is_empty() || names.contains(&rule.as_str()));
        if !ends.is_empty() || region.rules.is_empty() {
            found.push(until(
                Silence {
                    rules: ends,
                    ..region.clone()
                },
                end,
            ));
        }
        if !goes_on.is_empty() {
            still.push((
                Silence {
                    rules: goes_on,
                    ..region
                },
                level,
            ));
        }
    }
    *open = still;
}

fn until(mut region: Silence, end: u32) -> Silence {
    region.covers.end = end.max(region.covers.start);
    region
}

#[derive(Clone, Copy)]
enum Verb {
    Ignore,
    Disable,
    Enable,
    File,
}

struct Request {
    verb: Verb,
    comment: Span,
    rules: Vec<(String, Span)>,
    reason: String,
}

impl Request {
    fn silence(self, covers: Span, scope: SilenceScope) -> Silence {
        Silence {
            comment: self.comment,
            covers,
            rules: self.rules,
            reason: self.reason,
            scope,
        }
    }
}

/// Reads a comment; the mark may follow other comments on the line.
fn read(comment: &str, place: Span) -> Option<Request> {
    let mark = comment.find(MARK)?;
    let hash = comment[..mark].rfind('#')?;
    if !comment[hash + 1..mark].trim().is_empty() {
        return None;
    }
    let rest = &comment[mark + MARK.len()..];
    let body = rest.trim_start();
    let verbs = [
        ("file-ignore", Verb::File),
        ("ignore", Verb::Ignore),
        ("disable", Verb::Disable),
        ("enable", Verb::Enable),
    ];
    let (word, verb) = verbs.into_iter().find(|(word, _)| body.starts_with(word))?;
    let after = &body[word.len()..];
    let start = place.start + (comment.len() - after.len()) as u32;
    let (rules, reason) = match after
        .strip_prefix('[')
        .and_then(|list| list.split_once(']'))
    {
        Some((list, reason)) => (names(list, start + 1), reason),
        None if after.is_empty() || after.starts_with([' ', '\t', ':']) => (Vec::new(), after),
        None => return None,
    };
    // What follows in a comment of its own belongs to another tool.
    let reason = reason.split('#').next().unwrap_or_default();
    let reason = reason
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-'))
        .to_owned();
    Some(Request {
        verb,
        comment: Span::new(place.start + hash as u32, place.end),
        rules,
        reason,
    })
}

fn names(list: &str, start: u32) -> Vec<(String, Span)> {
    let mut at = start;
    let mut out = Vec::new();
    for part in list.split(',') {
        let name = part.trim();
        if !name.is_empty() {
            let from = at + (part.len() - part.trim_start().len()) as u32;
            out.push((name.to_owned(), Span::new(from, from + name.len() as u32)));
        }
        at += part.len() as u32 + 1;
    }
    out
}

/// The logical line that a comment at token `at` stands on, or the next one where nothing else is on the line.
/// A compound statement's line reaches to its colon, not over its body.
fn logical_line(tokens: &[Token], at: usize) -> Span {
    let is_code = |token: &&Token| {
        !matches!(
            token.kind(),
            TokenKind::Comment
                | TokenKind::NonLogicalNewline
                | TokenKind::Indent
                | TokenKind::Dedent
        )
    };
    let before = tokens[..at]
        .iter()
        .rev()
        .take_while(|token| token.kind() != TokenKind::Newline);
    let first = before.clone().filter(is_code).last();
    let start = match first {
        Some(first) => first.start(),
        None => match tokens[at..].iter().find(is_code) {
            Some(next) => next.start(),
            None => tokens[at].start(),
        },
    };
    let end = tokens[at..]
        .iter()
        .skip_while(|token| token.start() < start)
        .find(|token| matches!(token.kind(), TokenKind::Newline | TokenKind::EndOfFile))
        .map_or(start, |token| token.start());
    Span::new(start.to_u32(), end.to_u32())
}
