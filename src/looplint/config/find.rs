//! Which configuration holds for a path: the nearest file upwards, read once, one engine for each.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;
use std::{fs, io};

use anyhow::{Context, Result};
use looplint_engine::Engine;

use super::arguments::Arguments;
use super::error::{Errors, Mistake, Place};
use super::fold::Config;
use super::globs::absolute;
use super::read::Reader;
use super::value::{Entry, Layer, Value};
use super::{keys, requires};
use crate::{files, output};

/// The files looked for in each folder; the first that is there counts.
const NAMES: [&str; 3] = ["looplint.toml", ".looplint.toml", "pyproject.toml"];

/// What holds for some folder: the chosen rules, their settings and where these were written.
pub(crate) struct Resolved {
    /// The engine with the chosen rules.
    pub(crate) engine: Engine,
    /// Everything that was configured.
    pub(crate) config: Config,
    /// The nearest configuration file; `None` where there is none.
    pub(crate) file: Option<PathBuf>,
    /// The current folder, and the root of the repository that it is in; fingerprints depend on them.
    pub(crate) places: (PathBuf, PathBuf),
}

type Answer = Result<Arc<Resolved>, Arc<Errors>>;

/// Finds what holds for a path, and remembers it.
pub(crate) struct Resolver {
    /// The current folder.
    folder: PathBuf,
    /// Whether configuration files are looked for.
    discover: bool,
    /// The file named by the user.
    named: Option<Arc<Found>>,
    /// What flags say; over everything.
    flags: Vec<Layer>,
    spots: RwLock<HashMap<PathBuf, Arc<Spot>>>,
    answers: Mutex<HashMap<Key, Answer>>,
}

/// What an answer depends on: the configuration file and the pyproject.toml that names a Python version.
type Key = (Option<PathBuf>, Option<PathBuf>);

/// What one folder and those above say.
struct Spot {
    found: Option<Arc<Found>>,
    requires: Option<Arc<(PathBuf, Layer)>>,
    answer: Answer,
    stamps: Vec<(PathBuf, Stamp)>,
}

/// A configuration file with those that it extends, the farthest first.
struct Found {
    path: PathBuf,
    layers: Result<Vec<Layer>, Arc<Errors>>,
    stamps: Vec<(PathBuf, Stamp)>,
}

/// A file's state; `None` where there is none.
type Stamp = Option<(SystemTime, u64)>;

impl Resolver {
    /// A resolver for the arguments, in the folder `folder`, which is absolute.
    ///
    /// # Errors
    /// A flag's value is no configuration, or the file that `--config` names cannot be read.
    pub(crate) fn new(arguments: &Arguments, folder: &Path) -> Result<Resolver> {
        let (named, flags) = arguments.layers(folder)?;
        let named = match named {
            Some(path) => Some(Arc::new(read_named(&path, folder)?)),
            None => None,
        };
        Ok(Resolver {
            folder: folder.to_owned(),
            discover: named.is_none() && !arguments.isolated,
            named,
            flags,
            spots: RwLock::default(),
            answers: Mutex::default(),
        })
    }

    /// A resolver for the arguments in the current folder.
    ///
    /// # Errors
    /// Those of [`Resolver::new`], and there may be no current folder.
    pub(crate) fn here(arguments: &Arguments) -> Result<Resolver> {
        let folder = std::env::current_dir().context("the current folder cannot be read")?;
        Resolver::new(arguments, &folder)
    }

