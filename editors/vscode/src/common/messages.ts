import { commands, window } from "vscode";
import { MessageType, type ShowMessageParams } from "vscode-languageclient/node";

type Kind = "info" | "warning" | "error";

/** What buttons of a message do. */
export type Buttons = Readonly<Record<string, () => unknown>>;

const SHOW = {
  info: window.showInformationMessage,
  warning: window.showWarningMessage,
  error: window.showErrorMessage,
} as const;

/**
 * Shows a message with buttons, without waiting for it where others wait.
 *
 * VS Code cuts a message without buttons after a line, so whatever is longer has some.
 */
export async function ask(kind: Kind, message: string, buttons: Buttons): Promise<void> {
  const answer = await SHOW[kind](message, ...Object.keys(buttons));
  await (answer && buttons[answer]?.());
}

/** Says what went wrong, with the ways on. */
export function trouble(message: string, kind: Kind = "warning"): void {
  void ask(kind, `Maze: ${message.replace(/^Maze: /, "")}`, {
    "Show Menu": () => commands.executeCommand("maze.showMenu"),
    "Show Log": () => commands.executeCommand("maze.showLog"),
  });
}

/** Shows a `window/showMessage` of the server. */
export function shown({ type, message }: ShowMessageParams): void {
  if (type === MessageType.Error || type === MessageType.Warning) {
    trouble(message, type === MessageType.Error ? "error" : "warning");
  } else {
    void ask("info", message, { Settings: openSettings });
  }
}

export const openSettings = () =>
  commands.executeCommand("workbench.action.openSettings", "@ext:maze.maze");
