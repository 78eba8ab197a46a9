//! `looplint bench --validate`: what looplint says of functions that no page knows, against what they take.
//!
//! A kernel is a function `f` with `f_fast`, the same as it could be, and `f_data(n)`, the arguments of both.
//! What is predicted is what looplint prints for the finding in `f` when n is the size it assumes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use looplint_model::{Cost, Finding, Part, Settings, Source, Span};

use super::{Timing, plot};
use crate::select::{Selection, Words};
use crate::tell::{FOUND, hinted};
use crate::{cli, write};

/// Rules that are off by default, and whose figures are compared all the same.
const OFF_TOO: [&str; 2] = ["growing-tuple", "sorted-first"];
/// The sizes at which both are compared.
const SIZES: [u64; 3] = [100, 1_000, 10_000];
/// A prediction is near when it is off by no more than this factor.
pub(super) const NEAR: f64 = 2.0;
/// The share of predictions that have to be near.
const SHARE_MIN: f64 = 0.8;
/// The longest a kernel may take.
const LIMIT: Duration = Duration::from_secs(300);
/// How long the noisy runs of a function are repeated: one of hundreds.
const AGAIN_S: f64 = 2.0;

/// A function with what was predicted and measured of it.
pub(super) struct Kernel {
    pub(super) name: String,
    rule: &'static str,
    pub(super) rows: Vec<Row>,
}

/// Slowdowns at one size.
pub(super) struct Row {
    pub(super) n: u64,
    pub(super) predicted: f64,
    pub(super) measured: f64,
    noise: f64,
}

impl Row {
    pub(super) fn is_near(&self) -> bool {
        let off = self.predicted / self.measured;
        (1.0 / NEAR..=NEAR).contains(&off)
    }
}

/// Predicts, measures and writes the page with its plot.
///
/// # Errors
/// The folder cannot be read, a kernel has no finding or fails, or the page cannot be written.
pub(super) fn run(folder: &Path, arguments: &cli::Bench) -> Result<ExitCode> {
    let Some(python) = arguments.python.first() else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut kernels = Vec::new();
    let mut interpreter = String::new();
    for path in files(folder)? {
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let source = Source::new(path.display().to_string(), text);
        for name in names(&source) {
            let (rule, predicted) = predicted(&source, &name)?;
            let timed = timed(&source, &name, python, arguments.seconds)
                .with_context(|| format!("{}: `{name}` cannot be timed", source.name))?;
            interpreter = timed.interpreter;
            let rows: Vec<Row> = (timed.rows.iter().zip(&predicted))
                .map(|(&(n, slow, fast, noise), &predicted)| Row {
                    n,
                    predicted,
                    measured: slow / fast.max(1.0),
                    noise,
                })
                .collect();
            println!("{}", line(&name, rule, &rows));
            kernels.push(Kernel { name, rule, rows });
        }
    }
    kernels.sort_by(|a, b| (a.rule, &a.name).cmp(&(b.rule, &b.name)));
    let plot = arguments.page.with_extension("svg");
    let page = page(&kernels, &interpreter, &plot);
    write::replace(&plot, plot::svg(&kernels).as_bytes())
        .and_then(|()| write::replace(&arguments.page, page.as_bytes()))
        .with_context(|| format!("{} cannot be written", arguments.page.display()))?;
    let (near, all) = near(&kernels, |_| true);
    println!("{near} of {all} predictions are within a factor of {NEAR}");
    Ok(if near as f64 >= SHARE_MIN * all as f64 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)
        .map_err(|error| hinted(format!("{}: {error}", folder.display()), "name a folder"))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "py"))
        .collect();
    files.sort();
    Ok(files)
}

/// The kernels of a file, by the functions that make their data.
fn names(source: &Source) -> Vec<String> {
    outline(source)
        .into_iter()
        .filter_map(|part| part.name.strip_suffix("_data").map(str::to_owned))
        .collect()
}

fn outline(source: &Source) -> Vec<Part> {
    let engine = Selection::default().engine();
    let settings = Settings::default();
    engine
        .wing("python")
        .map_or_else(Vec::new, |wing| wing.outline(source, &settings))
}

fn selection() -> Selection {
    let words = Words {
        extend: OFF_TOO.map(String::from).to_vec(),
        ..Words::default()
    };
    Selection {
        layers: vec![words],
    }
}

/// The rule that finds something in the kernel, and the slowdown it states at each of the sizes.
fn predicted(source: &Source, name: &str) -> Result<(&'static str, Vec<f64>)> {
    let span = outline(source)
        .into_iter()
        .find(|part| part.name == name)
        .map(|part| part.span)
        .with_context(|| format!("{}: no function is called `{name}`", source.name))?;
    let engine = selection().engine();
    let mut rule = "";
    let mut ratios = Vec::new();
    for n in SIZES {
        let settings = Settings {
            assume_size: n,
            ..Settings::default()
        };
        let outcome = engine
            .wing("python")
            .map(|wing| wing.check(source, &settings));
        let findings = outcome.map(|outcome| outcome.findings).unwrap_or_default();
        let (id, ratio) = worst(&findings, span)
            .with_context(|| format!("{}: nothing is found in `{name}`", source.name))?;
        rule = id;
        ratios.push(ratio);
    }
    Ok((rule, ratios))
}

