// "Explain Finding": the finding's cost, its proof and the rule's page, beside the code; before them a language
// model's words, where the user has one explain.
import * as vscode from "vscode";

import { findingAt, ruleOf } from "../finding";
import type { Server } from "../server";

/** What a code action of the server asks to explain. */
export interface Asked {
  readonly rule: string;
  readonly uri?: string;
  readonly range?: unknown;
}

interface Explanation {
  readonly rule: string;
  readonly markdown: string;
  /** Why a language model that was to explain gave no answer. */
  readonly problem?: string;
}

/** Explanations that are shown, by address: documents that no file holds. */
export class Explanations implements vscode.TextDocumentContentProvider {
  static readonly scheme = "looplint-explanation";
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  put(rule: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: Explanations.scheme, path: `/${rule}.md` });
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }
}

/** Explains what a code action named, or the finding at the cursor. */
export async function explainFinding(
  explanations: Explanations,
  server: () => Promise<Server>,
  action: Asked | undefined,
): Promise<void> {
  const asked = action ?? atCursor();
  if (!asked) {
    void vscode.window.showInformationMessage("looplint: there is no finding of looplint on this line.");
    return;
  }
  const one = await server();
  let words = "";
  let shown: Thenable<unknown> | undefined;
  const show = (markdown: string) => {
    const uri = explanations.put(asked.rule, markdown);
    shown ??= vscode.commands.executeCommand("markdown.showPreviewToSide", uri);
  };
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `looplint explains ${asked.rule}`,
    cancellable: true,
  };
  const answer = await vscode.window.withProgress(options, (_progress, token) =>
    one.explain<Explanation>(
      asked,
      (piece) => {
        words = piece === undefined ? "" : words + piece;
        show(plain(words));
      },
      token,
    ),
  );
  show(answer.markdown);
  await shown;
  if (answer.problem) void vscode.window.showWarningMessage(`looplint: ${answer.problem}`);
}

/** Words on their way, as text: nothing in them is a link, a picture or HTML. */
function plain(words: string): string {
  return `\`\`\`text\n${words.replace(/`{3,}/g, "'''")}\n\`\`\`\n`;
}

function atCursor(): Asked | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return undefined;
  const finding = findingAt(vscode.languages.getDiagnostics(editor.document.uri), editor.selection.active);
  const rule = finding && ruleOf(finding);
  if (!rule) return undefined;
  const { start, end } = finding.range;
  const at = ({ line, character }: vscode.Position) => ({ line, character });
  return { rule, uri: editor.document.uri.toString(), range: { start: at(start), end: at(end) } };
}
