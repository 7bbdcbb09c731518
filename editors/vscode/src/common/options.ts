/**
 * Settings of VS Code as the server's own: only those that somebody has set.
 *
 * All others are the server's to decide, which reads a config.toml that other editors share.
 */

/** Those that a workspace may change while the server runs. */
const CHANGEABLE = {
  languages: "languages",
  maxTokens: "max_tokens",
  multiline: "multiline",
  generateMaxTokens: "generate_max_tokens",
  suggestions: "suggestions",
  temperature: "temperature",
  debounce: "debounce_ms",
  contextChars: "context_chars",
  constrain: "constrain",
  "engine.timeout": "timeout_s",
} as const;

/** Those that say what runs where: the user's own, and read once at the start. */
const FIXED = {
  "engine.url": "engine_url",
  "engine.model": "model",
  "engine.threads": "threads",
  "engine.idleMinutes": "idle_minutes",
} as const;

/** Settings for which the server must be started anew. */
export const RESTARTING = [...Object.keys(FIXED), "server.path", "server.logLevel"];

/** The value that was set for a setting, undefined when there is only its default. */
export type Explicit = (setting: string) => unknown;

/** `initializationOptions`. */
export function initial(explicit: Explicit): Record<string, unknown> {
  return { ...taken(FIXED, explicit), ...taken(CHANGEABLE, explicit) };
}

/** What `workspace/didChangeConfiguration` says. */
export function changed(explicit: Explicit): Record<string, unknown> {
  return taken(CHANGEABLE, explicit);
}

function taken(names: Readonly<Record<string, string>>, explicit: Explicit) {
  const values: Record<string, unknown> = {};
  for (const [setting, name] of Object.entries(names)) {
    const value = explicit(setting);
    // An empty text or null is how a person takes a setting back.
    if (value !== undefined && value !== "" && value !== null) {
      values[name] = value;
    }
  }
  return values;
}
