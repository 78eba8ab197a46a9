// The item beside the language: the program's version, the configuration file of the open document, what to do.
import * as vscode from "vscode";

import { shown, type DocumentStatus, type ServerState } from "./status";

const SEVERITY = {
  information: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
};

export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.LanguageStatusItem;
  private state: ServerState = { phase: "idle" };
  private document: DocumentStatus | undefined;

  constructor(selector: vscode.DocumentSelector) {
    this.item = vscode.languages.createLanguageStatusItem("looplint.status", selector);
    this.item.name = "looplint";
    this.show();
  }

  setSelector(selector: vscode.DocumentSelector): void {
    this.item.selector = selector;
  }

  setState(state: ServerState): void {
    this.state = state;
    if (state.phase !== "running") this.document = undefined;
    this.show();
  }

  setDocument(document: DocumentStatus | undefined): void {
    this.document = document;
    this.show();
  }

  dispose(): void {
    this.item.dispose();
  }

  private show(): void {
    const file = this.document?.configuration;
    const short = file ? { configuration: vscode.workspace.asRelativePath(file) } : {};
    const { text, detail, severity, busy } = shown(this.state, this.document && { ...this.document, ...short });
    this.item.text = text;
    this.item.detail = detail;
    this.item.severity = SEVERITY[severity];
    this.item.busy = busy;
    this.item.command = file
      ? { command: "vscode.open", title: "Open Configuration", arguments: [vscode.Uri.file(file)] }
      : { command: "looplint.showLogs", title: "Show Logs" };
  }
}
