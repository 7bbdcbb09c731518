/**
 * What somebody types as an engine's address.
 */

export interface Remark {
  readonly text: string;
  /** Whether the address can not be used; otherwise it is only to be thought about. */
  readonly fatal: boolean;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** What is to be said about an address; undefined when it is fine. */
export function remarkOn(address: string): Remark | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    return {
      text: "An address begins with http:// or https://, as in http://127.0.0.1:8000",
      fatal: true,
    };
  }
  if (url.username !== "" || url.password !== "") {
    return { text: "No name or password belongs here; the key is asked for next", fatal: true };
  }
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
    return { text: "Your code and the key will cross the network unencrypted", fatal: false };
  }
  return undefined;
}
