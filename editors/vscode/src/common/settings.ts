import { type ConfigurationChangeEvent, type ConfigurationScope, workspace } from "vscode";
import * as options from "./options";

const SECTION = "maze";

/** The value of a setting; its default where nobody has set it. */
export function setting<T>(name: string, scope?: ConfigurationScope): T {
  return workspace.getConfiguration(SECTION, scope).get(name) as T;
}

/** Writes one of the user's own settings. */
export async function write(name: string, value: unknown): Promise<void> {
  await workspace.getConfiguration(SECTION).update(name, value, true);
}

/** The value that somebody has set, undefined where nobody has. */
function explicit(name: string): unknown {
  const found = workspace.getConfiguration(SECTION).inspect(name);
  return found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
}

export const initialOptions = () => options.initial(explicit);
export const changedOptions = () => options.changed(explicit);

/** Whether a change concerns Maze at all. */
export function concerns(event: ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(SECTION);
}

/** Whether a change needs another server process. */
export function needsRestart(event: ConfigurationChangeEvent): boolean {
  return options.RESTARTING.some((name) => event.affectsConfiguration(`${SECTION}.${name}`));
}
