// The running server, as the commands see it.
import type * as vscode from "vscode";

export interface Server {
  /** Runs one of the server's commands. */
  execute<Answer>(command: string, ...args: unknown[]): Promise<Answer>;

  /** Explains a finding. A language model's words are handed on as they come; `undefined` takes back all so far. */
  explain<Answer>(
    asked: object,
    onWords: (piece: string | undefined) => void,
    token: vscode.CancellationToken,
  ): Promise<Answer>;
}
