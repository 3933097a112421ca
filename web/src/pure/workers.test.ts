import { describe, expect, it } from "vitest";
import type { SplitHistory } from "../api/loadTypes";
import type { Traffic } from "../api/types";
import { busyOverTime, fullness, queueMs, waits } from "./workers";

describe("workers", () => {
  const room = { busy: 1, workers: 4, cpu: 0.3, memory: 0.5 };

  it("are full, or held up by what is used up first", () => {
    expect(fullness(room)).toBe("room");
    expect(fullness({ ...room, busy: 4 })).toBe("full");
    expect(fullness({ ...room, busy: 4, cpu: 0.97 })).toBe("cpu");
    expect(fullness({ ...room, cpu: 0.97, memory: 0.99 })).toBe("memory");
    expect(fullness({ ...room, busy: 0 })).toBe("idle");
    expect(fullness({ busy: 0, workers: 0, cpu: null, memory: null })).toBe("idle");
  });

  it("were as busy as the durations of a time fill it", () => {
    const traffic = {
      from: "1970-01-01T00:00:00Z",
      to: "1970-01-01T00:03:00Z",
      step_seconds: 60,
      columns: { time: [0, 60, 120], requests: [60, 0, 30], mean_ms: [2000, null, 1000] },
    } as unknown as Traffic;
    // half of the last minute has passed
    expect(busyOverTime(traffic, 150)).toEqual([2, 0, 1]);
  });

  it("let wait as long as the front server says, if it does", () => {
    const queue = { part: "queue", self_ms: 30, count: 3, share: 0.1 };
    expect(queueMs([{ ...queue, part: "db" }, queue])).toBe(10);
    expect(queueMs([])).toBeNull();
    const history = { requests: [2, 0], parts: [{ part: "queue", self_ms: [8, 0] }] } as unknown as SplitHistory;
    expect(waits(history)).toEqual([4, null]);
    expect(waits({ ...history, parts: [] })).toBeNull();
  });
});
