//! The text of the tables and how it is read.
//!
//! A line is one of
//!
//! ```text
//! # a remark
//! module re                             members that follow are functions and values of this module
//! class defaultdict : dict              members that follow are methods and attributes; the base is looked in next
//! alias posixpath os.path               another name of a module or class
//! type pandas.DataFrame DataFrame       an instance of the class on the left has the type on the right
//! findall -> list[T1] ; n1              a member: name, result, words
//! findall -> list[T1] ; n1 ;; re.findall('a', 'aba')       and an example that the tests run
//! ```
//!
//! The words of a member, in any order:
//! effect `pure` (where no word says otherwise), `fresh`, `reads`, `mutates` (the receiver), `mutates:0`, `unknown`, or a sink, which
//! says that it reaches outside: `query`, `row-write`, `bulk-write`, `commit`, `fetch`, `connect`, `request`, `open`,
//! `file-read`, `file-write`, `file-system`, `process`, `sleep`, `print`;
//! work `1` (where nothing is said), `log`, `n` (of the receiver), `nlogn`, `log0`, `n0` (of argument 0), `nlogn0`, `n*` (of all arguments),
//! `n?` and `n0?` (up to);
//! `keeps:0`, `shares:self`, `calls:0`, `calls:key`, `keeps:*` for all arguments; `lazy`; `value` for an attribute.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{Effect, Fact, Sink, Slot, Slots, Work};

/// The texts, in the order of reading.
pub(super) const TEXTS: [(&str, &str); 4] = [
    ("builtins.txt", include_str!("builtins.txt")),
    ("stdlib.txt", include_str!("stdlib.txt")),
    ("system.txt", include_str!("system.txt")),
    ("libraries.txt", include_str!("libraries.txt")),
];

/// The rows, found by owner and name.
#[derive(Default)]
pub(super) struct Tables {
    /// Members by class or module.
    owners: FxHashMap<&'static str, Owner>,
    /// Another name of a module or class.
    aliases: FxHashMap<&'static str, &'static str>,
    /// Type of an instance, by the class's qualified name, where it is not just an object of it.
    pub(super) classes: FxHashMap<&'static str, &'static str>,
}

/// A class or module. Its rows are read when the first of them is asked for: a program uses a few of the many.
struct Owner {
    text: &'static str,
    is_class: bool,
    base: Option<&'static str>,
    members: OnceLock<FxHashMap<&'static str, Fact>>,
}

/// One line of a table.
#[derive(Debug)]
pub(super) enum Line {
    /// A module whose members follow.
    Module(&'static str),
    /// A class whose members follow, with its base.
    Owner(&'static str, Option<&'static str>),
    /// Another name.
    Alias(&'static str, &'static str),
    /// The type of an instance.
    Class(&'static str, &'static str),
    /// A member.
    Member(Fact),
    /// A remark or nothing.
    Nothing,
    /// What could not be read; only the tests ask what was wrong.
    #[cfg_attr(not(test), expect(dead_code))]
    Wrong(String),
}

impl Tables {
    /// Finds where each owner's rows are. A line that cannot be read is passed over; a test sees to it that there is
    /// none.
    pub(super) fn read() -> Tables {
        let mut tables = Tables::default();
        for (_, text) in TEXTS {
            let (mut owner, mut from, mut at) = (None, 0, 0);
            for line in text.split_inclusive('\n') {
                let start = at;
                at += line.len();
                if !is_heading(line) {
                    continue;
                }
                let (name, base, is_class) = match read_line(line) {
                    Line::Module(name) => (name, None, false),
                    Line::Owner(name, base) => (name, base, true),
                    Line::Alias(name, of) => {
                        tables.aliases.insert(name, of);
                        continue;
                    }
                    Line::Class(name, of) => {
                        tables.classes.insert(name, of);
                        continue;
                    }
                    Line::Member(_) | Line::Nothing | Line::Wrong(_) => continue,
                };
                tables.close(owner, &text[from..start]);
                (owner, from) = (Some((name, base, is_class)), at);
            }
            tables.close(owner, &text[from..]);
        }
        tables
    }

    fn close(
        &mut self,
        owner: Option<(&'static str, Option<&'static str>, bool)>,
        text: &'static str,
    ) {
        if let Some((name, base, is_class)) = owner {
            self.owners.insert(
                name,
                Owner {
                    text,
                    is_class,
                    base,
                    members: OnceLock::new(),
                },
            );
        }
    }

    /// The fact on a member of a class or module, looked for in the base classes too.
    pub(super) fn member(&self, owner: &str, name: &str) -> Option<&Fact> {
        let mut owner = self
            .owners
            .get(*self.aliases.get(owner).unwrap_or(&owner))?;
        // A class hierarchy in the tables is a few steps deep; the bound only guards against a circle in the text.
        for _ in 0..8 {
            if let Some(fact) = owner.members().get(name) {
                return Some(fact);
            }
            owner = self.owners.get(owner.base?)?;
        }
        None
    }

    /// Whether there are rows on a class of this name.
    pub(super) fn has_class(&self, name: &str) -> bool {
        self.owners.get(name).is_some_and(|owner| owner.is_class)
    }
}

impl Owner {
    fn members(&self) -> &FxHashMap<&'static str, Fact> {
        self.members.get_or_init(|| {
            let lines = self.text.lines().map(read_line);
            lines
                .filter_map(|line| {
                    if let Line::Member(fact) = line {
                        Some((fact.name, fact))
                    } else {
                        None
                    }
                })
                .collect()
        })
    }
}

