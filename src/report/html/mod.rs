//! One page that holds all: summary, ranking, code, cost curves and runs.
//!
//! The page brings its style and pictures with it, runs no script and asks no network, so that it can be kept as a
//! build artifact and sent by mail. What comes from checked files is text in it, never markup.

mod card;
mod code;
mod curve;
mod story;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use looplint_model::{Columns, Severity};

use crate::found::{Found, slowdown_pct};
use crate::timeline::{Timeline, of_run};
use crate::words::{clip, count, n_names, one_line, thousands};
use crate::{Report, xml};

/// Findings that get a card; the ranking has more.
const N_CARDS: usize = 250;
/// Findings in the ranking.
const N_RANKED: usize = 2_000;
const STYLE: &str = include_str!("style.css");

/// Writes the page.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let found = report.found();
    head(out, "looplint report")?;
    out.write_all(masthead(report, &found).as_bytes())?;
    if !found.is_empty() {
        out.write_all(ranking(report, &found).as_bytes())?;
        runs(report, &found, out)?;
        writeln!(out, "<section><h2>Findings</h2>")?;
        for (at, found) in found.iter().take(N_CARDS).enumerate() {
            out.write_all(card::html(report, found, at + 1).as_bytes())?;
        }
        if found.len() > N_CARDS {
            let more = count((found.len() - N_CARDS) as u64, "finding");
            writeln!(
                out,
                "<p class=\"more\">{more} more, less costly, have no card here.</p>"
            )?;
        }
        writeln!(out, "</section>")?;
    }
    out.write_all(problems(report).as_bytes())?;
    foot(report, out)
}

/// What [`crate::Format::Html`] cannot take in, in one sentence.
pub(crate) fn left_out(report: &Report<'_>) -> Option<String> {
    let n: usize = report
        .files
        .iter()
        .map(|checked| checked.findings.len())
        .sum();
    let more = n.checked_sub(N_CARDS).filter(|more| *more > 0)?;
    Some(format!(
        "html: {} without a card; the worst have one",
        count(more as u64, "finding")
    ))
}

/// Writes the page of one run: its strip, its turns and its findings.
///
/// # Errors
/// Those of `out`.
pub fn write_run(report: &Report<'_>, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let found = report.found();
    let here = of_run(timeline, &found);
    head(out, "looplint run")?;
    writeln!(
        out,
        "<div class=\"name\">{MARK}<b>looplint</b></div><section class=\"runs\">"
    )?;
    out.write_all(run(timeline, &here, &found).as_bytes())?;
    out.write_all(turns(timeline).as_bytes())?;
    writeln!(out, "</section>")?;
    for (at, found) in found
        .iter()
        .enumerate()
        .filter(|(_, it)| here.iter().any(|found| found.key == it.key))
    {
        out.write_all(card::html(report, found, at + 1).as_bytes())?;
    }
    foot(report, out)
}

fn head(out: &mut dyn Write, title: &str) -> io::Result<()> {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title><style>\n{STYLE}</style></head><body>\n"
    )
}

fn foot(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<footer>looplint {} · slowdowns are read off curves measured on the rules' own examples</footer></body></html>",
        escape(&report.options.version)
    )
}

const MARK: &str = "<svg class=\"logo\" viewBox=\"0 0 40 40\" aria-hidden=\"true\"><path d=\"M20 5a15 15 0 1 1-13.4 8.2\"/><path d=\"M20 12.5a7.5 7.5 0 1 1-6.7 4.1\"/><path class=\"tip\" d=\"M4.5 15.5l1.7-6.5 5.3 4z\"/></svg>";

