//! SARIF 2.1.0, as GitHub's code scanning takes it in full.
//!
//! One run; files named relative to the root; regions narrow enough to be annotated; each alert with the hash that
//! lets it be known again. The only place that names SARIF.

mod fingerprints;
mod line_hash;
mod rules;
mod shapes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

use looplint_model::{Columns, Finding, Layout, Problem, Safety, Source, Span};

use self::fingerprints::{hash_of, line_hashes};
use self::rules::{level, rule, sentence};
use self::shapes::*;
use crate::found::{Found, slowdown_pct};
use crate::paths::{is_absolute, uri};
use crate::words::{cost_line, count, one_line, thousands};
use crate::{INFORMATION_URI, Report};

/// Results that code scanning takes; a file with more is refused whole.
const N_RESULTS: usize = 25_000;
/// Results that code scanning keeps, the most severe first.
const N_RESULTS_KEPT: usize = 5_000;
/// Related locations that code scanning keeps for a result.
const N_RELATED: usize = 100;
/// Steps that code scanning keeps for a result.
const N_STEPS: usize = 1_000;

/// Writes one log with one run.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &log(report))?;
    out.write_all(b"\n")
}

/// What did not fit into the limits of code scanning, in one sentence.
pub(crate) fn left_out(report: &Report<'_>) -> Option<String> {
    let n_merged = merged(report.found()).len();
    if n_merged > N_RESULTS {
        let more = count((n_merged - N_RESULTS) as u64, "finding");
        return Some(format!(
            "SARIF: {more} left out, a file holds {} at most; the worst are in it",
            thousands(N_RESULTS as u64)
        ));
    }
    (n_merged > N_RESULTS_KEPT).then(|| {
        format!(
            "SARIF: code scanning keeps {} of {}, the most severe first",
            thousands(N_RESULTS_KEPT as u64),
            count(n_merged as u64, "finding"),
        )
    })
}

fn log(report: &Report<'_>) -> Log {
    let groups = merged(report.found());
    let kept = &groups[..groups.len().min(N_RESULTS)];
    let ids: BTreeSet<&str> = kept.iter().map(|group| group[0].finding.rule).collect();
    let indices: BTreeMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let hashes = line_hashes(report, kept);
    let results = kept
        .iter()
        .map(|group| {
            let index = indices
                .get(group[0].finding.rule)
                .copied()
                .unwrap_or_default();
            let explanation = explanation(report, group);
            outcome(group, index, hash_of(&hashes, &group[0]), explanation)
        })
        .collect::<Vec<Outcome>>();
    let generated = results
        .iter()
        .any(|outcome| outcome.properties.explanation.is_some());
    let driver = Driver {
        name: "looplint",
        semantic_version: report.options.version.clone(),
        information_uri: INFORMATION_URI,
        rules: ids.iter().map(|id| rule(id, (report.pages)(id))).collect(),
    };
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver },
            // A fixed id would override the category that the upload step sets.
            automation_details: report.options.sarif_category.as_ref().map(|category| {
                AutomationDetails {
                    id: format!("{}/", category.trim_end_matches('/')),
                }
            }),
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications(report),
            }],
            original_uri_base_ids: BaseIds {
                root: BaseId {
                    description: Text::plain("The root of the repository."),
                },
            },
            column_kind: "utf16CodeUnits",
            results,
            properties: generated.then_some(RunProperties {
                origin: "annotated",
            }),
        }],
    }
}

/// Findings of one rule on one line, together: code scanning would show only one of them.
fn merged<'a>(found: Vec<Found<'a>>) -> Vec<Vec<Found<'a>>> {
    let mut groups: Vec<Vec<Found<'a>>> = Vec::with_capacity(found.len());
    let mut places: HashMap<(&'a str, &'a str, usize, usize), usize> = HashMap::new();
    for found in found {
        let at = found.start();
        let place = (
            found.source.name.as_str(),
            found.finding.rule,
            at.cell,
            at.line,
        );
        match places.get(&place) {
            Some(&group) => groups[group].push(found),
            None => {
                places.insert(place, groups.len());
                groups.push(vec![found]);
            }
        }
    }
    groups
}

