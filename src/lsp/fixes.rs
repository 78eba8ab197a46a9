//! Edits of fixes as edits of the client's documents.
//!
//! Does not know what a fix does, only which may be applied together.

use std::collections::HashMap;

use looplint_engine::{allowed, choose};
use looplint_model::{Columns, Edit, Finding, Fix, Safety, Source, Span};
use tower_lsp_server::ls_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit,
    WorkspaceEdit,
};

use crate::report::{self, Report};
use crate::text;
use crate::wire;

/// Rounds of fixes, each proven on what the one before it made.
const N_ROUNDS_MAX: usize = 200;

/// Whether the file has a fix that may be applied unasked.
pub(crate) fn has_safe(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| allowed(finding, false).is_some())
}

/// The edits that make every safe fix. Empty where the result would be understood less well than the text is now.
pub(crate) fn all_safe(report: &Report) -> Vec<Edit> {
    let Some(wing) = report.wing() else {
        return Vec::new();
    };
    let first = choose(&report.findings, false, report.outline(), "\n").edits;
    let before = &report.source.text;
    let Some(mut fixed) = apply(before, &first) else {
        return Vec::new();
    };
    let settings = report.profile.settings();
    let n_problems = report::run(wing, &report.source, settings).problems.len();
    let mut n_rounds = 1;
    loop {
        let mut source = Source::new(report.source.name.as_str(), fixed.as_str());
        source.layout = report.source.layout.clone();
        let mut outcome = report::run(wing, &source, settings);
        if outcome.problems.len() > n_problems {
            return Vec::new();
        }
        report
            .profile
            .judge(&report.path, &source, &mut outcome.findings);
        let outline = wing.outline(&source, settings);
        let more = choose(&outcome.findings, false, &outline, "\n").edits;
        if more.is_empty() || n_rounds == N_ROUNDS_MAX || report.pieces.len() > 1 {
            break;
        }
        let Some(next) = apply(&fixed, &more) else {
            break;
        };
        fixed = next;
        n_rounds += 1;
    }
    if n_rounds == 1 {
        first
    } else {
        vec![difference(before, &fixed)]
    }
}

fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let fix = Fix {
        title: String::new(),
        edits: edits.to_vec(),
        safety: Safety::Safe,
    };
    fix.apply(text)
}

/// One edit that makes `before` `after`, without what both begin and end with.
fn difference(before: &str, after: &str) -> Edit {
    let same = |a: &str, b: &str| {
        let pairs = a.char_indices().zip(b.chars());
        pairs
            .take_while(|((_, a), b)| a == b)
            .last()
            .map_or(0, |((at, character), _)| at + character.len_utf8())
    };
    let start = same(before, after);
    let (tail, new_tail) = (&before[start..], &after[start..]);
    let mut n_same = 0;
    for (a, b) in tail.chars().rev().zip(new_tail.chars().rev()) {
        if a != b {
            break;
        }
        n_same += a.len_utf8();
    }
    Edit {
        span: Span::new(start as u32, (before.len() - n_same) as u32),
        text: new_tail[..new_tail.len() - n_same].to_owned(),
    }
}

/// The edits as a change of the client's documents; `None` where one would cut through a cell's border.
pub(crate) fn workspace_edit(
    report: &Report,
    edits: &[Edit],
    columns: Columns,
    versioned: bool,
) -> Option<WorkspaceEdit> {
    let mut by_piece: HashMap<usize, Vec<TextEdit>> = HashMap::new();
    for edit in edits {
        let (at, span) = wire::place(&report.pieces, edit.span)?;
        let piece = &report.pieces[at];
        if edit.span.end > piece.span.end || span.len() != edit.span.len() {
            return None;
        }
        by_piece.entry(at).or_default().push(TextEdit {
            range: text::range(&piece.source, span, columns),
            new_text: edit.text.clone(),
        });
    }
    let mut pieces: Vec<_> = by_piece.into_iter().collect();
    pieces.sort_by_key(|(at, _)| *at);
    if !versioned {
        let changes = pieces
            .into_iter()
            .map(|(at, edits)| (report.pieces[at].uri.clone(), edits));
        return Some(WorkspaceEdit {
            changes: Some(changes.collect()),
            ..WorkspaceEdit::default()
        });
    }
    let changes = pieces.into_iter().map(|(at, edits)| TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier {
            uri: report.pieces[at].uri.clone(),
            version: Some(report.pieces[at].version),
        },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    });
    Some(WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(changes.collect())),
        ..WorkspaceEdit::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_makes_the_one_the_other() {
        for (before, after) in [
            ("abc", "abc"),
            ("abc", ""),
            ("", "abc"),
            ("aaa", "aa"),
            ("x\u{e9}y", "x\u{e8}y"),
            ("one two three", "one 2 three"),
            ("abab", "ab"),
        ] {
            let edit = difference(before, after);
            assert_eq!(apply(before, &[edit]).unwrap(), after);
        }
    }
}
