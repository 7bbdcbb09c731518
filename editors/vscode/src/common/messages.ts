import { window } from "vscode";

/** Shows a message with buttons, without waiting for it where others wait. */
export async function ask(
  kind: "warning" | "error",
  message: string,
  buttons: Readonly<Record<string, () => unknown>>,
): Promise<void> {
  const show = kind === "error" ? window.showErrorMessage : window.showWarningMessage;
  const answer = await show(message, ...Object.keys(buttons));
  await (answer && buttons[answer]?.());
}
