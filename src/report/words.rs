//! The sentences that several formats share: costs, sizes, counts; and text made safe to show.
//!
//! Does not know any format.

use std::borrow::Cow;
use std::fmt::Write as _;

use looplint_model::{
    CodeCost, Cost, Finding, RunCost, RunPlace, Safety, Severity, Size, SizeOrigin,
};

use crate::Report;

/// The cost in one line, without a full stop.
///
/// `O(orders * customers) -> O(orders + customers), about 780x at n = 1,000 (measured, CPython 3.11)`
pub fn cost_line(cost: &Cost) -> String {
    match cost {
        Cost::Code(cost) => code_cost_line(cost),
        Cost::Run(cost) => run_cost_line(cost),
    }
}

fn code_cost_line(cost: &CodeCost) -> String {
    let mut line = big_o(cost);
    if let Some(curve) = &cost.curve {
        let (ratio, inside) = curve.at(cost.size.n);
        if !line.is_empty() {
            line.push_str(", ");
        }
        let first = curve.points.first().map_or(0, |point| point.n);
        let how = match (inside, cost.size.n < first) {
            (true, _) => "about",
            // Below the measured sizes the nearest one is all that is known; above, the curve goes on for a while.
            (false, true) => "at most",
            (false, false) if curve.reaches(cost.size.n) => "about",
            (false, false) => "at least",
        };
        let adjusted = if curve.adjusted {
            ", adjusted for the loop's other work"
        } else {
            ""
        };
        let beyond = if cost.size.n > curve.n_max() {
            format!(" up to n = {}", thousands(curve.n_max()))
        } else {
            String::new()
        };
        let _ = write!(
            line,
            "{how} {} at n = {}",
            times(ratio),
            thousands(cost.size.n)
        );
        let _ = write!(
            line,
            " (measured{beyond}, {}{adjusted}; {})",
            curve.interpreter,
            size_origin(cost.size)
        );
    }
    line
}

/// `before -> after`, or the one that is known.
pub(crate) fn big_o(cost: &CodeCost) -> String {
    match (cost.before.as_str(), cost.after.as_str()) {
        (before, "") => before.to_owned(),
        ("", after) => after.to_owned(),
        (before, after) if before == after => before.to_owned(),
        (before, after) => format!("{before} -> {after}"),
    }
}

/// `n assumed`, `n from a range`.
pub(crate) fn size_origin(size: Size) -> &'static str {
    match size.origin {
        SizeOrigin::Literal => "n counted in a literal",
        SizeOrigin::Range => "n from a range",
        SizeOrigin::Annotation => "n from an annotation",
        SizeOrigin::Constant => "n from a constant",
        SizeOrigin::Assumed => "n assumed",
    }
}

fn run_cost_line(cost: &RunCost) -> String {
    let mut parts = Vec::new();
    if cost.calls > 0 {
        parts.push(count(cost.calls, "call"));
    }
    if cost.tokens > 0 {
        parts.push(count(cost.tokens, "token"));
    }
    if cost.milliseconds > 0 {
        parts.push(duration(cost.milliseconds));
    }
    let share = (cost.share > 0.0).then(|| format!("{} of the run's turns", percent(cost.share)));
    match (parts.split_last(), share) {
        (None, None) => String::new(),
        (None, Some(share)) => format!("{share} bought nothing"),
        (Some((last, [])), share) => bought_nothing(last, share),
        (Some((last, rest)), share) => {
            bought_nothing(&format!("{} and {last}", rest.join(", ")), share)
        }
    }
}

fn bought_nothing(what: &str, share: Option<String>) -> String {
    match share {
        Some(share) => format!("{what} bought nothing, {share}"),
        None => format!("{what} bought nothing"),
    }
}

/// Where in a run: `airline-12, turn 14, CIRCULAR_REASONING (probability 0.93)`.
pub(crate) fn run_line(place: &RunPlace) -> String {
    let mut line = format!("{}, turn {}", place.run, place.turn);
    if !place.mode.is_empty() {
        let _ = write!(
            line,
            ", {} (probability {:.2})",
            place.mode, place.probability
        );
    }
    line
}

/// How a fix may be applied: `applied by --fix`.
pub(crate) fn safety_words(safety: &Safety) -> String {
    match safety {
        Safety::Safe => "applied by --fix".to_owned(),
        Safety::Unsafe(why) if why.is_empty() => "applied by --fix --unsafe-fixes".to_owned(),
        Safety::Unsafe(why) => format!("unsafe: {why}; applied by --fix --unsafe-fixes"),
        Safety::Guidance => "to be written by hand".to_owned(),
    }
}

/// `cell 5: ` where a place is in a notebook, for formats that know only lines.
pub(crate) fn cell_words(cell: usize, after: &str) -> String {
    if cell == 0 {
        String::new()
    } else {
        format!("cell {cell}{after}")
    }
}

