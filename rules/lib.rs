//! The rules: one folder each, turned into modules by `build.rs`.
//!
//! Does not know the engine that calls the rules, nor how findings are printed.
//! How to add one: `README.md` beside this file.

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
