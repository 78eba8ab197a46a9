//! From a text to a syntax tree, with what was wrong.
//!
//! Knows the parser and its error recovery. Does not know what the tree means.

use looplint_model::{Layout, Problem, ProblemKind, Settings, Source, Span};
use ruff_python_ast::{ModModule, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};

use crate::depth::{self, Depth};
use crate::index::span;

/// Stack bytes to have ready per level of depth: parsing, walking and dropping all recurse.
const STACK_PER_LEVEL: usize = if cfg!(debug_assertions) {
    16 << 10
} else {
    4 << 10
};

/// Depth that any thread's stack takes.
const SHALLOW: u32 = 100;

/// Most syntax errors to tell; the first says most.
const ERRORS_MAX: usize = 20;

/// Runs `work` on what `source` parses to and the problems met. A text that is too deep gives an empty tree.
pub(crate) fn with_parsed<R>(
    source: &Source,
    settings: &Settings,
    work: impl FnOnce(&Parsed<ModModule>, Vec<Problem>) -> R,
) -> R {
    let depth = depth::estimate(&source.text);
    if depth.levels > depth::LIMIT {
        return work(&empty(), vec![too_deep(depth)]);
    }
    let run = || {
        let parsed = parse(source, settings);
        let problems = problems(source, &parsed);
        work(&parsed, problems)
    };
    if depth.levels <= SHALLOW {
        return run();
    }
    let stack = depth.levels as usize * STACK_PER_LEVEL;
    stacker::maybe_grow(stack, stack + (1 << 20), run)
}

fn parse(source: &Source, settings: &Settings) -> Parsed<ModModule> {
    let (major, minor) = settings.target_version;
    let options =
        ParseOptions::from(Mode::Module).with_target_version(PythonVersion { major, minor });
    parse_unchecked(&source.text, options)
        .try_into_module()
        .unwrap_or_else(empty)
}

fn empty() -> Parsed<ModModule> {
    ruff_python_parser::parse_unchecked_source("", ruff_python_ast::PySourceType::Python)
}

fn too_deep(depth: Depth) -> Problem {
    Problem {
        kind: ProblemKind::Limit,
        span: Some(Span::at(depth.at)),
        message: format!(
            "nested more than {} deep, so this was not checked",
            depth::LIMIT
        ),
    }
}

/// Syntax errors. What only needs a newer Python is none.
fn problems(source: &Source, parsed: &Parsed<ModModule>) -> Vec<Problem> {
    parsed
        .errors()
        .iter()
        .take(ERRORS_MAX)
        .map(|error| {
            let mut place = span(error.location);
            place.end = place.end.min(source.text.len() as u32);
            place.start = place.start.min(place.end);
            let what = error.error.to_string();
            let what = what.trim_end_matches('.');
            let message = match source.layout {
                Layout::Cells(_) => format!("not Python: {what}"),
                _ => what.to_owned(),
            };
            Problem {
                kind: ProblemKind::Syntax,
                span: Some(place),
                message,
            }
        })
        .collect()
}
