// The item beside the language: the program's version, the configuration file of the open document, what to do.
import * as vscode from "vscode";

import type { DocumentStatus } from "./session";
import { shown, type ServerState } from "./status";

const SEVERITY = {
  information: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
};
const DOCUMENTS_MAX = 500;

export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.LanguageStatusItem;
  private readonly editors: vscode.Disposable;
  private readonly documents = new Map<string, string | null>();
  private state: ServerState = { phase: "idle" };

  constructor(selector: vscode.DocumentSelector) {
    this.item = vscode.languages.createLanguageStatusItem("looplint.status", selector);
    this.item.name = "looplint";
    this.editors = vscode.window.onDidChangeActiveTextEditor(() => this.show());
    this.show();
  }

  setSelector(selector: vscode.DocumentSelector): void {
    this.item.selector = selector;
  }

  setState(state: ServerState): void {
    this.state = state;
    if (state.phase === "starting") this.documents.clear();
    this.show();
  }

  setDocument(status: DocumentStatus): void {
    // The newest last: the oldest goes where there are too many.
    this.documents.delete(status.uri);
    this.documents.set(status.uri, status.configuration);
    const oldest = this.documents.keys().next();
    if (this.documents.size > DOCUMENTS_MAX && !oldest.done) this.documents.delete(oldest.value);
    this.show();
  }

  dispose(): void {
    this.editors.dispose();
    this.item.dispose();
  }

  private show(): void {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    const configuration = uri === undefined ? undefined : this.documents.get(uri);
    const { text, detail, severity, busy } = shown(this.state, configuration);
    const named = typeof configuration === "string" ? vscode.workspace.asRelativePath(configuration) : detail;
    this.item.text = text;
    this.item.detail = this.state.phase === "running" ? named : detail;
    this.item.severity = SEVERITY[severity];
    this.item.busy = busy;
    this.item.command =
      severity === "information" && typeof configuration === "string"
        ? { command: "vscode.open", title: "Open Configuration", arguments: [vscode.Uri.file(configuration)] }
        : { command: "looplint.showLogs", title: "Show Logs" };
  }
}
