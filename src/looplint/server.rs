//! `looplint server`: the language server's world outside the protocol: files, configuration, processes.
//!
//! Does not know the protocol.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use anyhow::{Context, Result};
use looplint_engine::Engine;
use looplint_lsp::{
    Choices, Explainer, FileChange, Govern, Host, Mistake, Preference, Profile, Trouble,
};
use looplint_model::{Cost, Finding, Page, Settings, Source, Span};

use crate::config::{Arguments, Errors, Place, Resolved, Resolver};
use crate::llm::Desk;
use crate::tell::hinted;
use crate::{cli, files, quiet, select, switch_off};

/// Serves one editor on standard input and output until it is done.
///
/// # Errors
/// A way of talking was asked for that there is not, or no thread can be started.
pub(crate) fn run(arguments: &cli::Server) -> Result<ExitCode> {
    let others = [
        ("--node-ipc", arguments.node_ipc),
        ("--pipe", arguments.pipe.is_some()),
        ("--socket", arguments.socket.is_some()),
    ];
    if let Some((flag, _)) = others.iter().find(|(_, asked)| *asked) {
        let hint = "have the editor talk over standard input and output: `looplint server --stdio`";
        return Err(hinted(format!("{flag} is not supported"), hint));
    }
    small_pages();
    let desk = match arguments.explain {
        true => Some(Arc::new(Desk::new(&arguments.llm)?)),
        false => None,
    };
    let host: Arc<dyn Host> = Arc::new(Roof {
        desk,
        ..Roof::default()
    });
    let code = looplint_lsp::serve(host, Box::new(io::stdin()), Box::new(io::stdout()))
        .context("the server cannot start")?;
    Ok(ExitCode::from(code))
}

/// An editor has the server all day: memory that is asked for in huge pages stays taken for the few bytes in use
/// (75 MiB in place of 45 for a file of 10,000 lines). A run over many files is faster with them and keeps them.
fn small_pages() {
    #[cfg(target_os = "linux")]
    // A kernel without the setting has none to switch off.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// The world outside.
#[derive(Default)]
struct Roof {
    kept: Mutex<Kept>,
    /// Who explains findings, where the command line says so.
    desk: Option<Arc<Desk>>,
}

/// What was read of configurations, until one changes.
#[derive(Default)]
struct Kept {
    resolvers: Vec<(Key, Arc<Resolver>)>,
    profiles: Vec<Arc<Chosen>>,
}

/// What a resolver depends on: the choices that go into it, and the folder that they are relative to.
#[derive(PartialEq)]
struct Key {
    choices: Choices,
    folder: PathBuf,
}

/// The rules and settings of a configuration.
struct Chosen(Arc<Resolved>);

impl Profile for Chosen {
    fn engine(&self) -> &Engine {
        &self.0.engine
    }

    fn settings(&self) -> &Settings {
        &self.0.config.settings
    }

    fn takes(&self, file: &Path, domain: &str) -> bool {
        let config = &self.0.config;
        let traces = config.traces.as_ref().filter(|_| domain == "trace");
        !config.exclude.holds(file) && traces.is_none_or(|traces| traces.holds(file))
    }

    fn judge(&self, file: &Path, source: &Source, findings: &mut Vec<Finding>) {
        quiet::silence(&self.0.config, file, source, findings);
    }
}

impl Roof {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The resolver for the choices, seen from a workspace folder.
    fn resolver(&self, folder: Option<&Path>, choices: &Choices) -> Result<Arc<Resolver>> {
        let folder = folder.unwrap_or(Path::new("/")).to_owned();
        let key = Key {
            choices: choices.clone(),
            folder,
        };
        let mut kept = self.lock();
        if let Some((_, resolver)) = kept.resolvers.iter().find(|(known, _)| *known == key) {
            return Ok(Arc::clone(resolver));
        }
        let resolver = Arc::new(Resolver::new(&arguments(choices)?, &key.folder)?);
        kept.resolvers.push((key, Arc::clone(&resolver)));
        Ok(resolver)
    }

    /// The resolver that counts for `file`: the editor's settings give way to a file's where the user wants that.
    fn resolver_of(
        &self,
        file: &Path,
        folder: Option<&Path>,
        choices: &Choices,
    ) -> Result<Arc<Resolver>> {
        if choices.preference == Preference::FilesystemFirst {
            let plain = self.resolver(folder, &without_rules(choices))?;
            if plain.file_of(file).is_some() {
                return Ok(plain);
            }
        }
        self.resolver(folder, choices)
    }

    /// One profile for each configuration, so that it can be told whether two files share it.
    fn profile(&self, resolved: Arc<Resolved>) -> Arc<dyn Profile> {
        let mut kept = self.lock();
        let known = |chosen: &&Arc<Chosen>| Arc::ptr_eq(&chosen.0, &resolved);
        if let Some(chosen) = kept.profiles.iter().find(known) {
            return Arc::clone(chosen) as Arc<dyn Profile>;
        }
        let chosen = Arc::new(Chosen(resolved));
        kept.profiles.push(Arc::clone(&chosen));
        chosen
    }
}

impl Host for Roof {
    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn govern(&self, file: &Path, folder: Option<&Path>, choices: &Choices) -> Govern {
        let resolver = match self.resolver_of(file, folder, choices) {
            Ok(resolver) => resolver,
            Err(error) => {
                return Govern {
                    file: None,
                    profile: Err(trouble(&error)),
                };
            }
        };
        let profile = match resolver.for_path(file) {
            Ok(resolved) => Ok(self.profile(resolved)),
            Err(errors) => Err(trouble_at(&errors)),
        };
        Govern {
            file: resolver.file_of(file),
            profile,
        }
    }

    fn is_stale(&self) -> bool {
        let mut kept = self.lock();
        let stale = kept
            .resolvers
            .iter()
            .any(|(_, resolver)| resolver.is_stale());
        if stale {
            *kept = Kept::default();
        }
        stale
    }

    fn files(&self, folder: &Path, choices: &Choices) -> Vec<PathBuf> {
        let Ok(resolver) = self.resolver(Some(folder), choices) else {
            return Vec::new();
        };
        // A folder with a broken configuration inside is told of when a file in it is open.
        let Ok((inputs, _)) = files::collect(&[folder.to_owned()], &resolver) else {
            return Vec::new();
        };
        inputs.into_iter().map(|input| input.absolute).collect()
    }

    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        fs::read(file)
    }

    fn stamp(&self, file: &Path) -> Option<u64> {
        let metadata = fs::metadata(file).ok()?;
        let mut hasher = DefaultHasher::new();
        (metadata.len(), metadata.modified().ok()).hash(&mut hasher);
        Some(hasher.finish())
    }

    fn runs(&self, process: u32) -> Option<bool> {
        runs(process)
    }

    fn silence(&self, file: &Path, folder: Option<&Path>, rule: &str) -> Option<FileChange> {
        let resolver = self.resolver(folder, &Choices::default()).ok()?;
        let home = folder.or(file.parent())?;
        let config = resolver.file_of(file);
        let config = config.unwrap_or_else(|| home.join("looplint.toml"));
        let text = fs::read_to_string(&config).ok();
        let edit = switch_off::edit(&config, text.as_deref().unwrap_or_default(), file, rule)?;
        Some(FileChange {
            file: config,
            text,
            edit,
        })
    }

    fn page(&self, rule: &str) -> Option<&'static Page> {
        select::find(rule)
    }

    fn cost_line(&self, cost: &Cost) -> String {
        looplint_report::cost_line(cost)
    }

    fn explainer(&self) -> Option<Arc<dyn Explainer>> {
        let desk = self.desk.as_ref()?;
        Some(Arc::clone(desk) as Arc<dyn Explainer>)
    }
}

