const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/**
 * How long to wait before the next try, in milliseconds: doubles from half a
 * second to ten, then up to a fifth is taken off so that many pages spread.
 * `chance` is a number in [0, 1).
 */
export function backoff(failures: number, chance: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (1 - 0.2 * chance));
}
