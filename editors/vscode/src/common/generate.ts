import { randomUUID } from "node:crypto";
import { commands, type Progress, ProgressLocation, type TextEditor, window } from "vscode";
import {
  type CodeAction,
  CodeActionKind,
  CodeActionRequest,
  CodeActionResolveRequest,
  CodeActionTriggerKind,
  Command,
  ExecuteCommandRequest,
  type LanguageClient,
  type Middleware,
  WorkDoneProgress,
  WorkDoneProgressCancelNotification,
} from "vscode-languageclient/node";
import { log, reason } from "./logger";
import { ask, trouble } from "./messages";
import { type Generated, type Generation, Command as ServerCommand } from "./protocol";

/** Kinds that take nothing away: they need no second thought. */
const HARMLESS = new Set(["implement", "write", "repair"]);

/** Generations: asked for, shown as progress with a Cancel button, and told how they went. */
export class Generator {
  #cancel: (() => void) | undefined;

  constructor(private readonly client: () => LanguageClient | undefined) {}

  /** Generates what the server offers first at the cursor; asks before a body is written anew. */
  async here(editor: TextEditor | undefined = window.activeTextEditor): Promise<void> {
    const client = this.client();
    if (client === undefined || editor === undefined) {
      return;
    }
    try {
      const actions = await offered(client, editor);
      if (actions.length === 0) {
        void ask(
          "info",
          "Maze has nothing to generate here. Put the cursor on a signature, in an empty body, or on a " +
            "comment that says what to write.",
          { "Show How": openWalkthrough },
        );
        return;
      }
      const action = await chosen(actions);
      const generation = action && (await resolved(client, action)).command?.arguments?.[0];
      if (generation !== undefined) {
        await this.#run(client, generation);
      }
    } catch (error) {
      trouble(reason(error), "error");
    }
  }

  /** Takes the server's command over when a code action runs it. */
  readonly execute: NonNullable<Middleware["executeCommand"]> = async (command, args, next) => {
    const client = this.client();
    if (command !== ServerCommand.generate || client === undefined) {
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
      window.showInformationMessage("Maze: one generation at a time; Escape stops it.");
      return undefined;
    }
    const options = {
      location: ProgressLocation.Notification,
      title: "Maze",
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
            command: ServerCommand.generate,
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
      trouble(reason(error), "error");
      return undefined;
    } finally {
      this.#cancel = undefined;
      await commands.executeCommand("setContext", "maze.generating", false);
    }
  }
}

/** What the server offers at the cursor, the likeliest first. */
async function offered(client: LanguageClient, editor: TextEditor): Promise<CodeAction[]> {
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
  return (actions ?? []).filter((action): action is CodeAction => !Command.is(action));
}

async function chosen(actions: readonly CodeAction[]): Promise<CodeAction | undefined> {
  const [first] = actions;
  if (first !== undefined && HARMLESS.has(first.data?.kind)) {
    return first;
  }
  const entries = actions.map((action) => ({ label: action.title, action }));
  return (await window.showQuickPick(entries, { title: "Maze: generate" }))?.action;
}

async function resolved(client: LanguageClient, action: CodeAction): Promise<CodeAction> {
  return action.command ? action : client.sendRequest(CodeActionResolveRequest.type, action);
}

/** Shows the server's progress: what it is at, and how far. */
function follow(client: LanguageClient, token: string, progress: Progress<{ message?: string }>) {
  let title = "";
  return client.onProgress(WorkDoneProgress.type, token, (value) => {
    if (value.kind === "begin") {
      title = value.title.replace(/^Maze: /, "");
    }
    if (value.kind !== "end") {
      progress.report({ message: [title, value.message].filter(Boolean).join(" · ") });
    }
  });
}

const openWalkthrough = () =>
  commands.executeCommand("workbench.action.openWalkthrough", "maze.maze#start", false);

function report(done: Generated | undefined, cancelled: boolean): void {
  if (!done?.message) {
    return;
  }
  if (cancelled) {
    window.setStatusBarMessage(`Maze: ${done.message}`, 5_000);
  } else {
    trouble(done.message);
  }
}
