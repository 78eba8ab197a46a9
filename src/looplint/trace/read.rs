//! From a trace file to its runs, each with its findings and verdict, as plain data.

use std::io::{Read, Seek};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use looplint_engine::{Pool, Table};
use looplint_llm::run::RunText;
use looplint_model::{
    Columns, Domain, Finding, Layout, Problem, RunCost, Settings, Severity, Source, Span,
};
use looplint_report::Timeline;
use looplint_trace::{Field, Role, Trace, Traces};

use super::drawn::timeline;
use crate::config::{self, Config, Errors, Resolved, Resolver};
use crate::llm::judge::Judged;
use crate::llm::runs;
use crate::run::Parts;
use crate::{files, select};

/// Characters of a turn in a preview.
const PREVIEW: usize = 100;

/// A run of a file, with all that the commands say of it.
#[derive(Debug)]
pub(crate) struct Run {
    /// The file's name, as reports write it.
    pub(crate) file: String,
    /// The run's id or number.
    pub(crate) name: String,
    /// The format's name.
    pub(crate) format: &'static str,
    /// What was asked for.
    pub(crate) goal: String,
    /// What came out.
    pub(crate) result: String,
    /// What the run says of its outcome, and where it says so.
    pub(crate) outcome: Option<(bool, String)>,
    /// The turns.
    pub(crate) turns: Vec<TurnText>,
    /// Number of calls.
    pub(crate) n_calls: usize,
    /// Why each absent field is absent.
    pub(crate) lacks: Vec<(Field, String)>,
    /// The findings, in causal order: the root first.
    pub(crate) findings: Vec<Finding>,
    /// The root's place in `findings`.
    pub(crate) root: Option<usize>,
    /// The best finding of each other mode, as places in `findings`.
    pub(crate) also: Vec<usize>,
    /// The number of the turn to look at first where nothing says why the run failed.
    pub(crate) suspect: Option<i64>,
    /// The agent of that turn.
    pub(crate) suspect_agent: String,
    /// What all findings together wasted.
    pub(crate) waste: RunCost,
    /// The run as the reports draw it.
    pub(crate) timeline: Timeline,
    /// All that was said in it, where somebody asked for that.
    pub(crate) text: Option<RunText>,
    /// What the judge says of it, where it was asked for.
    pub(crate) judged: Option<Judged>,
}

/// A turn in short.
#[derive(Debug)]
pub(crate) struct TurnText {
    /// Its number, as the run counts.
    pub(crate) number: i64,
    /// Who speaks: the role, and the agent's name where it has one.
    pub(crate) who: String,
    /// The agent's name.
    pub(crate) agent: String,
    /// The first words.
    pub(crate) preview: String,
    /// All of its text.
    pub(crate) span: Span,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct File {
    /// Its texts: one, or the members of an archive.
    pub(crate) sources: Vec<Source>,
    /// Its runs, with the place of their text in `sources`.
    pub(crate) runs: Vec<(usize, Run)>,
    /// What could not be understood, each with its place in words.
    pub(crate) problems: Vec<(Problem, String)>,
}

/// The selected trace rules and the settings.
pub(crate) struct Reader {
    table: Table<Traces>,
    settings: Settings,
    resolved: Arc<Resolved>,
    with_text: bool,
    timelines: bool,
}

impl Reader {
    /// A reader with the rules and settings of the configuration here.
    ///
    /// # Errors
    /// The configuration is wrong.
    pub(crate) fn here(arguments: &config::Arguments) -> Result<Reader> {
        let resolver = Resolver::here(arguments)?;
        let project = resolver
            .project()
            .map_err(|errors| Errors::clone(&errors))?;
        let chosen = project
            .config
            .selection
            .chosen(&looplint_rules::trace::RULES);
        Ok(Reader {
            table: Table::new(chosen, select::ids()),
            settings: project.config.settings.clone(),
            resolved: project,
            with_text: false,
            timelines: true,
        })
    }

    /// The same reader, which keeps what was said in a run.
    pub(crate) fn with_text(self, with_text: bool) -> Reader {
        Reader { with_text, ..self }
    }

