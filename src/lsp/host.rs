//! What the server asks of the roof: files, configuration, rule pages.
//!
//! The server itself never opens a file, so an editor's untrusted workspace can make it read only what this
//! trait reads. Does not know where configuration is written or how it is found.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use looplint_engine::Engine;
use looplint_model::{Cost, Edit, Finding, Page, Settings, Source, Span};

use crate::choices::Choices;
use crate::explain::Explainer;

/// Everything outside the protocol. All functions may block: they are called on worker threads only.
pub trait Host: Send + Sync + 'static {
    /// The version to show.
    fn version(&self) -> &str;

    /// What governs `file` in the workspace folder `folder`, together with what the client chose.
    fn govern(&self, file: &Path, folder: Option<&Path>, choices: &Choices) -> Govern;

    /// Whether something that an answer of [`Host::govern`] came from has changed on the disk since.
    /// After a `true`, answers are fresh.
    fn is_stale(&self) -> bool;

    /// The files below `folder` that a check of it would look at.
    fn files(&self, folder: &Path, choices: &Choices) -> Vec<PathBuf>;

    /// The bytes of a file.
    ///
    /// # Errors
    /// The file cannot be read.
    fn read(&self, file: &Path) -> io::Result<Vec<u8>>;

    /// A number that changes when the file does; `None` where there is none.
    fn stamp(&self, file: &Path) -> Option<u64>;

    /// Whether a process of this number runs; `None` where that cannot be told.
    fn runs(&self, process: u32) -> Option<bool>;

    /// The change of a configuration file that switches `rule` off for `file`.
    fn silence(&self, file: &Path, folder: Option<&Path>, rule: &str) -> Option<FileChange>;

    /// The page of any rule there is.
    fn page(&self, rule: &str) -> Option<&'static Page>;

    /// A cost in one line, as every report of looplint says it.
    fn cost_line(&self, cost: &Cost) -> String;

    /// Who explains findings in a model's words; `None` unless the user turned that on. What a workspace says must
    /// not matter here: a folder that is opened must not decide where code is sent.
    fn explainer(&self) -> Option<Arc<dyn Explainer>> {
        None
    }
}

/// What governs a file.
pub struct Govern {
    /// The configuration file, where there is one.
    pub file: Option<PathBuf>,
    /// The profile, or why there is none.
    pub profile: Result<Arc<dyn Profile>, Trouble>,
}

/// Rules, settings and what to leave out.
pub trait Profile: Send + Sync + 'static {
    /// The domains with the chosen rules.
    fn engine(&self) -> &Engine;

    /// The user's choices.
    fn settings(&self) -> &Settings;

    /// Whether `file`, which the domain `domain` claims, is to be checked.
    fn takes(&self, file: &Path, domain: &str) -> bool;

    /// Takes out the findings that the configuration leaves out for `file`, and changes what it changes.
    fn judge(&self, file: &Path, source: &Source, findings: &mut Vec<Finding>);
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong, place by place. Never empty.
    pub mistakes: Vec<Mistake>,
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file that is to blame, with its text; `None` where it is the client's own settings.
    pub file: Option<(PathBuf, String)>,
    /// The place in the text.
    pub span: Span,
    /// What is wrong, in one line without a full stop.
    pub message: String,
}

/// A change to a file that may not exist yet.
#[derive(Debug)]
pub struct FileChange {
    /// The file.
    pub file: PathBuf,
    /// Its text as it is; `None` where it is to be created.
    pub text: Option<String>,
    /// What changes.
    pub edit: Edit,
}

impl FileChange {
    /// The text that the edit counts its bytes in.
    pub(crate) fn source(&self) -> Source {
        Source::new("", self.text.clone().unwrap_or_default())
    }
}
