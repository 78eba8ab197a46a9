// Reads the program's JSON report into places and texts. Knows the report's fields; does not know the editor.

/** A place: lines and columns from 1, columns in characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly message: string;
}

export interface ReportedFinding extends Place {
  readonly file: string;
  readonly rule: string;
  readonly severity: string;
  readonly url: string | undefined;
  readonly related: readonly Place[];
}

export interface ReportedFindings {
  readonly findings: readonly ReportedFinding[];
  /** Findings in notebooks: their places are inside cells, which only an open notebook has. */
  readonly inNotebooks: number;
  readonly problems: number;
  readonly filesChecked: number | undefined;
}

/** Throws where the text is no report. */
export function readReport(text: string): ReportedFindings {
  const report: unknown = JSON.parse(text);
  if (!isObject(report) || !Array.isArray(report["findings"])) throw new Error("the program's answer is no report");
  const findings = report["findings"].filter(isObject);
  const summary = isObject(report["summary"]) ? report["summary"] : {};
  const filesChecked = summary["files_checked"];
  return {
    findings: findings.filter((finding) => finding["cell"] == null).map(finding),
    inNotebooks: findings.filter((finding) => finding["cell"] != null).length,
    problems: Array.isArray(report["problems"]) ? report["problems"].length : 0,
    filesChecked: typeof filesChecked === "number" ? filesChecked : undefined,
  };
}

function finding(data: Record<string, unknown>): ReportedFinding {
  const related = Array.isArray(data["related"]) ? data["related"].filter(isObject).map(place) : [];
  return {
    ...place(data),
    file: String(data["file"] ?? ""),
    rule: String(data["pattern"] ?? ""),
    severity: String(data["severity"] ?? "warning"),
    url: typeof data["url"] === "string" ? data["url"] : undefined,
    related,
  };
}

function place(data: Record<string, unknown>): Place {
  const line = number(data["line"], 1);
  const column = number(data["column"], 1);
  return {
    line,
    column,
    endLine: number(data["end_line"], line),
    endColumn: number(data["end_column"], column + 1),
    message: String(data["message"] ?? ""),
  };
}

function number(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 ? value : otherwise;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The editor counts in UTF-16 units from 0: `column` counts characters of `line` from 1. */
export function utf16Column(line: string, column: number): number {
  let units = 0;
  let left = column - 1;
  for (const character of line) {
    if (left <= 0) break;
    units += character.length;
    left -= 1;
  }
  return units;
}