    /// The current folder, absolute.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path from the root of the file system.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        absolute(path, &self.folder)
    }

    /// What holds for a file, which need not exist.
    ///
    /// # Errors
    /// What is wrong with its configuration, with places.
    pub(crate) fn for_path(&self, path: &Path) -> Answer {
        let path = self.absolute(path);
        self.for_folder(path.parent().unwrap_or(&self.folder))
    }

    /// The configuration file that is the nearest to a file, whether it can be used or not.
    pub(crate) fn file_of(&self, path: &Path) -> Option<PathBuf> {
        let path = self.absolute(path);
        let spot = self.spot(path.parent().unwrap_or(&self.folder));
        spot.found.as_ref().map(|found| found.path.clone())
    }

    /// What holds for the current folder: what a whole run is told by.
    ///
    /// # Errors
    /// What is wrong with its configuration.
    pub(crate) fn project(&self) -> Answer {
        self.for_folder(&self.folder)
    }

    /// What holds in a folder, given from the root of the file system.
    ///
    /// # Errors
    /// What is wrong with its configuration.
    pub(crate) fn for_folder(&self, folder: &Path) -> Answer {
        self.spot(folder).answer.clone()
    }

    /// Whether a file that an answer came from was written, removed or added since.
    pub(crate) fn is_stale(&self) -> bool {
        let spots = self.spots.read().unwrap_or_else(PoisonError::into_inner);
        spots.values().any(|spot| {
            let found = spot.found.iter().flat_map(|found| &found.stamps);
            spot.stamps
                .iter()
                .chain(found)
                .any(|(path, stamp)| self::stamp(path) != *stamp)
        })
    }

    fn spot(&self, folder: &Path) -> Arc<Spot> {
        let known = self.spots.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(spot) = known.get(folder) {
            return Arc::clone(spot);
        }
        drop(known);
        let above = folder.parent().filter(|_| self.discover);
        let above = above.map(|parent| self.spot(parent));
        let spot = Arc::new(self.look(folder, above.as_deref()));
        let mut known = self.spots.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(folder.to_owned()).or_insert(spot))
    }

    /// Looks for files in one folder; what it does not say comes from `above`.
    fn look(&self, folder: &Path, above: Option<&Spot>) -> Spot {
        let mut found = self.named.clone();
        let mut requires = None;
        let mut stamps = Vec::new();
        if self.discover {
            for name in NAMES {
                let path = folder.join(name);
                let text = match fs::read(&path) {
                    Ok(bytes) => Ok(bytes),
                    Err(error) if is_absent(&error) => {
                        stamps.push((path, None));
                        continue;
                    }
                    Err(error) => Err(error),
                };
                stamps.push((path.clone(), stamp(&path)));
                if name == "pyproject.toml" {
                    requires = text
                        .as_ref()
                        .ok()
                        .and_then(|bytes| requires_of(&path, bytes));
                    if !text.as_ref().is_ok_and(|bytes| speaks_to_us(bytes)) {
                        continue;
                    }
                }
                if found.is_none() {
                    found = Some(Arc::new(follow(&path, text, folder)));
                }
            }
        }
        let found = found.or_else(|| above.and_then(|above| above.found.clone()));
        let requires = requires.or_else(|| above.and_then(|above| above.requires.clone()));
        Spot {
            answer: self.answer(found.as_deref(), requires.as_deref()),
            found,
            requires,
            stamps,
        }
    }

    fn answer(&self, found: Option<&Found>, requires: Option<&(PathBuf, Layer)>) -> Answer {
        let file = found.map(|found| found.path.clone());
        let key = (file.clone(), requires.map(|(path, _)| path.clone()));
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(&key) {
            return answer.clone();
        }
        let layers: Result<&[Layer], Arc<Errors>> = match found.map(|found| &found.layers) {
            Some(Ok(layers)) => Ok(layers),
            Some(Err(errors)) => Err(Arc::clone(errors)),
            None => Ok(&[]),
        };
        let answer = layers.map(|layers| {
            let requires = requires.map(|(_, layer)| layer);
            let all = requires.into_iter().chain(layers).chain(&self.flags);
            let config = Config::new(all);
            Arc::new(Resolved {
                engine: config.selection.engine(),
                config,
                file,
                places: (self.folder.clone(), output::root(&self.folder).to_owned()),
            })
        });
        answers.insert(key, answer.clone());
        answer
    }
}

