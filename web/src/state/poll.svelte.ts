import { untrack } from "svelte";
import { ApiError, ask } from "../api/client";
import { live } from "./live.svelte";

/** Wait before an unanswered question is put again, in milliseconds. */
const AGAIN_MS = 3_000;

/** What the API says at one address, kept fresh while its component lives. */
export class Poll<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** The address was changed and `data` still belongs to the one before. */
  stale = $state(true);
  #asked = $state(0);

  /** To be read by the effect that asks. */
  get asked(): number {
    return this.#asked;
  }

  refresh(): void {
    this.#asked += 1;
  }
}

/**
 * Asks `url` now, when it changes, after a lost connection, and again every
 * `every` ms (null: not again). A null `url` asks nothing. Pages that nobody
 * looks at ask nothing either. Call it while a component is set up.
 */
export function poll<T>(url: () => string | null, every: () => number | null): Poll<T> {
  const answer = new Poll<T>();
  let current: string | null = null;
  $effect(() => {
    const target = url();
    void live.generation;
    void answer.asked;
    if (target === null) return;
    const stop = new AbortController();
    if (target !== current) {
      current = target;
      untrack(() => (answer.stale = true));
    }
    void keepAsking(answer, target, every, stop.signal);
    return () => stop.abort();
  });
  return answer;
}

async function keepAsking<T>(
  answer: Poll<T>,
  url: string,
  every: () => number | null,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let wait = untrack(every);
    try {
      const data = await ask<T>(url, signal);
      if (signal.aborted) return;
      answer.data = data;
      answer.error = null;
      answer.stale = false;
    } catch (error) {
      if (signal.aborted) return;
      const known = error instanceof ApiError ? error : new ApiError(0, null, String(error));
      answer.error = known;
      // A refusal is the answer; without one, the last numbers are still worth reading.
      if (known.status !== 0) {
        answer.data = null;
        answer.stale = false;
      }
      wait = Math.max(AGAIN_MS, wait ?? 0);
    }
    if (wait === null) return;
    await pause(wait, signal);
    await seen(signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // Listeners must go with each wait: a page that stays open waits without end.
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

function seen(signal: AbortSignal): Promise<void> {
  if (!document.hidden || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      document.removeEventListener("visibilitychange", end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    document.addEventListener("visibilitychange", end);
    signal.addEventListener("abort", end);
  });
}
