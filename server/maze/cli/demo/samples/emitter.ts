/** What is told when something happens. */
export type Listener<T> = (event: T) => void;

/** Tells listeners what happens, by name. */
export class Emitter<Events extends Record<string, unknown>> {
  private readonly listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Listen; call what is returned to stop. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Tell all who listen; returns how many there were. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): number {
    const listeners = [...(this.listeners.get(name) ?? [])];
    for (const listener of listeners) {
      (listener as Listener<Events[Name]>)(event);
    }
    return listeners.length;
  }
}

const emitter = new Emitter<{ greet: { name: string } }>();
emitter.on("greet", ({ name }) => console.log(`Hello, ${name}!`));
emitter.emit("greet", { name: "Maze" });
