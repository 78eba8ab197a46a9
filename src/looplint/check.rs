//! `looplint check`: files in, findings out.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use looplint_engine::Pool;
use looplint_model::Finding;
use looplint_report::{Heats, Options, Report, Summary, write_problems};

use crate::config::{self, Config, Errors, Resolver};
use crate::fix::{self, Fixer};
use crate::llm::explain::{self, Done};
use crate::output::{Content, Output};
use crate::past::Past;
use crate::progress::Progress;
use crate::run::{self, Checker, Run};
use crate::tell::{FOUND, hinted, say};
use crate::{cli, degrees, files, output, profile, quiet, select, trace};

/// Runs that a page for a browser draws.
const RUNS_MAX: usize = 200;

/// Checks what the arguments name and reports.
///
/// # Errors
/// A path or rule does not exist, the configuration is wrong, or a report cannot be written.
pub(crate) fn run(arguments: &cli::Check) -> Result<ExitCode> {
    let resolver = Resolver::here(&arguments.configuration)?;
    if arguments.show_settings {
        return show_settings(arguments, &resolver);
    }
    if arguments.show_files {
        return show_files(arguments, &resolver);
    }
    let project = resolver
        .project()
        .map_err(|errors| Errors::clone(&errors))?;
    let config = &project.config;
    let mut outputs = arguments.output.outputs(&config.output_format)?;
    let explains = explains(arguments, &outputs)?;
    let profile = arguments
        .profile
        .as_deref()
        .map(profile::read)
        .transpose()?;
    let past = Past::new(&arguments.past, config, &resolver)?;
    let fixer = arguments.fixing.fixer(is_stdin(arguments));
    let run = check_paths(arguments, &resolver, &past, fixer.clone())?;
    let n_fixed = match &fixer {
        Some(fixer) => fix::report(&arguments.fixing, fixer, &run.fixed, arguments.output.quiet)?,
        None => 0,
    };
    if arguments.fixing.only() {
        let fails = arguments.fixing.diff || arguments.fixing.exit_non_zero_on_fix;
        return Ok(code(fails && n_fixed > 0, arguments));
    }
    let mut options = options(arguments, &resolver, &outputs, &run);
    if let Some(profile) = &profile {
        let heats = profile::heat(profile, &run.results, &options.folder);
        options.heats = Some(Heats {
            n_top: arguments.top,
            ..heats
        });
    }
    let mut report = Report {
        files: &run.results,
        pages: &|id| select::find(id),
        summary: Summary {
            files_checked: run.files,
            silenced: run.silenced,
            ..Summary::default()
        },
        options,
    };
    // Standard output is the fixed text's where that was asked for.
    let aside = fixer.is_some() && is_stdin(arguments);
    let content = match arguments.statistics {
        true => Content::Statistics,
        false => Content::Findings,
    };
    let mut written = Ok(());
    if explains {
        let live = !aside && outputs.iter().any(Output::is_live);
        match explain(arguments, config, &mut report, live)? {
            Done::DryRun(text) => {
                io::stdout().lock().write_all(text.as_bytes())?;
                return Ok(ExitCode::SUCCESS);
            }
            Done::Explained(result) if live => {
                outputs.retain(|output| !output.is_live());
                written = result;
            }
            Done::Explained(_) => {}
        }
    }
    output::write_all(&report, &outputs, content, aside)?;
    written.context("the report cannot be written to standard output")?;
    if !arguments.output.quiet {
        expired(config);
        say(looplint_report::summary_line(&report));
        if let (true, Some(baseline)) = (run.gone > 0, past.baseline()) {
            let (entries, are) = match run.gone {
                1 => ("entry", "is"),
                _ => ("entries", "are"),
            };
            say(format!(
                "{} {entries} of {} {are} gone; `looplint baseline --prune` drops what is gone",
                run.gone,
                files::short(&baseline.path)
            ));
        }
    }
    let dirty = run.results.iter().any(|file| {
        let fails = |finding: &Finding| match arguments.past.fail_on_degree {
            Some(_) => finding.rule == degrees::RULE,
            None => config.fail_on.fails(finding.severity),
        };
        !file.problems.is_empty() || file.findings.iter().any(fails)
    });
    let fixed = n_fixed > 0 && arguments.fixing.exit_non_zero_on_fix;
    Ok(code(dirty || fixed, arguments))
}

/// Whether findings are to be explained, and there is a report that shows it.
fn explains(arguments: &cli::Check, outputs: &[Output]) -> Result<bool> {
    let explaining = &arguments.explaining;
    let in_sarif = explaining.explain_in_sarif;
    let has_place = outputs
        .iter()
        .any(|output| output.carries_explanations(in_sarif));
    let asked = explaining.is_on()?;
    if asked && !has_place && !explaining.llm.dry_run {
        say(
            "looplint: this output format has no place for explanations, so nobody is asked; full, json, json-lines, html and agent have, and sarif with --explain-in-sarif",
        );
        return Ok(false);
    }
    Ok(asked)
}

