import { expect, it } from "vitest";
import { sparkPath } from "./spark";

it("draws one bar for each value above zero, the largest as tall as the chart", () => {
  expect(sparkPath([0, 2, 4], 30, 10)).toBe("M10 10v-5h9v5zM20 10v-10h9v10z");
});

it("keeps one event among thousands visible", () => {
  expect(sparkPath([1, 10_000], 20, 10)).toContain("v-1.5");
});

it("draws nothing when nothing happened", () => {
  expect([sparkPath([], 30, 10), sparkPath([0, 0], 30, 10)]).toEqual(["", ""]);
});
