//! What the client can do, and what the server says it can.
//!
//! Does not do any of it.

use looplint_model::Columns;
use serde_json::{Value, json};
use tower_lsp_server::ls_types::{
    ClientCapabilities, DiagnosticTag, InitializeParams, MarkupKind, PositionEncodingKind,
};

use crate::choices::Choices;
use crate::commands;
use crate::wire::Shows;

/// The kind of the action that applies every safe fix.
pub(crate) const FIX_ALL: &str = "source.fixAll.looplint";

/// What the client can do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features {
    /// It asks for reports; they are not pushed then.
    pub(crate) pull: bool,
    /// It can be told to ask again.
    pub(crate) refresh: bool,
    pub(crate) refresh_hints: bool,
    pub(crate) refresh_lenses: bool,
    /// It answers what its settings are.
    pub(crate) configuration: bool,
    pub(crate) register_configuration: bool,
    pub(crate) register_watchers: bool,
    pub(crate) register_symbols: bool,
    pub(crate) register_folding: bool,
    pub(crate) progress: bool,
    /// It asks for the edits of an action when the action is chosen.
    pub(crate) resolve_edit: bool,
    /// It takes edits of versioned documents.
    pub(crate) document_changes: bool,
    /// It can create files.
    pub(crate) create_files: bool,
    pub(crate) markdown: bool,
    pub(crate) nested_symbols: bool,
    /// Commands that the client does itself.
    pub(crate) commands: Vec<String>,
    /// It wants to be told about version and configuration.
    pub(crate) status: bool,
    pub(crate) shows: Shows,
    pub(crate) encoding: Encoding,
}

/// How the two count columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding(pub(crate) Columns);

impl Default for Encoding {
    fn default() -> Encoding {
        Encoding(Columns::Utf16)
    }
}

impl Encoding {
    /// UTF-8 where it is offered, because texts are kept in it; else the client's first choice that is known.
    fn negotiate(offered: &[PositionEncodingKind]) -> Encoding {
        let known: Vec<Columns> = offered
            .iter()
            .filter_map(|kind| match kind.as_str() {
                "utf-8" => Some(Columns::Utf8),
                "utf-16" => Some(Columns::Utf16),
                "utf-32" => Some(Columns::Utf32),
                _ => None,
            })
            .collect();
        if known.contains(&Columns::Utf8) {
            return Encoding(Columns::Utf8);
        }
        known
            .first()
            .copied()
            .map_or_else(Encoding::default, Encoding)
    }

    fn name(self) -> &'static str {
        match self.0 {
            Columns::Utf8 => "utf-8",
            Columns::Utf16 => "utf-16",
            Columns::Utf32 => "utf-32",
        }
    }
}

impl Features {
    /// Reads what the client says of itself.
    pub(crate) fn read(params: &InitializeParams) -> Features {
        let capabilities = &params.capabilities;
        let options = params.initialization_options.as_ref();
        let mut features = Features {
            encoding: encoding(capabilities),
            commands: options.map(client_commands).unwrap_or_default(),
            status: options
                .and_then(|options| options.get("statusNotification"))
                .is_some_and(|status| status == true),
            ..Features::default()
        };
        features.read_workspace(capabilities);
        features.read_text_document(capabilities);
        features.progress = capabilities
            .window
            .as_ref()
            .and_then(|window| window.work_done_progress)
            .unwrap_or(false);
        features
    }

    fn read_workspace(&mut self, capabilities: &ClientCapabilities) {
        let Some(workspace) = &capabilities.workspace else {
            return;
        };
        let refreshes = |support: Option<bool>| support.unwrap_or(false);
        self.configuration = refreshes(workspace.configuration);
        self.refresh = workspace
            .diagnostics
            .as_ref()
            .is_some_and(|it| refreshes(it.refresh_support));
        self.refresh_hints = workspace
            .inlay_hint
            .as_ref()
            .is_some_and(|it| refreshes(it.refresh_support));
        self.refresh_lenses = workspace
            .code_lens
            .as_ref()
            .is_some_and(|it| refreshes(it.refresh_support));
        self.register_configuration = workspace
            .did_change_configuration
            .as_ref()
            .is_some_and(|it| refreshes(it.dynamic_registration));
        self.register_watchers = workspace
            .did_change_watched_files
            .as_ref()
            .is_some_and(|it| refreshes(it.dynamic_registration));
        if let Some(edit) = &workspace.workspace_edit {
            self.document_changes = edit.document_changes.unwrap_or(false);
            self.create_files = edit.resource_operations.as_ref().is_some_and(|operations| {
                operations.contains(&tower_lsp_server::ls_types::ResourceOperationKind::Create)
            });
        }
    }