fn worst(findings: &[Finding], span: Span) -> Option<(&'static str, f64)> {
    findings
        .iter()
        .filter(|finding| span.overlaps(finding.span))
        .filter_map(|finding| match &finding.cost {
            Some(Cost::Code(cost)) => Some((finding.rule, cost.ratio()?)),
            _ => None,
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

fn timed(source: &Source, name: &str, python: &Path, seconds: f64) -> Result<super::Timed> {
    let setup = format!(
        "{}\ndata = {name}_data\nboth = [each(*data(120)) for each in ({name}, {name}_fast)]\n\
         assert both[0] == both[1], both\n",
        source.text
    );
    let (bad, good) = (format!("run = {name}\n"), format!("run = {name}_fast\n"));
    let timing = Timing {
        setup: &setup,
        bad: &bad,
        good: &good,
        sizes: &SIZES,
        seconds,
        again: AGAIN_S,
    };
    timing.run(python, LIMIT)
}

fn line(name: &str, rule: &str, rows: &[Row]) -> String {
    let mut line = format!("{name} ({rule}):");
    for row in rows {
        let _ = write!(
            line,
            " {:.1}x/{:.1}x@{}{}",
            row.predicted,
            row.measured,
            row.n,
            if row.is_near() { "" } else { " far" }
        );
    }
    line
}

/// How many predictions are near, and how many there are.
fn near(kernels: &[Kernel], takes: impl Fn(&Row) -> bool) -> (usize, usize) {
    let rows = || kernels.iter().flat_map(|kernel| &kernel.rows);
    let all = rows().filter(|row| takes(row)).count();
    let near = rows().filter(|row| takes(row) && row.is_near()).count();
    (near, all)
}

fn page(kernels: &[Kernel], interpreter: &str, plot: &Path) -> String {
    let (n_near, n_all) = near(kernels, |_| true);
    let share = |near: usize, all: usize| 100.0 * near as f64 / all.max(1) as f64;
    let mut page = format!(
        "# Predicted and measured slowdowns\n\n\
         Written by `looplint bench --validate fixtures/python/kernels`, never by hand.\n\n\
         {} functions that no rule's page knows, each with the same function as it could be. \
         Predicted is what looplint prints for the finding in the function when n is the size it assumes; \
         measured is the time before over the time after, on {interpreter}: the minimum of interleaved repeats, \
         in processor time, the garbage collector off.\n\n\
         **{n_near} of {n_all} predictions ({:.0} %) are within a factor of {NEAR}**",
        kernels.len(),
        share(n_near, n_all)
    );
    for n in SIZES {
        let (near, all) = near(kernels, |row| row.n == n);
        let _ = write!(page, "; {near} of {all} at n = {n}");
    }
    let mut noise: Vec<f64> = kernels
        .iter()
        .flat_map(|kernel| kernel.rows.iter().map(|row| row.noise))
        .collect();
    noise.sort_by(f64::total_cmp);
    let of = |share: f64| {
        let at = (noise.len() as f64 * share) as usize;
        noise.get(at).copied().unwrap_or_default() * 100.0
    };
    let _ = writeln!(
        page,
        ".\nThe best of the one half of the repeats differs from the best of the other half by {:.0} % in the median \
         and by {:.0} % in the worst tenth: the machine did other things too.\n\n![predicted and measured slowdowns]({})\n",
        of(0.5),
        of(0.9),
        plot.file_name().unwrap_or_default().to_string_lossy()
    );
    page += "| function | rule |";
    for n in SIZES {
        let _ = write!(page, " n = {n} |");
    }
    page += "\n|---|---|---|---|---|\n";
    for kernel in kernels {
        let _ = write!(page, "| {} | {} |", kernel.name, kernel.rule);
        for n in SIZES {
            let cell = kernel
                .rows
                .iter()
                .find(|row| row.n == n)
                .map_or_else(String::new, |row| {
                    let (predicted, measured) = (digits(row.predicted), digits(row.measured));
                    let far = if row.is_near() { "" } else { " (far)" };
                    format!("{predicted} / {measured}{far}")
                });
            let _ = write!(page, " {cell} |");
        }
        page.push('\n');
    }
    page += "\nEach cell: predicted / measured.\n";
    page
}

fn digits(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 10.0 => format!("{ratio:.1}"),
        ratio => format!("{ratio:.0}"),
    }
}
