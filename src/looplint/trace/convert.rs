//! `looplint trace convert`: runs written in another format.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use clap::builder::PossibleValuesParser;
use looplint_model::{Domain, Settings};
use looplint_trace::{Field, Traces, Writer};

use super::read;
use crate::tell::hinted;
use crate::{files, write};

/// Flags of `looplint trace convert`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  looplint trace convert session.jsonl --to native > run.json
  looplint trace convert run.json --to otlp --output run.otlp.json
  looplint trace convert runs.jsonl --to openai-chat --run 17")]
pub(crate) struct Arguments {
    /// The trace; `-` is standard input
    pub(crate) file: PathBuf,
    /// The format to write
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(Writer::ALL.map(Writer::name)))]
    pub(crate) to: String,
    /// The run to write, by id or number; all of them where none is named
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Writes the runs of a file in another format, and says on standard error what that format cannot carry.
///
/// # Errors
/// The file cannot be read or is no trace, there is no such run, several runs do not fit into one file of the format,
/// or the output cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Some(writer) = Writer::parse(&arguments.to) else {
        return Err(hinted(
            format!("no format `{}`", arguments.to),
            "--help lists them",
        ));
    };
    let name = files::name(&arguments.file);
    let converted = convert(
        &name,
        read::bytes(&arguments.file)?,
        writer,
        arguments.run.as_deref(),
    )?;
    if converted.n_runs > 1 && !writer.is_one_line() {
        let hint = format!("--run NAME chooses one of {}", converted.names.join(", "));
        return Err(hinted(
            format!(
                "{} runs in {name}, and a file of {} holds one",
                converted.n_runs,
                writer.name()
            ),
            hint,
        ));
    }
    if !converted.lost.is_empty() {
        eprintln!(
            "looplint: {} carries no {}; left out",
            writer.name(),
            converted.lost.join(", ")
        );
    }
    if converted.n_nameless > 0 {
        eprintln!(
            "looplint: {} ties results to calls by ids, and {} had none; these are made up: call_0, call_1 and so on",
            writer.name(),
            match converted.n_nameless {
                1 => "1 call".to_owned(),
                n => format!("{n} calls"),
            }
        );
    }
    match &arguments.output {
        Some(path) => write(path, &converted.text)?,
        None => {
            let mut out = io::stdout().lock();
            out.write_all(converted.text.as_bytes())?;
            out.flush()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &str) -> Result<()> {
    write::replace(path, text.as_bytes())
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Runs in another format.
#[derive(Default)]
struct Converted {
    text: String,
    n_runs: usize,
    names: Vec<String>,
    lost: Vec<&'static str>,
    /// Number of calls for which the format wants an id that the run does not have.
    n_nameless: usize,
}

fn convert(name: &str, bytes: Vec<u8>, writer: Writer, wanted: Option<&str>) -> Result<Converted> {
    let mut converted = Converted::default();
    let mut problems = Vec::new();
    let decoded = Traces::decode(name, bytes);
    problems.extend(
        decoded
            .problems
            .into_iter()
            .map(|problem| format!("{name}: {}", problem.message)),
    );
    for source in &decoded.sources {
        Traces::open(source, &Settings::default(), |document, source, _| {
            problems.extend(
                document.problems.iter().map(|problem| {
                    format!("{}: {}", read::place(source, problem), problem.message)
                }),
            );
            for run in &document.runs {
                converted.names.push(run.name());
                if wanted.is_some_and(|wanted| wanted != run.name()) {
                    continue;
                }
                converted.n_runs += 1;
                converted.text.push_str(&writer.write(run));
                if writer.needs_ids() {
                    let nameless = run.calls.iter().filter(|call| call.id.is_none());
                    converted.n_nameless += nameless.count();
                }
                let lost = Field::ALL
                    .into_iter()
                    .filter(|field| run.has(*field) && !writer.keeps().has(*field));
                converted.lost.extend(lost.map(Field::as_str));
            }
        });
    }
    for problem in &problems {
        eprintln!("looplint: {problem}");
    }
    converted.lost.sort_unstable();
    converted.lost.dedup();
    converted.names.truncate(10);
    match (converted.n_runs, wanted) {
        (0, Some(run)) if !converted.names.is_empty() => Err(hinted(
            format!("there is no run `{run}` in {name}"),
            format!("its runs are {}", converted.names.join(", ")),
        )),
        (0, _) => Err(hinted(
            format!("{name} holds no run"),
            "looplint trace validate says how a file is understood",
        )),
        _ => Ok(converted),
    }
}
