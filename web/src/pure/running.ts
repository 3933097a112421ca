import type { InflightRow } from "../api/types";

/** Requests older than this, in ms, are set off: someone is waiting. */
export const SLOW_MS = 2_000;
/** Requests older than this, in ms, are flagged: something hangs. */
export const LONG_MS = 30_000;

export const isLong = (row: Pick<InflightRow, "age_ms">): boolean => row.age_ms > LONG_MS;
