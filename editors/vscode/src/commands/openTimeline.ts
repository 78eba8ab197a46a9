// "Open Trace Timeline": the program's report of one trace, in a panel beside it.
import * as path from "node:path";
import * as vscode from "vscode";

import { run } from "../run";
import { failure, guarded } from "../timeline";

export async function openTimeline(uri: vscode.Uri | undefined, program: () => Promise<string>): Promise<void> {
  const document = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (document?.scheme !== "file") throw new Error("open the trace file first");
  const command = await program();
  const name = path.basename(document.fsPath);
  // No script runs in it and it reads no file: a trace is text from elsewhere.
  const panel = vscode.window.createWebviewPanel(
    "looplint.timeline",
    `Timeline: ${name}`,
    { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
    { enableScripts: false, localResourceRoots: [], enableFindWidget: true },
  );
  const args = ["check", "--exit-zero", "--output-format", "html", "--", document.fsPath];
  const answer = await run(command, args, path.dirname(document.fsPath));
  const shown = answer.code === 0 && answer.stdout.trim() !== "";
  panel.webview.html = shown ? guarded(answer.stdout) : failure(answer.stderr.trim() || "the program wrote nothing");
}
