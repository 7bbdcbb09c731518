import { type LogOutputChannel, window } from "vscode";

/** The one log of the extension; what the server writes goes there too. */
export const log: LogOutputChannel = window.createOutputChannel("Maze", { log: true });

/** What a person can be told of anything that was thrown. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
