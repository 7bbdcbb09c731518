import { commands, type ExtensionContext, workspace } from "vscode";
import { registerCommands } from "./common/commands";
import { Generator } from "./common/generate";
import { ApiKey } from "./common/key";
import { log, reason } from "./common/logger";
import { Command } from "./common/protocol";
import { onEnvironmentChange } from "./common/python";
import { Server } from "./common/server";
import { concerns, needsRestart } from "./common/settings";
import { StatusDisplay } from "./common/status";
import { Streaming } from "./common/streaming";
import { Suggestions } from "./common/suggestions";

const LANGUAGES = [
  "python",
  "go",
  "typescript",
  "typescriptreact",
  "javascript",
  "javascriptreact",
  "rust",
  "zig",
  // Code in fences. No activation event: a text about something is no reason to start a server.
  "markdown",
];
const SELECTOR = LANGUAGES.flatMap((language) =>
  ["file", "untitled"].map((scheme) => ({ language, scheme })),
);

let server: Server | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const status = new StatusDisplay(SELECTOR);
  const key = new ApiKey(context.secrets);
  const streaming = new Streaming();
  const generator = new Generator(() => running.client);
  const suggestions = new Suggestions(
    (document) => streaming.busy(document),
    (feedback) => void running.client?.sendNotification("maze/feedback", feedback),
  );
  const running = new Server(context, SELECTOR, key, {
    middleware: {
      provideInlineCompletionItems: suggestions.provide,
      executeCommand: (command, args, next) => {
        if (command === Command.accepted) {
          suggestions.accepted();
        }
        return generator.execute(command, args, next);
      },
    },
    edit: (piece) => streaming.apply(piece),
    status: (news) => status.show(news),
    gone: () => streaming.clear(),
  });
  server = running;
  context.subscriptions.push(
    log,
    status,
    streaming,
    suggestions,
    ...registerCommands({ server: running, generator, status, key }),
    workspace.onDidChangeConfiguration((event) => {
      if (needsRestart(event)) {
        void running.restart();
      } else if (concerns(event)) {
        void running.reconfigure();
      }
    }),
    workspace.onDidGrantWorkspaceTrust(() => void watchEnvironment()),
  );

  // Trust opens the way to servers in the workspace; so does another Python environment.
  async function watchEnvironment(): Promise<void> {
    await running.lookAgain();
    const listener = await onEnvironmentChange(() => void running.lookAgain());
    if (listener !== undefined) {
      context.subscriptions.push(listener);
    }
  }

  await commands.executeCommand("setContext", "maze.generating", false);
  // Whoever opens a file does not wait for the server.
  void running
    .start()
    .then(() => (workspace.isTrusted ? watchEnvironment() : undefined))
    .catch((error) => log.error(reason(error)));
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
