//! `looplint completions` and `looplint man`: what a shell and a manual want to know of the command line.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::{cli::Cli, write};

/// What `looplint completions` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint completions bash > ~/.local/share/bash-completion/completions/looplint
  looplint completions zsh > ~/.zfunc/_looplint
  looplint completions fish > ~/.config/fish/completions/looplint.fish")]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

/// What `looplint man` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint man | man -l -
  looplint man --dir /usr/local/share/man/man1")]
pub(crate) struct Manual {
    /// Write a page for each command into this folder instead of the first page to standard output
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// Prints the completions for a shell.
///
/// # Errors
/// Those of standard output.
pub(crate) fn completions(arguments: &Completions) -> Result<ExitCode> {
    // Into memory first: clap's writer panics when a pipe is closed.
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "looplint",
        &mut script,
    );
    let mut out = io::stdout().lock();
    out.write_all(&script)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints or writes the manual.
///
/// # Errors
/// Those of standard output or of the folder.
pub(crate) fn manual(arguments: &Manual) -> Result<ExitCode> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &arguments.dir else {
        let mut out = io::stdout().lock();
        out.write_all(&page(command)?)?;
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    };
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut pages = vec![("looplint".to_owned(), command.clone())];
    for below in command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
    {
        let name = format!("looplint-{}", below.get_name());
        pages.push((name, below.clone()));
    }
    for (name, command) in pages {
        let path = folder.join(name + ".1");
        write::replace(&path, &page(command)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let source = concat!("looplint ", env!("CARGO_PKG_VERSION"));
    Man::new(command).source(source).render(&mut page)?;
    Ok(page)
}
