// The server's life: started when the first document of ours is open, one at a time, restarted on demand.
import * as vscode from "vscode";
import {
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type DocumentSelector,
  type LanguageClientOptions,
  type Middleware,
} from "vscode-languageclient/node";

import { explainArguments } from "./explaining";
import type { Program } from "./program";
import { documentFilters } from "./selector";
import type { Server } from "./server";
import type { DocumentStatus, ServerState } from "./status";

/** Commands of the server that the extension does itself, with views of its own. */
const OWN_COMMANDS = ["looplint.explainFinding", "looplint.showFindings"];
/** A piece of a language model's words, on its way. */
interface Words {
  readonly stream: string;
  readonly text?: string;
  readonly restart?: boolean;
}

/** A server that does not answer is ended after this time. */
const PATIENCE_MS = 2000;

export interface Wiring {
  readonly log: vscode.LogOutputChannel;
  readonly findProgram: () => Promise<Program | { readonly tried: readonly string[] }>;
  readonly isOurs: (document: vscode.TextDocument) => boolean;
  readonly onState: (state: ServerState) => void;
  /** The configuration of some document has changed. */
  readonly onStatusChange: () => void;
}

export class Session implements vscode.Disposable, Server {
  private client: LanguageClient | undefined;
  private state: ServerState = { phase: "idle" };
  /** What is under way; the next step waits for it, so that no two servers run. */
  private last: Promise<void> = Promise.resolve();
  /** Who hears the words of an explanation that is under way, by its name. */
  private readonly streams = new Map<string, (piece: string | undefined) => void>();
  private streamCount = 0;

  constructor(private readonly wiring: Wiring) {}

  get serverState(): ServerState {
    return this.state;
  }

  /** Starts the server where none runs. */
  start(): Promise<void> {
    return this.queue(async () => {
      if (!this.client) await this.launch();
    });
  }

  restart(): Promise<void> {
    return this.queue(async () => {
      await this.end();
      await this.launch();
    });
  }

  dispose(): void {
    void this.queue(() => this.end());
  }

  async execute<Answer>(command: string, ...args: unknown[]): Promise<Answer> {
    return this.running().sendRequest<Answer>("workspace/executeCommand", { command, arguments: args });
  }

  async explain<Answer>(
    asked: object,
    onWords: (piece: string | undefined) => void,
    token: vscode.CancellationToken,
  ): Promise<Answer> {
    const stream = String(++this.streamCount);
    this.streams.set(stream, onWords);
    const params = { command: "looplint.server.explain", arguments: [{ ...asked, stream }] };
    try {
      return await this.running().sendRequest<Answer>("workspace/executeCommand", params, token);
    } finally {
      this.streams.delete(stream);
    }
  }

  /** What governs a document; undefined where no server runs. */
  async documentStatus(uri: vscode.Uri): Promise<DocumentStatus | undefined> {
    if (this.state.phase !== "running") return undefined;
    const status = await this.running().sendRequest<DocumentStatus | null>("looplint/status", { uri: uri.toString() });
    return status ?? undefined;
  }

  private running(): LanguageClient {
    if (this.client?.state === State.Running) return this.client;
    throw new Error(`the server does not run: ${this.state.problem ?? this.state.phase}`);
  }

  /** Not named `then`: a promise of a session would take it for a promise. */
  private queue(step: () => Promise<void>): Promise<void> {
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
    const settings = vscode.workspace.getConfiguration("looplint");
    const own = (name: string) => settings.inspect<unknown>(name)?.globalValue;
    const executable = { command: program.command, args: ["server", ...explainArguments(own)] };
    const client = new LanguageClient("looplint", "looplint", executable, this.options());
    client.onNotification("looplint/status", () => this.wiring.onStatusChange());
    client.onNotification("looplint/explanation", ({ stream, text, restart }: Words) =>
      this.streams.get(stream)?.(restart ? undefined : text),
    );
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) return;
      const version = client.initializeResult?.serverInfo?.version ?? this.state.version;
      if (newState === State.Running) this.say({ phase: "running", version, program: program.command });
      if (newState === State.Stopped) this.say({ phase: "stopped", version, program: program.command });
    });
    this.client = client;
    await client.start();
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose(PATIENCE_MS).catch((error: unknown) => this.wiring.log.warn(String(error)));
  }

  private options(): LanguageClientOptions {
    const settings = vscode.workspace.getConfiguration("looplint");
    return {
      documentSelector: documentFilters(settings.get<unknown[]>("traceFiles", [])) as DocumentSelector,
      outputChannel: this.wiring.log,
      traceOutputChannel: this.wiring.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      diagnosticCollectionName: "looplint",
      initializationOptions: {
        settings: { ...settings },
        clientCommands: OWN_COMMANDS,
        statusNotification: true,
      },
      markdown: { isTrusted: false, supportHtml: false },
      middleware: this.middleware(),
    };
  }

  /** The server offers outlines and folds for JSON; only what is a trace by the setting is asked for. */
  private middleware(): Middleware {
    const { isOurs } = this.wiring;
    return {
      provideDocumentSymbols: (document, token, next) => (isOurs(document) ? next(document, token) : undefined),
      provideFoldingRanges: (document, context, token, next) =>
        isOurs(document) ? next(document, context, token) : undefined,
    };
  }
}
