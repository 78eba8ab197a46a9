// What is decided without an editor: which program, which documents, which columns, which words.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Diagnostic, Position, Range, Uri } from "vscode";
import { findingAt, ruleOf } from "../src/finding";
import { explainArguments } from "../src/explaining";
import { chooseProgram, type Places } from "../src/program";
import { documentFilters, traceFilters } from "../src/selector";
import { shown } from "../src/status";
import { failure, guarded } from "../src/timeline";

const PLACES: Places = {
  trusted: true,
  paths: [],
  strategy: "useBundled",
  interpreter: "/venv/bin/python",
  bundled: "/ext/bundled",
  workspaceFolder: "/work space",
  userHome: "/home/me",
  searchPath: "/usr/bin:.::/bin",
  windows: false,
  runs: () => true,
};
const only = (file: string) => (candidate: string) => candidate === file;

test("the bundled program comes first, unless settings or the strategy say otherwise", () => {
  assert.deepEqual(chooseProgram(PLACES), { command: "/ext/bundled/looplint", origin: "bundled" });
  assert.deepEqual(chooseProgram({ ...PLACES, strategy: "fromEnvironment" }), {
    command: "/venv/bin/looplint",
    origin: "environment",
  });
  const paths = ["~/missing", "${workspaceFolder}/tool", "${userHome}/tool"];
  assert.deepEqual(chooseProgram({ ...PLACES, paths, runs: only("/work space/tool") }), {
    command: "/work space/tool",
    origin: "setting",
  });
});

test("a folder that is not trusted gets the bundled program or none", () => {
  const places = { ...PLACES, trusted: false, paths: ["/tmp/evil"], strategy: "fromEnvironment" };
  assert.deepEqual(chooseProgram(places), { command: "/ext/bundled/looplint", origin: "bundled" });
  assert.deepEqual(chooseProgram({ ...places, runs: only("/tmp/evil") }), { tried: ["/ext/bundled/looplint"] });
});

test("without a bundled program the environment and PATH are searched, but never relative folders", () => {
  assert.deepEqual(chooseProgram({ ...PLACES, runs: () => false }), {
    tried: ["/ext/bundled/looplint", "/venv/bin/looplint", "/usr/bin/looplint", "/bin/looplint"],
  });
  assert.deepEqual(chooseProgram({ ...PLACES, paths: ["looplint", "./tool"], runs: only("/bin/looplint") }), {
    command: "/bin/looplint",
    origin: "PATH",
  });
});

test("a path that needs a folder is passed over where none is open", () => {
  const places = { ...PLACES, workspaceFolder: undefined, paths: ["${workspaceFolder}/tool"] };
  assert.deepEqual(chooseProgram(places), { command: "/ext/bundled/looplint", origin: "bundled" });
});

test("programs on Windows have their own names and separators", () => {
  const places = {
    ...PLACES,
    windows: true,
    interpreter: "C:\\venv\\Scripts\\python.exe",
    bundled: "C:\\ext\\bundled",
    searchPath: "C:\\bin;tools",
  };
  assert.deepEqual(chooseProgram({ ...places, runs: () => false }), {
    tried: ["C:\\ext\\bundled\\looplint.exe", "C:\\venv\\Scripts\\looplint.exe", "C:\\bin\\looplint.exe"],
  });
});

test("traces are the files that the setting names, and no other JSON", () => {
  assert.deepEqual(
    traceFilters(["runs/*.json", "./runs/*.json", "**/a.json", "/abs/*.jsonl", "C:\\t\\*.json", "", 7, null]),
    ["**/runs/*.json", "**/a.json", "/abs/*.jsonl", "C:\\t\\*.json"].map((pattern) => ({ scheme: "file", pattern })),
  );
  const languages = documentFilters([]).map((filter) => filter.language);
  assert.deepEqual(new Set(languages), new Set(["python"]));
});

const range = (a: number, b: number, c: number, d: number) => new Range(new Position(a, b), new Position(c, d));
function finding(at: Range, rule: string, source = "looplint"): Diagnostic {
  const diagnostic = new Diagnostic(at, `about ${rule}`, 1);
  diagnostic.source = source;
  diagnostic.code = { value: rule, target: Uri.parse("https:x") };
  return diagnostic;
}

test("the finding at the cursor is the innermost of ours, else the first of its line", () => {
  const outer = finding(range(1, 0, 9, 0), "outer-loop");
  const inner = finding(range(4, 4, 4, 20), "inner-scan");
  const foreign = finding(range(4, 4, 4, 5), "F401", "ruff");
  assert.equal(findingAt([outer, foreign, inner], new Position(4, 5)), inner);
  assert.equal(findingAt([outer, inner], new Position(6, 0)), outer);
  assert.equal(findingAt([inner], new Position(4, 30)), inner);
  assert.equal(findingAt([inner, foreign], new Position(5, 0)), undefined);
});

test("only an id names a rule", () => {
  assert.equal(ruleOf(finding(range(0, 0, 0, 1), "list-membership-in-loop")), "list-membership-in-loop");
  for (const odd of ["--config=/etc/passwd", "a b", "", "A", "a--b", "-a"]) {
    assert.equal(ruleOf(finding(range(0, 0, 0, 1), odd)), undefined, odd);
  }
});

test("the status names version and configuration, and says what is wrong", () => {
  const running = { phase: "running", version: "1.2" } as const;
  const document = { configuration: "/p/looplint.toml", error: null };
  assert.deepEqual(shown(running, document).detail, "/p/looplint.toml");
  assert.deepEqual(shown(running, { ...document, configuration: null }).detail, "no configuration file");
  assert.deepEqual(shown(running, undefined), { text: "looplint 1.2", detail: "", severity: "information", busy: false });
  const broken = shown(running, { ...document, error: "line 3: no such rule" });
  assert.deepEqual([broken.detail, broken.severity], ["line 3: no such rule", "warning"]);
  assert.equal(shown({ phase: "failed", problem: "no program was found" }, undefined).severity, "error");
  assert.equal(shown({ phase: "starting" }, undefined).busy, true);
});

test("a timeline runs no script and opens no connection, whatever is in the trace", () => {
  for (const html of ["<html><head><title>t</title></head></html>", "<html><HEAD lang=en></HEAD>", "<p>bare"]) {
    const page = guarded(html);
    assert.match(page, /<head[^>]*><meta http-equiv="Content-Security-Policy" content="default-src 'none'/i);
    assert.doesNotMatch(page, /script-src/);
  }
  // A trace that brings a head of its own does not come before ours.
  assert.ok(guarded("<html><head></head><pre><head></pre>").startsWith("<html><head><meta http-equiv"));
  assert.match(failure("<script>"), /&lt;script&gt;/);
});

test("a model explains only where the user's own settings say so", () => {
  const own = (settings: Record<string, unknown>) => explainArguments((name) => settings[name]);
  assert.deepEqual(own({ "explain.baseUrl": "http://localhost:1/v1" }), []);
  assert.deepEqual(own({ "explain.enable": "yes" }), []);
  assert.deepEqual(own({ "explain.enable": true, "explain.model": "--isolated", "explain.budget": "" }), [
    "--explain",
    "--model=--isolated",
  ]);
});
