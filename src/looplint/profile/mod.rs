//! What a profiler saw, and which findings it saw it at.
//!
//! Knows the files of cProfile, py-spy, speedscope, Scalene and coverage, and how their paths and lines meet those of
//! the checked files. Does not know how a program is run under a profiler.

mod heat;
mod lines;
mod marshal;
mod pstats;
mod samples;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::tell::hinted;

pub(crate) use heat::heat;

/// Times by file.
#[derive(Debug)]
pub(crate) struct Profile {
    /// What wrote it.
    pub(crate) kind: &'static str,
    /// Seconds in all; `None` where no time was taken.
    pub(crate) total: Option<f64>,
    /// By the path that the profiler names.
    files: BTreeMap<String, Seen>,
}

/// What was seen of one file.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Lines of the file that were on the stack together, and for how many seconds.
    stacks: HashMap<Vec<u32>, f64>,
    /// Functions, by first line and name, with the time in them and in the builtins that they call.
    functions: BTreeMap<(u32, String), (u64, f64)>,
    /// Lines, and how often they ran.
    ran: BTreeMap<u32, u64>,
}

/// A function with the time that was seen in it.
pub(crate) struct Function {
    line: u32,
    name: String,
    calls: u64,
    seconds: f64,
}

/// What is wrong with a profile, and where.
#[derive(Debug)]
struct Bad {
    place: String,
    why: String,
}

impl Bad {
    fn byte(at: usize, why: impl Into<String>) -> Bad {
        Bad {
            place: format!("byte {at}"),
            why: why.into(),
        }
    }

    fn line(at: usize, why: impl Into<String>) -> Bad {
        Bad {
            place: format!("line {at}"),
            why: why.into(),
        }
    }

    fn entry(at: usize, why: impl Into<String>) -> Bad {
        Bad {
            place: format!("entry {at}"),
            why: why.into(),
        }
    }

    fn whole(why: impl Into<String>) -> Bad {
        Bad {
            place: String::new(),
            why: why.into(),
        }
    }

    fn json(error: &serde_json::Error) -> Bad {
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or(&why);
        Bad {
            place: format!("line {}, column {}", error.line(), error.column()),
            why: why.to_owned(),
        }
    }
}

impl Profile {
    fn new(kind: &'static str) -> Profile {
        Profile {
            kind,
            total: None,
            files: BTreeMap::new(),
        }
    }

    fn add_file(&mut self, name: &str) -> &mut Seen {
        let name = name.replace('\\', "/");
        self.files.entry(name).or_default()
    }

    fn add_function(&mut self, file: &str, function: Function) {
        let functions = &mut self.add_file(file).functions;
        let (calls, seconds) = functions.entry((function.line, function.name)).or_default();
        *calls += function.calls;
        *seconds += function.seconds;
    }

    /// Adds the time of one stack to all the files that are on it; a place counts once, however often it recurs.
    fn add_stack(&mut self, places: &BTreeSet<(&str, u32)>, seconds: f64) {
        let mut places = places.iter().peekable();
        while let Some(&(file, line)) = places.next() {
            let mut lines = vec![line];
            while let Some(&&(next, line)) = places.peek() {
                if next != file {
                    break;
                }
                lines.push(line);
                places.next();
            }
            *self.add_file(file).stacks.entry(lines).or_default() += seconds;
        }
    }
}

/// Reads a profile of any of the known formats.
///
/// # Errors
/// The file cannot be read, is of no known format, or is broken; the message says where.
pub(crate) fn read(path: &Path) -> Result<Profile> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    parse(&bytes).map_err(|bad| {
        let place = match bad.place.as_str() {
            "" => String::new(),
            place => format!(", {place}"),
        };
        hinted(
            format!("{}{place}: {}", path.display(), bad.why),
            "profiles of cProfile, py-spy (speedscope or raw), speedscope, Scalene and `coverage json` are read",
        )
    })
}

fn parse(bytes: &[u8]) -> Result<Profile, Bad> {
    if is_marshal(bytes) {
        return pstats::read(bytes);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(error) => {
            return Err(Bad::byte(
                error.valid_up_to(),
                "it is neither text nor cProfile's",
            ));
        }
    };
    match text.trim_start().as_bytes().first() {
        None => Err(Bad::whole("it is empty")),
        Some(b'{') => json(text),
        Some(_) => samples::collapsed(text),
    }
}

/// A marshalled dictionary with a tuple as its first key, or an empty one.
fn is_marshal(bytes: &[u8]) -> bool {
    match bytes {
        [0xfb, ..] => true,
        [b'{', second, ..] => matches!(second & 0x7f, b'(' | b')' | b'0'),
        _ => false,
    }
}

fn json(text: &str) -> Result<Profile, Bad> {
    let top: BTreeMap<String, &serde_json::value::RawValue> =
        serde_json::from_str(text).map_err(|error| Bad::json(&error))?;
    let has = |key: &str| top.contains_key(key);
    if has("shared") && has("profiles") {
        from_json::<samples::Speedscope>(text)?.profile()
    } else if has("files") && has("elapsed_time_sec") {
        Ok(from_json::<lines::Scalene>(text)?.profile())
    } else if has("files") && has("meta") {
        Ok(from_json::<lines::Coverage>(text)?.profile())
    } else {
        Err(Bad::whole("the JSON is of no profiler that is known"))
    }
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Bad> {
    serde_json::from_str(text).map_err(|error| Bad::json(&error))
}
