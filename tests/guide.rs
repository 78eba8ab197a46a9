//! The documentation does what it says: every path it names exists, every looplint command it shows runs.
//!
//! A command stands in a fenced block marked `sh` or `console`, on a line that begins with `looplint `.
//! It runs in a fresh copy of `fixtures/workspaces/shop` and may exit with 0 or 1; 2 means that it could not run.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Pages whose commands are run and whose paths must exist.
const PAGES: [&str; 5] = [
    "README.md",
    "src/README.md",
    "src/llm/README.md",
    "rules/README.md",
    "editors/README.md",
];

/// Commands that wait for a client, or that take long: their help is asked for instead.
const ONLY_HELP: [&str; 2] = ["server", "bench"];

#[test]
fn every_command_runs() {
    let mut failed = Vec::new();
    for page in pages() {
        for command in commands(&fs::read_to_string(&page).unwrap()) {
            if let Err(why) = try_out(&command) {
                failed.push(format!("{}: `{command}`: {why}", page.display()));
            }
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        for link in links(&text) {
            let path = link.split('#').next().unwrap_or("");
            if !link.contains("://") && !path.is_empty() && !folder.join(path).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

fn pages() -> Vec<PathBuf> {
    PAGES
        .iter()
        .map(|page| root().join(page))
        .filter(|page| page.exists())
        .collect()
}

/// The looplint commands of a page's shell blocks, without the prompt.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut in_shell = false;
    for line in text.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            in_shell = !in_shell && matches!(info.trim(), "sh" | "console" | "bash");
            continue;
        }
        let line = line.trim_start();
        let line = line.strip_prefix("$ ").unwrap_or(line);
        if in_shell && line.starts_with("looplint ") {
            commands.push(line.split("  #").next().unwrap_or(line).trim().to_owned());
        }
    }
    commands
}

/// The targets of Markdown links.
fn links(text: &str) -> Vec<&str> {
    let starts = text.match_indices("](").map(|(at, _)| at + 2);
    starts
        .filter_map(|start| text[start..].find(')').map(|len| &text[start..start + len]))
        .collect()
}

fn try_out(command: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    copy(&root().join("fixtures/workspaces/shop"), folder.path())
        .map_err(|error| error.to_string())?;
    git(folder.path());
    let word = command.split_whitespace().nth(1).unwrap_or("");
    let line = if ONLY_HELP.contains(&word) {
        format!("looplint {word} --help")
    } else {
        command.to_owned()
    };
    let output = Command::new("sh")
        .args(["-c", &line])
        .current_dir(folder.path())
        .env("PATH", path_with_binary())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.code() {
        Some(0 | 1) => Ok(()),
        code => Err(format!(
            "exit {code:?}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}

/// Makes the copy a repository with one commit, for the commands that compare with one.
fn git(folder: &Path) {
    let script = "git init -q . && git add -A && \
        git -c user.name=shop -c user.email=shop@example.com commit -q -m start";
    let _ = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder)
        .output();
}

fn path_with_binary() -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_looplint")).parent().unwrap();
    format!(
        "{}:{}",
        binary.display(),
        std::env::var("PATH").unwrap_or_default()
    )
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}
