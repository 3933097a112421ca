/** A range that ends now, or one between two fixed moments (ms since 1970). */
export type Range = LastRange | { kind: "between"; from: number; to: number };

export interface LastRange {
  kind: "last";
  name: LastName;
}

export const LAST = { "15m": 900, "1h": 3600, "6h": 21_600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000, "365d": 31_536_000 } as const;
export type LastName = keyof typeof LAST;
export const LAST_NAMES = Object.keys(LAST) as LastName[];
export const DEFAULT_RANGE: LastRange = { kind: "last", name: "1h" };
/** Issues are looked at less often than traffic. */
export const ISSUES_RANGE: LastRange = { kind: "last", name: "7d" };

/** The API's smallest step: a shorter range has nothing to show. */
export const SHORTEST_MS = 60_000;

/** What the API says the range is; no `to` means now. */
export interface RangeQuery {
  from: string;
  to?: string;
}

function isLastName(text: string): text is LastName {
  return Object.hasOwn(LAST, text);
}

/** Reads `range`, or `from` and `to`, of an address. Anything unreadable is the page's default. */
export function readRange(params: URLSearchParams, usual: LastRange = DEFAULT_RANGE): Range {
  const name = params.get("range");
  if (name !== null && isLastName(name)) return { kind: "last", name };
  const from = Date.parse(params.get("from") ?? "");
  const to = Date.parse(params.get("to") ?? "");
  if (Number.isFinite(from) && Number.isFinite(to) && to > from) {
    return { kind: "between", from, to };
  }
  return usual;
}

/** The parameters that put a range into an address; null means leave out. */
export function rangeParams(
  range: Range,
  usual: LastRange = DEFAULT_RANGE,
): Record<"range" | "from" | "to", string | null> {
  if (range.kind === "last") {
    return { range: range.name === usual.name ? null : range.name, from: null, to: null };
  }
  return { range: null, from: iso(range.from), to: iso(range.to) };
}

export function rangeQuery(range: Range): RangeQuery {
  if (range.kind === "last") return { from: `-${range.name}` };
  return { from: iso(range.from), to: iso(range.to) };
}

export const COMPARE = { day: 86_400, week: 604_800 } as const;
/** What a range is compared with: the same time a day or a week before. */
export type Compare = keyof typeof COMPARE;
export const COMPARES = Object.keys(COMPARE) as Compare[];

export function readCompare(text: string | null): Compare | null {
  return COMPARES.find((known) => known === text) ?? null;
}

/** The range of the same length so many seconds before. */
export function rangeBefore(range: Range, seconds: number): RangeQuery {
  if (range.kind === "last") return { from: `-${LAST[range.name] + seconds}s`, to: `-${seconds}s` };
  return { from: iso(range.from - seconds * 1000), to: iso(range.to - seconds * 1000) };
}

export function rangeSeconds(range: Range): number {
  return range.kind === "last" ? LAST[range.name] : (range.to - range.from) / 1000;
}

/** A range between two moments in any order, widened to the shortest one shown. */
export function between(a: number, b: number): Range {
  const from = Math.min(a, b);
  const to = Math.max(a, b);
  if (to - from >= SHORTEST_MS) return { kind: "between", from, to };
  const middle = (from + to) / 2;
  return { kind: "between", from: middle - SHORTEST_MS / 2, to: middle + SHORTEST_MS / 2 };
}

/** How often a view of this range is asked for again, in ms; null when it is past. */
export function refreshMs(range: Range, now: number): number | null {
  if (range.kind === "between") return range.to > now ? 10_000 : null;
  const seconds = LAST[range.name];
  if (seconds <= 3600) return 5_000;
  return seconds <= 86_400 ? 15_000 : 60_000;
}

/** The value of a `datetime-local` field, in the viewer's own time. */
export function toField(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** Reads a `datetime-local` field; null when it is empty or no time. */
export function fromField(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isFinite(ms) ? ms : null;
}

function iso(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
