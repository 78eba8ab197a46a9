//! `looplint check --explain`: findings to questions, answers to the report.
//!
//! All findings of one file, and all of one run, are asked about with the same beginning.
//! Does not know how a report looks; findings stay as they are.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use clap::Args;
use looplint_llm::client::{Client, Event, Job, Outcome, Stop, block_on};
use looplint_llm::explain::{self, Topic};
use looplint_llm::prompt::Prompt;
use looplint_llm::redact::Redactor;
use looplint_llm::run::RunText;
use looplint_model::{Finding, Page, Source};
use looplint_report::{Explanation, Found, Report, write_finding};

use super::live::{End, Live, Shown};
use super::{Wanted, runs, tell_failures, tell_usage};
use crate::config::Config;
use crate::select;
use crate::tell::{hinted, say};

/// Tokens of a run that is shown with its findings.
const RUN_TOKENS: usize = 12_000;

/// Flags for explanations.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Explanations")]
#[group(skip)]
pub(crate) struct Arguments {
    /// Have a language model explain each finding: why here, how much, how to change it; the code is sent to it
    #[arg(long, conflicts_with = "statistics")]
    pub(crate) explain: bool,
    /// Explain only so many findings, the worst ones; 0 for all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) explain_max: usize,
    /// Put explanations that a model wrote into SARIF too
    #[arg(long, requires = "explain")]
    pub(crate) explain_in_sarif: bool,
    #[command(flatten)]
    pub(crate) llm: super::Arguments,
}

/// What came of it.
pub(crate) enum Done {
    /// Only what would be sent was to be shown: this.
    DryRun(String),
    /// Explanations are in the report's options; where findings were written at once, how that went.
    Explained(io::Result<()>),
}

impl Arguments {
    /// Whether explanations are wanted.
    ///
    /// # Errors
    /// A dry run is wanted of nothing.
    pub(crate) fn is_on(&self) -> Result<bool> {
        if self.llm.dry_run && !self.explain {
            let hint = "add --explain; without it nothing is sent at all";
            return Err(hinted(
                "--llm-dry-run shows what --explain would send",
                hint,
            ));
        }
        Ok(self.explain)
    }
}

/// Explains the findings of a report. With `live` findings are written to standard output, each with its
/// explanation as it comes.
///
/// # Errors
/// Flags or configuration make no sense.
pub(crate) fn run(
    arguments: &Arguments,
    config: &Config,
    report: &mut Report<'_>,
    live: bool,
    quiet: bool,
) -> Result<Done> {
    let wanted = Wanted::new(&arguments.llm, &config.llm)?;
    let found = report.found();
    if found.is_empty() {
        // A mistake in the flags is one all the same; nobody is asked anything.
        wanted.options()?;
        return Ok(match arguments.llm.dry_run {
            true => Done::DryRun(String::new()),
            false => Done::Explained(Ok(())),
        });
    }
    let setup = wanted.setup()?;
    let redactor = setup.redactor.clone();
    let address = setup.options.as_ref().ok().and_then(|options| {
        let provider = options.providers.first()?;
        (options.providers.len() == 1).then(|| provider.base.clone())
    });
    let client = setup.client()?;
    let n_max = match arguments.explain_max {
        0 => found.len(),
        n => n.min(found.len()),
    };
    let asked: Vec<(usize, Job)> = match &client {
        Ok(_) => jobs(&found, n_max, &redactor),
        Err(_) => Vec::new(),
    };
    if arguments.llm.dry_run {
        return dry_run(client, &asked);
    }
    if !quiet {
        announce(client.as_ref().err(), address, n_max, found.len());
    }
    let mut ends: Vec<End> = vec![End::Without; found.len()];
    for (at, _) in &asked {
        ends[*at] = End::Open;
    }
    if let Err(why) = &client {
        for (end, found) in ends.iter_mut().zip(&found).take(n_max) {
            *end = from_page(found.finding.rule, why);
        }
    }
    let live = live
        .then(|| live_output(report, &found, &ends))
        .transpose()?;
    let done = match client {
        Ok(client) => ask(&client, &asked, &found, live, quiet)?,
        Err(_) => Asked {
            ends: Vec::new(),
            written: live.map_or(Ok(()), Live::finish),
        },
    };
    for (at, end) in done.ends {
        ends[at] = end;
    }
    for (end, found) in ends.into_iter().zip(&found) {
        if let End::With(explanation) = end {
            report.options.explanations.insert(found.key, explanation);
        }
    }
    report.options.explain_in_sarif = arguments.explain_in_sarif;
    Ok(Done::Explained(done.written))
}

