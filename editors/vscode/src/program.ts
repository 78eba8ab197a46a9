// Chooses the program to run. Knows where programs may lie; does not know the editor, and starts nothing.
import * as path from "node:path";

/** Where the program came from, for the log and the status. */
export type Origin = "setting" | "environment" | "PATH" | "bundled";

export interface Program {
  readonly command: string;
  readonly origin: Origin;
}

export interface Places {
  /** False in a folder that the user does not trust: then only the bundled program counts. */
  readonly trusted: boolean;
  /** `looplint.path`. */
  readonly paths: readonly string[];
  /** `looplint.importStrategy`. */
  readonly strategy: string;
  /** The selected Python interpreter, where there is one. */
  readonly interpreter: string | undefined;
  /** The folder of the bundled program. */
  readonly bundled: string;
  readonly workspaceFolder: string | undefined;
  readonly userHome: string;
  /** The variable PATH. */
  readonly searchPath: string;
  readonly windows: boolean;
  /** Whether a file is there and may be run. */
  readonly runs: (file: string) => boolean;
}

/** The program to run, or in which places there was none. */
export function chooseProgram(places: Places): Program | { readonly tried: readonly string[] } {
  const tried: string[] = [];
  for (const candidate of candidates(places)) {
    if (places.runs(candidate.command)) return candidate;
    if (!tried.includes(candidate.command)) tried.push(candidate.command);
  }
  return { tried };
}

function* candidates(places: Places): Generator<Program> {
  const name = places.windows ? "looplint.exe" : "looplint";
  const { join, dirname, isAbsolute } = places.windows ? path.win32 : path.posix;
  const bundled: Program = { command: join(places.bundled, name), origin: "bundled" };
  if (!places.trusted) {
    yield bundled;
    return;
  }
  for (const setting of places.paths) {
    const command = expanded(setting, places);
    // A bare name would be looked up in the opened folder first, on Windows.
    if (command !== undefined && isAbsolute(command)) yield { command, origin: "setting" };
  }
  const environment: Program | undefined = places.interpreter
    ? { command: join(dirname(places.interpreter), name), origin: "environment" }
    : undefined;
  const onPath = places.searchPath
    .split(places.windows ? ";" : ":")
    .filter((folder) => isAbsolute(folder))
    .map((folder): Program => ({ command: join(folder, name), origin: "PATH" }));
  if (places.strategy === "fromEnvironment") {
    if (environment) yield environment;
    yield* onPath;
    yield bundled;
  } else {
    // The .vsix for other platforms has no program in it: better one from elsewhere than none.
    yield bundled;
    if (environment) yield environment;
    yield* onPath;
  }
}

function expanded(setting: string, places: Places): string | undefined {
  if (setting.includes("${workspaceFolder}") && places.workspaceFolder === undefined) return undefined;
  return setting
    .replaceAll("${workspaceFolder}", places.workspaceFolder ?? "")
    .replaceAll("${userHome}", places.userHome)
    .replace(/^~(?=[/\\])/, places.userHome);
}
