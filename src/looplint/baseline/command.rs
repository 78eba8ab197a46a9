//! `looplint baseline`: writes the file of old findings, or checks that it only shrinks.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use looplint_engine::Pool;

use super::file::{Baseline, Entry, NAME, entries};
use crate::config::{Errors, Resolved, Resolver};
use crate::files::{self, Input};
use crate::git::Git;
use crate::known::{self, Mark};
use crate::past::Past;
use crate::progress::Progress;
use crate::run::Checker;
use crate::tell::{FOUND, hinted, say};
use crate::{config, output, past};

/// What `looplint baseline` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint baseline                   park all findings of today
  looplint baseline src               park those below src, keep the rest of the file
  looplint baseline --prune           drop what is gone, add nothing
  looplint baseline --check           fail on new findings and on entries that are gone
  looplint baseline --check --since origin/main
                                      fail also when the file grew since
The file lies in the root of the project and is to be committed; `looplint check` finds it by itself.")]
pub(crate) struct Arguments {
    /// Files and folders
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// The file; else the one of the configuration, the nearest upwards, or a new one in the root of the project
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write nothing; exit with 1 when findings are new or entries are gone
    #[arg(long, conflicts_with = "prune")]
    pub(crate) check: bool,
    /// Only drop entries that are gone
    #[arg(long)]
    pub(crate) prune: bool,
    /// With --check: exit with 1 also when the file has entries that the commit's does not have
    #[arg(long, value_name = "REF", requires = "check")]
    pub(crate) since: Option<String>,
    /// Worker threads; 0 for one per core
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) threads: usize,
    /// No summary and no progress on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) configuration: config::Arguments,
}

/// Writes or checks the baseline.
///
/// # Errors
/// A path does not exist, the configuration is wrong, or the file cannot be read or written.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let resolver = Resolver::here(&arguments.configuration)?;
    let project = resolver
        .project()
        .map_err(|errors| Errors::clone(&errors))?;
    let path = path(arguments, &project, &resolver);
    let old = match path.is_file() {
        true => Baseline::read(&path)?,
        false if arguments.check || arguments.prune => {
            let what = format!("there is no baseline {}", files::short(&path));
            return Err(hinted(what, "`looplint baseline` writes one"));
        }
        false => Baseline::empty(&path),
    };
    let (inputs, found) = found(arguments, &resolver, &old)?;
    let now = Now {
        checked: inputs
            .iter()
            .map(|input| old.name(&input.absolute))
            .collect(),
        below: arguments
            .paths
            .iter()
            .map(|path| old.name(&resolver.absolute(path)))
            .collect(),
        found,
    };
    if arguments.check {
        return check(arguments, &old, &now, &resolver);
    }
    let kept = old.entries.iter().filter(|entry| !now.covers(entry));
    let mut new = Baseline::empty(&path);
    new.entries = kept.cloned().collect();
    let still = now.found.iter();
    new.entries.extend(match arguments.prune {
        true => still
            .filter(|entry| old.entries.contains(entry))
            .cloned()
            .collect(),
        false => still.cloned().collect::<Vec<Entry>>(),
    });
    new.write()?;
    if !arguments.quiet {
        let added = new.entries.difference(&old.entries).count();
        let gone = old.entries.difference(&new.entries).count();
        say(format!(
            "{}: {} findings, {added} new, {gone} gone",
            files::short(&path),
            new.entries.len()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn path(arguments: &Arguments, project: &Resolved, resolver: &Resolver) -> PathBuf {
    let flags = past::Arguments {
        baseline: arguments.baseline.clone(),
        ..past::Arguments::default()
    };
    if let Some(path) = flags.baseline_path(&project.config, resolver) {
        return path;
    }
    let root = match project.file.as_deref().and_then(Path::parent) {
        Some(folder) if resolver.folder().starts_with(folder) => folder,
        _ => output::root(resolver.folder()),
    };
    root.join(NAME)
}

/// What is found today.
struct Now {
    /// The files that were checked, as the baseline names them.
    checked: BTreeSet<String>,
    /// The paths that were named, likewise.
    below: Vec<String>,
    /// The findings.
    found: BTreeSet<Entry>,
}

impl Now {
    /// Whether the run can tell that an entry is gone: its file was checked, or lies in a folder that was.
    fn covers(&self, entry: &Entry) -> bool {
        self.checked.contains(&entry.path)
            || self.below.iter().any(|folder| {
                let rest = entry.path.strip_prefix(folder.as_str());
                folder.is_empty()
                    || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }
}

fn found(
    arguments: &Arguments,
    resolver: &Resolver,
    baseline: &Baseline,
) -> Result<(Vec<Input>, BTreeSet<Entry>)> {
    let (inputs, unread) = files::collect(&arguments.paths, resolver)?;
    for unread in unread {
        say(format!(
            "looplint: {}: {}",
            files::name(&unread.path),
            unread.why
        ));
    }
    let pool = Pool::new(arguments.threads);
    let progress = Progress::new(inputs.len(), arguments.quiet);
    let past = Past::default();
    let each = Checker {
        pool: &pool,
        past: &past,
        fixer: None,
    }
    .files(&inputs, &progress);
    let mut found = BTreeSet::new();
    for (input, file) in inputs.iter().zip(&each) {
        let Some(file) = file else { continue };
        let known = known::count(&file.checked);
        found.extend(entries(&baseline.name(&input.absolute), &known));
    }
    Ok((inputs, found))
}

fn check(
    arguments: &Arguments,
    old: &Baseline,
    now: &Now,
    resolver: &Resolver,
) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut n = [0; 3];
    for entry in now.found.difference(&old.entries) {
        n[0] += 1;
        writeln!(out, "new: {}", line(entry))?;
    }
    for entry in old.entries.difference(&now.found) {
        if now.covers(entry) {
            n[1] += 1;
            writeln!(out, "gone: {}", line(entry))?;
        }
    }
    if let Some(name) = &arguments.since {
        let before = before(&old.path, name, resolver)?;
        for entry in old.entries.difference(&before) {
            n[2] += 1;
            writeln!(out, "added: {}", line(entry))?;
        }
    }
    if n == [0; 3] {
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.quiet {
        let [new, gone, added] = n;
        let advice = if new > 0 {
            "change the code, or silence the finding with a reason"
        } else if gone > 0 {
            "`looplint baseline --prune` drops what is gone"
        } else {
            "a baseline shall only shrink"
        };
        say(format!(
            "{}: {new} new, {gone} gone, {added} added to the file; {advice}",
            files::short(&old.path)
        ));
    }
    Ok(ExitCode::from(FOUND))
}

/// The entries that the file had at the commit; none where it was not there.
fn before(path: &Path, name: &str, resolver: &Resolver) -> Result<BTreeSet<Entry>> {
    let git = Git::open(resolver.folder(), "--since")?;
    match git.at(name, path)? {
        Some(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            Ok(Baseline::parse(path, &text)?.entries)
        }
        None => Ok(BTreeSet::new()),
    }
}

fn line(entry: &Entry) -> String {
    let what = match &entry.identity.mark {
        Mark::Text(text) => text.clone(),
        Mark::Turn(run, turn) => format!("run {run}, turn {turn}"),
    };
    format!("{}: {}: {what}", entry.path, entry.identity.rule)
}
