import { expect, it } from "vitest";
import { logWords, moved } from "./search";

it("searches the log for plain words as they are", () => {
  expect(["timeout", " two words ", "결제 실패", ""].map(logWords)).toEqual(["timeout", "two words", "결제 실패", ""]);
});

it("searches the log for anything else as one phrase", () => {
  expect(logWords("shop/1.2.3.4-ab")).toBe('"shop/1.2.3.4-ab"');
  expect(logWords('level:error "quoted')).toBe('"level:error  quoted"');
});

it("moves through the hits and back to the field, never beyond", () => {
  expect([moved(-1, "ArrowDown", 2), moved(1, "ArrowDown", 2), moved(0, "ArrowUp", 2), moved(-1, "ArrowUp", 2)]).toEqual([0, 1, -1, -1]);
  expect([moved(-1, "ArrowDown", 0), moved(0, "Home", 2)]).toEqual([-1, 0]);
});
