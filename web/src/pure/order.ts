import type { RouteRow } from "../api/types";

export const ROUTE_KEYS = [
  "route",
  "time",
  "grew",
  "requests",
  "mean",
  "p95",
  "p99",
  "errors",
] as const;
export type RouteKey = (typeof ROUTE_KEYS)[number];

export interface Order {
  key: RouteKey;
  rising: boolean;
}

/** A route that may know how it was before. */
type Row = RouteRow & { grew_ms?: number };

const VALUE: Record<Exclude<RouteKey, "route">, (row: Row) => number | null> = {
  grew: (row) => row.grew_ms ?? null,
  time: (row) => row.total_ms,
  requests: (row) => row.requests,
  mean: (row) => row.mean_ms,
  p95: (row) => row.p95_ms,
  p99: (row) => row.p99_ms,
  errors: (row) => row.errors,
};

/** What the API can sort by itself, so that its limit keeps the right rows. */
export function apiSort(key: RouteKey): string {
  return key === "requests" || key === "p95" || key === "errors" ? key : "time";
}

/** Reads `-p95` (largest first) or `p95` of an address; default is total time, largest first. */
export function readOrder(text: string | null): Order {
  const rising = text !== null && !text.startsWith("-");
  const name = text?.replace(/^-/, "");
  const key = ROUTE_KEYS.find((known) => known === name);
  return key === undefined ? { key: "time", rising: false } : { key, rising };
}

export function writeOrder(order: Order): string | null {
  if (order.key === "time" && !order.rising) return null;
  return order.rising ? order.key : `-${order.key}`;
}

/** The order after a click on the head of a column. */
export function clicked(order: Order, key: RouteKey): Order {
  if (order.key === key) return { key, rising: !order.rising };
  return { key, rising: key === "route" };
}

/** A sorted copy; rows without a value come last in both directions. */
export function sorted<T extends Row>(rows: readonly T[], order: Order): T[] {
  const sign = order.rising ? 1 : -1;
  const byName = (a: RouteRow, b: RouteRow) =>
    a.route.localeCompare(b.route) || a.method.localeCompare(b.method) || a.app.localeCompare(b.app);
  if (order.key === "route") return rows.toSorted((a, b) => sign * byName(a, b));
  const value = VALUE[order.key];
  return rows.toSorted((a, b) => {
    const left = value(a);
    const right = value(b);
    if (left === null || right === null) {
      return Number(left === null) - Number(right === null) || byName(a, b);
    }
    return sign * (left - right) || byName(a, b);
  });
}
