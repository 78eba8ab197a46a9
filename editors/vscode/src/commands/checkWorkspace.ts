// "Check Workspace": one check of all folders by the server, which shows what it finds in files that are not open.
import * as vscode from "vscode";

import type { Server } from "../server";

interface Checked {
  readonly files: number;
  readonly findings: number;
}

export async function checkWorkspace(server: () => Promise<Server>): Promise<void> {
  if (!vscode.workspace.workspaceFolders?.length) throw new Error("no folder is open");
  const checked = await (await server()).execute<Checked>("looplint.server.checkWorkspace");
  const text = `${counted(checked.findings, "finding")} in ${counted(checked.files, "file")}.`;
  void vscode.window.showInformationMessage(`looplint: ${text}`);
  if (checked.findings > 0) await vscode.commands.executeCommand("workbench.actions.view.problems");
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