    /// The same reader, for those who draw no run: [`Run::timeline`] stays empty.
    pub(crate) fn without_timelines(self) -> Reader {
        Reader {
            timelines: false,
            ..self
        }
    }

    /// Hands the runs of a file on, part by part where the file is large and its lines stand for themselves, so that
    /// memory stays bounded. `take` is called in the order of the file.
    ///
    /// # Errors
    /// The file cannot be read, or `take` fails.
    pub(crate) fn each<R: Send>(
        &self,
        path: &Path,
        pool: &Pool,
        brief: impl Fn(File) -> R + Sync,
        mut take: impl FnMut(R) -> Result<()>,
    ) -> Result<()> {
        let name = files::name(path);
        let unreadable = || format!("{name} cannot be read");
        if name == "-" {
            return take(brief(self.file(path)?));
        }
        let mut file = std::fs::File::open(path).with_context(unreadable)?;
        let size = file.metadata().with_context(unreadable)?.len();
        let mut head = Vec::new();
        Read::by_ref(&mut file)
            .take(files::HEAD_BYTES)
            .read_to_end(&mut head)
            .with_context(unreadable)?;
        if !Parts::wanted(size, Traces::cuttable(&name, &head)) {
            drop(file);
            return take(brief(self.file(path)?));
        }
        file.rewind().with_context(unreadable)?;
        let mut parts = Parts::of(file);
        loop {
            let batch = parts.next_batch().with_context(unreadable)?;
            if batch.is_empty() {
                return Ok(());
            }
            let each = pool.map_owned(batch, |(layout, part)| {
                brief(self.part(&name, part, &layout))
            });
            each.into_iter().try_for_each(&mut take)?;
        }
    }

    /// What holds here.
    pub(crate) fn config(&self) -> &Config {
        &self.resolved.config
    }

    /// Reads a file, or standard input for `-`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn file(&self, path: &Path) -> Result<File> {
        let bytes = bytes(path)?;
        Ok(self.bytes(&files::name(path), bytes))
    }

    fn bytes(&self, name: &str, bytes: Vec<u8>) -> File {
        self.part(name, bytes, &Layout::Whole)
    }

    fn part(&self, name: &str, bytes: Vec<u8>, layout: &Layout) -> File {
        let decoded = Traces::decode(name, bytes);
        let mut file = File {
            sources: Vec::new(),
            runs: Vec::new(),
            problems: Vec::new(),
        };
        file.problems.extend(
            decoded
                .problems
                .into_iter()
                .map(|problem| (problem, name.to_owned())),
        );
        for (at, mut source) in decoded.sources.into_iter().enumerate() {
            if source.layout == Layout::Whole {
                source.layout = layout.clone();
            }
            let (outcome, runs) =
                self.table
                    .check_with(&source, &self.settings, |document, findings| {
                        document
                            .runs
                            .iter()
                            .map(|run| Run {
                                text: self.with_text.then(|| runs::text(run)),
                                timeline: match self.timelines {
                                    true => timeline(run, &source),
                                    false => Timeline::default(),
                                },
                                ..describe(run, findings, &source)
                            })
                            .collect::<Vec<Run>>()
                    });
            file.problems
                .extend(outcome.problems.into_iter().map(|problem| {
                    let place = place(&source, &problem);
                    (problem, place)
                }));
            file.runs.extend(runs.into_iter().map(|run| (at, run)));
            file.sources.push(source);
        }
        file
    }

    /// Reads a file that must hold a run.
    ///
    /// # Errors
    /// It cannot be read, or it is no trace: the message names the place of the first problem.
    pub(crate) fn trace(&self, path: &Path) -> Result<File> {
        let file = self.file(path)?;
        if file.runs.is_empty() {
            let name = files::name(path);
            match file.problems.first() {
                Some((problem, place)) => bail!("{place}: {}", problem.message),
                None => bail!("{name}: this is no agent trace that looplint knows"),
            }
        }
        Ok(file)
    }
}

