// Findings as the editor holds them: which of them are looplint's, and which rule they name.
import type { Diagnostic, Position, Range } from "vscode";

export const SOURCE = "looplint";

/** The id of the rule that a diagnostic of ours names. */
export function ruleOf(diagnostic: Diagnostic): string | undefined {
  if (diagnostic.source !== SOURCE) return undefined;
  const code = diagnostic.code;
  const value = typeof code === "object" ? code.value : code;
  return typeof value === "string" && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value) ? value : undefined;
}

/** The finding at `position`: the innermost one there, else the first on its line. */
export function findingAt(diagnostics: readonly Diagnostic[], position: Position): Diagnostic | undefined {
  const ours = diagnostics.filter((diagnostic) => ruleOf(diagnostic) !== undefined);
  const here = ours.filter((diagnostic) => diagnostic.range.contains(position));
  here.sort((a, b) => size(a.range) - size(b.range));
  return here[0] ?? ours.find((diagnostic) => diagnostic.range.start.line === position.line);
}

function size(range: Range): number {
  return (range.end.line - range.start.line) * 100_000 + (range.end.character - range.start.character);
}
