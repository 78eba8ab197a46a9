// Bundles the extension into dist/extension.js; with --tests, the tests into dist/test, on a stand-in for `vscode`.
import { build } from "esbuild";
import { readdir, rm } from "node:fs/promises";

const shared = { bundle: true, platform: "node", target: "node20", logLevel: "warning" };

if (process.argv.includes("--tests")) {
  const files = (await readdir("test")).filter((name) => name.endsWith(".test.ts"));
  await rm("dist/test", { recursive: true, force: true });
  await build({
    ...shared,
    entryPoints: files.map((name) => `test/${name}`),
    outdir: "dist/test",
    alias: { vscode: "./test/vscode.ts" },
    sourcemap: "inline",
  });
} else {
  await build({
    ...shared,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    external: ["vscode"],
    minify: true,
  });
}
