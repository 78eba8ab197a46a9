//! Code actions: fix, fix everything, silence, explain. What an action would change is worked out when it is chosen.
//!
//! Does not know how a fix was found or how a comment silences.

use std::path::PathBuf;
use std::sync::Arc;

use looplint_model::{Edit, Finding, Fix, Safety, SilenceScope, Span};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp_server::ls_types::*;

use crate::commands;
use crate::features::FIX_ALL;
use crate::fixes;
use crate::paths;
use crate::report::{Piece, Report, Spot};
use crate::session::Session;
use crate::text;

/// What an action does, kept with it until it is chosen.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Plan {
    uri: Uri,
    version: i32,
    act: Act,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Act {
    /// The fix of the finding with this number.
    Fix(usize),
    /// Every safe fix.
    FixAll,
    /// Silence about the finding with this number, on its line.
    QuietLine(usize),
    /// Silence about the finding's rule in the file.
    QuietFile(usize),
    /// The rule switched off for the file in its configuration.
    QuietConfiguration(usize),
}

/// The actions for a range.
pub(crate) async fn list(
    session: &Arc<Session>,
    params: CodeActionParams,
) -> Result<Option<CodeActionResponse>> {
    let uri = params.text_document.uri;
    let wanted = Wanted(params.context.only);
    let Some(report) = session.latest(uri.as_str()).await else {
        return Ok(None);
    };
    let own = Arc::clone(session);
    let actions = session
        .on_worker(move || {
            let Some(piece) = report.piece(uri.as_str()) else {
                return Vec::new();
            };
            let lister = Lister {
                session: &own,
                spot: Spot {
                    report: &report,
                    piece,
                },
                diagnostics: &params.context.diagnostics,
                wanted,
            };
            lister.list(params.range)
        })
        .await
        .unwrap_or_default();
    let actions = actions.into_iter().map(CodeActionOrCommand::CodeAction);
    Ok(Some(actions.collect()))
}

/// The kinds that the client asks for.
struct Wanted(Option<Vec<CodeActionKind>>);

impl Wanted {
    fn takes(&self, kind: &str) -> bool {
        let Some(only) = &self.0 else { return true };
        only.iter().any(|wanted| {
            let rest = kind.strip_prefix(wanted.as_str());
            rest.is_some_and(|rest| {
                wanted.as_str().is_empty() || rest.is_empty() || rest.starts_with('.')
            })
        })
    }
}

struct Lister<'l> {
    session: &'l Session,
    spot: Spot<'l>,
    diagnostics: &'l [Diagnostic],
    wanted: Wanted,
}

