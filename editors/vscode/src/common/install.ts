import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import {
  commands,
  type Disposable,
  type ExtensionContext,
  env,
  ProcessExecution,
  Task,
  type TaskExecution,
  TaskPanelKind,
  TaskRevealKind,
  TaskScope,
  tasks,
  Uri,
  window,
} from "vscode";
import { type Installer, installers, type Step } from "./installers";
import { log } from "./logger";
import { ask } from "./messages";

const SERVER_PATH = "maze.server.path";

/**
 * Offers to install the server, and does it in a terminal where everything can be seen.
 *
 * What is installed is the wheel inside this extension, so the versions fit and no name has to be looked up anywhere.
 *
 * @param own where the extension may make an environment of its own
 * @param find the program, once it is there
 * @param begin called when somebody has chosen what to install, before that is done
 * @returns whether it is installed
 */
export async function install(
  context: ExtensionContext,
  own: string,
  find: () => Promise<string | undefined>,
  begin: () => Promise<void>,
): Promise<boolean> {
  const wheel = bundledWheel(context.extensionPath);
  const choices = installers(process.env, process.platform === "win32", wheel, own);
  if (choices.length === 0) {
    const more = "How to install them";
    const answer = await window.showErrorMessage(
      "Maze needs uv, pipx or Python 3.11 or newer to install its server, and none is on the PATH.",
      more,
    );
    if (answer === more) {
      await env.openExternal(Uri.parse("https://docs.astral.sh/uv/getting-started/installation/"));
    }
    return false;
  }
  const chosen = await choose(choices);
  if (chosen === undefined) {
    return false;
  }
  await begin();
  for (const step of chosen.installer.steps) {
    if (!(await run(step))) {
      return false;
    }
  }
  const program = await find();
  if (program === undefined) {
    void ask("error", "Maze's server was installed, but it is not where it was to be.", {
      "Set Its Path…": () => commands.executeCommand("workbench.action.openSettings", SERVER_PATH),
    });
    return false;
  }
  return chosen.engine ? setUp(program) : true;
}

/** Has the server's program install the embedded engine. */
export function setUp(program: string): Promise<boolean> {
  return run({ program, args: ["setup"] });
}

interface Choice {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  readonly installer: Installer;
  readonly engine: boolean;
}

async function choose(found: readonly Installer[]): Promise<Choice | undefined> {
  const choices = found.flatMap((installer): Choice[] => [
    {
      label: "$(server-process) Server and embedded engine",
      description: installer.name,
      detail:
        "Runs a small model on this machine. Compiles llama.cpp, which takes minutes and a C++ compiler.",
      installer,
      engine: true,
    },
    {
      label: "$(server) Server alone",
      description: installer.name,
      detail: "For an engine that runs elsewhere.",
      installer,
      engine: false,
    },
  ]);
  return window.showQuickPick(choices, {
    title: "Maze: install the language server",
    placeHolder: "What shall be installed, and with what?",
    ignoreFocusOut: true,
  });
}

/** Runs a program as a task, whose terminal stays: no shell stands between, so nothing has to be quoted. */
async function run(step: Step): Promise<boolean> {
  log.info(`Running ${[step.program, ...step.args].join(" ")}`);
  const process = new ProcessExecution(step.program, [...step.args], { cwd: homedir() });
  const task = new Task({ type: "process" }, TaskScope.Global, "installing", "Maze", process);
  task.presentationOptions = {
    reveal: TaskRevealKind.Always,
    panel: TaskPanelKind.Dedicated,
    clear: true,
    showReuseMessage: false,
  };
  const code = await finished(task);
  if (code === 0) {
    return true;
  }
  const command = [path.basename(step.program), step.args[0]].join(" ");
  window.showErrorMessage(
    `Maze: \`${command}\` failed${code === undefined ? "" : ` with code ${code}`}; the terminal says why.`,
  );
  return false;
}

/** The code with which a task's process ends; undefined when it had none. */
async function finished(task: Task): Promise<number | undefined> {
  // The task may have ended before VS Code has told which execution is ours.
  const isOurs = ({ execution }: { execution: TaskExecution }) =>
    execution.task.source === task.source && execution.task.name === task.name;
  const listeners: Disposable[] = [];
  try {
    return await new Promise((resolve, reject) => {
      listeners.push(
        tasks.onDidEndTaskProcess((event) => isOurs(event) && resolve(event.exitCode)),
        // One that never had a process ends without the event above; else it comes after that.
        tasks.onDidEndTask((event) => isOurs(event) && resolve(undefined)),
      );
      tasks.executeTask(task).then(undefined, reject);
    });
  } finally {
    for (const listener of listeners) {
      listener.dispose();
    }
  }
}

function bundledWheel(extension: string): string {
  const folder = path.join(extension, "server");
  const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) {
    throw new Error("this build of the extension holds no server; install it with pip or uv");
  }
  return path.join(folder, wheel);
}
