import { commands, type QuickPickItem, QuickPickItemKind, window } from "vscode";
import type { Tools } from "./commands";
import { openSettings } from "./messages";
import { describeEngine } from "./status";

interface Entry extends QuickPickItem {
  readonly run?: () => unknown;
}

/** The menu of the status item. */
export async function showMenu({ server, status }: Tools): Promise<void> {
  const { message, engine } = status.current;
  const running = server.client !== undefined;
  const entries: Entry[] = [
    ...(message ? [{ label: "$(info) What it says", detail: message, run: openLog }] : []),
    ...(running
      ? [
          entry("$(sparkle) Generate Here", "maze.generateFunction"),
          server.paused
            ? entry("$(debug-start) Resume Automatic Suggestions", "maze.resumeSuggestions")
            : entry("$(debug-pause) Pause Automatic Suggestions", "maze.pauseSuggestions"),
        ]
      : [entry("$(cloud-download) Install the Language Server…", "maze.installServer")]),
    { label: "Engine", kind: QuickPickItemKind.Separator },
    ...(engine?.installed === false
      ? [entry("$(cloud-download) Set Up the Embedded Engine", "maze.setUpEngine")]
      : []),
    {
      ...entry("$(server) Choose the Engine…", "maze.chooseEngine"),
      description: describeEngine(engine),
    },
    entry("$(key) Set the Engine's API Key…", "maze.setApiKey"),
    { label: "Maze", kind: QuickPickItemKind.Separator },
    ...(running ? [entry("$(graph) Show What Happened So Far", "maze.showCounters")] : []),
    entry("$(output) Show the Log", "maze.showLog"),
    entry("$(debug-restart) Restart the Language Server", "maze.restartServer"),
    { label: "$(gear) Settings", run: openSettings },
  ];
  const chosen = await window.showQuickPick(entries, { title: "Maze" });
  await chosen?.run?.();
}

function entry(label: string, command: string): Entry {
  return { label, run: () => commands.executeCommand(command) };
}

const openLog = () => commands.executeCommand("maze.showLog");
