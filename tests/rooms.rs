//! Every page is a test: its bad blocks are found at the lines they name, its good and ok blocks are silent,
//! the fix of bad is good, and bad and good compute the same values in CPython.
//!
//! `UPDATE=1 cargo test -p looplint-rules --test rooms` rewrites the `at=` marks and the index in
//! `rules/README.md`. Where there is no Python, that part says so and is skipped.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use looplint_engine::{Outcome, Table, Wing, choose};
use looplint_model::{
    Block, BlockKind, Columns, Domain, Finding, Fix, FixClass, Page, Rule, Safety, Settings, Source,
};
use looplint_python::Python;
use looplint_trace::Traces;

/// Look-alikes that a page must at least show.
const N_OK_MIN: usize = 4;

#[test]
fn pages_are_whole() {
    let mut errors = String::new();
    each_rule(|room| {
        let page = room.page;
        for error in &page.errors {
            room.say(&mut errors, error.line, &error.message);
        }
        if page.since.is_empty() {
            room.say(&mut errors, 1, "no `since`");
        }
        if !room.has_function {
            return;
        }
        if page.pairs().is_empty() {
            room.say(&mut errors, 1, "no bad/good pair");
        }
        let n_ok = page
            .blocks
            .iter()
            .filter(|block| block.kind == BlockKind::Ok)
            .count();
        if n_ok < N_OK_MIN {
            room.say(
                &mut errors,
                1,
                &format!("{n_ok} ok blocks, at least {N_OK_MIN} are wanted"),
            );
        }
        for heading in ["## Limits", "## Source"] {
            if !page.body.contains(heading) {
                room.say(&mut errors, 1, &format!("no section `{heading}`"));
            }
        }
    });
    assert!(errors.is_empty(), "\n{errors}");
}

#[test]
fn bad_is_found_and_the_rest_is_silent() {
    let mut errors = String::new();
    each_rule(|room| {
        for block in room
            .page
            .blocks
            .iter()
            .filter(|block| block.kind != BlockKind::Setup)
        {
            let (outcome, lines) = room.check(&block.text);
            for problem in &outcome.problems {
                room.say(&mut errors, block.line, &problem.message);
            }
            if lines == block.at {
                continue;
            }
            if update() && block.kind == BlockKind::Bad && !lines.is_empty() {
                room.write_marks(block, &lines);
            } else {
                let said: Vec<&str> = outcome
                    .findings
                    .iter()
                    .map(|finding| finding.message.as_str())
                    .collect();
                let message = format!("found at lines {lines:?}, wanted {:?}: {said:#?}", block.at);
                room.say(&mut errors, block.line, &message);
            }
        }
    });
    assert!(errors.is_empty(), "\n{errors}");
}

#[test]
fn the_fix_of_bad_is_good() {
    let mut errors = String::new();
    each_rule(|room| {
        if matches!(room.page.fix, FixClass::None | FixClass::Guidance) {
            return;
        }
        for bad in room
            .page
            .blocks
            .iter()
            .filter(|block| block.kind == BlockKind::Bad)
        {
            let fixed = room.fix(&bad.text);
            if bad.no_fix && fixed != bad.text {
                room.say(&mut errors, bad.line, "says fix=none but was fixed");
            }
            let findings = room.check(&bad.text).0.findings;
            let is_safe = |finding: &Finding| {
                let fix = finding.fix.as_ref();
                fix.is_some_and(|fix| fix.safety == Safety::Safe)
            };
            if bad.unsafe_fix && (fixed == bad.text || findings.iter().any(is_safe)) {
                room.say(
                    &mut errors,
                    bad.line,
                    "says fix=unsafe but has none or a safe one",
                );
            }
        }
        for (_, bad, good) in room.page.pairs() {
            let fixed = room.fix(&bad.text);
            if !bad.no_fix && fixed != good.text {
                room.say(
                    &mut errors,
                    bad.line,
                    &format!("the fix gives\n{fixed}\n--- wanted\n{}", good.text),
                );
            }
        }
    });
    assert!(errors.is_empty(), "\n{errors}");
}

