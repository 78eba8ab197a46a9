//! `looplint rule` and `looplint rules`: the pages in a terminal.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use looplint_model::Page;

use crate::{cli, select};

/// Prints a rule's page.
///
/// # Errors
/// There is no such rule, or standard output is gone.
pub(crate) fn rule(arguments: &cli::Rule) -> Result<ExitCode> {
    let page = select::page(&arguments.id)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", head(page))?;
    write!(out, "{}", page.body)?;
    Ok(ExitCode::SUCCESS)
}

fn head(page: &Page) -> String {
    let mut head = format!("{} ({}, {})", page.id, page.domain, page.severity.as_str());
    if !page.default {
        head += ", off by default";
    }
    if !page.cost_before.is_empty() {
        head += &format!("\n{} -> {}", page.cost_before, page.cost_after);
    }
    for pair in &page.measured().pairs {
        let points: Vec<String> = pair
            .n
            .iter()
            .zip(&pair.ratio)
            .map(|(n, ratio)| format!("{ratio:.1}x at n = {n}"))
            .collect();
        head += &format!(
            "\nmeasured on {} ({}): {}",
            pair.interpreter,
            pair.name,
            points.join(", ")
        );
    }
    head + "\n"
}

/// Lists all rules, or prints them as JSON.
///
/// # Errors
/// Standard output is gone.
pub(crate) fn rules(arguments: &cli::Rules) -> Result<ExitCode> {
    let pages = select::pages();
    let mut out = io::stdout().lock();
    if arguments.json {
        let all: Vec<serde_json::Value> = pages.iter().map(|page| as_json(page)).collect();
        serde_json::to_writer_pretty(&mut out, &all)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let width = pages.iter().map(|page| page.id.len()).max().unwrap_or(0);
    for page in pages {
        let switch = if page.default { "on " } else { "off" };
        writeln!(
            out,
            "{:6}  {switch}  {:width$}  {}",
            page.domain, page.id, page.summary
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(page: &Page) -> serde_json::Value {
    let options: Vec<serde_json::Value> = page
        .options
        .iter()
        .map(|option| {
            serde_json::json!({
                "name": option.name, "default": option.default, "summary": option.summary,
            })
        })
        .collect();
    serde_json::json!({
        "id": page.id,
        "domain": page.domain,
        "summary": page.summary,
        "severity": page.severity.as_str(),
        "confidence": page.confidence.as_str(),
        "default": page.default,
        "cost_before": page.cost_before,
        "cost_after": page.cost_after,
        "fix": page.fix.as_str(),
        "since": page.since,
        "mode": page.mode,
        "options": options,
        "url": page.href(),
        "page": page.body,
    })
}
