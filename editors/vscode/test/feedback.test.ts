import assert from "node:assert/strict";
import { test } from "node:test";
import { Follower } from "../src/common/feedback";

const RETURN = { id: "1", text: "eturn width * height" };
const RAISE = { id: "2", text: "aise" };

function shown(...candidates: { id: string; text: string }[]): Follower {
  const follower = new Follower();
  const feedback = follower.shown(candidates, 10);
  assert.deepEqual(feedback, { id: candidates[0]?.id, kind: "shown", chars: 0 });
  return follower;
}

test("what is typed as suggested is no news", () => {
  const follower = shown(RETURN);
  assert.equal(follower.edited(10, 0, "e"), undefined);
  assert.equal(follower.moved(11), undefined);
  assert.equal(follower.shown([{ id: "3", text: "turn width * height" }], 11), undefined);
});

test("parts are accepted, counted from the beginning", () => {
  const follower = shown(RETURN);
  assert.deepEqual(follower.edited(10, 0, "eturn"), { id: "1", kind: "partly", chars: 5 });
  assert.deepEqual(follower.edited(15, 0, " width"), { id: "1", kind: "partly", chars: 11 });
});

for (const [what, offset, removed, inserted] of [
  ["inserted at the cursor", 15, 0, " width * height"],
  ["put in the place of the part", 10, 5, "eturn width * height"],
] as const) {
  test(`the rest after a part, ${what}, is for the item's command to tell`, () => {
    const follower = shown(RETURN);
    follower.edited(10, 0, "eturn");
    assert.equal(follower.edited(offset, removed, inserted), undefined);
    assert.equal(follower.moved(0), undefined);
  });
}

test("another candidate than the first may be taken", () => {
  const follower = shown(RETURN, RAISE);
  assert.deepEqual(follower.edited(10, 0, "ai"), { id: "2", kind: "partly", chars: 2 });
});

for (const [what, act] of [
  ["other text", (follower: Follower) => follower.edited(10, 0, "x")],
  ["text elsewhere", (follower: Follower) => follower.edited(3, 0, "e")],
  ["a cursor that goes away", (follower: Follower) => follower.moved(4)],
] as const) {
  test(`${what} dismisses, once`, () => {
    const follower = shown(RETURN);
    assert.deepEqual(act(follower), { id: "1", kind: "dismissed", chars: 0 });
    assert.equal(act(follower), undefined);
  });
}
