//! `--judge`: asks a model about the runs that the rules left open.
//!
//! Knows which runs are open and what is believed. What a judge says stands beside the verdict of the rules and
//! changes nothing of it: no finding, no gate, no exit code.

use anyhow::Result;
use clap::Args;
use looplint_llm::client::{Job, block_on};
use looplint_llm::compare;
use looplint_llm::judge::{self, Question, Ruling, Standing};
use looplint_llm::pack::Packed;
use looplint_llm::run::RunText;
use looplint_model::Finding;
use serde_json::{Value, json};

use super::{Wanted, runs, tell_failures, tell_usage};
use crate::config::Config;
use crate::select;
use crate::tell::{hinted, say};

/// Flags for judging.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Judge")]
#[group(skip)]
pub(crate) struct Arguments {
    /// Have a language model judge the runs that the rules leave open; the run is sent to it
    #[arg(long)]
    pub(crate) judge: bool,
    /// A run is open where the best mode has a lower confidence than this, or two are tied
    #[arg(long, value_name = "CONFIDENCE", default_value_t = 0.6)]
    pub(crate) judge_below: f64,
    /// Tokens that a run is packed into
    #[arg(long, value_name = "N", default_value_t = 12_000)]
    pub(crate) judge_tokens: usize,
    #[command(flatten)]
    pub(crate) llm: super::Arguments,
}

/// A run for the judge.
pub(crate) struct Case<'c> {
    /// The run's words.
    pub(crate) text: &'c RunText,
    /// What the rules found in it.
    pub(crate) findings: Vec<&'c Finding>,
    /// What the run says of its outcome.
    pub(crate) passed: Option<bool>,
}

/// What the judge says of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Judged {
    /// The rules have settled it: why.
    Settled(String),
    /// It was open, why; and what the judge says of it, with the model's name.
    Ruled(String, Ruling, String),
    /// It was open, why; and why no answer counts.
    Dropped(String, String),
}

/// What came of it.
pub(crate) enum Done {
    /// Only what would be sent was to be shown: this.
    DryRun(String),
    /// For each run, in their order.
    Judged(Vec<Judged>),
}

impl Arguments {
    /// Whether judging is wanted.
    ///
    /// # Errors
    /// A dry run is wanted of nothing, or the confidence is none.
    pub(crate) fn is_on(&self) -> Result<bool> {
        if self.llm.dry_run && !self.judge {
            let hint = "add --judge; without it nothing is sent at all";
            return Err(hinted("--llm-dry-run shows what --judge would send", hint));
        }
        if !(0.0..=1.0).contains(&self.judge_below) {
            let what = format!("{} is no confidence", self.judge_below);
            return Err(hinted(
                what,
                "write a number from 0 to 1: --judge-below 0.6",
            ));
        }
        Ok(self.judge)
    }
}

/// A run that is asked about.
struct Asked {
    case: usize,
    run: RunText,
    packed: Packed,
    question: Question,
}

