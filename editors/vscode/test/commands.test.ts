// The commands, on a stand-in for the editor and a stand-in for the program that answers from a script.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, beforeEach, test } from "node:test";

import { Diagnostic, Position, Range, Uri } from "vscode";
import { checkWorkspace } from "../src/commands/checkWorkspace";
import { explainFinding, Explanations } from "../src/commands/explain";
import { openTimeline } from "../src/commands/openTimeline";
import { showFindings } from "../src/commands/showFindings";
import { StatusItem } from "../src/statusItem";
import { editor, window, workspace } from "./vscode";

const folder = mkdtempSync(path.join(tmpdir(), "looplint-"));
after(() => rmSync(folder, { recursive: true }));
beforeEach(() => editor.reset());

/** A program that answers `stdout`. */
function program(stdout: string, code = 0, stderr = ""): () => Promise<string> {
  const file = path.join(folder, "program");
  const words = JSON.stringify({ stdout, stderr, code });
  writeFileSync(
    file,
    `#!${process.execPath}\nconst w = ${words};\n` +
      "process.stdout.write(w.stdout); process.stderr.write(w.stderr); process.exitCode = w.code;\n",
  );
  chmodSync(file, 0o755);
  return async () => file;
}

/** A server that notes what it is asked, and answers from a script. */
function server(answers: Record<string, unknown>) {
  const asked: unknown[][] = [];
  const one = {
    asked,
    words: [] as (string | undefined)[],
    explain: async (finding: object, onWords: (piece: string | undefined) => void) => {
      for (const piece of one.words) onWords(piece);
      return one.execute("looplint.server.explain", finding);
    },
    execute: async (command: string, ...args: unknown[]) => {
      asked.push([command, ...args]);
      if (!(command in answers)) throw new Error(`no command is called ${command}`);
      return answers[command] as never;
    },
  };
  return { asked, one, get: async () => one };
}

test("a workspace is checked by the server, and its problems are shown", async () => {
  const { asked, get } = server({ "looplint.server.checkWorkspace": { files: 12, findings: 1 } });
  await assert.rejects(checkWorkspace(get), /no folder/);
  workspace.workspaceFolders = [{ name: "w", uri: Uri.file(folder) }] as never;
  await checkWorkspace(get);
  assert.deepEqual(asked, [["looplint.server.checkWorkspace"]]);
  assert.match(editor.said[0] ?? "", /1 finding in 12 files/);
  assert.deepEqual(editor.commands, [["workbench.actions.view.problems"]]);
});

function findingOnLine4(): void {
  const diagnostic = new Diagnostic(new Range(new Position(3, 0), new Position(3, 9)), "a scan", 1);
  diagnostic.source = "looplint";
  diagnostic.code = "list-membership-in-loop";
  editor.diagnostics = [diagnostic as never];
}
const cursorAt = (line: number) => {
  window.activeTextEditor = { document: { uri: Uri.file("/w/a.py") }, selection: { active: new Position(line, 2) } } as never;
};

test("a finding is explained by the server, for the cursor and for a code action", async () => {
  const explanations = new Explanations();
  const answer = { rule: "list-membership-in-loop", markdown: "# the page\n" };
  const { asked, get } = server({ "looplint.server.explain": answer });
  findingOnLine4();
  cursorAt(3);
  await explainFinding(explanations, get, undefined);
  const range = { start: { line: 3, character: 0 }, end: { line: 3, character: 9 } };
  assert.deepEqual(asked[0]?.[1], { rule: "list-membership-in-loop", uri: "file:/w/a.py", range });
  const [command, uri] = editor.commands[0] ?? [];
  assert.equal(command, "markdown.showPreviewToSide");
  assert.equal(explanations.provideTextDocumentContent(uri as never), "# the page\n");
  const action = { rule: "other-rule", uri: "file:/w/b.py", range };
  await explainFinding(explanations, get, action);
  assert.equal(asked[1]?.[1], action);
});

test("a model's words are shown as they come, as text, and then the answer", async () => {
  const explanations = new Explanations();
  const shown: string[] = [];
  explanations.onDidChange((uri) => shown.push(explanations.provideTextDocumentContent(uri as never)));
  const answer = { rule: "list-membership-in-loop", markdown: "words\n\n# the page\n", problem: "it broke off" };
  const { one, get } = server({ "looplint.server.explain": answer });
  one.words = ["![a]", undefined, "It ", "```scans"];
  findingOnLine4();
  cursorAt(3);
  await explainFinding(explanations, get, undefined);
  const text = (words: string) => "```text\n" + words + "\n```\n";
  assert.deepEqual(shown, [text("![a]"), text(""), text("It "), text("It '''scans"), answer.markdown]);
  assert.equal(editor.commands.length, 1);
  assert.match(editor.said[0] ?? "", /it broke off/);
});

test("without a finding there is nothing to explain", async () => {
  const { asked, get } = server({});
  findingOnLine4();
  cursorAt(7);
  await explainFinding(new Explanations(), get, undefined);
  assert.match(editor.said[0] ?? "", /no finding/);
  assert.deepEqual(asked, []);
});

test("a lens goes through its findings", async () => {
  const range = { start: { line: 1, character: 2 }, end: { line: 1, character: 5 } };
  await showFindings({ uri: "file:/w/a.py", ranges: [range, range] as never });
  const [command, , at, locations] = editor.commands[0] as [string, Uri, Position, unknown[]];
  assert.deepEqual([command, at.line, locations.length], ["editor.action.goToLocations", 1, 2]);
  await showFindings({ uri: "file:/w/a.py", ranges: [] });
  assert.equal(editor.commands.length, 1);
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
  status.setDocument({ configuration: "/w/looplint.toml", error: null });
  assert.deepEqual([item["text"], item["detail"]], ["looplint 0.1.0", "looplint.toml"]);
  assert.equal((item["command"] as { command: string }).command, "vscode.open");
  status.setDocument(undefined);
  assert.equal((item["command"] as { command: string }).command, "looplint.showLogs");
  status.setState({ phase: "failed", problem: "no program was found" });
  assert.deepEqual([item["detail"], item["severity"]], ["no program was found", 2]);
});
