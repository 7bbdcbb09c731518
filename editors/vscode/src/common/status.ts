import {
  type Disposable,
  type DocumentSelector,
  type LanguageStatusItem,
  LanguageStatusSeverity,
  languages,
  MarkdownString,
  StatusBarAlignment,
  type StatusBarItem,
  ThemeColor,
  window,
} from "vscode";
import type { Kind, Status } from "./protocol";

const ICONS: Readonly<Record<Kind, string>> = {
  ready: "$(sparkle)",
  busy: "$(loading~spin)",
  starting: "$(loading~spin)",
  paused: "$(debug-pause)",
  warning: "$(warning)",
  error: "$(error)",
};

const WORDS: Readonly<Record<Kind, string>> = {
  ready: "ready",
  busy: "thinking",
  starting: "starting",
  paused: "paused",
  warning: "works with a limitation",
  error: "does not work",
};

const LEVELS: Readonly<Record<string, string>> = {
  file: "The newest suggestion parses in the whole file.",
  scope: "The newest suggestion parses in its function or class.",
  block: "The newest suggestion parses in its block.",
  line: "The newest suggestion parses in its line; the text around it does not parse just now.",
  unconstrained:
    "The newest suggestion was made without the grammar: nothing around it parses just now.",
};

const BACKGROUNDS: Partial<Record<Kind, string>> = {
  warning: "statusBarItem.warningBackground",
  error: "statusBarItem.errorBackground",
};

/** What Maze is at: an item in the status bar, with a menu, and one among the language's. */
export class StatusDisplay implements Disposable {
  readonly #bar: StatusBarItem;
  readonly #language: LanguageStatusItem;
  #status: Status = { kind: "starting", message: "" };

  constructor(selector: DocumentSelector) {
    this.#bar = window.createStatusBarItem("maze.status", StatusBarAlignment.Right, 100);
    this.#bar.name = "Maze";
    this.#bar.command = "maze.showMenu";
    this.#language = languages.createLanguageStatusItem("maze.status", selector);
    this.#language.name = "Maze";
    this.#language.command = { command: "maze.showMenu", title: "Menu" };
    this.#bar.show();
  }

  get current(): Status {
    return this.#status;
  }

  show(status: Status): void {
    this.#status = status;
    const { kind, message } = status;
    const words = WORDS[kind];
    this.#bar.text = `${ICONS[kind]} Maze`;
    this.#bar.tooltip = tooltip(status);
    this.#bar.accessibilityInformation = { label: `Maze: ${message || words}` };
    const background = BACKGROUNDS[kind];
    this.#bar.backgroundColor = background === undefined ? undefined : new ThemeColor(background);
    this.#language.text = `Maze: ${words}`;
    this.#language.detail = message;
    this.#language.busy = kind === "busy" || kind === "starting";
    this.#language.severity = severity(kind);
  }

  dispose(): void {
    this.#bar.dispose();
    this.#language.dispose();
  }
}

/** Where suggestions come from, for a person; empty while that is not known. */
export function describeEngine(engine: Status["engine"]): string {
  if (engine === undefined) {
    return "";
  }
  const model = engine.model && ` (${engine.model})`;
  return engine.kind === "embedded" ? `On this machine${model}` : `${engine.url}${model}`;
}

function tooltip(status: Status): MarkdownString {
  const text = new MarkdownString();
  text.appendMarkdown(`**Maze** ${WORDS[status.kind]}`);
  // What the server says is text, whatever characters are in it.
  const lines = [status.message, LEVELS[status.level ?? ""], describeEngine(status.engine)];
  for (const line of lines) {
    if (line) {
      text.appendMarkdown("\n\n").appendText(line);
    }
  }
  return text;
}

function severity(kind: Kind): LanguageStatusSeverity {
  switch (kind) {
    case "error":
      return LanguageStatusSeverity.Error;
    case "warning":
      return LanguageStatusSeverity.Warning;
    default:
      return LanguageStatusSeverity.Information;
  }
}
