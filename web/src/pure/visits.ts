import type { Visit } from "../api/types";

/** Visits whose names are called the same, added up, most requests first. */
export function calledSame(rows: readonly Visit[], called: (name: string) => string): Visit[] {
  const sums = new Map<string, Visit>();
  for (const row of rows) {
    const name = called(row.name);
    const sum = sums.get(name) ?? { name, requests: 0, by_programs: 0, bytes_out: 0 };
    sum.requests += row.requests;
    sum.by_programs += row.by_programs;
    sum.bytes_out += row.bytes_out;
    sums.set(name, sum);
  }
  return [...sums.values()].toSorted((a, b) => b.requests - a.requests);
}

/** The site of a referrer: its host, or the text where it is no address. */
export function siteOf(referrer: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(referrer)?.[1]?.toLowerCase() ?? referrer;
}

/** What came in each hour of the day, of the visitor's own clock: 24 sums. */
export function byHour(times: readonly number[], values: readonly number[]): number[] {
  const hours = new Array<number>(24).fill(0);
  times.forEach((time, i) => {
    const hour = new Date(time * 1000).getHours();
    hours[hour] = (hours[hour] ?? 0) + (values[i] ?? 0);
  });
  return hours;
}
