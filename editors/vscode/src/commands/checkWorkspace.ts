// "Check Workspace": one run of the program over the open folders; its findings in files that are not open.
import * as vscode from "vscode";

import { SOURCE } from "../finding";
import { readReport, utf16Column, type Place, type ReportedFinding } from "../report";
import { run } from "../run";

const SEVERITY: Record<string, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
};

/** Replaces what `found` holds. Open documents are the server's to report. */
export async function checkWorkspace(
  found: vscode.DiagnosticCollection,
  program: () => Promise<string>,
  isOurs: (document: vscode.TextDocument) => boolean,
): Promise<void> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
  if (folders.length === 0) throw new Error("no folder is open");
  const command = await program();
  const options = { location: vscode.ProgressLocation.Notification, title: "looplint: checking the workspace" };
  await vscode.window.withProgress(options, async (progress) => {
    found.clear();
    let count = 0;
    let notebooks = 0;
    for (const folder of folders) {
      progress.report({ message: folder.name });
      const args = ["check", "--json", "--exit-zero", "--", folder.uri.fsPath];
      const answer = await run(command, args, folder.uri.fsPath);
      if (answer.code !== 0) throw new Error(answer.stderr.trim());
      const report = readReport(answer.stdout);
      count += report.findings.length;
      notebooks += report.inNotebooks;
      for (const [file, findings] of byFile(report.findings)) {
        await show(found, vscode.Uri.file(file), findings, isOurs);
      }
    }
    const also = notebooks > 0 ? `, and ${notebooks} in notebooks, shown when they are open` : "";
    void vscode.window.showInformationMessage(`looplint: ${count} ${count === 1 ? "finding" : "findings"}${also}.`);
    if (count > 0) await vscode.commands.executeCommand("workbench.actions.view.problems");
  });
}

function byFile(findings: readonly ReportedFinding[]): Map<string, ReportedFinding[]> {
  const files = new Map<string, ReportedFinding[]>();
  for (const finding of findings) {
    const known = files.get(finding.file);
    if (known) known.push(finding);
    else files.set(finding.file, [finding]);
  }
  return files;
}

async function show(
  found: vscode.DiagnosticCollection,
  uri: vscode.Uri,
  findings: readonly ReportedFinding[],
  isOurs: (document: vscode.TextDocument) => boolean,
): Promise<void> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open && isOurs(open)) return;
  const lines = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)).split(/\r\n|\r|\n/);
  found.set(
    uri,
    findings.map((finding) => {
      const severity = SEVERITY[finding.severity] ?? vscode.DiagnosticSeverity.Warning;
      const diagnostic = new vscode.Diagnostic(range(finding, lines), finding.message, severity);
      diagnostic.source = SOURCE;
      diagnostic.code = finding.url ? { value: finding.rule, target: vscode.Uri.parse(finding.url) } : finding.rule;
      diagnostic.relatedInformation = finding.related.map(
        (place) => new vscode.DiagnosticRelatedInformation(new vscode.Location(uri, range(place, lines)), place.message),
      );
      return diagnostic;
    }),
  );
}

function range(place: Place, lines: readonly string[]): vscode.Range {
  const at = (line: number, column: number) =>
    new vscode.Position(line - 1, utf16Column(lines[line - 1] ?? "", column));
  return new vscode.Range(at(place.line, place.column), at(place.endLine, place.endColumn));
}
