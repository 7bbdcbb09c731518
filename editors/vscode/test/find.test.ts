import assert from "node:assert/strict";
import { test } from "node:test";
import { findServer, type Surroundings } from "../src/common/find";

const AROUND: Surroundings = {
  setting: "",
  home: "/home/ann",
  environment: { PATH: "/usr/bin:bin:/work/shop/tools" },
  windows: false,
  folders: ["/work/shop"],
  trusted: true,
  python: "/envs/shop",
  own: "/data/maze",
};

function found(around: Partial<Surroundings>, ...programs: string[]): string | undefined {
  return findServer({ ...AROUND, ...around }, (file) => programs.includes(file))?.path;
}

const WORKSPACE = "/work/shop/.venv/bin/maze";
const ACTIVE = "/envs/shop/bin/maze";
const LOCAL = "/home/ann/.local/bin/maze";
const OWN = "/data/maze/bin/maze";

test("the places, in their order", () => {
  const order = [ACTIVE, WORKSPACE, "/usr/bin/maze", "/work/shop/tools/maze", LOCAL, OWN];
  for (const [index, first] of order.entries()) {
    assert.equal(found({}, ...order.slice(index).reverse()), first);
  }
  assert.equal(found({}), undefined);
});

test("the setting is taken at its word, or said to be wrong", () => {
  assert.equal(found({ setting: "/opt/maze" }, "/opt/maze", ACTIVE), "/opt/maze");
  assert.equal(found({ setting: "~/maze" }, "/home/ann/maze"), "/home/ann/maze");
  assert.throws(() => found({ setting: "/opt/maze" }, ACTIVE), /maze\.server\.path is \/opt\/maze/);
  assert.throws(() => found({ setting: "bin/maze" }, "bin/maze"), /not a program/);
});

test("nothing in an untrusted workspace is run", () => {
  const there = [ACTIVE, WORKSPACE, "/work/shop/tools/maze"];
  assert.equal(found({ trusted: false }, ...there), undefined);
  assert.equal(found({ trusted: false }, ...there, LOCAL), LOCAL);
});

test("a relative folder on the PATH is no place", () => {
  assert.equal(found({}, "bin/maze"), undefined);
});

test("where uv and pipx say that their tools are", () => {
  const environment = { UV_TOOL_BIN_DIR: "/tools" };
  assert.equal(found({ environment }, "/tools/maze", LOCAL), "/tools/maze");
});

test("on Windows, where setting and folders have other names", () => {
  const place = "/envs/shop/Scripts/maze.exe";
  assert.equal(found({ windows: true }, place), place);
});
