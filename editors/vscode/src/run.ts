// Runs the program for one answer: with a limit of time and of output, and never through a shell.
import { execFile } from "node:child_process";

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SECONDS = 60;
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** Resolves with whatever exit code; rejects where the program could not be started or was stopped. */
export function run(program: string, args: readonly string[], cwd: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { timeout: SECONDS * 1000, maxBuffer: OUTPUT_BYTES, windowsHide: true, ...(cwd ? { cwd } : {}) };
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else if (error?.killed) reject(new Error(`${program} took longer than ${SECONDS} s`));
      else reject(error ?? new Error(`${program} could not be run`));
    });
  });
}
