//! Marks beside the text: costs at loop headers, counts above functions and runs, the outline and the folds of a trace.
//!
//! Does not know how a domain parts its documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use looplint_model::{CodeCost, Columns, Cost, Finding, Part, PartKind, Span};
use serde_json::json;
use tower_lsp_server::ls_types::{
    CodeLens, DocumentSymbol, DocumentSymbolResponse, FoldingRange, InlayHint, InlayHintLabel,
    InlayHintParams, InlayHintTooltip, Location, SymbolInformation, SymbolKind, Uri,
};

use crate::commands;
use crate::report::{Report, Spot};
use crate::session::Session;
use crate::text;

/// Runs `make` on a worker with the newest report of a document.
async fn with_report<R: Send + 'static>(
    session: &Arc<Session>,
    uri: &Uri,
    make: impl FnOnce(&Session, &Spot<'_>) -> R + Send + 'static,
) -> Option<R> {
    let report = session.latest(uri.as_str()).await?;
    report.domain?;
    let (own, uri) = (Arc::clone(session), uri.clone());
    let work = move || {
        let piece = report.piece(uri.as_str())?;
        let spot = Spot {
            report: &report,
            piece,
        };
        Some(make(&own, &spot))
    };
    session.on_worker(work).await.flatten()
}

/// Costs at the headers of loops in which something was found, where the user wants them.
pub(crate) async fn inlay_hints(
    session: &Arc<Session>,
    params: InlayHintParams,
) -> Option<Vec<InlayHint>> {
    let uri = params.text_document.uri;
    // The settings are known at the latest when there is a report.
    session.latest(uri.as_str()).await?;
    if !session.choices_of(&uri).inlay_hints {
        return None;
    }
    with_report(session, &uri, move |session, spot| {
        let columns = session.columns();
        let wanted = text::span(&spot.piece.source, params.range, columns);
        let mut worst: BTreeMap<u32, (&Finding, &CodeCost)> = BTreeMap::new();
        for finding in &spot.report.findings {
            let Some(Cost::Code(cost)) = &finding.cost else {
                continue;
            };
            if cost.before.is_empty() {
                continue;
            }
            let Some(local) = spot.local(hint_place(spot.report, finding, cost)) else {
                continue;
            };
            if wanted.end < local.start || local.end < wanted.start {
                continue;
            }
            let at = line_end(spot, local.end);
            let entry = worst.entry(at).or_insert((finding, cost));
            if ratio(cost) > ratio(entry.1) {
                *entry = (finding, cost);
            }
        }
        worst
            .into_iter()
            .map(|(at, (finding, cost))| InlayHint {
                position: text::position(&spot.piece.source, at, columns),
                label: InlayHintLabel::String(label(cost)),
                kind: None,
                text_edits: None,
                tooltip: Some(InlayHintTooltip::String(tooltip(session, finding))),
                padding_left: Some(true),
                padding_right: None,
                data: None,
            })
            .collect()
    })
    .await
}

fn ratio(cost: &CodeCost) -> f64 {
    cost.ratio().unwrap_or(0.0)
}

fn label(cost: &CodeCost) -> String {
    format!("~{}", cost.before.replace(" * ", "\u{b7}"))
}

fn tooltip(session: &Session, finding: &Finding) -> String {
    let cost = finding.cost.as_ref();
    let line = cost.map(|cost| session.host.cost_line(cost));
    format!(
        "{}: {}\n{}",
        finding.rule,
        finding.message,
        line.unwrap_or_default()
    )
}

/// The header of the outermost loop that multiplies the finding; the finding itself where no loop is known.
fn hint_place(report: &Report, finding: &Finding, cost: &CodeCost) -> Span {
    let mut loops = Vec::new();
    let mut parts = report.outline();
    let at = finding.span.start;
    while let Some(part) = parts
        .iter()
        .find(|part| part.span.start <= at && at < part.span.end)
    {
        match part.kind {
            PartKind::Loop => loops.push(part.head),
            // The loops around a function do not run its body.
            PartKind::Function => loops.clear(),
            _ => {}
        }
        parts = &part.parts;
    }
    let outermost = loops.len().saturating_sub((cost.depth as usize).max(1));
    loops.get(outermost).copied().unwrap_or(finding.span)
}

fn line_end(spot: &Spot<'_>, at: u32) -> u32 {
    let source = &spot.piece.source;
    let line = source.lines().line(at);
    source.lines().span(&source.text, line).end
}

/// Counts above functions and runs in which something was found, where the user wants them.
pub(crate) async fn code_lenses(session: &Arc<Session>, uri: &Uri) -> Option<Vec<CodeLens>> {
    session.latest(uri.as_str()).await?;
    if !session.choices_of(uri).code_lens {
        return None;
    }
    with_report(session, uri, |session, spot| {
        let mut lenses = Vec::new();
        let report = spot.report;
        let mut owned: BTreeMap<(Span, Span), Vec<&Finding>> = BTreeMap::new();
        for finding in &report.findings {
            if let Some(part) = owner(report.outline(), finding.span.start) {
                owned
                    .entry((part.head, part.span))
                    .or_default()
                    .push(finding);
            }
        }
        for ((head, _), findings) in owned {
            let Some(local) = spot.local(head) else {
                continue;
            };
            let range = text::range(&spot.piece.source, local, session.columns());
            let ranges: Vec<_> = findings
                .iter()
                .filter_map(|finding| spot.local(finding.span))
                .map(|span| text::range(&spot.piece.source, span, session.columns()))
                .collect();
            let argument = json!({"uri": spot.piece.uri, "ranges": ranges});
            lenses.push(CodeLens {
                range,
                command: Some(commands::show(session, lens_title(&findings), argument)),
                data: None,
            });
        }
        lenses
    })
    .await
}