/// What a model wrote on the findings of a group, where the user wants that in SARIF.
/// The text of the rule's page is in `help` anyway.
fn explanation(report: &Report<'_>, group: &[Found<'_>]) -> Option<Generated> {
    let asked = report.options.explain_in_sarif;
    group.iter().filter(|_| asked).find_map(|found| {
        let explanation = report.options.explanations.get(&found.key)?;
        Some(Generated {
            text: explanation.text.clone(),
            generated_by: explanation.model.clone()?,
            note: explanation.note.clone(),
        })
    })
}

fn outcome(
    group: &[Found<'_>],
    rule_index: usize,
    line_hash: Option<String>,
    explanation: Option<Generated>,
) -> Outcome {
    let found = &group[0];
    let (source, finding) = (found.source, found.finding);
    let related = related_locations(group);
    Outcome {
        rule_id: finding.rule.to_owned(),
        rule_index,
        level: level(finding.severity),
        message: Text::plain(message(finding, &related)),
        locations: [Location {
            logical_locations: logical_locations(source, finding),
            ..location(found, finding.span)
        }],
        related_locations: related,
        code_flows: code_flows(found),
        partial_fingerprints: Fingerprints {
            primary_location_line_hash: line_hash,
            looplint: found.fingerprint.clone(),
        },
        fixes: fixes(found),
        properties: OutcomeProperties {
            confidence: finding.confidence.as_str(),
            estimated_slowdown_pct: slowdown_pct(finding).map(|pct| (pct * 10.0).round() / 10.0),
            cost: finding
                .cost
                .as_ref()
                .map(cost_line)
                .filter(|line| !line.is_empty()),
            explanation,
        },
    }
}

/// The message with what to do, the cost, and links to the related locations.
fn message(finding: &Finding, related: &[Location]) -> String {
    let mut text = no_links(&one_line(&finding.message));
    text.push('.');
    if let Some(cost) = finding
        .cost
        .as_ref()
        .map(cost_line)
        .filter(|line| !line.is_empty())
    {
        text.push_str("\nCost: ");
        text.push_str(&no_links(&cost));
        text.push('.');
    }
    let links: Vec<String> = related
        .iter()
        .filter_map(|location| {
            let message = location.message.as_ref()?;
            Some(format!(
                "[{}]({})",
                escape_brackets(&message.text),
                location.id?
            ))
        })
        .take(10)
        .collect();
    if !links.is_empty() {
        text.push_str("\nSee ");
        text.push_str(&links.join(", "));
        text.push('.');
    }
    text
}

/// Text in which `[a](b)` is no link; untouched where none is in it.
fn no_links(text: &str) -> String {
    if text.contains("](") {
        escape_brackets(text)
    } else {
        text.to_owned()
    }
}

fn escape_brackets(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('[', "\\[")
        .replace(']', "\\]")
}

/// What the finding points to, then the places of the findings that were merged into it. Ids count from 1.
fn related_locations(group: &[Found<'_>]) -> Vec<Location> {
    let found = &group[0];
    let related = found
        .finding
        .related
        .iter()
        .map(|related| (found, related.span, one_line(&related.message).into_owned()));
    let others = group[1..].iter().map(|other| {
        (
            other,
            other.finding.span,
            "the same on this line".to_owned(),
        )
    });
    related
        .chain(others)
        .take(N_RELATED)
        .enumerate()
        .map(|(at, (found, span, message))| Location {
            id: Some(at + 1),
            message: Some(Text::plain(if message.is_empty() {
                "related place".to_owned()
            } else {
                message
            })),
            ..location(found, span)
        })
        .collect()
}

/// The steps that lead to the finding: earlier turns of a run, or the places a call goes through.
fn code_flows(found: &Found<'_>) -> Vec<CodeFlow> {
    let finding = found.finding;
    let n_needed = if finding.run.is_some() { 1 } else { 2 };
    if finding.related.len() < n_needed {
        return Vec::new();
    }
    let skipped = finding.related.len().saturating_sub(N_STEPS - 1);
    let related = finding.related[skipped..]
        .iter()
        .map(|related| (related.span, related.message.as_str()));
    let last = if finding.label.is_empty() {
        &finding.message
    } else {
        &finding.label
    };
    let steps: Vec<(Span, &str)> = related.chain([(finding.span, last.as_str())]).collect();
    let n_steps = steps.len();
    let locations = steps
        .into_iter()
        .enumerate()
        .map(|(at, (span, message))| ThreadFlowLocation {
            location: Location {
                message: Some(Text::plain(one_line(message))),
                ..location(found, span)
            },
            execution_order: at + 1,
            importance: if at + 1 == n_steps {
                "essential"
            } else {
                "important"
            },
        })
        .collect();
    vec![CodeFlow {
        thread_flows: [ThreadFlow { locations }],
    }]
}

/// The fix as replacements. A notebook's edits are inside its cells, which SARIF cannot say.
fn fixes(found: &Found<'_>) -> Vec<Fix> {
    let Some(fix) = &found.finding.fix else {
        return Vec::new();
    };
    if fix.edits.is_empty() || matches!(found.source.layout, Layout::Cells(_)) {
        return Vec::new();
    }
    let description = match &fix.safety {
        Safety::Unsafe(why) if !why.is_empty() => format!("{} (unsafe: {why}).", fix.title),
        _ => format!("{}.", fix.title),
    };
    let replacements = fix
        .edits
        .iter()
        .map(|edit| Replacement {
            deleted_region: region(found.source, edit.span),
            inserted_content: Text::plain(edit.text.clone()),
        })
        .collect();
    let artifact_location = artifact(&found.path);
    vec![Fix {
        description: Text::plain(description),
        artifact_changes: [ArtifactChange {
            artifact_location,
            replacements,
        }],
    }]
}

fn location(found: &Found<'_>, span: Span) -> Location {
    Location {
        id: None,
        physical_location: PhysicalLocation {
            artifact_location: artifact(&found.path),
            region: Some(region(found.source, span)),
        },
        logical_locations: Vec::new(),
        message: None,
    }
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation {
        uri: uri(path),
        uri_base_id: (!is_absolute(path)).then_some("%SRCROOT%"),
    }
}

fn region(source: &Source, span: Span) -> Region {
    let (start, end) = source.file_range(span, Columns::Utf16);
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

/// The cell of a notebook, the turn of a run.
fn logical_locations(source: &Source, finding: &Finding) -> Vec<LogicalLocation> {
    if let Some(place) = &finding.run {
        let name = format!("turn {}", place.turn);
        let full = format!("{}/{name}", one_line(&place.run));
        return vec![LogicalLocation {
            name,
            fully_qualified_name: Some(full),
        }];
    }
    match source.position(finding.span.start, Columns::Utf16).cell {
        0 => Vec::new(),
        cell => vec![LogicalLocation {
            name: format!("cell {cell}"),
            fully_qualified_name: None,
        }],
    }
}

fn notifications(report: &Report<'_>) -> Vec<Notification> {
    let problem = |(source, problem): (&Source, &Problem)| Notification {
        descriptor: Descriptor {
            id: problem.kind.as_str(),
        },
        level: "error",
        message: Text::plain(sentence(&one_line(&problem.message))),
        locations: vec![Location {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: artifact(&report.path(source)),
                region: problem.span.map(|span| region(source, span)),
            },
            logical_locations: Vec::new(),
            message: None,
        }],
    };
    let left_out = left_out(report).map(|message| Notification {
        descriptor: Descriptor { id: "left-out" },
        level: "warning",
        message: Text::plain(sentence(&message)),
        locations: Vec::new(),
    });
    report
        .problems()
        .into_iter()
        .map(problem)
        .chain(left_out)
        .collect()
}
