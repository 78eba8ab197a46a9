//! What is wrong with a configuration, and where.

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use looplint_model::{Columns, LineIndex};

use crate::files;

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// Line from 1.
        line: usize,
        /// Column from 1, in characters.
        column: usize,
        /// Bytes of the file.
        span: Range<usize>,
    },
    /// On the command line, in this flag; or in an editor's settings.
    Flag(String),
}

impl Place {
    /// The place of `span` in the text of `path`.
    pub(crate) fn in_file(path: &std::path::Path, text: &str, span: Range<usize>) -> Place {
        let at = u32::try_from(span.start).unwrap_or(u32::MAX);
        let (line, column) = LineIndex::new(text).line_column(text, at, Columns::Utf32);
        Place::File {
            path: path.to_owned(),
            line,
            column,
            span,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File {
                path, line, column, ..
            } => write!(out, "{}:{line}:{column}", files::short(path)),
            Place::Flag(flag) => out.write_str(flag),
        }
    }
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Where.
    pub(crate) place: Place,
    /// What, in one line without a full stop; with a suggestion where there is one.
    pub(crate) message: String,
}

/// All that is wrong with the configuration of a folder. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Errors(pub(crate) Vec<Mistake>);

impl Errors {
    /// All mistakes of several configurations, each once, in the order of their places; `None` where there are none.
    pub(crate) fn of(mut mistakes: Vec<Mistake>) -> Option<Errors> {
        mistakes.sort_by_key(|mistake| match &mistake.place {
            Place::File { path, span, .. } => (path.clone(), span.start),
            Place::Flag(flag) => (PathBuf::from(flag), 0),
        });
        mistakes.dedup();
        (!mistakes.is_empty()).then_some(Errors(mistakes))
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the configuration cannot be used")?;
        for mistake in &self.0 {
            write!(out, "\n  {}: {}", mistake.place, mistake.message)?;
        }
        Ok(())
    }
}

impl Error for Errors {}
