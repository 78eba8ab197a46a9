//! Packing and redaction on real runs: `../shared/traces` beside the repository, or the folder LOOPLINT_SHARED.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};

use looplint_llm::pack::pack;
use looplint_llm::redact::Redactor;
use looplint_llm::run::{RunText, RunTurn};
use looplint_llm::tokens::Tokenizer;
use serde_json::Value;

fn traces() -> Option<PathBuf> {
    let shared = std::env::var_os("LOOPLINT_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = shared.unwrap_or(beside).join("traces");
    folder.is_dir().then_some(folder)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> Option<RunText> {
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).ok()?;
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let turn = |turn: &Value| RunTurn {
        number: turn["turn_number"].as_i64().unwrap_or(-1),
        role: text(&turn["role"]),
        agent: turn["agent"].as_str().unwrap_or("").to_owned(),
        text: text(&turn["content"]),
    };
    Some(RunText {
        id: text(&value["trace_id"]),
        goal: text(&value["original_goal"]),
        result: value["final_result"].as_str().map(str::to_owned),
        turns: value["turns"].as_array()?.iter().map(turn).collect(),
    })
}

#[test]
fn every_real_run_fits_every_budget_it_can() {
    let Some(folder) = traces() else {
        println!("skipped: there is no ../shared/traces");
        return;
    };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    // Every seventh: all kinds, in the time of a test that is not optimised.
    let runs: Vec<RunText> = paths
        .iter()
        .step_by(7)
        .filter_map(|path| read(path))
        .collect();
    assert!(runs.len() >= 20, "{} runs", runs.len());
    let redactor = Redactor::new();
    for run in runs {
        let run = run.redacted(&redactor);
        assert_eq!(
            run.redacted(&redactor),
            run,
            "run {}: twice is once",
            run.id
        );
        let cited = run.turns[run.turns.len() / 2].number;
        let needed = pack(&run, &[cited], 0, Tokenizer::Bytes)
            .unwrap_err()
            .needed;
        let n_bytes: usize = run.turns.iter().map(|turn| turn.text.len()).sum();
        for budget in [
            needed,
            needed + 300,
            needed * 2,
            n_bytes,
            n_bytes * 2 + 10_000,
        ] {
            let Ok(packed) = pack(&run, &[cited], budget, Tokenizer::Bytes) else {
                assert!(budget < needed);
                continue;
            };
            assert!(packed.text.len() <= budget);
            assert!(
                packed.text.contains(&run.expand(cited).unwrap()),
                "run {}",
                run.id
            );
            assert_eq!(
                packed.shown.len() + packed.repeated + packed.left_out,
                run.turns.len()
            );
        }
    }
}
