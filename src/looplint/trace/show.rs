//! `looplint trace show`: a run as a timeline, in the terminal or as a page for a browser.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use looplint_model::Checked;
use looplint_report::{Options, Report, Summary};

use super::read::Reader;
use crate::tell::hinted;
use crate::{config, select, write};

/// Flags of `looplint trace show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint trace show run.json
  looplint trace show run.json --html run.html")]
pub(crate) struct Arguments {
    /// The trace; `-` is standard input
    pub(crate) file: PathBuf,
    /// The run to show, by id or number; the first where none is named
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Write one self-contained page instead
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Colour in the output
    #[arg(long, value_enum, default_value_t = crate::output::Colour::Auto)]
    pub(crate) color: crate::output::Colour,
    #[command(flatten)]
    pub(crate) configuration: config::Arguments,
}

/// Shows a run.
///
/// # Errors
/// The file cannot be read or is no trace, there is no such run, or the page cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let file = Reader::here(&arguments.configuration)?.trace(&arguments.file)?;
    let wanted = |name: &str| arguments.run.as_deref().is_none_or(|run| run == name);
    let Some(at) = file.runs.iter().position(|(_, run)| wanted(&run.name)) else {
        let names: Vec<&str> = file
            .runs
            .iter()
            .take(10)
            .map(|(_, run)| run.name.as_str())
            .collect();
        return Err(hinted(
            "there is no such run in the file",
            format!("its runs are {}", names.join(", ")),
        ));
    };
    let mut runs = file.runs;
    let (source_at, shown) = runs.swap_remove(at);
    let mut sources = file.sources;
    let source = sources.swap_remove(source_at);
    let timeline = shown.timeline;
    let checked = [Checked {
        source,
        findings: shown.findings,
        problems: Vec::new(),
    }];
    let pages = select::pages();
    let report = Report {
        files: &checked,
        pages: &|id| pages.iter().copied().find(|page| page.id == id),
        summary: Summary {
            files_checked: 1,
            ..Summary::default()
        },
        options: Options {
            colour: arguments.html.is_none() && arguments.color.is_on(),
            ..Options::default()
        },
    };
    if let Some(path) = &arguments.html {
        let mut page = Vec::new();
        looplint_report::write_timeline_page(&report, &timeline, &mut page)?;
        write::replace(path, &page)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    } else {
        let mut out = io::BufWriter::new(io::stdout().lock());
        looplint_report::write_timeline(&report, &timeline, &mut out)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}
