//! Explanations for an editor: one finding at a time, when somebody asks.
//!
//! On only where the command line of the server says so. The command line is the user's; configuration files and
//! settings of a folder are not looked at, so that a folder that is opened cannot make looplint send it anywhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use looplint_llm::client::{Event, Job, Outcome, block_on};
use looplint_llm::explain::Explanation;
use looplint_lsp::{Explained, Explainer, Stopper};
use looplint_model::{Finding, Source};

use super::explain::{name_in, prompts};
use super::setup::client;
use super::{Arguments, Wanted, runs};
use crate::tell::hinted;

/// Asks for an editor.
pub(crate) struct Desk {
    arguments: Arguments,
    /// US dollars that were spent in this session; a budget in money is for all of it.
    spent: Mutex<f64>,
}

impl Desk {
    /// A desk that asks whom the flags name.
    ///
    /// # Errors
    /// A flag makes no sense; nothing is opened yet.
    pub(crate) fn new(arguments: &Arguments) -> Result<Desk> {
        if arguments.dry_run {
            let hint = "`looplint check --explain --llm-dry-run` shows what an editor would send";
            return Err(hinted("an editor cannot show a dry run", hint));
        }
        Wanted::new(arguments, &BTreeMap::new())?.options()?;
        Ok(Desk {
            arguments: arguments.clone(),
            spent: Mutex::new(0.0),
        })
    }

    fn ask(
        &self,
        source: &Source,
        findings: &[&Finding],
        at: usize,
        stopper: &Stopper,
        on: &(dyn Fn(Option<&str>) + Sync),
    ) -> Result<Result<Explained, String>> {
        let written = BTreeMap::new();
        let mut setup = Wanted::new(&self.arguments, &written)?.setup()?;
        if let Ok(options) = &mut setup.options
            && let Some(usd) = &mut options.budget.usd
        {
            *usd = (*usd - *self.spent.lock().unwrap_or_else(PoisonError::into_inner)).max(0.0);
        }
        let redactor = setup.redactor;
        let client = match setup.options {
            Ok(options) => client(options)?,
            Err(why) => return Ok(Err(why)),
        };
        let place = findings.get(at).and_then(|finding| finding.run.as_ref());
        let texts = place.map(|_| runs::texts(source)).unwrap_or_default();
        let run = place.and_then(|place| texts.iter().find(|(name, _)| *name == place.run));
        let run = run.map(|(_, text)| text);
        let Some(prompt) = prompts(source, findings, run, &redactor)
            .into_iter()
            .nth(at)
            .flatten()
        else {
            return Ok(Err("The rule has no page.".into()));
        };
        let cancel = client.cancel();
        stopper.on_stop(move || cancel.cancel());
        let jobs = [Job::Explain(prompt)];
        let mut outcomes: Vec<Outcome> = block_on(client.run(&jobs, &|event| match event {
            Event::Delta { text, .. } => on(Some(&text)),
            Event::Restart { .. } => on(None),
            Event::Done { .. } | Event::Failed { .. } | Event::Warning(_) => {}
        }))?;
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += client.spent();
        Ok(match outcomes.pop() {
            Some(Ok(answer)) => {
                let explanation = Explanation::generated(&answer.text, &answer.model);
                Ok(Explained {
                    text: explanation.text,
                    note: explanation.note,
                })
            }
            Some(Err(why)) => Err(format!("No language model answered: {why}.")),
            None => Err("No language model answered.".into()),
        })
    }
}

impl Explainer for Desk {
    fn explain(
        &self,
        source: &Source,
        place: (&Path, Option<&Path>),
        findings: &[Finding],
        at: usize,
        stopper: &Stopper,
        on: &(dyn Fn(Option<&str>) + Sync),
    ) -> Result<Explained, String> {
        let mut named = Source::new(name_in(place.1, place.0), source.text.clone());
        named.layout = source.layout.clone();
        let run = |finding: &Finding| finding.run.as_ref().map(|place| place.run.clone());
        let own = findings.get(at).map(run).unwrap_or_default();
        // Of a file with several runs, those of the same one: as many as the terminal would ask about together.
        let members: Vec<usize> = (0..findings.len())
            .filter(|&other| run(&findings[other]) == own)
            .collect();
        let of_run: Vec<&Finding> = members.iter().map(|&other| &findings[other]).collect();
        let at = members.iter().position(|&other| other == at).unwrap_or(0);
        self.ask(&named, &of_run, at, stopper, on)
            .unwrap_or_else(|error| Err(format!("{error:#}")))
    }
}
