//! `looplint check`: files in, findings out.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Seek, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use looplint_engine::{Engine, Pool, Wing};
use looplint_model::{Checked, Claim, Finding, Layout, Problem, ProblemKind, Settings, Source};
use looplint_report::{Format, Options, Report, Summary, UnknownFormat};

use crate::cli;
use crate::files::{self, Input};
use crate::select::Selection;
use crate::tell::{FOUND, hinted};

/// A file of more bytes is checked part by part where its format allows it.
const WHOLE_BYTES_MAX: u64 = 64 << 20;
/// Bytes of a part, up to the end of its last line.
const PART_BYTES: usize = 8 << 20;
/// Spans count bytes in 32 bits.
const SOURCE_BYTES_MAX: u64 = u32::MAX as u64;
/// A run shorter than this shows no progress.
const PATIENCE: Duration = Duration::from_millis(800);

/// Checks what the arguments name and reports.
///
/// # Errors
/// A path or rule does not exist, or a report cannot be written.
pub(crate) fn run(arguments: &cli::Check) -> Result<ExitCode> {
    let outputs = outputs(arguments)?;
    let selection = Selection {
        select: arguments.select.clone(),
        extend: arguments.extend_select.clone(),
        ignore: arguments.ignore.clone(),
    };
    let engine = selection.engine()?;
    let settings = settings(arguments)?;
    let mut checked = check_paths(arguments, &engine, &settings)?;
    let files_checked = checked.files;
    for file in &mut checked.results {
        file.findings
            .retain(|finding| keeps(finding, arguments.min_slowdown));
    }
    let report = Report {
        files: &checked.results,
        pages: &|id| engine.page(id),
        summary: Summary {
            files_checked,
            ..Summary::default()
        },
        options: options(arguments),
    };
    for (format, file) in &outputs {
        write_report(&report, *format, file.as_deref())?;
    }
    if !arguments.quiet {
        eprintln!("{}", looplint_report::summary_line(&report));
    }
    let dirty = checked
        .results
        .iter()
        .any(|file| !file.findings.is_empty() || !file.problems.is_empty());
    Ok(if dirty && !arguments.exit_zero {
        ExitCode::from(FOUND)
    } else {
        ExitCode::SUCCESS
    })
}

/// The formats asked for, each with its file; standard output where there is none.
fn outputs(arguments: &cli::Check) -> Result<Vec<(Format, Option<String>)>> {
    if arguments.json {
        return Ok(vec![(Format::Json, None)]);
    }
    let mut outputs = Vec::new();
    for word in &arguments.output_format {
        let (name, file) = match word.split_once('=') {
            Some((name, file)) => (name, Some(file.to_owned())),
            None => (word.as_str(), None),
        };
        let format = name.parse().map_err(|error: UnknownFormat| {
            hinted(
                format!("no output format is called `{name}`"),
                error.to_string(),
            )
        })?;
        outputs.push((format, file));
    }
    if outputs.is_empty() {
        outputs.push((Format::Concise, None));
    }
    Ok(outputs)
}

fn settings(arguments: &cli::Check) -> Result<Settings> {
    let mut settings = Settings::default();
    if let Some(n) = arguments.assume_size {
        settings.assume_size = n;
    }
    if let Some(version) = &arguments.target_version {
        settings.target_version = version_of(version).ok_or_else(|| {
            hinted(
                format!("`{version}` is no Python version"),
                "write it as 3.11",
            )
        })?;
    }
    Ok(settings)
}

fn version_of(text: &str) -> Option<(u8, u8)> {
    let (major, minor) = text.split_once('.')?;
    Some((
        major.parse().ok().filter(|&major| major == 3)?,
        minor.parse().ok()?,
    ))
}

/// Findings without a measured slowdown are kept where none was asked for; findings in runs always.
fn keeps(finding: &Finding, min_slowdown: Option<f64>) -> bool {
    let Some(min) = min_slowdown else { return true };
    finding.run.is_some() || looplint_report::slowdown_pct(finding).is_some_and(|pct| pct >= min)
}

fn options(arguments: &cli::Check) -> Options {
    let folder = std::env::current_dir()
        .map(|folder| files::name(&folder))
        .unwrap_or_default();
    Options {
        colour: colour(arguments.color),
        version: env!("CARGO_PKG_VERSION").into(),
        root: folder.clone(),
        folder,
        ..Options::default()
    }
}

