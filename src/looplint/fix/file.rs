//! Fixing one file: pass after pass until no fix is left, then, when all is well, writing it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};

use looplint_engine::{Chosen, Wing, allowed, choose};
use looplint_model::{Checked, Layout, ProblemKind, Settings, Source};

use super::encode::{apply, splice};
use super::silence;
use crate::files::{self, Input};
use crate::known::{self, Known};
use crate::run::{self, OneFile};
use crate::write;

/// Passes after which a file is left as the last one made it.
const PASSES_MAX: usize = 200;

/// How to change files.
#[derive(Clone, Debug)]
pub(crate) struct Fixer {
    /// What to change.
    pub(crate) work: Work,
    /// Where the fixed text goes.
    pub(crate) to: Target,
}

/// What to change in files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Apply fixes: safe ones, or also those with an unproven condition.
    Fix {
        /// Also the latter.
        risky: bool,
    },
    /// Add comments that silence all findings, for this reason.
    Ignore {
        /// The reason; may be empty.
        reason: String,
    },
}

/// Where a fixed text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Into the file.
    File,
    /// Nowhere: it is shown how the file would change.
    Diff,
    /// To standard output.
    Stdout,
}

/// What became of a file with fixes.
#[derive(Debug, Default)]
pub(crate) struct Fixed {
    /// How many findings of each rule were fixed.
    pub(crate) rules: BTreeMap<&'static str, usize>,
    /// The file's name.
    pub(crate) name: String,
    /// The bytes before and after.
    pub(crate) bytes: Option<(Vec<u8>, Vec<u8>)>,
    /// The encoding, for showing.
    pub(crate) encoding: &'static str,
    /// Why it was not fixed, or not to the end; in one line.
    pub(crate) trouble: Option<String>,
}

/// A file on its way.
struct State {
    bytes: Vec<u8>,
    /// What the last pass found; `None` before the first.
    file: Option<OneFile>,
    rules: BTreeMap<&'static str, usize>,
}

impl Fixer {
    /// Fixes a file whose `bytes` gave `file`, old findings taken out. Gives what is found afterwards.
    pub(crate) fn file(
        &self,
        input: &Input,
        wing: &dyn Wing,
        bytes: Vec<u8>,
        file: OneFile,
        known: &Known,
    ) -> OneFile {
        if !self.has_work(&file) {
            return file;
        }
        let name = files::name(&input.path);
        let encoding = file
            .checked
            .first()
            .map_or("", |checked| checked.source.encoding);
        let mut fixed = Fixed {
            name: name.clone(),
            encoding,
            ..Fixed::default()
        };
        let mut state = State {
            bytes: bytes.clone(),
            file: None,
            rules: BTreeMap::new(),
        };
        match self.passes(input, wing, &file, &mut state, known) {
            Ok(trouble) => fixed.trouble = trouble,
            Err(trouble) => {
                fixed.trouble = Some(trouble);
                return done(file, fixed);
            }
        }
        if self.to == Target::File
            && let Err(trouble) = store(input, &bytes, &state.bytes)
        {
            fixed.trouble = Some(trouble);
            return done(file, fixed);
        }
        fixed.rules = state.rules;
        fixed.bytes = Some((bytes, state.bytes));
        done(state.file.unwrap_or(file), fixed)
    }

    fn has_work(&self, file: &OneFile) -> bool {
        let mut findings = file.checked.iter().flat_map(|checked| &checked.findings);
        findings.any(|finding| match self.work {
            Work::Fix { risky } => allowed(finding, risky).is_some(),
            Work::Ignore { .. } => silence::takes(finding),
        })
    }

    /// What to change in one pass.
    fn chosen(&self, wing: &dyn Wing, checked: &Checked, settings: &Settings) -> Chosen {
        let source = &checked.source;
        match &self.work {
            Work::Fix { risky } => {
                let outline = wing.outline(source, settings);
                choose(&checked.findings, *risky, &outline, line_end(source))
            }
            Work::Ignore { reason } => silence::comments(wing, checked, settings, reason),
        }
    }

