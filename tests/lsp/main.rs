//! The language server as an editor meets it: a process, messages in, messages out.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

mod configuration;
mod editor;
mod end;
mod explain;
#[path = "../../src/llm/tests/fake/mod.rs"]
mod fake;
mod notebooks;
mod questions;
mod reports;
mod traces;
mod workspace;

/// A loop that inserts at the front of a list: one finding, with a safe fix.
const SLOW: &str = "\
def run(items):
    path = []
    for item in items:
        path.insert(0, item)
    return path
";

/// The same after the fix.
const FAST: &str = "\
def run(items):
    path = []
    for item in items:
        path.append(item)
    path.reverse()
    return path
";

/// The rule that finds it.
const RULE: &str = "front-insert";
