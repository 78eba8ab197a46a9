//! Runs of agents as text: what packing, the judge and explanations of runs are made from.
//!
//! Knows turns, calls and results. Does not know any trace format, or who reads the text.

use looplint_llm::pack::{Packed, TooSmall, pack};
use looplint_llm::run::{RunText, RunTurn};
use looplint_llm::tokens::Tokenizer;
use looplint_model::{Domain, Finding, Settings, Source};
use looplint_trace::{Role, Trace, Traces};

/// The runs in a text, by name.
pub(crate) fn texts(source: &Source) -> Vec<(String, RunText)> {
    Traces::open(source, &Settings::default(), |document, _, _| {
        let runs = document.runs.iter();
        runs.map(|run| (run.name(), text(run))).collect()
    })
}

/// A run as text.
pub(crate) fn text(run: &Trace<'_>) -> RunText {
    RunText {
        id: run.name(),
        goal: run
            .goal
            .as_ref()
            .map_or(String::new(), |goal| goal.text.to_string()),
        result: run
            .final_result
            .as_ref()
            .map(|result| result.text.to_string()),
        turns: (0..run.turns.len()).map(|at| turn(run, at)).collect(),
    }
}

fn turn(run: &Trace<'_>, at: usize) -> RunTurn {
    let turn = &run.turns[at];
    let mut parts: Vec<String> = Vec::new();
    if let Some(thinking) = &turn.thinking {
        parts.push(format!("[thinks] {}", thinking.text));
    }
    if !turn.content.text.is_empty() {
        parts.push(turn.content.text.to_string());
    }
    for call in run.calls_of(at) {
        let arguments = call.arguments.as_ref();
        let arguments = arguments.map_or("", |json| json.raw.text.as_ref());
        parts.push(format!("[calls] {}({arguments})", call.name.text));
    }
    for &call in &turn.results {
        let Some((call, result)) = run
            .calls
            .get(call)
            .and_then(|call| Some((call, call.result.as_ref()?)))
        else {
            continue;
        };
        let error = result
            .error
            .as_ref()
            .map_or("", |error| error.text.as_ref());
        let failed = match result.failed {
            Some(true) => " failed",
            _ => "",
        };
        let said: &str = result.content.text.as_ref();
        // Many formats say a result as the words of a turn.
        if !turn.content.text.contains(said) || said.is_empty() {
            parts.push(format!("[{} gave{failed}] {said}", call.name.text));
        } else if !failed.is_empty() {
            parts.push(format!("[{} failed]", call.name.text));
        }
        if !error.is_empty() && error != said {
            parts.push(format!("[error] {error}"));
        }
    }
    RunTurn {
        number: turn.number,
        role: match turn.role {
            Role::System => "system",
            Role::User => "user",
            Role::Agent => "assistant",
            Role::Tool => "tool",
        }
        .to_owned(),
        agent: turn.agent.as_deref().unwrap_or("").to_owned(),
        text: parts.join("\n"),
    }
}

/// The turns that findings cite.
pub(crate) fn cited<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Vec<i64> {
    let places = findings
        .into_iter()
        .filter_map(|finding| finding.run.as_ref());
    let mut turns: Vec<i64> = places.map(|place| place.turn).collect();
    turns.sort_unstable();
    turns.dedup();
    turns
}

/// The run in `budget` tokens, or in as few as its cited turns allow.
pub(crate) fn packed(run: &RunText, cited: &[i64], budget: usize) -> Result<Packed, TooSmall> {
    // Tokens are never more than bytes, and unpacking a vocabulary takes longer than all the rest.
    if let Ok(packed) = pack(run, cited, budget, Tokenizer::Bytes)
        && packed.left_out == 0
        && packed.repeated == 0
        && packed.shown.iter().all(|turn| turn.whole)
    {
        return Ok(packed);
    }
    match pack(run, cited, budget, Tokenizer::O200k) {
        Err(small) => pack(run, cited, small.needed, Tokenizer::O200k),
        fits => fits,
    }
}