/// Name, verdict, counts and the switches that hide cards.
fn masthead(report: &Report<'_>, found: &[Found<'_>]) -> String {
    let n = |severity| {
        found
            .iter()
            .filter(|found| found.finding.severity == severity)
            .count()
    };
    let mut html = format!("<header class=\"top\"><div class=\"name\">{MARK}<b>looplint</b></div>");
    let worst = found
        .iter()
        .find(|found| slowdown_pct(found.finding).is_some())
        .and_then(|found| card::headline(found.finding));
    match (found.is_empty(), worst) {
        (true, _) => html.push_str("<h1>No loop here costs more than it must</h1>"),
        (false, Some((big, small))) => {
            let verb = if small == "slower" { "is" } else { "wastes" };
            let _ = write!(
                html,
                "<h1>{} <span>the worst {verb} <em>{}</em> {}</span></h1>",
                count(found.len() as u64, "finding"),
                escape(&big),
                escape(&small)
            );
        }
        (false, None) => {
            let _ = write!(html, "<h1>{}</h1>", count(found.len() as u64, "finding"));
        }
    }
    let _ = write!(
        html,
        "<p class=\"sum\">{}</p>",
        escape(&where_words(report, found.is_empty()))
    );
    html.push_str("<div class=\"filters\">");
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        if n(severity) > 0 {
            let _ = write!(
                html,
                "<label class=\"chip {id}\"><input type=\"checkbox\" id=\"show-{id}\" checked>{}</label>",
                count(n(severity) as u64, card::severity_word(severity)),
                id = severity.as_str(),
            );
        }
    }
    html.push_str("</div></header>\n");
    html
}

/// How much was checked; the findings are counted above.
fn where_words(report: &Report<'_>, clean: bool) -> String {
    let n_files = report.summary.files_checked as u64;
    let mut words = if clean {
        format!("{} checked", count(n_files, "file"))
    } else {
        let with = n_names(report, |checked| !checked.findings.is_empty());
        format!("in {} of {}", thousands(with), count(n_files, "file"))
    };
    let n_problems = n_names(report, |checked| !checked.problems.is_empty());
    if n_problems > 0 {
        let _ = write!(words, ", {} not checked in full", count(n_problems, "file"));
    }
    words
}

fn ranking(report: &Report<'_>, found: &[Found<'_>]) -> String {
    let mut html = String::from("<section><h2>Worst first</h2><ol class=\"rank\">\n");
    let weight = |found: &Found<'_>| {
        slowdown_pct(found.finding).map_or(0.0, |pct| (pct.max(0.0) / 100.0).ln_1p())
    };
    let most = found.first().map_or(1.0, |found| weight(found).max(1e-9));
    for (at, found) in found.iter().take(N_RANKED).enumerate() {
        let finding = found.finding;
        let number = card::headline(finding).map_or_else(|| "–".to_owned(), |(big, _)| big);
        let place = place_words(found);
        let open = if at < N_CARDS {
            format!("<a class=\"go\" href=\"#f{}\">", at + 1)
        } else {
            "<a class=\"go\">".to_owned()
        };
        let _ = writeln!(
            html,
            "<li class=\"{} {}\">{open}<span class=\"bar\"><i style=\"width:{:.1}%\"></i></span><b>{}</b><span class=\"rule\">{}</span><span class=\"where\">{}</span></a></li>",
            finding.severity.as_str(),
            escape(finding.domain),
            weight(found) / most * 100.0,
            escape(&number),
            escape(finding.rule),
            escape(&place),
        );
    }
    html.push_str("</ol>");
    if found.len() > N_RANKED {
        let _ = write!(
            html,
            "<p class=\"more\">{} more</p>",
            count((found.len() - N_RANKED) as u64, "finding")
        );
    }
    if report.files.is_empty() {
        html.push_str("<p class=\"more\">nothing was checked</p>");
    }
    html.push_str("</section>\n");
    html
}

/// The runs that have findings, each as a strip of turns.
fn runs(report: &Report<'_>, found: &[Found<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut any = false;
    for timeline in &report.options.timelines {
        let here = of_run(timeline, found);
        if here.is_empty() {
            continue;
        }
        if !any {
            writeln!(out, "<section class=\"runs\"><h2>Runs</h2>")?;
            any = true;
        }
        out.write_all(run(timeline, &here, found).as_bytes())?;
    }
    if any {
        writeln!(
            out,
            "<p class=\"legend\"><i class=\"user\"></i>user <i class=\"assistant\"></i>assistant <i class=\"tool\"></i>tool <i class=\"system\"></i>system <i class=\"failed\"></i>failed call <i class=\"hitbox\"></i>finding; arcs join the turns that a finding names, bars below are the time of calls</p></section>"
        )?;
    }
    Ok(())
}

