/**
 * Where the server's program is.
 */

import { accessSync, constants, statSync } from "node:fs";
import * as path from "node:path";

/** What the search depends on. */
export interface Surroundings {
  /** The setting; empty when there is none. */
  readonly setting: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly windows: boolean;
  /** The workspace's folders. */
  readonly folders: readonly string[];
  /** Whether programs that lie in them may be run. */
  readonly trusted: boolean;
  /** The folder of the active Python environment, when it is known. */
  readonly python: string | undefined;
  /** Where this extension installs a server itself. */
  readonly own: string;
}

export interface Found {
  readonly path: string;
  /** Where it was found, for a person. */
  readonly where: string;
}

/**
 * The program; undefined when there is none.
 *
 * @throws when the setting names something that is no program
 */
export function findServer(
  around: Surroundings,
  isProgram: (file: string) => boolean = isExecutable,
): Found | undefined {
  if (around.setting !== "") {
    const named = expand(around.setting, around.home);
    if (!path.isAbsolute(named) || !isProgram(named)) {
      throw new Error(
        `maze.server.path is ${around.setting}, which is not a program; mend the setting or empty it`,
      );
    }
    return { path: named, where: "the setting maze.server.path" };
  }
  return places(around).find((place) => isProgram(place.path));
}

function places(around: Surroundings): Found[] {
  const { home, environment } = around;
  const name = around.windows ? "maze.exe" : "maze";
  const scripts = around.windows ? "Scripts" : "bin";
  const found: Found[] = [];
  const add = (folder: string | undefined, where: string) => {
    // A relative folder would be looked for wherever VS Code happened to be started.
    if (folder !== undefined && path.isAbsolute(folder)) {
      found.push({ path: path.join(folder, name), where });
    }
  };
  if (around.trusted) {
    if (around.python !== undefined) {
      add(path.join(around.python, scripts), "the active Python environment");
    }
    for (const folder of around.folders) {
      add(path.join(folder, ".venv", scripts), "the workspace's .venv");
    }
  }
  for (const folder of (environment.PATH ?? environment.Path ?? "").split(path.delimiter)) {
    add(folder, "the PATH");
  }
  const local = path.join(home, ".local", "bin");
  for (const folder of ["UV_TOOL_BIN_DIR", "PIPX_BIN_DIR", "XDG_BIN_HOME"]) {
    add(environment[folder], `the folder in ${folder}`);
  }
  add(local, "the folder of uv's and pipx's tools");
  add(path.join(around.own, scripts), "this extension's own installation");
  return around.trusted
    ? found
    : found.filter((place) => !around.folders.some((folder) => within(place.path, folder)));
}

function within(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return !relative.startsWith("..") && !path.isAbsolute(relative);
}

/** `~` as people write it in settings. */
function expand(file: string, home: string): string {
  return /^~[/\\]/.test(file) ? path.join(home, file.slice(2)) : file;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
