//! From files to findings, on all cores: reading, cutting large files, asking the engine.
//!
//! Knows what holds for each file; does not know what becomes of the findings.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use anyhow::{Context, Result};
use looplint_engine::{Pool, Wing};
use looplint_model::{Checked, Claim, Layout, Problem, ProblemKind, Source};

use crate::config::{Errors, Resolved, Resolver};
use crate::files::{self, Input};
use crate::fix::{Fixed, Fixer};
use crate::known::Known;
use crate::past::Past;
use crate::progress::Progress;
use crate::{known, quiet};

/// A file of more bytes is checked part by part where its format allows it.
const WHOLE_BYTES_MAX: u64 = 64 << 20;
/// Bytes of a part, up to the end of its last line.
const PART_BYTES: usize = 8 << 20;
/// Of a trace of more bytes only what is near its findings is kept after the check.
const KEPT_BYTES_MAX: usize = 64 << 10;
/// Spans count bytes in 32 bits.
const SOURCE_BYTES_MAX: u64 = u32::MAX as u64;

/// What a run over files gave.
#[derive(Default)]
pub(crate) struct Run {
    /// What was found, file by file.
    pub(crate) results: Vec<Checked>,
    /// Number of files that were checked.
    pub(crate) files: usize,
    /// Number of findings that comments and configuration silenced, or that are old.
    pub(crate) silenced: usize,
    /// Number of entries of the baseline that were not found again.
    pub(crate) gone: usize,
    /// What fixing did, in the order of the files.
    pub(crate) fixed: Vec<Fixed>,
}

/// What one file gave.
#[derive(Default)]
pub(crate) struct OneFile {
    /// Its texts with their findings.
    pub(crate) checked: Vec<Checked>,
    /// Number of findings that comments and configuration silenced, or that are old.
    pub(crate) silenced: usize,
    /// Number of entries of the baseline that were not found again.
    pub(crate) gone: usize,
    /// What fixing did.
    pub(crate) fixed: Option<Box<Fixed>>,
}

/// Checks files with what holds for each.
pub(crate) struct Checker<'c> {
    /// The workers.
    pub(crate) pool: &'c Pool,
    /// What is old.
    pub(crate) past: &'c Past,
    /// How to fix; not at all where there is none.
    pub(crate) fixer: Option<Fixer>,
}

impl Run {
    /// Adds what could not be read on the way to the files.
    pub(crate) fn unread(&mut self, unread: Vec<files::Unread>) {
        self.results.extend(unread.into_iter().map(|unread| {
            let name = files::name(&unread.path);
            trouble(&name, ProblemKind::Unreadable, unread.why)
        }));
    }

    /// Adds what files gave; `None` for one that nobody claimed.
    pub(crate) fn add(&mut self, each: impl IntoIterator<Item = Option<OneFile>>) {
        for file in each.into_iter().flatten() {
            self.files += 1;
            self.silenced += file.silenced;
            self.gone += file.gone;
            self.fixed.extend(file.fixed.map(|fixed| *fixed));
            self.results.extend(file.checked);
        }
    }
}

/// The text on standard input.
///
/// # Errors
/// It cannot be read.
pub(crate) fn stdin() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .context("standard input cannot be read")?;
    Ok(bytes)
}

/// What holds for standard input under its name; `None` where excludes are forced and leave it out.
///
/// # Errors
/// The configuration is wrong.
pub(crate) fn stdin_input(name: Option<&Path>, resolver: &Resolver) -> Result<Option<Input>> {
    let path = name.unwrap_or(Path::new("-"));
    let resolved = resolver
        .for_path(path)
        .map_err(|errors| Errors::clone(&errors))?;
    let absolute = resolver.absolute(path);
    let config = &resolved.config;
    if config.force_exclude && config.exclude.holds(&absolute) {
        return Ok(None);
    }
    Ok(Some(Input {
        path: path.to_owned(),
        absolute,
        named: true,
        resolved,
    }))
}

