// Whom the server may ask for explanations: the user's own settings as arguments of its command line.

const FLAGS = [
  ["explain.baseUrl", "--llm-base-url"],
  ["explain.model", "--model"],
  ["explain.budget", "--llm-budget"],
  ["explain.envFile", "--llm-env-file"],
] as const;

/** `own` gives a setting of the user's. What a folder says must not get here: it would decide where code is sent. */
export function explainArguments(own: (name: string) => unknown): string[] {
  if (own("explain.enable") !== true) return [];
  const args = ["--explain"];
  for (const [name, flag] of FLAGS) {
    const value = own(name);
    if (typeof value === "string" && value !== "") args.push(`${flag}=${value}`);
  }
  return args;
}
