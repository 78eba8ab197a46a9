//! `looplint bench`: times the bad and good blocks of rule pages in CPython and writes `measured.toml`.
//!
//! The only place where a page's code runs outside the tests, always in a child process.

pub(crate) mod fit;
mod plot;
mod validate;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use looplint_engine::Table;
use looplint_model::{Block, Domain, Measured, MeasuredPair, Page, Settings, Source};
use looplint_python::Python;

use crate::tell::{FOUND, hinted};
use crate::{child, cli, select};

const DRIVER: &str = include_str!("driver.py");

/// Sizes tried, half a power of ten apart; a pair stops where one run takes too long.
const SIZES: [u64; 11] = [
    10, 32, 100, 316, 1000, 3162, 10_000, 31_623, 100_000, 316_228, 1_000_000,
];

/// Times the pairs of the named rules, or checks what was measured against what the pages claim.
///
/// # Errors
/// No such rule, no rules folder, no Python, or a page's code fails.
pub(crate) fn run(arguments: &cli::Bench) -> Result<ExitCode> {
    let mut pages: Vec<&'static Page> = Vec::new();
    for id in &arguments.rules {
        pages.push(select::page(id)?);
    }
    if pages.is_empty() {
        pages = select::pages();
    }
    pages.retain(|page| page.domain == "python" && !timed_pairs(page).is_empty());
    if arguments.check {
        return check(&pages);
    }
    if let Some(folder) = &arguments.validate {
        return validate::run(folder, arguments);
    }
    let folder = arguments.rules_dir.join("python");
    if !folder.is_dir() {
        let what = format!("{} is no folder of rules", arguments.rules_dir.display());
        return Err(hinted(
            what,
            "run it in looplint's own repository, or name the folder with --rules-dir",
        ));
    }
    let named = |python: &PathBuf| Ok((python.clone(), interpreter(python)?));
    let pythons: Vec<(PathBuf, String)> =
        arguments.python.iter().map(named).collect::<Result<_>>()?;
    let mut contradicted = false;
    for page in pages {
        let measured = measure(page, &folder, &pythons, arguments)?;
        for problem in fit::contradictions(page, &measured) {
            contradicted = true;
            println!("{}: {problem}", page.id);
        }
    }
    Ok(if contradicted {
        ExitCode::from(FOUND)
    } else {
        ExitCode::SUCCESS
    })
}

/// Reads the figures that are compiled in; no clock is involved.
fn check(pages: &[&Page]) -> Result<ExitCode> {
    let mut clean = true;
    for page in pages {
        for problem in fit::contradictions(page, page.measured()) {
            clean = false;
            println!("{}: {problem}", page.id);
        }
    }
    Ok(if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    })
}

/// The pairs that a plain CPython can run.
pub(crate) fn timed_pairs(page: &Page) -> Vec<(&Block, &Block, &Block)> {
    let runs = |&(setup, bad, good): &(Option<&'_ Block>, &'_ Block, &'_ Block)| {
        setup.is_some() && !bad.no_run && !good.no_run
    };
    page.pairs()
        .into_iter()
        .filter(runs)
        .filter_map(|(setup, bad, good)| Some((setup?, bad, good)))
        .collect()
}

/// Times every pair of `page` on every interpreter, each with what it calls itself, and writes its `measured.toml`.
fn measure(
    page: &Page,
    folder: &Path,
    pythons: &[(PathBuf, String)],
    arguments: &cli::Bench,
) -> Result<Measured> {
    let path = folder.join(&page.id).join("measured.toml");
    let mut measured = match fs::read_to_string(&path) {
        Ok(text) => {
            Measured::parse(&text).with_context(|| format!("{} is broken", path.display()))?
        }
        Err(_) => Measured::default(),
    };
    let pairs = timed_pairs(page);
    measured
        .pairs
        .retain(|old| pairs.iter().any(|(_, bad, _)| bad.name == old.name));
    for (python, own) in pythons {
        for &(setup, bad, good) in &pairs {
            let known = measured
                .pairs
                .iter()
                .find(|old| old.name == bad.name && minor(&old.interpreter) == minor(own))
                .map(|old| old.noise);
            let noise_max = arguments.noisy.map(|pct| pct / 100.0);
            if noise_max.is_some_and(|most| known.is_some_and(|noise| noise <= most)) {
                continue;
            }
            let place = format!("{}/{}/README.md:{}", page.domain, page.id, bad.line);
            let fresh = time_pair(python, page, (setup, bad, good), arguments.seconds)
                .with_context(|| format!("the pair at {place} cannot be timed"))?;
            println!("{}", line(page, &fresh));
            if noise_max.is_some_and(|most| fresh.noise >= known.unwrap_or(most)) {
                continue;
            }
            let same = |old: &MeasuredPair| {
                old.name == fresh.name && minor(&old.interpreter) == minor(&fresh.interpreter)
            };
            measured.pairs.retain(|old| !same(old));
            measured.pairs.push(fresh);
        }
    }
    measured
        .pairs
        .sort_by(|a, b| (&a.name, &a.interpreter).cmp(&(&b.name, &b.interpreter)));
    let head = "# Written by `looplint bench`, never by hand.\n\n";
    fs::write(&path, head.to_owned() + &toml::to_string(&measured)?)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(measured)
}

