// Which documents are looplint's: Python, notebooks, and the JSON files that a setting names as traces.

/** A document filter as the language client takes it. */
export interface Filter {
  readonly scheme?: string;
  readonly language?: string;
  readonly pattern?: string;
  readonly notebook?: string;
}

/** The traces that the setting names. A glob without a folder means any folder. */
export function traceFilters(globs: readonly unknown[]): Filter[] {
  const patterns = globs.filter((glob): glob is string => typeof glob === "string" && glob.trim() !== "").map(anywhere);
  return [...new Set(patterns)].map((pattern) => ({ scheme: "file", pattern }));
}

/** Every document that the server is told of. */
export function documentFilters(globs: readonly unknown[]): Filter[] {
  return [
    { scheme: "file", language: "python" },
    { scheme: "untitled", language: "python" },
    { notebook: "jupyter-notebook", language: "python" },
    ...traceFilters(globs),
  ];
}

function anywhere(glob: string): string {
  const trimmed = glob.trim().replace(/^\.\//, "");
  const fixed = trimmed.startsWith("**/") || trimmed.startsWith("/") || /^[A-Za-z]:[\\/]/.test(trimmed);
  return fixed ? trimmed : `**/${trimmed}`;
}
