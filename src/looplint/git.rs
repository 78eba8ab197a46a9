//! What git knows: which files changed, and what was in them before. Asks the program `git`.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::tell::hinted;

/// A repository.
#[derive(Debug)]
pub(crate) struct Git {
    /// The folder of its working tree.
    top: PathBuf,
}

/// What to compare with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// The working tree with the commit from which it and this one grew apart.
    Since(String),
    /// The working tree with the last commit.
    Changed,
    /// What is staged with the last commit.
    Staged,
}

/// A changed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Git's name of what was there before, `COMMIT:path`; `None` for a new file.
    pub(crate) before: Option<String>,
    /// Git's name of what is to be checked where that is not the file on disk.
    pub(crate) after: Option<String>,
}

/// Changed files by their path from the root of the file system.
pub(crate) type Changes = HashMap<PathBuf, Change>;

impl Git {
    /// The repository that `folder` is in.
    ///
    /// # Errors
    /// There is no git, or no repository.
    pub(crate) fn open(folder: &Path, flag: &str) -> Result<Git> {
        let output = git(folder, &["rev-parse", "--show-toplevel"])
            .with_context(|| format!("{flag} needs git, which cannot be run"))?;
        if !output.status.success() {
            let what = format!("{flag} needs a git repository: {}", said(&output));
            return Err(hinted(what, "run it inside of a working tree"));
        }
        let top = String::from_utf8(output.stdout).context("git names a folder that is no text")?;
        let top = PathBuf::from(top.trim_end_matches(['\n', '\r']));
        Ok(Git {
            top: top.canonicalize().unwrap_or(top),
        })
    }

    /// The files that changed. Files that are gone are not among them.
    ///
    /// # Errors
    /// There is no such commit.
    pub(crate) fn changes(&self, range: &Range) -> Result<Changes> {
        let base = self.base(range)?;
        let staged = *range == Range::Staged;
        let mut changes = Changes::new();
        // Git compares with the empty tree where there is no commit yet.
        let against = match &base {
            Some(commit) => commit.clone(),
            None => self.text(&["hash-object", "-t", "tree", "--stdin"])?,
        };
        let mut arguments = vec![
            "diff",
            "--name-status",
            "-z",
            "--find-renames",
            "--no-ext-diff",
            "--ignore-submodules",
        ];
        if staged {
            arguments.push("--cached");
        }
        arguments.extend([against.as_str(), "--"]);
        let listed = self.bytes(&arguments)?;
        let mut words = listed
            .split(|&byte| byte == 0)
            .filter(|word| !word.is_empty());
        while let Some(status) = words.next() {
            let Some(first) = words.next() else { break };
            let kind = status.first().copied().unwrap_or(b' ');
            let is_moved = matches!(kind, b'R' | b'C');
            let path = if is_moved {
                words.next().unwrap_or(first)
            } else {
                first
            };
            if kind == b'D' {
                continue;
            }
            let old = match (kind, &base) {
                (b'A', _) | (_, None) => None,
                (_, Some(commit)) => Some(format!("{commit}:{}", String::from_utf8_lossy(first))),
            };
            let after = staged.then(|| format!(":{}", String::from_utf8_lossy(path)));
            let change = Change { before: old, after };
            changes.insert(self.top.join(as_path(path)), change);
        }
        if !staged {
            let listed = self.bytes(&["ls-files", "--others", "--exclude-standard", "-z"])?;
            let new = listed
                .split(|&byte| byte == 0)
                .filter(|word| !word.is_empty());
            for path in new {
                let change = Change {
                    before: None,
                    after: None,
                };
                changes.insert(self.top.join(as_path(path)), change);
            }
        }
        Ok(changes)
    }