/// What the editor's settings are on the command line.
fn arguments(choices: &Choices) -> Result<Arguments> {
    let mut config: Vec<String> = Vec::new();
    if let Some(path) = &choices.configuration {
        config.push(path.to_string_lossy().into_owned());
    }
    if let Some(inline) = &choices.inline {
        config.push(toml::to_string(inline).context("`configuration` is no configuration")?);
    }
    Ok(Arguments {
        isolated: choices.preference == Preference::EditorOnly && choices.configuration.is_none(),
        config,
        select: choices.select.clone(),
        extend_select: choices.extend_select.clone(),
        ignore: choices.ignore.clone(),
        min_slowdown: choices.min_slowdown,
        assume_size: choices.assume_size,
        target_version: choices.target_version.clone(),
        ..Arguments::default()
    })
}

/// The same choices without what a configuration file says too.
fn without_rules(choices: &Choices) -> Choices {
    Choices {
        configuration: choices.configuration.clone(),
        preference: choices.preference,
        ..Choices::default()
    }
}

fn trouble(error: &anyhow::Error) -> Trouble {
    if let Some(errors) = error.downcast_ref::<Errors>() {
        return trouble_at(errors);
    }
    Trouble {
        mistakes: vec![Mistake {
            file: None,
            span: Span::default(),
            message: format!("{error:#}"),
        }],
    }
}

fn trouble_at(errors: &Errors) -> Trouble {
    let mistake = |mistake: &crate::config::Mistake| {
        let (file, span) = match &mistake.place {
            Place::Flag(_) => (None, Span::default()),
            Place::File { path, span, .. } => {
                let bytes = fs::read(path).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
                let at = |byte: usize| byte.min(text.len()) as u32;
                let span = Span::new(at(span.start), at(span.end));
                (Some((path.clone(), text)), span)
            }
        };
        Mistake {
            file,
            span,
            message: mistake.message.clone(),
        }
    };
    Trouble {
        mistakes: errors.0.iter().map(mistake).collect(),
    }
}

/// Whether a process of this number runs. One that has ended and is only waited for by its parent does not.
#[cfg(target_os = "linux")]
fn runs(process: u32) -> Option<bool> {
    let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else {
        return Some(false);
    };
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    Some(!state.is_some_and(|state| state.starts_with(['Z', 'X'])))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn runs(process: u32) -> Option<bool> {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let pid = Pid::from_raw(i32::try_from(process).ok()?)?;
    Some(test_kill_process(pid) != Err(Errno::SRCH))
}

#[cfg(not(unix))]
fn runs(_: u32) -> Option<bool> {
    None
}
