//! Runs as the reports draw them, turn by turn.
//!
//! Knows runs and what of a checked text was kept. Does not know what is drawn of them.

use std::collections::HashSet;
use std::io::{Read, Seek};
use std::path::Path;

use looplint_model::{Checked, Domain, Layout, Settings, Source};
use looplint_report::{Call, Timeline, Turn};
use looplint_trace::{Trace, Traces, TurnKind};

use super::read::role;
use crate::files;

/// The first `n_max` runs in `files` that have findings, as timelines; and how many runs have findings.
/// A text of which only a part was kept is read again.
pub(crate) fn timelines(files: &[Checked], n_max: usize) -> (Vec<Timeline>, usize) {
    let settings = Settings::default();
    let mut drawn = Vec::new();
    let mut n_runs = 0;
    for file in files {
        let named: HashSet<&str> = file
            .findings
            .iter()
            .filter_map(|finding| Some(finding.run.as_ref()?.run.as_str()))
            .collect();
        n_runs += named.len();
        if named.is_empty() || drawn.len() >= n_max {
            continue;
        }
        let again = again(&file.source);
        Traces::open(
            again.as_ref().unwrap_or(&file.source),
            &settings,
            |document, source, _| {
                let runs = document.runs.iter();
                let wanted = runs.filter(|run| named.contains(run.name().as_str()));
                let room = n_max - drawn.len();
                drawn.extend(wanted.take(room).map(|run| timeline(run, source)));
            },
        );
    }
    (drawn, n_runs)
}

/// The whole of a text of which only a part was kept, where its file still has it.
fn again(kept: &Source) -> Option<Source> {
    let Layout::Pieces { of, n_bytes, .. } = &kept.layout else {
        return None;
    };
    // A member of an archive is named `archive!member`.
    let ends = kept.name.match_indices('!').map(|(at, _)| at);
    let mut paths = ends
        .chain([kept.name.len()])
        .map(|end| Path::new(&kept.name[..end]));
    let path = paths.find(|path| path.is_file())?;
    let bytes = match **of {
        Layout::Part { bytes_before, .. } => {
            let mut file = std::fs::File::open(path).ok()?;
            file.seek(std::io::SeekFrom::Start(bytes_before)).ok()?;
            let mut bytes = Vec::new();
            file.take(*n_bytes).read_to_end(&mut bytes).ok()?;
            bytes
        }
        _ => std::fs::read(path).ok()?,
    };
    let sources = Traces::decode(&files::name(path), bytes).sources;
    let mut source = sources
        .into_iter()
        .find(|source| source.name == kept.name)?;
    source.layout = (**of).clone();
    Some(source)
}

/// A run with all its turns.
pub(super) fn timeline(run: &Trace<'_>, source: &Source) -> Timeline {
    let turns = run.turns.iter().enumerate().map(|(at, turn)| Turn {
        number: turn.number,
        role: if turn.kind == TurnKind::Thought {
            "thought"
        } else {
            role(turn.role)
        }
        .to_owned(),
        agent: turn.agent.as_deref().unwrap_or("").to_owned(),
        text: turn.content.text.to_string(),
        calls: run
            .calls_of(at)
            .iter()
            .map(|call| Call {
                name: call.name.text.to_string(),
                arguments: call
                    .arguments
                    .as_ref()
                    .map_or(String::new(), |json| json.raw.text.to_string()),
                result: call
                    .result
                    .as_ref()
                    .map_or(String::new(), |result| result.content.text.to_string()),
                failed: call
                    .result
                    .as_ref()
                    .and_then(|result| result.failed)
                    .unwrap_or(false),
                milliseconds: call.latency_ms.map(|ms| ms as u64),
            })
            .collect(),
        tokens: turn.tokens.output.or(turn.tokens.input),
        span: turn.span,
    });
    Timeline {
        source: source.name.clone(),
        run: run.name(),
        goal: run
            .goal
            .as_ref()
            .map_or(String::new(), |goal| goal.text.to_string()),
        outcome: run.outcome.as_ref().map_or(String::new(), |outcome| {
            let word = if outcome.passed { "passed" } else { "failed" };
            format!("{word} ({})", outcome.known_from)
        }),
        turns: turns.collect(),
    }
}
