//! What is not new: findings that the baseline or an older commit has too.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use looplint_engine::Wing;
use looplint_model::Checked;

use crate::baseline::{self, Baseline};
use crate::config::{Config, Resolver};
use crate::files::Input;
use crate::git::{Changes, Git, Range};
use crate::known::{self, Known};
use crate::tell::hinted;
use crate::{degrees, quiet, run};

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
    /// Report functions whose cost rose to a higher degree since the commit, and exit with 1 only for these;
    /// only where the new degree is at least N
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "2",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) fail_on_degree: Option<u32>,
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
    degree: Option<u32>,
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
            degree: arguments.fail_on_degree,
            ..Past::default()
        };
        if past.degree.is_some() && arguments.range().is_none() {
            let hint = "add --since REF, --changed or --staged";
            return Err(hinted("--fail-on-degree compares with a commit", hint));
        }
        if let Some((range, flag)) = arguments.range() {
            let git = Git::open(resolver.folder(), flag)?;
            past.changes = Some(git.changes(&range)?);
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
        let bytes = self.bytes_before(input);
        match bytes.and_then(|bytes| run::of_bytes(input, bytes.clone())) {
            Some(file) => known::count(&file.checked),
            None => Known::new(),
        }
    }

    fn bytes_before(&self, input: &Input) -> Option<&Vec<u8>> {
        let change = self.changes.as_ref()?.get(&input.absolute)?;
        self.contents.get(change.before.as_ref()?)
    }

    /// Adds the functions whose cost rose, where that was asked for.
    pub(crate) fn add_rises(&self, input: &Input, wing: &dyn Wing, checked: &mut [Checked]) {
        let (Some(least), [checked]) = (self.degree, checked) else {
            return;
        };
        let Some(bytes) = self.bytes_before(input).filter(|_| wing.name() == "python") else {
            return;
        };
        let decoded = wing.decode(&checked.source.name, bytes.clone());
        if let [before] = decoded.sources.as_slice() {
            let config = &input.resolved.config;
            let after = &checked.source;
            let mut rises = degrees::compare(before, after, &config.settings, least);
            quiet::silence(config, &input.absolute, after, &mut rises);
            checked.findings.extend(rises);
            checked
                .findings
                .sort_by(|a, b| (a.span, a.rule, &a.message).cmp(&(b.span, b.rule, &b.message)));
        }
    }
}
