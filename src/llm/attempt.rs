//! One call to one model: what is sent, and the reading of what comes back.
//!
//! Knows bodies and streams through the wire. Does not know retries, budgets or the cache's place.

use crate::answer::Cleaner;
use crate::catalogue::Model;
use crate::client::Job;
use crate::failure::Failure;
use crate::prompt::digest;
use crate::provider::Provider;
use crate::redact::Redactor;
use crate::transport::{Reply, Transport};
use crate::wire::{Finish, Lines, Reading, Request, Usage};

/// Changes when answers that were kept must not be used any more.
const CACHE_VERSION: &str = "looplint-llm 1";

pub(crate) struct Attempt<'a> {
    pub(crate) model: &'a Model,
    pub(crate) provider: &'a Provider,
    pub(crate) job: &'a Job,
    pub(crate) slot: Option<u32>,
    pub(crate) redactor: &'a Redactor,
}

/// What came back.
pub(crate) struct Sent {
    pub(crate) text: String,
    pub(crate) usage: Usage,
}

impl Attempt<'_> {
    fn body(&self, slot: Option<u32>) -> String {
        let schema = match self.job {
            Job::Explain(_) => None,
            Job::Judge(question) => Some(&question.schema),
        };
        let request = Request {
            model: &self.model.id,
            prompt: self.job.prompt(),
            output_max: (self.job.output() + self.model.thinking).min(self.model.output_max),
            temperature: self.model.temperature.then_some(0.0),
            schema,
            flavour: self.provider.flavour(),
            slot,
        };
        request.body(self.provider.dialect)
    }

    /// Names what is asked of whom: the address and the exact body, which holds the model, all sampling
    /// parameters and the prompt. A slot changes nothing about the answer and is left out.
    pub(crate) fn cache_key(&self) -> String {
        digest(&[CACHE_VERSION, &self.provider.url(), &self.body(None)])
    }

    /// Exactly what would be sent, with the key left out.
    pub(crate) fn printed(&self) -> String {
        let mut out = format!("POST {}\n", self.provider.url());
        for (name, value, key) in self.provider.headers() {
            let key = key
                .map(|key| format!("[key from {}]", key.from()))
                .unwrap_or_default();
            out.push_str(&format!("{name}: {value}{key}\n"));
        }
        out.push_str(&format!("\n{}\n\n", self.body(self.slot)));
        out
    }

    /// Sends it and reads the answer, showing an explanation as it comes.
    pub(crate) async fn send(
        &self,
        transport: &Transport,
        cleaner: &mut Cleaner,
        mut show: impl FnMut(String),
    ) -> Result<Sent, Failure> {
        let mut reply = transport
            .send(
                self.provider,
                &self.provider.url(),
                Some(self.body(self.slot)),
            )
            .await?;
        if reply.status != 200 {
            let body = reply.text().await.unwrap_or_default();
            return Err(Failure::of_status(
                reply.status,
                reply.retry_after,
                &body,
                self.redactor,
            ));
        }
        let is_explained = matches!(self.job, Job::Explain(_));
        let reading = if reply.is_stream {
            self.read_stream(&mut reply, |delta| {
                if is_explained {
                    show(cleaner.push(delta));
                }
            })
            .await?
        } else {
            let reading =
                Reading::whole(self.provider.dialect, &reply.text().await?, self.redactor)?;
            if is_explained {
                show(cleaner.push(&reading.text));
            }
            reading
        };
        let reading = reading.close()?;
        let text = match self.job {
            Job::Explain(_) => {
                show(cleaner.finish(reading.finish == Some(Finish::Length)));
                cleaner.text().to_owned()
            }
            Job::Judge(question) => {
                question.parse(&reading.text).map_err(Failure::Malformed)?;
                self.redactor
                    .literals()
                    .fold(reading.text.trim().to_owned(), |text, key| {
                        text.replace(key, "[redacted:key]")
                    })
            }
        };
        if text.is_empty() {
            return Err(Failure::Malformed("an answer without words".into()));
        }
        let usage = self.counted(reading.usage, &text);
        Ok(Sent { text, usage })
    }

    async fn read_stream(
        &self,
        reply: &mut Reply,
        mut on_delta: impl FnMut(&str),
    ) -> Result<Reading, Failure> {
        let mut lines = Lines::default();
        let mut reading = Reading::default();
        let dialect = self.provider.dialect;
        while !reading.done {
            let events = match reply.piece().await? {
                Some(piece) => lines.push(&piece)?,
                None => {
                    if let Some(last) = lines.finish() {
                        // Half an event at the end is what a broken line looks like.
                        let delta = reading
                            .event(dialect, &last, self.redactor)
                            .map_err(|_| Failure::Truncated)?;
                        on_delta(&delta);
                    }
                    break;
                }
            };
            for event in events {
                let delta = reading.event(dialect, &event, self.redactor)?;
                if !delta.is_empty() {
                    on_delta(&delta);
                }
            }
        }
        Ok(reading)
    }

    /// The server's counts; where it gives none, bounds, so that money is never booked as nothing.
    fn counted(&self, usage: Usage, text: &str) -> Usage {
        if usage.prompt > 0 || usage.completion > 0 {
            return usage;
        }
        let counter = self.model.counter();
        let prompt = self.job.prompt().need(0, &[counter]).prompt(self.model);
        Usage {
            prompt,
            completion: counter.count(text) as u64,
            ..usage
        }
    }
}
