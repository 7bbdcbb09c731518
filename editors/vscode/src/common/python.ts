import { PythonExtension } from "@vscode/python-extension";
import { type Disposable, extensions, workspace } from "vscode";
import { log, reason } from "./logger";

/** The folder of the active Python environment, as the Python extension has it. */
export async function activeEnvironment(): Promise<string | undefined> {
  const python = await api();
  const active = python?.environments.getActiveEnvironmentPath(
    workspace.workspaceFolders?.[0]?.uri,
  );
  const resolved = active && (await python?.environments.resolveEnvironment(active));
  return resolved?.executable.sysPrefix || undefined;
}

/** Calls `changed` when another environment is chosen. */
export async function onEnvironmentChange(changed: () => void): Promise<Disposable | undefined> {
  return (await api())?.environments.onDidChangeActiveEnvironmentPath(changed);
}

async function api(): Promise<PythonExtension | undefined> {
  if (extensions.getExtension("ms-python.python") === undefined) {
    return undefined;
  }
  try {
    return await PythonExtension.api();
  } catch (error) {
    log.info(`The Python extension can not be asked: ${reason(error)}`);
    return undefined;
  }
}
