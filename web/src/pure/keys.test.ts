import { expect, it } from "vitest";
import { Keys } from "./keys";

it("goes to a page by g and its letter, if the second key comes soon", () => {
  const keys = new Keys();
  expect([keys.press("g", 0), keys.press("r", 900)]).toEqual([null, { kind: "go", page: "routes" }]);
  expect([keys.press("g", 2000), keys.press("r", 9000), keys.press("l", 9100)]).toEqual([null, null, null]);
  expect([keys.press("g", 0), keys.press("g", 10), keys.press("i", 20)]).toEqual([null, null, { kind: "go", page: "issues" }]);
});

it("does not take what only looks like a letter of a page", () => {
  const keys = new Keys();
  keys.press("g", 0);
  expect(keys.press("constructor", 1)).toBeNull();
});

it("asks for help at any time", () => {
  expect(new Keys().press("?", 0)).toEqual({ kind: "help" });
});
