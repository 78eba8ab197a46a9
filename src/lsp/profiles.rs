//! Which rules and settings govern a file, kept until a configuration changes.
//!
//! The disk is looked at again at most once a second, whatever the client watches, so a configuration is never
//! old for longer. One that breaks leaves the last good one in force.
//! Does not know how a configuration is written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use looplint_engine::Engine;
use looplint_model::{Finding, Settings, Source};

use crate::choices::Choices;
use crate::host::{Govern, Host, Profile, Trouble};

/// How long a look at the disk holds.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Folders that are kept; beyond it, all are looked up anew.
const KEPT_MAX: usize = 1024;

/// The profiles in use.
pub(crate) struct Profiles {
    host: Arc<dyn Host>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    folders: HashMap<Key, Governed>,
    /// The last profile that could be used, by configuration file.
    good: HashMap<Option<PathBuf>, Arc<dyn Profile>>,
    looked: Option<Instant>,
}

/// A folder, and the number of the choices that hold there.
type Key = (PathBuf, u64);

/// Choices with a number that tells them from all others.
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) choices: Choices,
}

/// What governs a file.
#[derive(Clone)]
pub(crate) struct Governed {
    pub(crate) profile: Arc<dyn Profile>,
    /// The configuration file, where one was found.
    pub(crate) file: Option<PathBuf>,
    /// Why the configuration in force is not the one that is written.
    pub(crate) trouble: Option<Arc<Trouble>>,
}

impl Profiles {
    pub(crate) fn new(host: Arc<dyn Host>) -> Profiles {
        Profiles {
            host,
            kept: Mutex::default(),
        }
    }

    /// What governs `file` in the workspace folder `folder`, and whether the disk had changed since the last look.
    pub(crate) fn get(
        &self,
        file: &Path,
        folder: Option<&Path>,
        chosen: &Numbered,
    ) -> (Governed, bool) {
        let mut kept = self.lock();
        let is_fresh = |looked: Instant| looked.elapsed() < LOOK_AGAIN;
        let mut changed = false;
        if !kept.looked.is_some_and(is_fresh) {
            changed = self.host.is_stale();
            kept.looked = Some(Instant::now());
        }
        if changed || kept.folders.len() > KEPT_MAX {
            kept.folders.clear();
        }
        let parent = file.parent().unwrap_or(file).to_owned();
        let key = (parent, chosen.number);
        if let Some(governed) = kept.folders.get(&key) {
            return (governed.clone(), changed);
        }
        let govern = self.host.govern(file, folder, &chosen.choices);
        let governed = self.settle(&mut kept, govern, file, folder);
        kept.folders.insert(key, governed.clone());
        (governed, changed)
    }

    /// Looks at the disk again at the next question.
    pub(crate) fn look_again(&self) {
        self.lock().looked = None;
    }

    /// Asks for every folder again.
    pub(crate) fn clear(&self) {
        let mut kept = self.lock();
        kept.folders.clear();
        kept.looked = None;
    }

    fn settle(
        &self,
        kept: &mut Kept,
        govern: Govern,
        file: &Path,
        folder: Option<&Path>,
    ) -> Governed {
        let (profile, trouble) = match govern.profile {
            Ok(profile) => {
                if kept.good.len() > KEPT_MAX {
                    kept.good.clear();
                }
                kept.good.insert(govern.file.clone(), Arc::clone(&profile));
                (profile, None)
            }
            Err(trouble) => {
                let last = kept.good.get(&govern.file).map(Arc::clone);
                let profile = last.unwrap_or_else(|| self.plain(file, folder));
                (profile, Some(Arc::new(trouble)))
            }
        };
        Governed {
            profile,
            file: govern.file,
            trouble,
        }
    }

    /// The profile that holds where nobody configured anything.
    fn plain(&self, file: &Path, folder: Option<&Path>) -> Arc<dyn Profile> {
        let choices = Choices {
            preference: crate::choices::Preference::EditorOnly,
            ..Choices::default()
        };
        let govern = self.host.govern(file, folder, &choices);
        govern.profile.unwrap_or_else(|_| {
            Arc::new(Nothing {
                engine: Engine::new(Vec::new()),
                settings: Settings::default(),
            })
        })
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A profile without rules.
struct Nothing {
    engine: Engine,
    settings: Settings,
}

impl Profile for Nothing {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn takes(&self, _: &Path, _: &str) -> bool {
        false
    }

    fn judge(&self, _: &Path, _: &Source, _: &mut Vec<Finding>) {}
}