/// The bytes of a file, or of standard input for `-`.
///
/// # Errors
/// It cannot be read.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>> {
    let name = files::name(path);
    if name != "-" {
        return std::fs::read(path).with_context(|| format!("{name} cannot be read"));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .context("standard input cannot be read")?;
    Ok(bytes)
}

/// `file:line:column` of a problem.
pub(crate) fn place(source: &Source, problem: &Problem) -> String {
    match problem.span {
        Some(span) => {
            let position = source.position(span.start, Columns::Utf32);
            format!("{}:{}:{}", source.name, position.line, position.column)
        }
        None => source.name.clone(),
    }
}

fn describe(run: &Trace<'_>, findings: &[Finding], source: &Source) -> Run {
    let verdict = run.verdict(findings, order);
    let mut own: Vec<&Finding> = verdict.root.into_iter().collect();
    own.extend(findings.iter().filter(|finding| {
        let here = finding
            .run
            .as_ref()
            .is_some_and(|place| place.run == run.name());
        here && verdict
            .root
            .is_none_or(|root| !std::ptr::eq(root, *finding))
    }));
    let at = |wanted: &Finding| {
        own.iter()
            .position(|finding| std::ptr::eq(*finding, wanted))
    };
    let turns: Vec<TurnText> = (0..run.turns.len()).map(|at| turn_text(run, at)).collect();
    let suspect = verdict.suspect.map(|at| &run.turns[at]);
    Run {
        file: source.name.clone(),
        name: run.name(),
        format: run.format.name(),
        goal: run
            .goal
            .as_ref()
            .map_or(String::new(), |goal| goal.text.to_string()),
        result: run
            .final_result
            .as_ref()
            .map_or(String::new(), |result| result.text.to_string()),
        outcome: run
            .outcome
            .as_ref()
            .map(|outcome| (outcome.passed, outcome.known_from.to_string())),
        n_calls: run.calls.len(),
        lacks: Field::ALL
            .into_iter()
            .filter_map(|field| Some((field, run.lacks(field)?)))
            .collect(),
        root: verdict.root.and_then(at),
        also: verdict
            .also
            .iter()
            .filter_map(|finding| at(finding))
            .collect(),
        suspect: suspect.map(|turn| turn.number),
        suspect_agent: suspect
            .and_then(|turn| turn.agent.as_deref())
            .unwrap_or("")
            .to_owned(),
        waste: verdict.waste,
        findings: own.iter().map(|finding| (*finding).clone()).collect(),
        timeline: Timeline::default(),
        turns,
        text: None,
        judged: None,
    }
}

/// The causal order that a rule's page states.
pub(crate) fn order(rule: &str) -> u32 {
    let rules = &looplint_rules::trace::RULES;
    rules
        .binary_search_by_key(&rule, |rule| rule.id)
        .map_or(100, |at| rules[at].page().order)
}

fn turn_text(run: &Trace<'_>, at: usize) -> TurnText {
    let turn = &run.turns[at];
    let agent = turn.agent.as_deref().unwrap_or("");
    let calls = run
        .calls_of(at)
        .iter()
        .map(|call| format!("{}(..)", call.name.text));
    // No more words than a preview can hold: each takes a character and a blank.
    let words = turn.content.text.split_whitespace().take(PREVIEW);
    let words = words.collect::<Vec<_>>().join(" ");
    let all: Vec<String> = std::iter::once(words)
        .chain(calls)
        .filter(|part| !part.is_empty())
        .collect();
    TurnText {
        number: turn.number,
        who: if agent.is_empty() {
            role(turn.role).to_owned()
        } else {
            format!("{} {agent}", role(turn.role))
        },
        agent: agent.to_owned(),
        preview: short(&all.join(" | "), PREVIEW),
        span: turn.span,
    }
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Agent => "agent",
        Role::Tool => "tool",
    }
}

/// At most `n` characters of a text.
pub(crate) fn short(text: &str, n: usize) -> String {
    match text.char_indices().nth(n) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// `hard`, `warn` or `info`, as gates name them.
pub(crate) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "hard",
        Severity::Warning => "warn",
        Severity::Info => "info",
    }
}