fn colour(choice: cli::Colour) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        cli::Colour::Always => true,
        cli::Colour::Never => false,
        cli::Colour::Auto if set("NO_COLOR") => false,
        cli::Colour::Auto if set("FORCE_COLOR") || set("CLICOLOR_FORCE") => true,
        cli::Colour::Auto => io::stdout().is_terminal(),
    }
}

fn write_report(report: &Report<'_>, format: Format, file: Option<&str>) -> Result<()> {
    let Some(file) = file else {
        let mut out = io::BufWriter::new(io::stdout().lock());
        looplint_report::write(report, format, &mut out)?;
        return Ok(out.flush()?);
    };
    let mut text = Vec::new();
    looplint_report::write(report, format, &mut text)?;
    fs::write(file, text).with_context(|| format!("{file} cannot be written"))
}

/// What a run over files gave.
struct Run {
    results: Vec<Checked>,
    files: usize,
}

fn check_paths(arguments: &cli::Check, engine: &Engine, settings: &Settings) -> Result<Run> {
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return check_stdin(arguments, engine, settings);
    }
    let (inputs, unread) = files::collect(&arguments.paths, !arguments.no_respect_gitignore)?;
    let pool = Pool::new(arguments.threads);
    let progress = Progress::new(inputs.len(), arguments.quiet);
    let checker = Checker {
        engine,
        settings,
        pool: &pool,
    };
    let each = pool.map(&inputs, |input| {
        let checked = checker.file(input);
        progress.step();
        checked
    });
    progress.clear();
    let mut results: Vec<Checked> = unread
        .into_iter()
        .map(|unread| {
            trouble(
                &files::name(&unread.path),
                ProblemKind::Unreadable,
                unread.why,
            )
        })
        .collect();
    let n_files = each.iter().filter(|checked| checked.is_some()).count();
    results.extend(each.into_iter().flatten().flatten());
    if n_files == 0 && results.is_empty() && !arguments.quiet {
        eprintln!("looplint: no Python files or agent traces here");
    }
    Ok(Run {
        results,
        files: n_files,
    })
}

fn check_stdin(arguments: &cli::Check, engine: &Engine, settings: &Settings) -> Result<Run> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .context("standard input cannot be read")?;
    let name = arguments
        .stdin_filename
        .as_deref()
        .map_or_else(|| "-".to_owned(), files::name);
    let wing = match engine.claims(&name, &bytes) {
        (Claim::No, _) => engine.wing("python"),
        (_, wing) => wing,
    };
    let Some(wing) = wing else {
        return Ok(Run {
            results: Vec::new(),
            files: 0,
        });
    };
    // A deep tree needs the workers' stack.
    let (results, _) = Pool::new(1).run(|| engine.check_bytes(wing, &name, bytes, settings));
    Ok(Run { results, files: 1 })
}

struct Checker<'c> {
    engine: &'c Engine,
    settings: &'c Settings,
    pool: &'c Pool,
}