impl Checker<'_> {
    /// Checks files, in their order; `None` for one that nobody claims and that the user did not name.
    pub(crate) fn files(&self, inputs: &[Input], progress: &Progress) -> Vec<Option<OneFile>> {
        let each = self.pool.map(inputs, |input| {
            let file = self.file(input);
            progress.step();
            file
        });
        progress.clear();
        each
    }

    /// Checks one file.
    pub(crate) fn file(&self, input: &Input) -> Option<OneFile> {
        let name = files::name(&input.path);
        let read = match self.past.instead(&input.absolute) {
            Some(bytes) => Ok(self.whole(input, bytes.to_vec())),
            None => self.read(input, &name),
        };
        let mut file = read.unwrap_or_else(|error| {
            let why = files::plain(&error);
            Some(only(trouble(&name, ProblemKind::Unreadable, why)))
        })?;
        file.checked.iter_mut().for_each(forget);
        for checked in &mut file.checked {
            locate(input, checked);
            if checked.source.text.len() > KEPT_BYTES_MAX {
                thin_trace(checked);
            }
        }
        Some(file)
    }

    /// Checks and fixes the bytes of a whole file; `None` where nobody claims them.
    fn whole(&self, input: &Input, bytes: Vec<u8>) -> Option<OneFile> {
        let name = files::name(&input.path);
        let head = &bytes[..bytes.len().min(files::HEAD_BYTES as usize)];
        let (_, wing) = claimed(input, &name, head)?;
        Some(self.bytes(input, wing, &name, bytes))
    }

    /// Checks and fixes bytes, without what is old.
    pub(crate) fn bytes(
        &self,
        input: &Input,
        wing: &dyn Wing,
        name: &str,
        bytes: Vec<u8>,
    ) -> OneFile {
        let Some(fixer) = &self.fixer else {
            let file = bytes_of(input, wing, name, bytes, &Layout::Whole);
            let (mut file, _) = self.without_old(input, file);
            self.past.add_rises(input, wing, &mut file.checked);
            return file;
        };
        let file = bytes_of(input, wing, name, bytes.clone(), &Layout::Whole);
        let (file, known) = self.without_old(input, file);
        fixer.file(input, wing, bytes, file, &known)
    }

    /// Takes out what is old; gives also what that was.
    fn without_old(&self, input: &Input, mut file: OneFile) -> (OneFile, Known) {
        let known = self.past.known(input);
        let mut left = known.clone();
        file.silenced += known::subtract(&mut file.checked, &mut left);
        if !self.past.is_of_git() {
            file.gone = left.values().sum();
        }
        (file, known)
    }

    fn read(&self, input: &Input, name: &str) -> io::Result<Option<OneFile>> {
        let mut file = File::open(&input.path)?;
        let size = file.metadata()?.len();
        let mut bytes = Vec::new();
        Read::by_ref(&mut file)
            .take(files::HEAD_BYTES)
            .read_to_end(&mut bytes)?;
        let Some((claim, wing)) = claimed(input, name, &bytes) else {
            return Ok(input.named.then(|| only(unrecognised(name))));
        };
        if Parts::wanted(size, wing.cuttable(name, &bytes)) {
            file.rewind()?;
            let file = self.parts(input, wing, name, file)?;
            return Ok(Some(self.without_old(input, file).0));
        }
        if size > SOURCE_BYTES_MAX {
            let why = "larger than 4 GiB and not made of lines that stand for themselves";
            return Ok(Some(only(trouble(name, ProblemKind::Limit, why.into()))));
        }
        file.read_to_end(&mut bytes)?;
        let mut file = self.bytes(input, wing, name, bytes);
        if !input.named && claim == Claim::Maybe {
            // In a folder walk a JSON file that turns out to be no trace is none of our business.
            file.checked.retain(|checked| {
                checked
                    .problems
                    .iter()
                    .all(|problem| problem.kind != ProblemKind::Unrecognised)
            });
        }
        Ok(Some(file))
    }

    /// Checks a large file in parts of whole lines, as many at a time as there are workers,
    /// so that memory stays bounded whatever the file's size.
    fn parts(&self, input: &Input, wing: &dyn Wing, name: &str, file: File) -> io::Result<OneFile> {
        let mut parts = Parts::of(file);
        let mut all = OneFile::default();
        loop {
            let batch = parts.next_batch()?;
            if batch.is_empty() {
                return Ok(all);
            }
            let each = self.pool.map_owned(batch, |(layout, part)| {
                let mut file = bytes_of(input, wing, name, part, &layout);
                file.checked
                    .retain(|checked| !checked.findings.is_empty() || !checked.problems.is_empty());
                file.checked.iter_mut().for_each(thin_trace);
                file
            });
            for file in each {
                all.silenced += file.silenced;
                all.checked.extend(file.checked);
            }
        }
    }
}

/// A large file of lines, read part by part.
pub(crate) struct Parts {
    lines: BufReader<File>,
    lines_before: u64,
    bytes_before: u64,
}

impl Parts {
    /// The parts of `file`, from where it stands.
    pub(crate) fn of(file: File) -> Parts {
        Parts {
            lines: BufReader::with_capacity(1 << 20, file),
            lines_before: 0,
            bytes_before: 0,
        }
    }

