//! Configuration: what users wrote in files and on the command line, found, read and folded into one value.
//!
//! One description of the keys ([`keys::KEYS`]) feeds reading, help, the JSON Schema and the advice in errors.
//! Does not know what a rule does with its options.

mod arguments;
mod error;
mod find;
mod fold;
mod globs;
mod keys;
mod read;
mod requires;
mod schema;
mod show;
mod value;

pub(crate) use arguments::Arguments;
pub(crate) use error::{Errors, Mistake, Place};
pub(crate) use find::{Resolved, Resolver};
pub(crate) use fold::Config;
pub(crate) use keys::{DIALECTS, PRIORITIES};
pub(crate) use read::tool_table;
pub(crate) use show::{Show, run, settings};
pub(crate) use value::{IgnoreEntry, Value};
