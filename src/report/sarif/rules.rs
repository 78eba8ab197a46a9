//! A rule page as a SARIF rule: what code scanning lists, filters by and shows as help.
//!
//! Knows the limits of code scanning. Knows no finding.

use looplint_model::{Confidence, Page, Severity};

use super::shapes::{Configuration, Rule, RuleProperties, Text};

/// Characters that code scanning takes in a description.
const N_DESCRIPTION: usize = 1024;

/// The rule `id`; without a page only its name is known.
pub(super) fn rule(id: &str, page: Option<&Page>) -> Rule {
    let summary = page.map_or(id, |page| page.summary.as_str());
    let body = page.map_or("", |page| page.body.as_str()).trim();
    let help = if body.is_empty() { summary } else { body };
    let severity = page.map_or(Severity::Warning, |page| page.severity);
    let mut tags = vec!["performance".to_owned()];
    if let Some(page) = page {
        tags.push(page.domain.clone());
        if !page.mode.is_empty() {
            tags.push(page.mode.to_lowercase().replace('_', "-"));
        }
    }
    Rule {
        id: id.to_owned(),
        name: pascal_case(id),
        short_description: Text::plain(sentence(summary)),
        full_description: Text::plain(sentence(first_paragraph(body).unwrap_or(summary))),
        help: Text {
            text: help.to_owned(),
            markdown: Some(help.to_owned()),
        },
        help_uri: page.map(Page::href),
        default_configuration: Configuration {
            level: level(severity),
        },
        properties: RuleProperties {
            tags,
            precision: precision(page),
            problem_severity: match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "recommendation",
            },
        },
    }
}

/// How often the rule is right: as measured where it was, else by what its page claims.
fn precision(page: Option<&Page>) -> &'static str {
    let Some(page) = page else { return "medium" };
    let rates = &page.measured().rates;
    let fired: u64 = rates.iter().map(|rate| rate.fired).sum();
    if fired > 0 {
        let right: u64 = rates.iter().map(|rate| rate.right).sum();
        return match right as f64 / fired as f64 {
            0.95.. => "very-high",
            0.85.. => "high",
            0.6.. => "medium",
            _ => "low",
        };
    }
    match page.confidence {
        Confidence::Proven => "very-high",
        Confidence::Likely => "high",
        Confidence::Possible => "medium",
    }
}

/// SARIF's word for a severity.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// `ListMembershipInLoop` for `list-membership-in-loop`.
fn pascal_case(id: &str) -> String {
    id.split(['-', '_'])
        .flat_map(|word| {
            let mut characters = word.chars();
            characters
                .next()
                .map(|first| first.to_uppercase().collect::<String>() + characters.as_str())
        })
        .collect()
}

/// The first paragraph of a page that is prose, as one line.
fn first_paragraph(body: &str) -> Option<&str> {
    body.split("\n\n")
        .map(str::trim)
        .find(|text| !text.is_empty() && !text.starts_with(['#', '`', '|', '-', '>', '<']))
}

/// Text of a description: one line, closed by a full stop, not longer than code scanning takes.
pub(super) fn sentence(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() >= N_DESCRIPTION {
        line = line.chars().take(N_DESCRIPTION - 2).collect();
        line.push('…');
    } else if !line.ends_with(['.', '!', '?', '`']) {
        line.push('.');
    }
    line
}