    /// Whether a file of `size` bytes is read in parts.
    pub(crate) fn wanted(size: u64, cuttable: bool) -> bool {
        size > WHOLE_BYTES_MAX && cuttable
    }

    /// The next parts, two for each worker; none at the end of the file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn next_batch(&mut self) -> io::Result<Vec<(Layout, Vec<u8>)>> {
        let mut batch = Vec::new();
        for _ in 0..2 * rayon::current_num_threads() {
            let part = read_part(&mut self.lines)?;
            if part.is_empty() {
                break;
            }
            let n_lines = memchr::memchr_iter(b'\n', &part).count() as u64;
            let n_bytes = part.len() as u64;
            let layout = Layout::Part {
                lines_before: self.lines_before,
                bytes_before: self.bytes_before,
            };
            batch.push((layout, part));
            self.lines_before += n_lines;
            self.bytes_before += n_bytes;
        }
        Ok(batch)
    }
}

/// The domain that claims the file, and how surely.
/// Where the configuration says which files are traces, others are none unless they are named.
pub(crate) fn claimed<'r>(
    input: &'r Input,
    name: &str,
    head: &[u8],
) -> Option<(Claim, &'r dyn Wing)> {
    let (claim, wing) = input.resolved.engine.claims(name, head);
    let wing = wing.filter(|_| claim > Claim::No)?;
    let traces = input.resolved.config.traces.as_ref();
    let left_out = wing.name() == "trace"
        && !input.named
        && traces.is_some_and(|traces| !traces.holds(&input.absolute));
    (!left_out).then_some((claim, wing))
}

/// Checks the bytes of a file or of a part of it, and silences what the configuration says.
pub(crate) fn bytes_of(
    input: &Input,
    wing: &dyn Wing,
    name: &str,
    bytes: Vec<u8>,
    layout: &Layout,
) -> OneFile {
    let Resolved { engine, config, .. } = &*input.resolved;
    let (mut checked, counters) = engine.check_part(wing, name, bytes, layout, &config.settings);
    let mut silenced = usize::try_from(counters.silenced).unwrap_or(usize::MAX);
    for checked in &mut checked {
        silenced += quiet::apply(config, &input.absolute, checked);
    }
    silenced += quiet::by_fingerprint(&input.resolved, &input.absolute, &mut checked);
    OneFile {
        checked,
        silenced,
        ..OneFile::default()
    }
}

/// Checks the bytes of a file; `None` where nobody claims them.
pub(crate) fn of_bytes(input: &Input, bytes: Vec<u8>) -> Option<OneFile> {
    let name = files::name(&input.path);
    let head = &bytes[..bytes.len().min(files::HEAD_BYTES as usize)];
    let (_, wing) = claimed(input, &name, head)?;
    Some(bytes_of(input, wing, &name, bytes, &Layout::Whole))
}

/// Checks standard input; Python where nobody claims it.
pub(crate) fn stdin_of(checker: &Checker<'_>, input: &Input, bytes: Vec<u8>) -> Option<OneFile> {
    let name = files::name(&input.path);
    let engine = &input.resolved.engine;
    let wing = match claimed(input, &name, &bytes) {
        Some((_, wing)) => wing,
        None => engine.wing("python")?,
    };
    Some(checker.bytes(input, wing, &name, bytes))
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

/// Keeps of a trace only what is near its findings: reports show no more, and a folder of runs may be larger than
/// memory. A text that was thinned stays as it is.
fn thin_trace(checked: &mut Checked) {
    let of_runs = checked
        .findings
        .iter()
        .all(|finding| finding.domain == "trace");
    let is_text = matches!(checked.source.layout, Layout::Whole | Layout::Part { .. });
    if of_runs && is_text {
        looplint_model::thin(checked);
    }
}

/// Gives problems of bytes that could not be decoded a text in which their places can be seen:
/// up to the first bad byte it is the file's own.
fn locate(input: &Input, checked: &mut Checked) {
    let placed = |problem: &Problem| problem.span.is_some();
    if !checked.source.text.is_empty() || !checked.problems.iter().any(placed) {
        return;
    }
    if let Ok(bytes) = fs::read(&input.path) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let name = std::mem::take(&mut checked.source.name);
        checked.source = Source::new(name, String::from_utf8_lossy(bytes));
    }
}

fn only(checked: Checked) -> OneFile {
    OneFile {
        checked: vec![checked],
        ..OneFile::default()
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
