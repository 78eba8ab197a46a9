//! Tables for a terminal: findings by rule, and findings by the time that a profile saw in them.
//!
//! Does not know how a profile was read.

use std::collections::BTreeMap;
use std::io::{self, Write};

use looplint_model::{Cost, Finding, Safety};
use serde::Serialize;

use crate::concise::place;
use crate::found::{Found, slowdown_pct};
use crate::words::{clip, one_line, percent, thousands, times};
use crate::{Format, Report};

/// What was found by one rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statistic {
    /// The rule.
    pub rule: &'static str,
    /// Its domain.
    pub domain: &'static str,
    /// Its findings.
    pub findings: usize,
    /// Those that `--fix` changes.
    pub fixable: usize,
    /// Those that `--fix` changes only with `--unsafe-fixes`.
    pub fixable_unsafe: usize,
    /// The largest slowdown of a finding, in per cent; `None` where none was measured.
    pub worst_slowdown_pct: Option<f64>,
}

/// The rules that found something: the costliest first, then the most frequent.
pub fn statistics(report: &Report<'_>) -> Vec<Statistic> {
    let mut rules: BTreeMap<&str, Statistic> = BTreeMap::new();
    for finding in report.files.iter().flat_map(|checked| &checked.findings) {
        let statistic = rules.entry(finding.rule).or_insert(Statistic {
            rule: finding.rule,
            domain: finding.domain,
            findings: 0,
            fixable: 0,
            fixable_unsafe: 0,
            worst_slowdown_pct: None,
        });
        statistic.findings += 1;
        match safety(finding) {
            Some(Safety::Safe) => statistic.fixable += 1,
            Some(Safety::Unsafe(_)) => statistic.fixable_unsafe += 1,
            Some(Safety::Guidance) | None => {}
        }
        let slowdown = slowdown_pct(finding).map(|pct| (pct * 10.0).round() / 10.0);
        if slowdown > statistic.worst_slowdown_pct {
            statistic.worst_slowdown_pct = slowdown;
        }
    }
    let mut statistics: Vec<Statistic> = rules.into_values().collect();
    let worst = |statistic: &Statistic| statistic.worst_slowdown_pct.unwrap_or(f64::NEG_INFINITY);
    statistics.sort_by(|a, b| {
        worst(b)
            .total_cmp(&worst(a))
            .then(b.findings.cmp(&a.findings))
    });
    statistics
}

fn safety(finding: &Finding) -> Option<&Safety> {
    finding
        .fix
        .as_ref()
        .filter(|fix| !fix.edits.is_empty())
        .map(|fix| &fix.safety)
}

/// Writes findings by rule: as JSON for the JSON formats, else as a table.
///
/// # Errors
/// Those of `out`.
pub fn write_statistics(
    report: &Report<'_>,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    let statistics = statistics(report);
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &statistics)?;
            return writeln!(out);
        }
        Format::JsonLines => {
            for statistic in &statistics {
                serde_json::to_writer(&mut *out, statistic)?;
                writeln!(out)?;
            }
            return Ok(());
        }
        _ => {}
    }
    let mut rows = vec![
        ["findings", "fixable", "worst", "rule"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for statistic in &statistics {
        rows.push(vec![
            thousands(statistic.findings as u64),
            fixable(statistic),
            statistic
                .worst_slowdown_pct
                .map_or_else(String::new, |pct| times(pct / 100.0 + 1.0)),
            statistic.rule.to_owned(),
        ]);
    }
    write_table(&rows, 3, out)
}

/// `3`, `3 + 2 unsafe`.
fn fixable(statistic: &Statistic) -> String {
    match (statistic.fixable, statistic.fixable_unsafe) {
        (0, 0) => String::new(),
        (safe, 0) => thousands(safe as u64),
        (0, risky) => format!("{} unsafe", thousands(risky as u64)),
        (safe, risky) => format!(
            "{} + {} unsafe",
            thousands(safe as u64),
            thousands(risky as u64)
        ),
    }
}

/// Writes the `n_max` findings in which the report's profile saw the most time, longest first; nothing where it took
/// no time or saw it at no finding.
///
/// # Errors
/// Those of `out`.
pub fn write_hot(report: &Report<'_>, n_max: usize, out: &mut dyn Write) -> io::Result<()> {
    let Some(heats) = &report.options.heats else {
        return Ok(());
    };
    let mut hot: Vec<(f64, f64, Found<'_>)> = Vec::new();
    for found in report.found() {
        if let Some(heat) = heats.by_finding.get(&found.key)
            && let Some(seconds) = heat.seconds.filter(|_| !heat.is_cold)
        {
            hot.push((seconds, heat.share, found));
        }
    }
    // Findings come in the report's order, so that equal seconds keep it.
    hot.sort_by(|a, b| b.0.total_cmp(&a.0));
    hot.truncate(n_max);
    if hot.is_empty() {
        return Ok(());
    }
    writeln!(out, "top {} by seconds", hot.len())?;
    let mut rows = vec![
        ["seconds", "share", "cost", "place", "finding"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for (seconds, share, found) in hot {
        let cost = match &found.finding.cost {
            Some(Cost::Code(cost)) => cost.before.clone(),
            Some(Cost::Run(_)) | None => String::new(),
        };
        let what = format!("{}: {}", found.finding.rule, found.finding.message);
        rows.push(vec![
            format!("{seconds:.2}"),
            percent(share),
            one_line(&cost).into_owned(),
            place(found.source, found.start()),
            clip(&what, report.options.width.max(60)),
        ]);
    }
    write_table(&rows, 2, out)
}

/// Writes rows in columns; the first `n_right` are flush right, the last is as long as it is.
fn write_table(rows: &[Vec<String>], n_right: usize, out: &mut dyn Write) -> io::Result<()> {
    let n_columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|text| text.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (column, (text, width)) in row.iter().zip(&widths).enumerate() {
            let fill = " ".repeat(width - text.chars().count());
            let (left, right) = if column < n_right {
                (fill.as_str(), "")
            } else {
                ("", fill.as_str())
            };
            line.push_str(left);
            line.push_str(text);
            line.push_str(right);
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