impl Lister<'_> {
    fn list(&self, range: Range) -> Vec<CodeAction> {
        let columns = self.session.columns();
        let local = text::span(&self.spot.piece.source, range, columns);
        let found: Vec<(usize, &Finding)> = self.spot.touching(local).collect();
        let mut actions = Vec::new();
        if self.wanted.takes("quickfix") {
            for &(number, finding) in &found {
                actions.extend(self.fix(number, finding));
            }
            let mut told: Vec<&str> = Vec::new();
            for &(number, finding) in &found {
                if !told.contains(&finding.rule) {
                    told.push(finding.rule);
                    self.others(number, finding, &mut actions);
                }
            }
        }
        if self.wanted.takes(FIX_ALL) && fixes::has_safe(&self.spot.report.findings) {
            let title = "Fix everything that looplint can fix safely".to_owned();
            actions.push(self.action(title, FIX_ALL, Act::FixAll));
        }
        actions
    }

    fn fix(&self, number: usize, finding: &Finding) -> Option<CodeAction> {
        let fix = finding.fix.as_ref()?;
        let title = title(fix)?;
        let mut action = self.action(title, "quickfix", Act::Fix(number));
        action.is_preferred = Some(fix.safety == Safety::Safe);
        action.diagnostics = self.diagnostic(number, finding);
        Some(action)
    }

    /// Silence and explanation.
    fn others(&self, number: usize, finding: &Finding, actions: &mut Vec<CodeAction>) {
        let rule = finding.rule;
        let mut add = |title: String, act: Act| {
            let mut action = self.action(title, "quickfix", act);
            action.diagnostics = self.diagnostic(number, finding);
            actions.push(action);
        };
        if self.can_be_quiet(finding) {
            add(
                format!("Silence {rule} on this line"),
                Act::QuietLine(number),
            );
            add(
                format!("Silence {rule} in this file"),
                Act::QuietFile(number),
            );
        }
        if paths::path(&self.spot.piece.uri).is_some() || self.spot.report.pieces.len() > 1 {
            let title = format!("Silence {rule} for this file in the configuration");
            add(title, Act::QuietConfiguration(number));
        }
        let piece = self.spot.piece;
        let local = self.spot.local(finding.span).unwrap_or_default();
        let argument = json!({
            "rule": rule,
            "uri": piece.uri,
            "range": text::range(&piece.source, local, self.session.columns()),
            "message": finding.message,
        });
        let title = format!("Explain {rule}");
        actions.push(CodeAction {
            title: title.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: self.diagnostic(number, finding),
            command: Some(commands::explain_action(self.session, title, argument)),
            ..CodeAction::default()
        });
    }

    fn can_be_quiet(&self, finding: &Finding) -> bool {
        let report = self.spot.report;
        *report
            .has_comments
            .get_or_init(|| quiet(report, finding.span, finding.rule, SilenceScope::File).is_some())
    }

    fn action(&self, title: String, kind: &'static str, act: Act) -> CodeAction {
        let plan = Plan {
            uri: self.spot.piece.uri.clone(),
            version: self.spot.piece.version,
            act,
        };
        let mut action = CodeAction {
            title,
            kind: Some(CodeActionKind::from(kind)),
            ..CodeAction::default()
        };
        if self.session.features().resolve_edit {
            action.data = serde_json::to_value(plan).ok();
        } else {
            action.edit = edit(self.session, self.spot.report, self.spot.piece, &plan.act);
        }
        action
    }

    /// The client's own diagnostic of a finding, so that it can put the two together.
    fn diagnostic(&self, number: usize, finding: &Finding) -> Option<Vec<Diagnostic>> {
        let local = self.spot.local(finding.span)?;
        let range = text::range(&self.spot.piece.source, local, self.session.columns());
        let is_same = |diagnostic: &&Diagnostic| {
            let code = match &diagnostic.code {
                Some(NumberOrString::String(code)) => code == finding.rule,
                _ => false,
            };
            let other = diagnostic.data.as_ref().is_some_and(|data| *data != number);
            code && diagnostic.range == range && !other
        };
        let own = self.diagnostics.iter().find(is_same)?;
        Some(vec![own.clone()])
    }
}

/// The title of a fix that can be applied, with the reason where it may change what the program does.
fn title(fix: &Fix) -> Option<String> {
    match &fix.safety {
        _ if fix.edits.is_empty() => None,
        Safety::Guidance => None,
        Safety::Safe => Some(fix.title.clone()),
        Safety::Unsafe(why) if why.is_empty() => Some(format!("{} (unsafe)", fix.title)),
        Safety::Unsafe(why) => Some(format!("{} (unsafe: {why})", fix.title)),
    }
}

/// Fills in what a chosen action changes.
pub(crate) async fn resolve(session: &Arc<Session>, mut action: CodeAction) -> Result<CodeAction> {
    let plan = action.data.clone().unwrap_or_default();
    let plan: Plan =
        serde_json::from_value(plan).map_err(|error| Error::invalid_params(error.to_string()))?;
    let report = session.latest(plan.uri.as_str()).await;
    let own = Arc::clone(session);
    let edit = session
        .on_worker(move || {
            let report = report?;
            let piece = report.piece(plan.uri.as_str())?;
            if piece.version != plan.version {
                return None;
            }
            edit(&own, &report, piece, &plan.act)
        })
        .await
        .flatten();
    let Some(edit) = edit else {
        return Err(Error {
            code: ErrorCode::ContentModified,
            message:
                "the text has changed, or there is no place for the comment; ask for actions again"
                    .into(),
            data: None,
        });
    };
    action.edit = Some(edit);
    Ok(action)
}

