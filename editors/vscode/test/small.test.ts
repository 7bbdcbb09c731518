import assert from "node:assert/strict";
import { test } from "node:test";
import { remarkOn } from "../src/common/engineUrl";
import { installers } from "../src/common/installers";
import { changed, initial } from "../src/common/options";
import { compare } from "../src/common/versions";

for (const [server, extension, verdict] of [
  ["0.1.0", "0.1.3", "fits"],
  ["0.2.0", "0.1.0", "new"],
  ["0.1.9", "0.10.0", "old"],
  ["1.4.0", "1.0.0", "fits"],
  ["1.0.0", "0.9.0", "new"],
  ["0.9.0", "2.0.0", "old"],
  ["0.1.0.dev3+abc", "0.1.0", "fits"],
  ["next", "0.1.0", "unknown"],
  [undefined, "0.1.0", "unknown"],
] as const) {
  test(`server ${server} and extension ${extension}: ${verdict}`, () => {
    assert.equal(compare(server, extension), verdict);
  });
}

test("only what was set is handed to the server, under its names", () => {
  const set: Record<string, unknown> = {
    "engine.url": "http://127.0.0.1:8000",
    "engine.model": "",
    "engine.threads": null,
    maxTokens: 20,
    constrain: false,
  };
  const explicit = (name: string) => set[name];
  assert.deepEqual(initial(explicit), {
    engine_url: "http://127.0.0.1:8000",
    max_tokens: 20,
    constrain: false,
  });
  assert.deepEqual(changed(explicit), { max_tokens: 20, constrain: false });
});

for (const [address, fatal] of [
  ["http://127.0.0.1:8000", undefined],
  ["http://localhost:8000/v1", undefined],
  ["http://[::1]:8000", undefined],
  ["https://maze.example.com", undefined],
  ["http://maze.example.com", false],
  ["http://localhost.example.com", false],
  ["https://ann:secret@example.com", true],
  ["ftp://example.com", true],
  ["example.com:8000", true],
  ["", true],
] as const) {
  test(`the address ${address || "(empty)"}`, () => {
    assert.equal(remarkOn(address)?.fatal, fatal);
  });
}

test("what can install the server, the best first", () => {
  const environment = { PATH: "/usr/bin" };
  const programs = ["/usr/bin/uv", "/usr/bin/pipx", "/usr/bin/python3"];
  const names = (there: string[]) =>
    installers(environment, false, "/ext/maze.whl", "/own", (file) => there.includes(file)).map(
      ({ steps }) => steps.map(({ program, args }) => [program, ...args].join(" ")),
    );
  assert.deepEqual(names(programs), [
    ["/usr/bin/uv tool install --force /ext/maze.whl"],
    ["/usr/bin/pipx install --force /ext/maze.whl"],
    ["/usr/bin/python3 -m venv --clear /own", "/own/bin/python -m pip install /ext/maze.whl"],
  ]);
  assert.deepEqual(names([]), []);
});
