//! From the paths of the user to the files to check.
//!
//! Folders are walked with .gitignore and the configuration's `exclude` respected;
//! a file that is named is checked anyway, unless excludes are forced.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::config::{Errors, Mistake, Resolved, Resolver};
use crate::tell::hinted;

/// Folders that hold other people's or generated files, the default of `exclude`;
/// a path that names one is still walked.
pub(crate) const LEFT_OUT: [&str; 22] = [
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
#[derive(Clone)]
pub(crate) struct Input {
    /// Where it is, as the user would say.
    pub(crate) path: PathBuf,
    /// Where it is, from the root of the file system.
    pub(crate) absolute: PathBuf,
    /// Whether the user named it, so that it is checked whatever it looks like.
    pub(crate) named: bool,
    /// What holds for it.
    pub(crate) resolved: Arc<Resolved>,
}

/// Something on the way that could not be read.
#[derive(Debug)]
pub(crate) struct Unread {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Why.
    pub(crate) why: String,
}

/// What was found below the paths.
#[derive(Default)]
struct Found {
    inputs: Vec<Input>,
    unread: Vec<Unread>,
    mistakes: Vec<Mistake>,
}

/// The files below `paths`, sorted, each once; and what could not be read on the way.
///
/// # Errors
/// A path does not exist, or a configuration on the way is wrong.
pub(crate) fn collect(paths: &[PathBuf], resolver: &Resolver) -> Result<(Vec<Input>, Vec<Unread>)> {
    let mut found = Found::default();
    for path in paths {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => walk(path, resolver, &mut found)?,
            Ok(_) => named(path, resolver, &mut found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let what = format!("{} does not exist", path.display());
                return Err(hinted(
                    what,
                    "name files and folders to check; the default is `.`",
                ));
            }
            Err(error) => found.unread.push(Unread {
                path: path.clone(),
                why: plain(&error),
            }),
        }
    }
    if let Some(errors) = Errors::of(found.mistakes) {
        return Err(errors.into());
    }
    found.unread.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((each_once(found.inputs), found.unread))
}

/// Sorted by place; a file found in a folder and also named stays once, as named.
fn each_once(mut inputs: Vec<Input>) -> Vec<Input> {
    inputs.sort_by(|a, b| (&a.absolute, !a.named).cmp(&(&b.absolute, !b.named)));
    let mut seen: HashMap<PathBuf, usize> = HashMap::with_capacity(inputs.len());
    let mut once: Vec<Input> = Vec::with_capacity(inputs.len());
    for input in inputs {
        match seen.get(&input.absolute) {
            Some(&at) => once[at].named |= input.named,
            None => {
                seen.insert(input.absolute.clone(), once.len());
                once.push(input);
            }
        }
    }
    once
}

fn named(path: &Path, resolver: &Resolver, found: &mut Found) {
    let absolute = resolver.absolute(path);
    match resolver.for_path(&absolute) {
        Ok(resolved) => {
            let config = &resolved.config;
            if !(config.force_exclude && config.exclude.holds(&absolute)) {
                found.inputs.push(Input {
                    path: path.to_owned(),
                    absolute,
                    named: true,
                    resolved,
                });
            }
        }
        Err(errors) => found.mistakes.extend(errors.0.iter().cloned()),
    }
}

fn walk(folder: &Path, resolver: &Resolver, found: &mut Found) -> Result<()> {
    let root = resolver.absolute(folder);
    let resolved = resolver
        .for_folder(&root)
        .map_err(|errors| Errors::clone(&errors))?;
    let config = &resolved.config;
    if config.force_exclude && config.exclude.holds(&root) {
        return Ok(());
    }
    let walker = WalkBuilder::new(folder)
        .standard_filters(config.respect_gitignore)
        .hidden(false)
        .follow_links(false)
        .build_parallel();
    let found = Mutex::new(found);
    walker.run(|| {
        Box::new(|entry| {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    lock(&found).unread.push(walk_error(folder, &error));
                    return WalkState::Continue;
                }
            };
            match visit(&entry, folder, &root, resolver) {
                Ok(Visit::Take(input)) => lock(&found).inputs.push(input),
                Ok(Visit::Leave) => {}
                Ok(Visit::Skip) => return WalkState::Skip,
                Err(errors) => {
                    lock(&found).mistakes.extend(errors.0.iter().cloned());
                    return WalkState::Skip;
                }
            }
            WalkState::Continue
        })
    });
    Ok(())
}

fn lock<'f, T>(found: &'f Mutex<T>) -> std::sync::MutexGuard<'f, T> {
    found.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What to do with something that a walk comes upon.
enum Visit {
    Take(Input),
    Leave,
    Skip,
}

fn visit(
    entry: &DirEntry,
    folder: &Path,
    root: &Path,
    resolver: &Resolver,
) -> Result<Visit, Arc<Errors>> {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    if entry.depth() == 0 {
        return Ok(Visit::Leave);
    }
    let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
    let absolute = root.join(below);
    let Some(parent) = absolute.parent() else {
        return Ok(Visit::Leave);
    };
    let resolved = resolver.for_folder(parent)?;
    if resolved.config.exclude.matches(&absolute) {
        return Ok(if is_folder { Visit::Skip } else { Visit::Leave });
    }
    // A folder's own configuration is looked at when something in it is.
    if is_folder || !is_file(entry) {
        return Ok(Visit::Leave);
    }
    let is_trace = resolved
        .config
        .traces
        .as_ref()
        .is_some_and(|traces| traces.holds(&absolute));
    if !is_trace && !fits(entry.path()) {
        return Ok(Visit::Leave);
    }
    Ok(Visit::Take(Input {
        path: entry.path().to_owned(),
        absolute,
        named: is_trace,
        resolved,
    }))
}

/// A link counts when it leads to a file.
fn is_file(entry: &DirEntry) -> bool {
    entry
        .file_type()
        .is_some_and(|kind| kind.is_file() || (kind.is_symlink() && entry.path().is_file()))
}

/// Whether a file has an ending that may hold something.
fn fits(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
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

/// The path as messages name it: from the current folder where it lies below that.
pub(crate) fn short(path: &Path) -> String {
    let folder = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&folder) {
        Ok(rest) if !rest.as_os_str().is_empty() => name(rest),
        _ => name(path),
    }
}
