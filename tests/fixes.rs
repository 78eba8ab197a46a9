//! Fixes keep what a program does: a few of the programs that `tests/fixes/prove.py` writes around each pattern,
//! run before and after their fixes in CPython.
//!
//! The whole proof is `python3 tests/fixes/prove.py --looplint target/release/looplint --programs 20000`.
//! Where there is no Python, this says so and is skipped.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

use std::path::Path;
use std::process::Command;

/// Rules that must be seen to give safe fixes.
const SAFE: [&str; 6] = [
    "dedup-by-scan",
    "dict-or-set-copy-accumulate",
    "front-insert",
    "growing-list-copy",
    "list-as-queue",
    "list-membership-in-loop",
];

#[test]
fn programs_do_the_same_after_safe_fixes() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixes/prove.py");
    let python = std::env::var("LOOPLINT_PYTHON").unwrap_or_else(|_| "python3".into());
    let done = Command::new(python)
        .arg(script)
        .args(["--looplint", env!("CARGO_BIN_EXE_looplint")])
        .args(["--programs", "150", "--rounds", "6", "--seed", "small"])
        .arg("--json")
        .arg(&report)
        .output();
    let Ok(done) = done else {
        println!("skipped: no python3 on this machine to run the programs with");
        return;
    };
    let said = String::from_utf8_lossy(&done.stdout);
    let trouble = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\n{trouble}");
    let results: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    for result in results.as_array().unwrap() {
        let rule = result["rule"].as_str().unwrap();
        let fixed = |class: &str| result[class]["fixed"].as_u64().unwrap();
        assert!(fixed("unsafe") > 0, "{rule}: no program was fixed:\n{said}");
        assert!(
            !SAFE.contains(&rule) || fixed("safe") > 0,
            "{rule}: no safe fix:\n{said}"
        );
    }
}