/// Has findings explained; with `live` what people read is written meanwhile.
fn explain(
    arguments: &cli::Check,
    config: &Config,
    report: &mut Report<'_>,
    live: bool,
) -> Result<Done> {
    let quiet = arguments.output.quiet;
    let done = explain::run(&arguments.explaining, config, report, live, quiet)?;
    Ok(match done {
        Done::Explained(written) if live => {
            Done::Explained(written.and_then(|()| write_problems(report, &mut io::stdout().lock())))
        }
        done => done,
    })
}

/// What the user and the place of the run ask of reports, and for a page the runs to draw.
fn options(arguments: &cli::Check, resolver: &Resolver, outputs: &[Output], run: &Run) -> Options {
    let mut options = arguments.output.options(resolver.folder());
    if outputs.iter().any(Output::is_page) {
        let (timelines, n_runs) = trace::timelines(&run.results, RUNS_MAX);
        options.timelines = timelines;
        if n_runs > RUNS_MAX {
            say(format!(
                "looplint: the page draws {RUNS_MAX} of {n_runs} runs with findings; `looplint trace show` draws any"
            ));
        }
    }
    options
}

fn code(fails: bool, arguments: &cli::Check) -> ExitCode {
    if fails && !arguments.exit_zero {
        ExitCode::from(FOUND)
    } else {
        ExitCode::SUCCESS
    }
}

fn check_paths(
    arguments: &cli::Check,
    resolver: &Resolver,
    past: &Past,
    fixer: Option<Fixer>,
) -> Result<Run> {
    let mut run = Run::default();
    if is_stdin(arguments) {
        if arguments.paths.len() > 1 {
            let hint = "name the files in a run of their own";
            return Err(hinted("`-` is standard input and stands alone", hint));
        }
        let name = arguments.stdin_filename.as_deref();
        let Some(input) = run::stdin_input(name, resolver)? else {
            return Ok(run);
        };
        let bytes = run::stdin()?;
        // A deep tree needs the workers' stack.
        let pool = Pool::new(1);
        let text = fixer.is_some().then(|| bytes.clone());
        let checker = Checker {
            pool: &pool,
            past,
            fixer,
        };
        run.add([pool.run(|| run::stdin_of(&checker, &input, bytes))]);
        if let Some(text) = text.filter(|_| !arguments.fixing.diff) {
            let fixed = run.fixed.first().and_then(|fixed| fixed.bytes.as_ref());
            let mut out = io::stdout().lock();
            out.write_all(fixed.map_or(&text, |(_, after)| after))?;
            out.flush()?;
        }
        return Ok(run);
    }
    let (mut inputs, unread) = files::collect(&arguments.paths, resolver)?;
    past.keep_changed(&mut inputs);
    let pool = Pool::new(arguments.threads);
    let progress = Progress::new(inputs.len(), arguments.output.quiet);
    run.unread(unread);
    let checker = Checker {
        pool: &pool,
        past,
        fixer,
    };
    run.add(checker.files(&inputs, &progress));
    if run.files == 0 && run.results.is_empty() && !arguments.output.quiet {
        say(if past.is_of_git() {
            "looplint: no Python files or agent traces changed"
        } else {
            "looplint: no Python files or agent traces here"
        });
    }
    Ok(run)
}

fn is_stdin(arguments: &cli::Check) -> bool {
    arguments.paths.iter().any(|path| path.as_os_str() == "-")
}

/// Tells of [[ignore]] entries that hold no longer.
fn expired(config: &Config) {
    let today = quiet::today();
    for entry in &config.ignores {
        if let Some((year, month, day)) = entry.expires.filter(|_| !quiet::holds_on(entry, today)) {
            say(format!(
                "looplint: {}: this [[ignore]] of `{}` expired on {year:04}-{month:02}-{day:02}",
                entry.place, entry.rule
            ));
        }
    }
}

fn show_files(arguments: &cli::Check, resolver: &Resolver) -> Result<ExitCode> {
    let (inputs, _) = files::collect(&arguments.paths, resolver)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for input in inputs {
        writeln!(out, "{}", files::name(&input.path))?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn show_settings(arguments: &cli::Check, resolver: &Resolver) -> Result<ExitCode> {
    let path = match &arguments.stdin_filename {
        Some(name) if is_stdin(arguments) => name.as_path(),
        _ => arguments
            .paths
            .first()
            .map_or(Path::new("."), |path| path.as_path()),
    };
    let resolved = if path.is_dir() {
        resolver.for_folder(&resolver.absolute(path))
    } else {
        resolver.for_path(path)
    };
    let resolved = resolved.map_err(|errors| Errors::clone(&errors))?;
    let mut out = io::stdout().lock();
    writeln!(out, "# settings for {}", files::name(path))?;
    out.write_all(config::settings(&resolved).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
