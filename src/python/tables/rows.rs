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

use rustc_hash::{FxHashMap, FxHashSet};

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
    /// Members by class or module, then by name.
    pub(super) owners: FxHashMap<&'static str, FxHashMap<&'static str, Fact>>,
    /// Base class by class.
    pub(super) bases: FxHashMap<&'static str, &'static str>,
    /// Another name of a module or class.
    pub(super) aliases: FxHashMap<&'static str, &'static str>,
    /// The classes among the owners.
    pub(super) named: FxHashSet<&'static str>,
    /// Type of an instance, by the class's qualified name, where it is not just an object of it.
    pub(super) classes: FxHashMap<&'static str, &'static str>,
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
    /// Reads all texts. A line that cannot be read is passed over; a test sees to it that there is none.
    pub(super) fn read() -> Tables {
        let mut tables = Tables::default();
        for (_, text) in TEXTS {
            let mut owner = "builtins";
            for line in text.lines() {
                match read_line(line) {
                    Line::Module(name) => owner = name,
                    Line::Owner(name, base) => {
                        owner = name;
                        tables.named.insert(name);
                        if let Some(base) = base {
                            tables.bases.insert(name, base);
                        }
                    }
                    Line::Alias(name, of) => {
                        tables.aliases.insert(name, of);
                    }
                    Line::Class(name, of) => {
                        tables.classes.insert(name, of);
                    }
                    Line::Member(fact) => {
                        tables
                            .owners
                            .entry(owner)
                            .or_default()
                            .insert(fact.name, fact);
                    }
                    Line::Nothing | Line::Wrong(_) => {}
                }
            }
        }
        tables
    }
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
        read: std::sync::OnceLock::new(),
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