    /// Applies fixes until there are none. What could not be finished is told and kept.
    ///
    /// # Errors
    /// Why the file has to stay as it was.
    fn passes(
        &self,
        input: &Input,
        wing: &dyn Wing,
        first: &OneFile,
        state: &mut State,
        known: &Known,
    ) -> Result<Option<String>, String> {
        let name = files::name(&input.path);
        let mut seen = HashSet::from([hash(&state.bytes)]);
        for _ in 0..PASSES_MAX {
            let file = state.file.as_ref().unwrap_or(first);
            let [checked] = file.checked.as_slice() else {
                return Err("it holds several texts".into());
            };
            if has_syntax_problem(checked) {
                return Err("it has syntax errors".into());
            }
            let source = &checked.source;
            let settings = &input.resolved.config.settings;
            let chosen = self.chosen(wing, checked, settings);
            if chosen.edits.is_empty() {
                return Ok(None);
            }
            let bytes = splice(&state.bytes, source, &chosen.edits)?;
            let mut file = run::bytes_of(input, wing, &name, bytes.clone(), &Layout::Whole);
            look(source, &chosen, &file)?;
            if !seen.insert(hash(&bytes)) {
                return Err(format!("the fixes of {} undo each other", names(&chosen)));
            }
            file.silenced += known::subtract(&mut file.checked, &mut known.clone());
            state.bytes = bytes;
            state.file = Some(file);
            for rule in chosen.rules {
                *state.rules.entry(rule).or_default() += 1;
            }
        }
        Ok(Some(format!("fixes were left after {PASSES_MAX} passes")))
    }
}

fn done(mut file: OneFile, fixed: Fixed) -> OneFile {
    file.fixed = Some(Box::new(fixed));
    file
}

/// Looks whether the fixed file reads as it should.
fn look(source: &Source, chosen: &Chosen, file: &OneFile) -> Result<(), String> {
    let [checked] = file.checked.as_slice() else {
        return Err(format!("the fixes of {} would break it", names(chosen)));
    };
    if has_syntax_problem(checked) {
        return Err(format!(
            "the fixes of {} would break its syntax",
            names(chosen)
        ));
    }
    let expected = apply(&source.text, &chosen.edits)?;
    // Between the cells of a notebook a line break may come or go.
    let reads = match source.layout {
        Layout::Cells(_) => checked
            .source
            .text
            .split_whitespace()
            .eq(expected.split_whitespace()),
        Layout::Whole | Layout::Part { .. } | Layout::Pieces { .. } => {
            checked.source.text == expected
        }
    };
    if reads {
        Ok(())
    } else {
        Err("what would be written does not read as it should".into())
    }
}

fn names(chosen: &Chosen) -> String {
    let mut rules = chosen.rules.clone();
    rules.sort_unstable();
    rules.dedup();
    rules.join(", ")
}

fn has_syntax_problem(checked: &Checked) -> bool {
    checked
        .problems
        .iter()
        .any(|problem| problem.kind == ProblemKind::Syntax)
}

/// Writes the file, unless somebody else did meanwhile.
fn store(input: &Input, before: &[u8], after: &[u8]) -> Result<(), String> {
    let now = fs::read(&input.absolute)
        .map_err(|error| format!("it cannot be read again: {}", files::plain(&error)))?;
    if now != before {
        return Err("it changed since it was read".into());
    }
    // Moving a new file over it would ask the folder alone, and nobody the file.
    let is_read_only = |data: fs::Metadata| data.permissions().readonly();
    if fs::metadata(&input.absolute).is_ok_and(is_read_only) {
        return Err("it is read-only".into());
    }
    write::replace(&input.absolute, after)
        .map_err(|error| format!("it cannot be written: {}", files::plain(&error)))
}

/// The line ending of a text: that of its first line.
fn line_end(source: &Source) -> &'static str {
    let text = source.text.as_bytes();
    match memchr::memchr2(b'\n', b'\r', text) {
        Some(at) if text[at] == b'\r' && text.get(at + 1) == Some(&b'\n') => "\r\n",
        Some(at) if text[at] == b'\r' => "\r",
        _ => "\n",
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
