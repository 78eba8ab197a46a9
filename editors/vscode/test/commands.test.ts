// The commands, on a stand-in for the editor and a stand-in for the program that answers from a script.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, beforeEach, test } from "node:test";

import { Diagnostic, Position, Range, Uri } from "vscode";
import { checkWorkspace } from "../src/commands/checkWorkspace";
import { explainFinding, RulePages } from "../src/commands/explain";
import { openTimeline } from "../src/commands/openTimeline";
import { StatusItem } from "../src/statusItem";
import { editor, window, workspace } from "./vscode";

const folder = mkdtempSync(path.join(tmpdir(), "looplint-"));
after(() => rmSync(folder, { recursive: true }));
beforeEach(() => editor.reset());

/** A program that notes its arguments and answers `stdout`. */
function program(stdout: string, code = 0, stderr = ""): () => Promise<string> {
  const file = path.join(folder, "program");
  const words = JSON.stringify({ stdout, stderr, code, notes: path.join(folder, "arguments") });
  writeFileSync(
    file,
    `#!${process.execPath}\nconst w = ${words};\n` +
      "require('fs').writeFileSync(w.notes, JSON.stringify(process.argv.slice(2)));\n" +
      "process.stdout.write(w.stdout); process.stderr.write(w.stderr); process.exitCode = w.code;\n",
  );
  chmodSync(file, 0o755);
  return async () => file;
}
const argumentsGiven = () => JSON.parse(readFileSync(path.join(folder, "arguments"), "utf8")) as string[];

class Collection {
  readonly files = new Map<string, Diagnostic[]>();
  clear() {
    this.files.clear();
  }
  set(uri: Uri, diagnostics: Diagnostic[]) {
    this.files.set(uri.fsPath, diagnostics);
  }
}

test("a workspace's findings are shown in files that are not open", async () => {
  const report = {
    findings: [
      {
        file: "/w/a.py", line: 2, column: 5, end_line: 2, end_column: 7, pattern: "scan", severity: "error",
        message: "m", suggestion: "", url: "https:x", related: [{ line: 1, column: 1, end_line: 1, end_column: 2, message: "r" }],
      },
      { file: "/w/open.py", line: 1, column: 1, pattern: "scan", message: "m", suggestion: "" },
    ],
    problems: [],
  };
  workspace.workspaceFolders = [{ name: "w", uri: Uri.file(folder) }] as never;
  workspace.textDocuments = [{ uri: Uri.file("/w/open.py") }] as never;
  editor.files.set("/w/a.py", "x = 1\n'😀' in ys\n");
  const found = new Collection();
  await checkWorkspace(found as never, program(JSON.stringify(report)), () => true);
  assert.deepEqual(argumentsGiven(), ["check", "--json", "--exit-zero", "--", folder]);
  assert.deepEqual([...found.files.keys()], ["/w/a.py"]);
  const [diagnostic] = found.files.get("/w/a.py") ?? [];
  assert.deepEqual(diagnostic?.range, new Range(new Position(1, 5), new Position(1, 7)));
  assert.equal(diagnostic?.severity, 0);
  assert.equal(diagnostic?.relatedInformation?.length, 1);
  assert.match(editor.said[0] ?? "", /2 findings/);
});

test("a program that could not check is an error that is told", async () => {
  workspace.workspaceFolders = [{ name: "w", uri: Uri.file(folder) }] as never;
  const broken = checkWorkspace(new Collection() as never, program("", 2, "error: bad configuration"), () => true);
  await assert.rejects(broken, /bad configuration/);
  workspace.workspaceFolders = undefined;
  await assert.rejects(checkWorkspace(new Collection() as never, program(""), () => true), /no folder/);
});

test("a finding is explained by its rule's page", async () => {
  const pages = new RulePages();
  const diagnostic = new Diagnostic(new Range(new Position(3, 0), new Position(3, 9)), "a scan", 1);
  diagnostic.source = "looplint";
  diagnostic.code = "list-membership-in-loop";
  editor.diagnostics = [diagnostic as never];
  window.activeTextEditor = { document: { uri: Uri.file("/w/a.py") }, selection: { active: new Position(3, 2) } } as never;
  await explainFinding(pages, program("# the page\n"));
  assert.deepEqual(argumentsGiven(), ["rule", "list-membership-in-loop"]);
  const [command, uri] = editor.commands[0] ?? [];
  assert.equal(command, "markdown.showPreviewToSide");
  assert.match(pages.provideTextDocumentContent(uri as Uri), /a scan\n\n# the page/);
});

test("without a finding there is nothing to explain", async () => {
  window.activeTextEditor = { document: { uri: Uri.file("/w/a.py") }, selection: { active: new Position(3, 2) } } as never;
  await explainFinding(new RulePages(), program(""));
  assert.match(editor.said[0] ?? "", /no finding/);
  assert.deepEqual(editor.commands, []);
});

test("a timeline is shown without scripts, and a failure as its text", async () => {
  await openTimeline(Uri.file(path.join(folder, "trace.json")), program("<html><head></head>turns</html>"));
  assert.deepEqual((editor.panels[0]?.options as { enableScripts: boolean }).enableScripts, false);
  assert.match(editor.panels[0]?.webview.html ?? "", /Content-Security-Policy.*turns/);
  await openTimeline(Uri.file(path.join(folder, "trace.json")), program("", 2, "no <trace>"));
  assert.match(editor.panels[1]?.webview.html ?? "", /no &lt;trace&gt;/);
  await assert.rejects(openTimeline(undefined, program("")), /open the trace file/);
});

test("the status follows the server and the open document", () => {
  const status = new StatusItem([]);
  const item = editor.items[0] as Record<string, unknown>;
  status.setState({ phase: "running", version: "0.1.0" });
  window.activeTextEditor = { document: { uri: Uri.file("/w/a.py") }, selection: { active: new Position(0, 0) } } as never;
  status.setDocument({ uri: "file:/w/a.py", configuration: "/w/looplint.toml" });
  assert.deepEqual([item["text"], item["detail"]], ["looplint 0.1.0", "looplint.toml"]);
  assert.equal((item["command"] as { command: string }).command, "vscode.open");
  window.activeTextEditor = { document: { uri: Uri.file("/w/b.py") }, selection: { active: new Position(0, 0) } } as never;
  editor.activeChanged.fire(undefined);
  assert.equal(item["detail"], "");
  status.setState({ phase: "failed", problem: "no program was found" });
  assert.deepEqual([item["detail"], item["severity"]], ["no program was found", 2]);
});