/// What formats without fields of their own say beside the message: run, cost and help, a line each.
pub(crate) fn details(finding: &Finding) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(place) = &finding.run {
        lines.push(format!("run: {}", one_line(&run_line(place))));
    }
    if let Some(cost) = finding
        .cost
        .as_ref()
        .map(cost_line)
        .filter(|line| !line.is_empty())
    {
        lines.push(format!("cost: {}", one_line(&cost)));
    }
    match &finding.fix {
        Some(fix) => {
            lines.push(format!(
                "help: {} ({})",
                one_line(&fix.title),
                one_line(&safety_words(&fix.safety))
            ));
        }
        None if !finding.suggestion.is_empty() => {
            lines.push(format!("help: {}", one_line(&finding.suggestion)));
        }
        None => {}
    }
    lines
}

/// The last line of a run, for stderr: `3 findings (1 error, 2 warnings) in 2 of 120 files`.
pub fn summary_line(report: &Report<'_>) -> String {
    let findings = || report.files.iter().flat_map(|checked| &checked.findings);
    let total = findings().count() as u64;
    let of = |severity| {
        findings()
            .filter(|finding| finding.severity == severity)
            .count() as u64
    };
    let mut line = if total == 0 {
        format!(
            "no findings in {}",
            count(report.summary.files_checked as u64, "file")
        )
    } else {
        let kinds: Vec<String> = [
            (Severity::Error, "error"),
            (Severity::Warning, "warning"),
            (Severity::Info, "note"),
        ]
        .into_iter()
        .filter(|(severity, _)| of(*severity) > 0)
        .map(|(severity, word)| count(of(severity), word))
        .collect();
        let n_files = n_names(report, |checked| !checked.findings.is_empty());
        format!(
            "{} ({}) in {} of {}",
            count(total, "finding"),
            kinds.join(", "),
            thousands(n_files),
            count(report.summary.files_checked as u64, "file"),
        )
    };
    let n_problems = n_names(report, |checked| !checked.problems.is_empty());
    if n_problems > 0 {
        let _ = write!(line, "; {} not checked in full", count(n_problems, "file"));
    }
    if report.summary.silenced > 0 {
        let _ = write!(
            line,
            "; {} silenced",
            thousands(report.summary.silenced as u64)
        );
    }
    line
}

/// Number of file names among the sources that `wanted` picks: a file may be cut into several sources.
pub(crate) fn n_names(
    report: &Report<'_>,
    wanted: impl Fn(&looplint_model::Checked) -> bool,
) -> u64 {
    let mut names: Vec<&str> = report
        .files
        .iter()
        .filter(|checked| wanted(checked))
        .map(|checked| checked.source.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.len() as u64
}

/// `1 file`, `1,204 files`.
pub(crate) fn count(n: u64, word: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {word}{ending}", thousands(n))
}

/// `1,204`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A ratio with as many digits as it deserves: `1.4x`, `13x`, `780x`, `12,000x`.
pub(crate) fn times(ratio: f64) -> String {
    if !ratio.is_finite() || ratio < 0.0 {
        return "?x".to_owned();
    }
    if ratio < 10.0 {
        return format!("{ratio:.1}x");
    }
    let digits = ratio.log10().floor() as i32;
    let step = 10f64.powi((digits - 1).max(0));
    format!("{}x", thousands(((ratio / step).round() * step) as u64))
}

/// A share from 0 to 1: `31 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Milliseconds as people say them: `850 ms`, `5.2 s`, `2 min 5 s`.
pub(crate) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{:.1} s", milliseconds as f64 / 1000.0),
        _ => format!(
            "{} min {} s",
            thousands(milliseconds / 60_000),
            milliseconds / 1000 % 60
        ),
    }
}

/// One line that cannot move a terminal's cursor or turn text around: control and direction characters are escaped,
/// line breaks become spaces.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text
        .chars()
        .any(|character| character == '\n' || is_unsafe(character))
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => out.push(' '),
            _ if is_unsafe(character) => out.extend(character.escape_unicode()),
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// The first characters, on one line.
pub(crate) fn clip(text: &str, n_characters: usize) -> String {
    let head: String = text.chars().take(n_characters + 1).collect();
    let mut line = one_line(head.trim()).into_owned();
    if head.chars().count() > n_characters {
        line = line.chars().take(n_characters).collect();
        line.push('…');
    }
    line
}

/// Whether showing the character as it is could change more than its own place.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_they_deserve() {
        let shown: Vec<String> = [1.0, 1.44, 9.96, 13.4, 99.6, 783.0, 12_345.0]
            .map(times)
            .to_vec();
        assert_eq!(
            shown,
            ["1.0x", "1.4x", "10.0x", "13x", "100x", "780x", "12,000x"]
        );
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(
            [850, 5_210, 125_000].map(duration),
            ["850 ms", "5.2 s", "2 min 5 s"]
        );
    }

    #[test]
    fn text_of_a_file_cannot_steer_a_terminal() {
        assert_eq!(
            one_line("a\nb\u{1b}[2J\u{202e}c"),
            "a b\\u{1b}[2J\\u{202e}c"
        );
        assert!(matches!(one_line("caf\u{e9} \u{1f600}"), Cow::Borrowed(_)));
    }
}
