import { expect, it } from "vitest";
import { backoff } from "./backoff";

it("waits longer after each failure, up to ten seconds", () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((n) => backoff(n, 0))).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

it("takes off at most a fifth by chance", () => {
  expect(backoff(50, 0.999_999)).toBeGreaterThanOrEqual(8_000);
  expect(backoff(1, 0.5)).toBe(450);
});
