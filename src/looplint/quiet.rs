//! What the configuration keeps silent: rules on some files, single findings, what is not slow enough.
//!
//! Comments in the text are the engine's, the baseline is its own file's.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use looplint_model::{Checked, Finding, Layout, Safety, Source, Span};

use looplint_report::{Options, Report, Summary};

use crate::config::{Config, IgnoreEntry, Resolved};
use crate::{files, pointer, select};

/// A finding in code that by its own figure costs less than this is not told unless `min-slowdown` says so.
pub(crate) const MIN_SLOWDOWN_PCT: f64 = 10.0;

/// Takes out what `config` silences in the file of this absolute path; gives how many findings that were.
/// Rules that are switched off on the file do not count.
pub(crate) fn apply(config: &Config, path: &Path, checked: &mut Checked) -> usize {
    silence(config, path, &checked.source, &mut checked.findings)
}

/// The same for the findings in one text.
pub(crate) fn silence(
    config: &Config,
    path: &Path,
    source: &Source,
    findings: &mut Vec<Finding>,
) -> usize {
    if findings.is_empty() {
        return 0;
    }
    reclassify(config, findings);
    let off = config.ignored_on(path);
    findings.retain(|finding| !select::names(&off, finding.rule, finding.domain));
    let before = findings.len();
    let today = today();
    for entry in &config.ignores {
        // A fingerprint needs all texts of the file; see below.
        if entry.fingerprint.is_some() || !holds_on(entry, today) || !entry.covers(path) {
            continue;
        }
        let within = entry.pointer.as_deref().map(|at| place(source, at));
        findings.retain(|finding| {
            let silenced = select::names(&[&entry.rule], finding.rule, finding.domain)
                && is_in_run(entry, finding)
                && within.is_none_or(|span| span.is_some_and(|span| starts_in(span, finding)));
            !silenced
        });
    }
    if let Some(pct) = config.min_slowdown {
        findings.retain(|finding| is_slow(finding, pct));
    }
    let silenced = before - findings.len();
    // Nobody asked for this, so nobody is told how many they were.
    if config.min_slowdown.is_none() {
        findings.retain(is_worth_it);
    }
    silenced
}

/// Takes out of a file's findings those that the configuration silences by their fingerprint; gives how many.
pub(crate) fn by_fingerprint(resolved: &Resolved, path: &Path, checked: &mut [Checked]) -> usize {
    let today = today();
    let silenced: Vec<(&str, &str)> = resolved
        .config
        .ignores
        .iter()
        .filter(|entry| holds_on(entry, today) && entry.covers(path))
        .filter_map(|entry| Some((entry.rule.as_str(), entry.fingerprint.as_deref()?)))
        .collect();
    if silenced.is_empty() || checked.iter().all(|checked| checked.findings.is_empty()) {
        return 0;
    }
    let (folder, root) = &resolved.places;
    let report = Report {
        files: checked,
        pages: &|_| None,
        summary: Summary::default(),
        options: Options {
            folder: files::name(folder),
            root: files::name(root),
            ..Options::default()
        },
    };
    let mut out: Vec<(usize, usize)> = report
        .found()
        .into_iter()
        .filter(|found| silenced.contains(&(found.finding.rule, found.fingerprint.as_str())))
        .map(|found| found.key)
        .collect();
    out.sort_unstable();
    for (text, finding) in out.iter().rev() {
        checked[*text].findings.remove(*finding);
    }
    out.len()
}

/// What the configuration says about the safety of fixes.
fn reclassify(config: &Config, findings: &mut [Finding]) {
    if config.safe_fixes.is_empty() && config.unsafe_fixes.is_empty() {
        return;
    }
    for finding in findings {
        let (rule, domain) = (finding.rule, finding.domain);
        let Some(fix) = &mut finding.fix else {
            continue;
        };
        match fix.safety {
            Safety::Safe if select::names(&config.unsafe_fixes, rule, domain) => {
                fix.safety = Safety::Unsafe("the configuration says so".into());
            }
            Safety::Unsafe(_) if select::names(&config.safe_fixes, rule, domain) => {
                fix.safety = Safety::Safe;
            }
            _ => {}
        }
    }
}

/// What costs at least this much, as was asked for. Findings in runs have no such cost and are kept,
/// those in code without a measured slowdown only where 0 was asked for.
fn is_slow(finding: &Finding, min_pct: f64) -> bool {
    finding.run.is_some()
        || min_pct == 0.0
        || looplint_report::slowdown_pct(finding).is_some_and(|pct| pct >= min_pct)
}

/// What is not known to cost less than is worth a change.
fn is_worth_it(finding: &Finding) -> bool {
    looplint_report::slowdown_pct(finding).is_none_or(|pct| pct >= MIN_SLOWDOWN_PCT)
}

fn is_in_run(entry: &IgnoreEntry, finding: &Finding) -> bool {
    let place = finding.run.as_ref();
    let run = entry
        .run
        .as_ref()
        .is_none_or(|run| place.is_some_and(|place| &place.run == run));
    let turn = entry
        .turn
        .is_none_or(|turn| place.is_some_and(|place| place.turn == turn));
    run && turn
}

fn starts_in(span: Span, finding: &Finding) -> bool {
    span.start <= finding.span.start && finding.span.start < span.end
}

/// The bytes that a pointer leads to. In a part of a larger file lines count from the file's first.
fn place(source: &Source, at: &str) -> Option<Span> {
    let lines_before = match source.layout {
        Layout::Part { lines_before, .. } => lines_before,
        Layout::Whole | Layout::Cells(_) | Layout::Pieces { .. } => 0,
    };
    pointer::find(&source.text, at, lines_before)
}

/// Whether the entry has not expired.
pub(crate) fn holds_on(entry: &IgnoreEntry, today: (u16, u8, u8)) -> bool {
    entry.expires.is_none_or(|last| today <= last)
}

/// Today's date in UTC: year, month, day.
pub(crate) fn today() -> (u16, u8, u8) {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    civil(seconds / 86_400)
}

/// The date `days` after 1970-01-01, counted in eras of 400 years that begin on the first of March.
fn civil(days: u64) -> (u16, u8, u8) {
    let since = days + 719_468;
    let (era, day_of_era) = (since / 146_097, since % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year as u16, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        let cases = [
            (0, (1970, 1, 1)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (20_453, (2025, 12, 31)),
            (20_454, (2026, 1, 1)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ];
        for (days, date) in cases {
            assert_eq!(civil(days), date, "{days}");
        }
    }
}
