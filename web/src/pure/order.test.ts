import { describe, expect, it } from "vitest";
import type { RouteRow } from "../api/types";
import { apiSort, clicked, readOrder, ROUTE_KEYS, sorted, writeOrder } from "./order";

const row = (route: string, total_ms: number, p95_ms: number | null): RouteRow => ({
  app: "shop", method: "GET", route, requests: 1, errors: 0, client_errors: 0, time_share: 0, total_ms,
  mean_ms: null, p50_ms: null, p95_ms, p99_ms: null, max_ms: null, cpu_mean_ms: null, bytes_in: 0, bytes_out: 0,
  split: [],
});
const names = (rows: RouteRow[]) => rows.map(({ route }) => route);

describe("the order of routes", () => {
  const rows = [row("b", 5, null), row("a", 9, 3), row("c", 1, 7)];

  it("is by total time, largest first, unless told otherwise", () => {
    expect(names(sorted(rows, readOrder(null)))).toEqual(["a", "b", "c"]);
    expect(names(sorted(rows, readOrder("nonsense")))).toEqual(["a", "b", "c"]);
  });

  it("puts rows without a value last in both directions", () => {
    expect(names(sorted(rows, { key: "p95", rising: false }))).toEqual(["c", "a", "b"]);
    expect(names(sorted(rows, { key: "p95", rising: true }))).toEqual(["a", "c", "b"]);
  });

  it("puts what grew most first, where it is known how it was before", () => {
    const grown = rows.map((one, i) => ({ ...one, grew_ms: [4, -2, 9][i] ?? 0 }));
    expect(names(sorted(grown, readOrder("-grew")))).toEqual(["c", "b", "a"]);
  });

  it("leaves the rows it was given alone", () => {
    sorted(rows, { key: "route", rising: true });
    expect(names(rows)).toEqual(["b", "a", "c"]);
  });

  it("turns around on a second click and starts names from a", () => {
    expect(clicked({ key: "time", rising: false }, "time")).toEqual({ key: "time", rising: true });
    expect(clicked({ key: "time", rising: false }, "route")).toEqual({ key: "route", rising: true });
    expect(clicked({ key: "route", rising: true }, "p95")).toEqual({ key: "p95", rising: false });
  });

  it("comes back the same after being written to an address", () => {
    for (const key of ROUTE_KEYS) {
      for (const rising of [true, false]) expect(readOrder(writeOrder({ key, rising }))).toEqual({ key, rising });
    }
  });

  it("asks the API only for what it can sort by", () => {
    expect(ROUTE_KEYS.map(apiSort)).toEqual(["time", "time", "time", "requests", "time", "p95", "time", "errors"]);
  });
});