fn edit(session: &Session, report: &Report, piece: &Piece, act: &Act) -> Option<WorkspaceEdit> {
    let edits = match act {
        Act::Fix(number) => report.findings.get(*number)?.fix.as_ref()?.edits.clone(),
        Act::FixAll => fixes::all_safe(report),
        Act::QuietLine(number) => one_quiet(report, *number, SilenceScope::Line)?,
        Act::QuietFile(number) => one_quiet(report, *number, SilenceScope::File)?,
        Act::QuietConfiguration(number) => {
            let rule = report.findings.get(*number)?.rule;
            return configuration(session, report.path.clone(), rule);
        }
    };
    if edits.is_empty() {
        return None;
    }
    let versioned = session.features().document_changes;
    let _ = piece;
    fixes::workspace_edit(report, &edits, session.columns(), versioned)
}

fn one_quiet(report: &Report, number: usize, scope: SilenceScope) -> Option<Vec<Edit>> {
    let finding = report.findings.get(number)?;
    quiet(report, finding.span, finding.rule, scope).map(|edit| vec![edit])
}

fn quiet(report: &Report, span: Span, rule: &str, scope: SilenceScope) -> Option<Edit> {
    let settings = report.profile.settings();
    report
        .wing()?
        .quiet(&report.source, settings, span, rule, scope)
}

/// The change of the configuration, which may have to be created first.
fn configuration(session: &Session, path: PathBuf, rule: &str) -> Option<WorkspaceEdit> {
    let features = session.features();
    let (folder, _) = session.lock().chosen(&path);
    let change = session.host.silence(&path, folder.as_deref(), rule)?;
    let uri = paths::uri(&change.file)?;
    let edit = TextEdit {
        range: text::range(&change.source(), change.edit.span, session.columns()),
        new_text: change.edit.text.clone(),
    };
    if change.text.is_none() {
        if !features.create_files || !features.document_changes {
            return None;
        }
        let create = ResourceOp::Create(CreateFile {
            uri: uri.clone(),
            options: None,
            annotation_id: None,
        });
        let operations = vec![
            DocumentChangeOperation::Op(create),
            DocumentChangeOperation::Edit(unversioned(uri, edit)),
        ];
        return Some(WorkspaceEdit {
            document_changes: Some(DocumentChanges::Operations(operations)),
            ..WorkspaceEdit::default()
        });
    }
    if features.document_changes {
        return Some(WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(vec![unversioned(uri, edit)])),
            ..WorkspaceEdit::default()
        });
    }
    Some(WorkspaceEdit {
        changes: Some([(uri, vec![edit])].into()),
        ..WorkspaceEdit::default()
    })
}

fn unversioned(uri: Uri, edit: TextEdit) -> TextDocumentEdit {
    TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version: None },
        edits: vec![OneOf::Left(edit)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_asked_for_by_their_beginning() {
        let takes = |only: &[&'static str], kind| {
            let kinds = only
                .iter()
                .map(|kind| CodeActionKind::from(*kind))
                .collect();
            Wanted(Some(kinds)).takes(kind)
        };
        assert!(Wanted(None).takes("quickfix"));
        assert!(takes(&["source"], FIX_ALL) && takes(&["source.fixAll"], FIX_ALL));
        assert!(takes(&[FIX_ALL], FIX_ALL) && takes(&[""], FIX_ALL));
        assert!(!takes(&["source.fixAll.ruff"], FIX_ALL) && !takes(&["sou"], FIX_ALL));
        assert!(!takes(&["refactor"], "quickfix"));
    }
}
