import { expect, it } from "vitest";
import { ago, lineTime, pointTime, timeTicks } from "./moment";

const at = (...parts: [number, number, number, number, number, number?, number?]) => new Date(...parts).getTime();

it("shows a line's day only when it is not today", () => {
  const now = at(2026, 10, 23, 9, 0);
  expect(lineTime(new Date(at(2026, 10, 23, 6, 5, 4, 30)).toISOString(), now)).toBe("06:05:04.030");
  expect(lineTime(new Date(at(2026, 10, 22, 23, 59, 59, 0)).toISOString(), now)).toBe("22 Nov 23:59:59.000");
});

it("shows a time it cannot read as it is", () => {
  expect(lineTime("soon", 0)).toBe("soon");
});

it("labels an axis as exactly as its ticks are apart", () => {
  const start = at(2026, 10, 23, 0, 0) / 1000;
  expect(timeTicks([start, start + 3600], 3600)).toEqual(["23 Nov", "01:00"]);
  expect(timeTicks([start + 3600, start + 3630], 30)).toEqual(["01:00:00", "01:00:30"]);
  expect(timeTicks([start, start + 86_400], 86_400)).toEqual(["23 Nov", "24 Nov"]);
});

it("names a point as exactly as the step", () => {
  const seconds = at(2026, 10, 23, 6, 5, 4) / 1000;
  expect([1, 60, 86_400].map((step) => pointTime(seconds, step))).toEqual(["06:05:04", "23 Nov, 06:05", "23 Nov"]);
});

it("tells how long ago something was in one unit", () => {
  const now = at(2026, 10, 23, 9, 0);
  const told = [2, 40, 200, 7_300, 200_000].map((seconds) => ago(new Date(now - seconds * 1000).toISOString(), now));
  expect(told).toEqual(["just now", "40 s ago", "3 min ago", "2 h ago", "2 d ago"]);
  expect(ago(new Date(now + 7_300_000).toISOString(), now)).toBe("in 2 h");
  expect(ago("soon", now)).toBe("soon");
});
