//! What is not new: findings that the baseline or an older commit has too.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::baseline::{self, Baseline};
use crate::config::{Config, Resolver};
use crate::files::Input;
use crate::git::{Changes, Git, Range};
use crate::known::{self, Known};
use crate::run;

/// Flags that leave old findings out.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Only what is new")]
#[group(skip)]
pub(crate) struct Arguments {
    /// Only findings that the commit does not have, in files that changed since
    #[arg(long, value_name = "REF", conflicts_with_all = ["changed", "staged"])]
    pub(crate) since: Option<String>,
    /// The same since the last commit
    #[arg(long, conflicts_with = "staged")]
    pub(crate) changed: bool,
    /// The same for what is staged
    #[arg(long)]
    pub(crate) staged: bool,
    /// The file of old findings that are not reported again
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    pub(crate) baseline: Option<PathBuf>,
    /// Report old findings too, even where there is a baseline
    #[arg(long)]
    pub(crate) no_baseline: bool,
}

/// Old findings.
#[derive(Default)]
pub(crate) struct Past {
    baseline: Option<Baseline>,
    changes: Option<Changes>,
    contents: HashMap<String, Vec<u8>>,
}

impl Arguments {
    fn range(&self) -> Option<(Range, &'static str)> {
        match &self.since {
            Some(name) => Some((Range::Since(name.clone()), "--since")),
            None if self.staged => Some((Range::Staged, "--staged")),
            None if self.changed => Some((Range::Changed, "--changed")),
            None => None,
        }
    }

    /// The baseline's path; the file is there unless the user named it.
    pub(crate) fn baseline_path(&self, config: &Config, resolver: &Resolver) -> Option<PathBuf> {
        if self.no_baseline {
            return None;
        }
        match (&self.baseline, &config.baseline) {
            (Some(path), _) => Some(resolver.absolute(path)),
            (None, Some(path)) => Some(resolver.absolute(path)),
            (None, None) => baseline::find(resolver.folder()),
        }
    }
}

impl Past {
    /// Reads the baseline and asks git, as the arguments say.
    ///
    /// # Errors
    /// The baseline cannot be read, there is no git, or it knows no such commit.
    pub(crate) fn new(arguments: &Arguments, config: &Config, resolver: &Resolver) -> Result<Past> {
        let baseline = match arguments.baseline_path(config, resolver) {
            Some(path) => Some(Baseline::read(&path)?),
            None => None,
        };
        let mut past = Past {
            baseline,
            ..Past::default()
        };
        if let Some((range, flag)) = arguments.range() {
            let git = Git::open(resolver.folder(), flag)?;
            past.changes = Some(git.changes(&range)?);
            past.contents = HashMap::new();
            past.fetch(&git)?;
        }
        Ok(past)
    }

    fn fetch(&mut self, git: &Git) -> Result<()> {
        let changes = self.changes.iter().flatten();
        let names = changes
            .flat_map(|(_, change)| change.before.iter().chain(&change.after))
            .cloned();
        self.contents = git.contents(names.collect())?;
        Ok(())
    }

    /// Whether only files count that git says have changed.
    pub(crate) fn is_of_git(&self) -> bool {
        self.changes.is_some()
    }

    /// The baseline.
    pub(crate) fn baseline(&self) -> Option<&Baseline> {
        self.baseline.as_ref()
    }

    /// Keeps the files that changed, where only these count.
    pub(crate) fn keep_changed(&self, inputs: &mut Vec<Input>) {
        let Some(changes) = &self.changes else { return };
        // Git names files by their real folders.
        let mut folders: HashMap<PathBuf, PathBuf> = HashMap::new();
        inputs.retain_mut(|input| {
            if changes.contains_key(&input.absolute) {
                return true;
            }
            let Some((parent, name)) = input.absolute.parent().zip(input.absolute.file_name())
            else {
                return false;
            };
            let real = folders
                .entry(parent.to_owned())
                .or_insert_with(|| parent.canonicalize().unwrap_or_else(|_| parent.to_owned()));
            let real = real.join(name);
            let is_changed = changes.contains_key(&real);
            if is_changed {
                input.absolute = real;
            }
            is_changed
        });
    }

    /// The bytes to check where they are not those on disk.
    pub(crate) fn instead(&self, path: &Path) -> Option<&[u8]> {
        let after = self.changes.as_ref()?.get(path)?.after.as_ref()?;
        self.contents.get(after).map(Vec::as_slice)
    }

    /// The old findings of a file.
    pub(crate) fn known(&self, input: &Input) -> Known {
        let listed = match &self.baseline {
            Some(baseline) => baseline.of(&input.absolute),
            None => Known::new(),
        };
        known::either(listed, self.before(input))
    }

    /// The findings that the file's older version has, checked with what holds today.
    fn before(&self, input: &Input) -> Known {
        let change = self
            .changes
            .as_ref()
            .and_then(|changes| changes.get(&input.absolute));
        let bytes = change
            .and_then(|change| change.before.as_ref())
            .and_then(|before| self.contents.get(before));
        let Some(bytes) = bytes else {
            return Known::new();
        };
        match run::of_bytes(input, bytes.clone()) {
            Some(file) => known::count(&file.checked),
            None => Known::new(),
        }
    }
}
