//! Where reports go and how they look: formats, files, colour, and what the place of the run says.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use looplint_engine::nearest;
use looplint_report::{Format, Options, Report, UnknownFormat};

use crate::tell::{hinted, say};
use crate::{files, write};

/// Flags for reports.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
#[group(skip)]
pub(crate) struct Arguments {
    /// How to report: full, concise, json and others; with =FILE into a file; may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]", env = "LOOPLINT_OUTPUT_FORMAT")]
    pub(crate) output_format: Vec<String>,
    /// Short for --output-format json
    #[arg(long, conflicts_with = "output_format")]
    pub(crate) json: bool,
    /// Write the report into a file instead of standard output
    #[arg(long, short, value_name = "FILE", env = "LOOPLINT_OUTPUT_FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// Category of the run in SARIF, where one upload holds several
    #[arg(long, value_name = "NAME")]
    pub(crate) sarif_category: Option<String>,
    /// Colour in the output
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// No summary and no progress on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// When standard output is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// One report to write.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    file: Option<PathBuf>,
}

impl Output {
    /// Whether it is for people and goes to standard output, where findings can be shown one after the other.
    pub(crate) fn is_live(&self) -> bool {
        self.format == Format::Full && self.file.is_none()
    }

    /// Whether explanations have a place in it.
    pub(crate) fn carries_explanations(&self, in_sarif: bool) -> bool {
        self.format.carries_explanations(in_sarif)
    }

    /// Whether it is a page for a browser.
    pub(crate) fn is_page(&self) -> bool {
        self.format == Format::Html
    }
}

impl Arguments {
    /// The reports to write; `configured` formats count where no flag and no variable names one.
    ///
    /// # Errors
    /// There is no such format, or two reports would go to one place.
    pub(crate) fn outputs(&self, configured: &[String]) -> Result<Vec<Output>> {
        let mut outputs = Vec::new();
        if self.json {
            outputs.push(Output {
                format: Format::Json,
                file: None,
            });
        }
        let words = if self.output_format.is_empty() && !self.json {
            configured
        } else {
            &self.output_format
        };
        for word in words.iter().filter(|word| !word.is_empty()) {
            outputs.push(output(word)?);
        }
        if outputs.is_empty() {
            let format = match is_agent() {
                true => Format::Agent,
                false => Format::default(),
            };
            outputs.push(Output { format, file: None });
        }
        if let Some(file) = self
            .output_file
            .as_ref()
            .filter(|file| !file.as_os_str().is_empty())
        {
            for output in outputs.iter_mut().filter(|output| output.file.is_none()) {
                output.file = Some(file.clone());
            }
        }
        one_place_each(&outputs)?;
        Ok(outputs)
    }

    /// What the user and the place of the run ask of reports.
    pub(crate) fn options(&self, folder: &Path) -> Options {
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Options {
            colour: self.colour(),
            width: columns.unwrap_or(Options::default().width),
            source_url: source_url(),
            version: env!("CARGO_PKG_VERSION").into(),
            root: files::name(root(folder)),
            folder: files::name(folder),
            sarif_category: self.sarif_category.clone(),
            ..Options::default()
        }
    }

    fn colour(&self) -> bool {
        self.color.is_on()
    }
}

impl Colour {
    /// Whether standard output gets colours.
    pub(crate) fn is_on(self) -> bool {
        match self {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if is_set("NO_COLOR") => false,
            Colour::Auto if is_set("FORCE_COLOR") || is_set("CLICOLOR_FORCE") => true,
            Colour::Auto => io::stdout().is_terminal(),
        }
    }
}

/// Variables that coding agents set for what they run.
const AGENTS: [&str; 10] = [
    "AI_AGENT",
    "CLAUDECODE",
    "CLAUDE_CODE",
    "CURSOR_AGENT",
    "GEMINI_CLI",
    "CODEX_SANDBOX",
    "CODEX_THREAD_ID",
    "COPILOT_CLI",
    "OPENCODE",
    "REPL_ID",
];

/// Whether a coding agent runs looplint: it gets a line for each finding, without pictures for eyes.
fn is_agent() -> bool {
    let is_junie = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("JUNIE_");
    AGENTS.iter().any(|name| is_set(name)) || std::env::vars_os().any(|(name, _)| is_junie(&name))
}

/// Where GitHub shows the sources of the commit that its runner checks.
fn source_url() -> Option<String> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let server = variable("GITHUB_SERVER_URL")?;
    let (repository, commit) = (variable("GITHUB_REPOSITORY")?, variable("GITHUB_SHA")?);
    Some(format!("{server}/{repository}/blob/{commit}"))
}

/// Whether an environment variable is there and says yes.
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
}

fn output(word: &str) -> Result<Output> {
    let (name, file) = match word.split_once('=') {
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (word, None),
    };
    let format = name.parse().map_err(|_: UnknownFormat| {
        let names: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
        let hint = match nearest(name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of {}", names.join(", ")),
        };
        hinted(format!("no output format is called `{name}`"), hint)
    })?;
    Ok(Output { format, file })
}

fn one_place_each(outputs: &[Output]) -> Result<()> {
    for (at, output) in outputs.iter().enumerate() {
        if outputs[..at].iter().any(|other| other.file == output.file) {
            let place = match &output.file {
                Some(file) => file.display().to_string(),
                None => "standard output".to_owned(),
            };
            let what = format!("two reports would go to {place}");
            return Err(hinted(what, "give each a file: --output-format json=FILE"));
        }
    }
    Ok(())
}

/// The folder of the repository that `folder` is in; itself where it is in none.
pub(crate) fn root(folder: &Path) -> &Path {
    folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())
        .unwrap_or(folder)
}

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// The findings.
    Findings,
    /// How many there are of each rule.
    Statistics,
}

impl Content {
    fn write(self, report: &Report<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Content::Findings => looplint_report::write(report, format, out),
            Content::Statistics => looplint_report::write_statistics(report, format, out),
        }
    }
}

/// Writes the reports; `aside` those for standard output go to standard error instead.
///
/// # Errors
/// Those of the files and of standard output; a file is written whole or not at all.
pub(crate) fn write_all(
    report: &Report<'_>,
    outputs: &[Output],
    content: Content,
    aside: bool,
) -> Result<()> {
    // Files first: they are written even when nobody reads standard output to its end.
    for output in outputs {
        if let Some(file) = &output.file {
            let mut text = Vec::new();
            content.write(report, output.format, &mut text)?;
            write::replace(file, &text)
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
    }
    for output in outputs.iter().filter(|output| output.file.is_none()) {
        let place: Box<dyn Write> = match aside {
            true => Box::new(io::stderr().lock()),
            false => Box::new(io::stdout().lock()),
        };
        let mut out = io::BufWriter::new(place);
        content
            .write(report, output.format, &mut out)
            .and_then(|()| out.flush())
            .context("the report cannot be written to standard output")?;
    }
    for output in outputs {
        if output.format == Format::Github {
            step_summary(report)?;
        }
        if let Some(left_out) = looplint_report::left_out(report, output.format) {
            say(format!("looplint: {left_out}"));
        }
    }
    Ok(())
}

/// Adds the report to the page that GitHub shows for a step: annotations are few.
fn step_summary(report: &Report<'_>) -> Result<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let text = looplint_report::step_summary(report);
    let mut options = fs::File::options();
    options
        .append(true)
        .create(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .context("the file of GITHUB_STEP_SUMMARY cannot be written")
}