/// Whether a line may say something else than a member, at a glance.
fn is_heading(line: &str) -> bool {
    ["module ", "class ", "alias ", "type "]
        .iter()
        .any(|word| line.starts_with(word))
}

/// Reads one line.
pub(super) fn read_line(line: &'static str) -> Line {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Line::Nothing;
    }
    if let Some((name, rest)) = line.split_once(" -> ") {
        return member(name.trim(), rest);
    }
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some("module"), Some(name), None, None) => Line::Module(name),
        (Some("class"), Some(name), None, None) => Line::Owner(name, None),
        (Some("class"), Some(name), Some(":"), Some(base)) => Line::Owner(name, Some(base)),
        (Some("alias"), Some(name), Some(of), None) => Line::Alias(name, of),
        (Some("type"), Some(name), Some(_), _) => {
            let of = line.split_once(name).map_or("", |(_, of)| of.trim());
            Line::Class(name, of)
        }
        _ => Line::Wrong(format!("not a line of a table: {line}")),
    }
}

fn member(name: &'static str, rest: &'static str) -> Line {
    let facts = rest.split_once(";;").map_or(rest, |(facts, _)| facts);
    let (result, words) = facts.split_once(';').unwrap_or((facts, ""));
    let mut fact = Fact {
        name,
        effect: Effect::Pure,
        work: Work::Constant,
        mutates: Slots::NONE,
        keeps: Slots::NONE,
        shares: Slots::NONE,
        calls: Slots::NONE,
        lazy: false,
        value: false,
        sink: None,
        result: result.trim(),
        read: OnceLock::new(),
    };
    for word in words.split_whitespace() {
        if !apply(&mut fact, word) {
            return Line::Wrong(format!("{name}: what is `{word}`?"));
        }
    }
    Line::Member(fact)
}

/// Takes one word into the fact; false where it is not one.
fn apply(fact: &mut Fact, word: &'static str) -> bool {
    if let Some((word, slot)) = word.split_once(':') {
        let slots = if slot == "*" {
            Some(Slots::ARGUMENTS)
        } else {
            slot_of(slot).map(|slot| Slots::NONE.with(slot))
        };
        let Some(slots) = slots else { return false };
        let into = match word {
            "mutates" => {
                fact.effect = settle(fact.effect, Effect::Mutates);
                &mut fact.mutates
            }
            "keeps" => &mut fact.keeps,
            "shares" => &mut fact.shares,
            "calls" => &mut fact.calls,
            _ => return false,
        };
        into.0 |= slots.0;
        return true;
    }
    match word {
        "pure" => fact.effect = Effect::Pure,
        "fresh" => fact.effect = settle(fact.effect, Effect::Fresh),
        "reads" => fact.effect = settle(fact.effect, Effect::Reads),
        "unknown" => fact.effect = Effect::Unknown,
        "mutates" => {
            fact.effect = settle(fact.effect, Effect::Mutates);
            fact.mutates = fact.mutates.with(Slot::Receiver);
        }
        "lazy" => fact.lazy = true,
        "value" => fact.value = true,
        _ => {
            if let Some(sink) = sink(word) {
                fact.sink = Some(sink);
                fact.effect = Effect::Outside;
            } else if let Some(work) = work(word) {
                fact.work = work;
            } else {
                return false;
            }
        }
    }
    true
}

/// The stronger of two effects said of one member.
fn settle(said: Effect, now: Effect) -> Effect {
    let strength = |effect| match effect {
        Effect::Pure => 0,
        Effect::Fresh => 1,
        Effect::Reads => 2,
        Effect::Mutates => 3,
        Effect::Outside => 4,
        Effect::Unknown => 5,
    };
    if strength(now) > strength(said) {
        now
    } else {
        said
    }
}

fn slot_of(text: &str) -> Option<Slot> {
    match text {
        "self" => Some(Slot::Receiver),
        "key" => Some(Slot::Key),
        number => number.parse().ok().map(Slot::Argument),
    }
}

fn work(word: &str) -> Option<Work> {
    let (word, up_to) = word
        .strip_suffix('?')
        .map_or((word, false), |word| (word, true));
    let of = |rest: &str| {
        if rest.is_empty() {
            Some(Slot::Receiver)
        } else {
            slot_of(rest)
        }
    };
    if word == "1" {
        Some(Work::Constant)
    } else if word == "n*" {
        Some(Work::LinearAll)
    } else if let Some(rest) = word.strip_prefix("nlogn") {
        of(rest).map(Work::NLogN)
    } else if let Some(rest) = word.strip_prefix("log") {
        of(rest).map(Work::Log)
    } else if let Some(rest) = word.strip_prefix('n') {
        of(rest).map(if up_to { Work::UpTo } else { Work::Linear })
    } else {
        None
    }
}

fn sink(word: &str) -> Option<Sink> {
    Some(match word {
        "query" => Sink::Query,
        "row-write" => Sink::RowWrite,
        "bulk-write" => Sink::BulkWrite,
        "commit" => Sink::Commit,
        "fetch" => Sink::Fetch,
        "connect" => Sink::Connect,
        "request" => Sink::Request,
        "open" => Sink::Open,
        "file-read" => Sink::FileRead,
        "file-write" => Sink::FileWrite,
        "file-system" => Sink::FileSystem,
        "process" => Sink::Process,
        "sleep" => Sink::Sleep,
        "print" => Sink::Print,
        _ => return None,
    })
}
