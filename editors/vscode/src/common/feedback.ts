/**
 * What becomes of the suggestions on the screen.
 *
 * VS Code tells an extension only when a suggestion is accepted as a whole (it runs the item's command).
 * The rest is read off the document's changes: a piece of a suggestion longer than a keystroke that appears at its
 * place was accepted in part, and anything else there dismisses it.
 */

import type { Feedback } from "./protocol";

export interface Candidate {
  readonly id: string;
  readonly text: string;
}

/** Follows the suggestions last shown in one document. Offsets are in UTF-16 units, as VS Code's are. */
export class Follower {
  #candidates: readonly Candidate[] = [];
  #anchor = 0;
  #taken = 0;

  /**
   * `candidates` are shown, the first of them on top.
   *
   * @param anchor where their text begins
   * @param taken how much of it stands in the document already
   * @returns what is news to the server
   */
  shown(candidates: readonly Candidate[], anchor: number, taken = 0): Feedback | undefined {
    const first = candidates[0];
    const before = this.#candidates[0];
    if (first !== undefined && before !== undefined) {
      const rest = before.text.slice(this.#taken);
      const same = first.id === before.id || first.text.slice(taken) === rest;
      if (same && anchor + taken === this.#anchor + this.#taken) {
        return undefined; // the rest of what was shown before
      }
    }
    this.#candidates = candidates;
    this.#anchor = anchor;
    this.#taken = taken;
    return first && { id: first.id, kind: "shown", chars: 0 };
  }

  /** `inserted` took the place of `removed` characters at `offset`. */
  edited(offset: number, removed: number, inserted: string): Feedback | undefined {
    const first = this.#candidates[0];
    if (first === undefined) {
      return undefined;
    }
    const kept = offset - this.#anchor;
    // Once a part is accepted, VS Code accepts the rest by putting the whole in the place of that part.
    if (kept >= 0 && offset + removed === this.#anchor + this.#taken) {
      const stands = first.text.slice(0, kept) + inserted;
      const left = this.#candidates.filter(({ text }) => text.startsWith(stands));
      const chosen = left[0];
      if (chosen !== undefined) {
        const more = stands.length - this.#taken;
        this.#taken = stands.length;
        this.#candidates = left;
        if (this.#taken === chosen.text.length) {
          this.#candidates = []; // all of it: the item's command tells, or it was typed
          return undefined;
        }
        return more > 1 ? { id: chosen.id, kind: "partly", chars: this.#taken } : undefined;
      }
    }
    this.#candidates = [];
    return { id: first.id, kind: "dismissed", chars: this.#taken };
  }

  /** The cursor went to `offset`. */
  moved(offset: number): Feedback | undefined {
    const first = this.#candidates[0];
    if (first === undefined || offset === this.#anchor + this.#taken) {
      return undefined;
    }
    this.#candidates = [];
    return { id: first.id, kind: "dismissed", chars: this.#taken };
  }

  /** One of them was accepted as a whole. */
  accepted(): void {
    this.#candidates = [];
  }
}
