//! Where reports go and how they look: formats, files, colour, and what the place of the run says.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use looplint_report::{Format, Options, Report, UnknownFormat};

use crate::tell::hinted;
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
            outputs.push(Output {
                format: Format::default(),
                file: None,
            });
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
        Options {
            colour: self.colour(),
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

/// Whether an environment variable is there and says yes.
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
}

fn output(word: &str) -> Result<Output> {
    let (name, file) = match word.split_once('=') {
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (word, None),
    };
    let format = name.parse().map_err(|error: UnknownFormat| {
        hinted(
            format!("no output format is called `{name}`"),
            error.to_string(),
        )
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

/// Writes the reports; `aside` those for standard output go to standard error instead.
///
/// # Errors
/// Those of the files and of standard output; a file is written whole or not at all.
pub(crate) fn write_all(report: &Report<'_>, outputs: &[Output], aside: bool) -> Result<()> {
    // Files first: they are written even when nobody reads standard output to its end.
    for output in outputs {
        if let Some(file) = &output.file {
            let mut text = Vec::new();
            looplint_report::write(report, output.format, &mut text)?;
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
        looplint_report::write(report, output.format, &mut out)
            .and_then(|()| out.flush())
            .context("the report cannot be written to standard output")?;
    }
    Ok(())
}
