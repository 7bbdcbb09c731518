/**
 * Whether a server and this extension understand each other.
 */

export type Verdict = "fits" | "old" | "new" | "unknown";

/**
 * Versions follow semver: below 1.0 the minor version must be the same, from there on the major one.
 *
 * @param server as it says of itself, `1.2.3` with anything after it
 */
export function compare(server: string | undefined, extension: string): Verdict {
  const theirs = breaking(server);
  const ours = breaking(extension);
  if (theirs === undefined || ours === undefined) {
    return "unknown";
  }
  return theirs === ours ? "fits" : theirs < ours ? "old" : "new";
}

/** The part of a version that changes when something breaks, as a number. */
function breaking(version: string | undefined): number | undefined {
  const found = /^(\d+)\.(\d+)/.exec(version ?? "");
  return found ? (Number(found[1]) > 0 ? 1_000 * Number(found[1]) : Number(found[2])) : undefined;
}