#[test]
fn messages_say_it_in_one_line() {
    let mut errors = String::new();
    each_rule(|room| {
        for block in room
            .page
            .blocks
            .iter()
            .filter(|block| block.kind == BlockKind::Bad)
        {
            for finding in room.check(&block.text).0.findings {
                let message = &finding.message;
                if message.contains('\n') || message.ends_with('.') || message.is_empty() {
                    room.say(&mut errors, block.line, &format!("message `{message}`"));
                }
                if finding.suggestion.is_empty() || finding.suggestion.contains('\n') {
                    room.say(
                        &mut errors,
                        block.line,
                        &format!("suggestion `{}`", finding.suggestion),
                    );
                }
            }
        }
    });
    assert!(errors.is_empty(), "\n{errors}");
}

#[test]
fn bad_and_good_compute_the_same() {
    let mut pairs = Vec::new();
    each_rule(|room| {
        if room.domain != Python::NAME {
            return;
        }
        for (setup, bad, good) in room.page.pairs() {
            let Some(setup) = setup.filter(|_| !bad.no_run) else {
                continue;
            };
            pairs.push(serde_json::json!({
                "place": format!("{}:{}", room.file().display(), bad.line),
                "setup": setup.text, "bad": bad.text, "good": good.text,
            }));
        }
    });
    let Some(said) = run_python(SAME_VALUES, &serde_json::Value::Array(pairs).to_string()) else {
        println!("skipped: no python3 on this machine to run the pairs with");
        return;
    };
    assert!(said.is_empty(), "\n{said}");
}

#[test]
fn the_index_names_every_rule() {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- index begins -->\n", "<!-- index ends -->");
    let start = readme
        .find(begin)
        .expect("rules/README.md has no index marker")
        + begin.len();
    let stop = readme
        .find(end)
        .expect("rules/README.md has no closing index marker");
    let fresh = index();
    if update() {
        std::fs::write(
            &path,
            format!("{}{fresh}{}", &readme[..start], &readme[stop..]),
        )
        .unwrap();
    } else {
        assert!(
            readme[start..stop] == fresh,
            "rules/README.md: the index is stale; UPDATE=1 rewrites it"
        );
    }
}

/// One rule's folder, whatever its domain.
struct Room<'r> {
    id: &'static str,
    domain: &'static str,
    page: &'r Page,
    has_function: bool,
    run: &'r dyn Fn(&Source) -> Outcome,
    sources: &'r dyn Fn(&str) -> Vec<Source>,
}

impl Room<'_> {
    fn file(&self) -> PathBuf {
        PathBuf::from("rules")
            .join(self.domain)
            .join(self.id)
            .join("README.md")
    }

    fn say(&self, errors: &mut String, line: usize, message: &str) {
        writeln!(errors, "{}:{line}: {message}", self.file().display()).unwrap();
    }

    /// Checks a block with this rule alone; the lines found, sorted, each once.
    fn check(&self, text: &str) -> (Outcome, Vec<usize>) {
        let mut all = Outcome::default();
        let mut lines = Vec::new();
        for source in (self.sources)(text) {
            let outcome = (self.run)(&source);
            let line = |finding: &Finding| source.position(finding.span.start, Columns::Utf8).line;
            lines.extend(outcome.findings.iter().map(line));
            all.findings.extend(outcome.findings);
            all.problems.extend(outcome.problems);
        }
        lines.sort_unstable();
        lines.dedup();
        (all, lines)
    }

    /// Applies the rule's fixes until nothing changes.
    fn fix(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..50 {
            let findings = self.check(&text).0.findings;
            let edits = choose(&findings, true, &[], "\n").edits;
            let fix = Fix {
                title: String::new(),
                edits,
                safety: Safety::Safe,
            };
            match fix.apply(&text) {
                Some(next) if !fix.edits.is_empty() => text = next,
                _ => break,
            }
        }
        text
    }

    fn write_marks(&self, block: &Block, lines: &[usize]) {
        let path = root().join(self.domain).join(self.id).join("README.md");
        let readme = std::fs::read_to_string(&path).unwrap();
        let marks: Vec<String> = lines.iter().map(usize::to_string).collect();
        let mut out: Vec<String> = readme.lines().map(str::to_owned).collect();
        let info = &mut out[block.line - 2];
        *info = info
            .split(' ')
            .map(|word| {
                if word.starts_with("at=") {
                    format!("at={}", marks.join(","))
                } else {
                    word.into()
                }
            })
            .collect::<Vec<_>>()
            .join(" ");
        std::fs::write(&path, out.join("\n") + "\n").unwrap();
    }
}

