// What the language status says: the version and the configuration that govern the open file.

/** What the server last said of itself. */
export interface ServerState {
  readonly phase: "idle" | "starting" | "running" | "stopped" | "failed";
  readonly version?: string | undefined;
  readonly program?: string | undefined;
  readonly problem?: string | undefined;
}

export interface Shown {
  readonly text: string;
  readonly detail: string;
  readonly severity: "information" | "warning" | "error";
  readonly busy: boolean;
}

/** `configuration` is the file's path, null where there is none, undefined where it is not known. */
export function shown(state: ServerState, configuration: string | null | undefined): Shown {
  const named = state.version ? `looplint ${state.version}` : "looplint";
  switch (state.phase) {
    case "failed":
      return { text: `${named} failed`, detail: state.problem ?? "see the log", severity: "error", busy: false };
    case "stopped":
      return { text: `${named} stopped`, detail: state.problem ?? "", severity: "warning", busy: false };
    case "idle":
    case "starting":
      return { text: named, detail: "starting", severity: "information", busy: state.phase === "starting" };
    case "running":
      return { text: named, detail: configurationText(configuration), severity: "information", busy: false };
  }
}

function configurationText(configuration: string | null | undefined): string {
  if (configuration === undefined) return "";
  return configuration === null ? "no configuration file" : configuration;
}
