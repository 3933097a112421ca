import { untrack } from "svelte";
import { address, ask, ApiError } from "../api/client";
import type { LogLine, Logs } from "../api/types";
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
  pattern: string | null;
}

/** The newest log lines that pass a filter, newest first, never more than a limit. */
export class Tail {
  lines = $state.raw<LogLine[]>([]);
  /** The words by which they were found. */
  words = $state.raw<string[]>([]);
  loaded = $state(false);
  error = $state.raw<ApiError | null>(null);
}

/** Follows the log while the component lives. Call it while a component is set up. */
export function tail(filter: () => TailFilter, limit: number): Tail {
  const kept = new Tail();
  let current = "";
  $effect(() => {
    const { app, level, search, pattern } = filter();
    void live.generation;
    const wanted = { app, level, q: search, pattern };
    const url = address("/api/logs", { ...wanted, from: LOOK_BACK, limit });
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
    const take = (line: LogLine) => {
      waiting.push(line);
      if (waiting.length > limit) waiting.shift();
    };
    const isFiltered = level !== null || search !== null || pattern !== null;
    const end = isFiltered ? listen(address("/api/live", wanted), take) : live.onLog(take);
    void seed(kept, url, limit, stop.signal);
    return () => {
      stop.abort();
      end();
      clearInterval(flush);
    };
  });
  return kept;
}

/** Lines of a search: the server says which pass. A refused search is told by `seed`. */
function listen(url: string, take: (line: LogLine) => void): () => void {
  const source = new EventSource(url);
  source.addEventListener("log", (event) => take(JSON.parse(event.data) as LogLine));
  return () => source.close();
}

async function seed(kept: Tail, url: string, limit: number, signal: AbortSignal): Promise<void> {
  try {
    const { logs, words } = await ask<Logs>(url, signal);
    if (signal.aborted) return;
    kept.words = words;
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
