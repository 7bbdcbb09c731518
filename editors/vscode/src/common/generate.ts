import { randomUUID } from "node:crypto";
import { commands, type Progress, ProgressLocation, type TextEditor, window } from "vscode";
import {
  type CodeAction,
  CodeActionKind,
  CodeActionRequest,
  CodeActionResolveRequest,
  CodeActionTriggerKind,
  ExecuteCommandRequest,
  type LanguageClient,
  type Middleware,
  WorkDoneProgress,
  WorkDoneProgressCancelNotification,
} from "vscode-languageclient/node";
import { log, reason } from "./logger";
import { Command, type Generated, type Generation } from "./protocol";

const DOING: Readonly<Record<string, string>> = {
  implement: "implementing",
  write: "writing a function",
  regenerate: "writing the body anew",
  repair: "repairing",
  test: "writing a test",
  document: "writing a comment",
};

/** Generations: asked for, shown as progress with a Cancel button, and told how they went. */
export class Generator {
  #cancel: (() => void) | undefined;

  constructor(private readonly client: () => LanguageClient | undefined) {}

  /** Generates what the server offers first at the cursor. */
  async here(editor: TextEditor | undefined = window.activeTextEditor): Promise<void> {
    const client = this.client();
    if (client === undefined || editor === undefined) {
      return;
    }
    try {
      const action = await offered(client, editor);
      const argument = action?.command?.arguments?.[0];
      if (argument === undefined) {
        window.showInformationMessage(
          "Maze has nothing to generate here. Put the cursor on a signature, in an empty body, or on a " +
            "comment that says what to write.",
        );
        return;
      }
      await this.#run(client, argument);
    } catch (error) {
      window.showErrorMessage(`Maze: ${reason(error)}`);
    }
  }

  /** Takes the server's command over when a code action runs it. */
  readonly execute: NonNullable<Middleware["executeCommand"]> = async (command, args, next) => {
    const client = this.client();
    if (command !== Command.generate || client === undefined) {
      return next(command, args);
    }
    return this.#run(client, args[0]);
  };

  /** Stops what is being generated; what is there by then stays. */
  cancel(): void {
    this.#cancel?.();
  }

  async #run(client: LanguageClient, generation: Generation): Promise<Generated | undefined> {
    if (this.#cancel !== undefined) {
      window.showInformationMessage(
        "Maze: one generation at a time; Escape stops the one that runs.",
      );
      return undefined;
    }
    const doing = DOING[generation.kind] ?? "generating";
    const options = {
      location: ProgressLocation.Notification,
      title: `Maze: ${doing}`,
      cancellable: true,
    };
    let cancelled = false;
    try {
      const done = await window.withProgress(options, async (progress, token) => {
        const workDoneToken = randomUUID();
        const cancel = () => {
          cancelled = true;
          void client.sendNotification(WorkDoneProgressCancelNotification.type, {
            token: workDoneToken,
          });
        };
        this.#cancel = cancel;
        await commands.executeCommand("setContext", "maze.generating", true);
        token.onCancellationRequested(cancel);
        const listener = follow(client, workDoneToken, progress);
        try {
          return (await client.sendRequest(ExecuteCommandRequest.type, {
            command: Command.generate,
            arguments: [generation],
            workDoneToken,
          })) as Generated | undefined;
        } finally {
          listener.dispose();
        }
      });
      report(done, cancelled);
      return done;
    } catch (error) {
      log.warn(`While generating: ${reason(error)}`);
      window.showErrorMessage(`Maze: ${reason(error)}`);
      return undefined;
    } finally {
      this.#cancel = undefined;
      await commands.executeCommand("setContext", "maze.generating", false);
    }
  }
}

/** The first action at the cursor, with its command. */
async function offered(
  client: LanguageClient,
  editor: TextEditor,
): Promise<CodeAction | undefined> {
  const convert = client.code2ProtocolConverter;
  const actions = await client.sendRequest(CodeActionRequest.type, {
    textDocument: convert.asTextDocumentIdentifier(editor.document),
    range: convert.asRange(editor.selection),
    context: {
      diagnostics: [],
      only: [CodeActionKind.RefactorRewrite, CodeActionKind.QuickFix],
      triggerKind: CodeActionTriggerKind.Invoked,
    },
  });
  const first = actions?.[0];
  if (first === undefined || typeof first.command === "string") {
    return undefined;
  }
  const action = first as CodeAction;
  return action.command ? action : client.sendRequest(CodeActionResolveRequest.type, action);
}

function follow(client: LanguageClient, token: string, progress: Progress<{ message?: string }>) {
  return client.onProgress(WorkDoneProgress.type, token, (value) => {
    if (value.kind !== "end" && value.message) {
      progress.report({ message: value.message });
    }
  });
}

function report(done: Generated | undefined, cancelled: boolean): void {
  if (!done?.message) {
    return;
  }
  if (cancelled) {
    window.setStatusBarMessage(`Maze: ${done.message}`, 5_000);
  } else {
    window.showWarningMessage(`Maze: ${done.message}`);
  }
}