fn each_rule(mut visit: impl FnMut(&Room<'_>)) {
    for rule in &looplint_rules::python::RULES {
        visit_rule::<Python>(rule, "block.py", &mut visit);
    }
    for rule in &looplint_rules::trace::RULES {
        visit_rule::<Traces>(rule, "block.jsonl", &mut visit);
    }
}

fn visit_rule<D: Domain>(
    rule: &'static Rule<D>,
    name: &'static str,
    visit: &mut impl FnMut(&Room<'_>),
) {
    let table = Table::new([rule], vec![rule.id]);
    let settings = Settings::default();
    visit(&Room {
        id: rule.id,
        domain: D::NAME,
        page: rule.page(),
        has_function: rule.check.is_some(),
        run: &|source| table.check(source, &settings),
        sources: &|text| D::decode(name, text.as_bytes().to_vec()).sources,
    });
}

fn index() -> String {
    let mut rows: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let mut add = |domain: &'static str, id: &'static str, page: &Page| {
        let cost = match (page.cost_before.as_str(), page.mode.as_str()) {
            ("", "") => String::new(),
            ("", mode) => mode.to_owned(),
            (before, _) => format!("{before} → {}", page.cost_after),
        };
        let switch = if page.default { "on" } else { "off" };
        let fix = page.fix.as_str();
        let row = format!(
            "| [{id}]({domain}/{id}/README.md) | {} | {cost} | {fix} | {switch} |\n",
            page.summary
        );
        rows.insert((domain, id), row);
    };
    for rule in &looplint_rules::python::RULES {
        add("python", rule.id, rule.page());
    }
    for rule in &looplint_rules::trace::RULES {
        add("trace", rule.id, rule.page());
    }
    let head = "| rule | finds | cost or mode | fix | default |\n|---|---|---|---|---|\n";
    head.to_owned() + &rows.into_values().collect::<String>()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// Runs `script` in a child CPython on `input`; `None` where there is no Python.
fn run_python(script: &str, input: &str) -> Option<String> {
    let python = std::env::var("LOOPLINT_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut child = Command::new(python)
        .args(["-I", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        said += &String::from_utf8_lossy(&output.stderr);
    }
    Some(said)
}

/// Prints one line for each pair whose two sides differ, at a few sizes, in value, exception or arguments left behind.
const SAME_VALUES: &str = r#"
import json, signal, sys, copy

def outcome(setup, code, n):
    space = {"__name__": "page"}
    exec(compile(setup, "setup", "exec"), space)
    exec(compile(code, "block", "exec"), space)
    arguments = space["data"](n)
    try:
        value = space["run"](*arguments)
        if hasattr(value, "__next__"):
            value = list(value)
        return ("value", repr(value))
    except Exception as error:
        return ("raised", type(error).__name__ + ": " + str(error))

for pair in json.load(sys.stdin):
    for n in (1, 2, 7, 40):
        signal.alarm(20)
        try:
            bad, good = (outcome(pair["setup"], pair[side], n) for side in ("bad", "good"))
        except BaseException as error:
            print(f"{pair['place']}: at n = {n}: {type(error).__name__}: {error}")
            break
        if bad[0] == "raised":
            print(f"{pair['place']}: at n = {n} bad raises {bad[1]}")
            break
        if bad != good:
            print(f"{pair['place']}: at n = {n} bad gives {bad[1][:300]}, good gives {good[1][:300]}")
            break
    signal.alarm(0)
"#;
