//! Floor 4: every report, from the same findings.
//!
//! Knows the model and what each output format wants. Does no IO of its own: it writes into what it is given.
//! Does not know where findings come from, which rules there are, what a file system is or what a terminal can do:
//! the roof says so in [`Options`].

mod agent;
mod checkstyle;
mod concise;
mod edits;
mod excerpt;
mod explanation;
mod format;
mod found;
mod full;
mod github;
mod gitlab;
mod heat;
mod html;
mod json;
mod junit;
mod markdown;
mod marks;
mod paths;
mod rdjson;
mod sarif;
mod tables;
mod timeline;
mod words;
mod xml;

use std::collections::BTreeMap;
use std::io::{self, Write};

use looplint_model::{Checked, Page};

pub use explanation::{Explanation, ExplanationWriter};
pub use format::{Format, UnknownFormat};
pub use found::{Found, slowdown_pct};
pub use full::{write_finding, write_problems};
pub use github::step_summary;
pub use heat::{Heat, Heats};
pub use html::write_run as write_timeline_page;
pub use tables::{Statistic, statistics, write_hot, write_statistics};
pub use timeline::{Call, Timeline, Turn, write_timeline};
pub use words::{cost_line, one_line, summary_line};

/// Where people read about looplint.
const INFORMATION_URI: &str = "https://github.com/looplint/looplint";

/// All that a report is made of.
pub struct Report<'a> {
    /// What was checked, in any order; reports sort by themselves.
    /// A file that could not be read has a source with an empty text and a problem.
    pub files: &'a [Checked],
    /// The page of a rule, by id.
    pub pages: &'a dyn Fn(&str) -> Option<&'a Page>,
    /// What cannot be counted from `files`.
    pub summary: Summary,
    /// What the user and the place of the run ask for.
    pub options: Options,
}

/// Counts that cannot be read off the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were checked; an archive or a file of many runs counts once.
    pub files_checked: usize,
    /// Files that were looked at and left alone, because they hold nothing that looplint checks.
    pub files_skipped: usize,
    /// Findings that something kept silent: comments, the baseline, `--min-slowdown`.
    pub silenced: usize,
}

/// What the user and the place of the run ask for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether text may carry ANSI colours.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// looplint's version, `0.1.0`.
    pub version: String,
    /// Absolute path of the folder that CI formats name files relative to, with `/`: the repository's root.
    /// Empty: names stay as they are.
    pub root: String,
    /// Absolute path of the folder that relative names of sources start from, with `/`.
    pub folder: String,
    /// Where a browser sees the sources, without the path: `https://github.com/OWNER/NAME/blob/COMMIT`.
    pub source_url: Option<String>,
    /// The category of `--sarif-category`.
    pub sarif_category: Option<String>,
    /// Runs to draw beside their findings.
    pub timelines: Vec<Timeline>,
    /// Explanations that were asked for, by position in [`Report::files`] and in [`Checked::findings`].
    pub explanations: BTreeMap<(usize, usize), Explanation>,
    /// Whether explanations that a model wrote go into SARIF too.
    pub explain_in_sarif: bool,
    /// What a profile saw at the findings.
    pub heats: Option<Heats>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            colour: false,
            width: 100,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            root: String::new(),
            folder: String::new(),
            source_url: None,
            sarif_category: None,
            timelines: Vec::new(),
            explanations: BTreeMap::new(),
            explain_in_sarif: false,
            heats: None,
        }
    }
}

/// Writes the whole report in one format.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Full => full::write(report, out),
        Format::Concise => concise::write(report, out),
        Format::Json => json::write(report, out),
        Format::JsonLines => json::write_lines(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Checkstyle => checkstyle::write(report, out),
        Format::Rdjson => rdjson::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
        Format::Agent => agent::write(report, out),
    }
}

/// What the format could not take in, in one sentence for stderr.
pub fn left_out(report: &Report<'_>, format: Format) -> Option<String> {
    match format {
        Format::Sarif => sarif::left_out(report),
        Format::Github => github::left_out(report),
        Format::Html => html::left_out(report),
        _ => None,
    }
}