/// Says who is asked, and what about.
fn announce(nobody: Option<&String>, address: Option<String>, n_max: usize, n_found: usize) {
    match (nobody, address) {
        (Some(why), _) => say(format!(
            "looplint: {why} Pages of rules explain the findings."
        )),
        (None, Some(address)) => say(format!("looplint: explanations are asked for at {address}")),
        (None, None) => {}
    }
    if n_max < n_found {
        let more = n_found - n_max;
        say(format!(
            "looplint: the worst {n_max} findings are explained, {more} more are not; --explain-max 0 explains all"
        ));
    }
}

fn dry_run(client: Result<Client, String>, asked: &[(usize, Job)]) -> Result<Done> {
    let jobs: Vec<Job> = asked.iter().map(|(_, job)| job.clone()).collect();
    match client {
        Ok(client) => client
            .dry_run(&jobs)
            .map(Done::DryRun)
            .map_err(|why| hinted(why, "")),
        Err(why) => {
            say(format!("looplint: {why} Nothing would be sent."));
            Ok(Done::DryRun(String::new()))
        }
    }
}

fn live_output(report: &Report<'_>, found: &[Found<'_>], ends: &[End]) -> io::Result<Live> {
    let mut shown = Vec::with_capacity(found.len());
    for (found, end) in found.iter().zip(ends) {
        let mut text = Vec::new();
        write_finding(report, found, &mut text)?;
        shown.push(Shown {
            rule: found.finding.rule,
            text,
            words: String::new(),
            end: end.clone(),
        });
    }
    let out = Box::new(io::stdout());
    Ok(Live::new(shown, report.options.width, out))
}

/// How asking went.
struct Asked {
    /// How each explanation ended, by the finding's place.
    ends: Vec<(usize, End)>,
    /// How writing went, where findings were written meanwhile.
    written: io::Result<()>,
}

