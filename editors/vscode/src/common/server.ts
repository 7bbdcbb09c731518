import * as os from "node:os";
import * as path from "node:path";
import { commands, type Disposable, type ExtensionContext, workspace } from "vscode";
import {
  CloseAction,
  type CloseHandlerResult,
  ExecuteCommandRequest,
  type LanguageClient,
  type Middleware,
  ShowMessageNotification,
  State,
} from "vscode-languageclient/node";
import { createClient, type Selected } from "./client";
import { type Found, findServer } from "./find";
import { install, setUp } from "./install";
import type { ApiKey } from "./key";
import { log, reason } from "./logger";
import { ask, shown, trouble } from "./messages";
import { Command, type Counters, type Edit, type Status } from "./protocol";
import { activeEnvironment } from "./python";
import { changedOptions, setting } from "./settings";
import { compare } from "./versions";

const DECLINED = "maze.install.declined";
const ENGINE_DECLINED = "maze.engine.declined";
const START_SECONDS = 60;
const RESTARTS = 3;
const RESTARTS_WITHIN_MS = 3 * 60 * 1000;

/** What the server is connected with. */
export interface Parts {
  readonly middleware: Middleware;
  readonly edit: (piece: Edit) => Promise<{ applied: boolean }>;
  readonly status: (status: Status) => void;
  /** The server has gone. */
  readonly gone: () => void;
}

/** The server's process and the connection to it. */
export class Server implements Disposable {
  #client: LanguageClient | undefined;
  #options: Record<string, unknown> = {};
  #queue: Promise<void> = Promise.resolve();
  #answered = false;
  #ready = false;
  #status: Status | undefined;
  #paused = false;
  #found: string | undefined;
  #told = new Set<string>();
  #crashes: number[] = [];
  #engineOffered = false;

  constructor(
    private readonly context: ExtensionContext,
    private readonly selector: readonly Selected[],
    private readonly key: ApiKey,
    private readonly parts: Parts,
  ) {}

  /** The connection; undefined while there is none. */
  get client(): LanguageClient | undefined {
    return this.#client?.state === State.Running ? this.#client : undefined;
  }

