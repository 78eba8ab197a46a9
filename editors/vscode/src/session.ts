// The server's life: started when the first document of ours is open, one at a time, restarted on demand.
import * as vscode from "vscode";
import {
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type DocumentSelector,
  type LanguageClientOptions,
} from "vscode-languageclient/node";

import type { Program } from "./program";
import { documentFilters } from "./selector";
import type { ServerState } from "./status";

/** What the server says of a document: notification `looplint/status`. */
export interface DocumentStatus {
  readonly uri: string;
  readonly configuration: string | null;
}

export interface Wiring {
  readonly log: vscode.LogOutputChannel;
  readonly findProgram: () => Promise<Program | { readonly tried: readonly string[] }>;
  readonly onState: (state: ServerState) => void;
  readonly onDocumentStatus: (status: DocumentStatus) => void;
}

export class Session implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private state: ServerState = { phase: "idle" };
  /** What is under way; the next step waits for it, so that no two servers run. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly wiring: Wiring) {}

  get running(): LanguageClient | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }

  get serverState(): ServerState {
    return this.state;
  }

  /** Starts the server where none runs. */
  start(): Promise<void> {
    return this.then(async () => {
      if (!this.client) await this.launch();
    });
  }

  restart(): Promise<void> {
    return this.then(async () => {
      await this.end();
      await this.launch();
    });
  }

  stop(): Promise<void> {
    return this.then(() => this.end());
  }

  dispose(): void {
    void this.stop();
  }

  private then(step: () => Promise<void>): Promise<void> {
    this.last = this.last.then(step).catch((error: unknown) => {
      this.wiring.log.error(String(error));
      this.say({ ...this.state, phase: "failed", problem: String(error) });
    });
    return this.last;
  }

  private say(state: ServerState): void {
    this.state = state;
    this.wiring.onState(state);
  }

  private async launch(): Promise<void> {
    const program = await this.wiring.findProgram();
    if ("tried" in program) {
      const problem = "no program was found";
      this.wiring.log.error(`${problem}; looked for ${program.tried.join(", ") || "nothing"}`);
      this.say({ phase: "failed", problem });
      return;
    }
    this.wiring.log.info(`starting ${program.command} (${program.origin})`);
    this.say({ phase: "starting", program: program.command });
    const client = new LanguageClient(
      "looplint",
      "looplint",
      { command: program.command, args: ["server"] },
      this.options(),
    );
    client.onNotification("looplint/status", (status: DocumentStatus) => this.wiring.onDocumentStatus(status));
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) return;
      const version = client.initializeResult?.serverInfo?.version ?? this.state.version;
      if (newState === State.Running) this.say({ phase: "running", version, program: program.command });
      if (newState === State.Stopped) this.say({ phase: "stopped", version, program: program.command });
    });
    this.client = client;
    await client.start();
    const version = client.initializeResult?.serverInfo?.version;
    this.say({ phase: "running", version, program: program.command });
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (!client) return;
    // A server that does not answer is ended by the client after this time.
    await client.dispose(2000).catch((error: unknown) => this.wiring.log.warn(String(error)));
  }

  private options(): LanguageClientOptions {
    const settings = vscode.workspace.getConfiguration("looplint");
    return {
      documentSelector: documentFilters(settings.get<unknown[]>("traceFiles", [])) as DocumentSelector,
      outputChannel: this.wiring.log,
      traceOutputChannel: this.wiring.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      diagnosticCollectionName: "looplint",
      initializationOptions: { settings: { ...settings }, logLevel: settings.get<string | null>("logLevel") },
      markdown: { isTrusted: false, supportHtml: false },
    };
  }
}
