//! What the session tells its client: reports, messages, and what is wrong with a configuration.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use looplint_model::Source;
use serde_json::{Value, json};
use tower_lsp_server::ls_types::Uri;

use crate::documents::Open;
use crate::host::Trouble;
use crate::outbox::Message;
use crate::paths;
use crate::profiles::Governed;
use crate::report::Report;
use crate::session::Session;
use crate::wire;

impl Session {
    /// Says something in the client's log.
    pub(crate) fn log(&self, loudness: Loudness, message: &str) {
        self.notify(
            "window/logMessage",
            &json!({"type": loudness as u8, "message": message}),
        );
    }

    /// Shows something to the user.
    pub(crate) fn show(&self, loudness: Loudness, message: &str) {
        self.notify(
            "window/showMessage",
            &json!({"type": loudness as u8, "message": message}),
        );
    }

    pub(crate) fn notify(&self, method: &str, params: &Value) {
        let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        self.outbox.send(message.to_string());
    }

    pub(crate) fn publish(&self, open: &mut Open, report: &Report) {
        for piece in &report.pieces {
            let uri = piece.uri.as_str();
            let head = format!(
                r#"{{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{{"uri":{},"version":{},"diagnostics":"#,
                json!(uri),
                piece.version,
            );
            let message = Message::from(head).then_kept(&piece.items).then("}}");
            self.outbox.replace(uri, message);
        }
        for cell in open.cells() {
            // A cell that is no code any more loses what was shown in it.
            if open.pushed && report.piece(cell.uri.as_str()).is_none() {
                self.clear(&cell.uri);
            }
        }
        open.pushed = true;
    }

    /// Takes back what is shown of a text.
    pub(crate) fn clear(&self, uri: &Uri) {
        self.publish_list(uri, "[]");
    }

    /// Shows a finished list of diagnostics of a text that is not checked as a document.
    pub(crate) fn publish_list(&self, uri: &Uri, items: &str) {
        let message = format!(
            r#"{{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{{"uri":{},"diagnostics":{items}}}}}"#,
            json!(uri.as_str()),
        );
        self.outbox.replace(uri.as_str(), message);
    }

    /// Keeps the broken configurations that are shown in step with those that are broken.
    pub(crate) fn note(&self, governed: &Governed) {
        let mut state = self.lock();
        let before = state.troubled.get(&governed.file);
        if before.map(|trouble| trouble.as_ref()) == governed.trouble.as_deref() {
            return;
        }
        let mut shown = before
            .map(|trouble| self.mistakes(trouble))
            .unwrap_or_default();
        shown.values_mut().for_each(Vec::clear);
        match &governed.trouble {
            None => state.troubled.remove(&governed.file),
            Some(trouble) => {
                shown.extend(self.mistakes(trouble));
                self.show_settings_mistakes(trouble);
                let trouble = Arc::clone(trouble);
                state.troubled.insert(governed.file.clone(), trouble)
            }
        };
        for (file, items) in shown {
            if let Some(uri) = paths::uri(&file) {
                self.publish_list(&uri, &format!("[{}]", items.join(",")));
            }
        }
    }

    fn show_settings_mistakes(&self, trouble: &Trouble) {
        for mistake in trouble.mistakes.iter().filter(|it| it.file.is_none()) {
            let message = format!("looplint: the editor's settings: {}", mistake.message);
            self.show(Loudness::Error, &message);
        }
    }

    /// The diagnostics of a broken configuration, file by file.
    fn mistakes(&self, trouble: &Trouble) -> HashMap<PathBuf, Vec<String>> {
        let mut by_file: HashMap<PathBuf, Vec<String>> = HashMap::new();
        for mistake in &trouble.mistakes {
            let Some((file, text)) = &mistake.file else {
                continue;
            };
            let source = Source::new("", text.as_str());
            let message = format!(
                "{}; the last good configuration stays in force",
                mistake.message
            );
            let item = wire::lone(&source, mistake.span, self.columns(), &message);
            by_file.entry(file.clone()).or_default().push(item);
        }
        by_file
    }

    /// Tells the client what governs a document, when that is news.
    pub(crate) fn tell_status(&self, open: &mut Open, governed: &Governed) {
        if !self.features().status {
            return;
        }
        let status = self.status(&open.uri, governed);
        if open.status.as_ref() != Some(&status) {
            self.notify("looplint/status", &status);
            open.status = Some(status);
        }
    }

    /// Version and configuration, for a status line.
    pub(crate) fn status(&self, uri: &Uri, governed: &Governed) -> Value {
        let trouble = governed.trouble.as_ref();
        json!({
            "uri": uri,
            "version": self.host.version(),
            "configuration": governed.file.as_deref().map(Path::to_string_lossy),
            "error": trouble.and_then(|trouble| trouble.mistakes.first()).map(|it| &it.message),
        })
    }
}

/// How loud a message is, as the protocol numbers it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loudness {
    Error = 1,
    Warning = 2,
    Info = 3,
}
