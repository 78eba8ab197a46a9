// The running server, as the commands see it.

export interface Server {
  /** Runs one of the server's commands. */
  execute<Answer>(command: string, ...args: unknown[]): Promise<Answer>;
}