  get paused(): boolean {
    return this.#paused;
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  restart(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop();
      await this.#start();
    });
  }

  /** Restarts if another program would be found now. */
  async lookAgain(): Promise<void> {
    const found = await this.#find().catch(() => undefined);
    if (found?.path !== this.#found) {
      await this.restart();
    }
  }

  /** Asks what to install, does so and starts what was installed. */
  async install(): Promise<void> {
    const find = async () => (await this.#find())?.path;
    let begun = false;
    const begin = async () => {
      begun = true;
      this.parts.status({ kind: "starting", message: "The server is being installed." });
      await this.stop(); // Windows replaces no program that runs
    };
    try {
      await install(this.context, this.#own, find, begin);
    } catch (error) {
      trouble(reason(error), "error");
    }
    if (begun) {
      await this.restart();
    }
  }

  /** Installs the embedded engine, and starts the server that then has it. */
  async setUp(): Promise<void> {
    try {
      const program = (await this.#find())?.path;
      if (program === undefined) {
        await this.install();
      } else if (await setUp(program)) {
        await this.restart();
      }
    } catch (error) {
      trouble(reason(error), "error");
    }
  }

  /** Tells the server of changed settings; one that was taken back needs a new start. */
  async reconfigure(): Promise<void> {
    const before = this.#options;
    this.#options = changedOptions();
    if (Object.keys(before).some((name) => !(name in this.#options))) {
      await this.restart();
    } else {
      const settings = { maze: this.#options };
      await this.client?.sendNotification("workspace/didChangeConfiguration", { settings });
    }
  }

  /** Switches automatic suggestions off or on, also in a server that is started later. */
  async pause(paused: boolean): Promise<void> {
    this.#paused = paused;
    await commands.executeCommand("setContext", "maze.paused", paused);
    await this.run(paused ? Command.pause : Command.resume);
  }

  /** Runs a command of the server. */
  async run(command: string, args: unknown[] = []): Promise<unknown> {
    return this.client?.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
  }

  async counters(): Promise<Counters | undefined> {
    return this.client?.sendRequest<Counters>("maze/status", {});
  }

  dispose(): void {
    void this.stop();
  }

  get #own(): string {
    return path.join(this.context.globalStorageUri.fsPath, "server");
  }

  /** Starts and stops follow each other, however fast they are asked for. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(work).catch((error) => {
      const message = reason(error);
      log.error(message);
      this.parts.status({ kind: "error", message });
      void ask("error", `Maze: ${message}`, {
        "Show Log": () => log.show(),
        Settings: () => commands.executeCommand("workbench.action.openSettings", "maze.server"),
      });
    });
    return this.#queue;
  }

  async #find(): Promise<Found | undefined> {
    const trusted = workspace.isTrusted;
    return findServer({
      setting: setting<string>("server.path").trim(),
      home: os.homedir(),
      environment: process.env,
      windows: process.platform === "win32",
      folders: (workspace.workspaceFolders ?? [])
        .filter((folder) => folder.uri.scheme === "file")
        .map((folder) => folder.uri.fsPath),
      trusted,
      python: trusted ? await activeEnvironment() : undefined,
      own: this.#own,
    });
  }

  async #start(): Promise<void> {
    this.parts.status({ kind: "starting", message: "" });
    const found = await this.#find();
    this.#found = found?.path;
    if (found === undefined) {
      this.parts.status({
        kind: "error",
        message: "The language server is not installed; the menu can do that.",
      });
      this.#offerToInstall();
      return;
    }
    log.info(`Starting ${found.path}, found in ${found.where}`);
    const client = await this.#connect(found);
    this.#client = client;
    this.#answered = false;
    try {
      await within(START_SECONDS, client.start());
    } catch (error) {
      this.#client = undefined;
      await client.dispose().catch(() => undefined);
      throw new Error(
        `${found.path} does not work as the language server (${reason(error)}); ` +
          "the log says more, and the setting maze.server.path can name another program",
      );
    }
    this.#answered = true;
    this.#check(client, found);
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.dispose().catch((error) => log.info(`While stopping: ${reason(error)}`));
  }

  async #connect(found: Found): Promise<LanguageClient> {
    this.#options = changedOptions();
    const client = createClient({
      command: found.path,
      environment: await this.key.environment(),
      selector: this.selector,
      middleware: this.parts.middleware,
      ready: () => this.#isReady(),
      closed: () => this.#closed(),
    });
    client.onRequest("maze/edit", this.parts.edit);
    client.onNotification("maze/status", (status: Status) => this.#heard(status));
    client.onNotification(ShowMessageNotification.type, shown);
    client.onDidChangeState(({ newState }) => this.#changed(newState));
    return client;
  }

  #changed(state: State): void {
    const running = state === State.Running;
    void commands.executeCommand("setContext", "maze.running", running);
    if (!running) {
      this.#ready = false;
      this.#status = undefined;
      this.parts.gone();
    }
  }

  #heard(status: Status): void {
    this.#status = status;
    // Who reads "ready" may type at once, and gets nothing before VS Code knows whom to ask.
    if (this.#ready) {
      this.#show(status);
    }
  }

  #isReady(): void {
    this.#ready = true;
    if (this.#paused) {
      void this.run(Command.pause);
    }
    this.#show(this.#status ?? { kind: this.#paused ? "paused" : "ready", message: "" });
  }

  #show(status: Status): void {
    this.parts.status(status);
    if (status.engine?.installed === false) {
      this.#offerToSetUp();
    }
  }

  #closed(): CloseHandlerResult {
    if (!this.#answered) {
      return { action: CloseAction.DoNotRestart, handled: true }; // who starts it hears of that
    }
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((then) => now - then < RESTARTS_WITHIN_MS), now];
    if (this.#crashes.length <= RESTARTS) {
      log.warn("The language server has ended; it is started again");
      this.parts.status({ kind: "starting", message: "The server had ended and starts again." });
      return { action: CloseAction.Restart, handled: true };
    }
    const message = "The language server has ended again and again; the log says why.";
    this.parts.status({ kind: "error", message });
    void ask("error", `Maze: ${message}`, {
      "Show Log": () => log.show(),
      Restart: () => {
        this.#crashes = [];
        void this.restart();
      },
    });
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  /** One message, once for each server, when the versions do not fit. */
  #check(client: LanguageClient, found: Found): void {
    const info = client.initializeResult?.serverInfo;
    const ours = String(this.context.extension.packageJSON.version);
    const verdict = compare(info?.version, ours);
    log.info(`The server is ${info?.name ?? "nameless"} ${info?.version ?? ""}; this is ${ours}`);
    if (info?.name !== "maze") {
      this.#client = undefined;
      void client.dispose();
      throw new Error(`${found.path} is not Maze's server; name the right one in maze.server.path`);
    }
    const about = `${found.path} ${info.version}`;
    if (verdict === "fits" || this.#told.has(about)) {
      return;
    }
    this.#told.add(about);
    const versions = `Maze's server is version ${info.version ?? "unknown"} and this extension is ${ours}`;
    void (verdict === "new"
      ? ask("warning", `${versions}; update the extension.`, {
          "Show Extension": () =>
            commands.executeCommand("extension.open", this.context.extension.id),
        })
      : ask("warning", `${versions}; update the server.`, { Update: () => this.install() }));
  }

  #offerToInstall(): void {
    if (this.context.globalState.get(DECLINED)) {
      return; // the status item still says so, and its menu installs
    }
    void ask("warning", "Maze's language server is not installed.", {
      "Install…": () => this.install(),
      "Choose the Program…": () =>
        commands.executeCommand("workbench.action.openSettings", "maze.server.path"),
      "Don't Ask Again": () => this.context.globalState.update(DECLINED, true),
    });
  }

  /** Once in a window: without an engine there is nothing that could be suggested. */
  #offerToSetUp(): void {
    if (this.#engineOffered || this.context.globalState.get(ENGINE_DECLINED)) {
      return;
    }
    this.#engineOffered = true;
    const message =
      "Maze has no engine yet. It can install a small one on this machine (llama.cpp is compiled, " +
      "which takes some minutes and a C++ compiler), or use one elsewhere.";
    void ask("warning", message, {
      "Set Up": () => this.setUp(),
      "Choose the Engine…": () => commands.executeCommand("maze.chooseEngine"),
      "Don't Ask Again": () => this.context.globalState.update(ENGINE_DECLINED, true),
    });
  }
}

async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`no answer in ${seconds} seconds`);
    timer = setTimeout(() => reject(error), 1000 * seconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
