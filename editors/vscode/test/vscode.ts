// A stand-in for the editor's module: as much of it as the tested functions touch.
export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
  isBefore(other: Position): boolean {
    return this.line < other.line || (this.line === other.line && this.character < other.character);
  }
}

export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(start: Position, end: Position) {
    this.start = start;
    this.end = end;
  }
  contains(position: Position): boolean {
    return !position.isBefore(this.start) && !this.end.isBefore(position);
  }
}

export class Uri {
  private constructor(
    readonly scheme: string,
    readonly path: string,
  ) {}
  get fsPath(): string {
    return this.path;
  }
  static file(path: string): Uri {
    return new Uri("file", path);
  }
  static from(parts: { scheme: string; path: string }): Uri {
    return new Uri(parts.scheme, parts.path);
  }
  static parse(text: string): Uri {
    const [scheme = "", ...rest] = text.split(":");
    return new Uri(scheme, rest.join(":"));
  }
  toString(): string {
    return `${this.scheme}:${this.path}`;
  }
}

export class Location {
  constructor(
    readonly uri: Uri,
    readonly range: Range,
  ) {}
}

export class Diagnostic {
  source?: string;
  code?: string | { value: string; target: Uri };
  constructor(
    readonly range: Range,
    readonly message: string,
    readonly severity: number,
  ) {}
}

export const LanguageStatusSeverity = { Information: 0, Warning: 1, Error: 2 };
export const ProgressLocation = { Notification: 15 };
export const ViewColumn = { Beside: -2 };

type Listener<T> = (value: T) => unknown;
export class EventEmitter<T> {
  private readonly listeners: Listener<T>[] = [];
  readonly event = (listener: Listener<T>) => {
    this.listeners.push(listener);
    return { dispose() {} };
  };
  fire(value: T): void {
    for (const listener of this.listeners) listener(value);
  }
}

/** What the functions under test did to the editor, and what it answers them. */
export const editor = {
  said: [] as string[],
  commands: [] as unknown[][],
  panels: [] as { options: unknown; webview: { html: string } }[],
  diagnostics: [] as Diagnostic[],
  items: [] as Record<string, unknown>[],
  reset(): void {
    this.said = [];
    this.commands = [];
    this.panels = [];
    this.diagnostics = [];
    this.items = [];
    workspace.workspaceFolders = undefined;
    window.activeTextEditor = undefined;
  },
};

export const workspace = {
  workspaceFolders: undefined as { name: string; uri: Uri }[] | undefined,
  asRelativePath: (uri: Uri | string) => (typeof uri === "string" ? uri : uri.fsPath).replace(/^.*\//, ""),
};

export const languages = {
  getDiagnostics: () => editor.diagnostics,
  createLanguageStatusItem: (id: string, selector: unknown) => {
    const item: Record<string, unknown> = { id, selector, dispose() {} };
    editor.items.push(item);
    return item;
  },
};

export const window = {
  activeTextEditor: undefined as { document: { uri: Uri }; selection: { active: Position } } | undefined,
  showInformationMessage: async (text: string) => void editor.said.push(text),
  showWarningMessage: async (text: string) => void editor.said.push(text),
  withProgress: (_options: unknown, task: (progress: unknown, token: unknown) => Promise<unknown>) => task({}, {}),
  createWebviewPanel: (_type: string, title: string, _column: unknown, options: unknown) => {
    const panel = { title, options, webview: { html: "" } };
    editor.panels.push(panel);
    return panel;
  },
};

export const commands = {
  executeCommand: async (...command: unknown[]) => void editor.commands.push(command),
};