/// `2 findings, the worst 780x slower`; of a run, `2 findings, first at turn 14: CIRCULAR_REASONING`.
fn lens_title(findings: &[&Finding]) -> String {
    let ending = if findings.len() == 1 { "" } else { "s" };
    let count = format!("{} finding{ending}", findings.len());
    let places = findings.iter().filter_map(|finding| finding.run.as_ref());
    if let Some(first) = places.min_by_key(|place| place.turn) {
        return format!("{count}, first at turn {}: {}", first.turn, first.mode);
    }
    let worst = findings
        .iter()
        .filter_map(|finding| match &finding.cost {
            Some(Cost::Code(cost)) => cost.ratio(),
            _ => None,
        })
        .fold(0.0, f64::max);
    if worst < 1.05 {
        return count;
    }
    let times = if worst < 10.0 {
        format!("{worst:.1}")
    } else {
        format!("{worst:.0}")
    };
    format!("{count}, the worst {times}x slower")
}

/// The innermost function, or the run, around a byte.
fn owner(parts: &[Part], at: u32) -> Option<&Part> {
    let part = parts
        .iter()
        .find(|part| part.span.start <= at && at <= part.span.end)?;
    if part.kind == PartKind::Run {
        return Some(part);
    }
    let own = (part.kind == PartKind::Function).then_some(part);
    owner(&part.parts, at).or(own)
}

/// The runs, turns and calls of a trace; nothing for code, whose symbols other servers know better.
pub(crate) async fn symbols(session: &Arc<Session>, uri: &Uri) -> Option<DocumentSymbolResponse> {
    let nested = session.features().nested_symbols;
    let own = uri.clone();
    let response = with_report(session, uri, move |session, spot| {
        let runs = runs(spot.report)?;
        let columns = session.columns();
        let symbols: Vec<_> = runs
            .iter()
            .filter_map(|run| symbol(run, spot, columns))
            .collect();
        if nested {
            return Some(DocumentSymbolResponse::Nested(symbols));
        }
        let mut flat = Vec::new();
        flatten(symbols, &own, None, &mut flat);
        Some(DocumentSymbolResponse::Flat(flat))
    });
    response.await.flatten()
}

fn runs(report: &Report) -> Option<&[Part]> {
    let parts = report.outline();
    parts
        .iter()
        .any(|part| part.kind == PartKind::Run)
        .then_some(parts)
}

#[expect(deprecated, reason = "the field must be named")]
fn symbol(part: &Part, spot: &Spot<'_>, columns: Columns) -> Option<DocumentSymbol> {
    let source = &spot.piece.source;
    let (whole, head) = (spot.local(part.span)?, spot.local(part.head)?);
    let children: Vec<_> = part
        .parts
        .iter()
        .filter_map(|inner| symbol(inner, spot, columns))
        .collect();
    Some(DocumentSymbol {
        // A name must not be empty.
        name: if part.name.is_empty() {
            "?".into()
        } else {
            part.name.clone()
        },
        detail: Some(part.detail.clone()).filter(|detail| !detail.is_empty()),
        kind: match part.kind {
            PartKind::Class => SymbolKind::CLASS,
            PartKind::Function | PartKind::Call => SymbolKind::FUNCTION,
            PartKind::Loop => SymbolKind::ARRAY,
            PartKind::Run => SymbolKind::MODULE,
            PartKind::Turn => SymbolKind::EVENT,
        },
        tags: None,
        deprecated: None,
        range: text::range(source, whole.cover(head), columns),
        selection_range: text::range(source, head, columns),
        children: Some(children).filter(|children| !children.is_empty()),
    })
}

#[expect(deprecated, reason = "the field must be named")]
fn flatten(
    symbols: Vec<DocumentSymbol>,
    uri: &Uri,
    container: Option<&str>,
    flat: &mut Vec<SymbolInformation>,
) {
    for symbol in symbols {
        flat.push(SymbolInformation {
            name: symbol.name.clone(),
            kind: symbol.kind,
            tags: None,
            deprecated: None,
            location: Location::new(uri.clone(), symbol.range),
            container_name: container.map(str::to_owned),
        });
        flatten(
            symbol.children.unwrap_or_default(),
            uri,
            Some(&symbol.name),
            flat,
        );
    }
}

/// The runs, turns and calls of a trace as folds.
pub(crate) async fn folds(session: &Arc<Session>, uri: &Uri) -> Option<Vec<FoldingRange>> {
    let folds = with_report(session, uri, |_, spot| {
        let mut folds = Vec::new();
        fold(runs(spot.report)?, spot, &mut folds);
        Some(folds)
    });
    folds.await.flatten()
}

fn fold(parts: &[Part], spot: &Spot<'_>, folds: &mut Vec<FoldingRange>) {
    for part in parts {
        let Some(local) = spot.local(part.span) else {
            continue;
        };
        let lines = spot.piece.source.lines();
        let (start, end) = (lines.line(local.start), lines.line(local.end));
        if start < end {
            folds.push(FoldingRange {
                start_line: start as u32 - 1,
                end_line: end as u32 - 1,
                collapsed_text: Some(part.name.clone()),
                ..FoldingRange::default()
            });
            fold(&part.parts, spot, folds);
        }
    }
}
