//! The command line as a person meets it: files in a folder and arguments in, output and exit code out.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

mod bad;
mod config;
#[path = "../../src/llm/tests/fake/mod.rs"]
mod fake;
mod fix;
mod llm;
mod measure;
mod output;
mod past;
mod patterns;
mod profile;
#[path = "../../src/report/tests/common/schema.rs"]
mod schema;
mod silence;
mod trace;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::{fs, thread};

use tempfile::TempDir;

/// A folder with files, and looplint in it.
pub(crate) struct Project {
    folder: TempDir,
    input: Vec<u8>,
    variables: Vec<(&'static str, String)>,
}

impl Project {
    /// A folder with these files; missing folders are made.
    pub(crate) fn new(files: &[(&str, &str)]) -> Project {
        let project = Project {
            folder: TempDir::with_prefix("looplint-test-").unwrap(),
            input: Vec::new(),
            variables: Vec::new(),
        };
        // So that no configuration above the folder is found.
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The text of a file.
    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Where a file is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// What standard input holds.
    pub(crate) fn input(mut self, text: impl Into<Vec<u8>>) -> Project {
        self.input = text.into();
        self
    }

    /// An environment variable.
    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Project {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The command, in the folder `below` it.
    pub(crate) fn command(&self, below: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_looplint"));
        command.args(arguments).current_dir(self.path(below));
        let kept = [
            "PATH",
            "LD_LIBRARY_PATH",
            "SYSTEMROOT",
            "TMPDIR",
            "LLVM_PROFILE_FILE",
        ];
        command.env_clear();
        for name in kept {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("HOME", self.path(""));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs looplint in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("", arguments)
    }

    /// Runs looplint in a folder below.
    pub(crate) fn run_in(&self, below: &str, arguments: &[&str]) -> Ran {
        let mut command = self.command(below, arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input.clone();
        let writer = thread::spawn(move || {
            // A command that reads nothing closes its end; that is its right.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran::new(&output, self)
    }

    /// Runs git in the folder; it has to succeed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command
            .args([
                "-c",
                "user.name=Tester",
                "-c",
                "user.email=tester@example.org",
            ])
            .args([
                "-c",
                "commit.gpgsign=false",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(arguments)
            .current_dir(self.path(""))
            .env("GIT_CONFIG_GLOBAL", self.path("no-such-file"))
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Commits everything.
    pub(crate) fn commit(&self, title: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", title]);
    }
}

/// What a run gave.
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Ran {
    fn new(output: &Output, project: &Project) -> Ran {
        let folder = project.path("").display().to_string();
        let folder = folder.trim_end_matches('/');
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(folder, "[folder]");
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// All that a person sees.
    pub(crate) fn seen(&self) -> String {
        let mut seen = String::new();
        for (title, text) in [("out", &self.out), ("err", &self.err)] {
            if !text.is_empty() {
                let line_end = if text.ends_with('\n') {
                    ""
                } else {
                    "\n(no newline)\n"
                };
                write!(seen, "-- {title}\n{text}{line_end}").unwrap();
            }
        }
        write!(seen, "-- exit {}", self.code).unwrap();
        seen
    }
}