impl Checker<'_> {
    /// Checks one file; `None` where nobody claims it and the user did not name it.
    fn file(&self, input: &Input) -> Option<Vec<Checked>> {
        let name = files::name(&input.path);
        match self.read(input, &name) {
            Ok(checked) => checked,
            Err(error) => Some(vec![trouble(
                &name,
                ProblemKind::Unreadable,
                files::plain(&error),
            )]),
        }
    }

    fn read(&self, input: &Input, name: &str) -> io::Result<Option<Vec<Checked>>> {
        let mut file = File::open(&input.path)?;
        let size = file.metadata()?.len();
        let mut bytes = Vec::new();
        Read::by_ref(&mut file)
            .take(files::HEAD_BYTES)
            .read_to_end(&mut bytes)?;
        let (claim, wing) = self.engine.claims(name, &bytes);
        let Some(wing) = wing.filter(|_| claim > Claim::No) else {
            return Ok(input.named.then(|| vec![unrecognised(name)]));
        };
        if size > WHOLE_BYTES_MAX && wing.cuttable(name, &bytes) {
            file.rewind()?;
            return Ok(Some(self.parts(wing, name, file)?));
        }
        if size > SOURCE_BYTES_MAX {
            let why = "larger than 4 GiB and not made of lines that stand for themselves";
            return Ok(Some(vec![trouble(name, ProblemKind::Limit, why.into())]));
        }
        file.read_to_end(&mut bytes)?;
        let (mut checked, _) = self.engine.check_bytes(wing, name, bytes, self.settings);
        if !input.named && claim == Claim::Maybe {
            // In a folder walk a JSON file that turns out to be no trace is none of our business.
            checked.retain(|checked| {
                checked
                    .problems
                    .iter()
                    .all(|problem| problem.kind != ProblemKind::Unrecognised)
            });
        }
        checked.iter_mut().for_each(forget);
        Ok(Some(checked))
    }

    /// Checks a large file in parts of whole lines, as many at a time as there are workers,
    /// so that memory stays bounded whatever the file's size.
    fn parts(&self, wing: &dyn Wing, name: &str, file: File) -> io::Result<Vec<Checked>> {
        let mut lines = BufReader::with_capacity(1 << 20, file);
        let mut results = Vec::new();
        let (mut lines_before, mut bytes_before) = (0, 0);
        loop {
            let mut batch = Vec::new();
            for _ in 0..2 * rayon::current_num_threads() {
                let part = read_part(&mut lines)?;
                if part.is_empty() {
                    break;
                }
                let n_lines = part.iter().filter(|&&byte| byte == b'\n').count() as u64;
                let n_bytes = part.len() as u64;
                batch.push((
                    Layout::Part {
                        lines_before,
                        bytes_before,
                    },
                    part,
                ));
                lines_before += n_lines;
                bytes_before += n_bytes;
            }
            if batch.is_empty() {
                return Ok(results);
            }
            let each = self
                .pool
                .map(&batch, |(layout, part)| self.part(wing, name, layout, part));
            results.extend(each.into_iter().flatten());
        }
    }

    fn part(&self, wing: &dyn Wing, name: &str, layout: &Layout, part: &[u8]) -> Vec<Checked> {
        let (mut checked, _) =
            self.engine
                .check_part(wing, name, part.to_vec(), layout, self.settings);
        checked.retain(|checked| !checked.findings.is_empty() || !checked.problems.is_empty());
        checked
    }
}

/// Whole lines, about [`PART_BYTES`] of them; empty at the end of the file.
fn read_part(lines: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut part = Vec::with_capacity(PART_BYTES);
    lines.take(PART_BYTES as u64).read_to_end(&mut part)?;
    if part.last().is_some_and(|&byte| byte != b'\n') {
        lines.read_until(b'\n', &mut part)?;
    }
    Ok(part)
}

/// Drops the text of a source in which there is nothing to show.
fn forget(checked: &mut Checked) {
    if checked.findings.is_empty() && checked.problems.is_empty() {
        checked.source = Source::new(std::mem::take(&mut checked.source.name), "");
    }
}

fn unrecognised(name: &str) -> Checked {
    let ending = Path::new(name).extension().is_some();
    let why = if ending {
        "this is neither Python nor an agent trace"
    } else {
        "no ending tells what this is"
    };
    trouble(name, ProblemKind::Unrecognised, why.into())
}

fn trouble(name: &str, kind: ProblemKind, message: String) -> Checked {
    let problem = Problem {
        kind,
        span: None,
        message,
    };
    Checked {
        source: Source::new(name, ""),
        findings: Vec::new(),
        problems: vec![problem],
    }
}

/// A line on standard error that counts files, when a person waits for it.
struct Progress {
    total: usize,
    done: AtomicUsize,
    start: Instant,
    shown: bool,
}

impl Progress {
    fn new(total: usize, quiet: bool) -> Progress {
        let shown = !quiet && io::stderr().is_terminal();
        Progress {
            total,
            done: AtomicUsize::new(0),
            start: Instant::now(),
            shown,
        }
    }

    fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.shown && done.is_multiple_of(64) && self.start.elapsed() > PATIENCE {
            eprint!("\rchecked {done} of {} files", self.total);
        }
    }

    fn clear(&self) {
        if self.shown && self.start.elapsed() > PATIENCE {
            eprint!("\r\x1b[K");
        }
    }
}