/// Asks models, and writes what comes where findings are written at once.
fn ask(
    client: &Client,
    asked: &[(usize, Job)],
    found: &[Found<'_>],
    live: Option<Live>,
    quiet: bool,
) -> Result<Asked> {
    let jobs: Vec<Job> = asked.iter().map(|(_, job)| job.clone()).collect();
    let rules: Vec<&'static str> = found.iter().map(|found| found.finding.rule).collect();
    let shared = Mutex::new((live, vec![String::new(); jobs.len()]));
    let cancel = client.cancel();
    let on = |event: Event| {
        let mut state = lock(&shared);
        let (live, words) = &mut *state;
        let (job, end) = match &event {
            Event::Warning(why) => return say(format!("looplint: {why}")),
            Event::Delta { job, text } => {
                words[*job].push_str(text);
                (*job, None)
            }
            Event::Restart { job } => {
                words[*job].clear();
                (*job, None)
            }
            Event::Done { job, model } => (*job, Some(generated(&words[*job], model))),
            Event::Failed { job, why } => (*job, Some(failed(rules[asked[*job].0], why))),
        };
        let Some(live) = live else { return };
        live.take(asked[job].0, &event);
        if let Some(end) = end {
            live.end(asked[job].0, end);
        }
        if live.is_gone() {
            // Nobody reads; what is under way is not worth waiting for.
            cancel.cancel();
        }
    };
    let outcomes: Vec<Outcome> = block_on(async {
        client.cancel().on_ctrl_c();
        client.run(&jobs, &on).await
    })?;
    let ends = asked.iter().zip(&outcomes).map(|((at, _), outcome)| {
        let end = match outcome {
            Ok(answer) => generated(&answer.text, &answer.model),
            Err(why) => failed(rules[*at], why),
        };
        (*at, end)
    });
    let ends = ends.collect();
    let (live, _) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    let written = live.map_or(Ok(()), Live::finish);
    if !quiet {
        tell_usage(("explanation", "explanations"), client, &outcomes);
    }
    tell_failures(&outcomes);
    Ok(Asked { ends, written })
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn generated(text: &str, model: &str) -> End {
    End::With(plain(explain::Explanation::generated(text, model)))
}

fn failed(rule: &'static str, why: &Stop) -> End {
    match why {
        Stop::Cancelled => End::Without,
        why => from_page(rule, &format!("No language model answered: {why}.")),
    }
}

fn from_page(rule: &'static str, why: &str) -> End {
    match select::find(rule) {
        Some(page) => End::With(plain(explain::Explanation::from_page(page, why))),
        None => End::Without,
    }
}

fn plain(explanation: explain::Explanation) -> Explanation {
    Explanation {
        text: explanation.text,
        note: explanation.note,
        model: explanation.model,
    }
}

/// The questions about the first `n_max` findings, each with its place among them.
fn jobs(found: &[Found<'_>], n_max: usize, redactor: &Redactor) -> Vec<(usize, Job)> {
    let mut topics: Vec<((usize, &str), Vec<usize>)> = Vec::new();
    for (at, found) in found.iter().enumerate() {
        let run = found.finding.run.as_ref();
        let key = (found.key.0, run.map_or("", |place| place.run.as_str()));
        match topics.iter_mut().find(|(other, _)| *other == key) {
            Some((_, members)) => members.push(at),
            None => topics.push((key, vec![at])),
        }
    }
    let mut jobs: Vec<(usize, Job)> = Vec::new();
    let mut texts: BTreeMap<usize, Vec<(String, RunText)>> = BTreeMap::new();
    for (_, mut members) in topics.into_iter().filter(|(_, members)| members[0] < n_max) {
        // In the order of the file, so that an editor asks with the same words.
        members.sort_by_key(|&at| found[at].key);
        let findings: Vec<&Finding> = members.iter().map(|&at| found[at].finding).collect();
        let (first, source) = (findings[0], found[members[0]].source);
        let run = first.run.as_ref().and_then(|place| {
            // A file of many runs is read once, whatever the number of its runs that are asked about.
            let runs = texts
                .entry(found[members[0]].key.0)
                .or_insert_with(|| runs::texts(source));
            runs.iter().find(|(name, _)| *name == place.run)
        });
        let prompts = prompts(source, &findings, run.map(|(_, text)| text), redactor);
        let asked = members.into_iter().zip(prompts);
        jobs.extend(
            asked
                .filter_map(|(at, prompt)| Some((at, Job::Explain(prompt?))))
                .filter(|(at, _)| *at < n_max),
        );
    }
    jobs.sort_by_key(|(at, _)| *at);
    jobs
}

/// The prompt for each of these findings of one file, or of `run` in it; `None` for one whose rule has no page.
pub(super) fn prompts(
    source: &Source,
    findings: &[&Finding],
    run: Option<&RunText>,
    redactor: &Redactor,
) -> Vec<Option<Prompt>> {
    let with_page = findings
        .iter()
        .filter_map(|finding| Some((*finding, select::find(finding.rule)? as &Page)));
    let packed = run.and_then(|run| {
        let cited = runs::cited(findings.iter().copied());
        runs::packed(&run.redacted(redactor), &cited, RUN_TOKENS).ok()
    });
    let topic = Topic {
        source,
        run: packed.as_ref(),
        findings: with_page.collect(),
    };
    let mut prompts = explain::prompts(&topic, redactor).into_iter();
    let each = findings.iter().map(|finding| {
        select::find(finding.rule)?;
        prompts.next()
    });
    each.collect()
}

/// Prompts name files as reports do, so that a question is the same from the terminal and from an editor.
pub(super) fn name_in(folder: Option<&Path>, path: &Path) -> String {
    let relative = folder.and_then(|folder| path.strip_prefix(folder).ok());
    crate::files::name(relative.unwrap_or(path))
}
