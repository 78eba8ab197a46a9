//! Markdown: a table for a pull request's comment, a wiki or the summary of a CI step.

use std::fmt::Write as _;
use std::io::{self, Write};

use looplint_model::{Columns, Severity};

use crate::Report;
use crate::found::Found;
use crate::words::{cell_words, cost_line, count, one_line, run_line, safety_words, summary_line};

/// Writes the whole table.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text(report, usize::MAX).as_bytes())
}

/// The report in about `bytes_max` bytes, worst first; says what was left out.
pub(crate) fn text(report: &Report<'_>, bytes_max: usize) -> String {
    let mut text = format!("### looplint: {}\n", summary_line(report));
    let found = report.found();
    if !found.is_empty() {
        text.push_str("\n| | where | what | cost |\n|---|---|---|---|\n");
    }
    for (at, found_here) in found.iter().enumerate() {
        if text.len() > bytes_max {
            let more = count((found.len() - at) as u64, "finding");
            let _ = write!(text, "\n{more} more, less costly, are left out here.\n");
            break;
        }
        row(report, &mut text, found_here);
    }
    let problems = report.problems();
    if !problems.is_empty() {
        text.push_str("\nNot checked in full:\n\n");
    }
    for (source, problem) in &problems {
        if text.len() > bytes_max {
            text.push_str("- and more\n");
            break;
        }
        let line = problem
            .span
            .map(|span| source.position(span.start, Columns::Utf32).line);
        let place = place(report, &report.path(source), 0, line);
        let _ = writeln!(text, "- {place}: {}", escape(&one_line(&problem.message)));
    }
    text
}

fn row(report: &Report<'_>, text: &mut String, found: &Found<'_>) {
    let finding = found.finding;
    let at = found.start();
    let mark = match finding.severity {
        Severity::Error => "🔴",
        Severity::Warning => "🟡",
        Severity::Info => "🔵",
    };
    let rule = match (report.pages)(finding.rule) {
        Some(page) => format!("[{}]({})", finding.rule, page.href()),
        None => finding.rule.to_owned(),
    };
    let _ = write!(
        text,
        "| {mark} {} | {} | {}",
        finding.severity.as_str(),
        place(report, &found.path, at.cell, Some(at.line)),
        escape(&one_line(&finding.message)),
    );
    let help = match &finding.fix {
        Some(fix) => format!("{} ({})", fix.title, safety_words(&fix.safety)),
        None => finding.suggestion.clone(),
    };
    if !help.is_empty() {
        let _ = write!(text, "<br>→ {}", escape(&one_line(&help)));
    }
    if let Some(place) = &finding.run {
        let _ = write!(text, "<br>{}", escape(&one_line(&run_line(place))));
    }
    let cost = finding.cost.as_ref().map(cost_line).unwrap_or_default();
    let _ = writeln!(
        text,
        "<br><sub>{rule}</sub> | {} |",
        escape(&one_line(&cost))
    );
}

/// `src/a.py:5`, linked where the source can be seen.
fn place(report: &Report<'_>, path: &str, cell: usize, line: Option<usize>) -> String {
    let line_words = line.map_or_else(String::new, |line| format!(":{line}"));
    let path = one_line(path).replace(['`', '|'], "_");
    let name = match cell {
        0 => format!("`{path}{line_words}`"),
        _ => format!(
            "`{path}` {}line {}",
            cell_words(cell, ", "),
            line.unwrap_or(1)
        ),
    };
    match &report.options.source_url {
        Some(url) => {
            let line = line
                .filter(|_| cell == 0)
                .map_or_else(String::new, |line| format!("#L{line}"));
            format!(
                "[{name}]({}/{}{line})",
                url.trim_end_matches('/'),
                crate::paths::uri(&path)
            )
        }
        None => name,
    }
}

/// Text that stays text in a table's cell; code between backticks stays code.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    // An unpaired backtick would open code that runs into the next cell.
    let paired = text.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    for character in text.chars() {
        match character {
            '`' if paired => {
                in_code = !in_code;
                out.push('`');
            }
            '|' => out.push_str("\\|"),
            '<' if !in_code => out.push_str("&lt;"),
            '&' if !in_code => out.push_str("&amp;"),
            '\\' | '*' | '_' | '[' | ']' | '`' | '#' | '~' if !in_code => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}
