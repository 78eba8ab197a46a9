//! Profiles by line: Scalene's shares of the run, and coverage's lines that ran.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Profile;

#[derive(Deserialize)]
pub(super) struct Scalene {
    elapsed_time_sec: f64,
    files: BTreeMap<String, ScaleneFile>,
}

#[derive(Deserialize)]
struct ScaleneFile {
    lines: Vec<ScaleneLine>,
}

#[derive(Deserialize)]
struct ScaleneLine {
    lineno: u32,
    #[serde(default)]
    n_cpu_percent_python: f64,
    #[serde(default)]
    n_cpu_percent_c: f64,
    #[serde(default)]
    n_sys_percent: f64,
}

impl Scalene {
    /// The times by line: a percentage of the elapsed seconds.
    pub(super) fn profile(&self) -> Profile {
        let mut profile = Profile::new("Scalene");
        for (name, file) in &self.files {
            for line in &file.lines {
                let percent = line.n_cpu_percent_python + line.n_cpu_percent_c + line.n_sys_percent;
                let seconds = percent / 100.0 * self.elapsed_time_sec;
                if seconds > 0.0 {
                    profile.add_stack(&BTreeSet::from([(name.as_str(), line.lineno)]), seconds);
                }
            }
            profile.add_file(name);
        }
        profile.total = Some(self.elapsed_time_sec);
        profile
    }
}

#[derive(Deserialize)]
pub(super) struct Coverage {
    files: BTreeMap<String, CoverageFile>,
}

#[derive(Deserialize)]
struct CoverageFile {
    executed_lines: Vec<u32>,
    #[serde(default)]
    missing_lines: Vec<u32>,
    #[serde(default)]
    contexts: BTreeMap<String, Vec<String>>,
}

impl Coverage {
    /// The lines that ran, each with the number of contexts it ran in where they were recorded, else 1.
    pub(super) fn profile(&self) -> Profile {
        let mut profile = Profile::new("coverage");
        for (name, file) in &self.files {
            let place = profile.add_file(name);
            for line in &file.executed_lines {
                let contexts = file.contexts.get(&line.to_string()).map_or(1, Vec::len);
                place.ran.insert(*line, contexts.max(1) as u64);
            }
            for line in &file.missing_lines {
                place.ran.entry(*line).or_insert(0);
            }
        }
        profile
    }
}
