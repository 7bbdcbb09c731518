/**
 * The ways to install the server that this machine has.
 */

import * as path from "node:path";
import { isExecutable } from "./find";

export interface Step {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Installer {
  /** For a person. */
  readonly name: string;
  readonly steps: readonly Step[];
}

/**
 * uv and pipx where they are, else an environment of the extension's own.
 *
 * @param wheel the file to install
 * @param own the folder for an environment of the extension's own
 */
export function installers(
  environment: Readonly<Record<string, string | undefined>>,
  windows: boolean,
  wheel: string,
  own: string,
  isProgram: (file: string) => boolean = isExecutable,
): Installer[] {
  const folders = (environment.PATH ?? environment.Path ?? "").split(path.delimiter);
  const which = (name: string) =>
    folders
      .filter((folder) => path.isAbsolute(folder))
      .map((folder) => path.join(folder, windows ? `${name}.exe` : name))
      .find(isProgram);
  const found: Installer[] = [];
  const uv = which("uv");
  if (uv !== undefined) {
    found.push({
      name: "with uv tool",
      steps: [{ program: uv, args: ["tool", "install", "--force", wheel] }],
    });
  }
  const pipx = which("pipx");
  if (pipx !== undefined) {
    found.push({
      name: "with pipx",
      steps: [{ program: pipx, args: ["install", "--force", wheel] }],
    });
  }
  const python = which("python3") ?? which("python");
  if (python !== undefined) {
    const inside = path.join(own, windows ? "Scripts" : "bin", windows ? "python.exe" : "python");
    found.push({
      name: "into a folder of this extension",
      steps: [
        { program: python, args: ["-m", "venv", "--clear", own] },
        { program: inside, args: ["-m", "pip", "install", wheel] },
      ],
    });
  }
  return found;
}
