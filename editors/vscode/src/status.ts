// What the language status says: the version and the configuration that govern the open file.

/** The server's life. */
export interface ServerState {
  readonly phase: "idle" | "starting" | "running" | "stopped" | "failed";
  readonly version?: string | undefined;
  readonly program?: string | undefined;
  readonly problem?: string | undefined;
}

/** What the server says of one document: its answer to `looplint/status`. */
export interface DocumentStatus {
  /** The configuration file, where there is one. */
  readonly configuration: string | null;
  /** What is wrong with the configuration. */
  readonly error: string | null;
}

export interface Shown {
  readonly text: string;
  readonly detail: string;
  readonly severity: "information" | "warning" | "error";
  readonly busy: boolean;
}

/** `document` is undefined until the server has said something of the open document. */
export function shown(state: ServerState, document: DocumentStatus | undefined): Shown {
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
      if (!document) return { text: named, detail: "", severity: "information", busy: false };
      return {
        text: named,
        detail: document.error ?? document.configuration ?? "no configuration file",
        severity: document.error ? "warning" : "information",
        busy: false,
      };
  }
}
