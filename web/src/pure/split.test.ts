import { expect, test } from "vitest";
import type { SpanRow } from "../api/types";
import { bars, hue, pieces, stacked } from "./split";

const span = (id: number, parent: number | null, start_ms: number, duration_ms: number): SpanRow => ({
  id,
  parent,
  part: "db",
  name: "q",
  start_ms,
  duration_ms,
  count: 1,
  rows: null,
  status: null,
  failed: false,
  file: "",
  line: null,
});

test("a span lies below the one around it, and never reaches past the request", () => {
  const drawn = bars([span(1, null, 0, 10), span(2, 1, 5, 20), span(3, 2, 30, 1)], 10);
  expect(drawn.map(({ depth, left, width }) => [depth, left, width])).toEqual([
    [0, 0, 1],
    [1, 0.5, 0.5],
    [2, 1, 0],
  ]);
});

test("spans stand below the one around them in the order they began, and none is left out", () => {
  const beside = 2 ** 31 + 1;
  const drawn = bars([span(1, null, 0, 9), span(2, null, 5, 1), span(3, 2, 6, 1), span(beside, 1, 2, 1)], 10);
  expect(drawn.map((bar) => [bar.span.id, bar.depth])).toEqual([[1, 0], [beside, 1], [2, 0], [3, 1]]);
  const round = bars([span(1, 2, 0, 1), span(2, 1, 0, 1), span(3, 3, 0, 1)], 10);
  expect(round.map((bar) => bar.span.id)).toEqual([1, 2, 3]);
});

test("a span whose parent is not told, and a request of no duration, do no harm", () => {
  const [bar] = bars([span(9, 4, 0, 0)], 0);
  expect([bar?.depth, bar?.left, bar?.width]).toEqual([0, 0, 0]);
});

test("what waited before the request is no piece of it", () => {
  const row = (part: string, share: number) => ({ part, self_ms: 1, count: 1, share });
  const shown = pieces([row("queue", 0.5), row("db", 0.4), row("cache", 0), row("rest", 0.6)]);
  expect(shown.map((piece) => piece.part)).toEqual(["db", "rest"]);
});

test("every part has a colour of its own, and one that is not known the one of the others", () => {
  expect(["db", "template_parse", "gil", "model", "from a newer version"].map(hue)).toEqual([
    "db",
    "template_parse",
    "gil",
    "model",
    "other",
  ]);
});

test("parts over time stand on each other, those of one colour as one, without the wait before", () => {
  const found = stacked([
    { part: "from a newer version", self_ms: [1, 2] },
    { part: "db", self_ms: [5, 0] },
    { part: "other", self_ms: [1, 1] },
    { part: "rest", self_ms: [3, 4] },
    { part: "queue", self_ms: [9, 9] },
  ]);
  expect(found).toEqual([
    { hue: "db", values: [5, 0], drawn: [10, 7] },
    { hue: "other", values: [2, 3], drawn: [5, 7] },
    { hue: "rest", values: [3, 4], drawn: [3, 4] },
  ]);
  expect(stacked([])).toEqual([]);
});
