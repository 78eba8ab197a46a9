//! Which findings are the same as older ones: by rule and the text of the line, so that lines may move.
//!
//! Findings in runs are known by the run's id and the turn. Equal ones are counted.

use std::collections::HashMap;

use looplint_model::{Checked, Finding, Source};

/// A line of more bytes is data; the found text stands for it.
const LINE_BYTES_MAX: usize = 4096;

/// What makes a finding the same one in another version of its file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Identity {
    /// The rule.
    pub(crate) rule: String,
    /// What is there.
    pub(crate) mark: Mark,
}

/// What is at a finding's place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// The text of its line, without blanks around.
    Text(String),
    /// A turn of a run.
    Turn(String, i64),
}

/// Older findings of one file, with how many there were of each.
pub(crate) type Known = HashMap<Identity, usize>;

/// What makes `finding` the same one in another version of `source`.
pub(crate) fn identity(source: &Source, finding: &Finding) -> Identity {
    let mark = match &finding.run {
        Some(place) => Mark::Turn(place.run.clone(), place.turn),
        None => {
            let lines = source.lines();
            let line = lines.span(&source.text, lines.line(finding.span.start));
            let text = if line.len() as usize > LINE_BYTES_MAX {
                clip(source.slice(finding.span))
            } else {
                source.slice(line)
            };
            Mark::Text(text.trim().to_owned())
        }
    };
    Identity {
        rule: finding.rule.to_owned(),
        mark,
    }
}

fn clip(text: &str) -> &str {
    let end = (0..=text.len().min(LINE_BYTES_MAX))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

/// Counts the findings of a file.
pub(crate) fn count(checked: &[Checked]) -> Known {
    let mut known = Known::new();
    for checked in checked {
        for finding in &checked.findings {
            *known.entry(identity(&checked.source, finding)).or_default() += 1;
        }
    }
    known
}

/// What either knows.
pub(crate) fn either(mut a: Known, b: Known) -> Known {
    for (identity, n) in b {
        let entry = a.entry(identity).or_default();
        *entry = n.max(*entry);
    }
    a
}

/// Takes the known findings out of a file's; what is left of `known` is no longer found.
/// Of equal findings the first ones in the text count as the known ones.
pub(crate) fn subtract(checked: &mut [Checked], known: &mut Known) -> usize {
    let mut n = 0;
    if known.is_empty() {
        return n;
    }
    for checked in checked {
        let Checked {
            source, findings, ..
        } = checked;
        findings.retain(|finding| match known.get_mut(&identity(source, finding)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                n += 1;
                false
            }
            _ => true,
        });
    }
    known.retain(|_, left| *left > 0);
    n
}