    fn read_text_document(&mut self, capabilities: &ClientCapabilities) {
        let Some(text) = &capabilities.text_document else {
            return;
        };
        self.pull = text.diagnostic.is_some();
        if let Some(shown) = &text.publish_diagnostics {
            let has = |tags: &[DiagnosticTag]| tags.contains(&DiagnosticTag::UNNECESSARY);
            self.shows = Shows {
                related: shown.related_information.unwrap_or(false),
                href: shown.code_description_support.unwrap_or(false),
                unnecessary: shown
                    .tag_support
                    .as_ref()
                    .is_some_and(|tags| has(&tags.value_set)),
                data: shown.data_support.unwrap_or(false),
            };
        }
        if let Some(pulled) = &text.diagnostic {
            self.shows.related |= pulled.related_information.unwrap_or(false);
            self.shows.href |= pulled.code_description_support.unwrap_or(false);
            self.shows.data |= pulled.data_support.unwrap_or(false);
        }
        if let Some(action) = &text.code_action {
            let lazily = |property: &String| property == "edit";
            self.resolve_edit = action
                .resolve_support
                .as_ref()
                .is_some_and(|support| support.properties.iter().any(lazily));
        }
        self.markdown = text.hover.as_ref().is_some_and(|hover| {
            hover
                .content_format
                .as_ref()
                .is_some_and(|formats| formats.contains(&MarkupKind::Markdown))
        });
        if let Some(symbols) = &text.document_symbol {
            self.nested_symbols = symbols
                .hierarchical_document_symbol_support
                .unwrap_or(false);
            self.register_symbols = symbols.dynamic_registration.unwrap_or(false);
        }
        if let Some(folding) = &text.folding_range {
            self.register_folding = folding.dynamic_registration.unwrap_or(false);
        }
    }

    /// Whether the client does `command` itself.
    pub(crate) fn does(&self, command: &str) -> bool {
        self.commands.iter().any(|own| own == command)
    }

    /// The server's capabilities, in the protocol's words.
    pub(crate) fn answer(&self, choices: &Choices) -> Value {
        let mut answer = json!({
            "positionEncoding": self.encoding.name(),
            "textDocumentSync": {"openClose": true, "change": 2, "save": {"includeText": false}},
            "notebookDocumentSync": {
                "notebookSelector": [
                    {"notebook": "jupyter-notebook", "cells": [{"language": "python"}]},
                    {"cells": [{"language": "python"}]},
                ],
                "save": true,
            },
            "codeActionProvider": {
                "codeActionKinds": ["quickfix", FIX_ALL],
                "resolveProvider": true,
            },
            "hoverProvider": true,
            "inlayHintProvider": {"resolveProvider": false},
            "codeLensProvider": {"resolveProvider": false},
            "executeCommandProvider": {"commands": commands::ALL},
            "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
        });
        if self.pull {
            answer["diagnosticProvider"] = json!({
                "identifier": "looplint",
                "interFileDependencies": false,
                "workspaceDiagnostics": choices.workspace_diagnostics,
            });
        }
        // A client that can be asked later is asked for JSON alone, so that in a Python file the symbols of
        // another server are not hidden behind the none of ours.
        if !self.register_symbols {
            answer["documentSymbolProvider"] = json!({"label": "looplint"});
        }
        if !self.register_folding {
            answer["foldingRangeProvider"] = json!(true);
        }
        answer
    }

    /// What is asked of the client once it runs.
    pub(crate) fn registrations(&self) -> Vec<Value> {
        let mut wanted = Vec::new();
        if self.register_watchers {
            let watchers: Vec<Value> = ["looplint.toml", ".looplint.toml", "pyproject.toml"]
                .iter()
                .map(|name| json!({"globPattern": format!("**/{name}")}))
                .collect();
            wanted.push(json!({
                "id": "looplint-watch",
                "method": "workspace/didChangeWatchedFiles",
                "registerOptions": {"watchers": watchers},
            }));
        }
        if self.register_configuration {
            wanted.push(json!({
                "id": "looplint-configuration",
                "method": "workspace/didChangeConfiguration",
                "registerOptions": {"section": "looplint"},
            }));
        }
        let traces = json!({"documentSelector": [{"language": "json"}, {"language": "jsonl"}, {"language": "jsonlines"}, {"language": "ndjson"}]});
        if self.register_symbols {
            wanted.push(json!({
                "id": "looplint-symbols",
                "method": "textDocument/documentSymbol",
                "registerOptions": traces.clone(),
            }));
        }
        if self.register_folding {
            wanted.push(json!({
                "id": "looplint-folding",
                "method": "textDocument/foldingRange",
                "registerOptions": traces,
            }));
        }
        wanted
    }
}

fn encoding(capabilities: &ClientCapabilities) -> Encoding {
    let offered = capabilities
        .general
        .as_ref()
        .and_then(|general| general.position_encodings.as_deref());
    Encoding::negotiate(offered.unwrap_or_default())
}

fn client_commands(options: &Value) -> Vec<String> {
    let listed = options.get("clientCommands").and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use tower_lsp_server::ls_types::ServerCapabilities;

    use super::*;

    #[test]
    fn columns_are_what_both_know() {
        let negotiated = |names: &[&'static str]| {
            let offered: Vec<_> = names
                .iter()
                .map(|name| serde_json::from_value(json!(name)).unwrap())
                .collect();
            Encoding::negotiate(&offered).name()
        };
        assert_eq!(negotiated(&[]), "utf-16");
        assert_eq!(negotiated(&["utf-16", "utf-8"]), "utf-8");
        assert_eq!(negotiated(&["utf-32", "utf-16"]), "utf-32");
        assert_eq!(negotiated(&["utf-7"]), "utf-16");
    }

    #[test]
    fn the_answer_is_what_the_protocol_crate_would_write() {
        let all = Features {
            pull: true,
            ..Features::default()
        };
        let answer = all.answer(&Choices::default());
        let typed: ServerCapabilities = serde_json::from_value(answer.clone()).unwrap();
        assert_eq!(serde_json::to_value(typed).unwrap(), answer);
    }
}
