//! A finding as a card: what, where, the code, the cost and what to write instead.

use std::fmt::Write as _;

use looplint_model::{Confidence, Cost, Finding, Fix, Layout, RunCost, Severity};

use super::{code, curve, escape, inline, place};
use crate::Report;
use crate::edits::hunks;
use crate::found::Found;
use crate::words::{
    big_o, cost_line, duration, one_line, percent, run_line, safety_words, size_origin, thousands,
    times,
};

/// A change of so many lines is shown unfolded.
const N_LINES_OPEN: usize = 10;

/// The card of the finding that is number `rank` from 1.
pub(super) fn html(report: &Report<'_>, found: &Found<'_>, rank: usize) -> String {
    let finding = found.finding;
    let mut html = format!(
        "<article class=\"card {} {}\" id=\"f{rank}\"><header><span class=\"pill {}\">{}</span>{}<span class=\"where\">{}</span>",
        finding.severity.as_str(),
        escape(finding.domain),
        finding.severity.as_str(),
        severity_word(finding.severity),
        rule_link(report, finding.rule),
        place(report, found),
    );
    if finding.run.is_none() && finding.confidence < Confidence::Proven {
        let _ = write!(
            html,
            "<span class=\"tag\">{}</span>",
            finding.confidence.as_str()
        );
    }
    let _ = write!(
        html,
        "</header><p class=\"what\">{}</p><div class=\"body\"><div class=\"main\">",
        inline(&finding.message)
    );
    if let Some(place) = &finding.run {
        let _ = write!(
            html,
            "<p class=\"run\">{}</p>",
            escape(&one_line(&run_line(place)))
        );
    }
    html.push_str(&code::html(found.source, finding));
    html.push_str(&help(report, found));
    html.push_str("</div>");
    html.push_str(&cost(finding));
    html.push_str("</div></article>\n");
    html
}

pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

pub(super) fn rule_link(report: &Report<'_>, rule: &str) -> String {
    match (report.pages)(rule) {
        Some(page) => format!(
            "<a class=\"rule\" href=\"{}\" title=\"{}\">{}</a>",
            escape(&page.href()),
            escape(&page.summary),
            escape(rule)
        ),
        None => format!("<span class=\"rule\">{}</span>", escape(rule)),
    }
}

/// What to write instead: in words, and as the lines that change.
fn help(report: &Report<'_>, found: &Found<'_>) -> String {
    let finding = found.finding;
    let mut html = String::new();
    let fix = finding.fix.as_ref();
    let words = if finding.suggestion.is_empty() {
        fix.map_or("", |fix| fix.title.as_str())
    } else {
        &finding.suggestion
    };
    if !words.is_empty() {
        let _ = write!(html, "<p class=\"help\">{}</p>", inline(words));
    }
    if let Some(fix) = fix.filter(|fix| !fix.edits.is_empty()) {
        html.push_str(&change(found, fix, words));
    }
    if let Some(explanation) = report.options.explanations.get(&found.key) {
        let paragraphs = explanation.text.split("\n\n");
        for paragraph in paragraphs.filter(|text| !text.trim().is_empty()) {
            let _ = write!(html, "<p class=\"why\">{}</p>", inline(paragraph));
        }
        let note = inline(&explanation.note);
        let _ = write!(html, "<p class=\"why\"><em>{note}</em></p>");
    }
    html
}

/// The lines that the fix changes; unfolded where they are few.
fn change(found: &Found<'_>, fix: &Fix, words: &str) -> String {
    let hunks = match found.source.layout {
        // Lines of several cells side by side would mislead.
        Layout::Cells(_) => Vec::new(),
        Layout::Whole | Layout::Part { .. } | Layout::Pieces { .. } => {
            hunks(found.source, &fix.edits)
        }
    };
    let n_lines: usize = hunks
        .iter()
        .map(|hunk| hunk.before.len() + hunk.after.len())
        .sum();
    let open = if n_lines <= N_LINES_OPEN { " open" } else { "" };
    let title = if fix.title == words {
        "The change"
    } else {
        &fix.title
    };
    let title = inline(title);
    let safety = inline(&safety_words(&fix.safety));
    if hunks.is_empty() {
        return format!("<p class=\"why\">{title} <small>{safety}</small></p>");
    }
    let diff = code::diff(found.source, &hunks);
    format!("<details{open}><summary>{title} <small>{safety}</small></summary>{diff}</details>")
}

/// The side of the card: the number that matters, Big-O, the measured curve.
fn cost(finding: &Finding) -> String {
    let Some(cost) = &finding.cost else {
        return String::new();
    };
    let mut html = String::from("<aside>");
    match cost {
        Cost::Code(code) => {
            if let Some(ratio) = code.ratio() {
                let _ = write!(
                    html,
                    "<p class=\"big\">{}</p><p class=\"small\">slower at n = {}, {}</p>",
                    times(ratio),
                    thousands(code.size.n),
                    size_origin(code.size)
                );
            }
            let _ = write!(
                html,
                "<p class=\"order\">{}</p>",
                order(&code.before, &code.after, &big_o(code))
            );
            if let Some(measured) = &code.curve {
                html.push_str(&curve::svg(measured, code.size));
                let _ = write!(
                    html,
                    "<p class=\"small\">slowdown by n, measured on {}</p>",
                    escape(&measured.interpreter)
                );
            }
        }
        Cost::Run(run) => {
            let (big, small) = headline(finding).unwrap_or_default();
            let _ = write!(
                html,
                "<p class=\"big\">{}</p><p class=\"small\">{}</p>",
                escape(&big),
                escape(&small)
            );
            if run.share > 0.0 {
                let _ = write!(
                    html,
                    "<svg class=\"share\" viewBox=\"0 0 300 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{share} of the run\"><rect class=\"all\" width=\"300\" height=\"10\" rx=\"5\"/><rect class=\"lost\" width=\"{:.1}\" height=\"10\" rx=\"5\"/></svg>",
                    (run.share.min(1.0) * 300.0).max(4.0),
                    share = percent(run.share),
                );
            }
            // The share stands above.
            let rest = cost_line(&Cost::Run(RunCost { share: 0.0, ..*run }));
            let _ = write!(html, "<p class=\"small\">{}</p>", escape(&rest));
        }
    }
    html.push_str("</aside>");
    html
}

fn order(before: &str, after: &str, both: &str) -> String {
    if before.is_empty() || after.is_empty() || before == after {
        return format!("<code>{}</code>", escape(both));
    }
    format!(
        "<code>{}</code> <span class=\"arrow\">→</span> <code class=\"good\">{}</code>",
        escape(before),
        escape(after)
    )
}

/// The finding's cost as a number and what it counts.
pub(super) fn headline(finding: &Finding) -> Option<(String, String)> {
    match finding.cost.as_ref()? {
        Cost::Code(cost) => Some((times(cost.ratio()?), "slower".to_owned())),
        Cost::Run(cost) if cost.share > 0.0 => {
            Some((percent(cost.share), "of the run's turns".to_owned()))
        }
        Cost::Run(cost) if cost.milliseconds > 0 => {
            Some((duration(cost.milliseconds), "of the run's time".to_owned()))
        }
        Cost::Run(cost) if cost.calls > 0 => Some((thousands(cost.calls), "calls".to_owned())),
        Cost::Run(_) => None,
    }
}
