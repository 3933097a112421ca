import type { Page } from "./place";

/** What follows `g` to go to a page. */
export const GO: Record<string, Page> = {
  o: "overview",
  r: "routes",
  q: "queries",
  e: "requests",
  n: "running",
  w: "workers",
  l: "logs",
  i: "issues",
  t: "traffic",
  v: "releases",
  s: "status",
};

/** How long after `g`, in ms, the second key still counts. */
export const PAUSE_MS = 1_500;

export type Act = { kind: "go"; page: Page } | { kind: "help" } | null;

/** Reads keys one after the other: `g` and a letter, or `?`. */
export class Keys {
  #since = -Infinity;

  press(key: string, now: number): Act {
    const second = now - this.#since <= PAUSE_MS;
    this.#since = -Infinity;
    if (key === "?") return { kind: "help" };
    const page = second && Object.hasOwn(GO, key) ? GO[key] : undefined;
    if (page !== undefined) return { kind: "go", page };
    if (key === "g") this.#since = now;
    return null;
  }
}