/// `CPython 3.11.7`, as the driver says it.
fn interpreter(python: &Path) -> Result<String> {
    let nothing = Timing {
        setup: "def data(n): return ()",
        bad: "def run(): pass",
        good: "def run(): pass",
        sizes: &[1],
        seconds: 0.0,
        again: 0.0,
    };
    Ok(nothing.run(python, LIMIT)?.interpreter)
}

fn minor(interpreter: &str) -> &str {
    interpreter
        .rsplit_once('.')
        .map_or(interpreter, |(minor, _)| minor)
}

fn line(page: &Page, pair: &MeasuredPair) -> String {
    let points: Vec<String> = pair
        .n
        .iter()
        .zip(&pair.ratio)
        .map(|(n, ratio)| format!("{ratio}x@{n}"))
        .collect();
    format!(
        "{} {} on {}: {} (exponents {} and {}, noise {:.0} %)",
        page.id,
        pair.name,
        pair.interpreter,
        points.join(" "),
        pair.slow_exponent,
        pair.fast_exponent,
        pair.noise * 100.0
    )
}

/// What the driver answers.
#[derive(serde::Deserialize)]
pub(crate) struct Timed {
    /// `CPython 3.11.7`.
    pub(crate) interpreter: String,
    /// n, nanoseconds before, nanoseconds after, noise.
    pub(crate) rows: Vec<(u64, f64, f64, f64)>,
}

/// Two versions of some code, as the driver takes them.
#[derive(serde::Serialize)]
pub(crate) struct Timing<'a> {
    /// Defines `data(n)` and what both need.
    pub(crate) setup: &'a str,
    /// Defines `run` as it is.
    pub(crate) bad: &'a str,
    /// Defines `run` as it could be.
    pub(crate) good: &'a str,
    /// The sizes, rising.
    pub(crate) sizes: &'a [u64],
    /// A larger size is not tried once a run took this long.
    pub(crate) seconds: f64,
    /// Seconds that noisy runs may be repeated for, beside the planned repeats.
    pub(crate) again: f64,
}

impl Timing<'_> {
    /// Times both in a child process.
    ///
    /// # Errors
    /// The interpreter cannot be started, the code raises, or it does not end.
    pub(crate) fn run(&self, python: &Path, limit: Duration) -> Result<Timed> {
        let out = child::python(python, DRIVER, &serde_json::to_string(self)?, limit)?;
        serde_json::from_slice(&out)
            .context("the child process answered something else than figures")
    }
}

/// How long the noisy runs of a pair are repeated: these figures are taken once and read by everyone.
const AGAIN_S: f64 = 6.0;

/// The longest a pair may take.
const LIMIT: Duration = Duration::from_secs(600);

/// Times a pair in a child process.
///
/// # Errors
/// The interpreter cannot be started, or the page's code raises.
fn time_pair(
    python: &Path,
    page: &Page,
    (setup, bad, good): (&Block, &Block, &Block),
    seconds: f64,
) -> Result<MeasuredPair> {
    let timing = Timing {
        setup: &setup.text,
        bad: &bad.text,
        good: &good.text,
        sizes: &SIZES,
        seconds,
        again: AGAIN_S,
    };
    let mut timed = timing.run(python, LIMIT)?;
    // What takes less than a microsecond in all is the cost of the measurement itself.
    timed.rows.retain(|row| row.1 > 1000.0 || row.2 > 1000.0);
    let column =
        |pick: fn(&(u64, f64, f64, f64)) -> f64| timed.rows.iter().map(pick).collect::<Vec<f64>>();
    let (slow, fast) = (column(|row| row.1), column(|row| row.2));
    let n: Vec<u64> = timed.rows.iter().map(|row| row.0).collect();
    Ok(MeasuredPair {
        name: bad.name.clone(),
        interpreter: timed.interpreter,
        slow_exponent: round(fit::exponent(&n, &slow)),
        fast_exponent: round(fit::exponent(&n, &fast)),
        ratio: slow
            .iter()
            .zip(&fast)
            .map(|(slow, fast)| round(slow / fast.max(1.0)))
            .collect(),
        slow_ns: slow.iter().map(|ns| ns.round()).collect(),
        fast_ns: fast.iter().map(|ns| ns.round()).collect(),
        noise: round(timed.rows.iter().map(|row| row.3).fold(0.0, f64::max)),
        work_ns: work(page, bad).map(f64::round),
        n,
    })
}

/// What an iteration of the page's own loop does beside what the rule is about.
fn work(page: &Page, bad: &Block) -> Option<f64> {
    let rules = &looplint_rules::python::RULES;
    let table = Table::new(
        rules.iter().filter(|rule| rule.id == page.id),
        select::ids(),
    );
    let source = Source::new("page.py", bad.text.clone());
    let settings = Settings::default();
    let outcome = table.check_with(&source, &settings, |document, findings| {
        let span = findings.first()?.span;
        Python::work(document, span)
    });
    outcome.1.map(|work| work.ns)
}

/// Three significant digits: more would be noise.
pub(crate) fn round(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let scale = 10f64.powi(2 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

/// Where interpreters are looked for when none is named.
pub(crate) fn default_python() -> PathBuf {
    std::env::var_os("LOOPLINT_PYTHON").map_or_else(|| "python3".into(), PathBuf::from)
}
