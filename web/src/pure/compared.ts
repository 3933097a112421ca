import type { RouteRow } from "../api/types";

/** The values of an earlier time at the places of this one; null where there is none. */
export function shifted(
  times: readonly number[],
  earlier: { time: readonly number[]; values: readonly (number | null)[] },
  seconds: number,
): (number | null)[] {
  const at = new Map(earlier.time.map((time, i) => [time + seconds, earlier.values[i] ?? null]));
  return times.map((time) => at.get(time) ?? null);
}

/** A route with what its total time was before; null when it was not there. */
export interface ComparedRoute extends RouteRow {
  /** Milliseconds more (or less) than before. */
  grew_ms: number;
  before_ms: number | null;
  before_requests: number;
}

const key = (row: RouteRow) => `${row.app}\n${row.method}\n${row.route}`;

export function compared(rows: readonly RouteRow[], before: readonly RouteRow[]): ComparedRoute[] {
  const known = new Map(before.map((row) => [key(row), row]));
  return rows.map((row) => {
    const then = known.get(key(row));
    return {
      ...row,
      grew_ms: row.total_ms - (then?.total_ms ?? 0),
      before_ms: then?.total_ms ?? null,
      before_requests: then?.requests ?? 0,
    };
  });
}