/// Judges runs.
///
/// # Errors
/// Flags or configuration make no sense.
pub(crate) fn run(arguments: &Arguments, config: &Config, cases: &[Case<'_>]) -> Result<Done> {
    let wanted = Wanted::new(&arguments.llm, &config.llm)?;
    let redactor = wanted.redactor();
    let modes = judge::modes(select::pages());
    let mut judged: Vec<Judged> = Vec::new();
    let mut asked: Vec<Asked> = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let standing = judge::standing(&case.findings, case.passed, arguments.judge_below);
        let (Standing::Open(why) | Standing::Settled(why)) = standing.clone();
        if !standing.is_open() {
            judged.push(Judged::Settled(why));
            continue;
        }
        let run = case.text.redacted(&redactor);
        let cited = runs::cited(case.findings.iter().copied());
        match runs::packed(&run, &cited, arguments.judge_tokens) {
            Ok(packed) => {
                let question =
                    judge::question(&run, &packed, &modes, &case.findings, &standing, &redactor);
                asked.push(Asked {
                    case: at,
                    run,
                    packed,
                    question,
                });
                judged.push(Judged::Dropped(why, "it was not asked about".into()));
            }
            Err(small) => judged.push(Judged::Dropped(why, small.to_string())),
        }
    }
    if asked.is_empty() {
        // A mistake in the flags is one all the same; nobody is asked anything.
        wanted.options()?;
        return Ok(match arguments.llm.dry_run {
            true => Done::DryRun(String::new()),
            false => Done::Judged(judged),
        });
    }
    let jobs: Vec<Job> = asked
        .iter()
        .map(|asked| Job::Judge(asked.question.clone()))
        .collect();
    let client = match wanted.setup()?.client()? {
        Ok(client) => client,
        Err(why) => {
            say(format!(
                "looplint: {why} The verdicts are those of the rules alone."
            ));
            for judged in &mut judged {
                if let Judged::Dropped(_, reason) = judged {
                    *reason = why.trim_end_matches('.').to_owned();
                }
            }
            return Ok(match arguments.llm.dry_run {
                true => Done::DryRun(String::new()),
                false => Done::Judged(judged),
            });
        }
    };
    if arguments.llm.dry_run {
        let text = client.dry_run(&jobs).map_err(|why| hinted(why, ""))?;
        return Ok(Done::DryRun(text));
    }
    let outcomes = block_on(async {
        client.cancel().on_ctrl_c();
        let warn = |event| {
            if let looplint_llm::client::Event::Warning(why) = event {
                say(format!("looplint: {why}"));
            }
        };
        client.run(&jobs, &warn).await
    })?;
    for (asked, outcome) in asked.iter().zip(&outcomes) {
        let Judged::Dropped(why, _) = &judged[asked.case] else {
            continue;
        };
        let why = why.clone();
        let ruling = match outcome {
            Ok(answer) => asked
                .question
                .parse(&answer.text)
                .and_then(|parsed| judge::verify(&parsed, &asked.run, &asked.packed))
                .map(|ruling| (ruling, answer.model.clone())),
            Err(stop) => Err(stop.to_string()),
        };
        judged[asked.case] = match ruling {
            Ok((ruling, model)) => Judged::Ruled(why, ruling, model),
            Err(reason) => Judged::Dropped(why, reason),
        };
    }
    tell_usage(("verdict", "verdicts"), &client, &outcomes);
    tell_failures(&outcomes);
    Ok(Done::Judged(judged))
}

/// Words of a run on one line, without what a terminal would obey.
fn shown(words: &str) -> String {
    let plain = words.replace(char::is_control, " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Judged {
    /// As JSON: `{asked, why, mode, turn, confidence, quote, quote_turn, reason, model, generated}`, or
    /// `{asked, why, dropped}`.
    pub(crate) fn json(&self) -> Value {
        match self {
            Judged::Settled(why) => json!({"asked": false, "why": why}),
            Judged::Dropped(why, reason) => json!({"asked": true, "why": why, "dropped": reason}),
            Judged::Ruled(why, ruling, model) => json!({
                "asked": true,
                "why": why,
                "mode": ruling.mode,
                "turn": ruling.turn,
                "confidence": f64::from(ruling.confidence) / 100.0,
                "quote": ruling.quote,
                "quote_turn": ruling.quote_turn,
                "reason": ruling.reason,
                "model": model,
                "generated": true,
            }),
        }
    }

    /// In lines for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Judged::Settled(_) => Vec::new(),
            Judged::Dropped(why, reason) => {
                vec![format!("judge: no verdict: {reason} (open, since {why})")]
            }
            Judged::Ruled(why, ruling, model) => {
                let mode = ruling.mode.as_deref().unwrap_or("no failure");
                vec![
                    format!(
                        "judge: {mode} at turn {}, confidence {:.2} (open, since {why})",
                        ruling.turn,
                        f64::from(ruling.confidence) / 100.0
                    ),
                    format!("  turn {}: \"{}\"", ruling.quote_turn, shown(&ruling.quote)),
                    format!("  {}", ruling.reason),
                    format!(
                        "  Generated by {model}; looplint checked that the quote stands in the run."
                    ),
                ]
            }
        }
    }

    /// As a verdict to compare; `None` where the judge gave none.
    pub(crate) fn verdict(&self, run: &str) -> Option<compare::Verdict> {
        let Judged::Ruled(_, ruling, _) = self else {
            return None;
        };
        Some(compare::Verdict {
            run: run.to_owned(),
            mode: ruling.mode.clone(),
            also: Vec::new(),
            confidence: f64::from(ruling.confidence) / 100.0,
        })
    }
}
