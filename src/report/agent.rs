//! One line for each finding, for a coding agent that reads and then edits: where, what and what to write instead.
//!
//! No colour, no code, no table: an agent has the file, and every character costs it.

use std::io::{self, Write};

use looplint_model::Safety;

use crate::Report;
use crate::concise::{place, problem_line};
use crate::words::one_line;

/// Writes `path:line:col: severity rule: message help: ...`.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for found in report.found() {
        let finding = found.finding;
        write!(
            out,
            "{}: {} {}: {}",
            place(found.source, found.start()),
            finding.severity.as_str(),
            finding.rule,
            one_line(&finding.message),
        )?;
        if !finding.suggestion.is_empty() {
            write!(out, " help: {}", one_line(&finding.suggestion))?;
        }
        match finding
            .fix
            .as_ref()
            .map(|fix| (&fix.safety, fix.edits.is_empty()))
        {
            Some((Safety::Safe, false)) => write!(out, " (--fix does it)")?,
            Some((Safety::Unsafe(_), false)) => write!(out, " (--fix --unsafe-fixes does it)")?,
            _ => {}
        }
        // An agent knows the pages' kind of text, and can ask for a page.
        let explanation = report.options.explanations.get(&found.key);
        if let Some(explanation) = explanation.filter(|explanation| explanation.model.is_some()) {
            let (text, note) = (one_line(&explanation.text), one_line(&explanation.note));
            write!(out, " why: {text} ({note})")?;
        }
        writeln!(out)?;
    }
    for (source, problem) in report.problems() {
        writeln!(out, "{}", problem_line(source, problem))?;
    }
    Ok(())
}
