import { expect, it } from "vitest";
import type { SampledFrame } from "../api/types";
import { boxes, codeLines, lastStack, neighbour, place } from "./flame";

const frame = (parent: number | null, name: string, samples: number, own: number): SampledFrame => ({
  parent,
  file: "/srv/applications/shop/models/db.py",
  function: name,
  line: name.length,
  in_app: true,
  samples,
  own,
  running: 0,
});
const frames = [frame(null, "index", 10, 1), frame(0, "ab", 2, 2), frame(0, "abc", 7, 0), frame(2, "abc", 7, 7)];

it("draws each frame below its caller, the widest first", () => {
  const drawn = boxes(frames, null).map(({ at, depth, left, width }) => [at, depth, left, width]);
  expect(drawn).toEqual([
    [0, 0, 0, 1],
    [2, 1, 0, 0.7],
    [3, 2, 0, 0.7],
    [1, 1, 0.7, 0.2],
  ]);
});

it("fills the width with the frame that is enlarged", () => {
  expect(boxes(frames, 2).map(({ at, width }) => [at, width])).toEqual([
    [2, 1],
    [3, 1],
  ]);
});

it("counts a recursion once", () => {
  expect(codeLines(frames).map((line) => [line.function, line.samples, line.own])).toEqual([
    ["index", 10, 1],
    ["abc", 7, 7],
    ["ab", 2, 2],
  ]);
});

it("leads from a frame to those around it", () => {
  const all = boxes(frames, null);
  const go = (from: number, key: string) => {
    const box = all.find(({ at }) => at === from);
    return box === undefined ? undefined : neighbour(all, box, key)?.at;
  };
  expect([go(2, "ArrowRight"), go(1, "ArrowLeft"), go(3, "ArrowUp"), go(0, "ArrowDown")]).toEqual([1, 2, 2, 2]);
  expect([go(0, "ArrowUp"), go(1, "ArrowDown"), go(0, "x")]).toEqual([undefined, undefined, undefined]);
});

it("gives the stack of the last sample from the inside", () => {
  expect(lastStack({ frames, last: 3 }).map((one) => one.function)).toEqual(["abc", "abc", "index"]);
  expect(lastStack({ frames, last: null })).toEqual([]);
  expect(place("/srv/shop/models/db.py", 41)).toBe("models/db.py:41");
});
