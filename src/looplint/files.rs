//! From the paths of the user to the files to check.
//!
//! Folders are walked with .gitignore respected; a file that is named is always checked.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Result;
use ignore::{WalkBuilder, WalkState};

use crate::tell::hinted;

/// Folders that hold other people's or generated files; a path that names one is still walked.
const LEFT_OUT: [&str; 22] = [
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pypackages__",
    "__pycache__",
    "node_modules",
    "site-packages",
    "venv",
];

/// Endings that a walk looks at. What they hold is decided by the domains.
const ENDINGS: [&str; 13] = [
    "py", "pyi", "pyw", "ipynb", "json", "jsonl", "ndjson", "gz", "eval", "traj", "trace", "otlp",
    "log",
];

/// Bytes of a file's head that the domains get to see.
pub(crate) const HEAD_BYTES: u64 = 4096;

/// A file to check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Input {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Whether the user named it, so that it is checked whatever it looks like.
    pub(crate) named: bool,
}

/// Something on the way that could not be read.
#[derive(Debug)]
pub(crate) struct Unread {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Why.
    pub(crate) why: String,
}

/// The files below `paths`, sorted, each once; and what could not be read on the way.
///
/// # Errors
/// A path does not exist.
pub(crate) fn collect(paths: &[PathBuf], gitignore: bool) -> Result<(Vec<Input>, Vec<Unread>)> {
    let mut inputs = Vec::new();
    let mut unread = Vec::new();
    for path in paths {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => walk(path, gitignore, &mut inputs, &mut unread),
            Ok(_) => inputs.push(Input {
                path: path.clone(),
                named: true,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let what = format!("{} does not exist", path.display());
                return Err(hinted(
                    what,
                    "name files and folders to check; the default is `.`",
                ));
            }
            Err(error) => unread.push(Unread {
                path: path.clone(),
                why: plain(&error),
            }),
        }
    }
    inputs.sort();
    // A file found in a folder and also named stays once, as named: `true` sorts after `false`.
    inputs.reverse();
    inputs.dedup_by(|a, b| a.path == b.path);
    inputs.reverse();
    Ok((inputs, unread))
}

fn walk(folder: &Path, gitignore: bool, inputs: &mut Vec<Input>, unread: &mut Vec<Unread>) {
    let found = Mutex::new((inputs, unread));
    let mut builder = WalkBuilder::new(folder);
    builder
        .standard_filters(gitignore)
        .hidden(false)
        .follow_links(false);
    builder.filter_entry(|entry| {
        let left_out = entry.depth() > 0
            && entry.file_type().is_some_and(|kind| kind.is_dir())
            && entry
                .file_name()
                .to_str()
                .is_some_and(|name| LEFT_OUT.contains(&name));
        !left_out
    });
    builder.build_parallel().run(|| {
        Box::new(|entry| {
            let Ok(mut found) = found.lock() else {
                return WalkState::Quit;
            };
            match entry {
                Ok(entry) if is_candidate(&entry) => {
                    found.0.push(Input {
                        path: entry.into_path(),
                        named: false,
                    });
                }
                Ok(_) => {}
                Err(error) => found.1.push(walk_error(folder, &error)),
            }
            WalkState::Continue
        })
    });
}

/// A file with an ending that may hold something; a link counts when it leads to a file.
fn is_candidate(entry: &ignore::DirEntry) -> bool {
    let ending = entry.path().extension().and_then(|ending| ending.to_str());
    let fits = ending.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()));
    let Some(kind) = entry.file_type().filter(|_| fits) else {
        return false;
    };
    kind.is_file() || (kind.is_symlink() && entry.path().is_file())
}

fn walk_error(folder: &Path, error: &ignore::Error) -> Unread {
    let mut path = folder.to_owned();
    let mut inner = error;
    loop {
        match inner {
            ignore::Error::WithPath { path: at, err } => {
                path.clone_from(at);
                inner = err;
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
                inner = err;
            }
            _ => break,
        }
    }
    let why = inner.io_error().map_or_else(|| inner.to_string(), plain);
    Unread { path, why }
}

/// The system's words without its error number.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or(&text)
        .to_lowercase()
}

/// The path as reports name it: `/` between folders, no `./` in front.
pub(crate) fn name(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    };
    match text.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => text,
    }
}
