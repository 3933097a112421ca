import { untrack } from "svelte";
import { address, ask, ApiError } from "../api/client";
import type { LogLine, Logs } from "../api/types";
import { holds, passes } from "../pure/level";
import { prepend } from "../pure/ring";
import { live } from "./live.svelte";

/** New lines are put on the page this often, in ms, however fast they come. */
const FLUSH_MS = 250;
/** How far back the last lines may lie. */
const LOOK_BACK = "-7d";

export interface TailFilter {
  app: string | null;
  level: string | null;
  search: string | null;
}

/** The newest log lines that pass a filter, newest first, never more than a limit. */
export class Tail {
  lines = $state.raw<LogLine[]>([]);
  loaded = $state(false);
  error = $state.raw<ApiError | null>(null);
}

/** Follows the log while the component lives. Call it while a component is set up. */
export function tail(filter: () => TailFilter, limit: number): Tail {
  const kept = new Tail();
  let current = "";
  $effect(() => {
    const { app, level, search } = filter();
    void live.generation;
    const url = address("/api/logs", { app, level, q: search, from: LOOK_BACK, limit });
    if (url !== current) {
      current = url;
      untrack(() => {
        kept.lines = [];
        kept.loaded = false;
      });
    }
    const stop = new AbortController();
    let waiting: LogLine[] = [];
    const flush = setInterval(() => {
      if (waiting.length === 0) return;
      kept.lines = prepend(waiting.reverse(), kept.lines, limit);
      waiting = [];
    }, FLUSH_MS);
    const end = live.onLog((line) => {
      if (app !== null && line.app !== app) return;
      if (!passes(line.level, level) || !holds(line.message, search ?? "")) return;
      waiting.push(line);
      if (waiting.length > limit) waiting.shift();
    });
    void seed(kept, url, limit, stop.signal);
    return () => {
      stop.abort();
      end();
      clearInterval(flush);
    };
  });
  return kept;
}

async function seed(kept: Tail, url: string, limit: number, signal: AbortSignal): Promise<void> {
  try {
    const { logs } = await ask<Logs>(url, signal);
    if (signal.aborted) return;
    // Lines that came by the stream meanwhile are newer or are among these.
    const fresh = new Set(logs.map((line) => line.id));
    const newer = kept.lines.filter((line) => !fresh.has(line.id) && line.time >= (logs[0]?.time ?? ""));
    kept.lines = prepend(newer, logs, limit);
    kept.error = null;
    kept.loaded = true;
  } catch (error) {
    if (signal.aborted) return;
    kept.error = error instanceof ApiError ? error : new ApiError(0, null, String(error));
    kept.loaded = true;
  }
}
