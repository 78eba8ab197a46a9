//! What a module's functions do, as plain data: for callers in the module, and for other modules later.
//!
//! Knows no syntax tree: names, numbers and byte ranges only, so that it can be stored and linked.
//! Does not know what callees in other modules do; it says which it calls, with what.

use serde::{Deserialize, Serialize};

/// What a module offers and uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Its functions and methods, in the order of the text.
    pub functions: Vec<FunctionSummary>,
    /// Its classes, in the order of the text.
    pub classes: Vec<ClassSummary>,
    /// What its names stand for in other modules: the name, and what was imported, dots and all.
    pub imports: Vec<(String, String)>,
}

/// A class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassSummary {
    /// Its name, with those of the classes around it: `Outer.Inner`.
    pub name: String,
    /// Its bases, qualified where they were imported.
    pub bases: Vec<String>,
    /// Its attributes with their types, as text.
    pub attributes: Vec<(String, String)>,
}

/// A function or method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionSummary {
    /// Its name, with that of its class: `Store.find`.
    pub name: String,
    /// Byte range of its header.
    pub header: (u32, u32),
    /// Its parameters, `self` included.
    pub parameters: Vec<String>,
    /// What calling it gives, as text; `Unknown` where nothing is known.
    pub returns: String,
    /// What a call does besides giving a value.
    pub purity: Purity,
    /// Attributes of `self` that it reads.
    pub reads: Vec<String>,
    /// Whether it reads names of the module that may change, or looks at the world.
    pub reads_globals: bool,
    /// Attributes of `self` that it changes, or whose objects it changes.
    pub writes: Vec<String>,
    /// Parameters whose object it changes, by position.
    pub mutates: Vec<u32>,
    /// Parameters that something still refers to after the call, by position.
    pub keeps: Vec<u32>,
    /// The work it does that grows with something, and what it reaches outside.
    pub deeds: Vec<Deed>,
    /// Whether it calls itself, directly or through others of the module.
    pub recursive: bool,
    /// Whether it is a generator.
    pub generator: bool,
    /// Whether it is `async`.
    pub asynchronous: bool,
}

/// What a call does besides giving a value.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Purity {
    /// Nothing: the value depends on the arguments alone.
    Pure,
    /// Nothing, but the value depends on attributes or names that may change.
    Reads,
    /// Something, or it cannot be told.
    #[default]
    Effects,
}

/// One piece of work that a function does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// What it does.
    pub what: What,
    /// With what.
    pub subject: Subject,
    /// Where it is done, and before it the calls that lead there, outermost first; byte ranges.
    pub chain: Vec<(u32, u32)>,
    /// Whether the function does it once per item of something.
    pub repeated: bool,
}

/// Kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Compares one item after another: `in`, `index`, `count` on a sequence.
    Scan,
    /// Goes through all items with a loop of its own.
    Iterate,
    /// Goes through all items in one call: `sum`, `sorted`, `set`, a copy.
    Compute,
    /// Opens or reads a file.
    File,
    /// Asks a database.
    Query,
    /// Writes a row to a database.
    Write,
    /// Ends a transaction.
    Commit,
    /// Asks another service.
    Request,
    /// Starts a process.
    Process,
    /// Waits.
    Sleep,
}

/// What a piece of work is done with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The object passed as this parameter, by position.
    Parameter(u32),
    /// An attribute of `self`.
    Attribute(String),
    /// A name of the module.
    Global(String),
    /// Something made in the function, or not known.
    Other,
}

impl What {
    /// Whether it goes through its subject.
    pub const fn is_linear(self) -> bool {
        matches!(self, What::Scan | What::Iterate | What::Compute)
    }
}