    /// The commit to compare with; `None` where there is none yet.
    fn base(&self, range: &Range) -> Result<Option<String>> {
        let Range::Since(name) = range else {
            let head = self.run(&["rev-parse", "--verify", "--quiet", "HEAD"])?;
            return Ok(head.status.success().then(|| first_line(&head.stdout)));
        };
        let wanted = format!("{name}^{{commit}}");
        let found = self.run(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &wanted,
        ])?;
        if !found.status.success() {
            return Err(hinted(
                format!("--since: git knows no commit `{name}`"),
                "in CI the history may not be there: fetch it first, with fetch-depth: 0 on GitHub",
            ));
        }
        let commit = first_line(&found.stdout);
        let fork = self.run(&["merge-base", &commit, "HEAD"])?;
        // Without a common ancestor, as in a shallow clone, the commit itself is compared with.
        Ok(Some(match fork.status.success() {
            true => first_line(&fork.stdout),
            false => commit,
        }))
    }

    /// What the file of this absolute path held at the commit from which `name` and the last one grew apart;
    /// `None` where it was not there.
    ///
    /// # Errors
    /// There is no such commit.
    pub(crate) fn at(&self, name: &str, path: &Path) -> Result<Option<Vec<u8>>> {
        let Some(commit) = self.base(&Range::Since(name.to_owned()))? else {
            return Ok(None);
        };
        let real = path.canonicalize();
        let path = real.as_deref().unwrap_or(path);
        let below = path.strip_prefix(&self.top).unwrap_or(path);
        let object = format!("{commit}:{}", crate::files::name(below));
        let mut contents = self.contents(vec![object.clone()])?;
        Ok(contents.remove(&object))
    }

    /// The contents of git's objects by name, in one go; those that are not there are left out.
    ///
    /// # Errors
    /// Git cannot be run or breaks off.
    pub(crate) fn contents(&self, names: Vec<String>) -> Result<HashMap<String, Vec<u8>>> {
        let mut contents = HashMap::new();
        if names.is_empty() {
            return Ok(contents);
        }
        let mut child = command(&self.top)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("git cannot be run")?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("git cannot be talked to");
        };
        let asked: String = names.iter().map(|name| format!("{name}\n")).collect();
        // Written beside the reading: both pipes are small.
        let writer = thread::spawn(move || stdin.write_all(asked.as_bytes()));
        let mut stdout = BufReader::new(stdout);
        for name in names {
            let mut head = String::new();
            stdout.read_line(&mut head).context("git breaks off")?;
            let mut words = head.trim_end().rsplit(' ');
            let Some(size) = words.next().and_then(|size| size.parse::<u64>().ok()) else {
                continue; // `NAME missing`
            };
            let is_file = words.next() == Some("blob");
            let mut bytes = Vec::new();
            Read::by_ref(&mut stdout)
                .take(size + 1)
                .read_to_end(&mut bytes)
                .context("git breaks off")?;
            bytes.pop();
            if is_file {
                contents.insert(name, bytes);
            }
        }
        drop(stdout);
        child.wait().context("git breaks off")?;
        // Its reader had all that it wanted; what writing says is no news.
        let _ = writer.join();
        Ok(contents)
    }

    fn run(&self, arguments: &[&str]) -> Result<Output> {
        git(&self.top, arguments).context("git cannot be run")
    }

    fn bytes(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = self.run(arguments)?;
        if !output.status.success() {
            bail!("git {} failed: {}", arguments[0], said(&output));
        }
        Ok(output.stdout)
    }

    fn text(&self, arguments: &[&str]) -> Result<String> {
        self.bytes(arguments).map(|bytes| first_line(&bytes))
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .args(["-c", "core.quotepath=off"])
        // No lock is taken, so that a commit that runs beside is not disturbed.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command
}

fn git(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> std::io::Result<Output> {
    command(folder).args(arguments).output()
}

/// Git's own words, on one line.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or("it does not say why");
    line.trim_start_matches("fatal: ").to_owned()
}

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().next().unwrap_or("").to_owned()
}

#[cfg(unix)]
fn as_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn as_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