fn run(timeline: &Timeline, here: &[&Found<'_>], all: &[Found<'_>]) -> String {
    let mut html = format!(
        "<article class=\"card runcard\"><header><b>{}</b>",
        escape(&one_line(&timeline.run))
    );
    if !timeline.outcome.is_empty() {
        let _ = write!(
            html,
            "<span class=\"tag\">{}</span>",
            escape(&one_line(&timeline.outcome))
        );
    }
    let _ = write!(
        html,
        "<span class=\"where\">{}</span></header>",
        escape(&one_line(&timeline.source))
    );
    if !timeline.goal.is_empty() {
        let _ = write!(
            html,
            "<p class=\"what\">{}</p>",
            escape(&clip(&timeline.goal, 300))
        );
    }
    html.push_str(&story::svg(timeline, here));
    html.push_str("<ul class=\"modes\">");
    let rank: BTreeMap<(usize, usize), usize> = all
        .iter()
        .enumerate()
        .map(|(at, found)| (found.key, at + 1))
        .collect();
    for found in here {
        let Some(place) = &found.finding.run else {
            continue;
        };
        let _ = write!(
            html,
            "<li class=\"{}\"><a href=\"#f{}\">turn {}: {}</a> {}</li>",
            found.finding.severity.as_str(),
            rank.get(&found.key).copied().unwrap_or_default(),
            place.turn,
            escape(if place.mode.is_empty() {
                found.finding.rule
            } else {
                place.mode
            }),
            inline(&found.finding.message),
        );
    }
    html.push_str("</ul></article>\n");
    html
}

/// The turns in words.
fn turns(timeline: &Timeline) -> String {
    let mut html = String::from(
        "<details open class=\"card\"><summary>Turns</summary><table class=\"turns\">",
    );
    for turn in &timeline.turns {
        let who = if turn.agent.is_empty() {
            turn.role.clone()
        } else {
            format!("{} ({})", turn.role, turn.agent)
        };
        let _ = write!(
            html,
            "<tr id=\"t{0}\"><th>{0}</th><td>{1}</td><td>",
            turn.number,
            escape(&one_line(&who))
        );
        if !turn.text.is_empty() {
            let _ = write!(html, "<p>{}</p>", escape(&clip(&turn.text, 600)));
        }
        for call in &turn.calls {
            let class = if call.failed { " class=\"failed\"" } else { "" };
            let _ = write!(
                html,
                "<p{class}><code>{} {}</code> → <code>{}</code></p>",
                escape(&one_line(&call.name)),
                escape(&clip(&call.arguments, 300)),
                escape(&clip(&call.result, 300)),
            );
        }
        html.push_str("</td></tr>");
    }
    html.push_str("</table></details>\n");
    html
}

fn problems(report: &Report<'_>) -> String {
    let problems = report.problems();
    if problems.is_empty() {
        return String::new();
    }
    let mut html = String::from("<section><h2>Not checked in full</h2><ul class=\"problems\">");
    for (source, problem) in problems {
        let line = problem
            .span
            .map(|span| source.position(span.start, Columns::Utf32).line);
        let line = line.map_or_else(String::new, |line| format!(":{line}"));
        let _ = write!(
            html,
            "<li><code>{}{line}</code> {}</li>",
            escape(&one_line(&report.path(source))),
            inline(&problem.message)
        );
    }
    html.push_str("</ul></section>\n");
    html
}

fn place_words(found: &Found<'_>) -> String {
    let at = found.start();
    let path = one_line(&found.path);
    match at.cell {
        0 => format!("{path}:{}:{}", at.line, at.column),
        cell => format!("{path} cell {cell}, {}:{}", at.line, at.column),
    }
}

/// The place, linked where the source can be seen.
fn place(report: &Report<'_>, found: &Found<'_>) -> String {
    let words = place_words(found);
    match &report.options.source_url {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => format!(
            "<a href=\"{}/{}#L{}\">{}</a>",
            escape(url.trim_end_matches('/')),
            crate::paths::uri(&found.path),
            found.start().line,
            escape(&words)
        ),
        _ => escape(&words).into_owned(),
    }
}

fn escape(text: &str) -> Cow<'_, str> {
    xml::escape(text)
}

/// A message as HTML, with code where backticks are.
fn inline(text: &str) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escape(&text).into_owned();
    }
    let mut html = String::with_capacity(text.len() + 16);
    for (at, part) in parts.iter().enumerate() {
        if at % 2 == 1 {
            let _ = write!(html, "<code>{}</code>", escape(part));
        } else {
            html.push_str(&escape(part));
        }
    }
    html
}
