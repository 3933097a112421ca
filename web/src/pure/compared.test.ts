import { expect, it } from "vitest";
import type { RouteRow } from "../api/types";
import { compared, shifted } from "./compared";

it("lays values of an earlier time over this one", () => {
  const earlier = { time: [40, 100, 160], values: [1, null, 3] };
  expect(shifted([100, 160, 220, 280], earlier, 60)).toEqual([1, null, 3, null]);
  expect(shifted([], earlier, 60)).toEqual([]);
});

it("tells how much a route grew, a new one by all of it", () => {
  const row = (route: string, total_ms: number) => ({ app: "shop", method: "GET", route, total_ms, requests: 2 }) as RouteRow;
  const grew = compared([row("a", 50), row("b", 7)], [row("a", 80), row("c", 1)]);
  expect(grew.map((one) => [one.route, one.grew_ms, one.before_ms])).toEqual([
    ["a", -30, 80],
    ["b", 7, null],
  ]);
});
