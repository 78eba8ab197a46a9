// Ties the editor to the server: when it starts, what the commands do, what the status shows.
import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";

import { checkWorkspace } from "./commands/checkWorkspace";
import { explainFinding, Explanations, type Asked } from "./commands/explain";
import { openTimeline } from "./commands/openTimeline";
import { showFindings, type Places } from "./commands/showFindings";
import { chooseProgram, type Program } from "./program";
import { documentFilters, traceFilters } from "./selector";
import { Session } from "./session";
import { StatusItem } from "./statusItem";

/** Settings that the running server cannot take up: it must be started anew. */
const RESTARTING = ["path", "importStrategy", "traceFiles", "explain"];

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("looplint", { log: true });
  const status = new StatusItem(documentSelector());
  const findProgram = () => programHere(context);
  const session = new Session({
    log,
    findProgram,
    isOurs,
    onState: (state) => {
      status.setState(state);
      void showStatus();
    },
    onStatusChange: () => void showStatus(),
  });
  const explanations = new Explanations();
  const server = async (): Promise<Session> => {
    await session.start();
    return session;
  };
  const command = (name: string, action: (...args: never[]) => unknown) =>
    vscode.commands.registerCommand(`looplint.${name}`, action);

  context.subscriptions.push(
    log,
    status,
    session,
    vscode.workspace.registerTextDocumentContentProvider(Explanations.scheme, explanations),
    command("restart", () => session.restart()),
    command("showLogs", () => log.show()),
    command("explainFinding", (asked?: Asked) => told(() => explainFinding(explanations, server, asked))),
    command("showFindings", (places: Places) => told(() => showFindings(places))),
    command("checkWorkspace", () => told(() => checkWorkspace(server))),
    command("openTraceTimeline", (uri?: vscode.Uri) => told(() => openTimeline(uri, program))),
    command("fixAll", () =>
      vscode.commands.executeCommand("editor.action.sourceAction", { kind: "source.fixAll.looplint", apply: "first" }),
    ),
    command("debugInformation", () => told(() => copyDebugInformation(context, session))),
    vscode.workspace.onDidOpenTextDocument(startFor),
    vscode.window.onDidChangeActiveTextEditor((editor) => {
      setContext(editor);
      void showStatus();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => session.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (RESTARTING.some((setting) => change.affectsConfiguration(`looplint.${setting}`))) {
        status.setSelector(documentSelector());
        setContext(vscode.window.activeTextEditor);
        if (session.serverState.phase !== "idle") void session.restart();
        else vscode.workspace.textDocuments.forEach(startFor);
      }
    }),
  );

  async function program(): Promise<string> {
    const chosen = await findProgram();
    if ("command" in chosen) return chosen.command;
    throw new Error(`looplint was not found; looked for ${chosen.tried.join(", ")}`);
  }
  async function showStatus(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const ours = document && isOurs(document);
    const answer = ours ? await session.documentStatus(document.uri).catch(() => undefined) : undefined;
    // The user may have turned to another document while the server answered.
    if (vscode.window.activeTextEditor?.document === document) status.setDocument(answer);
  }
  function startFor(document: vscode.TextDocument): void {
    if (session.serverState.phase === "idle" && isOurs(document)) void session.start();
  }
  setContext(vscode.window.activeTextEditor);
  vscode.workspace.textDocuments.forEach(startFor);
}

/** Shows why a command could not do what it was asked. */
async function told(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const answer = await vscode.window.showErrorMessage(`looplint: ${text}`, "Show Logs");
    if (answer) await vscode.commands.executeCommand("looplint.showLogs");
  }
}

function traceGlobs(): unknown[] {
  return vscode.workspace.getConfiguration("looplint").get<unknown[]>("traceFiles", []);
}

function documentSelector(): vscode.DocumentSelector {
  return documentFilters(traceGlobs()).map(({ notebook, ...filter }) =>
    notebook === undefined ? filter : { ...filter, notebookType: notebook },
  );
}

function isOurs(document: vscode.TextDocument): boolean {
  return vscode.languages.match(documentSelector(), document) > 0;
}

function setContext(editor: vscode.TextEditor | undefined): void {
  const document = editor?.document;
  const matches = (selector: vscode.DocumentSelector) =>
    document !== undefined && vscode.languages.match(selector, document) > 0;
  void vscode.commands.executeCommand("setContext", "looplint.active", matches(documentSelector()));
  void vscode.commands.executeCommand("setContext", "looplint.traceOpen", matches(traceFilters(traceGlobs())));
}

async function programHere(
  context: vscode.ExtensionContext,
): Promise<Program | { readonly tried: readonly string[] }> {
  const settings = vscode.workspace.getConfiguration("looplint");
  const trusted = vscode.workspace.isTrusted;
  return chooseProgram({
    trusted,
    paths: settings.get<string[]>("path", []),
    strategy: settings.get<string>("importStrategy", "useBundled"),
    interpreter: trusted ? await interpreter() : undefined,
    bundled: path.join(context.extensionPath, "bundled"),
    workspaceFolder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
    userHome: homedir(),
    searchPath: process.env["PATH"] ?? "",
    windows: process.platform === "win32",
    runs,
  });
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The interpreter that is selected in the Python extension, where that is installed. */
async function interpreter(): Promise<string | undefined> {
  const python = vscode.extensions.getExtension<PythonExtension>("ms-python.python");
  if (!python) return undefined;
  try {
    const { environments } = python.isActive ? python.exports : await python.activate();
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const environment = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(folder));
    return environment?.executable.uri?.fsPath;
  } catch {
    return undefined;
  }
}

/** The part of the Python extension's interface that is used here. */
interface PythonExtension {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(
      environment: { readonly path: string },
    ): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
  };
}

async function copyDebugInformation(context: vscode.ExtensionContext, session: Session): Promise<void> {
  const own = debugInformation(context, session);
  const running = session.serverState.phase === "running";
  const servers = running ? await session.execute<string>("looplint.server.debugInformation") : "";
  await vscode.env.clipboard.writeText(`${own}\n${servers}`);
  void vscode.window.showInformationMessage("looplint: the debug information is in the clipboard.");
}

function debugInformation(context: vscode.ExtensionContext, session: Session): string {
  const { phase, version, program, problem } = session.serverState;
  const settings = vscode.workspace.getConfiguration("looplint");
  const changed = Object.keys(context.extension.packageJSON.contributes.configuration.properties)
    .map((name) => [name, settings.inspect(name.replace("looplint.", ""))] as const)
    .filter(([, value]) => value?.globalValue !== undefined || value?.workspaceValue !== undefined)
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value?.workspaceValue ?? value?.globalValue)}`);
  return [
    `extension ${context.extension.packageJSON.version}, editor ${vscode.version} (${process.platform} ${process.arch})`,
    `server ${phase} ${version ?? ""} ${program ?? ""} ${problem ?? ""}`.trimEnd(),
    `trusted: ${vscode.workspace.isTrusted}, folders: ${vscode.workspace.workspaceFolders?.length ?? 0}`,
    "settings:",
    ...(changed.length > 0 ? changed : ["  as shipped"]),
    "",
  ].join("\n");
}
