/**
 * What Maze adds to LSP, as docs/protocol.md has it.
 */

import type { Range, TextEdit } from "vscode-languageclient/node";

/** What the server is told that this client knows: `capabilities.experimental.maze`. */
export const CAPABILITIES = { status: true, edit: true };

/** Commands of the server; the ones of the extension have other names. */
export const Command = {
  accepted: "maze.accepted",
  generate: "maze.generate",
  pause: "maze.pause",
  resume: "maze.resume",
} as const;

export type Kind = "ready" | "busy" | "starting" | "paused" | "warning" | "error";

export interface Engine {
  readonly kind: "embedded" | "configured";
  readonly url: string;
  readonly model: string;
  /** False where the embedded engine is to answer and is not installed. */
  readonly installed: boolean;
}

/** Parameters of the notification `maze/status`. */
export interface Status {
  readonly kind: Kind;
  readonly message: string;
  readonly level?: string | null;
  readonly engine?: Engine;
}

/** The answer to the request `maze/status`, as far as it is shown. */
export interface Counters {
  readonly version: string;
  readonly engine: Engine;
  readonly counters: Readonly<Record<string, number>>;
}

/** Parameters of the request `maze/edit`. */
export interface Edit {
  readonly id: string;
  readonly uri: string;
  readonly version: number;
  readonly edits: readonly TextEdit[];
  readonly first: boolean;
  readonly last: boolean;
}

/** The argument of the server's command `maze.generate`. */
export interface Generation {
  readonly uri: string;
  readonly version: number;
  readonly kind: string;
  readonly range: Range;
}

/** The answer to it. */
export interface Generated {
  readonly applied: boolean;
  readonly tokens: number;
  readonly parses: boolean;
  readonly message: string;
}

/** Parameters of the notification `maze/feedback`. */
export interface Feedback {
  readonly id: string;
  readonly kind: "shown" | "partly" | "dismissed";
  readonly chars: number;
}
