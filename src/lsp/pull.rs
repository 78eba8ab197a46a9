//! Reports for clients that ask for them, as finished JSON.
//!
//! Does not know how a report is made.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::{DocumentDiagnosticParams, Uri, WorkspaceDiagnosticParams};

use crate::outbox::Message;
use crate::session::Session;
use crate::workspace;

/// The result of `textDocument/diagnostic` or `workspace/diagnostic`.
pub(crate) async fn answer(session: &Arc<Session>, method: &str, params: Value) -> Result<Message> {
    let invalid = |error: serde_json::Error| Error::invalid_params(error.to_string());
    if method == "textDocument/diagnostic" {
        let params: DocumentDiagnosticParams = serde_json::from_value(params).map_err(invalid)?;
        Ok(document(session, params).await)
    } else {
        let params: WorkspaceDiagnosticParams = serde_json::from_value(params).map_err(invalid)?;
        Ok(workspace::answer(session, params).await.into())
    }
}

async fn document(session: &Arc<Session>, params: DocumentDiagnosticParams) -> Message {
    let uri = params.text_document.uri;
    let pushed = taken_over(session, &uri);
    let report = session.latest(uri.as_str()).await;
    for text in pushed {
        session.clear(&text);
    }
    let Some(piece) = report
        .as_ref()
        .and_then(|report| report.piece(uri.as_str()))
    else {
        return r#"{"kind":"full","items":[]}"#.into();
    };
    let result_id = piece.result_id();
    if params.previous_result_id.as_deref() == Some(result_id.as_str()) {
        return json!({"kind": "unchanged", "resultId": result_id})
            .to_string()
            .into();
    }
    let head = format!(r#"{{"kind":"full","resultId":"{result_id}","items":"#);
    Message::from(head).then_kept(&piece.items).then("}")
}

/// A client that asks for a cell's report gets no pushed ones for that notebook any more;
/// the addresses of those that it still shows.
fn taken_over(session: &Arc<Session>, uri: &Uri) -> Vec<Uri> {
    let mut state = session.lock();
    let Some(open) = state.documents.get(uri.as_str()) else {
        return Vec::new();
    };
    open.pulled = true;
    if !std::mem::take(&mut open.pushed) {
        return Vec::new();
    }
    open.snapshots().into_iter().map(|text| text.uri).collect()
}
