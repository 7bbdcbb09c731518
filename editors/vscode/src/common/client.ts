import * as os from "node:os";
import {
  type CloseHandlerResult,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  RevealOutputChannelOn,
} from "vscode-languageclient/node";
import { log } from "./logger";
import { CAPABILITIES } from "./protocol";
import { initialOptions, setting } from "./settings";

/** Documents of a language, as both VS Code and the protocol select them. */
export interface Selected {
  readonly language: string;
  readonly scheme: string;
}

export interface Wiring {
  /** The server's program. */
  readonly command: string;
  /** Variables that it gets besides those of VS Code. */
  readonly environment: Readonly<Record<string, string>>;
  readonly selector: readonly Selected[];
  readonly middleware: Middleware;
  /** VS Code has heard of all that the server can do: at each start, and some time after State.Running. */
  readonly ready: () => void;
  /** What to do when the connection is gone. */
  readonly closed: () => CloseHandlerResult;
}

/** A client that is not started yet, with the settings of the moment. */
export function createClient(wiring: Wiring): LanguageClient {
  const options: LanguageClientOptions = {
    documentSelector: [...wiring.selector],
    initializationOptions: initialOptions(),
    outputChannel: log,
    traceOutputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    middleware: wiring.middleware,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: wiring.closed,
    },
    initializationFailedHandler: () => false,
    stdioOptions: {
      stdout: (stream) => stream.resume(),
      stderr: (stream) => lines(stream, (line) => log.info(line)),
    },
  };
  const server = {
    command: wiring.command,
    args: ["lsp", "--log-level", setting<string>("server.logLevel")],
    // Not in the workspace: what lies there is no business of the server's start.
    options: { cwd: os.homedir(), env: { ...process.env, ...wiring.environment } },
  };
  const client = new QuietClient("maze", "Maze", server, options);
  client.registerFeature({
    fillClientCapabilities: (capabilities) => {
      capabilities.experimental = { ...capabilities.experimental, maze: CAPABILITIES };
    },
    initialize: wiring.ready, // features are initialized in the order they were registered
    getState: () => ({ kind: "static" }),
    clear: () => undefined,
  });
  return client;
}

/** What goes wrong is told by us, in one sentence; the library's own messages are for the log. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

function lines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let begun = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const parts = (begun + text).split(/\r?\n/);
    begun = parts.pop() ?? "";
    parts.forEach(take);
  });
}
