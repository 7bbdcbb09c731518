import { type SecretStorage, window } from "vscode";

const NAME = "maze.apiKey";

/** The engine's API key, in the keyring of the machine that VS Code keeps secrets in. */
export class ApiKey {
  constructor(private readonly secrets: SecretStorage) {}

  /** The variable in which the server takes it; what is in VS Code's own environment stays otherwise. */
  async environment(): Promise<Record<string, string>> {
    const key = await this.secrets.get(NAME);
    return key ? { MAZE_API_KEY: key } : {};
  }

  /** Asks for it; returns whether it is another one now. */
  async ask(): Promise<boolean> {
    const before = await this.secrets.get(NAME);
    const key = await window.showInputBox({
      title: "Maze: the engine's API key",
      prompt: before
        ? "It replaces the one that is stored; an empty one removes it."
        : "It is stored as a secret and sent to your engine alone.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        /^[\x21-\x7e]*$/.test(text.trim())
          ? undefined
          : "A key has no blanks and only ASCII characters.",
    });
    if (key === undefined || key.trim() === (before ?? "")) {
      return false;
    }
    if (key.trim() === "") {
      await this.secrets.delete(NAME);
    } else {
      await this.secrets.store(NAME, key.trim());
    }
    return true;
  }
}
