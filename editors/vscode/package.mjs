// Builds a .vsix with a program in it.
// node package.mjs PROGRAM [TARGET]     TARGET is vsce's: linux-x64, alpine-arm64, darwin-arm64, win32-x64 and so on.
// Without a program, the .vsix has none: the extension then looks in the Python environment and on PATH.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const [program, target = `${process.platform}-${process.arch}`] = process.argv.slice(2);
const run = (file, args) => execFileSync(process.execPath, [file, ...args], { cwd: here, stdio: "inherit" });

rmSync(`${here}bundled`, { recursive: true, force: true });
for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) copyFileSync(`${here}../../${licence}`, `${here}${licence}.txt`);
if (program) {
  const name = target.startsWith("win32") ? "looplint.exe" : "looplint";
  mkdirSync(`${here}bundled`);
  copyFileSync(program, `${here}bundled/${name}`);
  chmodSync(`${here}bundled/${name}`, 0o755);
}
run("build.mjs", []);
const output = program ? `looplint-${target}.vsix` : "looplint.vsix";
// `--no-dependencies`: everything is in the bundle.
run("node_modules/@vscode/vsce/vsce", [
  "package",
  "--no-dependencies",
  "--skip-license",
  ...(program ? ["--target", target] : []),
  "--out",
  output,
]);
console.log(`${here}${output}`);
