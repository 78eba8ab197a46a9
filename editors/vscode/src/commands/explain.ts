// "Explain Finding": the rule's page beside the code, opened as Markdown.
import * as vscode from "vscode";

import { escaped, explanation, findingAt, ruleOf } from "../finding";
import { run } from "../run";

/** Pages that are shown, by address: documents that no file holds. */
export class RulePages implements vscode.TextDocumentContentProvider {
  static readonly scheme = "looplint-rule";
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  put(rule: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: RulePages.scheme, path: `/${rule}.md` });
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }
}

/** Explains the finding at the cursor. */
export async function explainFinding(pages: RulePages, program: () => Promise<string>): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const diagnostics = editor ? vscode.languages.getDiagnostics(editor.document.uri) : [];
  const finding = editor ? findingAt(diagnostics, editor.selection.active) : undefined;
  const rule = finding ? ruleOf(finding) : undefined;
  if (!editor || !finding || !rule) {
    void vscode.window.showInformationMessage("looplint: there is no finding of looplint on this line.");
    return;
  }
  const answer = await run(await program(), ["rule", rule], undefined);
  if (answer.code !== 0) throw new Error(answer.stderr.trim() || `there is no page for ${escaped(rule)}`);
  const file = vscode.workspace.asRelativePath(editor.document.uri);
  const uri = pages.put(rule, explanation(file, finding, answer.stdout));
  await vscode.commands.executeCommand("markdown.showPreviewToSide", uri);
}
