import { describe, expect, it } from "vitest";
import { prepend, Ring } from "./ring";

describe("a ring", () => {
  it("keeps the newest rows in order when it is full", () => {
    const ring = new Ring(["time", "value"], 3);
    for (let i = 1; i <= 5; i += 1) ring.push({ time: i, value: i * 10 });
    expect(ring.length).toBe(3);
    expect(ring.column("time")).toEqual([3, 4, 5]);
    expect(ring.column("value")).toEqual([30, 40, 50]);
    expect(ring.last("value")).toBe(50);
  });

  it("keeps gaps as gaps", () => {
    const ring = new Ring(["value"], 4);
    ring.push({ value: 1 });
    ring.push({ value: null });
    ring.push({ value: 3 });
    expect(ring.column("value")).toEqual([1, null, 3]);
  });

  it("is empty before the first row and after clear", () => {
    const ring = new Ring(["value"], 2);
    expect(ring.last("value")).toBeNull();
    ring.push({ value: 1 });
    ring.clear();
    expect(ring.column("value")).toEqual([]);
  });

  it("refuses a capacity that holds nothing", () => {
    expect(() => new Ring(["value"], 0)).toThrow(RangeError);
  });
});

describe("prepending rows", () => {
  const rows = (...ids: string[]) => ids.map((id) => ({ id }));

  it("puts new ones first, each once", () => {
    expect(prepend(rows("d", "c", "d", "b"), rows("b", "a"), 10)).toEqual(rows("d", "c", "b", "a"));
  });

  it("never keeps more than the limit", () => {
    expect(prepend(rows("c"), rows("b", "a"), 2)).toEqual(rows("c", "b"));
    expect(prepend(rows("d", "c", "b"), rows("a"), 2)).toEqual(rows("d", "c"));
  });
});
