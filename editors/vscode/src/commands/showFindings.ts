// What a lens above a function or a run does: goes through the findings that it counts.
import * as vscode from "vscode";

export interface Places {
  readonly uri: string;
  readonly ranges: readonly { readonly start: vscode.Position; readonly end: vscode.Position }[];
}

export async function showFindings(places: Places): Promise<void> {
  const uri = vscode.Uri.parse(places.uri);
  const at = (position: vscode.Position) => new vscode.Position(position.line, position.character);
  const locations = places.ranges.map(({ start, end }) => new vscode.Location(uri, new vscode.Range(at(start), at(end))));
  const first = locations[0];
  if (!first) return;
  await vscode.commands.executeCommand("editor.action.goToLocations", uri, first.range.start, locations, "peek");
}
