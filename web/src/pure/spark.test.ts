import { expect, it } from "vitest";
import { inBins, sparkPath } from "./spark";

it("draws one bar for each value above zero, the largest as tall as the chart", () => {
  expect(sparkPath([0, 2, 4], 30, 10)).toBe("M10 10v-5h9v5zM20 10v-10h9v10z");
});

it("keeps one event among thousands visible", () => {
  expect(sparkPath([1, 10_000], 20, 10)).toContain("v-1.5");
});

it("draws nothing when nothing happened", () => {
  expect([sparkPath([], 30, 10), sparkPath([0, 0], 30, 10)]).toEqual(["", ""]);
});

it("adds values up into bins without losing any", () => {
  expect(inBins([1, 2, 3, 4, 5], 2)).toEqual([6, 9]);
  expect(inBins([1, 2], 24)).toEqual([1, 2]);
  expect(inBins([], 24)).toEqual([]);
});