fn read_named(path: &Path, folder: &Path) -> Result<Found> {
    let path = absolute(path, folder);
    let text = fs::read(&path)
        .map_err(|error| io::Error::other(files::plain(&error)))
        .with_context(|| format!("{} cannot be read", files::short(&path)))?;
    // Globs of a file that is named are relative to where the user is, not to where the file lies.
    Ok(follow(&path, Ok(text), folder))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}

/// Whether a pyproject.toml says something about looplint; other people's may be broken as they like.
fn speaks_to_us(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    if !text.contains("looplint") {
        return false;
    }
    match toml::de::DeTable::parse(&text) {
        Ok(document) => super::read::tool_table(document.get_ref()).is_some(),
        Err(_) => text.contains("[tool.looplint"),
    }
}

fn requires_of(path: &Path, bytes: &[u8]) -> Option<Arc<(PathBuf, Layer)>> {
    let text = std::str::from_utf8(bytes).ok()?;
    if !text.contains("requires-python") {
        return None;
    }
    let (version, span) = requires::of_pyproject(text)?;
    let entry = Entry {
        key: keys::key("target-version")?,
        value: Value::Version(version),
        place: Place::in_file(path, text, span),
    };
    let layer = Layer {
        folder: path.parent()?.to_owned(),
        entries: vec![entry],
    };
    Some(Arc::new((path.to_owned(), layer)))
}

/// Reads a configuration file and those that it extends.
fn follow(path: &Path, text: io::Result<Vec<u8>>, folder: &Path) -> Found {
    let mut layers = Vec::new();
    let mut stamps = Vec::new();
    let mut next = Some((path.to_owned(), text, folder.to_owned()));
    let mut seen = Vec::new();
    while let Some((path, text, folder)) = next.take() {
        stamps.push((path.clone(), stamp(&path)));
        seen.push(path.clone());
        let layer = match read(&path, text, &folder) {
            Ok(layer) => layer,
            Err(mistakes) => {
                let errors = Arc::new(Errors(mistakes));
                return Found {
                    path: seen.swap_remove(0),
                    layers: Err(errors),
                    stamps,
                };
            }
        };
        let extends = layer
            .entries
            .iter()
            .find(|entry| entry.key.name == "extend");
        if let Some((Value::Text(to), place)) = extends.map(|entry| (&entry.value, &entry.place)) {
            let to = absolute(Path::new(to), path.parent().unwrap_or(&folder));
            match extended(&to, place, &seen) {
                Ok(text) => {
                    let folder = to.parent().unwrap_or(&folder).to_owned();
                    next = Some((to, Ok(text), folder));
                }
                Err(mistake) => {
                    return Found {
                        path: seen.swap_remove(0),
                        layers: Err(Arc::new(Errors(vec![mistake]))),
                        stamps,
                    };
                }
            }
        }
        layers.push(layer);
    }
    layers.reverse();
    Found {
        path: path.to_owned(),
        layers: Ok(layers),
        stamps,
    }
}

fn extended(to: &Path, place: &Place, seen: &[PathBuf]) -> Result<Vec<u8>, Mistake> {
    let mistake = |message| Mistake {
        place: place.clone(),
        message,
    };
    if seen.iter().any(|path| path == to) {
        let message = format!("{} extends itself", files::short(to));
        return Err(mistake(message));
    }
    fs::read(to).map_err(|error| {
        let why = files::plain(&error);
        mistake(format!("{} cannot be read: {why}", files::short(to)))
    })
}

fn read(path: &Path, text: io::Result<Vec<u8>>, folder: &Path) -> Result<Layer, Vec<Mistake>> {
    let whole = |message: String| {
        vec![Mistake {
            place: Place::in_file(path, "", 0..0),
            message,
        }]
    };
    let bytes = text.map_err(|error| whole(format!("cannot be read: {}", files::plain(&error))))?;
    let text = String::from_utf8(bytes).map_err(|_| whole("not UTF-8".into()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let pyproject = path
        .file_name()
        .is_some_and(|name| name == "pyproject.toml");
    Reader::of_file(path, text, folder).layer(pyproject)
}

fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
