import { commands, type Disposable, InputBoxValidationSeverity, window, workspace } from "vscode";
import { remarkOn } from "./engineUrl";
import type { Generator } from "./generate";
import type { ApiKey } from "./key";
import { log } from "./logger";
import { showMenu } from "./menu";
import type { Server } from "./server";
import { setting, write } from "./settings";
import type { StatusDisplay } from "./status";

/** What the commands work with. */
export interface Tools {
  readonly server: Server;
  readonly generator: Generator;
  readonly status: StatusDisplay;
  readonly key: ApiKey;
}

/** Commands of VS Code under names of ours, so that they can be found and bound. */
const EDITOR_COMMANDS: Readonly<Record<string, string>> = {
  "maze.suggest": "editor.action.inlineSuggest.trigger",
  "maze.accept": "editor.action.inlineSuggest.commit",
  "maze.acceptWord": "editor.action.inlineSuggest.acceptNextWord",
  "maze.acceptLine": "editor.action.inlineSuggest.acceptNextLine",
  "maze.nextCandidate": "editor.action.inlineSuggest.showNext",
  "maze.previousCandidate": "editor.action.inlineSuggest.showPrevious",
};

export function registerCommands(tools: Tools): Disposable[] {
  const { server, generator, key } = tools;
  const ours: Readonly<Record<string, () => unknown>> = {
    "maze.generateFunction": () => generator.here(),
    "maze.cancelGeneration": () => generator.cancel(),
    "maze.pauseSuggestions": () => server.pause(true),
    "maze.resumeSuggestions": () => server.pause(false),
    "maze.chooseEngine": () => chooseEngine(key, server),
    "maze.setApiKey": async () => (await key.ask()) && server.restart(),
    "maze.installServer": () => server.install(),
    "maze.setUpEngine": () => server.setUp(),
    "maze.showCounters": () => showCounters(server),
    "maze.showLog": () => log.show(),
    "maze.restartServer": () => server.restart(),
    "maze.showMenu": () => showMenu(tools),
  };
  return [
    ...Object.entries(ours).map(([id, run]) => commands.registerCommand(id, run)),
    ...Object.entries(EDITOR_COMMANDS).map(([id, theirs]) =>
      commands.registerCommand(id, () => commands.executeCommand(theirs)),
    ),
  ];
}

/** Asks where suggestions are to be made. A change of the setting restarts the server. */
async function chooseEngine(key: ApiKey, server: Server): Promise<void> {
  const current = setting<string>("engine.url");
  const embedded = {
    label: "$(device-desktop) On this machine",
    description: current === "" ? "in use" : "",
    detail: "The embedded engine: a small model, or the GGUF file in maze.engine.model.",
  };
  const elsewhere = {
    label: "$(globe) At an address…",
    description: current,
    detail:
      "vLLM with Maze's plugin, on a GPU of yours or in the cloud, or another machine's engine.",
  };
  const chosen = await window.showQuickPick([embedded, elsewhere], {
    title: "Maze: where are suggestions made?",
  });
  if (chosen === embedded) {
    await write("engine.url", undefined);
    return;
  }
  const url = chosen && (await askForUrl(current));
  if (url === undefined) {
    return;
  }
  // The key goes first: the change of the address starts the server, which is to have both.
  const newKey = await key.ask();
  if (url !== current) {
    await write("engine.url", url);
  } else if (newKey) {
    await server.restart();
  }
}

async function askForUrl(current: string): Promise<string | undefined> {
  const url = await window.showInputBox({
    title: "Maze: the engine's address",
    value: current || "http://127.0.0.1:8000",
    prompt: "The code around your cursor will be sent there.",
    ignoreFocusOut: true,
    validateInput: (text) => {
      const remark = remarkOn(text.trim());
      const { Error: fatal, Warning: doubtful } = InputBoxValidationSeverity;
      return remark && { message: remark.text, severity: remark.fatal ? fatal : doubtful };
    },
  });
  return url?.trim();
}

/** What the server has counted, as a page to read. */
async function showCounters(server: Server): Promise<void> {
  const answer = await server.counters();
  if (answer === undefined) {
    window.showInformationMessage("Maze's server does not run, so nothing was counted.");
    return;
  }
  const rows = Object.entries(answer.counters).map(
    ([name, value]) => `${name.replaceAll("_", " ").padEnd(24)}${value}`,
  );
  const title = `Maze ${answer.version}: since the server started, on this machine only`;
  const content = `${title}\n\n${rows.join("\n")}\n`;
  await window.showTextDocument(await workspace.openTextDocument({ content }));
}
